// Kernels of convolutions, compiled once per level.
#include "convolution_table.h"
#include "lathe_convert.h"
#include "lathe_scratch.h"
#include "lathe_vector_math.h"
#include <math.h>

LATHE_LEVEL_BEGIN
#define LATHE_EACH_FLOAT "convolution_kernels_typed.h"
#include "lathe_each_float.h"
LATHE_LEVEL_END

const convolution_kernels LATHE_LEVEL_NAME(convolution_kernels) = {
  .f32 = {pad_f32, pack_patches_f32, depthwise_f32},
  .f64 = {pad_f64, pack_patches_f64, depthwise_f64},
};
