// Pooling of channels-last images. Part of nhwc_kernels.h.
LATHE_LEVEL_BEGIN
/// Taps that all exist: `down` rows of `across`, `line` and `tap` floats apart.
typedef struct {
  const float *input;
  intptr_t down, across, line, tap;
} nhwc_window;

/// The taps of a window at `place` that meet an axis of `size`: from `begin` to `end`.
LATHE_INLINE void nhwc_meet(intptr_t place, intptr_t size, intptr_t kernel, intptr_t dilation, intptr_t *begin, intptr_t *end) {
  intptr_t first = 0, last = kernel;
  while (first < last && place + first * dilation < 0) first++;
  while (last > first && place + (last - 1) * dilation >= size) last--;
  *begin = first, *end = last;
}

/// One window for all channels: the largest element (`average` false) or the sum times `factor`.
LATHE_INLINE void nhwc_pool_window(const nhwc_window *window, intptr_t channels, float *out, const bool average, float factor) {
  NHWC_ROLLED for (intptr_t c = 0; c < channels; c += LATHE_VF) {
    const intptr_t count = channels - c;
    lathe_vf best = nhwc_all(average ? 0 : -INFINITY);
    const float *row = window->input + c;
    NHWC_ROLLED for (intptr_t ky = 0; ky < window->down; ky++, row += window->line)
      NHWC_ROLLED for (intptr_t kx = 0; kx < window->across; kx++) {
        const lathe_vf x = nhwc_load_some(row + kx * window->tap, count);
        if (average) best += x;
        else {
          const lathe_vi32 keep = (lathe_vi32)(best >= x) | (lathe_vi32)(best != best);
          best = (lathe_vf)((keep & (lathe_vi32)best) | (~keep & (lathe_vi32)x));
        }
      }
    nhwc_store_some(out + c, average ? best * factor : best, count);
  }
}

LATHE_INLINE void nhwc_pool_rows(const lathe_nhwc_pool *pool, const float *input, float *output, intptr_t row, intptr_t end_row,
                                 const bool average, bool count_padding, intptr_t divisor) {
  for (; row < end_row; row++) {
    const intptr_t image = row / pool->out_height, out_y = row % pool->out_height;
    const intptr_t y = out_y * pool->stride[0] - pool->padding[0];
    float *out = output + image * pool->out_image_stride + out_y * pool->out_row_stride;
    intptr_t ky, end_ky, kx, end_kx;
    nhwc_meet(y, pool->height, pool->kernel[0], pool->dilation[0], &ky, &end_ky);
    for (intptr_t out_x = 0; out_x < pool->out_width; out_x++, out += pool->out_pixel_stride) {
      const intptr_t x = out_x * pool->stride[1] - pool->padding[1];
      nhwc_meet(x, pool->width, pool->kernel[1], pool->dilation[1], &kx, &end_kx);
      const nhwc_window window = {
        .input = input + image * pool->image_stride + (y + ky * pool->dilation[0]) * pool->row_stride +
                 (x + kx * pool->dilation[1]) * pool->pixel_stride,
        .down = end_ky - ky, .across = end_kx - kx, .line = pool->dilation[0] * pool->row_stride,
        .tap = pool->dilation[1] * pool->pixel_stride};
      // Padding counts as far as it was declared; what ceil mode adds beyond it does not.
      intptr_t elements = divisor;
      if (divisor == 0 && !count_padding) elements = window.down * window.across;
      else if (divisor == 0)
        elements = (nhwc_least(y + pool->kernel[0], pool->height + pool->padding[0]) - y) *
                   (nhwc_least(x + pool->kernel[1], pool->width + pool->padding[1]) - x);
      nhwc_pool_window(&window, pool->channels, out, average, average ? 1 / (float)elements : 0);
    }
  }
}
NHWC_COMPACT static void nhwc_max_pool_rows(const lathe_nhwc_pool *pool, const float *input, float *output, intptr_t row,
                                            intptr_t end_row) {
  nhwc_pool_rows(pool, input, output, row, end_row, false, false, 0);
}
NHWC_COMPACT static void nhwc_average_pool_rows(const lathe_nhwc_pool *pool, bool count_padding, intptr_t divisor, const float *input,
                                                float *output, intptr_t row, intptr_t end_row) {
  nhwc_pool_rows(pool, input, output, row, end_row, true, count_padding, divisor);
}
LATHE_LEVEL_END
