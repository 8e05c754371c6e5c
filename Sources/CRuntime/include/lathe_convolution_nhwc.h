// Two-dimensional f32 convolutions over channels-last images, with weights packed beforehand and a fused epilogue.
#ifndef LATHE_CONVOLUTION_NHWC_H
#define LATHE_CONVOLUTION_NHWC_H
#include <stdbool.h>
#include "lathe_epilogue.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef enum lathe_nhwc_algorithm {
  /// A matrix product whose rows are output pixels and whose depth runs over (ky, kx, channel), read where the image lies, after
  /// M. Dukhan, "The Indirect Convolution Algorithm" (2019). Any geometry.
  LATHE_NHWC_IMPLICIT = 0,
  /// Minimal filtering F(2x2, 3x3) and F(4x4, 3x3), after A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural
  /// Networks" (2016): 3x3 kernels of stride and dilation 1 in one group.
  LATHE_NHWC_WINOGRAD_2 = 1,
  LATHE_NHWC_WINOGRAD_4 = 2,
  /// Each channel by itself: groups == channels == outputs.
  LATHE_NHWC_DEPTHWISE = 3,
  LATHE_NHWC_ALGORITHMS = 4
} lathe_nhwc_algorithm;

/// One convolution as torch.nn.functional.conv2d computes it. Sizes and strides are in elements; channels are contiguous. The
/// result is a matrix for the epilogue: row (image * out_height + y) * out_width + x, column the output channel.
typedef struct lathe_nhwc_convolution {
  intptr_t images, height, width, channels;
  intptr_t out_height, out_width, outputs;
  intptr_t image_stride, row_stride, pixel_stride;
  intptr_t kernel[2], stride[2], padding[2], dilation[2], groups;
  int32_t algorithm;  // lathe_nhwc_algorithm
  /// What a tuner may set; 0 takes the default. Pixels (of Winograd's algorithms, tiles) and output channels of one task.
  intptr_t block_rows, block_columns;
} lathe_nhwc_convolution;

/// The algorithm that a model of the cost expects to be fastest; `algorithm` is ignored.
int32_t lathe_nhwc_choose(const lathe_nhwc_convolution *convolution);
/// Whether an algorithm can compute this convolution.
bool lathe_nhwc_supports(const lathe_nhwc_convolution *convolution, int32_t algorithm);

/// Floats of packed weights for the convolution's algorithm. Their order depends on the level of kernels (lathe_isa_level):
/// weights are packed and used at one level.
intptr_t lathe_nhwc_packed_elements(const lathe_nhwc_convolution *convolution);
/// `weight` is contiguous [outputs, channels / groups, kernel[0], kernel[1]]; `packed` is best 64-byte aligned.
void lathe_nhwc_pack(const lathe_nhwc_convolution *convolution, const float *weight, float *packed);
void lathe_nhwc_run(const lathe_nhwc_convolution *convolution, const float *input, const float *packed,
                    const lathe_epilogue *epilogue);

/// Pooling of one channels-last image batch into another, both with contiguous channels; sizes and strides as above. Ceil mode
/// shows in the output's sizes alone.
typedef struct lathe_nhwc_pool {
  intptr_t images, height, width, channels;
  intptr_t out_height, out_width;
  intptr_t image_stride, row_stride, pixel_stride;
  intptr_t out_image_stride, out_row_stride, out_pixel_stride;
  intptr_t kernel[2], stride[2], padding[2], dilation[2];
} lathe_nhwc_pool;

/// torch.nn.functional.max_pool2d: the largest of the window's elements inside the image, NaN where one of them is.
void lathe_nhwc_max_pool(const lathe_nhwc_pool *pool, const float *input, float *output);
/// torch.nn.functional.avg_pool2d. A window's sum is divided by `divisor` where that is not 0, else by the number of its elements,
/// those of the padding among them if `count_padding`. Dilation must be 1.
void lathe_nhwc_average_pool(const lathe_nhwc_pool *pool, bool count_padding, intptr_t divisor, const float *input, float *output);

#ifdef __cplusplus
}
#endif
#endif
