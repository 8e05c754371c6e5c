// The row operations of pooling and resampling, for f32, f64 and i64 (indexed by IMAGE_F32...).
#ifndef LATHE_POOL_TABLE_H
#define LATHE_POOL_TABLE_H
#include "lathe_isa.h"

enum { IMAGE_F32 = 0, IMAGE_F64, IMAGE_I64, IMAGE_TYPES };

typedef struct pool_kernels {
  /// best[i] = max(best[i], x[i * stride]), NaN wins.
  void (*maximum[IMAGE_TYPES])(void *best, const void *x, intptr_t stride, intptr_t n);
  /// The same, with where each came from: `place` counts up by `step`; place -1 in `where` means that nothing was seen.
  void (*maximum_and_place[IMAGE_TYPES])(void *best, int64_t *where, const void *x, intptr_t stride, intptr_t n, int64_t place, int64_t step);
  /// sum[i] += x[i * stride].
  void (*add[IMAGE_TYPES])(void *sum, const void *x, intptr_t stride, intptr_t n);
  /// sum[i] += x[i * stride] * weight (f32 and f64).
  void (*add_weighted[2])(void *sum, const void *x, intptr_t stride, intptr_t n, double weight);
  /// d[i] = the sum of four x[k][i * stride] * weight[k] (f32 and f64), added to d's own with `onto`.
  void (*blend[2])(void *d, const void *const x[4], const double weight[4], intptr_t stride, intptr_t n, int onto);
} pool_kernels;
LATHE_DECLARE_TABLES(pool_kernels);
#endif
