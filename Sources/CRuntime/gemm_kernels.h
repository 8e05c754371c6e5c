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

#define T float
#define V lathe_vf
#define VU lathe_vf_unaligned
#define WIDTH LATHE_VF
#define NAME(name) name##_f32
#define T_IS_FLOAT 1
#define PANEL (TILE_VECTORS * LATHE_VF)
#include "lathe_rows_typed.h"
#include "gemm_pack_typed.h"
#include "gemm_finish_typed.h"
#include "gemm_block_typed.h"
#include "gemm_few_rows_typed.h"
#undef T
#undef V
#undef VU
#undef WIDTH
#undef NAME
#undef T_IS_FLOAT
#undef PANEL
#define T double
#define V lathe_vd
#define VU lathe_vd_unaligned
#define WIDTH LATHE_VD
#define NAME(name) name##_f64
#define T_IS_FLOAT 0
#define PANEL (TILE_VECTORS * LATHE_VD)
#include "lathe_rows_typed.h"
#include "gemm_pack_typed.h"
#include "gemm_finish_typed.h"
#include "gemm_block_typed.h"
#include "gemm_few_rows_typed.h"
#undef T
#undef V
#undef VU
#undef WIDTH
#undef NAME
#undef T_IS_FLOAT
#undef PANEL
LATHE_LEVEL_END

const gemm_kernels LATHE_LEVEL_NAME(gemm_kernels) = {
  .f32 = {TILE_ROWS, TILE_VECTORS * LATHE_VF, pack_shared_f32, block_f32, dot_f32, sweep_f32},
  .f64 = {TILE_ROWS, TILE_VECTORS * LATHE_VD, pack_shared_f64, block_f64, dot_f64, sweep_f64},
};
