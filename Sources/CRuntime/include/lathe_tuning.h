// Timing of templates, to choose among their candidates.
#ifndef LATHE_TUNING_H
#define LATHE_TUNING_H
#include "lathe_convolution_nhwc.h"
#include "lathe_product.h"
#ifdef __cplusplus
extern "C" {
#endif

/// Least seconds of one run, over runs that take about `seconds` in all and three at least; the result goes to `c`, rows of
/// `n` floats, which the epilogue stores. Operands hold any finite numbers.
double lathe_time_product(const lathe_product *product, float *c, double seconds);
/// The same for a convolution, whose result's rows are `outputs` floats.
double lathe_time_convolution(const lathe_nhwc_convolution *convolution, const float *input, const float *packed, float *c, double seconds);

#ifdef __cplusplus
}
#endif
#endif
