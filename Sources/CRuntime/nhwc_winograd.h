// Winograd's minimal filtering, F(2x2, 3x3) and F(4x4, 3x3). Part of nhwc_kernels.h.
//
// An output tile is A^T [(G g G^T) * (B^T d B)] A; G g G^T comes with the packed weights.
LATHE_LEVEL_BEGIN
enum { NHWC_ACROSS = 8 };  // tiles handed to the epilogue at once

/// B^T d for vectors `step` apart, in place or elsewhere.
LATHE_INLINE void nhwc_winograd_spread(const int tile, const lathe_vf d[NHWC_POINTS], lathe_vf out[NHWC_POINTS]) {
  if (tile == 2) {
    out[0] = d[0] - d[2], out[1] = d[2] + d[1], out[2] = d[2] - d[1], out[3] = d[3] - d[1];
    return;
  }
  const lathe_vf a = nhwc_all(NHWC_A), b = nhwc_all(NHWC_B), aa = nhwc_all(NHWC_A * NHWC_A), bb = nhwc_all(NHWC_B * NHWC_B);
  const lathe_vf sum = nhwc_all(NHWC_A * NHWC_A + NHWC_B * NHWC_B), product = nhwc_all(NHWC_A * NHWC_A * NHWC_B * NHWC_B);
  const lathe_vf even_a = NHWC_FMA(-bb, d[2], d[4]), odd_a = NHWC_FMA(-bb, d[1], d[3]);
  const lathe_vf even_b = NHWC_FMA(-aa, d[2], d[4]), odd_b = NHWC_FMA(-aa, d[1], d[3]);
  out[0] = NHWC_FMA(product, d[0], NHWC_FMA(-sum, d[2], d[4]));
  out[5] = NHWC_FMA(product, d[1], NHWC_FMA(-sum, d[3], d[5]));
  out[1] = NHWC_FMA(a, odd_a, even_a), out[2] = NHWC_FMA(-a, odd_a, even_a);
  out[3] = NHWC_FMA(b, odd_b, even_b), out[4] = NHWC_FMA(-b, odd_b, even_b);
}

/// A^T m.
LATHE_INLINE void nhwc_winograd_gather(const int tile, const lathe_vf m[NHWC_POINTS], lathe_vf out[4]) {
  if (tile == 2) {
    out[0] = m[0] + m[1] + m[2], out[1] = m[1] - m[2] + m[3];
    return;
  }
  const lathe_vf a = nhwc_all(NHWC_A), b = nhwc_all(NHWC_B), aa = nhwc_all(NHWC_A * NHWC_A), bb = nhwc_all(NHWC_B * NHWC_B);
  const lathe_vf aaa = nhwc_all(NHWC_A * NHWC_A * NHWC_A), bbb = nhwc_all(NHWC_B * NHWC_B * NHWC_B);
  const lathe_vf even_a = m[1] + m[2], odd_a = m[1] - m[2], even_b = m[3] + m[4], odd_b = m[3] - m[4];
  out[0] = m[0] + even_a + even_b;
  out[1] = NHWC_FMA(a, odd_a, b * odd_b);
  out[2] = NHWC_FMA(aa, even_a, bb * even_b);
  out[3] = NHWC_FMA(aaa, odd_a, NHWC_FMA(bbb, odd_b, m[5]));
}

/// B^T d B for all channels of one tile.
LATHE_INLINE void nhwc_winograd_input_tile(const int tile, const float *const *places, intptr_t channels, float *out, intptr_t plane) {
  const int points = tile + 2;
  NHWC_ROLLED for (intptr_t c = 0; c < channels; c += LATHE_VF) {
    lathe_vf across[NHWC_POINTS][NHWC_POINTS];
    NHWC_ROLLED for (int i = 0; i < points; i++) {
      lathe_vf d[NHWC_POINTS], t[NHWC_POINTS];
      if (channels - c >= LATHE_VF)
        NHWC_UNROLL
        for (int j = 0; j < points; j++) d[j] = nhwc_load(places[i * points + j] + c);
      else
        for (int j = 0; j < points; j++) d[j] = nhwc_load_some(places[i * points + j] + c, channels - c);
      nhwc_winograd_spread(tile, d, t);
      NHWC_UNROLL
      for (int j = 0; j < points; j++) across[i][j] = t[j];
    }
    NHWC_ROLLED for (int j = 0; j < points; j++) {
      lathe_vf d[NHWC_POINTS], t[NHWC_POINTS];
      NHWC_UNROLL
      for (int i = 0; i < points; i++) d[i] = across[i][j];
      nhwc_winograd_spread(tile, d, t);
      NHWC_UNROLL
      for (int i = 0; i < points; i++) nhwc_store(out + (i * points + j) * plane + c, t[i]);
    }
  }
}

