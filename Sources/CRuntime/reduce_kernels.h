// Reduction loops of one level.
#include <math.h>
#include "lathe_vector_math.h"
#include "reduce_table.h"
#if LATHE_LEVEL_EXISTS
LATHE_LEVEL_BEGIN

#define ANY_ORDER _Pragma("clang fp reassociate(on)")
#define SUM(name, T, expression)                                                                      \
  static double name(const void *v, intptr_t n) {                                                     \
    ANY_ORDER                                                                                        \
    const T __attribute__((may_alias)) *a = v;                                                        \
    T sum = 0;                                                                                        \
    for (intptr_t i = 0; i < n; i++) { T x = a[i]; sum += (expression); }                             \
    return (double)sum;                                                                               \
  }
#define PRODUCT(name, T)                                                                              \
  static double name(const void *v, intptr_t n) {                                                     \
    ANY_ORDER                                                                                        \
    const T __attribute__((may_alias)) *a = v;                                                        \
    double product = 1;                                                                               \
    for (intptr_t i = 0; i < n; i++) product *= (double)a[i];                                         \
    return product;                                                                                   \
  }
#define ABOUT(name, T)                                                                                \
  static double name(const void *v, intptr_t n, double parameter) {                                   \
    ANY_ORDER                                                                                        \
    const T __attribute__((may_alias)) *a = v;                                                        \
    T sum = 0, center = (T)parameter;                                                                 \
    for (intptr_t i = 0; i < n; i++) { T x = a[i] - center; sum += x * x; }                           \
    return (double)sum;                                                                               \
  }
SUM(sum_f32, float, x) SUM(sum_f64, double, x)
SUM(nan_sum_f32, float, x == x ? x : 0) SUM(nan_sum_f64, double, x == x ? x : 0)
SUM(sum_of_absolutes_f32, float, __builtin_fabsf(x)) SUM(sum_of_absolutes_f64, double, __builtin_fabs(x))
SUM(sum_of_squares_f32, float, x * x) SUM(sum_of_squares_f64, double, x * x)
PRODUCT(product_f32, float) PRODUCT(product_f64, double)
ABOUT(sum_of_squares_about_f32, float) ABOUT(sum_of_squares_about_f64, double)

static double sum_of_exponentials_f32(const void *v, intptr_t n, double parameter) {
  const float *a = v;
  lathe_vf s0 = {0}, s1 = {0}, center = lathe_vf_all((float)parameter);
  intptr_t i = 0;
  for (; i + 2 * LATHE_VF <= n; i += 2 * LATHE_VF) {
    s0 += lathe_vf_exp(*(const lathe_vf_unaligned *)(a + i) - center);
    s1 += lathe_vf_exp(*(const lathe_vf_unaligned *)(a + i + LATHE_VF) - center);
  }
  s0 += s1;
  double sum = 0;
  for (; i < n; i += LATHE_VF) {
    lathe_vf x = lathe_vf_all(-__builtin_inff());
    memcpy(&x, a + i, (size_t)(n - i < LATHE_VF ? n - i : LATHE_VF) * 4);
    s0 += lathe_vf_exp(x - center);
  }
  for (int k = 0; k < LATHE_VF; k++) sum += s0[k];
  return sum;
}
static double sum_of_exponentials_f64(const void *v, intptr_t n, double parameter) {
  const double *a = v;
  double sum = 0;
  for (intptr_t i = 0; i < n; i++) sum += exp(a[i] - parameter);
  return sum;
}

#define SELECT(mask, a, b, V, I) (V)(((I)(mask) & (I)(a)) | (~(I)(mask) & (I)(b)))
#define EXTREME(name, T, V, VU, I, beats, worst)                                                      \
  static double name(const void *v, intptr_t n) {                                                     \
    const T *a = v;                                                                                   \
    enum { W = LATHE_VECTOR_BYTES / sizeof(T) };                                                      \
    T best = worst;                                                                                   \
    int nan = 0;                                                                                      \
    intptr_t i = 0;                                                                                   \
    if (n >= 4 * W) {                                                                                 \
      V m0 = *(const VU *)a, m1 = m0, m2 = m0, m3 = m0;                                               \
      I nans = (I)(m0 != m0);                                                                         \
      for (; i + 4 * W <= n; i += 4 * W) {                                                            \
        V x0 = *(const VU *)(a + i), x1 = *(const VU *)(a + i + W);                                   \
        V x2 = *(const VU *)(a + i + 2 * W), x3 = *(const VU *)(a + i + 3 * W);                       \
        m0 = SELECT(x0 beats m0, x0, m0, V, I); m1 = SELECT(x1 beats m1, x1, m1, V, I);               \
        m2 = SELECT(x2 beats m2, x2, m2, V, I); m3 = SELECT(x3 beats m3, x3, m3, V, I);               \
        nans |= (I)((x0 != x0) | (x1 != x1) | (x2 != x2) | (x3 != x3));                               \
      }                                                                                               \
      m0 = SELECT(m1 beats m0, m1, m0, V, I); m2 = SELECT(m3 beats m2, m3, m2, V, I);                 \
      m0 = SELECT(m2 beats m0, m2, m0, V, I);                                                         \
      for (int k = 0; k < W; k++) { if (m0[k] beats best) best = m0[k]; nan |= nans[k] != 0; }        \
    }                                                                                                 \
    for (; i < n; i++) { if (a[i] beats best) best = a[i]; nan |= a[i] != a[i]; }                     \
    return nan ? __builtin_nan("") : (double)best;                                                    \
  }
