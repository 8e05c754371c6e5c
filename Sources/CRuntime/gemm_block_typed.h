// The register tile and a block of C made of such tiles. Part of gemm_kernels.h.

/// out[rows][vectors] (+)= x[rows, depth] y[depth, vectors], out's rows `out_row` apart; `rows` and `vectors` are constants where
/// this is inlined.
LATHE_INLINE void NAME(tile)(intptr_t depth, const T *x, intptr_t x_row, intptr_t x_k, const T *y, T *out, intptr_t out_row,
                             bool first, const int rows, const int vectors) {
  V sum[TILE_ROWS][TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sum[i][v] = first ? (V){0} : (V) * (VU *)(out + i * out_row + v * WIDTH);
  // One pointer to every third row, kept in registers: a chain of additions from row to row would be the loop's longest path.
  const char *third[TILE_ROWS / 3];
  intptr_t row_bytes = x_row * (intptr_t)sizeof(T), step = x_k * (intptr_t)sizeof(T);
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i += 3) third[i / 3] = (const char *)x + i * row_bytes;
  // The loop's place in memory is worth 8 %: instructions are fetched in lines.
  LATHE_ALIGNED_LOOP for (intptr_t k = 0; k < depth; k++, y += PANEL) {
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i += 3) __asm__("" : "+r"(third[i / 3]));
    V b[TILE_VECTORS];
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) b[v] = *(const V *)(y + v * WIDTH);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      V a = *(const T *)(third[i / 3] + i % 3 * row_bytes) - (V){0};
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) sum[i][v] = LATHE_FMA(a, b[v], sum[i][v]);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i += 3) third[i / 3] += step;
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) *(VU *)(out + i * out_row + v * WIDTH) = sum[i][v];
}

#define TILE_OF(rows, vectors)                                                                                               \
  static void NAME(tile_##rows##_##vectors)(intptr_t depth, const T *x, intptr_t x_row, intptr_t x_k, const T *y, T *out,    \
                                            intptr_t out_row, bool first) {                                                  \
    NAME(tile)(depth, x, x_row, x_k, y, out, out_row, first, rows, vectors);                                                 \
  }
#if GEMM_IS_TEMPLATE  // half a panel's tile is not worth its compilation
#define TILES_OF(rows) TILE_OF(rows, 2)
#define TILE_ROW(rows) {NAME(tile_##rows##_2), NAME(tile_##rows##_2)}
#else
#define TILES_OF(rows) TILE_OF(rows, 1) TILE_OF(rows, 2)
#define TILE_ROW(rows) {NAME(tile_##rows##_1), NAME(tile_##rows##_2)}
#endif
TILES_OF(1) TILES_OF(2) TILES_OF(3) TILES_OF(4) TILES_OF(5) TILES_OF(6)
#if LATHE_LEVEL >= 2
TILES_OF(7) TILES_OF(8) TILES_OF(9) TILES_OF(10) TILES_OF(11) TILES_OF(12)
#endif
typedef void (*NAME(tile_function))(intptr_t, const T *, intptr_t, intptr_t, const T *, T *, intptr_t, bool);
static const NAME(tile_function) NAME(tiles)[TILE_ROWS][TILE_VECTORS] = {
  TILE_ROW(1), TILE_ROW(2), TILE_ROW(3), TILE_ROW(4), TILE_ROW(5), TILE_ROW(6),
#if LATHE_LEVEL >= 2
  TILE_ROW(7), TILE_ROW(8), TILE_ROW(9), TILE_ROW(10), TILE_ROW(11), TILE_ROW(12),
#endif
};
#undef TILE_OF
#undef TILES_OF
#undef TILE_ROW

/// Rows of X for depths k ..< k + depth as the tile reads them: in place, copied row by row, or in strips of TILE_ROWS.
typedef struct { const T *data; intptr_t row, k, strip; } NAME(x_block);
static NAME(x_block) NAME(take_x)(const gemm_plan *plan, intptr_t row, intptr_t end_row, intptr_t k, intptr_t depth, T *buffer) {
  const char *x = plan->x + (row * plan->x_row + k * plan->x_k) * lathe_dtype_size(plan->dtype);
  if (!plan->pack_x) return (NAME(x_block)){(const T *)x, plan->x_row, plan->x_k, plan->x_row * TILE_ROWS};
  if (plan->x_k == 1) {
    for (intptr_t i = 0; i < end_row - row; i++) {
#if T_IS_FLOAT && GEMM_TAKES_NARROW
      if (plan->dtype == LATHE_BF16) load_run_f32(LATHE_BF16, x + i * plan->x_row * 2, depth, buffer + i * X_STRIDE);
      else if (plan->dtype == LATHE_F16) load_run_f32(LATHE_F16, x + i * plan->x_row * 2, depth, buffer + i * X_STRIDE);
      else
#endif
      memcpy(buffer + i * X_STRIDE, (const T *)x + i * plan->x_row, (size_t)depth * sizeof(T));
    }
    return (NAME(x_block)){buffer, X_STRIDE, 1, X_STRIDE * TILE_ROWS};
  }
  for (intptr_t i = row; i < end_row; i += TILE_ROWS) {
    intptr_t count = end_row - i < TILE_ROWS ? end_row - i : TILE_ROWS;
    NAME(pack)(plan->dtype, x + (i - row) * plan->x_row * lathe_dtype_size(plan->dtype), plan->x_row, plan->x_k, count, depth,
               TILE_ROWS, buffer + (i - row) / TILE_ROWS * TILE_ROWS * depth);
  }
  return (NAME(x_block)){buffer, 1, TILE_ROWS, TILE_ROWS * depth};
}

