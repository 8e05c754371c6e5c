#include "lathe_pool.h"
#include <math.h>
#include <stdlib.h>
#include "convert_table.h"
#include "lathe_image.h"
#include "lathe_reduce.h"
#include "lathe_scratch.h"
#include "lathe_threads.h"

enum { SLOT = 6, GRAIN = 1 << 14 };

intptr_t lathe_pool_output_size(intptr_t input, intptr_t kernel, intptr_t padding, intptr_t stride, intptr_t dilation, bool ceil_mode) {
  intptr_t span = input + 2 * padding - dilation * (kernel - 1) - 1 + (ceil_mode ? stride - 1 : 0);
  intptr_t quotient = span / stride;
  if (span % stride != 0 && span < 0) quotient--;
  intptr_t output = quotient + 1;
  if (ceil_mode && (output - 1) * stride >= input + padding) output--;
  return output;
}

/// One output position's window along one dimension: taps first, first + step, ..., `count` of them, all inside the input; `extent` is the
/// window's length with padding, for the average's divisor.
typedef struct taps { intptr_t first, count, extent; } taps;

typedef struct pool {
  lathe_image input, output;
  char *indices;
  intptr_t index_strides[5];
  taps *axis[3];            // D, H, W
  intptr_t step[3];
  bool average, include_pad, uniform;
  int64_t divisor;
  intptr_t stride, padding, kernel;  // along W, of uniform windows
  bool by_channel;          // rows of work run over channels, which are neighbours in memory
  const pool_kernels *kernels;
  const convert_kernels *convert;
} pool;

static void clear(const pool *p, void *row, int64_t *where, intptr_t n) {
  double low = p->average ? 0 : -INFINITY;
  for (intptr_t i = 0; i < n; i++) {
    if (p->input.type == IMAGE_F32) ((float *)row)[i] = (float)low;
    else if (p->input.type == IMAGE_F64) ((double *)row)[i] = low;
    else ((int64_t *)row)[i] = p->average ? 0 : INT64_MIN;
    where[i] = -1;
  }
}

static void take(const pool *p, char *row, int64_t *where, const char *x, intptr_t stride, intptr_t n, int64_t place, int64_t step) {
  int type = p->input.type;
  if (p->average) p->kernels->add[type](row, x, stride, n);
  else if (p->indices) p->kernels->maximum_and_place[type](row, where, x, stride, n, place, step);
  else p->kernels->maximum[type](row, x, stride, n);
}

static void divide(const pool *p, void *row, intptr_t i, int64_t divisor) {
  if (divisor == 0) return;
  if (p->input.type == IMAGE_F32) ((float *)row)[i] /= (float)divisor;
  else if (p->input.type == IMAGE_F64) ((double *)row)[i] /= (double)divisor;
  else ((int64_t *)row)[i] /= divisor;
}

static int64_t divisor_at(const pool *p, const taps *d, const taps *h, const taps *w) {
  if (p->divisor) return p->divisor;
  return p->include_pad ? d->extent * h->extent * w->extent : d->count * h->count * w->count;
}

static void put(const pool *p, const char *row, const int64_t *where, intptr_t n, intptr_t c, intptr_t s, const intptr_t *at, intptr_t w, int dim) {
  const lathe_image *out = &p->output;
  int log2_bytes = out->bytes == 4 ? 2 : 3;
  p->convert->move[log2_bytes](lathe_image_at(out, s, c, at[0], at[1], w), out->strides[dim], row, 1, n);
  if (!p->indices) return;
  const intptr_t *is = p->index_strides;
  int64_t *to = (int64_t *)p->indices + s * is[0] + c * is[1] + at[0] * is[2] + at[1] * is[3] + w * is[4];
  for (intptr_t i = 0; i < n; i++) to[i * is[dim]] = where[i];
}

