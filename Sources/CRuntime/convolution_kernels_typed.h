// Padding, packing of patches and direct depthwise convolution for accumulators of type T. Part of convolution_kernels.h.
enum { NAME(PATCH_PANEL) = 2 * WIDTH };  // the width of a panel of matrix products at this level

/// One padded row from `count` elements.
LATHE_INLINE void NAME(pad_row)(const padded_shape *shape, const char *source, T *row) {
  const intptr_t run = shape->padded[2], phases = shape->phases, before = shape->before[2], spread = shape->spread[2];
  const intptr_t stride = shape->source_strides[2], total = phases * run;
  intptr_t first = 0, last = shape->input[2];  // elements that lie inside the row
  if (before < 0) first = (-before + spread - 1) / spread;
  if (last > first && before + (last - 1) * spread >= total) last = (total - 1 - before) / spread + 1;
  const intptr_t count = last - first;
  if (phases == 1 && spread == 1 && stride == 1 && count > 0) {
    const intptr_t start = before + first;
    if (!shape->zeroed)
      for (intptr_t i = 0; i < start; i++) row[i] = 0;
#if T_IS_FLOAT
    if (shape->dtype == LATHE_BF16) load_run_f32(LATHE_BF16, source + first * 2, count, row + start);
    else if (shape->dtype == LATHE_F16) load_run_f32(LATHE_F16, source + first * 2, count, row + start);
    else
#endif
    for (intptr_t i = 0; i < count; i++) row[start + i] = ((const T *)source)[first + i];
    if (!shape->zeroed)
      for (intptr_t i = start + count; i < total; i++) row[i] = 0;
    return;
  }
  if (!shape->zeroed) memset(row, 0, (size_t)total * sizeof(T));
  if (count <= 0) return;
  if (phases == 2 && spread == 1 && stride == 1 && shape->dtype == (T_IS_FLOAT ? LATHE_F32 : LATHE_F64)) {
    const T *from = (const T *)source;
    for (int phase = 0; phase < 2; phase++) {
      const intptr_t start = first + ((before + first + phase) & 1);  // the first element in this run
      T *to = row + phase * run + (before + start) / 2;
      const intptr_t some = (last - start + 1) / 2;
      for (intptr_t i = 0; i < some; i++) to[i] = from[start + 2 * i];
    }
    return;
  }
  intptr_t position = before + first * spread;
  for (intptr_t i = first; i < last; i++, position += spread)
    row[position % phases * run + position / phases] = NAME(load_one)(shape->dtype, source, i * stride);
}

/// Channels that are contiguous, as in channels-last images: a few at a time, so that each line of memory is read once.
static void NAME(pad_interleaved_row)(const padded_shape *shape, const char *source, intptr_t channels, T *row, intptr_t channel) {
  const intptr_t run = shape->padded[2], phases = shape->phases, total = phases * run;
  for (intptr_t c = 0; c < channels; c++) memset(row + c * channel, 0, (size_t)total * sizeof(T));
  for (intptr_t i = 0; i < shape->input[2]; i++) {
    intptr_t position = shape->before[2] + i * shape->spread[2];
    if (position < 0 || position >= total) continue;
    T *to = row + position % phases * run + position / phases;
    for (intptr_t c = 0; c < channels; c++) to[c * channel] = NAME(load_one)(shape->dtype, source, i * shape->source_strides[2] + c);
  }
}

