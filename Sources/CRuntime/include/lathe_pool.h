// Pooling and resampling of images: [N, C, spatial...] views of any strides (NCHW, channels-last).
#ifndef LATHE_POOL_H
#define LATHE_POOL_H
#include <stdbool.h>
#include <stdint.h>
#include "lathe_view.h"
#ifdef __cplusplus
extern "C" {
#endif

/// A sliding window over `dimensions` (1, 2 or 3) spatial dimensions; entries 0 ..< dimensions are used.
typedef struct lathe_window {
  int32_t dimensions;
  intptr_t kernel[3], stride[3], padding[3], dilation[3];
} lathe_window;

/// Output size of a pooling window along one dimension, as ATen's pooling_output_shape: with `ceil_mode` the last window must begin
/// inside the input or its left padding.
intptr_t lathe_pool_output_size(intptr_t input, intptr_t kernel, intptr_t padding, intptr_t stride, intptr_t dilation, bool ceil_mode);

// Views have rank 2 + dimensions. The output's sizes say how many windows there are (ceil_mode shows in them alone).
// f16, bf16, f32 compute in f32, f64 in f64, integers in i64; input and output have one dtype.

/// torch.nn.functional.max_poolNd: NaN wins. `indices` (I64, optional) gets each maximum's row-major index in its spatial plane.
void lathe_max_pool(const lathe_window *window, const lathe_view *input, const lathe_view *output, const lathe_view *indices);

/// torch.nn.functional.avg_poolNd; dilation is not used. `divisor_override` 0 means none.
void lathe_avg_pool(const lathe_window *window, bool count_include_pad, int64_t divisor_override, const lathe_view *input,
                    const lathe_view *output);

/// torch.nn.functional.adaptive_avg_poolNd: window i covers floor(i * in / out) ..< ceil((i + 1) * in / out).
void lathe_adaptive_avg_pool(const lathe_view *input, const lathe_view *output);
/// torch.nn.functional.adaptive_max_poolNd, with indices as lathe_max_pool's.
void lathe_adaptive_max_pool(const lathe_view *input, const lathe_view *output, const lathe_view *indices);

typedef enum lathe_upsample_mode {
  LATHE_UPSAMPLE_NEAREST = 0,    // floor(i * scale)
  LATHE_UPSAMPLE_NEAREST_EXACT,  // floor((i + 0.5) * scale)
  LATHE_UPSAMPLE_LINEAR,         // linear, bilinear, trilinear by the number of spatial dimensions
  LATHE_UPSAMPLE_CUBIC,          // bicubic (A = -0.75), two spatial dimensions
} lathe_upsample_mode;

/// torch.nn.functional.interpolate on 1 to 3 spatial dimensions, with source indices as ATen's UpSample.h computes them.
/// `scales` holds the scale factors the user gave, one a spatial dimension (a value <= 0, or NULL for all: derived from the sizes).
/// `align_corners` is read by LINEAR and CUBIC.
void lathe_upsample(lathe_upsample_mode mode, bool align_corners, const double *scales, const lathe_view *input,
                    const lathe_view *output);

#ifdef __cplusplus
}
#endif
#endif
