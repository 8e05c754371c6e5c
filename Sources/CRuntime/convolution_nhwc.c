#include "nhwc_plan.h"
#include "lathe_threads.h"

// Which algorithm a channels-last convolution takes, its packed weights, and the convolutions and pools that go by rows.

static bool is_depthwise(const lathe_nhwc_convolution *c) { return c->groups == c->channels && c->groups == c->outputs; }

bool lathe_nhwc_supports(const lathe_nhwc_convolution *c, int32_t algorithm) {
  switch (algorithm) {
  case LATHE_NHWC_IMPLICIT: return true;
  case LATHE_NHWC_WINOGRAD_2:
  case LATHE_NHWC_WINOGRAD_4:
    return c->groups == 1 && c->kernel[0] == 3 && c->kernel[1] == 3 && c->stride[0] == 1 && c->stride[1] == 1 &&
           c->dilation[0] == 1 && c->dilation[1] == 1;
  case LATHE_NHWC_DEPTHWISE: return is_depthwise(c);
  default: return false;
  }
}

int32_t lathe_nhwc_choose(const lathe_nhwc_convolution *c) {
  if (is_depthwise(c) && c->channels > 1) return LATHE_NHWC_DEPTHWISE;
  return LATHE_NHWC_IMPLICIT;
}

intptr_t lathe_nhwc_packed_elements(const lathe_nhwc_convolution *c) {
  const intptr_t panel = LATHE_TABLE(nhwc_kernels)->panel, taps = c->kernel[0] * c->kernel[1];
  switch (c->algorithm) {
  case LATHE_NHWC_DEPTHWISE: return taps * nhwc_ceiling(c->channels, 16) * 16;
  case LATHE_NHWC_WINOGRAD_2:
  case LATHE_NHWC_WINOGRAD_4: {
    const intptr_t points = nhwc_tile_of(c->algorithm) + 2;
    return points * points * c->channels * nhwc_ceiling(c->outputs, panel) * panel;
  }
  default: return taps * c->channels * nhwc_ceiling(c->outputs / c->groups, panel) * panel;
  }
}

/// packed[group][panel][ky][kx][channel][panel's columns].
static void pack_product(const lathe_nhwc_convolution *c, intptr_t panel, const float *weight, float *packed) {
  const intptr_t channels = c->channels / c->groups, outputs = c->outputs / c->groups, taps = c->kernel[0] * c->kernel[1];
  for (intptr_t group = 0; group < c->groups; group++)
    for (intptr_t first = 0; first < outputs; first += panel)
      for (intptr_t tap = 0; tap < taps; tap++)
        for (intptr_t channel = 0; channel < channels; channel++)
          for (intptr_t o = first; o < first + panel; o++)
            *packed++ = o < outputs ? weight[((group * outputs + o) * channels + channel) * taps + tap] : 0;
}

void lathe_nhwc_pack(const lathe_nhwc_convolution *c, const float *weight, float *packed) {
  const nhwc_kernels *kernels = LATHE_TABLE(nhwc_kernels);
  switch (c->algorithm) {
  case LATHE_NHWC_WINOGRAD_2:
  case LATHE_NHWC_WINOGRAD_4:
    kernels->winograd_pack(nhwc_tile_of(c->algorithm), c->outputs, c->channels, weight, packed);
    break;
  case LATHE_NHWC_DEPTHWISE: {
    const intptr_t taps = c->kernel[0] * c->kernel[1], pitch = nhwc_ceiling(c->channels, 16) * 16;
    for (intptr_t tap = 0; tap < taps; tap++)
      for (intptr_t o = 0; o < pitch; o++) packed[tap * pitch + o] = o < c->channels ? weight[o * taps + tap] : 0;
    break;
  }
  default: pack_product(c, kernels->panel, weight, packed);
  }
}

typedef struct {
  const nhwc_kernels *kernels;
  const lathe_nhwc_convolution *convolution;
  const lathe_nhwc_pool *pool;
  const float *input, *packed;
  float *output;
  const lathe_epilogue *epilogue;
  bool count_padding;
  intptr_t divisor;
} nhwc_rows;

static void depthwise_rows_body(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const nhwc_rows *rows = context;
  rows->kernels->depthwise(rows->convolution, rows->input, rows->packed, rows->epilogue, begin, end);
}
static void max_pool_body(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const nhwc_rows *rows = context;
  rows->kernels->max_pool(rows->pool, rows->input, rows->output, begin, end);
}
static void average_pool_body(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const nhwc_rows *rows = context;
  rows->kernels->average_pool(rows->pool, rows->count_padding, rows->divisor, rows->input, rows->output, begin, end);
}
/// Rows of an image that are worth a thread's while.
static intptr_t worthwhile(intptr_t width, intptr_t channels, const intptr_t kernel[2]) {
  return 1 + 65536 / (width * channels * kernel[0] * kernel[1] + 1);
}

void lathe_nhwc_run(const lathe_nhwc_convolution *c, const float *input, const float *packed, const lathe_epilogue *epilogue) {
  if (c->images <= 0 || c->out_height <= 0 || c->out_width <= 0 || c->outputs <= 0) return;
  const nhwc_kernels *kernels = LATHE_TABLE(nhwc_kernels);
  nhwc_rows rows = {.kernels = kernels, .convolution = c, .input = input, .packed = packed, .epilogue = epilogue};
  switch (c->algorithm) {
  case LATHE_NHWC_WINOGRAD_2:
  case LATHE_NHWC_WINOGRAD_4: nhwc_run_winograd(kernels, c, input, packed, epilogue); break;
  case LATHE_NHWC_DEPTHWISE:
    lathe_parallel_for(c->images * c->out_height, worthwhile(c->out_width, c->channels, c->kernel), depthwise_rows_body, &rows);
    break;
  default: nhwc_run_product(kernels, c, input, packed, epilogue);
  }
}

void lathe_nhwc_max_pool(const lathe_nhwc_pool *pool, const float *input, float *output) {
  nhwc_rows rows = {.kernels = LATHE_TABLE(nhwc_kernels), .pool = pool, .input = input, .output = output};
  lathe_parallel_for(pool->images * pool->out_height, worthwhile(pool->out_width, pool->channels, pool->kernel), max_pool_body, &rows);
}

void lathe_nhwc_average_pool(const lathe_nhwc_pool *pool, bool count_padding, intptr_t divisor, const float *input, float *output) {
  nhwc_rows rows = {.kernels = LATHE_TABLE(nhwc_kernels), .pool = pool, .input = input, .output = output,
                    .count_padding = count_padding, .divisor = divisor};
  lathe_parallel_for(pool->images * pool->out_height, worthwhile(pool->out_width, pool->channels, pool->kernel), average_pool_body, &rows);
}
