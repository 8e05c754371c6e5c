#include <stdlib.h>
#include "lathe_threads.h"
#include "reduce_plan.h"
#include "tile_plan.h"

// Sums, products and extremes of rows that lie in memory as rows: each row is combined with an accumulator row whole. Sums fold the
// accumulator into a second and a third one now and then, which keeps rounding errors as low as pairwise summation's.

enum { WIDTH = 512, FOLD = 64, LEVELS = 3, GRAIN = 1 << 15 };

typedef struct columns {
  reduce_nests nests;
  lathe_tile_kernel combine;
  lathe_convert_run read, store;
  void (*add_rows)(void *sum, const void *x, intptr_t stride, intptr_t rows, intptr_t n);  // or NULL
  bool natural, folds;
  int type;
  intptr_t input_bytes, output_bytes, bytes;
  const char *input;
  char *output;
  double divisor;
  intptr_t blocks, segments, segment;
  char *partial;  // [units][WIDTH] when there is more than one segment
} columns;

static void start(const columns *w, char *row, const void *first, intptr_t n) { memcpy(row, first, (size_t)(n * w->bytes)); }

static void finish(const columns *w, char *sum, char *output, intptr_t stride, intptr_t n) {
  if (w->divisor != 1) {
    if (w->type == LATHE_TILE_F32) for (intptr_t i = 0; i < n; i++) ((float *)sum)[i] = (float)(((float *)sum)[i] / w->divisor);
    else for (intptr_t i = 0; i < n; i++) ((double *)sum)[i] /= w->divisor;
  }
  w->store(output, stride, sum, 1, n);
}

static void locate(const columns *w, intptr_t block, intptr_t *at, intptr_t *n) {
  intptr_t blocks0 = (w->nests.kept_sizes[0] + WIDTH - 1) / WIDTH;
  at[0] = block % blocks0 * WIDTH;
  *n = w->nests.kept_sizes[0] - at[0] < WIDTH ? w->nests.kept_sizes[0] - at[0] : WIDTH;
  lathe_nest_locate(block / blocks0, 1, w->nests.kept_rank, w->nests.kept_sizes, at);
}

static void column_units(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const columns *w = context;
  const reduce_nests *nests = &w->nests;
  _Alignas(64) char level[LEVELS][WIDTH * 8], converted[WIDTH * 8];
  for (intptr_t unit = begin; unit < end; unit++) {
    intptr_t segment = unit % w->segments, at[LATHE_MAX_RANK], n, position[LATHE_MAX_RANK];
    locate(w, unit / w->segments, at, &n);
    const char *base = w->input + lathe_nest_offset(0, nests->kept_rank, at, nests->kept[0]) * w->input_bytes;
    intptr_t from = segment * w->segment, to = from + w->segment < nests->count ? from + w->segment : nests->count;
    lathe_nest_locate(from, 0, nests->reduced_rank, nests->reduced_sizes, position);
    intptr_t held[LEVELS] = {0};
    for (intptr_t r = from; r < to;) {
      const void *row = base + lathe_nest_offset(0, nests->reduced_rank, position, nests->reduced[0]) * w->input_bytes;
      if (!w->natural) { w->read(converted, 1, row, 1, n); row = converted; }
      intptr_t some = 1;
      if (w->add_rows && held[0] < FOLD) {
        some = nests->reduced_sizes[0] - position[0];
        if (some > to - r) some = to - r;
        if (some > FOLD - held[0]) some = FOLD - held[0];
      }
      if (held[0] == 0 && some > 1) memset(level[0], 0, (size_t)(n * w->bytes));
      if (some > 1) w->add_rows(level[0], row, nests->reduced[0][0], some, n);
      else if (held[0] == 0) start(w, level[0], row, n);
      else w->combine(level[0], level[0], row, NULL, n);
      held[0] += some;
      r += some;
      position[0] += some - 1;
      for (int l = 0; w->folds && l + 1 < LEVELS && held[l] == FOLD; l++) {
        if (held[l + 1] == 0) start(w, level[l + 1], level[l], n);
        else w->combine(level[l + 1], level[l + 1], level[l], NULL, n);
        held[l] = 0;
        held[l + 1]++;
      }
      lathe_nest_advance(0, nests->reduced_rank, nests->reduced_sizes, position);
    }
    int lowest = 0;
    while (held[lowest] == 0) lowest++;
    for (int l = lowest + 1; l < LEVELS; l++) if (held[l]) w->combine(level[lowest], level[lowest], level[l], NULL, n);
    if (w->partial) memcpy(w->partial + unit * WIDTH * w->bytes, level[lowest], (size_t)(n * w->bytes));
    else finish(w, level[lowest], w->output + lathe_nest_offset(0, nests->kept_rank, at, nests->kept[1]) * w->output_bytes, nests->kept[1][0], n);
  }
}

