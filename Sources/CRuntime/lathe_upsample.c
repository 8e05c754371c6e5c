#include <math.h>
#include <stdlib.h>
#include "convert_table.h"
#include "lathe_image.h"
#include "lathe_pool.h"
#include "lathe_scratch.h"
#include "lathe_threads.h"

enum { SLOT = 6, GRAIN = 1 << 14 };

/// Where one output position reads along one dimension, and with what weights.
typedef struct source { intptr_t index[4]; double weight[4]; } source;

typedef struct upsample {
  lathe_image input, output;
  source *axis[3];
  int taps[3];
  const pool_kernels *kernels;
  const convert_kernels *convert;
} upsample;

// Source positions are computed in the precision ATen computes them in: f32 unless the image is f64.

static double in_precision(bool doubles, double x) { return doubles ? x : (double)(float)x; }

static void cubic_weights(double t, bool doubles, double *w) {
  const double a = -0.75;
  double x[4] = {t + 1, t, 1 - t, 2 - t};
  for (int k = 0; k < 4; k++) {
    double y = x[k];
    w[k] = in_precision(doubles, k == 1 || k == 2 ? ((a + 2) * y - (a + 3)) * y * y + 1 : ((a * y - 5 * a) * y + 8 * a) * y - 4 * a);
  }
}

static source *make_axis(lathe_upsample_mode mode, bool align, double given, intptr_t input, intptr_t output, bool doubles, int *taps) {
  source *all = calloc((size_t)output + 1, sizeof(source));
  if (!all) abort();
  *taps = mode == LATHE_UPSAMPLE_LINEAR ? 2 : mode == LATHE_UPSAMPLE_CUBIC ? 4 : 1;
  bool nearest = *taps == 1;
  double scale;
  if (!nearest && align) scale = output > 1 ? in_precision(doubles, (double)(input - 1) / (double)(output - 1)) : 0;
  else scale = in_precision(doubles, given > 0 ? 1 / given : (double)input / (double)output);
  for (intptr_t o = 0; o < output; o++) {
    source *s = &all[o];
    s->weight[0] = 1;
    if (mode == LATHE_UPSAMPLE_NEAREST && output == input) { s->index[0] = o; continue; }
    if (mode == LATHE_UPSAMPLE_NEAREST && output == 2 * input) { s->index[0] = o >> 1; continue; }
    if (nearest) {
      // ATen rounds the position to f32 before it takes the floor, whatever the image's type
      double at = in_precision(doubles, (double)o * scale);
      if (mode == LATHE_UPSAMPLE_NEAREST_EXACT) {
        double center = in_precision(doubles, in_precision(doubles, ((double)o + 0.5) * scale) - 0.5);
        at = in_precision(doubles, (center < 0 ? 0 : center) + 0.5);
      }
      intptr_t i = (intptr_t)floorf((float)at);
      s->index[0] = i < input - 1 ? i : input - 1;
      continue;
    }
    double at = align ? in_precision(doubles, scale * (double)o)
                      : in_precision(doubles, in_precision(doubles, scale * ((double)o + 0.5)) - 0.5);
    if (mode == LATHE_UPSAMPLE_LINEAR) {
      if (output == input) { s->index[0] = s->index[1] = o; continue; }
      if (at < 0) at = 0;
      intptr_t i = (intptr_t)at < input - 1 ? (intptr_t)at : input - 1;
      double t = in_precision(doubles, at - (double)i);
      t = t < 0 ? 0 : t > 1 ? 1 : t;
      s->index[0] = i;
      s->index[1] = i + (i < input - 1);
      s->weight[0] = in_precision(doubles, 1 - t);
      s->weight[1] = t;
    } else {
      intptr_t i = (intptr_t)floor(at);
      if (i > input - 1) i = input - 1;
      double t = in_precision(doubles, at - (double)i);
      cubic_weights(t < 0 ? 0 : t > 1 ? 1 : t, doubles, s->weight);
      for (int k = 0; k < 4; k++) {
        intptr_t j = i - 1 + k;
        s->index[k] = j < 0 ? 0 : j > input - 1 ? input - 1 : j;
      }
    }
  }
  return all;
}

/// Rows over channels: one output pixel at a time.
static void channel_rows(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const upsample *u = context;
  const lathe_image *in = &u->input, *out = &u->output;
  intptr_t channels = in->sizes[1];
  size_t bytes = (size_t)(channels * in->bytes);
  char *row = lathe_scratch(SLOT, bytes);
  int log2_bytes = in->bytes == 4 ? 2 : 3;
  bool nearest = u->taps[0] * u->taps[1] * u->taps[2] == 1;
  const void *place[64];
  double weight[64];
  for (intptr_t unit = begin; unit < end; unit++) {
    intptr_t h = unit % out->sizes[3], d = unit / out->sizes[3] % out->sizes[2], s = unit / out->sizes[3] / out->sizes[2];
    const source *sd = &u->axis[0][d], *sh = &u->axis[1][h];
    for (intptr_t w = 0; w < out->sizes[4]; w++) {
      const source *sw = &u->axis[2][w];
      char *to = lathe_image_at(out, s, 0, d, h, w);
      if (nearest) {
        u->convert->move[log2_bytes](to, out->strides[1], lathe_image_at(in, s, 0, sd->index[0], sh->index[0], sw->index[0]), in->strides[1], channels);
        continue;
      }
      int count = 0;
      for (int i = 0; i < u->taps[0]; i++)
        for (int j = 0; j < u->taps[1]; j++)
          for (int k = 0; k < u->taps[2]; k++) {
            place[count] = lathe_image_at(in, s, 0, sd->index[i], sh->index[j], sw->index[k]);
            weight[count++] = sd->weight[i] * sh->weight[j] * sw->weight[k];
          }
      if (count == 2) {  // halves of two taps make four
        for (int k = 0; k < 2; k++) { place[k + 2] = place[k]; weight[k] = weight[k + 2] = weight[k] / 2; }
        count = 4;
      }
      char *d = out->strides[1] == 1 ? to : row;
      for (int k = 0; k < count; k += 4) u->kernels->blend[in->type](d, place + k, weight + k, in->strides[1], channels, k > 0);
      if (d == row)
        u->convert->move[log2_bytes](to, out->strides[1], row, 1, channels);
    }
  }
}

