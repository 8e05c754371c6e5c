#include "lathe_normalize.h"
#include <math.h>
#include <stdlib.h>
#include "lathe_block.h"
#include "lathe_reduce.h"
#include "lathe_scratch.h"
#include "lathe_threads.h"
#include "lathe_tile.h"
#include "normalize_table.h"
#include "reduce_table.h"

enum { CHANNEL_SLOT = 5, ROW_SLOT = 6, PARAMETER_SLOT = 7, GRAIN = 1 << 13, CHUNK = 4096 };

/// Rows of a view that are normalised one by one: layer, RMS and group normalisation.
typedef struct norm {
  bool doubles, centered;
  double epsilon;
  const normalize_kernels *kernels;
  const reduce_kernels *sums;
  int outer_rank;
  intptr_t outer_sizes[LATHE_MAX_RANK];  // innermost first
  lathe_strides outer[4];                // input, output, mean, rstd
  char *data[4];
  intptr_t bytes[4];
  lathe_convert_run write_statistic[2];
  lathe_block from, to;
  const void *weight, *bias;             // of a whole row, or of a row's channels
  intptr_t channels, groups;             // a row's channels (0: weights are per element) and rows that share them in turn
} norm;

static void row_moments(const norm *w, const void *x, intptr_t n, double *mean, double *variance) {
  int real = w->doubles;
  size_t bytes = w->doubles ? 8 : 4;
  double sum = 0, squares = 0, center = 0;
  const char *row = x;
  if (w->centered) {
    for (intptr_t i = 0; i < n; i += CHUNK) sum += w->sums->sum[real](row + (size_t)i * bytes, n - i < CHUNK ? n - i : CHUNK);
    center = sum / (double)n;
  }
  for (intptr_t i = 0; i < n; i += CHUNK)
    squares += w->sums->sum_of_squares_about[real](row + (size_t)i * bytes, n - i < CHUNK ? n - i : CHUNK, center);
  *mean = center;
  *variance = squares / (double)n;
}

static void affine(const norm *w, void *d, const void *x, const void *weight, const void *bias, double center, double scale, intptr_t n) {
  if (w->doubles) w->kernels->affine_row_f64(d, x, weight, bias, center, scale, n);
  else w->kernels->affine_row_f32(d, x, weight, bias, (float)center, (float)scale, n);
}

/// Channels of `plane` elements each: weight and bias fold into the scale and center.
static void affine_channels(const norm *w, void *d, const void *x, intptr_t group, double mean, double rstd, intptr_t n) {
  intptr_t plane = n / w->channels, bytes = w->doubles ? 8 : 4;
  for (intptr_t c = 0; c < w->channels; c++) {
    intptr_t channel = group * w->channels + c;
    char *out = (char *)d + c * plane * bytes;
    const char *in = (const char *)x + c * plane * bytes;
    if (w->doubles) {
      double scale = rstd * (w->weight ? ((const double *)w->weight)[channel] : 1), shift = w->bias ? ((const double *)w->bias)[channel] : 0;
      for (intptr_t i = 0; i < plane; i++) ((double *)out)[i] = (((const double *)in)[i] - mean) * scale + shift;
    } else {
      double scale = rstd * (w->weight ? (double)((const float *)w->weight)[channel] : 1);
      double shift = w->bias ? (double)((const float *)w->bias)[channel] : 0;
      float center = (float)mean, factor = (float)scale, offset = (float)shift;
      for (intptr_t i = 0; i < plane; i++) ((float *)out)[i] = (((const float *)in)[i] - center) * factor + offset;
    }
  }
}

static void norm_rows(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const norm *w = context;
  intptr_t n = w->from.count;
  void *buffer = w->from.direct && w->to.direct ? NULL : lathe_scratch(ROW_SLOT, (size_t)n * 8);
  for (intptr_t r = begin; r < end; r++) {
    intptr_t at[LATHE_MAX_RANK];
    lathe_nest_locate(r, 0, w->outer_rank, w->outer_sizes, at);
    char *place[4];
    for (int k = 0; k < 4; k++)
      place[k] = w->data[k] ? w->data[k] + lathe_nest_offset(0, w->outer_rank, at, w->outer[k]) * w->bytes[k] : NULL;
    const void *x = lathe_block_read(&w->from, place[0], buffer);
    void *d = lathe_block_target(&w->to, place[1], buffer);
    double mean, variance;
    row_moments(w, x, n, &mean, &variance);
    double rstd = 1 / sqrt(variance + w->epsilon);
    if (w->channels) affine_channels(w, d, x, r % w->groups, mean, rstd, n);
    else affine(w, d, x, w->weight, w->bias, mean, rstd, n);
    lathe_block_write(&w->to, place[1], d);
    if (place[2]) w->write_statistic[0](place[2], 1, &mean, 1, 1);
    if (place[3]) w->write_statistic[1](place[3], 1, &rstd, 1, 1);
  }
}

