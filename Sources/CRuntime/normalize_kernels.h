// Softmax and normalisation loops of one level.
#include <math.h>
#include "lathe_vector_math.h"
#include "normalize_table.h"
#if LATHE_LEVEL_EXISTS
LATHE_LEVEL_BEGIN

LATHE_INLINE lathe_vf load_vf(const float *p) { return *(const lathe_vf_unaligned *)p; }
LATHE_INLINE void store_vf(float *p, lathe_vf v) { *(lathe_vf_unaligned *)p = v; }
LATHE_INLINE lathe_vf load_some(const float *p, intptr_t n, float rest) {
  lathe_vf v = lathe_vf_all(rest);
  memcpy(&v, p, (size_t)n * 4);
  return v;
}
LATHE_INLINE float sum_of(lathe_vf v) {
  float sum = 0;
  for (int k = 0; k < LATHE_VF; k++) sum += v[k];
  return sum;
}

static float row_maximum(const float *x, intptr_t n) {
  lathe_vf m0 = lathe_vf_all(-INFINITY), m1 = m0, m2 = m0, m3 = m0;
  intptr_t i = 0;
  for (; i + 4 * LATHE_VF <= n; i += 4 * LATHE_VF) {
    m0 = lathe_vf_max(load_vf(x + i), m0);
    m1 = lathe_vf_max(load_vf(x + i + LATHE_VF), m1);
    m2 = lathe_vf_max(load_vf(x + i + 2 * LATHE_VF), m2);
    m3 = lathe_vf_max(load_vf(x + i + 3 * LATHE_VF), m3);
  }
  for (; i + LATHE_VF <= n; i += LATHE_VF) m0 = lathe_vf_max(load_vf(x + i), m0);
  if (i < n) m1 = lathe_vf_max(load_some(x + i, n - i, -INFINITY), m1);
  m0 = lathe_vf_max(lathe_vf_max(m0, m1), lathe_vf_max(m2, m3));
  float top = m0[0];
  for (int k = 1; k < LATHE_VF; k++) if (m0[k] > top) top = m0[k];
  return top;
}

static void softmax_row_f32(float *d, const float *x, intptr_t n, bool logarithm) {
  float top = row_maximum(x, n);
  lathe_vf center = lathe_vf_all(top), s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
  double total = 0;
  intptr_t i = 0;
  for (intptr_t block = 0; i + 4 * LATHE_VF <= n;) {
    block = i + 1024 < n ? i + 1024 : n;
    for (; i + 4 * LATHE_VF <= block; i += 4 * LATHE_VF) {
      lathe_vf e0 = lathe_vf_exp(load_vf(x + i) - center), e1 = lathe_vf_exp(load_vf(x + i + LATHE_VF) - center);
      lathe_vf e2 = lathe_vf_exp(load_vf(x + i + 2 * LATHE_VF) - center), e3 = lathe_vf_exp(load_vf(x + i + 3 * LATHE_VF) - center);
      s0 += e0; s1 += e1; s2 += e2; s3 += e3;
      if (!logarithm) {
        store_vf(d + i, e0); store_vf(d + i + LATHE_VF, e1);
        store_vf(d + i + 2 * LATHE_VF, e2); store_vf(d + i + 3 * LATHE_VF, e3);
      }
    }
    total += (double)sum_of((s0 + s1) + (s2 + s3));
    s0 = s1 = s2 = s3 = (lathe_vf){0};
  }
  for (; i < n; i += LATHE_VF) {
    intptr_t some = n - i < LATHE_VF ? n - i : LATHE_VF;
    lathe_vf e = lathe_vf_exp(load_some(x + i, some, -INFINITY) - center);
    if (some < LATHE_VF) for (int k = 0; k < some; k++) s0[k] += e[k]; else s0 += e;
    if (!logarithm) memcpy(d + i, &e, (size_t)some * 4);
  }
  total += (double)sum_of(s0);
  if (logarithm) {
    float shift = (float)log(total);
    for (i = 0; i + LATHE_VF <= n; i += LATHE_VF) store_vf(d + i, load_vf(x + i) - center - shift);
    for (; i < n; i++) d[i] = x[i] - top - shift;
  } else {
    float scale = (float)(1 / total);
    for (i = 0; i + LATHE_VF <= n; i += LATHE_VF) store_vf(d + i, load_vf(d + i) * scale);
    for (; i < n; i++) d[i] *= scale;
  }
}

