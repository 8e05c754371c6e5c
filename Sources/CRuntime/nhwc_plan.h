// How channels-last convolutions are cut into tasks.
#ifndef LATHE_NHWC_PLAN_H
#define LATHE_NHWC_PLAN_H
#include "nhwc_table.h"

static inline intptr_t nhwc_ceiling(intptr_t a, intptr_t b) { return (a + b - 1) / b; }
/// The rows of `count` that part `i` of `parts` begins with: parts differ by one row at most.
static inline intptr_t nhwc_part(intptr_t count, intptr_t parts, intptr_t i) {
  const intptr_t rest = count % parts;
  return i * (count / parts) + (i < rest ? i : rest);
}
/// Points of a tile of Winograd's algorithm that has `tile` x `tile` pixels.
static inline int nhwc_tile_of(int32_t algorithm) { return algorithm == LATHE_NHWC_WINOGRAD_2 ? 2 : 4; }

void nhwc_run_product(const nhwc_kernels *kernels, const lathe_nhwc_convolution *convolution, const float *input, const float *packed,
                      const lathe_epilogue *epilogue);
void nhwc_run_winograd(const nhwc_kernels *kernels, const lathe_nhwc_convolution *convolution, const float *input,
                       const float *packed, const lathe_epilogue *epilogue);
#endif