static void NAME(pad)(const padded_shape *shape, const char *source, intptr_t channel_stride, intptr_t count, void *padded) {
  const intptr_t row = padded_row(shape), channel = padded_channel(shape);
  const int bytes = lathe_dtype_size(shape->dtype);
  const intptr_t together = channel_stride == 1 && count > 1 ? 16 : 1;
  for (intptr_t c = 0; c < count; c += together) {
    const intptr_t some = count - c < together ? count - c : together;
    T *out = (T *)padded + c * channel;
    for (intptr_t z = 0; z < shape->padded[0]; z++)
      for (intptr_t y = 0; y < shape->padded[1]; y++, out += row) {
        const intptr_t dz = z - shape->before[0], dy = y - shape->before[1];
        const intptr_t iz = dz / shape->spread[0], iy = dy / shape->spread[1];
        if (dz < 0 || dy < 0 || dz % shape->spread[0] || dy % shape->spread[1] || iz >= shape->input[0] || iy >= shape->input[1]) {
          for (intptr_t q = 0; q < some && !shape->zeroed; q++) memset(out + q * channel, 0, (size_t)row * sizeof(T));
          continue;
        }
        const char *from = source + (c * channel_stride + iz * shape->source_strides[0] + iy * shape->source_strides[1]) * bytes;
        if (together > 1) NAME(pad_interleaved_row)(shape, from, some, out, channel);
        else NAME(pad_row)(shape, from, out);
      }
  }
}

static void NAME(pack_patches)(const void *context, intptr_t k, intptr_t depth, intptr_t column, intptr_t count, void *panel) {
  enum { PANEL = NAME(PATCH_PANEL) };
  const patches *source = context;
  const int32_t *offsets = source->offsets + k;
  T *out = panel;
  // Runs of pixels in one row of the output: where each starts in the image, and its place in the panel.
  const T *starts[PANEL];
  intptr_t places[PANEL + 1];
  int runs = 0;
  intptr_t longest = 0;
  for (intptr_t done = 0; done < count;) {
    const intptr_t pixel = column + done, x = pixel % source->output[2], rest = pixel / source->output[2];
    const intptr_t y = rest % source->output[1], z = rest / source->output[1];
    intptr_t length = source->output[2] - x < count - done ? source->output[2] - x : count - done;
    starts[runs] = (const T *)source->image + z * source->step[0] + y * source->step[1] + x * source->step[2];
    places[runs++] = done;
    if (length > longest) longest = length;
    done += length;
  }
  places[runs] = count;
  // Whole vectors are copied past a run's end; the next run, or the next depth, writes over the excess.
  intptr_t loose = count == PANEL ? depth - 1 : 0;
  if (runs == 1 && count == PANEL) {
    for (intptr_t i = 0; i < depth; i++, out += PANEL) {
      const T *from = starts[0] + offsets[i];
      V a = *(const VU *)from, b = *(const VU *)(from + WIDTH);
      *(V *)out = a;
      *(V *)(out + WIDTH) = b;
    }
    return;
  }
  if (longest <= WIDTH)
    for (intptr_t i = 0; i < loose; i++, out += PANEL)
      for (int r = 0; r < runs; r++) *(VU *)(out + places[r]) = *(const VU *)(starts[r] + offsets[i]);
  else
    for (intptr_t i = 0; i < loose; i++, out += PANEL)
      for (int r = 0; r < runs; r++) {
        const T *from = starts[r] + offsets[i];
        V a = *(const VU *)from, b = *(const VU *)(from + WIDTH);
        *(VU *)(out + places[r]) = a;
        *(VU *)(out + places[r] + WIDTH) = b;
      }
  for (intptr_t i = loose; i < depth; i++, out += PANEL) {
    for (int r = 0; r < runs; r++)
      for (intptr_t j = places[r]; j < places[r + 1]; j++) out[j] = starts[r][offsets[i] + j - places[r]];
    for (intptr_t j = count; j < PANEL; j++) out[j] = 0;
  }
}

/// `rows` rows, `vectors` vectors each, of the output; `out` has its rows `out_row` apart.
LATHE_INLINE void NAME(depthwise_rows)(const T *image, intptr_t image_row, const int32_t *offsets, const T *weights, intptr_t count,
                                       T *out, intptr_t out_row, const int rows, const int vectors) {
  V sum[4][4];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sum[r][v] = (V){0};
  for (intptr_t k = 0; k < count; k++) {
    const T *from = image + offsets[k];
    V w = weights[k] - (V){0};
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) sum[r][v] = LATHE_FMA(w, *(const VU *)(from + r * image_row + v * WIDTH), sum[r][v]);
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) *(V *)(out + r * out_row + v * WIDTH) = sum[r][v];
}

