// The register tile of channels-last convolutions. Part of nhwc_kernels.h.
LATHE_LEVEL_BEGIN
/// What a tile multiplies: rows of X as pointers, NHWC_ROWS for each tap, each to `end` channels of which the first tap's are
/// taken from `begin` on; `depth` channels in all.
typedef struct { const float *const *taps; intptr_t begin, end, depth; } nhwc_operand;

/// out[rows][vectors] (+)= X[rows, depth] y[depth, vectors], out's rows `stride` apart, of which `live` are kept. `rows` and
/// `vectors` are constants where this is inlined.
LATHE_INLINE void nhwc_tile(const nhwc_operand *x, const float *y, float *out, intptr_t stride, intptr_t live, bool first,
                            const int rows, const int vectors) {
  lathe_vf sum[NHWC_ROWS][NHWC_VECTORS];
  NHWC_UNROLL
  for (int i = 0; i < rows; i++)
    NHWC_UNROLL
    for (int v = 0; v < vectors; v++) sum[i][v] = first || i >= live ? (lathe_vf){0} : *(lathe_vf *)(out + i * stride + v * LATHE_VF);
  const float *const *taps = x->taps;
  intptr_t begin = x->begin, left = x->depth;
  do {
    const intptr_t count = x->end - begin < left ? x->end - begin : left;
    const char *row[NHWC_ROWS];
    NHWC_UNROLL
    for (int i = 0; i < rows; i++) row[i] = (const char *)(taps[i] + begin + count);
    // One index for all rows, counted up to zero: the loop has an addition for it, one for y, and a jump.
    intptr_t k = -count * (intptr_t)sizeof(float);
    LATHE_ALIGNED_LOOP do {
      lathe_vf b[NHWC_VECTORS];
      NHWC_UNROLL
      for (int v = 0; v < vectors; v++) b[v] = nhwc_load(y + v * LATHE_VF);
      NHWC_UNROLL
      for (int i = 0; i < rows; i++) {
        lathe_vf a = nhwc_all(*(const float *)(row[i] + k));
        NHWC_UNROLL
        for (int v = 0; v < vectors; v++) sum[i][v] = NHWC_FMA(a, b[v], sum[i][v]);
      }
      y += NHWC_PANEL;
      k += sizeof(float);
      __asm__("" : "+r"(k));
    } while (k != 0);
    taps += NHWC_ROWS;
    left -= count;
    begin = 0;
  } while (left != 0);
  NHWC_UNROLL
  for (int i = 0; i < rows; i++)
    if (i < live)
      NHWC_UNROLL
      for (int v = 0; v < vectors; v++) *(lathe_vf *)(out + i * stride + v * LATHE_VF) = sum[i][v];
}

typedef void (*nhwc_tile_function)(const nhwc_operand *, const float *, float *, intptr_t, intptr_t, bool);
#define NHWC_TILE(rows)                                                                                                      \
  static void nhwc_tile_##rows(const nhwc_operand *x, const float *y, float *out, intptr_t stride, intptr_t live, bool first) { \
    nhwc_tile(x, y, out, stride, live, first, rows, NHWC_VECTORS);                                                           \
  }                                                                                                                          \
  static void nhwc_half_tile_##rows(const nhwc_operand *x, const float *y, float *out, intptr_t stride, intptr_t live, bool first) { \
    nhwc_tile(x, y, out, stride, live, first, rows, NHWC_VECTORS / 2);                                                       \
  }
#define NHWC_TILES(rows) {nhwc_half_tile_##rows, nhwc_tile_##rows}
#if LATHE_LEVEL == 0
NHWC_TILE(2) NHWC_TILE(3)
static const nhwc_tile_function nhwc_tiles[NHWC_ROWS][2] = {NHWC_TILES(2), NHWC_TILES(2), NHWC_TILES(3)};
#elif LATHE_LEVEL == 1
NHWC_TILE(4) NHWC_TILE(5) NHWC_TILE(6)
static const nhwc_tile_function nhwc_tiles[NHWC_ROWS][2] = {
  NHWC_TILES(4), NHWC_TILES(4), NHWC_TILES(4), NHWC_TILES(4), NHWC_TILES(5), NHWC_TILES(6)};
#else
NHWC_TILE(4) NHWC_TILE(6) NHWC_TILE(8) NHWC_TILE(10) NHWC_TILE(12)
static const nhwc_tile_function nhwc_tiles[NHWC_ROWS][2] = {
  NHWC_TILES(4), NHWC_TILES(4), NHWC_TILES(4), NHWC_TILES(4), NHWC_TILES(6), NHWC_TILES(6), NHWC_TILES(8), NHWC_TILES(8),
  NHWC_TILES(10), NHWC_TILES(10), NHWC_TILES(12), NHWC_TILES(12)};
#endif

/// Rows cut into strips of about equal height: a tile of five rows is as fast for its size as one of six, one of a single row is not.
typedef struct { intptr_t count, height, taller; } nhwc_strips;
LATHE_INLINE nhwc_strips nhwc_cut(intptr_t rows) {
  const intptr_t count = (rows + NHWC_ROWS - 1) / NHWC_ROWS;
  return (nhwc_strips){count, rows / count, rows % count};
}
LATHE_INLINE intptr_t nhwc_strip_top(const nhwc_strips *strips, intptr_t strip) {
  return strip * strips->height + nhwc_least(strip, strips->taller);
}

/// Asks for one of `parts` of the weights that come next: hardware does not look ahead beyond a page.
LATHE_INLINE void nhwc_prefetch(const float *next, intptr_t depth, intptr_t part, intptr_t parts) {
  const intptr_t lines = depth * NHWC_PANEL / 16;
  for (intptr_t line = part * lines / parts; line < (part + 1) * lines / parts; line++) __builtin_prefetch(next + line * 16, 0, 3);
}
LATHE_LEVEL_END