#define ACROSS(type)                                                                                                \
  for (intptr_t w = 0; w < width; w++) {                                                                            \
    const source *sw = &u->axis[2][w];                                                                              \
    type sum = 0;                                                                                                   \
    for (int k = 0; k < u->taps[2]; k++) sum += ((const type *)row)[sw->index[k] * row_stride] * (type)sw->weight[k]; \
    ((type *)to)[w * out->strides[4]] = sum;                                                                        \
  }
#define PICK(type) for (intptr_t w = 0; w < width; w++) ((type *)to)[w * out->strides[4]] = ((const type *)row)[u->axis[2][w].index[0] * row_stride];

/// Rows over W: the source rows that an output row needs are blended first, then the blend is resampled along W.
static void plane_rows(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const upsample *u = context;
  const lathe_image *in = &u->input, *out = &u->output;
  intptr_t width = out->sizes[4], source_width = in->sizes[4];
  char *blend = lathe_scratch(SLOT, (size_t)(source_width * in->bytes) + 64);
  for (intptr_t unit = begin; unit < end; unit++) {
    intptr_t h = unit % out->sizes[3], d = unit / out->sizes[3] % out->sizes[2];
    intptr_t c = unit / out->sizes[3] / out->sizes[2] % out->sizes[1], s = unit / out->sizes[3] / out->sizes[2] / out->sizes[1];
    const source *sd = &u->axis[0][d], *sh = &u->axis[1][h];
    char *to = lathe_image_at(out, s, c, d, h, 0);
    const char *row = lathe_image_at(in, s, c, sd->index[0], sh->index[0], 0);
    intptr_t row_stride = in->strides[4];
    if (u->taps[0] * u->taps[1] > 1) {
      memset(blend, 0, (size_t)(source_width * in->bytes));
      for (int i = 0; i < u->taps[0]; i++)
        for (int j = 0; j < u->taps[1]; j++) {
          double weight = sd->weight[i] * sh->weight[j];
          if (weight != 0)
            u->kernels->add_weighted[in->type](blend, lathe_image_at(in, s, c, sd->index[i], sh->index[j], 0), in->strides[4], source_width, weight);
        }
      row = blend;
      row_stride = 1;
    }
    if (u->taps[2] == 1) {
      if (in->bytes == 4) { PICK(uint32_t) } else { PICK(uint64_t) }
    } else if (in->type == IMAGE_F32) { ACROSS(float) } else { ACROSS(double) }
  }
}

void lathe_upsample(lathe_upsample_mode mode, bool align_corners, const double *scales, const lathe_view *input,
                    const lathe_view *output) {
  for (int k = 0; k < output->rank; k++) if (output->sizes[k] == 0) return;
  int type = lathe_image_type(input->dtype);
  bool nearest = mode == LATHE_UPSAMPLE_NEAREST || mode == LATHE_UPSAMPLE_NEAREST_EXACT;
  if (type == IMAGE_I64 && !nearest) type = IMAGE_F32;
  upsample u = {.input = lathe_image_open(input, type, true), .output = lathe_image_open(output, type, false)};
  u.kernels = LATHE_TABLE(pool_kernels);
  u.convert = LATHE_TABLE(convert_kernels);
  int missing = 5 - input->rank;
  for (int a = 0; a < 3; a++) {
    bool there = a >= missing;
    u.axis[a] = make_axis(there ? mode : LATHE_UPSAMPLE_NEAREST, align_corners, there && scales ? scales[a - missing] : 0,
                          u.input.sizes[a + 2], u.output.sizes[a + 2], type == IMAGE_F64, &u.taps[a]);
  }
  intptr_t rows = u.output.sizes[0] * u.output.sizes[2] * u.output.sizes[3], width = u.output.sizes[4];
  intptr_t work = width * u.taps[0] * u.taps[1] * u.taps[2];
  if (u.input.strides[1] == 1 && u.input.sizes[1] >= 4)
    lathe_parallel_for(rows, GRAIN / (work * u.output.sizes[1]) + 1, channel_rows, &u);
  else lathe_parallel_for(rows * u.output.sizes[1], GRAIN / work + 1, plane_rows, &u);
  for (int a = 0; a < 3; a++) free(u.axis[a]);
  lathe_image_close(&u.input, input, false);
  lathe_image_close(&u.output, output, true);
}