EXTREME(maximum_f32, float, lathe_vf, lathe_vf_unaligned, lathe_vi32, >, -__builtin_inff())
EXTREME(minimum_f32, float, lathe_vf, lathe_vf_unaligned, lathe_vi32, <, __builtin_inff())
EXTREME(maximum_f64, double, lathe_vd, lathe_vd_unaligned, lathe_vi64, >, -__builtin_inf())
EXTREME(minimum_f64, double, lathe_vd, lathe_vd_unaligned, lathe_vi64, <, __builtin_inf())

#define INTEGER(name, T, start, expression)                                                           \
  static int64_t name(const void *v, intptr_t n) {                                                    \
    const T __attribute__((may_alias)) *a = v;                                                        \
    uint64_t r = start;                                                                               \
    for (intptr_t i = 0; i < n; i++) { T x = a[i]; r = (expression); }                                \
    return (int64_t)r;                                                                                \
  }
INTEGER(sum_i64, int64_t, 0, r + (uint64_t)x)
INTEGER(product_i64, int64_t, 1, r * (uint64_t)x)
INTEGER(maximum_i64, int64_t, (uint64_t)INT64_MIN, (uint64_t)(x > (int64_t)r ? x : (int64_t)r))
INTEGER(minimum_i64, int64_t, (uint64_t)INT64_MAX, (uint64_t)(x < (int64_t)r ? x : (int64_t)r))
INTEGER(nonzero_f32, float, 0, r + (x != 0))
INTEGER(nonzero_f64, double, 0, r + (x != 0))
INTEGER(nonzero_i64, int64_t, 0, r + (x != 0))

#define ADD_ROWS(name, T, V, VU)                                                                      \
  static void name(void *sumv, const void *xv, intptr_t stride, intptr_t rows, intptr_t n) {          \
    enum { W = LATHE_VECTOR_BYTES / sizeof(T) };                                                      \
    T *sum = sumv;                                                                                    \
    const T *x = xv;                                                                                  \
    intptr_t i = 0;                                                                                   \
    for (; i + 4 * W <= n; i += 4 * W) {                                                              \
      V s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};                                                       \
      for (intptr_t r = 0; r < rows; r++) {                                                           \
        const T *row = x + r * stride + i;                                                            \
        s0 += *(const VU *)row; s1 += *(const VU *)(row + W);                                         \
        s2 += *(const VU *)(row + 2 * W); s3 += *(const VU *)(row + 3 * W);                           \
      }                                                                                               \
      *(VU *)(sum + i) += s0; *(VU *)(sum + i + W) += s1;                                             \
      *(VU *)(sum + i + 2 * W) += s2; *(VU *)(sum + i + 3 * W) += s3;                                 \
    }                                                                                                 \
    for (; i + W <= n; i += W) {                                                                      \
      V s = {0};                                                                                      \
      for (intptr_t r = 0; r < rows; r++) s += *(const VU *)(x + r * stride + i);                     \
      *(VU *)(sum + i) += s;                                                                          \
    }                                                                                                 \
    for (; i < n; i++) {                                                                              \
      T s = 0;                                                                                        \
      for (intptr_t r = 0; r < rows; r++) s += x[r * stride + i];                                     \
      sum[i] += s;                                                                                    \
    }                                                                                                 \
  }
ADD_ROWS(add_rows_f32, float, lathe_vf, lathe_vf_unaligned)
ADD_ROWS(add_rows_f64, double, lathe_vd, lathe_vd_unaligned)

LATHE_LEVEL_END

#define BOTH(name) {name##_f32, name##_f64}
const reduce_kernels LATHE_LEVEL_NAME(reduce_kernels) = {
  .sum = BOTH(sum), .nan_sum = BOTH(nan_sum), .sum_of_absolutes = BOTH(sum_of_absolutes), .sum_of_squares = BOTH(sum_of_squares),
  .product = BOTH(product), .maximum = BOTH(maximum), .minimum = BOTH(minimum), .sum_of_exponentials = BOTH(sum_of_exponentials),
  .sum_of_squares_about = BOTH(sum_of_squares_about), .add_rows = BOTH(add_rows), .sum_i64 = sum_i64, .product_i64 = product_i64, .maximum_i64 = maximum_i64,
  .minimum_i64 = minimum_i64, .nonzero = {nonzero_f32, nonzero_f64, nonzero_i64},
};
#endif
