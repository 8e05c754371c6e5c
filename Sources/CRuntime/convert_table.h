// Conversions of runs of elements between dtypes, and block transposes.
#ifndef LATHE_CONVERT_TABLE_H
#define LATHE_CONVERT_TABLE_H
#include "lathe_isa.h"
#include "lathe_view.h"

enum { LATHE_DTYPES = 10 };

/// d[i * ds] = converted s[i * ss] for i in 0 ..< n, strides in elements. The two runs are the same or do not overlap.
typedef void (*lathe_convert_run)(void *d, intptr_t ds, const void *s, intptr_t ss, intptr_t n);
/// d[i * ds + j] = s[j * ss + i] for i in 0 ..< rows, j in 0 ..< columns.
typedef void (*lathe_transpose_block)(void *d, intptr_t ds, const void *s, intptr_t ss, intptr_t rows, intptr_t columns);

typedef struct convert_kernels {
  lathe_convert_run run[LATHE_DTYPES][LATHE_DTYPES];  // [to][from]
  lathe_convert_run move[4];                          // the same dtype, by log2 of the element's bytes
  lathe_transpose_block transpose[4];                 // by log2 of the element's bytes
  /// Copies `rows` rows of `bytes` bytes each, whose beginnings lie ds and ss bytes apart.
  void (*rows)(char *d, intptr_t ds, const char *s, intptr_t ss, intptr_t bytes, intptr_t rows);
  /// Copies bytes past the cache; d is 64-byte aligned after at most 63 bytes that go the normal way.
  void (*stream)(void *d, const void *s, size_t bytes);
} convert_kernels;
LATHE_DECLARE_TABLES(convert_kernels);

static inline int lathe_dtype_log2(int32_t dtype) {
  static const int8_t log2_bytes[] = {0, 0, 0, 1, 2, 3, 1, 1, 2, 3};
  return log2_bytes[dtype];
}

static inline lathe_convert_run lathe_converter(const convert_kernels *kernels, int32_t to, int32_t from) {
  return to == from ? kernels->move[lathe_dtype_log2(to)] : kernels->run[to][from];
}
#endif
