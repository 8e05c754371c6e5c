#include "lathe_copy.h"
#include "convert_table.h"
#include "lathe_nest.h"
#include "lathe_threads.h"

enum { GRAIN_BYTES = 128 << 10, PIECE = 1 << 16, STREAM_BYTES = 24 << 20, EDGE = 64 };

typedef struct copy_plan {
  const convert_kernels *kernels;
  lathe_convert_run convert;
  int rank;
  intptr_t sizes[LATHE_MAX_RANK];
  lathe_strides strides[2];
  char *to;
  const char *from;
  intptr_t to_bytes, from_bytes;
  intptr_t piece, pieces;  // of dimension 0: elements each, and how many
  bool rows, stream;       // rows of bytes as they are; past the cache
  // transposes: squares of dimension 0 and `other`
  int other;
  intptr_t squares0, squares1;
} copy_plan;

/// Work unit: one piece of dimension 0 at one position of the others; whole rows are taken along dimension 1 together.
static void copy_pieces(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const copy_plan *plan = context;
  const intptr_t *ds = plan->strides[0], *ss = plan->strides[1];
  intptr_t at[LATHE_MAX_RANK] = {0};
  for (intptr_t unit = begin; unit < end;) {
    intptr_t piece = unit % plan->pieces, first = piece * plan->piece;
    intptr_t n = plan->sizes[0] - first < plan->piece ? plan->sizes[0] - first : plan->piece;
    lathe_nest_locate(unit / plan->pieces, 1, plan->rank, plan->sizes, at);
    char *d = plan->to + (first * ds[0] + lathe_nest_offset(1, plan->rank, at, ds)) * plan->to_bytes;
    const char *s = plan->from + (first * ss[0] + lathe_nest_offset(1, plan->rank, at, ss)) * plan->from_bytes;
    intptr_t rows = 1;
    if (plan->pieces == 1 && plan->rank > 1) {
      rows = plan->sizes[1] - at[1];
      if (rows > end - unit) rows = end - unit;
    }
    intptr_t dr = plan->rank > 1 ? ds[1] * plan->to_bytes : 0, sr = plan->rank > 1 ? ss[1] * plan->from_bytes : 0;
    if (plan->stream) plan->kernels->stream(d, s, (size_t)(n * plan->to_bytes));
    else if (plan->rows) plan->kernels->rows(d, dr, s, sr, n * plan->to_bytes, rows);
    else for (intptr_t r = 0; r < rows; r++) plan->convert(d + r * dr, ds[0], s + r * sr, ss[0], n);
    unit += rows;
  }
}

/// Work unit: one square.
static void copy_squares(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const copy_plan *plan = context;
  const intptr_t *ds = plan->strides[0], *ss = plan->strides[1];
  int other = plan->other, log2_bytes = __builtin_ctz((unsigned)plan->to_bytes);
  intptr_t at[LATHE_MAX_RANK], outer_sizes[LATHE_MAX_RANK];
  for (int k = 0; k < plan->rank; k++) outer_sizes[k] = k == other ? 1 : plan->sizes[k];
  for (intptr_t unit = begin; unit < end; unit++) {
    intptr_t first1 = unit % plan->squares1 * EDGE, first0 = unit / plan->squares1 % plan->squares0 * EDGE;
    lathe_nest_locate(unit / plan->squares1 / plan->squares0, 1, plan->rank, outer_sizes, at);
    intptr_t n0 = plan->sizes[0] - first0 < EDGE ? plan->sizes[0] - first0 : EDGE;
    intptr_t n1 = plan->sizes[other] - first1 < EDGE ? plan->sizes[other] - first1 : EDGE;
    char *d = plan->to + (first0 + first1 * ds[other] + lathe_nest_offset(1, plan->rank, at, ds)) * plan->to_bytes;
    const char *s = plan->from + (first0 * ss[0] + first1 + lathe_nest_offset(1, plan->rank, at, ss)) * plan->to_bytes;
    plan->kernels->transpose[log2_bytes](d, ds[other], s, ss[0], n1, n0);
  }
}