/// `padded` outputs (whole vectors) of `rows` rows, at most 4: narrow images go several rows at once, to keep sums independent.
static void NAME(depthwise_sums)(const depthwise_channel *channel, const T *image, intptr_t rows, intptr_t padded, T *out,
                                 intptr_t out_row) {
  const intptr_t image_row = channel->source->step[1], count = channel->weight_count;
  const int32_t *offsets = channel->source->offsets;
  const T *weights = channel->weights;
  for (intptr_t j = 0; j < padded;) {
    intptr_t r = 0;
    if (padded - j >= 4 * WIDTH) {
      for (; r < rows; r++)
        NAME(depthwise_rows)(image + r * image_row + j, image_row, offsets, weights, count, out + r * out_row + j, out_row, 1, 4);
      j += 4 * WIDTH;
    } else if (padded - j >= 2 * WIDTH) {
      for (; r + 2 <= rows; r += 2)
        NAME(depthwise_rows)(image + r * image_row + j, image_row, offsets, weights, count, out + r * out_row + j, out_row, 2, 2);
      for (; r < rows; r++)
        NAME(depthwise_rows)(image + r * image_row + j, image_row, offsets, weights, count, out + r * out_row + j, out_row, 1, 2);
      j += 2 * WIDTH;
    } else {
      for (; r + 4 <= rows; r += 4)
        NAME(depthwise_rows)(image + r * image_row + j, image_row, offsets, weights, count, out + r * out_row + j, out_row, 4, 1);
      for (; r < rows; r++)
        NAME(depthwise_rows)(image + r * image_row + j, image_row, offsets, weights, count, out + r * out_row + j, out_row, 1, 1);
      j += WIDTH;
    }
  }
}

/// One finished row of `columns` sums, at output pixel `pixel`.
static void NAME(depthwise_finish)(const depthwise_channel *channel, T *row, intptr_t columns, intptr_t pixel) {
  const T scale = (T)channel->scale, shift = (T)channel->shift;
  const intptr_t place = pixel * channel->output_pixel, padded = (columns + WIDTH - 1) / WIDTH * WIDTH;
  const int bytes = lathe_dtype_size(channel->dtype);
  for (intptr_t i = 0; i < padded; i += WIDTH) *(V *)(row + i) = LATHE_FMA(*(V *)(row + i), scale - (V){0}, shift - (V){0});
  if (channel->addend)
    for (intptr_t i = 0; i < columns; i++)
      row[i] += NAME(load_one)(channel->dtype, channel->addend, place + i * channel->output_pixel);
  if (channel->activation) NAME(activate)(channel->activation, channel->low, channel->high, (V *)row, padded / WIDTH);
  if (channel->output_pixel == 1) NAME(store_run)(channel->dtype, row, columns, channel->output + place * bytes);
  else
    for (intptr_t i = 0; i < columns; i++)
      NAME(store_run)(channel->dtype, row + i, 1, channel->output + (place + i * channel->output_pixel) * bytes);
}

static void NAME(depthwise)(const depthwise_channel *channel) {
  enum { COLUMNS = 16 * WIDTH, ROWS = 4 };
  const patches *source = channel->source;
  _Alignas(64) T sums[ROWS * COLUMNS];
  for (intptr_t z = 0; z < source->output[0]; z++)
    for (intptr_t y = 0; y < source->output[1]; y += ROWS)
      for (intptr_t x = 0; x < source->output[2]; x += COLUMNS) {
        const intptr_t left = source->output[2] - x, columns = left < COLUMNS ? left : COLUMNS;
        const intptr_t rows = source->output[1] - y < ROWS ? source->output[1] - y : ROWS;
        NAME(depthwise_sums)(channel, (const T *)channel->image + z * source->step[0] + y * source->step[1] + x, rows,
                             (columns + WIDTH - 1) / WIDTH * WIDTH, sums, COLUMNS);
        for (intptr_t r = 0; r < rows; r++)
          NAME(depthwise_finish)(channel, sums + r * COLUMNS, columns, (z * source->output[1] + y + r) * source->output[2] + x);
      }
}
