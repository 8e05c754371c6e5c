// Softmax and normalisation of contiguous rows.
#ifndef LATHE_NORMALIZE_TABLE_H
#define LATHE_NORMALIZE_TABLE_H
#include <stdbool.h>
#include "lathe_isa.h"

typedef struct normalize_kernels {
  /// d = softmax(x), or its logarithm. d may be x.
  void (*softmax_row_f32)(float *d, const float *x, intptr_t n, bool logarithm);
  void (*softmax_row_f64)(double *d, const double *x, intptr_t n, bool logarithm);
  /// The same down each of up to LATHE_SOFTMAX_COLUMNS columns; rows lie ds and xs elements apart.
  void (*softmax_columns_f32)(float *d, intptr_t ds, const float *x, intptr_t xs, intptr_t length, intptr_t columns, bool logarithm);
  /// d = (x - center) * scale * weight + bias, where weight and bias may be NULL.
  void (*affine_row_f32)(float *d, const float *x, const float *weight, const float *bias, float center, float scale, intptr_t n);
  void (*affine_row_f64)(double *d, const double *x, const double *weight, const double *bias, double center, double scale, intptr_t n);
} normalize_kernels;
enum { LATHE_SOFTMAX_COLUMNS = 128 };
LATHE_DECLARE_TABLES(normalize_kernels);
#endif
