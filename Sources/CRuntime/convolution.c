#include "convolution_table.h"
#include "lathe_convert.h"
#include "lathe_scratch.h"
#include "lathe_threads.h"

// One unit is one group of one image: C[O, pixels] = W[O, C * kernel] patches[C * kernel, pixels].

typedef struct {
  const gemm_kernels *gemm;
  const convolution_type_kernels *kernels;
  const lathe_view *output, *input, *weight;
  padded_shape shape;
  patches source;
  intptr_t groups, in_channels, out_channels, kernel, pixels, pixel_stride;  // channels of one group
  intptr_t input_pixel;          // distance between the input's pixels where they step as one, else 0
  const char *weights;           // [groups][O][K], rows `weight_row` apart
  intptr_t weight_row;
  const void *scale, *shift;     // of the accumulators' type, or NULL
  const lathe_convolution_epilogue *epilogue;
  int bytes, sum_bytes;
  bool pointwise;
  intptr_t depthwise_rounds;     // outputs of one input channel, where each is computed directly; else 0
} convolution;

/// The common step of dimensions 2 and up, or 0 where there is none.
static intptr_t pixel_step(const lathe_view *view) {
  intptr_t step = 0, next = 0;
  for (int32_t d = view->rank - 1; d >= 2; d--) {
    if (view->sizes[d] == 1) continue;
    if (step == 0) step = view->strides[d];
    else if (view->strides[d] != next) return 0;
    next = view->strides[d] * view->sizes[d];
  }
  return step == 0 ? 1 : step;
}

static void copy_element(char *to, const char *from, int bytes) {
  switch (bytes) {
  case 2: memcpy(to, from, 2); break;
  case 4: memcpy(to, from, 4); break;
  default: memcpy(to, from, 8);
  }
}

typedef struct { const convolution *all; intptr_t image, group; void *padded; } unit;

static const char *unit_input(const unit *u) {
  const lathe_view *input = u->all->input;
  return (const char *)input->data +
         (u->image * input->strides[0] + u->group * u->all->in_channels * input->strides[1]) * u->all->bytes;
}

static void pad_body(void *context, intptr_t begin, intptr_t end, int thread) {
  const unit *u = context;
  const convolution *all = u->all;
  all->kernels->pad(&all->shape, unit_input(u) + begin * all->input->strides[1] * all->bytes, all->input->strides[1], end - begin,
                    (char *)u->padded + begin * padded_channel(&all->shape) * all->sum_bytes);
}

static void run_unit(const convolution *all, intptr_t image, intptr_t group) {
  unit u = {all, image, group, NULL};
  const lathe_view *output = all->output;
  const intptr_t channel = group * all->out_channels;
  const intptr_t place = image * output->strides[0] + channel * output->strides[1];
  const lathe_convolution_epilogue *epilogue = all->epilogue;
  gemm_plan plan = {
    .dtype = output->dtype, .bias_dtype = output->dtype == LATHE_F64 ? LATHE_F64 : LATHE_F32, .rows = all->out_channels,
    .columns = all->pixels, .depth = all->in_channels * all->kernel,
    .x = all->weights + channel * all->weight_row * all->bytes, .x_row = all->weight_row, .x_k = 1,
    .c = (char *)output->data + place * all->bytes, .c_row = output->strides[1], .c_column = all->pixel_stride, .alpha = 1, .beta = 1,
    .addend = epilogue->addend ? (const char *)epilogue->addend + place * all->bytes : NULL, .addend_row = output->strides[1],
    .addend_column = all->pixel_stride, .bias = all->shift ? (const char *)all->shift + channel * all->sum_bytes : NULL, .bias_row = 1,
    .scale = all->scale ? (const char *)all->scale + channel * all->sum_bytes : NULL, .scale_row = 1,
    .activation = epilogue->activation, .low = epilogue->low, .high = epilogue->high};
  if (all->pointwise) {
    plan.y = unit_input(&u);
    plan.y_k = all->input->strides[1];
    plan.y_column = all->input_pixel;
    gemm_run_either(all->gemm, &plan);
    return;
  }
  const intptr_t elements = all->in_channels * padded_channel(&all->shape);
  u.padded = lathe_scratch(2, (size_t)(elements + PADDED_SLACK) * (size_t)all->sum_bytes);
  memset((char *)u.padded + elements * all->sum_bytes, 0, PADDED_SLACK * (size_t)all->sum_bytes);
  lathe_parallel_for(all->in_channels, 1 + 32768 / (padded_channel(&all->shape) + 1), pad_body, &u);
  patches source = all->source;
  source.image = u.padded;
  plan.pack_columns = all->kernels->pack;
  plan.pack_context = &source;
  gemm_run(all->gemm, &plan);
}