/// Rows over channels: one output pixel at a time.
static void channel_rows(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const pool *p = context;
  const lathe_image *in = &p->input, *out = &p->output;
  intptr_t channels = in->sizes[1];
  char *row = lathe_scratch(SLOT, (size_t)channels * 16);
  int64_t *where = (int64_t *)(row + channels * 8);
  for (intptr_t unit = begin; unit < end; unit++) {
    intptr_t at[2] = {unit / out->sizes[3] % out->sizes[2], unit % out->sizes[3]}, s = unit / out->sizes[3] / out->sizes[2];
    const taps *td = &p->axis[0][at[0]], *th = &p->axis[1][at[1]];
    for (intptr_t w = 0; w < out->sizes[4]; w++) {
      const taps *tw = &p->axis[2][w];
      clear(p, row, where, channels);
      for (intptr_t i = 0; i < td->count; i++)
        for (intptr_t j = 0; j < th->count; j++)
          for (intptr_t k = 0; k < tw->count; k++) {
            intptr_t d = td->first + i * p->step[0], h = th->first + j * p->step[1], x = tw->first + k * p->step[2];
            take(p, row, where, lathe_image_at(in, s, 0, d, h, x), in->strides[1], channels, (d * in->sizes[3] + h) * in->sizes[4] + x, 0);
          }
      if (p->average) {
        int64_t divisor = divisor_at(p, td, th, tw);
        for (intptr_t c = 0; c < channels; c++) divide(p, row, c, divisor);
      }
      put(p, row, where, channels, 0, s, at, w, 1);
    }
  }
}

/// Rows over W: one output row of one channel at a time.
static void plane_rows(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const pool *p = context;
  const lathe_image *in = &p->input, *out = &p->output;
  intptr_t width = out->sizes[4];
  char *row = lathe_scratch(SLOT, (size_t)width * 16);
  int64_t *where = (int64_t *)(row + width * 8);
  for (intptr_t unit = begin; unit < end; unit++) {
    intptr_t at[2] = {unit / out->sizes[3] % out->sizes[2], unit % out->sizes[3]};
    intptr_t c = unit / out->sizes[3] / out->sizes[2] % in->sizes[1], s = unit / out->sizes[3] / out->sizes[2] / in->sizes[1];
    const taps *td = &p->axis[0][at[0]], *th = &p->axis[1][at[1]];
    clear(p, row, where, width);
    for (intptr_t i = 0; i < td->count; i++)
      for (intptr_t j = 0; j < th->count; j++) {
        intptr_t d = td->first + i * p->step[0], h = th->first + j * p->step[1];
        const char *line = lathe_image_at(in, s, c, d, h, 0);
        int64_t place = (d * in->sizes[3] + h) * in->sizes[4];
        if (!p->uniform) {
          for (intptr_t w = 0; w < width; w++) {
            const taps *tw = &p->axis[2][w];
            for (intptr_t k = 0; k < tw->count; k++) {
              intptr_t x = tw->first + k;
              take(p, row + w * in->bytes, where + w, line + x * in->strides[4] * in->bytes, 1, 1, place + x, 0);
            }
          }
          continue;
        }
        for (intptr_t k = 0; k < p->kernel; k++) {
          // outputs whose k-th tap lies inside the input
          intptr_t shift = k * p->step[2] - p->padding;
          intptr_t low = shift >= 0 ? 0 : (-shift + p->stride - 1) / p->stride;
          intptr_t high = in->sizes[4] - 1 - shift < 0 ? -1 : (in->sizes[4] - 1 - shift) / p->stride;
          if (high >= width) high = width - 1;
          if (high < low) continue;
          intptr_t x = low * p->stride + shift;
          take(p, row + low * in->bytes, where + low, line + x * in->strides[4] * in->bytes, p->stride * in->strides[4], high - low + 1,
               place + x, p->stride);
        }
      }
    if (p->average) for (intptr_t w = 0; w < width; w++) divide(p, row, w, divisor_at(p, td, th, &p->axis[2][w]));
    put(p, row, where, width, c, s, at, 0, 4);
  }
}

static taps *window_taps(intptr_t input, intptr_t output, intptr_t kernel, intptr_t stride, intptr_t padding, intptr_t dilation) {
  taps *all = malloc((size_t)(output + 1) * sizeof(taps));
  if (!all) abort();
  for (intptr_t o = 0; o < output; o++) {
    intptr_t start = o * stride - padding, end = start + (kernel - 1) * dilation + 1, skipped = start < 0 ? (-start + dilation - 1) / dilation : 0;
    intptr_t first = start + skipped * dilation, last = end < input ? end : input, padded = end < input + padding ? end : input + padding;
    all[o] = (taps){first, last > first ? (last - first + dilation - 1) / dilation : 0, padded - start};
  }
  return all;
}

