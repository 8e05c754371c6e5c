// A block of an implicit matrix product. Part of nhwc_kernels.h.
LATHE_LEVEL_BEGIN
enum {
  NHWC_DEPTH = 384,         // depths of a panel that stay in the first-level cache
  NHWC_SHALLOW = 16 << 10,  // floats of weights that stream from the second-level cache for every strip
};

/// Where the rows of X lie: for each strip and each tap, NHWC_ROWS pointers.
NHWC_COMPACT static void nhwc_point(const nhwc_product *product, intptr_t group, intptr_t first, const nhwc_strips *strips,
                                    const float **pointers) {
  const lathe_nhwc_convolution *image = &product->image;
  intptr_t x = first % image->out_width, rows = first / image->out_width;
  intptr_t y = rows % image->out_height, n = rows / image->out_height;
  const intptr_t taps = image->kernel[0] * image->kernel[1];
  const intptr_t step = image->dilation[1] * image->pixel_stride, line = image->dilation[0] * image->row_stride;
  const intptr_t reach = (image->kernel[1] - 1) * image->dilation[1];
  const float *input = product->input + group * product->group_channels;
  for (intptr_t strip = 0; strip < strips->count; strip++) {
    const intptr_t height = strips->height + (strip < strips->taller);
    const float **to = pointers + strip * taps * NHWC_ROWS;
    for (intptr_t i = 0; i < height; i++) {
      const float **place = to + i;
      const intptr_t in_x = x * image->stride[1] - image->padding[1], in_y = y * image->stride[0] - image->padding[0];
      const float *from = input + n * image->image_stride + in_y * image->row_stride + in_x * image->pixel_stride;
      if (taps == 1 && !product->zeros) *place = from;
      else {
        const bool inner = in_x >= 0 && in_x + reach < image->width;
        for (intptr_t ky = 0; ky < image->kernel[0]; ky++, from += line) {
          const intptr_t tap_y = in_y + ky * image->dilation[0];
          const bool inside = tap_y >= 0 && tap_y < image->height;
          const float *tap = from;
          for (intptr_t kx = 0; kx < image->kernel[1]; kx++, tap += step, place += NHWC_ROWS) {
            const intptr_t tap_x = in_x + kx * image->dilation[1];
            *place = inside && (inner || (tap_x >= 0 && tap_x < image->width)) ? tap : product->zeros;
          }
        }
      }
      if (++x == image->out_width) {
        x = 0;
        if (++y == image->out_height) y = 0, n++;
      }
    }
    for (intptr_t i = height; i < NHWC_ROWS; i++)
      for (intptr_t tap = 0; tap < taps; tap++) to[tap * NHWC_ROWS + i] = to[tap * NHWC_ROWS];
  }
}

NHWC_COMPACT static void nhwc_product_block(const nhwc_product *product, intptr_t group, intptr_t row, intptr_t end_row,
                                            intptr_t panel, intptr_t end_panel) {
  const intptr_t rows = end_row - row, depth = product->depth, taps = product->image.kernel[0] * product->image.kernel[1];
  const intptr_t channels = product->image.channels, panels = end_panel - panel, outputs = product->group_outputs;
  const intptr_t columns = nhwc_least(outputs, end_panel * NHWC_PANEL) - panel * NHWC_PANEL;
  const nhwc_strips strips = nhwc_cut(rows);
  const bool shallow = panels * NHWC_PANEL * depth <= NHWC_SHALLOW;
  const intptr_t width = shallow ? panels * NHWC_PANEL : NHWC_PANEL;
  const intptr_t kept = shallow ? nhwc_least(rows, NHWC_PIECE / width + NHWC_ROWS) : rows;
  float *sums = lathe_scratch(3, (size_t)(kept * width) * sizeof(float) + (size_t)(strips.count * taps * NHWC_ROWS) * sizeof(float *));
  const float **pointers = (const float **)(sums + kept * width);
  nhwc_point(product, group, row, &strips, pointers);
  const float *weights = product->packed + (group * ((outputs + NHWC_PANEL - 1) / NHWC_PANEL) + panel) * NHWC_PANEL * depth;
  const lathe_epilogue *epilogue = product->epilogue;
  const intptr_t column = group * outputs + panel * NHWC_PANEL;

  if (shallow) {
    intptr_t done = 0;
    for (intptr_t strip = 0; strip < strips.count; strip++) {
      const intptr_t top = nhwc_strip_top(&strips, strip), bottom = nhwc_strip_top(&strips, strip + 1);
      const nhwc_operand x = {pointers + strip * taps * NHWC_ROWS, 0, channels, depth};
      for (intptr_t p = 0; p < panels; p++)
        nhwc_tiles[bottom - top - 1][columns - p * NHWC_PANEL > NHWC_PANEL / 2](
          &x, weights + p * NHWC_PANEL * depth, sums + (top - done) * width + p * NHWC_PANEL, width, bottom - top, true);
      if (bottom - done + NHWC_ROWS > kept || bottom == rows) {
        epilogue->run(epilogue->context, sums, width, row + done, column, bottom - done, columns);
        done = bottom;
      }
    }
    return;
  }

  const intptr_t blocks = (depth + NHWC_DEPTH - 1) / NHWC_DEPTH, most = ((depth + blocks - 1) / blocks + 7) & ~(intptr_t)7;
  const intptr_t last = (depth - 1) / most * most;
  for (intptr_t p = 0; p < panels; p++)
    for (intptr_t k = 0; k < depth; k += most, weights += most * NHWC_PANEL) {
      const intptr_t some = nhwc_least(depth - k, most), left = columns - p * NHWC_PANEL;
      intptr_t done = 0;
      for (intptr_t strip = 0; strip < strips.count; strip++) {
        const intptr_t top = nhwc_strip_top(&strips, strip), bottom = nhwc_strip_top(&strips, strip + 1);
        const nhwc_operand x = {pointers + (strip * taps + k / channels) * NHWC_ROWS, k % channels, channels, some};
        nhwc_prefetch(weights + some * NHWC_PANEL, some, strip, strips.count);
        nhwc_tiles[bottom - top - 1][left > NHWC_PANEL / 2](&x, weights, sums + top * NHWC_PANEL, NHWC_PANEL, bottom - top, k == 0);
        if (k == last && ((bottom - done) * NHWC_PANEL >= NHWC_PIECE || bottom == rows)) {
          epilogue->run(epilogue->context, sums + done * NHWC_PANEL, NHWC_PANEL, row + done, column + p * NHWC_PANEL, bottom - done,
                        nhwc_least(left, NHWC_PANEL));
          done = bottom;
        }
      }
      if (k == last) weights -= (most - some) * NHWC_PANEL;
    }
}
LATHE_LEVEL_END
