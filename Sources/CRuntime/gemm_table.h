// What the driver of matrix products and its kernels share.
#ifndef LATHE_GEMM_TABLE_H
#define LATHE_GEMM_TABLE_H
#include <stdbool.h>
#include "lathe_epilogue.h"
#include "lathe_gemm.h"
#include "lathe_isa.h"

/// Writes columns column ..< column + count (at most a panel's width) of Y for depths k ..< k + depth, as floats, k-major, each
/// row as wide as a panel; columns beyond `count` are zero.
typedef void (*gemm_pack_columns)(const void *context, intptr_t k, intptr_t depth, intptr_t column, intptr_t count, void *panel);

/// C[rows, columns] = X[rows, depth] Y[depth, columns] with an epilogue. X's elements are broadcast, read in place where the
/// kernel can; Y goes into panels of vectors. Either operand of a product may be X: then C is the transposed result.
typedef struct gemm_plan {
  int32_t dtype;         // of every operand but scale and bias
  int32_t bias_dtype;    // `dtype` or the accumulators' type
  bool pack_x;
  intptr_t rows, columns, depth;
  const char *x;
  intptr_t x_row, x_k;
  const char *y;
  intptr_t y_k, y_column;
  gemm_pack_columns pack_columns;  // instead of y
  const void *pack_context;
  const char *shared_y;  // Y as panels of depth `shared_depth`, or NULL: tasks pack their own
  intptr_t shared_depth;
  char *c;
  intptr_t c_row, c_column;
  double alpha, beta;
  const char *addend;
  intptr_t addend_row, addend_column;
  const char *bias;
  intptr_t bias_row, bias_column;
  const char *scale;     // multiplies the product before the bias; of the accumulator's type
  intptr_t scale_row, scale_column;
  int32_t activation;
  double low, high;
  const lathe_epilogue *epilogue;  // takes the sums instead of all that; f32 and 16-bit operands only
  intptr_t epilogue_row;           // of C's first row
  intptr_t block_rows, block_columns;  // of a task; 0: as the shape suggests
} gemm_plan;

typedef struct gemm_type_kernels {
  int panel_rows, panel_columns;  // of a register tile
  /// Packs columns of Y, `first` and up, for the whole depth (for shared_y).
  void (*pack_shared)(const gemm_plan *plan, intptr_t first_panel, intptr_t end_panel, void *panels);
  /// One block of C.
  void (*block)(const gemm_plan *plan, intptr_t row, intptr_t end_row, intptr_t column, intptr_t end_column);
  /// All rows (at most GEMM_FEW_ROWS) of some columns, where Y is contiguous along k (dot) or along its columns (sweep): streams Y.
  /// NULL in artifacts, whose weights are packed.
  void (*dot)(const gemm_plan *plan, intptr_t column, intptr_t end_column);
  void (*sweep)(const gemm_plan *plan, intptr_t column, intptr_t end_column);
} gemm_type_kernels;

typedef struct gemm_kernels {
  gemm_type_kernels f32, f64;  // f32 takes f16 and bf16 too
} gemm_kernels;
LATHE_DECLARE_TABLES(gemm_kernels);

static inline const gemm_type_kernels *gemm_kernels_for(const gemm_kernels *kernels, int32_t dtype) {
  return dtype == LATHE_F64 ? &kernels->f64 : &kernels->f32;
}

enum { GEMM_FEW_ROWS = 4 };

/// Runs a plan on the pool: chooses blocks, and what is packed once.
void gemm_run(const gemm_kernels *kernels, const gemm_plan *plan);
/// The same for a product whose operands are both in memory: whichever way round is faster.
void gemm_run_either(const gemm_kernels *kernels, const gemm_plan *plan);
#endif