static void units_body(void *context, intptr_t begin, intptr_t end, int thread) {
  const convolution *all = context;
  for (intptr_t i = begin; i < end; i++) run_unit(all, i / all->groups, i % all->groups);
}

static double sum_value(const convolution *all, const void *values, intptr_t i, double otherwise) {
  if (!values) return otherwise;
  return all->sum_bytes == 8 ? ((const double *)values)[i] : (double)((const float *)values)[i];
}

static double element(int32_t dtype, const void *p, intptr_t i) {
  switch (dtype) {
  case LATHE_BF16: return (double)lathe_bf16_to_f32(((const uint16_t *)p)[i]);
  case LATHE_F16: return (double)lathe_f16_to_f32(((const uint16_t *)p)[i]);
  case LATHE_F32: return (double)((const float *)p)[i];
  default: return ((const double *)p)[i];
  }
}

static void depthwise_body(void *context, intptr_t begin, intptr_t end, int thread) {
  const convolution *all = context;
  const lathe_view *input = all->input, *output = all->output;
  const intptr_t elements = padded_channel(&all->shape);
  char *padded = lathe_scratch(2, (size_t)(elements + PADDED_SLACK + all->kernel) * (size_t)all->sum_bytes);
  memset(padded, 0, (size_t)(elements + PADDED_SLACK) * (size_t)all->sum_bytes);
  padded_shape shape = all->shape;
  shape.zeroed = true;
  char *weights = padded + (elements + PADDED_SLACK) * all->sum_bytes;
  patches source = all->source;
  source.image = padded;
  for (intptr_t i = begin; i < end; i++) {
    const intptr_t image = i / all->groups, group = i % all->groups;
    all->kernels->pad(&shape, (const char *)input->data + (image * input->strides[0] + group * input->strides[1]) * all->bytes, 0, 1,
                      padded);
    for (intptr_t round = 0; round < all->depthwise_rounds; round++) {
      const intptr_t channel = group * all->depthwise_rounds + round;
      for (intptr_t k = 0; k < all->kernel; k++) {
        double w = element(output->dtype, all->weights, channel * all->weight_row + k);
        if (all->sum_bytes == 8) ((double *)weights)[k] = w;
        else ((float *)weights)[k] = (float)w;
      }
      const intptr_t place = image * output->strides[0] + channel * output->strides[1];
      depthwise_channel one = {
        .image = padded, .source = &source, .weights = weights, .weight_count = all->kernel, .dtype = output->dtype,
        .activation = all->epilogue->activation, .scale = sum_value(all, all->scale, channel, 1),
        .shift = sum_value(all, all->shift, channel, 0), .low = all->epilogue->low, .high = all->epilogue->high,
        .output = (char *)output->data + place * all->bytes,
        .addend = all->epilogue->addend ? (const char *)all->epilogue->addend + place * all->bytes : NULL,
        .output_pixel = all->pixel_stride};
      all->kernels->depthwise(&one);
    }
  }
}

/// How a weight's elements follow each other in memory, as rows of K for the matrix product.
typedef enum { CHANNELS_FIRST, CHANNELS_LAST, SCATTERED } weight_order;