static void nhwc_winograd_input(const nhwc_winograd *winograd, intptr_t first, intptr_t end, float *planes) {
  const lathe_nhwc_convolution *convolution = winograd->convolution;
  const intptr_t tile = winograd->tile, points = tile + 2, per_image = winograd->tiles_down * winograd->tiles_across;
  for (intptr_t t = first; t < end; t++, planes += winograd->pitch) {
    const intptr_t y = t % per_image / winograd->tiles_across * tile - convolution->padding[0];
    const intptr_t x = t % winograd->tiles_across * tile - convolution->padding[1];
    const float *image = winograd->input + t / per_image * convolution->image_stride;
    const float *places[NHWC_POINTS * NHWC_POINTS];
    for (intptr_t i = 0; i < points; i++)
      for (intptr_t j = 0; j < points; j++) {
        const bool inside = y + i >= 0 && y + i < convolution->height && x + j >= 0 && x + j < convolution->width;
        places[i * points + j] =
          inside ? image + (y + i) * convolution->row_stride + (x + j) * convolution->pixel_stride : winograd->zeros;
      }
    if (NHWC_HAS(LATHE_NHWC_WINOGRAD_2) && tile == 2)
      nhwc_winograd_input_tile(2, places, convolution->channels, planes, winograd->plane);
    if (NHWC_HAS(LATHE_NHWC_WINOGRAD_4) && tile == 4)
      nhwc_winograd_input_tile(4, places, convolution->channels, planes, winograd->plane);
  }
}

/// A^T m A for one panel of one tile; `out` has rows of pixels `line` floats apart.
LATHE_INLINE void nhwc_winograd_output_tile(const int tile, const float *products, intptr_t plane, float *out, intptr_t line,
                                            const int vectors) {
  const int points = tile + 2;
  NHWC_ROLLED for (int v = 0; v < vectors; v++, products += LATHE_VF, out += LATHE_VF) {
    lathe_vf down[4][NHWC_POINTS];
    NHWC_ROLLED for (int j = 0; j < points; j++) {
      lathe_vf m[NHWC_POINTS], t[4];
      NHWC_UNROLL
      for (int i = 0; i < points; i++) {
        m[i] = nhwc_load(products + (i * points + j) * plane);
        __builtin_prefetch(products + (i * points + j) * plane + NHWC_PANEL, 0, 3);  // the next tile's
      }
      nhwc_winograd_gather(tile, m, t);
      NHWC_UNROLL
      for (int i = 0; i < tile; i++) down[i][j] = t[i];
    }
    NHWC_ROLLED for (int i = 0; i < tile; i++) {
      lathe_vf t[4];
      nhwc_winograd_gather(tile, down[i], t);
      NHWC_UNROLL
      for (int j = 0; j < tile; j++) nhwc_store(out + i * line + j * NHWC_PANEL, t[j]);
    }
  }
}

