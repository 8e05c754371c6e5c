// The lines of a view along one dimension: every position of the other dimensions.
#ifndef LATHE_LINES_H
#define LATHE_LINES_H
#include "lathe_nest.h"

enum { LATHE_LINE_OPERANDS = 4 };

typedef struct lathe_lines {
  int rank, operands;
  intptr_t sizes[LATHE_MAX_RANK], count;
  lathe_strides strides[LATHE_LINE_OPERANDS];
  char *data[LATHE_LINE_OPERANDS];
  intptr_t bytes[LATHE_LINE_OPERANDS];   // of an element
  intptr_t length[LATHE_LINE_OPERANDS], stride[LATHE_LINE_OPERANDS];  // along the line
} lathe_lines;

/// The lines of several views (NULL for none) that agree in every dimension but `dimension`.
static inline lathe_lines lathe_lines_make(int dimension, int operands, const lathe_view *const *views) {
  lathe_lines lines = {.operands = operands, .count = 1};
  int rank = views[0]->rank, outer = 0;
  for (int k = 0; k < rank; k++) {
    if (k == dimension) continue;
    lines.sizes[outer] = views[0]->sizes[k];
    lines.count *= views[0]->sizes[k];
    for (int m = 0; m < operands; m++) lines.strides[m][outer] = views[m] ? views[m]->strides[k] : 0;
    outer++;
  }
  for (int m = 0; m < operands; m++) {
    if (!views[m]) { lines.data[m] = NULL; lines.bytes[m] = 0; lines.length[m] = 0; lines.stride[m] = 0; continue; }
    lines.data[m] = (char *)views[m]->data;
    lines.bytes[m] = lathe_dtype_size(views[m]->dtype);
    lines.length[m] = rank ? views[m]->sizes[dimension] : 1;
    lines.stride[m] = rank ? views[m]->strides[dimension] : 1;
  }
  if (lines.count) lines.rank = lathe_nest_arrange(outer, lines.sizes, operands, lines.strides, false);
  return lines;
}

static inline char *lathe_lines_at(const lathe_lines *lines, int operand, const intptr_t *at) {
  return lines->data[operand] ? lines->data[operand] + lathe_nest_offset(0, lines->rank, at, lines->strides[operand]) * lines->bytes[operand] : NULL;
}
#endif