static weight_order order_of(const lathe_view *weight, bool transposed) {
  if (transposed) return SCATTERED;
  bool first = true, last = true;
  intptr_t step = 1;
  for (int32_t d = weight->rank - 1; d >= 1; d--) {
    if (weight->sizes[d] != 1 && weight->strides[d] != step) first = false;
    step *= weight->sizes[d];
  }
  step = weight->sizes[1];
  if (weight->sizes[1] != 1 && weight->strides[1] != 1) last = false;
  for (int32_t d = weight->rank - 1; d >= 2; d--) {
    if (weight->sizes[d] != 1 && weight->strides[d] != step) last = false;
    step *= weight->sizes[d];
  }
  return first ? CHANNELS_FIRST : last ? CHANNELS_LAST : SCATTERED;
}

/// A contiguous copy [groups][O][C][kernel]; a transposed convolution's is turned round, as its forward form needs it.
static void copy_weights(const convolution *all, const intptr_t sizes[3], const intptr_t strides[3], bool transposed, char *to) {
  const lathe_view *weight = all->weight;
  for (intptr_t g = 0; g < all->groups; g++)
    for (intptr_t o = 0; o < all->out_channels; o++)
      for (intptr_t c = 0; c < all->in_channels; c++) {
        const intptr_t base = transposed ? (g * all->in_channels + c) * weight->strides[0] + o * weight->strides[1]
                                         : (g * all->out_channels + o) * weight->strides[0] + c * weight->strides[1];
        for (intptr_t z = 0; z < sizes[0]; z++)
          for (intptr_t y = 0; y < sizes[1]; y++)
            for (intptr_t x = 0; x < sizes[2]; x++, to += all->bytes) {
              const intptr_t kz = transposed ? sizes[0] - 1 - z : z, ky = transposed ? sizes[1] - 1 - y : y;
              const intptr_t kx = transposed ? sizes[2] - 1 - x : x;
              copy_element(to, (const char *)weight->data + (base + kz * strides[0] + ky * strides[1] + kx * strides[2]) * all->bytes,
                           all->bytes);
            }
      }
}