bool lathe_reduce_columns(lathe_tile_op combine, int type, double divisor, const lathe_view *input, uint32_t dimensions, const lathe_view *output) {
  columns w = {.type = type, .divisor = divisor, .input = input->data, .output = output->data};
  const lathe_view *const outputs[2] = {output, NULL};
  lathe_reduce_split(&w.nests, input, dimensions, outputs, false);
  const reduce_nests *nests = &w.nests;
  if (nests->results == 0 || nests->count == 0) return false;
  intptr_t down = nests->reduced[0][0] < 0 ? -nests->reduced[0][0] : nests->reduced[0][0];
  if (nests->kept[0][0] != 1 || nests->kept_sizes[0] < 32 || (down <= 1 && nests->count > 1)) return false;
  const convert_kernels *convert = LATHE_TABLE(convert_kernels);
  int32_t natural = tile_natural_dtype(type);
  w.combine = LATHE_TABLE(tile_kernels)->run[combine][type];
  w.read = lathe_converter(convert, natural, input->dtype);
  w.store = lathe_converter(convert, output->dtype, natural);
  w.natural = input->dtype == natural;
  w.folds = combine == LATHE_OP_ADD;
  if (w.folds && w.natural && type != LATHE_TILE_I64) w.add_rows = LATHE_TABLE(reduce_kernels)->add_rows[type == LATHE_TILE_F64];
  w.input_bytes = lathe_dtype_size(input->dtype);
  w.output_bytes = lathe_dtype_size(output->dtype);
  w.bytes = lathe_dtype_size(natural);
  intptr_t blocks = (nests->kept_sizes[0] + WIDTH - 1) / WIDTH * (nests->results / nests->kept_sizes[0]);
  intptr_t width = nests->kept_sizes[0] < WIDTH ? nests->kept_sizes[0] : WIDTH;
  w.segments = 1;
  w.segment = nests->count;
  if (blocks < 8 && nests->count * width > 4 * GRAIN) {
    w.segments = nests->count * width / GRAIN < 16 ? nests->count * width / GRAIN : 16;
    w.segment = (nests->count + w.segments - 1) / w.segments;
    w.segments = (nests->count + w.segment - 1) / w.segment;
    w.partial = malloc((size_t)(blocks * w.segments * WIDTH * w.bytes));
    if (!w.partial) { w.segments = 1; w.segment = nests->count; }
  }
  lathe_parallel_for(blocks * w.segments, GRAIN / (w.segment * width) + 1, column_units, &w);
  if (!w.partial) return true;
  for (intptr_t block = 0; block < blocks; block++) {
    intptr_t at[LATHE_MAX_RANK], n;
    locate(&w, block, at, &n);
    char *first = w.partial + block * w.segments * WIDTH * w.bytes;
    for (intptr_t s = 1; s < w.segments; s++) w.combine(first, first, first + s * WIDTH * w.bytes, NULL, n);
    finish(&w, first, w.output + lathe_nest_offset(0, nests->kept_rank, at, nests->kept[1]) * w.output_bytes, nests->kept[1][0], n);
  }
  free(w.partial);
  return true;
}