/// Asks for one of `parts` of the panel that comes next: hardware does not look ahead beyond a page.
LATHE_INLINE void NAME(prefetch_panel)(const T *panel, intptr_t depth, intptr_t part, intptr_t parts) {
  const intptr_t lines = depth * PANEL * (intptr_t)sizeof(T) / 64;
  for (intptr_t line = part * lines / parts; line < (part + 1) * lines / parts; line++)
    __builtin_prefetch((const char *)panel + line * 64, 0, 3);
}

static void NAME(block)(const gemm_plan *plan, intptr_t row, intptr_t end_row, intptr_t column, intptr_t end_column) {
  enum { TILE_SIZE = TILE_ROWS * PANEL };
  const intptr_t panels = (end_column - column + PANEL - 1) / PANEL, strips = (end_row - row + TILE_ROWS - 1) / TILE_ROWS;
  const intptr_t depths = plan->depth > GEMM_DEPTH ? (plan->depth + GEMM_DEPTH - 1) / GEMM_DEPTH : 1;
  const intptr_t most = depths == 1 ? plan->depth : ((plan->depth + depths - 1) / depths + 7) & ~(intptr_t)7;
  const intptr_t kept = depths == 1 ? 0 : panels * strips * TILE_SIZE;
  _Alignas(64) T one[TILE_SIZE];
  T *sums = NULL, *x_buffer = NULL, *y_buffer = NULL;
  if (kept || plan->pack_x) {
    sums = lathe_scratch(1, (size_t)(kept + (plan->pack_x ? GEMM_ROWS * X_STRIDE : 0)) * sizeof(T));
    x_buffer = sums + kept;
  }
  if (!plan->shared_y) y_buffer = lathe_scratch(0, (size_t)(panels * PANEL * most) * sizeof(T));
  const bool direct = !kept && !plan->epilogue && plan->c_column == 1 && plan->dtype == (T_IS_FLOAT ? LATHE_F32 : LATHE_F64) && plan->alpha == 1 &&
                      !plan->scale && !plan->bias && !(plan->addend && plan->beta != 0) && !plan->activation;
  intptr_t k = 0;
  do {
    const intptr_t depth = plan->depth - k < most ? plan->depth - k : most;
    const bool first = k == 0, last = k + depth >= plan->depth;
    const T *y = y_buffer;
    intptr_t y_panel = PANEL * depth;
    if (plan->shared_y) {
      y = (const T *)plan->shared_y + column * plan->shared_depth + k * PANEL;
      y_panel = PANEL * plan->shared_depth;
    } else NAME(pack_panels)(plan, k, depth, column, end_column, y_buffer, y_panel);
    for (intptr_t top = row; top < end_row; top += GEMM_ROWS) {
      const intptr_t bottom = end_row - top < GEMM_ROWS ? end_row : top + GEMM_ROWS;
      const NAME(x_block) x = NAME(take_x)(plan, top, bottom, k, depth, x_buffer);
      // Shallow products write much of C for little arithmetic: by rows then, which C's pages like better.
      const intptr_t below = (bottom - top + TILE_ROWS - 1) / TILE_ROWS;
      const bool by_row = panels * y_panel * (intptr_t)sizeof(T) <= SHALLOW_BYTES;
      for (intptr_t t = 0; t < panels * below; t++) {
        const intptr_t p = by_row ? t % panels : t / below, s = by_row ? t / panels : t % below;
        const intptr_t j = column + p * PANEL, columns = end_column - j < PANEL ? end_column - j : PANEL;
        if (!by_row && p + 1 < panels) NAME(prefetch_panel)(y + (p + 1) * y_panel, depth, s, below);
        const intptr_t i = top + s * TILE_ROWS, rows = bottom - i < TILE_ROWS ? bottom - i : TILE_ROWS;
        if (direct && columns == PANEL) {
          T *out = (T *)plan->c + i * plan->c_row + j;
          NAME(tiles)[rows - 1][1](depth, x.data + s * x.strip, x.row, x.k, y + p * y_panel, out, plan->c_row, true);
          continue;
        }
        if (last && !by_row && plan->c)
          for (intptr_t r = 0; r < rows; r++)
            __builtin_prefetch(plan->c + ((i + r) * plan->c_row + j * plan->c_column) * lathe_dtype_size(plan->dtype), 1, 3);
        T *tile = kept ? sums + (p * strips + (i - row) / TILE_ROWS) * TILE_SIZE : one;
        NAME(tiles)[rows - 1][columns > WIDTH](depth, x.data + s * x.strip, x.row, x.k, y + p * y_panel, tile, PANEL,
                                                first);
        if (last) NAME(finish)(plan, tile, PANEL, i, j, rows, columns);
      }
    }
    k += depth;
  } while (k < plan->depth);
}
