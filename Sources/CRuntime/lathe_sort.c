#include <stdbool.h>
#include <stdlib.h>
#include "convert_table.h"
#include "lathe_lines.h"
#include "lathe_reduce.h"
#include "lathe_scratch.h"
#include "lathe_threads.h"

// Elements become 64-bit keys whose unsigned order is the wanted one, so one sort serves all dtypes. Equal elements have equal keys and
// stay in their order.

typedef struct keyed { uint64_t key; int64_t index; } keyed;

enum { CHUNK = 512, RADIX_FROM = 1024, GRAIN = 1 << 12, SLOT = 6 };

typedef struct sort_plan {
  bool reals, descending;
  lathe_lines lines;  // input, values, indices
  lathe_convert_run read, move, write_index;
  intptr_t taken;     // elements wanted of each line
} sort_plan;

static uint64_t key_of_real(double x) {
  if (x != x) return UINT64_MAX;
  x += 0.0;  // both zeros are one value
  uint64_t bits;
  memcpy(&bits, &x, 8);
  return bits ^ ((uint64_t)-(int64_t)(bits >> 63) | 1ull << 63);
}

/// Keys of elements first ..< first + n, n at most CHUNK.
static void read_keys(const sort_plan *plan, const char *input, intptr_t first, keyed *out, intptr_t n) {
  union { double real[CHUNK]; int64_t integer[CHUNK]; } buffer;
  intptr_t stride = plan->lines.stride[0];
  plan->read(&buffer, 1, input + first * stride * plan->lines.bytes[0], stride, n);
  uint64_t turn = plan->descending ? UINT64_MAX : 0;
  if (plan->reals) for (intptr_t i = 0; i < n; i++) out[i] = (keyed){key_of_real(buffer.real[i]) ^ turn, first + i};
  else for (intptr_t i = 0; i < n; i++) out[i] = (keyed){(uint64_t)buffer.integer[i] ^ 1ull << 63 ^ turn, first + i};
}

static void merge_sort(keyed *a, keyed *scratch, intptr_t n) {
  enum { RUN = 16 };
  for (intptr_t first = 0; first < n; first += RUN) {
    intptr_t end = first + RUN < n ? first + RUN : n;
    for (intptr_t i = first + 1; i < end; i++) {
      keyed x = a[i];
      intptr_t j = i;
      for (; j > first && a[j - 1].key > x.key; j--) a[j] = a[j - 1];
      a[j] = x;
    }
  }
  keyed *from = a, *to = scratch;
  for (intptr_t width = RUN; width < n; width *= 2) {
    for (intptr_t first = 0; first < n; first += 2 * width) {
      intptr_t middle = first + width < n ? first + width : n, end = first + 2 * width < n ? first + 2 * width : n;
      intptr_t i = first, j = middle;
      for (intptr_t k = first; k < end; k++) to[k] = i < middle && (j >= end || from[i].key <= from[j].key) ? from[i++] : from[j++];
    }
    keyed *other = from; from = to; to = other;
  }
  if (from != a) memcpy(a, from, (size_t)n * sizeof(keyed));
}

static void radix_sort(keyed *a, keyed *scratch, intptr_t n) {
  intptr_t (*counts)[256] = calloc(8, sizeof *counts);
  if (!counts) { merge_sort(a, scratch, n); return; }
  for (intptr_t i = 0; i < n; i++) for (int b = 0; b < 8; b++) counts[b][a[i].key >> (8 * b) & 255]++;
  keyed *from = a, *to = scratch;
  for (int b = 0; b < 8; b++) {
    if (counts[b][from[0].key >> (8 * b) & 255] == n) continue;
    intptr_t place[256], sum = 0;
    for (int v = 0; v < 256; v++) { place[v] = sum; sum += counts[b][v]; }
    for (intptr_t i = 0; i < n; i++) to[place[from[i].key >> (8 * b) & 255]++] = from[i];
    keyed *other = from; from = to; to = other;
  }
  if (from != a) memcpy(a, from, (size_t)n * sizeof(keyed));
  free(counts);
}

static void sort_keys(keyed *a, keyed *scratch, intptr_t n) {
  if (n < RADIX_FROM) merge_sort(a, scratch, n);
  else radix_sort(a, scratch, n);
}

/// The k-th smallest key (k from 0), by counting bytes from the highest down.
static uint64_t select_key(const keyed *a, intptr_t n, intptr_t k) {
  uint64_t prefix = 0, mask = 0;
  for (int b = 7; b >= 0; b--) {
    intptr_t counts[256] = {0};
    for (intptr_t i = 0; i < n; i++) if ((a[i].key & mask) == prefix) counts[a[i].key >> (8 * b) & 255]++;
    int v = 0;
    while (k >= counts[v]) k -= counts[v++];
    prefix |= (uint64_t)v << (8 * b);
    mask |= 255ull << (8 * b);
    if (counts[v] == 1 && k == 0 && b > 0) {  // one element is left
      for (intptr_t i = 0; i < n; i++) if ((a[i].key & mask) == prefix) return a[i].key;
    }
  }
  return prefix;
}

