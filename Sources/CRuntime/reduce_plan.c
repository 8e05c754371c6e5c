#include "reduce_plan.h"
#include <stdlib.h>
#include "lathe_threads.h"
#include "tile_plan.h"

enum { CHUNK = 2048, BUFFER = 1024, COLUMNS = 16, COLUMN_CHUNK = 256, SEGMENT = 1 << 15, GRAIN = 1 << 15 };

void lathe_reduce_split(reduce_nests *nests, const lathe_view *input, uint32_t dimensions, const lathe_view *const outputs[2], bool ordered) {
  int kept = 0, reduced = 0;
  nests->results = nests->count = 1;
  for (int k = 0; k < input->rank; k++) {
    if (dimensions >> k & 1) {
      nests->count *= input->sizes[k];
      nests->reduced_sizes[reduced] = input->sizes[k];
      nests->reduced[0][reduced++] = input->strides[k];
    } else {
      nests->results *= input->sizes[k];
      nests->kept_sizes[kept] = input->sizes[k];
      nests->kept[0][kept] = input->strides[k];
      for (int o = 0; o < 2; o++) nests->kept[o + 1][kept] = outputs[o] ? outputs[o]->strides[k] : 0;
      kept++;
    }
  }
  if (nests->results == 0) return;
  nests->kept_rank = lathe_nest_arrange(kept, nests->kept_sizes, outputs[1] || !outputs[0] ? 3 : 2, nests->kept, false);
  if (nests->count == 0) return;
  nests->reduced_rank = lathe_nest_arrange(reduced, nests->reduced_sizes, 1, nests->reduced, ordered);
}

typedef struct walk {
  const reduce_operation *op;
  reduce_nests nests;
  const convert_kernels *convert;
  lathe_convert_run read;
  bool natural;              // elements are in memory as the operation reads them
  int log2_bytes;            // of an element as read
  intptr_t input_bytes;
  const char *input;
  char *output[2];
  intptr_t output_bytes[2];
  int group;                 // neighbouring results that are read together, since they lie closer than a result's own elements
  intptr_t groups0, groups;  // groups along kept dimension 0, and in all
  intptr_t segments, segment;
  reduce_state *partial;     // [results][segments] when there is more than one segment
} walk;

static void read_one(const walk *w, const char *base, intptr_t begin, intptr_t end, reduce_state *state) {
  const reduce_operation *op = w->op;
  const reduce_nests *nests = &w->nests;
  _Alignas(64) char buffer[BUFFER * 8];
  intptr_t at[LATHE_MAX_RANK], filled = 0, stride = nests->reduced[0][0], consumed = begin;
  lathe_nest_locate(begin, 0, nests->reduced_rank, nests->reduced_sizes, at);
  bool direct = w->natural && (stride == 1 || nests->reduced_sizes[0] == 1) && (nests->reduced_rank == 1 || nests->reduced_sizes[0] >= 64);
  for (intptr_t position = begin; position < end;) {
    intptr_t run = nests->reduced_sizes[0] - at[0];
    if (run > end - position) run = end - position;
    const char *s = base + lathe_nest_offset(0, nests->reduced_rank, at, nests->reduced[0]) * w->input_bytes;
    if (direct) {
      if (run > CHUNK) run = CHUNK;
      op->consume(op, state, s, run, position);
    } else {
      if (run > BUFFER - filled) run = BUFFER - filled;
      w->read(buffer + (filled << w->log2_bytes), 1, s, stride, run);
      filled += run;
      if (filled == BUFFER || position + run == end) {
        op->consume(op, state, buffer, filled, consumed);
        consumed += filled;
        filled = 0;
      }
    }
    position += run;
    at[0] += run;
    if (at[0] == nests->reduced_sizes[0]) {
      at[0] = 0;
      lathe_nest_advance(1, nests->reduced_rank, nests->reduced_sizes, at);
    }
  }
}

static void read_columns(const walk *w, const char *base, int columns, intptr_t begin, intptr_t end, reduce_state *state) {
  const reduce_operation *op = w->op;
  const reduce_nests *nests = &w->nests;
  _Alignas(64) char buffer[COLUMNS * COLUMN_CHUNK * 8], row[COLUMNS * 8 * 64];
  intptr_t at[LATHE_MAX_RANK], filled = 0, stride = nests->reduced[0][0] * w->input_bytes, consumed = begin;
  lathe_nest_locate(begin, 0, nests->reduced_rank, nests->reduced_sizes, at);
  for (intptr_t position = begin; position < end;) {
    intptr_t run = nests->reduced_sizes[0] - at[0];
    if (run > end - position) run = end - position;
    if (run > COLUMN_CHUNK - filled) run = COLUMN_CHUNK - filled;
    const char *s = base + lathe_nest_offset(0, nests->reduced_rank, at, nests->reduced[0]) * w->input_bytes;
    char *d = buffer + (filled << w->log2_bytes);
    if (w->natural) {
      w->convert->transpose[w->log2_bytes](d, COLUMN_CHUNK, s, nests->reduced[0][0], columns, run);
    } else {
      for (intptr_t first = 0; first < run; first += 64) {
        intptr_t rows = run - first < 64 ? run - first : 64;
        for (intptr_t r = 0; r < rows; r++) w->read(row + (r * COLUMNS << w->log2_bytes), 1, s + (first + r) * stride, 1, columns);
        w->convert->transpose[w->log2_bytes](d + (first << w->log2_bytes), COLUMN_CHUNK, row, COLUMNS, columns, rows);
      }
    }
    filled += run;
    position += run;
    if (filled == COLUMN_CHUNK || position == end) {
      for (int c = 0; c < columns; c++) op->consume(op, &state[c], buffer + ((intptr_t)c * COLUMN_CHUNK << w->log2_bytes), filled, consumed);
      consumed += filled;
      filled = 0;
    }
    at[0] += run;
    if (at[0] == nests->reduced_sizes[0]) {
      at[0] = 0;
      lathe_nest_advance(1, nests->reduced_rank, nests->reduced_sizes, at);
    }
  }
}

