#include <stdbool.h>
#include "convert_table.h"
#include "lathe_index.h"
#include "lathe_nest.h"
#include "lathe_reduce.h"

enum { CHUNK = 1024 };

intptr_t lathe_nonzero_count(const lathe_view *input) {
  int64_t count = 0;
  lathe_view output = {.data = &count, .dtype = LATHE_I64, .rank = input->rank};
  for (int k = 0; k < input->rank; k++) { output.sizes[k] = 1; output.strides[k] = 0; }
  lathe_reduce(LATHE_REDUCE_COUNT_NONZERO, input, (uint32_t)((1ull << input->rank) - 1), &output);
  return (intptr_t)count;
}

void lathe_nonzero_fill(const lathe_view *input, const lathe_view *output) {
  int rank = input->rank;
  lathe_convert_run test = lathe_converter(LATHE_TABLE(convert_kernels), LATHE_BOOL, input->dtype);
  intptr_t at[LATHE_MAX_RANK] = {0}, size = rank ? input->sizes[rank - 1] : 1, stride = rank ? input->strides[rank - 1] : 1, row = 0;
  intptr_t bytes = lathe_dtype_size(input->dtype);
  for (int k = 0; k < rank; k++) if (input->sizes[k] == 0) return;
  uint8_t set[CHUNK];
  for (;;) {
    const char *line = (const char *)input->data;
    for (int k = 0; k + 1 < rank; k++) line += at[k] * input->strides[k] * bytes;
    for (intptr_t first = 0; first < size; first += CHUNK) {
      intptr_t n = size - first < CHUNK ? size - first : CHUNK;
      test(set, 1, line + first * stride * bytes, stride, n);
      for (intptr_t i = 0; i < n; i++) {
        if (!set[i]) continue;
        int64_t *place = (int64_t *)output->data + row++ * output->strides[0];
        for (int k = 0; k + 1 < rank; k++) place[k * output->strides[1]] = at[k];
        if (rank) place[(rank - 1) * output->strides[1]] = first + i;
      }
    }
    int k = rank - 2;
    while (k >= 0 && ++at[k] == input->sizes[k]) at[k--] = 0;
    if (k < 0) return;
  }
}

/// Walks `elements` and `mask` in row-major order; for each set place moves an element from (or, with `inwards`, to) the line `packed`.
static void move_masked(const lathe_view *elements, const lathe_view *mask, const lathe_view *packed, bool inwards) {
  intptr_t sizes[LATHE_MAX_RANK], at[LATHE_MAX_RANK] = {0};
  lathe_strides strides[2];
  for (int k = 0; k < mask->rank; k++) {
    if (mask->sizes[k] == 0) return;
    sizes[k] = mask->sizes[k];
    strides[0][k] = elements->strides[k];
    strides[1][k] = mask->strides[k];
  }
  int rank = lathe_nest_arrange(mask->rank, sizes, 2, strides, true);
  lathe_convert_run test = lathe_converter(LATHE_TABLE(convert_kernels), LATHE_BOOL, mask->dtype);
  intptr_t bytes = lathe_dtype_size(elements->dtype), mask_bytes = lathe_dtype_size(mask->dtype), step = packed->strides[0] * bytes;
  char *line = packed->data;
  uint8_t set[CHUNK];
  do {
    char *e = (char *)elements->data + lathe_nest_offset(1, rank, at, strides[0]) * bytes;
    const char *m = (const char *)mask->data + lathe_nest_offset(1, rank, at, strides[1]) * mask_bytes;
    for (intptr_t first = 0; first < sizes[0]; first += CHUNK) {
      intptr_t n = sizes[0] - first < CHUNK ? sizes[0] - first : CHUNK;
      test(set, 1, m + first * strides[1][0] * mask_bytes, strides[1][0], n);
      for (intptr_t i = 0; i < n; i++) {
        if (!set[i]) continue;
        char *place = e + (first + i) * strides[0][0] * bytes;
        if (inwards) memcpy(place, line, (size_t)bytes);
        else memcpy(line, place, (size_t)bytes);
        line += step;
      }
    }
  } while (lathe_nest_advance(1, rank, sizes, at));
}

void lathe_masked_select(const lathe_view *input, const lathe_view *mask, const lathe_view *output) {
  move_masked(input, mask, output, false);
}

int lathe_masked_scatter(const lathe_view *target, const lathe_view *mask, const lathe_view *source) {
  if (lathe_nonzero_count(mask) > source->sizes[0]) return 1;
  move_masked(target, mask, source, true);
  return 0;
}
