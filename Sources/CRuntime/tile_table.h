// The tile machine's instructions as functions over runs of elements.
#ifndef LATHE_TILE_TABLE_H
#define LATHE_TILE_TABLE_H
#include "lathe_isa.h"
#include "lathe_tile.h"

/// d[i] = op(a[i], b[i], c[i]) for i in 0 ..< n. `d` may be one of the operands.
typedef void (*lathe_tile_kernel)(void *d, const void *a, const void *b, const void *c, intptr_t n);

typedef struct tile_kernels {
  lathe_tile_kernel run[LATHE_OP_COUNT][4];  // [op][operand type]; NULL where the type has no such operation
} tile_kernels;
LATHE_DECLARE_TABLES(tile_kernels);
#endif
