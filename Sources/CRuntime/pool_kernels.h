// Pooling and resampling row loops of one level.
#include "pool_table.h"
#if LATHE_LEVEL_EXISTS
LATHE_LEVEL_BEGIN
#define SAFE_LOOP _Pragma("clang loop vectorize(assume_safety) interleave(enable)")
#define BY_STRIDE(...)                                                                                \
  { if (stride == 1) { enum { s = 1 }; __VA_ARGS__ } else if (stride == 2) { enum { s = 2 }; __VA_ARGS__ } else { intptr_t s = stride; __VA_ARGS__ } }
#define ROWS(T, type)                                                                                 \
  static void maximum_##T(void *bestv, const void *xv, intptr_t stride, intptr_t n) {                 \
    type *best = bestv; const type *x = xv;                                                           \
    BY_STRIDE(SAFE_LOOP for (intptr_t i = 0; i < n; i++) {                                            \
      type v = x[i * s], b = best[i]; best[i] = v > b || v != v ? v : b;                              \
    })                                                                                                \
  }                                                                                                   \
  static void maximum_and_place_##T(void *bestv, int64_t *where, const void *xv, intptr_t stride, intptr_t n, int64_t place, int64_t step) { \
    type *best = bestv; const type *x = xv;                                                           \
    BY_STRIDE(SAFE_LOOP for (intptr_t i = 0; i < n; i++) {                                            \
      type v = x[i * s], b = best[i]; int64_t w = where[i];                                           \
      _Bool better = (v > b) | (v != v) | (w < 0);                                                    \
      best[i] = better ? v : b; where[i] = better ? place + i * step : w;                             \
    })                                                                                                \
  }                                                                                                   \
  static void add_##T(void *sumv, const void *xv, intptr_t stride, intptr_t n) {                      \
    type *sum = sumv; const type *x = xv;                                                             \
    BY_STRIDE(SAFE_LOOP for (intptr_t i = 0; i < n; i++) { sum[i] += x[i * s]; })                     \
  }
#define WEIGHTED(T, type)                                                                             \
  static void add_weighted_##T(void *sumv, const void *xv, intptr_t stride, intptr_t n, double weight) { \
    type *sum = sumv; const type *x = xv; type w = (type)weight;                                      \
    BY_STRIDE(SAFE_LOOP for (intptr_t i = 0; i < n; i++) { sum[i] += x[i * s] * w; })                 \
  }
#define BLEND(T, type)                                                                                \
  static void blend_##T(void *dv, const void *const xv[4], const double weight[4], intptr_t stride, intptr_t n, int onto) { \
    type *d = dv; const type *x0 = xv[0], *x1 = xv[1], *x2 = xv[2], *x3 = xv[3];                      \
    type w0 = (type)weight[0], w1 = (type)weight[1], w2 = (type)weight[2], w3 = (type)weight[3];      \
    if (onto) BY_STRIDE(SAFE_LOOP for (intptr_t i = 0; i < n; i++) {                                  \
      d[i] += x0[i * s] * w0 + x1[i * s] * w1 + x2[i * s] * w2 + x3[i * s] * w3;                      \
    })                                                                                                \
    else BY_STRIDE(SAFE_LOOP for (intptr_t i = 0; i < n; i++) {                                       \
      d[i] = x0[i * s] * w0 + x1[i * s] * w1 + x2[i * s] * w2 + x3[i * s] * w3;                       \
    })                                                                                                \
  }
BLEND(f32, float) BLEND(f64, double)
ROWS(f32, float) ROWS(f64, double) ROWS(i64, int64_t)
WEIGHTED(f32, float) WEIGHTED(f64, double)
LATHE_LEVEL_END
#define EACH(name) {name##_f32, name##_f64, name##_i64}
const pool_kernels LATHE_LEVEL_NAME(pool_kernels) = {
  EACH(maximum), EACH(maximum_and_place), EACH(add), {add_weighted_f32, add_weighted_f64}, {blend_f32, blend_f64},
};
#endif
