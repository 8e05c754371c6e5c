// Blocks and register tiles of matrix products at one level; see gemm_kernels.h.
enum {
  GEMM_DEPTH = 384, GEMM_ROWS = 120,  // a block of X stays in the second-level cache, a panel of Y in the first
  X_STRIDE = GEMM_DEPTH + 16,
  SHALLOW_BYTES = 64 << 10,           // of a block of Y
  TILE_ROWS = LATHE_LEVEL >= 2 ? 12 : 6, TILE_VECTORS = 2
};
