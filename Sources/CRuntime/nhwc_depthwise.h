// Depthwise convolutions of channels-last images. Part of nhwc_kernels.h.
LATHE_LEVEL_BEGIN
enum { NHWC_TOGETHER = 4, NHWC_CHANNELS = 256 };  // neighbouring sums, which share what they read; channels of one piece

/// NHWC_TOGETHER neighbouring windows. `places` points to the columns of the image that they span, row by row of the kernel; the
/// padding's are zeros. Floats between taps of the weights are `pitch`.
typedef struct {
  const float *const *places;
  intptr_t columns, down, across, dilation, stride;
  const float *weights;
  intptr_t pitch, count;
  float *out;
  intptr_t out_stride;
} nhwc_windows;

LATHE_INLINE void nhwc_sum_windows(const nhwc_windows *windows, const int size, const int stride) {
  const intptr_t pitch = windows->pitch, whole = windows->count - windows->count % LATHE_VF;
  NHWC_ROLLED for (intptr_t c = 0; c < whole; c += LATHE_VF) {
    lathe_vf sum[NHWC_TOGETHER];
    NHWC_UNROLL
    for (int i = 0; i < NHWC_TOGETHER; i++) sum[i] = (lathe_vf){0};
    const float *w = windows->weights + c;
    const float *const *row = windows->places;
    if (size) {
      const int columns = (NHWC_TOGETHER - 1) * stride + size;
      NHWC_UNROLL
      for (int ky = 0; ky < size; ky++)
        NHWC_UNROLL
        for (int x = 0; x < columns; x++) {
          const lathe_vf value = nhwc_load(row[ky * columns + x] + c);
          NHWC_UNROLL
          for (int i = 0; i < NHWC_TOGETHER; i++)
            if (x - i * stride >= 0 && x - i * stride < size)
              sum[i] = NHWC_FMA(nhwc_load(w + (ky * size + x - i * stride) * pitch), value, sum[i]);
        }
    } else
      NHWC_ROLLED for (intptr_t ky = 0; ky < windows->down; ky++, row += windows->columns)
        NHWC_ROLLED for (intptr_t kx = 0; kx < windows->across; kx++, w += pitch) {
          const lathe_vf factor = nhwc_load(w);
          NHWC_UNROLL
          for (int i = 0; i < NHWC_TOGETHER; i++)
            sum[i] = NHWC_FMA(factor, nhwc_load(row[kx * windows->dilation + i * windows->stride] + c), sum[i]);
        }
    NHWC_UNROLL
    for (int i = 0; i < NHWC_TOGETHER; i++) *(lathe_vf *)(windows->out + i * windows->out_stride + c) = sum[i];
  }
}

typedef void (*nhwc_windows_function)(const nhwc_windows *);
NHWC_COMPACT static void nhwc_windows_any(const nhwc_windows *windows) { nhwc_sum_windows(windows, 0, 0); }
static void nhwc_windows_three_1(const nhwc_windows *windows) { nhwc_sum_windows(windows, 3, 1); }
static void nhwc_windows_three_2(const nhwc_windows *windows) { nhwc_sum_windows(windows, 3, 2); }

/// The channels that do not fill a vector.
NHWC_COMPACT static void nhwc_windows_rest(const nhwc_windows *windows) {
  for (intptr_t c = windows->count - windows->count % LATHE_VF; c < windows->count; c++)
    for (intptr_t i = 0; i < NHWC_TOGETHER; i++) {
      float sum = 0;
      for (intptr_t ky = 0; ky < windows->down; ky++)
        for (intptr_t kx = 0; kx < windows->across; kx++)
          sum += windows->weights[(ky * windows->across + kx) * windows->pitch + c] *
                 windows->places[ky * windows->columns + kx * windows->dilation + i * windows->stride][c];
      windows->out[i * windows->out_stride + c] = sum;
    }
}

NHWC_COMPACT static void nhwc_depthwise(const lathe_nhwc_convolution *convolution, const float *input, const float *packed,
                                        const lathe_epilogue *epilogue, intptr_t row, intptr_t end_row) {
  const intptr_t channels = convolution->channels, width = convolution->out_width, pixel = convolution->pixel_stride;
  const intptr_t down = convolution->kernel[0], across = convolution->kernel[1], stride = convolution->stride[1];
  const intptr_t dilation = convolution->dilation[1], columns = (NHWC_TOGETHER - 1) * stride + (across - 1) * dilation + 1;
  const intptr_t parts = (channels + NHWC_CHANNELS - 1) / NHWC_CHANNELS, part = ((channels + parts - 1) / parts + 15) / 16 * 16;
  const intptr_t piece = NHWC_PIECE / part / NHWC_TOGETHER * NHWC_TOGETHER;
  const bool three = down == 3 && across == 3 && dilation == 1;
  const nhwc_windows_function sum = three && stride == 1   ? nhwc_windows_three_1
                                    : three && stride == 2 ? nhwc_windows_three_2
                                                           : nhwc_windows_any;
  _Alignas(64) float sums[NHWC_PIECE], zeros[NHWC_CHANNELS];
  memset(zeros, 0, sizeof zeros);
  const float **places = lathe_scratch(3, (size_t)(down * columns) * sizeof(float *));
  for (; row < end_row; row++) {
    const intptr_t y = row % convolution->out_height * convolution->stride[0] - convolution->padding[0];
    const float *image = input + row / convolution->out_height * convolution->image_stride;
    for (intptr_t c = 0; c < channels; c += part) {
      nhwc_windows windows = {places, columns, down, across, dilation, stride, packed + c, (channels + 15) / 16 * 16,
                              nhwc_least(part, channels - c), sums, part};
      intptr_t first = 0;
      for (intptr_t x = 0; x < width; x += NHWC_TOGETHER) {
        windows.out = sums + (x - first) * part;
        const intptr_t in_x = x * stride - convolution->padding[1];
        const bool inner = in_x >= 0 && in_x + columns <= convolution->width;
        const float **place = places;
        for (intptr_t ky = 0; ky < down; ky++, place += columns) {
          const intptr_t in_y = y + ky * convolution->dilation[0];
          const float *from = image + in_y * convolution->row_stride + in_x * pixel + c;
          const bool inside = in_y >= 0 && in_y < convolution->height;
          if (inside && inner)
            for (intptr_t i = 0; i < columns; i++, from += pixel) place[i] = from;
          else
            for (intptr_t i = 0; i < columns; i++)
              place[i] = inside && in_x + i >= 0 && in_x + i < convolution->width ? from + i * pixel : zeros;
        }
        sum(&windows);
        if (windows.count % LATHE_VF) nhwc_windows_rest(&windows);
        const intptr_t end = nhwc_least(x + NHWC_TOGETHER, width);
        if (end == width || end - first == piece) {
          epilogue->run(epilogue->context, sums, part, row * width + first, c, end - first, windows.count);
          first = end;
        }
      }
    }
  }
}
LATHE_LEVEL_END