/// A parameter as contiguous elements of the held dtype: its own memory, or `room`.
static const void *parameter(const lathe_view *view, int32_t held, char *room) {
  if (!view) return NULL;
  lathe_block block = lathe_block_make(view->rank, view->sizes, view->strides, view->dtype, held);
  return block.count ? lathe_block_read(&block, view->data, room) : room;
}

static norm norm_make(const lathe_view *input, const lathe_view *output, const lathe_view *weight, const lathe_view *bias, double epsilon,
                      const lathe_view *mean, const lathe_view *rstd, intptr_t parameters) {
  norm w = {.doubles = input->dtype == LATHE_F64 || output->dtype == LATHE_F64, .centered = true, .epsilon = epsilon};
  const convert_kernels *convert = LATHE_TABLE(convert_kernels);
  w.kernels = LATHE_TABLE(normalize_kernels);
  w.sums = LATHE_TABLE(reduce_kernels);
  const lathe_view *views[4] = {input, output, mean, rstd};
  for (int k = 0; k < 4; k++)
    if (views[k]) { w.data[k] = views[k]->data; w.bytes[k] = lathe_dtype_size(views[k]->dtype); }
  if (mean) w.write_statistic[0] = lathe_converter(convert, mean->dtype, LATHE_F64);
  if (rstd) w.write_statistic[1] = lathe_converter(convert, rstd->dtype, LATHE_F64);
  int32_t held = w.doubles ? LATHE_F64 : LATHE_F32;
  char *room = weight || bias ? lathe_scratch(PARAMETER_SLOT, (size_t)parameters * 16 + 64) : NULL;
  w.weight = parameter(weight, held, room);
  w.bias = parameter(bias, held, room + parameters * 8);
  return w;
}

static void norm_run(norm *w, intptr_t rows) {
  if (rows == 0 || w->from.count == 0) return;
  lathe_parallel_for(rows, GRAIN / w->from.count + 1, norm_rows, w);
}

static void trailing_norm(const lathe_view *input, int32_t trailing, const lathe_view *weight, const lathe_view *bias, double epsilon,
                          bool centered, const lathe_view *output, const lathe_view *mean, const lathe_view *rstd) {
  int outer = input->rank - trailing;
  intptr_t rows = 1, n = 1;
  for (int k = outer; k < input->rank; k++) n *= input->sizes[k];
  norm w = norm_make(input, output, weight, bias, epsilon, mean, rstd, n);
  w.centered = centered;
  int32_t held = w.doubles ? LATHE_F64 : LATHE_F32;
  const lathe_view *views[4] = {input, output, mean, rstd};
  for (int k = 0; k < outer; k++) {
    rows *= input->sizes[k];
    w.outer_sizes[k] = input->sizes[k];
    for (int m = 0; m < 4; m++) w.outer[m][k] = views[m] ? views[m]->strides[k] : 0;
  }
  w.from = lathe_block_make(trailing, input->sizes + outer, input->strides + outer, input->dtype, held);
  w.to = lathe_block_make(trailing, output->sizes + outer, output->strides + outer, output->dtype, held);
  if (rows) w.outer_rank = lathe_nest_arrange(outer, w.outer_sizes, 4, w.outer, false);
  norm_run(&w, rows);
}

void lathe_layer_norm(const lathe_view *input, int32_t trailing, const lathe_view *weight, const lathe_view *bias, double epsilon,
                      const lathe_view *output, const lathe_view *mean, const lathe_view *rstd) {
  trailing_norm(input, trailing, weight, bias, epsilon, true, output, mean, rstd);
}

