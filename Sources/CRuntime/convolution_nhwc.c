#include "nhwc_plan.h"
#include "lathe_threads.h"

// Channels-last convolutions by their algorithms; those and the pools that go by rows.

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

#if LATHE_NHWC_PARTS & 8
static void depthwise_rows_body(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const nhwc_rows *rows = context;
  rows->kernels->depthwise(rows->convolution, rows->input, rows->packed, rows->epilogue, begin, end);
}
#endif
#if LATHE_NHWC_PARTS & 16
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
#endif
/// Rows of an image that are worth a thread's while.
static inline intptr_t worthwhile(intptr_t width, intptr_t channels, const intptr_t kernel[2]) {
  return 1 + 65536 / (width * channels * kernel[0] * kernel[1] + 1);
}

#if LATHE_NHWC_PARTS & 15
NHWC_COMPACT void lathe_nhwc_run(const lathe_nhwc_convolution *c, const float *input, const float *packed,
                                 const lathe_epilogue *epilogue) {
  if (c->images <= 0 || c->out_height <= 0 || c->out_width <= 0 || c->outputs <= 0) return;
  const nhwc_kernels *kernels = LATHE_TABLE(nhwc_kernels);
  switch (c->algorithm) {
#if LATHE_NHWC_PARTS & 1
  case LATHE_NHWC_IMPLICIT: nhwc_run_product(kernels, c, input, packed, epilogue); break;
#endif
#if LATHE_NHWC_PARTS & 6
  case LATHE_NHWC_WINOGRAD_2:
  case LATHE_NHWC_WINOGRAD_4: nhwc_run_winograd(kernels, c, input, packed, epilogue); break;
#endif
#if LATHE_NHWC_PARTS & 8
  case LATHE_NHWC_DEPTHWISE: {
    nhwc_rows rows = {.kernels = kernels, .convolution = c, .input = input, .packed = packed, .epilogue = epilogue};
    lathe_parallel_for(c->images * c->out_height, worthwhile(c->out_width, c->channels, c->kernel), depthwise_rows_body, &rows);
    break;
  }
#endif
  }
}
#endif

#if LATHE_NHWC_PARTS & 16
NHWC_COMPACT void lathe_nhwc_max_pool(const lathe_nhwc_pool *pool, const float *input, float *output) {
  nhwc_rows rows = {.kernels = LATHE_TABLE(nhwc_kernels), .pool = pool, .input = input, .output = output};
  lathe_parallel_for(pool->images * pool->out_height, worthwhile(pool->out_width, pool->channels, pool->kernel), max_pool_body, &rows);
}

NHWC_COMPACT void lathe_nhwc_average_pool(const lathe_nhwc_pool *pool, bool count_padding, intptr_t divisor, const float *input,
                                          float *output) {
  nhwc_rows rows = {.kernels = LATHE_TABLE(nhwc_kernels), .pool = pool, .input = input, .output = output,
                    .count_padding = count_padding, .divisor = divisor};
  lathe_parallel_for(pool->images * pool->out_height, worthwhile(pool->out_width, pool->channels, pool->kernel), average_pool_body, &rows);
}
#endif
