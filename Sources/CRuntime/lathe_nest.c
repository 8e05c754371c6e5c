#include "lathe_nest.h"

static intptr_t magnitude(intptr_t x) { return x < 0 ? -x : x; }

/// Whether dimension `a` should run inside dimension `b`: 1 yes, -1 no, 0 when no operand tells (a zero stride tells nothing).
static int compare(int a, int b, int operands, const lathe_strides *strides) {
  for (int k = 0; k < operands; k++) {
    intptr_t sa = magnitude(strides[k][a]), sb = magnitude(strides[k][b]);
    if (sa == 0 || sb == 0 || sa == sb) continue;
    return sa < sb ? 1 : -1;
  }
  return 0;
}

static void swap(int a, int b, intptr_t *sizes, int operands, lathe_strides *strides) {
  intptr_t size = sizes[a];
  sizes[a] = sizes[b];
  sizes[b] = size;
  for (int k = 0; k < operands; k++) {
    intptr_t stride = strides[k][a];
    strides[k][a] = strides[k][b];
    strides[k][b] = stride;
  }
}

static bool mergeable(int inner, int outer, const intptr_t *sizes, int operands, const lathe_strides *strides) {
  for (int k = 0; k < operands; k++)
    if (strides[k][outer] != strides[k][inner] * sizes[inner]) return false;
  return true;
}

int lathe_nest_arrange(int rank, intptr_t *sizes, int operands, lathe_strides *strides, bool keep_order) {
  for (int low = 0, high = rank - 1; low < high; low++, high--) swap(low, high, sizes, operands, strides);
  int kept = 0;
  for (int i = 0; i < rank; i++) {
    if (sizes[i] == 1) continue;
    if (i != kept) swap(i, kept, sizes, operands, strides);
    kept++;
  }
  if (kept == 0) {
    sizes[0] = 1;
    for (int k = 0; k < operands; k++) strides[k][0] = 0;
    return 1;
  }
  if (!keep_order)
    for (int i = 1; i < kept; i++) {
      int place = i;
      for (int j = i - 1; j >= 0; j--) {
        int order = compare(place, j, operands, strides);
        if (order < 0) break;
        if (order > 0) {
          for (int m = place; m > j; m--) swap(m, m - 1, sizes, operands, strides);
          place = j;
        }
      }
    }
  int last = 0;
  for (int i = 1; i < kept; i++) {
    if (mergeable(last, i, sizes, operands, strides)) {
      sizes[last] *= sizes[i];
      continue;
    }
    if (++last != i) {
      sizes[last] = sizes[i];
      for (int k = 0; k < operands; k++) strides[k][last] = strides[k][i];
    }
  }
  return last + 1;
}
