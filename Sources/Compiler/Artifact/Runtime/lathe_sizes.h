// Arithmetic on sizes as Python does it, and how finely a kernel's work may be cut.
#ifndef LATHE_SIZES_H
#define LATHE_SIZES_H
#include <stdint.h>

static inline int64_t lathe_floor_divide(int64_t a, int64_t b) { return b == 0 ? 0 : a / b - (a % b != 0 && (a < 0) != (b < 0)); }
static inline int64_t lathe_modulo(int64_t a, int64_t b) { return b == 0 ? 0 : a - lathe_floor_divide(a, b) * b; }
static inline int64_t lathe_largest(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t lathe_least(int64_t a, int64_t b) { return a < b ? a : b; }
static inline uint64_t lathe_aligned(uint64_t bytes) { return (bytes + 63) & ~(uint64_t)63; }

/// Work items that are worth a thread: about 16,384 additions. An item is a piece of a row of `row` elements, each costing `cost`.
static inline intptr_t lathe_grain(int64_t row, int64_t piece, int64_t cost) {
  int64_t elements = lathe_largest(lathe_least(row, piece), 1), grain = 16384 / (elements * cost);
  return (intptr_t)lathe_largest(grain, 1);
}

/// Into how many chunks a row is cut along a dimension of `length` indices with `elements` each: at least 32,768 elements a chunk.
static inline int64_t lathe_chunks(int64_t length, int64_t elements, int64_t most) {
  int64_t chunks = lathe_least(length * lathe_largest(elements, 1) / 32768, most);
  return lathe_largest(lathe_least(chunks, length), 1);
}
#endif
