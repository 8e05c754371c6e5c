// Kernels of convolutions, compiled once per level.
#include "convolution_table.h"
#include "lathe_convert.h"
#include "lathe_scratch.h"
#include "lathe_vector_math.h"
#include <math.h>

LATHE_LEVEL_BEGIN
#define T float
#define V lathe_vf
#define VU lathe_vf_unaligned
#define WIDTH LATHE_VF
#define NAME(name) name##_f32
#define T_IS_FLOAT 1
#include "lathe_rows_typed.h"
#include "convolution_kernels_typed.h"
#undef T
#undef V
#undef VU
#undef WIDTH
#undef NAME
#undef T_IS_FLOAT
#define T double
#define V lathe_vd
#define VU lathe_vd_unaligned
#define WIDTH LATHE_VD
#define NAME(name) name##_f64
#define T_IS_FLOAT 0
#include "lathe_rows_typed.h"
#include "convolution_kernels_typed.h"
LATHE_LEVEL_END

const convolution_kernels LATHE_LEVEL_NAME(convolution_kernels) = {
  .f32 = {pad_f32, pack_patches_f32, depthwise_f32},
  .f64 = {pad_f64, pack_patches_f64, depthwise_f64},
};
