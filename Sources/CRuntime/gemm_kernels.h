// Kernels of matrix products, compiled once per level.
#define GEMM_IS_TEMPLATE 0
#define GEMM_TAKES_NARROW 1
#include "gemm_table.h"
#include "lathe_convert.h"
#include "lathe_scratch.h"
#include "lathe_vector_math.h"
#include <math.h>

LATHE_LEVEL_BEGIN
#include "gemm_blocks.h"

#define LATHE_EACH_FLOAT "gemm_kernels_typed.h"
#include "lathe_each_float.h"
LATHE_LEVEL_END

const gemm_kernels LATHE_LEVEL_NAME(gemm_kernels) = {
  .f32 = {TILE_ROWS, TILE_VECTORS * LATHE_VF, pack_shared_f32, block_f32, dot_f32, sweep_f32},
  .f64 = {TILE_ROWS, TILE_VECTORS * LATHE_VD, pack_shared_f64, block_f64, dot_f64, sweep_f64},
};
