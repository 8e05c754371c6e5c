#include "nhwc_plan.h"
#include "lathe_scratch.h"
#include "lathe_threads.h"
#if LATHE_NHWC_PARTS & 1

// Implicit matrix products: images with few channels become padded copies, and the result is cut into tasks.

enum { FEW_CHANNELS = 16, LEAST_ROWS = 96, MOST_ROWS = 400, TASK_WORK = 1 << 19, TASKS_PER_THREAD = 4, ZEROS = 2048 };

typedef struct {
  const nhwc_kernels *kernels;
  nhwc_product product;
  intptr_t row_parts, column_parts, panels;
} product_tasks;

NHWC_COMPACT static void product_body(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const product_tasks *tasks = context;
  for (intptr_t task = begin; task < end; task++) {
    const intptr_t group = task / (tasks->row_parts * tasks->column_parts), rest = task % (tasks->row_parts * tasks->column_parts);
    const intptr_t r = rest % tasks->row_parts, c = rest / tasks->row_parts;
    tasks->kernels->product(&tasks->product, group, nhwc_part(tasks->product.rows, tasks->row_parts, r),
                            nhwc_part(tasks->product.rows, tasks->row_parts, r + 1), nhwc_part(tasks->panels, tasks->column_parts, c),
                            nhwc_part(tasks->panels, tasks->column_parts, c + 1));
  }
}

typedef struct { const lathe_nhwc_convolution *from, *to; const float *input; float *output; } padding_copy;

NHWC_COMPACT static void padding_body(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const padding_copy *copy = context;
  const lathe_nhwc_convolution *from = copy->from;
  const intptr_t width = copy->to->row_stride, height = copy->to->height, channels = from->channels;
  for (intptr_t row = begin; row < end; row++) {
    float *out = copy->output + row * width;
    const intptr_t y = row % height - from->padding[0], left = from->padding[1] * channels;
    const intptr_t pixels = width / channels - from->padding[1] < from->width ? width / channels - from->padding[1] : from->width;
    if (y < 0 || y >= from->height || pixels <= 0) {
      memset(out, 0, (size_t)width * sizeof(float));
      continue;
    }
    const float *in = copy->input + row / height * from->image_stride + y * from->row_stride;
    memset(out, 0, (size_t)left * sizeof(float));
    if (from->pixel_stride == channels) memcpy(out + left, in, (size_t)(pixels * channels) * sizeof(float));
    else
      for (intptr_t x = 0; x < pixels; x++)
        for (intptr_t c = 0; c < channels; c++) out[left + x * channels + c] = in[x * from->pixel_stride + c];
    memset(out + left + pixels * channels, 0, (size_t)(width - left - pixels * channels) * sizeof(float));
  }
}

/// A row of taps over few channels becomes one long tap over a copy that has the padding in it.
NHWC_COMPACT static void merge_taps(nhwc_product *product, const lathe_nhwc_convolution *from) {
  lathe_nhwc_convolution *to = &product->image;
  to->height = (from->out_height - 1) * from->stride[0] + (from->kernel[0] - 1) * from->dilation[0] + 1;
  to->width = (from->out_width - 1) * from->stride[1] + from->kernel[1];
  to->padding[0] = to->padding[1] = 0;
  to->pixel_stride = from->channels;
  to->row_stride = to->width * from->channels;
  to->image_stride = to->height * to->row_stride;
  to->channels = from->kernel[1] * from->channels;
  to->kernel[1] = 1;
  float *copy = lathe_scratch(2, (size_t)(to->images * to->image_stride) * sizeof(float));
  padding_copy context = {from, to, product->input, copy};
  lathe_parallel_for(to->images * to->height, 1 + 16384 / to->row_stride, padding_body, &context);
  product->input = copy;
}

/// Sums over no channels are zeros, of which the epilogue makes results.
static void run_over_nothing(const nhwc_product *product, intptr_t groups, intptr_t panel) {
  const intptr_t width = nhwc_ceiling(product->group_outputs, panel) * panel, most = 1 + ZEROS / width;
  float *sums = lathe_scratch(2, (size_t)(most * width) * sizeof(float));
  for (intptr_t group = 0; group < groups; group++)
    for (intptr_t row = 0; row < product->rows; row += most) {
      const intptr_t rows = product->rows - row < most ? product->rows - row : most;
      memset(sums, 0, (size_t)(rows * width) * sizeof(float));
      product->epilogue->run(product->epilogue->context, sums, width, row, group * product->group_outputs, rows, product->group_outputs);
    }
}

NHWC_COMPACT void nhwc_run_product(const nhwc_kernels *kernels, const lathe_nhwc_convolution *convolution, const float *input,
                                   const float *packed, const lathe_epilogue *epilogue) {
  const intptr_t channels = convolution->channels / convolution->groups, outputs = convolution->outputs / convolution->groups;
  product_tasks tasks = {.kernels = kernels};
  tasks.product = (nhwc_product){
    .image = *convolution, .input = input, .packed = packed, .epilogue = epilogue, .group_channels = channels,
    .group_outputs = outputs, .rows = convolution->images * convolution->out_height * convolution->out_width,
    .depth = channels * convolution->kernel[0] * convolution->kernel[1]};
  tasks.product.image.channels = channels;
  if (tasks.product.rows == 0 || outputs == 0) return;
  if (channels == 0) {
    run_over_nothing(&tasks.product, convolution->groups, kernels->panel);
    return;
  }
  if (convolution->groups == 1 && channels < FEW_CHANNELS && convolution->kernel[1] > 1 && convolution->dilation[1] == 1)
    merge_taps(&tasks.product, convolution);
  else if (convolution->padding[0] || convolution->padding[1]) {
    float *zeros = lathe_scratch(2, (size_t)channels * sizeof(float));
    memset(zeros, 0, (size_t)channels * sizeof(float));
    tasks.product.zeros = zeros;
  }

  // As many tasks as keep the threads evenly busy. Tall ones use their weights often; where there are few pixels, outputs are
  // divided too, and each weight is still read by few tasks.
  const intptr_t rows = tasks.product.rows, threads = lathe_thread_count();
  tasks.panels = nhwc_ceiling(outputs, kernels->panel);
  const double work = (double)rows * (double)outputs * (double)tasks.product.depth;
  const intptr_t worth = (intptr_t)(work / TASK_WORK) + 1;
  intptr_t wanted = threads == 1 ? 1 : nhwc_ceiling(threads * TASKS_PER_THREAD, convolution->groups);
  if (wanted > worth) wanted = worth;
  intptr_t row_parts = rows / LEAST_ROWS < wanted ? rows / LEAST_ROWS : wanted;
  if (row_parts < nhwc_ceiling(rows, MOST_ROWS)) row_parts = nhwc_ceiling(nhwc_ceiling(rows, MOST_ROWS), threads) * threads;
  if (convolution->block_rows > 0) row_parts = nhwc_ceiling(rows, convolution->block_rows);
  tasks.row_parts = row_parts < 1 ? 1 : row_parts > rows ? rows : row_parts;
  intptr_t column_parts = nhwc_ceiling(wanted, tasks.row_parts);
  if (convolution->block_columns > 0) column_parts = nhwc_ceiling(outputs, convolution->block_columns);
  tasks.column_parts = column_parts > tasks.panels ? tasks.panels : column_parts;
  lathe_parallel_for(convolution->groups * tasks.row_parts * tasks.column_parts, 1, product_body, &tasks);
}
#endif
