// What the drivers of channels-last convolutions and their kernels share.
#ifndef LATHE_NHWC_TABLE_H
#define LATHE_NHWC_TABLE_H
#include "lathe_convolution_nhwc.h"
#include "lathe_isa.h"

/// Functions that call the hot ones: unrolling and vectorising them costs more time of the compiler than it gains.
#if defined(__clang__)
#define NHWC_COMPACT __attribute__((minsize))
#else
#define NHWC_COMPACT
#endif

/// What a translation unit has kernels for: a bit for each algorithm, and one for pools. A compiled graph leaves out what it does not
/// call; the functions of the table that are left out are NULL.
enum { NHWC_POOLS = LATHE_NHWC_ALGORITHMS };
#ifndef LATHE_NHWC_PARTS
#define LATHE_NHWC_PARTS 31
#endif
#define NHWC_HAS(part) (LATHE_NHWC_PARTS >> (part) & 1)

/// An implicit matrix product: its taps are pixels of `image`, `image.channels` deep each (of one group), or a row of pixels of a
/// padded copy taken as one tap.
typedef struct nhwc_product {
  lathe_nhwc_convolution image;
  const float *input, *packed, *zeros;  // zeros: as many as channels of a group, read for taps in the padding
  const lathe_epilogue *epilogue;
  intptr_t rows, depth, group_channels, group_outputs;
} nhwc_product;

/// Winograd's algorithm with tiles of `tile` x `tile` output pixels, each from tile + 2 squared points.
typedef struct nhwc_winograd {
  const lathe_nhwc_convolution *convolution;
  const float *input, *packed, *zeros;
  const lathe_epilogue *epilogue;
  int tile;
  intptr_t tiles_down, tiles_across;
  intptr_t pitch;  // floats between tiles in a plane of transformed input
  intptr_t plane;  // floats between planes, one for each point
} nhwc_winograd;

// Winograd's points of interpolation are 0, ±a, ±b and infinity; those of the smaller tile 0, ±1 and infinity.
#define NHWC_A 0.75f
#define NHWC_B 1.5f
enum { NHWC_POINTS = 6 };  // along a side of the larger tile

typedef struct nhwc_kernels {
  int tile_rows, panel;  // of a register tile; a panel is its width in columns
  /// Pixels row ..< end_row of the result, and panels of one group's outputs.
  void (*product)(const nhwc_product *product, intptr_t group, intptr_t row, intptr_t end_row, intptr_t panel, intptr_t end_panel);
  /// Transforms the input of tiles first ..< end into rows 0 and up of the planes.
  void (*winograd_input)(const nhwc_winograd *winograd, intptr_t first, intptr_t end, float *planes);
  /// Multiplies such rows with panels of the weights, transforms the products and hands them to the epilogue.
  void (*winograd_output)(const nhwc_winograd *winograd, intptr_t first, intptr_t end, const float *planes, float *work,
                          intptr_t panel, intptr_t end_panel);
  /// Floats that this takes for `rows` tiles at a time.
  intptr_t (*winograd_work)(int tile, intptr_t rows);
  /// Rows of the result's images, counted through all images.
  void (*depthwise)(const lathe_nhwc_convolution *convolution, const float *input, const float *packed,
                    const lathe_epilogue *epilogue, intptr_t row, intptr_t end_row);
  void (*max_pool)(const lathe_nhwc_pool *pool, const float *input, float *output, intptr_t row, intptr_t end_row);
  void (*average_pool)(const lathe_nhwc_pool *pool, bool count_padding, intptr_t divisor, const float *input, float *output,
                       intptr_t row, intptr_t end_row);
} nhwc_kernels;
LATHE_DECLARE_TABLES(nhwc_kernels);
#endif