void lathe_convolution(const lathe_view *output, const lathe_view *input, const lathe_view *weight,
                       const lathe_convolution_geometry *geometry, const lathe_convolution_epilogue *epilogue) {
  static const lathe_convolution_epilogue nothing = {0};
  const convolution_kernels *kernels = LATHE_TABLE(convolution_kernels);
  const bool wide = output->dtype == LATHE_F64, transposed = geometry->transposed != 0;
  convolution all = {.gemm = LATHE_TABLE(gemm_kernels), .kernels = wide ? &kernels->f64 : &kernels->f32, .output = output, .input = input,
                     .weight = weight, .groups = geometry->groups, .epilogue = epilogue ? epilogue : &nothing,
                     .bytes = lathe_dtype_size(output->dtype), .sum_bytes = wide ? 8 : 4, .kernel = 1, .pixels = 1};
  all.in_channels = input->sizes[1] / all.groups;
  all.out_channels = output->sizes[1] / all.groups;
  intptr_t sizes[3] = {1, 1, 1}, weight_strides[3] = {0, 0, 0}, steps[3] = {1, 1, 1}, dilation[3] = {1, 1, 1};
  all.shape = (padded_shape){.dtype = input->dtype, .input = {1, 1, 1}, .spread = {1, 1, 1}, .padded = {1, 1, 1}, .phases = 1};
  for (int d = 0; d < 3; d++) all.source.output[d] = 1;
  bool plain = !transposed;
  for (int i = 0; i < geometry->spatial; i++) {
    const int d = 3 - geometry->spatial + i;
    const intptr_t reach = geometry->dilation[i] * (weight->sizes[2 + i] - 1);
    sizes[d] = weight->sizes[2 + i];
    weight_strides[d] = weight->strides[2 + i];
    dilation[d] = geometry->dilation[i];
    steps[d] = transposed ? 1 : geometry->stride[i];
    all.source.output[d] = output->sizes[2 + i];
    all.shape.input[d] = input->sizes[2 + i];
    all.shape.source_strides[d] = input->strides[2 + i];
    all.shape.before[d] = transposed ? reach - geometry->padding[i] : geometry->padding[i];
    all.shape.spread[d] = transposed ? geometry->stride[i] : 1;
    all.shape.padded[d] = (output->sizes[2 + i] - 1) * steps[d] + reach + 1;
    all.kernel *= sizes[d];
    all.pixels *= output->sizes[2 + i];
    plain = plain && sizes[d] == 1 && steps[d] == 1 && geometry->padding[i] == 0;
  }
  if (output->sizes[0] == 0 || output->sizes[1] == 0 || all.pixels == 0) return;
  all.shape.phases = steps[2];
  all.shape.padded[2] = (all.shape.padded[2] + steps[2] - 1) / steps[2];
  const intptr_t row = padded_row(&all.shape);
  all.source.step[2] = 1;
  all.source.step[1] = steps[1] * row;
  all.source.step[0] = steps[0] * row * all.shape.padded[1];
  all.pixel_stride = pixel_step(output);
  all.input_pixel = pixel_step(input);
  all.pointwise = plain && all.input_pixel != 0;

  // Tables that every unit reads: where each weight's element lies in a padded image, scales and shifts, weights in rows.
  const intptr_t depth = all.in_channels * all.kernel, channels = output->sizes[1];
  const weight_order order = order_of(weight, transposed);
  const size_t table = ((size_t)depth * sizeof(int32_t) + 63) & ~(size_t)63, vector = ((size_t)(channels * all.sum_bytes) + 63) & ~(size_t)63;
  char *memory = lathe_scratch(3, table + 2 * vector + (order == SCATTERED ? (size_t)(channels * depth * all.bytes) : 0));
  int32_t *offsets = (int32_t *)memory;
  const intptr_t plane = padded_channel(&all.shape);
  const intptr_t c_step = order == CHANNELS_LAST ? 1 : all.kernel, k_step = order == CHANNELS_LAST ? all.in_channels : 1;
  for (intptr_t c = 0; c < all.in_channels; c++)
    for (intptr_t k = 0; k < all.kernel; k++) {
      const intptr_t x = k % sizes[2] * dilation[2], y = k / sizes[2] % sizes[1] * dilation[1], z = k / sizes[2] / sizes[1] * dilation[0];
      offsets[c * c_step + k * k_step] =
        (int32_t)(c * plane + (z * all.shape.padded[1] + y) * row + x % all.shape.phases * all.shape.padded[2] + x / all.shape.phases);
    }
  all.source.offsets = offsets;
  if (order == SCATTERED) {
    all.weights = memory + table + 2 * vector;
    all.weight_row = depth;
    copy_weights(&all, sizes, weight_strides, transposed, memory + table + 2 * vector);
  } else {
    all.weights = weight->data;
    all.weight_row = weight->sizes[0] == 1 ? depth : weight->strides[0];
  }
  all.scale = all.epilogue->scale;
  if (all.epilogue->bias || all.epilogue->shift) {
    all.shift = memory + table;
    for (intptr_t o = 0; o < channels; o++) {
      double bias = all.epilogue->bias ? element(output->dtype, all.epilogue->bias, o) : 0;
      double shift = sum_value(&all, all.scale, o, 1) * bias + sum_value(&all, all.epilogue->shift, o, 0);
      if (wide) ((double *)(memory + table))[o] = shift;
      else ((float *)(memory + table))[o] = (float)shift;
    }
  }

  const intptr_t units = output->sizes[0] * all.groups, threads = lathe_thread_count();
  const double work = (double)all.out_channels * (double)depth * (double)all.pixels;
  if (all.in_channels == 1 && all.groups > 1 && all.out_channels <= 4) {
    all.depthwise_rounds = all.out_channels;
    lathe_parallel_for(units, 1 + (intptr_t)(32768 / (work + 1)), depthwise_body, &all);
  } else if (units >= 2 * threads && work < 1e8) lathe_parallel_for(units, 1 + (intptr_t)(32768 / (work + 1)), units_body, &all);
  else units_body(&all, 0, units, 0);
}