void lathe_rms_norm(const lathe_view *input, int32_t trailing, const lathe_view *weight, double epsilon, const lathe_view *output,
                    const lathe_view *rstd) {
  trailing_norm(input, trailing, weight, NULL, epsilon, false, output, NULL, rstd);
}

/// One value a channel (and, with `batch`, an image) as a view over the whole input.
static lathe_view per_channel(const lathe_view *input, void *data, int32_t dtype, intptr_t stride, intptr_t batch) {
  lathe_view view = {.data = data, .dtype = dtype, .rank = input->rank};
  for (int k = 0; k < input->rank; k++) {
    view.sizes[k] = input->sizes[k];
    view.strides[k] = k == 0 ? batch : k == 1 ? stride : 0;
  }
  return view;
}

/// output = input * scale + shift, with scale and shift per channel (of each image when `batch` is not 0).
static void scale_and_shift(const lathe_view *input, const lathe_view *output, void *scale, void *shift, bool doubles, intptr_t batch) {
  uint8_t type = doubles ? LATHE_TILE_F64 : LATHE_TILE_F32;
  int32_t dtype = doubles ? LATHE_F64 : LATHE_F32;
  lathe_tile_instruction code[] = {
    {.op = LATHE_OP_LOAD, .type = type, .d = 0, .a = 0}, {.op = LATHE_OP_LOAD, .type = type, .d = 1, .a = 1},
    {.op = LATHE_OP_LOAD, .type = type, .d = 2, .a = 2}, {.op = LATHE_OP_MULTIPLY_ADD, .type = type, .d = 3, .a = 0, .b = 1, .c = 2},
  };
  uint16_t result = 3;
  lathe_tile_program program = {.code = code, .count = 4, .registers = 4, .inputs = 3, .outputs = 1, .results = &result, .result_types = &type};
  lathe_view views[4] = {*output, *input, per_channel(input, scale, dtype, 1, batch), per_channel(input, shift, dtype, 1, batch)};
  lathe_tile_run(&program, input->rank, input->sizes, views);
}

static void put_statistic(const lathe_view *view, intptr_t n, intptr_t group, double value) {
  if (!view) return;
  char *element = (char *)view->data + (n * view->strides[0] + group * view->strides[1]) * lathe_dtype_size(view->dtype);
  lathe_converter(LATHE_TABLE(convert_kernels), view->dtype, LATHE_F64)(element, 1, &value, 1, 1);
}

/// Group normalisation of channels-last images: each channel's moments in one pass down the pixels, the groups' from those, and
/// then a scale and a shift for each channel of each image.
static void group_norm_channels_last(const lathe_view *input, intptr_t groups, const lathe_view *weight, const lathe_view *bias,
                                     double epsilon, const lathe_view *output, const lathe_view *mean, const lathe_view *rstd) {
  intptr_t batch = input->sizes[0], channels = input->sizes[1], each = channels / groups;
  bool doubles = input->dtype == LATHE_F64;
  double *room = malloc((size_t)(batch * channels * 4 + channels * 2) * 8 + 8);
  if (!room) abort();
  double *averages = room, *variances = averages + batch * channels, *scale = variances + batch * channels, *shift = scale + batch * channels;
  double *w = shift + batch * channels, *b = w + channels;
  const double *weights = parameter(weight, LATHE_F64, (char *)w), *biases = parameter(bias, LATHE_F64, (char *)b);
  lathe_view moments[2] = {per_channel(input, variances, LATHE_F64, 1, channels), per_channel(input, averages, LATHE_F64, 1, channels)};
  for (int o = 0; o < 2; o++) for (int k = 2; k < input->rank; k++) moments[o].sizes[k] = 1;
  lathe_reduce_variance(input, ((1u << input->rank) - 1) & ~3u, 0, false, &moments[0], &moments[1]);
  for (intptr_t n = 0; n < batch; n++)
    for (intptr_t g = 0; g < groups; g++) {
      const double *average = averages + n * channels + g * each, *variance = variances + n * channels + g * each;
      double center = 0, spread = 0;
      for (intptr_t c = 0; c < each; c++) center += average[c];
      center /= (double)each;
      for (intptr_t c = 0; c < each; c++) spread += variance[c] + (average[c] - center) * (average[c] - center);
      double factor = 1 / sqrt(spread / (double)each + epsilon);
      put_statistic(mean, n, g, center);
      put_statistic(rstd, n, g, factor);
      for (intptr_t c = g * each; c < (g + 1) * each; c++) {
        double s = factor * (weights ? weights[c] : 1), t = (biases ? biases[c] : 0) - center * s;
        if (doubles) { scale[n * channels + c] = s; shift[n * channels + c] = t; }
        else { ((float *)scale)[n * channels + c] = (float)s; ((float *)shift)[n * channels + c] = (float)t; }
      }
    }
  scale_and_shift(input, output, scale, shift, doubles, channels);
  free(room);
}

