// Reductions of short contiguous runs (up to a few thousand elements), for f32 (index 0) and f64 (index 1), and for i64.
#ifndef LATHE_REDUCE_TABLE_H
#define LATHE_REDUCE_TABLE_H
#include "lathe_isa.h"

typedef double (*lathe_run_value)(const void *x, intptr_t n);
/// The sum of a function of x and `parameter`.
typedef double (*lathe_run_about)(const void *x, intptr_t n, double parameter);
typedef int64_t (*lathe_run_integer)(const void *x, intptr_t n);

typedef struct reduce_kernels {
  lathe_run_value sum[2], nan_sum[2], sum_of_absolutes[2], sum_of_squares[2], product[2];
  lathe_run_value maximum[2], minimum[2];  // NaN when there is one; n > 0
  lathe_run_about sum_of_exponentials[2];  // e^(x - parameter)
  lathe_run_about sum_of_squares_about[2]; // (x - parameter)^2
  /// sum[i] += the sum of `rows` rows' i-th elements; rows lie `stride` elements apart.
  void (*add_rows[2])(void *sum, const void *x, intptr_t stride, intptr_t rows, intptr_t n);
  lathe_run_integer sum_i64, product_i64, maximum_i64, minimum_i64;
  lathe_run_integer nonzero[3];            // f32, f64, i64
} reduce_kernels;
LATHE_DECLARE_TABLES(reduce_kernels);
#endif
