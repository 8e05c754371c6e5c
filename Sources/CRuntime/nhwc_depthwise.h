// Depthwise convolutions of channels-last images. Part of nhwc_kernels.h.
LATHE_LEVEL_BEGIN
enum { NHWC_TOGETHER = 4, NHWC_CHANNELS = 256 };  // pixels that share loads of weights; channels handed to the epilogue at once

/// Taps of a window that all exist: `down` rows of `across`, in floats `line` and `tap` apart, weights `weight_line` and `pitch`.
typedef struct {
  const float *input, *weights;
  intptr_t down, across, line, tap, weight_line, pitch;
} nhwc_window;

/// Sums of `pixels` windows, `step` floats apart, for `count` channels. With `taps` given, windows are so many pixels wide and
/// `stride` pixels apart, and a pixel in several of them is read once.
LATHE_INLINE void nhwc_windows(const nhwc_window *window, intptr_t step, intptr_t count, float *out, intptr_t out_stride,
                               const int pixels, const int taps, const int stride) {
  const intptr_t tap = window->tap, whole = count - count % LATHE_VF;
  NHWC_ROLLED for (intptr_t c = 0; c < whole; c += LATHE_VF) {
    lathe_vf sum[NHWC_TOGETHER];
    NHWC_UNROLL
    for (int i = 0; i < pixels; i++) sum[i] = (lathe_vf){0};
    const float *row = window->input + c, *w = window->weights + c;
    NHWC_ROLLED for (intptr_t ky = 0; ky < window->down; ky++, row += window->line, w += window->weight_line) {
      if (taps)
        NHWC_UNROLL
        for (int kx = 0; kx < taps; kx++) {
          const lathe_vf factor = nhwc_load(w + kx * window->pitch);
          NHWC_UNROLL
          for (int i = 0; i < pixels; i++) sum[i] = NHWC_FMA(factor, nhwc_load(row + (kx + i * stride) * tap), sum[i]);
        }
      else
        NHWC_ROLLED for (intptr_t kx = 0; kx < window->across; kx++) {
          const lathe_vf factor = nhwc_load(w + kx * window->pitch);
          NHWC_UNROLL
          for (int i = 0; i < pixels; i++) sum[i] = NHWC_FMA(factor, nhwc_load(row + kx * tap + i * step), sum[i]);
        }
    }
    NHWC_UNROLL
    for (int i = 0; i < pixels; i++) *(lathe_vf *)(out + i * out_stride + c) = sum[i];
  }
  NHWC_ROLLED for (intptr_t c = whole; c < count; c++)
    NHWC_ROLLED for (int i = 0; i < pixels; i++) {
      float sum = 0;
      for (intptr_t ky = 0; ky < window->down; ky++)
        NHWC_ROLLED for (intptr_t kx = 0; kx < window->across; kx++)
          sum += window->weights[c + ky * window->weight_line + kx * window->pitch] *
                 window->input[c + ky * window->line + kx * tap + i * step];
      out[i * out_stride + c] = sum;
    }
}

typedef void (*nhwc_windows_function)(const nhwc_window *, intptr_t, intptr_t, float *, intptr_t);
#define NHWC_WINDOWS(name, pixels, taps, stride)                                                                             \
  static void nhwc_windows_##name(const nhwc_window *window, intptr_t step, intptr_t count, float *out, intptr_t out_stride) { \
    nhwc_windows(window, step, count, out, out_stride, pixels, taps, stride);                                                \
  }
NHWC_WINDOWS(one, 1, 0, 0)
NHWC_WINDOWS(any, NHWC_TOGETHER, 0, 0)
NHWC_WINDOWS(three_1, NHWC_TOGETHER, 3, 1)
NHWC_WINDOWS(three_2, NHWC_TOGETHER, 3, 2)

/// The taps of a window at `place` that meet an axis of `size`: from `begin` to `end`.
LATHE_INLINE void nhwc_meet(intptr_t place, intptr_t size, intptr_t kernel, intptr_t dilation, intptr_t *begin, intptr_t *end) {
  intptr_t first = 0, last = kernel;
  while (first < last && place + first * dilation < 0) first++;
  while (last > first && place + (last - 1) * dilation >= size) last--;
  *begin = first, *end = last;
}

static void nhwc_depthwise(const lathe_nhwc_convolution *convolution, const float *input, const float *packed,
                           const lathe_epilogue *epilogue, intptr_t row, intptr_t end_row) {
  const intptr_t channels = convolution->channels, width = convolution->out_width, pixel = convolution->pixel_stride;
  const intptr_t pitch = (channels + 15) / 16 * 16, weight_line = convolution->kernel[1] * pitch;
  const intptr_t step = convolution->stride[1] * pixel, parts = (channels + NHWC_CHANNELS - 1) / NHWC_CHANNELS;
  const intptr_t part = ((channels + parts - 1) / parts + 15) / 16 * 16, piece = NHWC_PIECE / part > 4 ? NHWC_PIECE / part / 4 * 4 : 4;
  const bool neighbours = convolution->kernel[1] == 3 && convolution->dilation[1] == 1;
  const nhwc_windows_function four = neighbours && convolution->stride[1] == 1   ? nhwc_windows_three_1
                                     : neighbours && convolution->stride[1] == 2 ? nhwc_windows_three_2
                                                                                 : nhwc_windows_any;
  // Sums whose windows lie within the image's width.
  const intptr_t reach = (convolution->kernel[1] - 1) * convolution->dilation[1] - convolution->padding[1];
  const intptr_t inner = (convolution->padding[1] + convolution->stride[1] - 1) / convolution->stride[1];
  const intptr_t inner_end = convolution->width > reach ? (convolution->width - 1 - reach) / convolution->stride[1] + 1 : 0;
  _Alignas(64) float sums[NHWC_PIECE + NHWC_TOGETHER * NHWC_CHANNELS];
  for (; row < end_row; row++) {
    const intptr_t y = row % convolution->out_height * convolution->stride[0] - convolution->padding[0];
    intptr_t ky, end_ky;
    nhwc_meet(y, convolution->height, convolution->kernel[0], convolution->dilation[0], &ky, &end_ky);
    const float *line = input + row / convolution->out_height * convolution->image_stride +
                        (y + ky * convolution->dilation[0]) * convolution->row_stride;
    for (intptr_t c = 0; c < channels; c += part) {
      const intptr_t count = nhwc_least(part, channels - c);
      for (intptr_t first = 0; first < width; first += piece) {
        const intptr_t end = nhwc_least(first + piece, width);
        for (intptr_t x = first; x < end;) {
          const intptr_t in_x = x * convolution->stride[1] - convolution->padding[1];
          float *out = sums + (x - first) * part;
          intptr_t kx = 0, end_kx = convolution->kernel[1];
          const bool together = x >= inner && x + NHWC_TOGETHER <= nhwc_least(inner_end, end);
          if (!together) nhwc_meet(in_x, convolution->width, convolution->kernel[1], convolution->dilation[1], &kx, &end_kx);
          const nhwc_window window = {
            line + (in_x + kx * convolution->dilation[1]) * pixel + c, packed + ky * weight_line + kx * pitch + c, end_ky - ky,
            end_kx - kx, convolution->dilation[0] * convolution->row_stride, convolution->dilation[1] * pixel, weight_line, pitch};
          (together ? four : nhwc_windows_one)(&window, step, count, out, part);
          x += together ? NHWC_TOGETHER : 1;
        }
        epilogue->run(epilogue->context, sums, part, row * width + first, c, end - first, count);
      }
    }
  }
}
LATHE_LEVEL_END