void lathe_copy(const lathe_view *destination, const lathe_view *source) {
  copy_plan plan = {.kernels = LATHE_TABLE(convert_kernels), .to = destination->data, .from = source->data};
  for (int k = 0; k < destination->rank; k++) {
    if (destination->sizes[k] == 0) return;
    plan.sizes[k] = destination->sizes[k];
    plan.strides[0][k] = destination->strides[k];
    plan.strides[1][k] = source->strides[k];
  }
  plan.to_bytes = lathe_dtype_size(destination->dtype);
  plan.from_bytes = lathe_dtype_size(source->dtype);
  plan.convert = lathe_converter(plan.kernels, destination->dtype, source->dtype);
  plan.rank = lathe_nest_arrange(destination->rank, plan.sizes, 2, plan.strides, false);
  const intptr_t *ds = plan.strides[0], *ss = plan.strides[1];
  bool same = destination->dtype == source->dtype;
  if (same && plan.to == plan.from) {
    bool everywhere = true;
    for (int k = 0; k < plan.rank; k++) everywhere = everywhere && ds[k] == ss[k];
    if (everywhere) return;
  }
  intptr_t outer = 1;
  for (int k = 1; k < plan.rank; k++) outer *= plan.sizes[k];
  if (same && ds[0] == 1 && ss[0] > 1 && plan.sizes[0] >= 4)
    for (int j = 1; j < plan.rank; j++) {
      if (ss[j] != 1 || plan.sizes[j] < 4) continue;
      plan.other = j;
      plan.squares0 = (plan.sizes[0] + EDGE - 1) / EDGE;
      plan.squares1 = (plan.sizes[j] + EDGE - 1) / EDGE;
      intptr_t units = plan.squares0 * plan.squares1 * (outer / plan.sizes[j]);
      intptr_t unit_bytes = plan.sizes[0] * outer * plan.to_bytes / units + 1;
      lathe_parallel_for(units, GRAIN_BYTES / unit_bytes + 1, copy_squares, &plan);
      return;
    }
  plan.piece = plan.sizes[0] <= PIECE ? plan.sizes[0] : PIECE;
  plan.pieces = (plan.sizes[0] + plan.piece - 1) / plan.piece;
  plan.rows = same && ds[0] == 1 && (ss[0] == 1 || plan.sizes[0] == 1);
  plan.stream = plan.rows && plan.piece * plan.to_bytes >= 4096 && plan.sizes[0] * outer * plan.to_bytes >= STREAM_BYTES;
  // `stream` takes one row at a time, so it goes piece by piece
  if (plan.stream && plan.pieces == 1) {
    plan.piece = (plan.sizes[0] + 1) / 2;
    plan.pieces = (plan.sizes[0] + plan.piece - 1) / plan.piece;
    if (plan.pieces == 1) plan.stream = false;
  }
  intptr_t unit_bytes = plan.piece * (plan.to_bytes > plan.from_bytes ? plan.to_bytes : plan.from_bytes);
  lathe_parallel_for(plan.pieces * outer, GRAIN_BYTES / unit_bytes + 1, copy_pieces, &plan);
}

void lathe_fill(const lathe_view *destination, lathe_scalar value) {
  _Alignas(8) char element[8];
  const convert_kernels *kernels = LATHE_TABLE(convert_kernels);
  lathe_converter(kernels, destination->dtype, value.is_integer ? LATHE_I64 : LATHE_F64)(element, 1, &value.value, 1, 1);
  lathe_view source = {.data = element, .dtype = destination->dtype, .rank = destination->rank};
  for (int k = 0; k < destination->rank; k++) {
    source.sizes[k] = destination->sizes[k];
    source.strides[k] = 0;
  }
  lathe_copy(destination, &source);
}