void lathe_group_norm(const lathe_view *input, int32_t groups, const lathe_view *weight, const lathe_view *bias, double epsilon,
                      const lathe_view *output, const lathe_view *mean, const lathe_view *rstd) {
  intptr_t channels = input->sizes[1] / groups;
  if (input->rank > 2 && input->strides[1] == 1 && input->sizes[1] >= 8 && input->strides[input->rank - 1] > 1) {
    for (int k = 0; k < input->rank; k++) if (input->sizes[k] == 0) return;
    group_norm_channels_last(input, groups, weight, bias, epsilon, output, mean, rstd);
    return;
  }
  norm w = norm_make(input, output, weight, bias, epsilon, mean, rstd, input->sizes[1]);
  int32_t held = w.doubles ? LATHE_F64 : LATHE_F32;
  const lathe_view *views[4] = {input, output, mean, rstd};
  w.outer_rank = 2;
  w.outer_sizes[0] = groups;
  w.outer_sizes[1] = input->sizes[0];
  for (int m = 0; m < 4; m++) {
    w.outer[m][0] = !views[m] ? 0 : m < 2 ? views[m]->strides[1] * channels : views[m]->strides[1];
    w.outer[m][1] = views[m] ? views[m]->strides[0] : 0;
  }
  lathe_block *blocks[2] = {&w.from, &w.to};
  for (int m = 0; m < 2; m++) {
    intptr_t sizes[LATHE_MAX_RANK];
    for (int k = 1; k < input->rank; k++) sizes[k - 1] = k == 1 ? channels : input->sizes[k];
    *blocks[m] = lathe_block_make(input->rank - 1, sizes, views[m]->strides + 1, views[m]->dtype, held);
  }
  w.channels = channels;
  w.groups = groups;
  norm_run(&w, input->sizes[0] * groups);
}

void lathe_batch_norm(const lathe_view *input, const lathe_view *mean, const lathe_view *variance, const lathe_view *weight,
                      const lathe_view *bias, double epsilon, const lathe_view *output) {
  intptr_t channels = input->sizes[1];
  bool doubles = input->dtype == LATHE_F64;
  double *room = lathe_scratch(CHANNEL_SLOT, (size_t)channels * 6 * 8 + 64);
  const lathe_view *given[4] = {mean, variance, weight, bias};
  const double *values[4];
  for (int k = 0; k < 4; k++) values[k] = parameter(given[k], LATHE_F64, (char *)(room + k * channels));
  double *scale = room + 4 * channels, *shift = room + 5 * channels;
  for (intptr_t c = 0; c < channels; c++) {
    double s = (values[2] ? values[2][c] : 1) / sqrt(values[1][c] + epsilon), t = (values[3] ? values[3][c] : 0) - values[0][c] * s;
    if (doubles) { scale[c] = s; shift[c] = t; }
    else { ((float *)scale)[c] = (float)s; ((float *)shift)[c] = (float)t; }
  }
  scale_and_shift(input, output, scale, shift, doubles, 0);
}

void lathe_batch_norm_statistics(const lathe_view *input, const lathe_view *mean, const lathe_view *variance) {
  lathe_view outputs[2];
  const lathe_view *given[2] = {variance, mean};
  for (int o = 0; o < 2; o++) {
    outputs[o] = per_channel(input, given[o]->data, given[o]->dtype, given[o]->strides[0], 0);
    for (int k = 0; k < input->rank; k++) if (k != 1) outputs[o].sizes[k] = 1;
  }
  lathe_reduce_variance(input, ((1u << input->rank) - 1) & ~2u, 0, false, &outputs[0], &outputs[1]);
}
