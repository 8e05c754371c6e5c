// Elements of a base tensor whose places are given by index tensors: the loop that gathers, scatters and advanced indexing share.
#ifndef LATHE_DISPLACED_H
#define LATHE_DISPLACED_H
#include <stdbool.h>
#include "lathe_index.h"

typedef enum displaced_action {
  DISPLACED_READ,   // other = base
  DISPLACED_SET, DISPLACED_ADD, DISPLACED_MULTIPLY, DISPLACED_MIN, DISPLACED_MAX,  // base op= other
  DISPLACED_START,  // base = what adding, multiplying... starts from (`start_for` says which)
  DISPLACED_COUNT,  // counts[displaced offset] += 1
  DISPLACED_DIVIDE, // base /= counts[displaced offset], once
} displaced_action;

typedef struct displaced {
  displaced_action action, start_for;
  bool wraps;                          // negative indices count from the end
  const lathe_view *base, *other;      // both over the iteration space; `other` is NULL where the action has none
  const char *origin;                  // counts are kept by distance from here, in elements
  int64_t *counts;
  int count;
  const lathe_index_operand *operands;
  lathe_index_error *error;
} displaced;

/// Runs the action over the whole space; 1 after an index out of range. Writes of several positions to one place happen in row-major order.
int lathe_displaced_run(const displaced *work, int rank, const intptr_t *sizes);
#endif