static void softmax_row_f64(double *d, const double *x, intptr_t n, bool logarithm) {
  double top = -INFINITY, total = 0;
  for (intptr_t i = 0; i < n; i++) if (x[i] > top) top = x[i];
  if (logarithm) {
    for (intptr_t i = 0; i < n; i++) total += exp(x[i] - top);
    double shift = log(total);
    for (intptr_t i = 0; i < n; i++) d[i] = x[i] - top - shift;
    return;
  }
  for (intptr_t i = 0; i < n; i++) { d[i] = exp(x[i] - top); total += d[i]; }
  for (intptr_t i = 0; i < n; i++) d[i] /= total;
}

static void softmax_columns_f32(float *d, intptr_t ds, const float *x, intptr_t xs, intptr_t length, intptr_t columns, bool logarithm) {
  float top[LATHE_SOFTMAX_COLUMNS + LATHE_VF], total[LATHE_SOFTMAX_COLUMNS + LATHE_VF];
  for (intptr_t c = 0; c < columns; c++) { top[c] = -INFINITY; total[c] = 0; }
  for (intptr_t r = 0; r < length; r++) {
    const float *row = x + r * xs;
    intptr_t c = 0;
    for (; c + LATHE_VF <= columns; c += LATHE_VF) store_vf(top + c, lathe_vf_max(load_vf(row + c), load_vf(top + c)));
    for (; c < columns; c++) if (row[c] > top[c]) top[c] = row[c];
  }
  for (intptr_t r = 0; r < length; r++) {
    const float *row = x + r * xs;
    for (intptr_t c = 0; c < columns; c += LATHE_VF) {
      intptr_t some = columns - c < LATHE_VF ? columns - c : LATHE_VF;
      lathe_vf v = some == LATHE_VF ? load_vf(row + c) : load_some(row + c, some, 0);
      lathe_vf e = lathe_vf_exp(v - (some == LATHE_VF ? load_vf(top + c) : load_some(top + c, some, 0)));
      if (some == LATHE_VF) store_vf(total + c, load_vf(total + c) + e);
      else for (int k = 0; k < some; k++) total[c + k] += e[k];
      if (!logarithm) memcpy(d + r * ds + c, &e, (size_t)some * 4);
    }
  }
  for (intptr_t c = 0; c < columns; c++) total[c] = logarithm ? top[c] + logf(total[c]) : 1 / total[c];
  for (intptr_t r = 0; r < length; r++) {
    const float *row = x + r * xs;
    float *out = d + r * ds;
    if (logarithm) for (intptr_t c = 0; c < columns; c++) out[c] = row[c] - total[c];
    else for (intptr_t c = 0; c < columns; c++) out[c] *= total[c];
  }
}

#define SAFE_LOOP _Pragma("clang loop vectorize(assume_safety) interleave(enable)")
#define AFFINE(name, T)                                                                                          \
  static void name(T *d, const T *x, const T *weight, const T *bias, T center, T scale, intptr_t n) {            \
    if (weight && bias) SAFE_LOOP for (intptr_t i = 0; i < n; i++) { d[i] = (x[i] - center) * scale * weight[i] + bias[i]; } \
    else if (weight) SAFE_LOOP for (intptr_t i = 0; i < n; i++) { d[i] = (x[i] - center) * scale * weight[i]; }  \
    else if (bias) SAFE_LOOP for (intptr_t i = 0; i < n; i++) { d[i] = (x[i] - center) * scale + bias[i]; }      \
    else SAFE_LOOP for (intptr_t i = 0; i < n; i++) { d[i] = (x[i] - center) * scale; }                          \
  }
AFFINE(affine_row_f32, float)
AFFINE(affine_row_f64, double)

LATHE_LEVEL_END
const normalize_kernels LATHE_LEVEL_NAME(normalize_kernels) = {
  softmax_row_f32, softmax_row_f64, softmax_columns_f32, affine_row_f32, affine_row_f64,
};
#endif
