// Packing operands into panels of accumulators' type T (float or double). Part of gemm_kernels.h.

LATHE_INLINE void NAME(pack_as)(const int32_t dtype, const char *p, intptr_t r_stride, intptr_t k_stride, intptr_t count,
                                intptr_t depth, int width, T *panel) {
  const int bytes = dtype == LATHE_BF16 || dtype == LATHE_F16 ? 2 : (int)sizeof(T);
  if (r_stride == 1 && count == width) {
    for (intptr_t k = 0; k < depth; k++) NAME(load_run)(dtype, p + k * k_stride * bytes, width, panel + k * width);
    return;
  }
  for (intptr_t k = 0; k < depth; k++) {
    for (intptr_t r = 0; r < count; r++) panel[k * width + r] = NAME(load_one)(dtype, p, r * r_stride + k * k_stride);
    for (intptr_t r = count; r < width; r++) panel[k * width + r] = 0;
  }
}

#if T_IS_FLOAT
#if LATHE_LEVEL >= 1 && LATHE_X86
typedef float block_row __attribute__((vector_size(32)));
typedef float block_row_unaligned __attribute__((vector_size(32), aligned(4), may_alias));
enum { BLOCK = 8 };
LATHE_INLINE void transpose_block(block_row r[8]) {
  block_row t[8], u[8];
  for (int i = 0; i < 4; i++) {
    t[2 * i] = __builtin_shufflevector(r[2 * i], r[2 * i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    t[2 * i + 1] = __builtin_shufflevector(r[2 * i], r[2 * i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int i = 0; i < 2; i++)
    for (int h = 0; h < 2; h++) {
      u[4 * i + 2 * h] = __builtin_shufflevector(t[4 * i + h], t[4 * i + 2 + h], 0, 1, 8, 9, 4, 5, 12, 13);
      u[4 * i + 2 * h + 1] = __builtin_shufflevector(t[4 * i + h], t[4 * i + 2 + h], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (int i = 0; i < 4; i++) {
    r[i] = __builtin_shufflevector(u[i], u[4 + i], 0, 1, 2, 3, 8, 9, 10, 11);
    r[4 + i] = __builtin_shufflevector(u[i], u[4 + i], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}
#else
typedef float block_row __attribute__((vector_size(16)));
typedef float block_row_unaligned __attribute__((vector_size(16), aligned(4), may_alias));
enum { BLOCK = 4 };
LATHE_INLINE void transpose_block(block_row r[4]) {
  block_row a = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5), b = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7);
  block_row c = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5), d = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);
  r[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5);
  r[1] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
  r[2] = __builtin_shufflevector(b, d, 0, 1, 4, 5);
  r[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}
#endif

/// Columns that are contiguous along k, `rows` apart: transposed block by block.
static void pack_transposed(const float *p, intptr_t r_stride, intptr_t count, intptr_t depth, int width, float *panel) {
  intptr_t whole = depth - depth % BLOCK;
  for (intptr_t r = 0; r < width; r += BLOCK)
    for (intptr_t k = 0; k < whole; k += BLOCK) {
      block_row block[BLOCK];
      for (int i = 0; i < BLOCK; i++)
        block[i] = r + i < count ? (block_row) * (const block_row_unaligned *)(p + (r + i) * r_stride + k) : (block_row){0};
      transpose_block(block);
      for (int i = 0; i < BLOCK; i++) *(block_row_unaligned *)(panel + (k + i) * width + r) = block[i];
    }
  for (intptr_t k = whole; k < depth; k++)
    for (intptr_t r = 0; r < width; r++) panel[k * width + r] = r < count ? p[r * r_stride + k] : 0;
}
#endif

/// panel[k * width + r] = source(r, k) for r < count, 0 up to width.
static void NAME(pack)(int32_t dtype, const char *p, intptr_t r_stride, intptr_t k_stride, intptr_t count, intptr_t depth,
                       int width, T *panel) {
#if T_IS_FLOAT
  if (k_stride == 1 && r_stride != 1 && width % BLOCK == 0) {
    if (dtype == LATHE_F32) {
      pack_transposed((const float *)p, r_stride, count, depth, width, panel);
      return;
    }
#if GEMM_TAKES_NARROW
    enum { CHUNK = 64 };
    float rows[PANEL * CHUNK];
    for (intptr_t k = 0; k < depth; k += CHUNK) {
      intptr_t some = depth - k < CHUNK ? depth - k : CHUNK;
      for (intptr_t r = 0; r < count; r++) {
        if (dtype == LATHE_BF16) load_run_f32(LATHE_BF16, p + (r * r_stride + k) * 2, some, rows + r * CHUNK);
        else load_run_f32(LATHE_F16, p + (r * r_stride + k) * 2, some, rows + r * CHUNK);
      }
      pack_transposed(rows, CHUNK, count, some, width, panel + k * width);
    }
    return;
#endif
  }
#if GEMM_TAKES_NARROW
  if (dtype == LATHE_BF16) pack_as_f32(LATHE_BF16, p, r_stride, k_stride, count, depth, width, panel);
  else if (dtype == LATHE_F16) pack_as_f32(LATHE_F16, p, r_stride, k_stride, count, depth, width, panel);
  else
#endif
#endif
  NAME(pack_as)(T_IS_FLOAT ? LATHE_F32 : LATHE_F64, p, r_stride, k_stride, count, depth, width, panel);
}

/// Columns of Y, as far as there are, into panels of depth k ..< k + depth that lie `panel_stride` apart.
static void NAME(pack_panels)(const gemm_plan *plan, intptr_t k, intptr_t depth, intptr_t column, intptr_t end_column, T *panels,
                              intptr_t panel_stride) {
  const int bytes = lathe_dtype_size(plan->dtype);
  enum { TOGETHER = 4, AHEAD = 16 };  // panels filled at once: a row of Y is then read in longer runs
  if (!plan->pack_columns && plan->y_column == 1 && bytes == (int)sizeof(T)) {
    const T *y = (const T *)plan->y + k * plan->y_k;
    for (; end_column - column >= TOGETHER * PANEL; column += TOGETHER * PANEL, panels += TOGETHER * panel_stride)
      for (intptr_t i = 0; i < depth; i++) {
        const T *row = y + i * plan->y_k + column;
        for (int v = 0; v < TOGETHER * TILE_VECTORS; v++) {
          if (v * WIDTH * (int)sizeof(T) % 64 == 0 && i + AHEAD < depth) __builtin_prefetch(row + AHEAD * plan->y_k + v * WIDTH, 0, 3);
          *(V *)(panels + v / TILE_VECTORS * panel_stride + i * PANEL + v % TILE_VECTORS * WIDTH) = *(const VU *)(row + v * WIDTH);
        }
      }
  }
  for (; column < end_column; column += PANEL, panels += panel_stride) {
    intptr_t count = end_column - column < PANEL ? end_column - column : PANEL;
    if (plan->pack_columns) plan->pack_columns(plan->pack_context, k, depth, column, count, panels);
    else
      NAME(pack)(plan->dtype, plan->y + (column * plan->y_column + k * plan->y_k) * bytes, plan->y_column, plan->y_k, count, depth,
                 PANEL, panels);
  }
}

static void NAME(pack_shared)(const gemm_plan *plan, intptr_t first_panel, intptr_t end_panel, void *panels) {
  intptr_t end = end_panel * PANEL < plan->columns ? end_panel * PANEL : plan->columns;
  NAME(pack_panels)(plan, 0, plan->depth, first_panel * PANEL, end, (T *)panels + first_panel * PANEL * plan->depth,
                    PANEL * plan->depth);
}