/// The products of one panel, tiles first ..< end, become pixels.
static __attribute__((noinline)) void nhwc_winograd_finish(const nhwc_winograd *winograd, const float *products, intptr_t plane,
                                                           intptr_t first, intptr_t end, intptr_t column, intptr_t columns) {
  const lathe_nhwc_convolution *convolution = winograd->convolution;
  const lathe_epilogue *epilogue = winograd->epilogue;
  const intptr_t tile = winograd->tile, across = winograd->tiles_across, line = NHWC_ACROSS * tile * NHWC_PANEL;
  const int vectors = (int)((columns + LATHE_VF - 1) / LATHE_VF);
  _Alignas(64) float pixels[4 * NHWC_ACROSS * 4 * NHWC_PANEL];
  for (intptr_t t = first; t < end;) {
    const intptr_t place = t % across, some = nhwc_least(nhwc_least(across - place, NHWC_ACROSS), end - t);
    for (intptr_t i = 0; i < some; i++) {
      const float *from = products + (t - first + i) * NHWC_PANEL;
      float *to = pixels + i * tile * NHWC_PANEL;
      if (NHWC_HAS(LATHE_NHWC_WINOGRAD_2) && tile == 2) nhwc_winograd_output_tile(2, from, plane, to, line, vectors);
      if (NHWC_HAS(LATHE_NHWC_WINOGRAD_4) && tile == 4) nhwc_winograd_output_tile(4, from, plane, to, line, vectors);
    }
    const intptr_t image = t / across / winograd->tiles_down, y = t / across % winograd->tiles_down * tile, x = place * tile;
    const intptr_t lines = nhwc_least(tile, convolution->out_height - y), count = nhwc_least(some * tile, convolution->out_width - x);
    for (intptr_t r = 0; r < lines; r++)
      epilogue->run(epilogue->context, pixels + r * line, NHWC_PANEL,
                    (image * convolution->out_height + y + r) * convolution->out_width + x, column, count, columns);
    t += some;
  }
}

/// Floats between the planes of products: an odd number of cache lines.
LATHE_INLINE intptr_t nhwc_winograd_plane(intptr_t rows) { return (rows * NHWC_PANEL / 16 | 1) * 16; }

static intptr_t nhwc_winograd_work(int tile, intptr_t rows) {
  const intptr_t pointers = (rows + NHWC_ROWS) * (intptr_t)sizeof(float *) / (intptr_t)sizeof(float);
  return (tile + 2) * (tile + 2) * nhwc_winograd_plane(rows) + pointers;
}

NHWC_COMPACT static void nhwc_winograd_output(const nhwc_winograd *winograd, intptr_t first, intptr_t end, const float *planes,
                                              float *work, intptr_t panel, intptr_t end_panel) {
  const intptr_t rows = end - first, channels = winograd->convolution->channels, outputs = winograd->convolution->outputs;
  const intptr_t points = (winograd->tile + 2) * (winograd->tile + 2), plane = nhwc_winograd_plane(rows);
  const nhwc_strips strips = nhwc_cut(rows);
  float *products = work;
  const float **pointers = (const float **)(work + points * plane);
  for (intptr_t strip = 0; strip < strips.count; strip++)
    for (intptr_t i = 0; i < NHWC_ROWS; i++)
      pointers[strip * NHWC_ROWS + i] = planes + nhwc_least(nhwc_strip_top(&strips, strip) + i, rows - 1) * winograd->pitch;
  const float *weights = winograd->packed + panel * points * channels * NHWC_PANEL;
  for (intptr_t p = panel; p < end_panel; p++) {
    const intptr_t column = p * NHWC_PANEL, columns = nhwc_least(outputs - column, NHWC_PANEL);
    for (intptr_t point = 0; point < points; point++, weights += channels * NHWC_PANEL)
      for (intptr_t strip = 0; strip < strips.count; strip++) {
        const intptr_t top = nhwc_strip_top(&strips, strip), bottom = nhwc_strip_top(&strips, strip + 1);
        const intptr_t begin = point * winograd->plane;
        const nhwc_operand x = {pointers + strip * NHWC_ROWS, begin, begin + channels, channels};
        nhwc_prefetch(weights + channels * NHWC_PANEL, channels, strip, strips.count);
        nhwc_tiles[bottom - top - 1][columns > NHWC_PANEL / 2](&x, weights, products + point * plane + top * NHWC_PANEL, NHWC_PANEL,
                                                               bottom - top, true);
      }
    nhwc_winograd_finish(winograd, products, plane, first, end, column, columns);
  }
}
LATHE_LEVEL_END
