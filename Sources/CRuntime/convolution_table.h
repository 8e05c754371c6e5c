// What the driver of convolutions and its kernels share.
#ifndef LATHE_CONVOLUTION_TABLE_H
#define LATHE_CONVOLUTION_TABLE_H
#include "gemm_table.h"
#include "lathe_convolution.h"

/// One group of one image as kernels read it: channels of rows padded with zeros, dimensions depth, height, width. Each row is
/// kept as `phases` runs (phases = the stride along the width): run p holds the padded row's elements p, p + phases, ..., so that
/// neighbouring outputs always read neighbouring elements.
typedef struct padded_shape {
  int32_t dtype;                 // of the source
  intptr_t input[3];
  intptr_t source_strides[3];
  intptr_t before[3];            // zeros ahead of the first element (negative: elements left out)
  intptr_t spread[3];            // distance between elements (a transposed convolution's stride)
  intptr_t padded[3];            // sizes with padding; the last is the length of a run
  intptr_t phases;
  bool zeroed;                   // the memory already holds zeros wherever the padding is
} padded_shape;

static inline intptr_t padded_row(const padded_shape *shape) { return shape->phases * shape->padded[2]; }
static inline intptr_t padded_channel(const padded_shape *shape) { return shape->padded[0] * shape->padded[1] * padded_row(shape); }
enum { PADDED_SLACK = 64 };      // elements that may be read past the last run

/// Patches of a padded image, for gemm_pack_columns: column j is output pixel j, depth k the k-th weight.
typedef struct patches {
  const void *image;
  const int32_t *offsets;        // of each weight from a pixel's first element
  intptr_t output[3];
  intptr_t step[3];              // elements between neighbouring output pixels
} patches;

/// What a direct convolution of one channel needs.
typedef struct depthwise_channel {
  const void *image;
  const patches *source;
  const void *weights;           // of the accumulators' type
  intptr_t weight_count;
  int32_t dtype, activation;
  double scale, shift, low, high;
  char *output;
  const char *addend;
  intptr_t output_pixel;         // stride between output pixels
} depthwise_channel;

typedef struct convolution_type_kernels {
  /// `count` channels of the source, `channel_stride` elements apart, into padded form.
  void (*pad)(const padded_shape *shape, const char *source, intptr_t channel_stride, intptr_t count, void *padded);
  gemm_pack_columns pack;
  void (*depthwise)(const depthwise_channel *channel);
} convolution_type_kernels;

typedef struct convolution_kernels { convolution_type_kernels f32, f64; } convolution_kernels;
LATHE_DECLARE_TABLES(convolution_kernels);
#endif
