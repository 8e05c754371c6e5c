#include "lathe_block.h"

lathe_block lathe_block_make(int rank, const intptr_t *sizes, const intptr_t *strides, int32_t dtype, int32_t held) {
  lathe_block block = {.count = 1, .bytes = lathe_dtype_size(dtype), .kernels = LATHE_TABLE(convert_kernels)};
  for (int k = 0; k < rank; k++) {
    block.sizes[k] = sizes[k];
    block.strides[0][k] = strides[k];
    block.count *= sizes[k];
  }
  block.natural = dtype == held;
  block.read = lathe_converter(block.kernels, held, dtype);
  block.write = lathe_converter(block.kernels, dtype, held);
  block.log2_bytes = lathe_dtype_log2(held);
  if (block.count == 0) return block;
  block.rank = lathe_nest_arrange(rank, block.sizes, 1, block.strides, true);
  block.direct = block.natural && block.rank == 1 && (block.strides[0][0] == 1 || block.sizes[0] == 1);
  return block;
}

static bool turned(const lathe_block *block) {
  return block->natural && block->rank == 2 && block->strides[0][1] == 1 && block->strides[0][0] > 1;
}

const void *lathe_block_read(const lathe_block *block, const char *base, void *buffer) {
  if (block->direct) return base;
  const intptr_t *strides = block->strides[0];
  if (turned(block)) {
    block->kernels->transpose[block->log2_bytes](buffer, block->sizes[0], base, strides[0], block->sizes[1], block->sizes[0]);
    return buffer;
  }
  char *d = buffer;
  intptr_t at[LATHE_MAX_RANK] = {0};
  do {
    block->read(d, 1, base + lathe_nest_offset(1, block->rank, at, strides) * block->bytes, strides[0], block->sizes[0]);
    d += block->sizes[0] << block->log2_bytes;
  } while (lathe_nest_advance(1, block->rank, block->sizes, at));
  return buffer;
}

void lathe_block_write(const lathe_block *block, char *base, const void *row) {
  if (block->direct) return;
  const intptr_t *strides = block->strides[0];
  if (turned(block)) {
    block->kernels->transpose[block->log2_bytes](base, strides[0], row, block->sizes[0], block->sizes[0], block->sizes[1]);
    return;
  }
  const char *s = row;
  intptr_t at[LATHE_MAX_RANK] = {0};
  do {
    block->write(base + lathe_nest_offset(1, block->rank, at, strides) * block->bytes, strides[0], s, 1, block->sizes[0]);
    s += block->sizes[0] << block->log2_bytes;
  } while (lathe_nest_advance(1, block->rank, block->sizes, at));
}
