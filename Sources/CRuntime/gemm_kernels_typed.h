// All of a matrix product's kernels for one element type.
#define PANEL (TILE_VECTORS * WIDTH)
#include "gemm_pack_typed.h"
#include "gemm_finish_typed.h"
#include "gemm_block_typed.h"
#include "gemm_few_rows_typed.h"
#undef PANEL
