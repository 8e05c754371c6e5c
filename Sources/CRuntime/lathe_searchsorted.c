#include <stdatomic.h>
#include <stdbool.h>
#include "convert_table.h"
#include "lathe_index.h"
#include "lathe_nest.h"
#include "lathe_threads.h"

enum { GRAIN = 512 };

typedef struct search {
  const lathe_view *sorted, *sorter, *values, *output;
  bool right, reals, shared;
  lathe_convert_run read, write, read_sorter;
  lathe_index_error *error;
  atomic_bool failed;
} search;

typedef union number { double real; int64_t integer; } number;

static number element(const search *w, const lathe_view *view, intptr_t offset) {
  number x;
  w->read(&x, 1, (const char *)view->data + offset * lathe_dtype_size(view->dtype), 1, 1);
  return x;
}

static void search_values(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  search *w = context;
  const lathe_view *v = w->values;
  int last = w->sorted->rank - 1;
  intptr_t n = w->sorted->sizes[last];
  for (intptr_t i = begin; i < end; i++) {
    intptr_t rest = i, value_offset = 0, output_offset = 0, row = 0, sorter_row = 0;
    for (int k = v->rank - 1; k >= 0; k--) {
      intptr_t at = rest % v->sizes[k];
      rest /= v->sizes[k];
      value_offset += at * v->strides[k];
      output_offset += at * w->output->strides[k];
      if (!w->shared && k < last) {
        row += at * w->sorted->strides[k];
        if (w->sorter) sorter_row += at * w->sorter->strides[k];
      }
    }
    number x = element(w, v, value_offset);
    intptr_t low = 0, high = n;
    while (low < high) {
      intptr_t middle = low + (high - low) / 2;
      int64_t place = middle;
      if (w->sorter) {
        w->read_sorter(&place, 1, (const char *)w->sorter->data
                       + (sorter_row + middle * w->sorter->strides[last]) * lathe_dtype_size(w->sorter->dtype), 1, 1);
        if (place < 0 || place >= n) {
          bool none = false;
          if (atomic_compare_exchange_strong(&w->failed, &none, true) && w->error)
            *w->error = (lathe_index_error){.value = place, .dimension = last, .size = n};
          return;
        }
      }
      number y = element(w, w->sorted, row + place * w->sorted->strides[last]);
      bool stop = w->reals ? (w->right ? y.real > x.real : y.real >= x.real)
                           : (w->right ? y.integer > x.integer : y.integer >= x.integer);
      if (stop) high = middle; else low = middle + 1;
    }
    int64_t found = low;
    w->write((char *)w->output->data + output_offset * lathe_dtype_size(w->output->dtype), 1, &found, 1, 1);
  }
}

int lathe_searchsorted(const lathe_view *sorted, const lathe_view *sorter, const lathe_view *values, bool right, const lathe_view *output,
                       lathe_index_error *error) {
  const convert_kernels *convert = LATHE_TABLE(convert_kernels);
  search w = {.sorted = sorted, .sorter = sorter, .values = values, .output = output, .right = right, .error = error};
  w.reals = sorted->dtype >= LATHE_F16;
  w.shared = sorted->rank == 1;
  w.read = lathe_converter(convert, w.reals ? LATHE_F64 : LATHE_I64, sorted->dtype);
  w.write = lathe_converter(convert, output->dtype, LATHE_I64);
  if (sorter) w.read_sorter = lathe_converter(convert, LATHE_I64, sorter->dtype);
  atomic_init(&w.failed, false);
  intptr_t count = 1;
  for (int k = 0; k < values->rank; k++) count *= values->sizes[k];
  lathe_parallel_for(count, GRAIN, search_values, &w);
  return atomic_load(&w.failed);
}
