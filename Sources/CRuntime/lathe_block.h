// A run of a view's dimensions read as one row-major row of f32 or f64, and written back.
#ifndef LATHE_BLOCK_H
#define LATHE_BLOCK_H
#include <stdbool.h>
#include "convert_table.h"
#include "lathe_nest.h"

typedef struct lathe_block {
  int rank;
  intptr_t sizes[LATHE_MAX_RANK], count, bytes;
  lathe_strides strides[1];
  bool direct;   // already one after the other, in the wanted dtype
  bool natural;  // in the wanted dtype
  lathe_convert_run read, write;
  const convert_kernels *kernels;
  int log2_bytes;  // of the wanted dtype
} lathe_block;

/// Dimensions with the given sizes and strides (outermost first), of elements of `dtype`, as elements of `held` (F32 or F64).
lathe_block lathe_block_make(int rank, const intptr_t *sizes, const intptr_t *strides, int32_t dtype, int32_t held);
/// The row at `base`: the memory itself where it can be used as it is, else `buffer` after reading into it.
const void *lathe_block_read(const lathe_block *block, const char *base, void *buffer);
/// Where to compute a row that goes to `base`: the memory itself, or `buffer`.
static inline void *lathe_block_target(const lathe_block *block, char *base, void *buffer) { return block->direct ? base : buffer; }
/// Brings a row computed at lathe_block_target's place to `base`.
void lathe_block_write(const lathe_block *block, char *base, const void *row);
#endif
