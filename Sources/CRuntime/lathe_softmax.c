#include "lathe_block.h"
#include "lathe_lines.h"
#include "lathe_normalize.h"
#include "lathe_scratch.h"
#include "lathe_threads.h"
#include "normalize_table.h"

enum { SLOT = 6, GRAIN = 1 << 13 };

typedef struct softmax {
  lathe_lines lines;       // input, output
  lathe_block from, to;    // one line of each
  bool logarithm, doubles;
  const normalize_kernels *kernels;
  intptr_t blocks0;        // column blocks along kept dimension 0
} softmax;

static void rows(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const softmax *w = context;
  const lathe_lines *lines = &w->lines;
  intptr_t n = lines->length[0];
  void *buffer = w->from.direct && w->to.direct ? NULL : lathe_scratch(SLOT, (size_t)n * 8);
  for (intptr_t line = begin; line < end; line++) {
    intptr_t at[LATHE_MAX_RANK];
    lathe_nest_locate(line, 0, lines->rank, lines->sizes, at);
    char *output = lathe_lines_at(lines, 1, at);
    const void *x = lathe_block_read(&w->from, lathe_lines_at(lines, 0, at), buffer);
    void *d = lathe_block_target(&w->to, output, buffer);
    if (w->doubles) w->kernels->softmax_row_f64(d, x, n, w->logarithm);
    else w->kernels->softmax_row_f32(d, x, n, w->logarithm);
    lathe_block_write(&w->to, output, d);
  }
}

static void columns(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const softmax *w = context;
  const lathe_lines *lines = &w->lines;
  for (intptr_t block = begin; block < end; block++) {
    intptr_t at[LATHE_MAX_RANK];
    at[0] = block % w->blocks0 * LATHE_SOFTMAX_COLUMNS;
    lathe_nest_locate(block / w->blocks0, 1, lines->rank, lines->sizes, at);
    intptr_t some = lines->sizes[0] - at[0] < LATHE_SOFTMAX_COLUMNS ? lines->sizes[0] - at[0] : LATHE_SOFTMAX_COLUMNS;
    w->kernels->softmax_columns_f32((float *)lathe_lines_at(lines, 1, at), lines->stride[1], (const float *)lathe_lines_at(lines, 0, at),
                                    lines->stride[0], lines->length[0], some, w->logarithm);
  }
}

static void run(const lathe_view *input, int32_t dimension, const lathe_view *output, bool logarithm) {
  softmax w = {.lines = lathe_lines_make(dimension, 2, (const lathe_view *[]){input, output}), .logarithm = logarithm};
  intptr_t n = w.lines.length[0];
  if (w.lines.count == 0 || n == 0) return;
  w.doubles = input->dtype == LATHE_F64 || output->dtype == LATHE_F64;
  w.kernels = LATHE_TABLE(normalize_kernels);
  int32_t held = w.doubles ? LATHE_F64 : LATHE_F32;
  bool f32 = input->dtype == LATHE_F32 && output->dtype == LATHE_F32;
  if (f32 && w.lines.stride[0] > 1 && w.lines.sizes[0] > 1 && w.lines.strides[0][0] == 1 && w.lines.strides[1][0] == 1) {
    w.blocks0 = (w.lines.sizes[0] + LATHE_SOFTMAX_COLUMNS - 1) / LATHE_SOFTMAX_COLUMNS;
    intptr_t blocks = w.blocks0 * (w.lines.count / w.lines.sizes[0]), size = n * (w.lines.count / blocks);
    lathe_parallel_for(blocks, GRAIN / size + 1, columns, &w);
    return;
  }
  w.from = lathe_block_make(1, &n, &w.lines.stride[0], input->dtype, held);
  w.to = lathe_block_make(1, &n, &w.lines.stride[1], output->dtype, held);
  lathe_parallel_for(w.lines.count, GRAIN / n + 1, rows, &w);
}

void lathe_softmax(const lathe_view *input, int32_t dimension, const lathe_view *output) { run(input, dimension, output, false); }
void lathe_log_softmax(const lathe_view *input, int32_t dimension, const lathe_view *output) { run(input, dimension, output, true); }