/// Leaves the k smallest of a[0 ..< n] in a[0 ..< k], in their order; of equal ones the first. Returns the largest key kept.
static uint64_t keep_smallest(keyed *a, intptr_t n, intptr_t k) {
  uint64_t last = select_key(a, n, k - 1);
  intptr_t below = 0, kept = 0;
  for (intptr_t i = 0; i < n; i++) below += a[i].key < last;
  intptr_t ties = k - below;
  for (intptr_t i = 0; i < n; i++) if (a[i].key < last || (a[i].key == last && ties-- > 0)) a[kept++] = a[i];
  return last;
}

/// The k smallest of the line, in their order. Elements that cannot be among them are dropped as they are read.
static void take_smallest(const sort_plan *plan, const char *input, keyed *a, intptr_t n, intptr_t k) {
  keyed chunk[CHUNK];
  intptr_t room = 4 * k + 2 * CHUNK < n ? 4 * k + 2 * CHUNK : n, held = 0;
  uint64_t limit = UINT64_MAX;
  bool limited = false;
  for (intptr_t first = 0; first < n; first += CHUNK) {
    intptr_t some = n - first < CHUNK ? n - first : CHUNK;
    read_keys(plan, input, first, chunk, some);
    if (held + some > room) {
      limit = keep_smallest(a, held, k);
      limited = true;
      held = k;
    }
    for (intptr_t i = 0; i < some; i++) {
      a[held] = chunk[i];
      held += !limited || chunk[i].key < limit;
    }
  }
  if (held > k) keep_smallest(a, held, k);
}

static void sort_lines(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const sort_plan *plan = context;
  const lathe_lines *lines = &plan->lines;
  intptr_t n = lines->length[0], k = plan->taken, bytes = lines->bytes[0];
  // two arrays of keys, and the line's values (the output may be the input)
  keyed *a = lathe_scratch(SLOT, (size_t)(n + 1) * (2 * sizeof(keyed) + 8)), *scratch = a + n + 1;
  char *copy = (char *)(scratch + n);
  for (intptr_t line = begin; line < end; line++) {
    intptr_t at[LATHE_MAX_RANK];
    lathe_nest_locate(line, 0, lines->rank, lines->sizes, at);
    const char *input = lathe_lines_at(lines, 0, at);
    char *values = lathe_lines_at(lines, 1, at), *indices = lathe_lines_at(lines, 2, at);
    if (k < n) take_smallest(plan, input, a, n, k);
    else for (intptr_t first = 0; first < n; first += CHUNK) read_keys(plan, input, first, a + first, n - first < CHUNK ? n - first : CHUNK);
    sort_keys(a, scratch, k);
    if (values) {
      plan->move(copy, 1, input, lines->stride[0], n);
      for (intptr_t i = 0; i < k; i++) memcpy(values + i * lines->stride[1] * bytes, copy + a[i].index * bytes, (size_t)bytes);
    }
    if (indices) for (intptr_t i = 0; i < k; i++) plan->write_index(indices + i * lines->stride[2] * lines->bytes[2], 1, &a[i].index, 1, 1);
  }
}

static void run_sort(const lathe_view *input, int32_t dimension, bool descending, const lathe_view *values, const lathe_view *indices) {
  const lathe_view *views[] = {input, values, indices};
  const convert_kernels *convert = LATHE_TABLE(convert_kernels);
  sort_plan plan = {.reals = input->dtype >= LATHE_F16, .descending = descending, .lines = lathe_lines_make(dimension, 3, views)};
  plan.taken = values ? plan.lines.length[1] : indices ? plan.lines.length[2] : 0;
  if (plan.lines.count == 0 || plan.taken == 0) return;
  plan.read = lathe_converter(convert, plan.reals ? LATHE_F64 : LATHE_I64, input->dtype);
  plan.move = convert->move[lathe_dtype_log2(input->dtype)];
  if (indices) plan.write_index = lathe_converter(convert, indices->dtype, LATHE_I64);
  lathe_parallel_for(plan.lines.count, GRAIN / plan.lines.length[0] + 1, sort_lines, &plan);
}

void lathe_sort(const lathe_view *input, int32_t dimension, bool descending, const lathe_view *values, const lathe_view *indices) {
  run_sort(input, dimension, descending, values, indices);
}

void lathe_topk(const lathe_view *input, int32_t dimension, bool largest, const lathe_view *values, const lathe_view *indices) {
  run_sort(input, dimension, largest, values, indices);
}
