// The kernels of matrix products that generated code uses, for one level: sums in f32 that go to an epilogue. Whoever includes it says
// in GEMM_TAKES_NARROW whether operands may be f16 and bf16.
#include "gemm_table.h"
#include "lathe_convert.h"
#include "lathe_scratch.h"
#include "lathe_vector_math.h"
#define GEMM_IS_TEMPLATE 1

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
#include "gemm_finish_template.h"
#include "gemm_block_typed.h"
#undef PANEL
LATHE_LEVEL_END

const gemm_kernels LATHE_LEVEL_NAME(gemm_kernels) = {
  .f32 = {TILE_ROWS, TILE_VECTORS * LATHE_VF, pack_shared_f32, block_f32, NULL, NULL},
};