static void finish_one(const walk *w, const reduce_state *state, const intptr_t *at) {
  char *element[2];
  for (int o = 0; o < 2; o++)
    element[o] = w->output[o] ? w->output[o] + lathe_nest_offset(0, w->nests.kept_rank, at, w->nests.kept[o + 1]) * w->output_bytes[o] : NULL;
  w->op->finish(w->op, state, w->nests.count, element);
}

/// Work unit: one segment of one group of results.
static void walk_units(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const walk *w = context;
  const reduce_nests *nests = &w->nests;
  for (intptr_t unit = begin; unit < end; unit++) {
    intptr_t segment = unit % w->segments, group = unit / w->segments;
    intptr_t from = segment * w->segment, to = from + w->segment < nests->count ? from + w->segment : nests->count;
    intptr_t at[LATHE_MAX_RANK];
    at[0] = group % w->groups0 * w->group;
    lathe_nest_locate(group / w->groups0, 1, nests->kept_rank, nests->kept_sizes, at);
    int columns = (int)(nests->kept_sizes[0] - at[0] < w->group ? nests->kept_sizes[0] - at[0] : w->group);
    const char *base = w->input + lathe_nest_offset(0, nests->kept_rank, at, nests->kept[0]) * w->input_bytes;
    reduce_state state[COLUMNS];
    for (int c = 0; c < columns; c++) state[c] = w->op->start;
    if (w->group == 1) read_one(w, base, from, to, state);
    else read_columns(w, base, columns, from, to, state);
    for (int c = 0; c < columns; c++, at[0]++) {
      if (w->partial) w->partial[(group * w->group + c) * w->segments + segment] = state[c];
      else finish_one(w, &state[c], at);
    }
  }
}

void lathe_reduce_walk(const reduce_operation *op, const lathe_view *input, uint32_t dimensions, const lathe_view *const outputs[2]) {
  walk w = {.op = op, .convert = LATHE_TABLE(convert_kernels), .input = input->data};
  lathe_reduce_split(&w.nests, input, dimensions, outputs, op->ordered);
  const reduce_nests *nests = &w.nests;
  if (nests->results == 0) return;
  for (int o = 0; o < 2; o++)
    if (outputs[o]) { w.output[o] = outputs[o]->data; w.output_bytes[o] = lathe_dtype_size(outputs[o]->dtype); }
  if (nests->count == 0) {
    intptr_t at[LATHE_MAX_RANK] = {0};
    do finish_one(&w, &op->start, at); while (lathe_nest_advance(0, nests->kept_rank, nests->kept_sizes, at));
    return;
  }
  int32_t natural = tile_natural_dtype(op->type);
  w.natural = input->dtype == natural;
  w.read = lathe_converter(w.convert, natural, input->dtype);
  w.log2_bytes = lathe_dtype_log2(natural);
  w.input_bytes = lathe_dtype_size(input->dtype);
  intptr_t down = nests->reduced[0][0] < 0 ? -nests->reduced[0][0] : nests->reduced[0][0];
  w.group = nests->kept[0][0] == 1 && down > 1 && nests->kept_sizes[0] > 1 ? COLUMNS : 1;
  w.groups0 = (nests->kept_sizes[0] + w.group - 1) / w.group;
  w.groups = w.groups0 * (nests->results / nests->kept_sizes[0]);
  w.segments = 1;
  w.segment = nests->count;
  if (w.groups < 16 && nests->count > 2 * SEGMENT / w.group) {
    intptr_t share = SEGMENT / w.group;
    if (nests->count / share > 256) share = (nests->count + 255) / 256;
    w.segment = share;
    w.segments = (nests->count + share - 1) / share;
    w.partial = malloc((size_t)(w.groups * w.group * w.segments) * sizeof(reduce_state));
    if (!w.partial) { w.segments = 1; w.segment = nests->count; }
  }
  intptr_t unit = w.segment * w.group;
  lathe_parallel_for(w.groups * w.segments, GRAIN / unit + 1, walk_units, &w);
  if (!w.partial) return;
  for (intptr_t group = 0; group < w.groups; group++) {
    intptr_t at[LATHE_MAX_RANK];
    at[0] = group % w.groups0 * w.group;
    lathe_nest_locate(group / w.groups0, 1, nests->kept_rank, nests->kept_sizes, at);
    for (int c = 0; c < w.group && at[0] < nests->kept_sizes[0]; c++, at[0]++) {
      reduce_state *first = w.partial + (group * w.group + c) * w.segments;
      for (intptr_t s = 1; s < w.segments; s++) op->merge(op, first, first + s);
      finish_one(&w, first, at);
    }
  }
  free(w.partial);
}
