// The loop nest over several strided operands: dimensions in the order that suits memory, merged where every operand allows.
#ifndef LATHE_NEST_H
#define LATHE_NEST_H
#include <stdbool.h>
#include <stdint.h>
#include "lathe_view.h"

typedef intptr_t lathe_strides[LATHE_MAX_RANK];

/// Orders and merges the dimensions in place. `sizes` and each operand's `strides` come outermost dimension first (no size is 0) and leave
/// innermost first; the result is the new rank, at least 1. Operands that come first weigh most in the order; size-1 dimensions go.
/// With `keep_order` the dimensions are merged but not reordered.
int lathe_nest_arrange(int rank, intptr_t *sizes, int operands, lathe_strides *strides, bool keep_order);

/// Splits a linear index over sizes[first ..< rank] (innermost first) into `at[first ..< rank]`.
static inline void lathe_nest_locate(intptr_t linear, int first, int rank, const intptr_t *sizes, intptr_t *at) {
  for (int k = first; k < rank; k++) { at[k] = linear % sizes[k]; linear /= sizes[k]; }
}

/// Offset of a position, in elements, over dimensions first ..< rank.
static inline intptr_t lathe_nest_offset(int first, int rank, const intptr_t *at, const intptr_t *strides) {
  intptr_t offset = 0;
  for (int k = first; k < rank; k++) offset += at[k] * strides[k];
  return offset;
}

/// Steps a position to the next one over dimensions first ..< rank; false after the last.
static inline bool lathe_nest_advance(int first, int rank, const intptr_t *sizes, intptr_t *at) {
  for (int k = first; k < rank; k++) {
    if (++at[k] < sizes[k]) return true;
    at[k] = 0;
  }
  return false;
}

static inline intptr_t lathe_nest_count(int rank, const intptr_t *sizes) {
  intptr_t count = 1;
  for (int k = 0; k < rank; k++) count *= sizes[k];
  return count;
}
#endif
