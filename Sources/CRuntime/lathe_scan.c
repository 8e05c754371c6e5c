#include <math.h>
#include <stdbool.h>
#include "convert_table.h"
#include "lathe_lines.h"
#include "lathe_reduce.h"
#include "lathe_threads.h"

enum { CHUNK = 512, GRAIN = 1 << 14 };

typedef struct scan {
  lathe_scan_op op;
  bool integers;
  lathe_lines lines;  // input, output, indices
  lathe_convert_run read, write, write_index;
} scan;

static double log_add(double a, double b) {
  if (isnan(a) || isnan(b)) return NAN;
  double top = a > b ? a : b, low = a > b ? b : a;
  return isinf(top) && top == low ? top : top + log1p(exp(low - top));
}

static void scan_integers(const scan *s, int64_t *x, int64_t *index, intptr_t n, intptr_t first, int64_t *held, int64_t *where) {
  for (intptr_t i = 0; i < n; i++) {
    bool start = first + i == 0;
    switch (s->op) {
    case LATHE_SCAN_SUM: *held = start ? x[i] : (int64_t)((uint64_t)*held + (uint64_t)x[i]); break;
    case LATHE_SCAN_PROD: *held = start ? x[i] : (int64_t)((uint64_t)*held * (uint64_t)x[i]); break;
    default:
      if (start || (s->op == LATHE_SCAN_MAX ? x[i] >= *held : x[i] <= *held)) { *held = x[i]; *where = first + i; }
    }
    x[i] = *held;
    index[i] = *where;
  }
}
static void scan_reals(const scan *s, double *x, int64_t *index, intptr_t n, intptr_t first, double *held, int64_t *where) {
  for (intptr_t i = 0; i < n; i++) {
    bool start = first + i == 0;
    switch (s->op) {
    case LATHE_SCAN_SUM: *held = start ? x[i] : *held + x[i]; break;
    case LATHE_SCAN_PROD: *held = start ? x[i] : *held * x[i]; break;
    case LATHE_SCAN_LOGSUMEXP: *held = start ? x[i] : log_add(*held, x[i]); break;
    default:
      if (start || isnan(x[i]) || (!isnan(*held) && (s->op == LATHE_SCAN_MAX ? x[i] >= *held : x[i] <= *held))) {
        *held = x[i];
        *where = first + i;
      }
    }
    x[i] = *held;
    index[i] = *where;
  }
}

static void scan_lines(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const scan *s = context;
  const lathe_lines *lines = &s->lines;
  union { double real[CHUNK]; int64_t integer[CHUNK]; } buffer;
  int64_t index[CHUNK];
  for (intptr_t line = begin; line < end; line++) {
    intptr_t at[LATHE_MAX_RANK], length = lines->length[0];
    lathe_nest_locate(line, 0, lines->rank, lines->sizes, at);
    const char *input = lathe_lines_at(lines, 0, at);
    char *output = lathe_lines_at(lines, 1, at), *indices = lathe_lines_at(lines, 2, at);
    double real = 0;
    int64_t integer = 0, where = 0;
    for (intptr_t first = 0; first < length; first += CHUNK) {
      intptr_t n = length - first < CHUNK ? length - first : CHUNK;
      s->read(&buffer, 1, input + first * lines->stride[0] * lines->bytes[0], lines->stride[0], n);
      if (s->integers) scan_integers(s, buffer.integer, index, n, first, &integer, &where);
      else scan_reals(s, buffer.real, index, n, first, &real, &where);
      s->write(output + first * lines->stride[1] * lines->bytes[1], lines->stride[1], &buffer, 1, n);
      if (indices) s->write_index(indices + first * lines->stride[2] * lines->bytes[2], lines->stride[2], index, 1, n);
    }
  }
}

void lathe_scan(lathe_scan_op op, const lathe_view *input, int32_t dimension, const lathe_view *output, const lathe_view *indices) {
  const lathe_view *views[] = {input, output, indices};
  const convert_kernels *convert = LATHE_TABLE(convert_kernels);
  bool reals = input->dtype >= LATHE_F16 || output->dtype >= LATHE_F16;
  int32_t held = reals ? LATHE_F64 : LATHE_I64;
  scan s = {.op = op, .integers = !reals, .lines = lathe_lines_make(dimension, 3, views)};
  s.read = lathe_converter(convert, held, input->dtype);
  s.write = lathe_converter(convert, output->dtype, held);
  if (indices) s.write_index = lathe_converter(convert, indices->dtype, LATHE_I64);
  if (s.lines.count == 0 || s.lines.length[0] == 0) return;
  lathe_parallel_for(s.lines.count, GRAIN / s.lines.length[0] + 1, scan_lines, &s);
}