static taps *adaptive_taps(intptr_t input, intptr_t output) {
  taps *all = malloc((size_t)(output + 1) * sizeof(taps));
  if (!all) abort();
  for (intptr_t o = 0; o < output; o++) {
    intptr_t first = o * input / output, end = ((o + 1) * input + output - 1) / output;
    all[o] = (taps){first, end - first, end - first};
  }
  return all;
}

static void pool_run(pool *p, const lathe_window *window, const lathe_view *input, const lathe_view *output, const lathe_view *indices) {
  for (int k = 0; k < output->rank; k++) if (output->sizes[k] == 0) return;
  int type = lathe_image_type(input->dtype);
  p->kernels = LATHE_TABLE(pool_kernels);
  p->convert = LATHE_TABLE(convert_kernels);
  p->input = lathe_image_open(input, type, true);
  p->output = lathe_image_open(output, type, false);
  int missing = 5 - input->rank;
  if (indices) {
    p->indices = indices->data;
    for (int k = 0; k < 5; k++) p->index_strides[k] = k < 2 ? indices->strides[k] : k >= 2 + missing ? indices->strides[k - missing] : 0;
  }
  intptr_t most = 1;
  for (int a = 0; a < 3; a++) {
    int given = a - missing;
    intptr_t in = p->input.sizes[a + 2], out = p->output.sizes[a + 2];
    p->step[a] = window && given >= 0 ? window->dilation[given] : 1;
    if (!window) p->axis[a] = adaptive_taps(in, out);
    else if (given < 0) p->axis[a] = window_taps(in, out, 1, 1, 0, 1);
    else p->axis[a] = window_taps(in, out, window->kernel[given], window->stride[given], window->padding[given], window->dilation[given]);
    most *= p->axis[a][out / 2].count + 1;
  }
  if (window) {
    int last = window->dimensions - 1;
    p->uniform = true;
    p->kernel = window->kernel[last];
    p->stride = window->stride[last];
    p->padding = window->padding[last];
  }
  p->by_channel = p->input.strides[1] == 1 && p->input.sizes[1] >= 4;
  intptr_t rows = p->output.sizes[0] * p->output.sizes[2] * p->output.sizes[3];
  intptr_t work = p->output.sizes[4] * most * (p->by_channel ? p->output.sizes[1] : 1);
  if (p->by_channel) lathe_parallel_for(rows, GRAIN / work + 1, channel_rows, p);
  else lathe_parallel_for(rows * p->output.sizes[1], GRAIN / work + 1, plane_rows, p);
  for (int a = 0; a < 3; a++) free(p->axis[a]);
  lathe_image_close(&p->input, input, false);
  lathe_image_close(&p->output, output, true);
}

void lathe_max_pool(const lathe_window *window, const lathe_view *input, const lathe_view *output, const lathe_view *indices) {
  pool p = {0};
  pool_run(&p, window, input, output, indices);
}

void lathe_avg_pool(const lathe_window *window, bool count_include_pad, int64_t divisor_override, const lathe_view *input,
                    const lathe_view *output) {
  pool p = {.average = true, .include_pad = count_include_pad, .divisor = divisor_override};
  lathe_window plain = *window;
  for (int k = 0; k < 3; k++) plain.dilation[k] = 1;
  pool_run(&p, &plain, input, output, NULL);
}

void lathe_adaptive_avg_pool(const lathe_view *input, const lathe_view *output) {
  bool whole = input->dtype >= LATHE_F16;
  for (int k = 2; k < output->rank; k++) whole = whole && output->sizes[k] == 1;
  if (whole) {
    lathe_reduce(LATHE_REDUCE_MEAN, input, ((1u << input->rank) - 1) & ~3u, output);
    return;
  }
  pool p = {.average = true};
  pool_run(&p, NULL, input, output, NULL);
}

void lathe_adaptive_max_pool(const lathe_view *input, const lathe_view *output, const lathe_view *indices) {
  pool p = {0};
  pool_run(&p, NULL, input, output, indices);
}
