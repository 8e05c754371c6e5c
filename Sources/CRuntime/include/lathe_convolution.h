// Convolutions in one, two and three dimensions, forward and transposed.
#ifndef LATHE_CONVOLUTION_H
#define LATHE_CONVOLUTION_H
#include "lathe_gemm.h"
#include "lathe_view.h"
#ifdef __cplusplus
extern "C" {
#endif

/// What follows the convolution at each output element: activation(scale[channel] * (sum + bias[channel]) + shift[channel] +
/// addend). Any pointer may be NULL. `bias` has the operands' dtype; `scale` and `shift` are f32 (f64 for f64 operands), as a
/// folded batch norm gives them; `addend` has the output's dtype, sizes and strides. All are contiguous along channels.
typedef struct lathe_convolution_epilogue {
  const void *bias;
  const void *scale, *shift;
  const void *addend;
  int32_t activation;  // lathe_activation
  double low, high;
} lathe_convolution_epilogue;

/// One convolution over `spatial` dimensions (1 ... 3), as torch.nn.functional.conv1d, 2d, 3d or, with `transposed`,
/// conv_transpose1d, 2d, 3d (whose output padding shows in the output's sizes alone). Sizes are those of the views.
typedef struct lathe_convolution_geometry {
  int32_t spatial;
  int32_t transposed;
  intptr_t groups;
  intptr_t stride[3], padding[3], dilation[3];
} lathe_convolution_geometry;

/// output [N, O, spatial...], input [N, C, spatial...], weight [O, C / groups, kernel...] (transposed: [C, O / groups,
/// kernel...]); f32, f64, bf16 or f16, all one dtype (16-bit types accumulate in f32). Input and weight may have any strides;
/// the output's spatial dimensions must step as one (contiguous, channels-last, or a slice of channels of either).
/// Algorithms: 1x1 kernels are plain matrix products; depthwise kernels run directly; the rest is an implicit matrix product
/// whose patches are packed from a padded copy of one image.
void lathe_convolution(const lathe_view *output, const lathe_view *input, const lathe_view *weight,
                       const lathe_convolution_geometry *geometry, const lathe_convolution_epilogue *epilogue);

#ifdef __cplusplus
}
#endif
#endif
