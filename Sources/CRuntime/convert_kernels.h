// Conversion loops of one level.
#include "convert_table.h"
#include "lathe_convert.h"
#if LATHE_LEVEL_EXISTS
LATHE_LEVEL_BEGIN
#include "lathe_half.h"

#define SAFE_LOOP _Pragma("clang loop vectorize(assume_safety) interleave(enable)")

// How each dtype is kept, its value in C's terms, and how a value of any of those types becomes it.
typedef uint8_t __attribute__((may_alias)) kept_b8;
typedef uint8_t __attribute__((may_alias)) kept_u8;
typedef int8_t __attribute__((may_alias)) kept_i8;
typedef int16_t __attribute__((may_alias)) kept_i16;
typedef int32_t __attribute__((may_alias)) kept_i32;
typedef int64_t __attribute__((may_alias)) kept_i64;
typedef uint16_t __attribute__((may_alias)) kept_f16;
typedef uint16_t __attribute__((may_alias)) kept_bf16;
typedef float __attribute__((may_alias)) kept_f32;
typedef double __attribute__((may_alias)) kept_f64;

#define VALUE_b8(x) ((uint8_t)((x) != 0))
#define VALUE_u8(x) (x)
#define VALUE_i8(x) (x)
#define VALUE_i16(x) (x)
#define VALUE_i32(x) (x)
#define VALUE_i64(x) (x)
#define VALUE_f16(x) f16_to_f32(x)
#define VALUE_bf16(x) bf16_to_f32(x)
#define VALUE_f32(x) (x)
#define VALUE_f64(x) (x)

// Floats reach the small integers through i32, as the conversion instruction does; u8 from f64 through i64, as ATen.
#define NARROW(v) _Generic((v), float: (int32_t)(v), double: (int32_t)(v), default: (v))
#define NARROW_UNSIGNED(v) _Generic((v), float: (int32_t)(v), double: (int64_t)(v), default: (v))
#define MAKE_b8(v) ((uint8_t)((v) != 0))
#define MAKE_u8(v) ((uint8_t)NARROW_UNSIGNED(v))
#define MAKE_i8(v) ((int8_t)NARROW(v))
#define MAKE_i16(v) ((int16_t)NARROW(v))
#define MAKE_i32(v) ((int32_t)(v))
#define MAKE_i64(v) ((int64_t)(v))
#define MAKE_f16(v) f32_to_f16((float)(v))
#define MAKE_bf16(v) f32_to_bf16((float)(v))
#define MAKE_f32(v) ((float)(v))
#define MAKE_f64(v) ((double)(v))

#define CONVERT(to, from)                                                                                     \
  static void to##_from_##from(void *dv, intptr_t ds, const void *sv, intptr_t ss, intptr_t n) {              \
    kept_##to *d = dv;                                                                                        \
    const kept_##from *s = sv;                                                                                \
    if (ds == 1 && ss == 1) {                                                                                 \
      SAFE_LOOP for (intptr_t i = 0; i < n; i++) { d[i] = MAKE_##to(VALUE_##from(s[i])); }                    \
    } else if (ss == 0) {                                                                                     \
      if (n == 0) return;                                                                                     \
      kept_##to value = MAKE_##to(VALUE_##from(s[0]));                                                        \
      if (ds == 1) { SAFE_LOOP for (intptr_t i = 0; i < n; i++) { d[i] = value; } }                           \
      else for (intptr_t i = 0; i < n; i++) d[i * ds] = value;                                                \
    } else {                                                                                                  \
      for (intptr_t i = 0; i < n; i++) d[i * ds] = MAKE_##to(VALUE_##from(s[i * ss]));                        \
    }                                                                                                         \
  }

/// The same dtype: bits move as they are.
#define MOVE(bytes, type)                                                                                     \
  static void move_##bytes(void *dv, intptr_t ds, const void *sv, intptr_t ss, intptr_t n) {                  \
    typedef type __attribute__((may_alias)) element;                                                          \
    element *d = dv;                                                                                          \
    const element *s = sv;                                                                                    \
    if (ds == 1 && ss == 1) {                                                                                 \
      if (n * bytes >= 256) { if (d != s) memcpy(d, s, (size_t)n * bytes); return; }                          \
      SAFE_LOOP for (intptr_t i = 0; i < n; i++) { d[i] = s[i]; }                                             \
    } else if (ss == 0) {                                                                                     \
      if (n == 0) return;                                                                                     \
      element value = s[0];                                                                                   \
      if (ds == 1) { SAFE_LOOP for (intptr_t i = 0; i < n; i++) { d[i] = value; } }                           \
      else for (intptr_t i = 0; i < n; i++) d[i * ds] = value;                                                \
    } else if (ds == 1) {                                                                                     \
      for (intptr_t i = 0; i < n; i++) d[i] = s[i * ss];                                                      \
    } else {                                                                                                  \
      for (intptr_t i = 0; i < n; i++) d[i * ds] = s[i * ss];                                                 \
    }                                                                                                         \
  }
MOVE(1, uint8_t) MOVE(2, uint16_t) MOVE(4, uint32_t) MOVE(8, uint64_t)

#define FROM_ALL(X, to)                                                                               \
  X(to, b8) X(to, u8) X(to, i8) X(to, i16) X(to, i32) X(to, i64) X(to, f16) X(to, bf16) X(to, f32) X(to, f64)
FROM_ALL(CONVERT, b8)
FROM_ALL(CONVERT, u8)
FROM_ALL(CONVERT, i8)
FROM_ALL(CONVERT, i16)
FROM_ALL(CONVERT, i32)
FROM_ALL(CONVERT, i64)
FROM_ALL(CONVERT, f16)
FROM_ALL(CONVERT, bf16)
FROM_ALL(CONVERT, f32)
FROM_ALL(CONVERT, f64)

// Transposes: squares of 8 x 8 (4 x 4 for 64-bit elements) in vector registers, by rounds of interleaving rows i and i + half.

#define TRANSPOSE(name, type, edge, BODY)                                                                     \
  typedef type name##_row __attribute__((vector_size(sizeof(type) * edge)));                                  \
  typedef type name##_row_unaligned __attribute__((vector_size(sizeof(type) * edge), aligned(1), may_alias)); \
  LATHE_INLINE void name##_square(type *d, intptr_t ds, const type *s, intptr_t ss) {                         \
    name##_row r[edge], t[edge];                                                                              \
    _Pragma("clang loop unroll(full)") for (int j = 0; j < edge; j++) r[j] = *(const name##_row_unaligned *)(s + j * ss); \
    BODY                                                                                                      \
    _Pragma("clang loop unroll(full)") for (int j = 0; j < edge; j++) *(name##_row_unaligned *)(d + j * ds) = r[j];       \
  }                                                                                                           \
  static void name(void *dv, intptr_t ds, const void *sv, intptr_t ss, intptr_t rows, intptr_t columns) {     \
    type *d = dv;                                                                                             \
    const type *s = sv;                                                                                       \
    /* whole cache lines of both sides at a time, or a power-of-two stride would drop them half used */          \
    enum { line = 64 / sizeof(type) > edge ? 64 / sizeof(type) : edge };                                      \
    intptr_t i = 0;                                                                                           \
    for (; i + line <= rows; i += line) {                                                                     \
      intptr_t j = 0;                                                                                         \
      for (; j + line <= columns; j += line)                                                                  \
        for (int p = 0; p < line; p += edge)                                                                  \
          for (int q = 0; q < line; q += edge)                                                                \
            name##_square(d + (i + p) * ds + j + q, ds, s + (j + q) * ss + i + p, ss);                        \
      for (; j + edge <= columns; j += edge)                                                                  \
        for (int p = 0; p < line; p += edge) name##_square(d + (i + p) * ds + j, ds, s + j * ss + i + p, ss); \
      for (; j < columns; j++) for (int k = 0; k < line; k++) d[(i + k) * ds + j] = s[j * ss + i + k];        \
    }                                                                                                         \
    for (; i + edge <= rows; i += edge) {                                                                     \
      intptr_t j = 0;                                                                                         \
      for (; j + edge <= columns; j += edge) name##_square(d + i * ds + j, ds, s + j * ss + i, ss);           \
      for (; j < columns; j++) for (int k = 0; k < edge; k++) d[(i + k) * ds + j] = s[j * ss + i + k];        \
    }                                                                                                         \
    for (; i < rows; i++) for (intptr_t j = 0; j < columns; j++) d[i * ds + j] = s[j * ss + i];               \
  }

#define LOW8(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH8(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define ROUND8(to, from)                                                                                      \
  to[0] = LOW8(from[0], from[4]); to[1] = HIGH8(from[0], from[4]); to[2] = LOW8(from[1], from[5]);            \
  to[3] = HIGH8(from[1], from[5]); to[4] = LOW8(from[2], from[6]); to[5] = HIGH8(from[2], from[6]);           \
  to[6] = LOW8(from[3], from[7]); to[7] = HIGH8(from[3], from[7]);
#define SQUARE_8 ROUND8(t, r) ROUND8(r, t) ROUND8(t, r) for (int j = 0; j < 8; j++) r[j] = t[j];
// In 128-bit lanes: pairs, then quads, then lane exchange, which is what AVX does cheaply.
#define SQUARE_8_LANES                                                                                        \
  for (int j = 0; j < 8; j += 2) {                                                                            \
    t[j] = __builtin_shufflevector(r[j], r[j + 1], 0, 8, 1, 9, 4, 12, 5, 13);                                 \
    t[j + 1] = __builtin_shufflevector(r[j], r[j + 1], 2, 10, 3, 11, 6, 14, 7, 15);                           \
  }                                                                                                           \
  for (int j = 0; j < 8; j += 4) {                                                                            \
    r[j] = __builtin_shufflevector(t[j], t[j + 2], 0, 1, 8, 9, 4, 5, 12, 13);                                 \
    r[j + 1] = __builtin_shufflevector(t[j], t[j + 2], 2, 3, 10, 11, 6, 7, 14, 15);                           \
    r[j + 2] = __builtin_shufflevector(t[j + 1], t[j + 3], 0, 1, 8, 9, 4, 5, 12, 13);                         \
    r[j + 3] = __builtin_shufflevector(t[j + 1], t[j + 3], 2, 3, 10, 11, 6, 7, 14, 15);                       \
  }                                                                                                           \
  for (int j = 0; j < 4; j++) {                                                                               \
    t[j] = __builtin_shufflevector(r[j], r[j + 4], 0, 1, 2, 3, 8, 9, 10, 11);                                 \
    t[j + 4] = __builtin_shufflevector(r[j], r[j + 4], 4, 5, 6, 7, 12, 13, 14, 15);                           \
  }                                                                                                           \
  for (int j = 0; j < 8; j++) r[j] = t[j];
#define SQUARE_4_LANES                                                                                        \
  for (int j = 0; j < 4; j += 2) {                                                                            \
    t[j] = __builtin_shufflevector(r[j], r[j + 1], 0, 4, 2, 6);                                               \
    t[j + 1] = __builtin_shufflevector(r[j], r[j + 1], 1, 5, 3, 7);                                           \
  }                                                                                                           \
  r[0] = __builtin_shufflevector(t[0], t[2], 0, 1, 4, 5); r[1] = __builtin_shufflevector(t[1], t[3], 0, 1, 4, 5); \
  r[2] = __builtin_shufflevector(t[0], t[2], 2, 3, 6, 7); r[3] = __builtin_shufflevector(t[1], t[3], 2, 3, 6, 7);

TRANSPOSE(transpose_1, uint8_t, 8, SQUARE_8)
TRANSPOSE(transpose_2, uint16_t, 8, SQUARE_8)
TRANSPOSE(transpose_4, uint32_t, 8, SQUARE_8_LANES)
TRANSPOSE(transpose_8, uint64_t, 4, SQUARE_4_LANES)

static void copy_rows(char *d, intptr_t ds, const char *s, intptr_t ss, intptr_t bytes, intptr_t rows) {
  enum { WIDE = LATHE_VECTOR_BYTES };
  typedef int64_t wide __attribute__((vector_size(WIDE), aligned(1), may_alias));
  if (bytes >= 4096 || bytes < 16) {
    for (intptr_t r = 0; r < rows; r++, d += ds, s += ss) {
      if (bytes >= 4096) memcpy(d, s, (size_t)bytes);
      else for (intptr_t i = 0; i < bytes; i++) d[i] = s[i];
    }
  } else if (bytes < WIDE) {
    for (intptr_t r = 0; r < rows; r++, d += ds, s += ss) {
      intptr_t i = 0;
      for (; i + 16 <= bytes; i += 16) memcpy(d + i, s + i, 16);
      memcpy(d + bytes - 16, s + bytes - 16, 16);
    }
  } else {
    for (intptr_t r = 0; r < rows; r++, d += ds, s += ss) {
      // The last vector overlaps the one before it, so a row has no tail.
      for (intptr_t i = 0; i + WIDE < bytes; i += WIDE) *(wide *)(d + i) = *(const wide *)(s + i);
      *(wide *)(d + bytes - WIDE) = *(const wide *)(s + bytes - WIDE);
    }
  }
}

static void stream(void *dv, const void *sv, size_t bytes) {
  char *d = dv;
  const char *s = sv;
#if LATHE_X86
  enum { WIDE = LATHE_VECTOR_BYTES };
  typedef int64_t wide __attribute__((vector_size(WIDE), may_alias));
  typedef int64_t wide_unaligned __attribute__((vector_size(WIDE), aligned(1), may_alias));
  size_t head = (size_t)(-(intptr_t)d & (WIDE - 1));
  if (head > bytes) head = bytes;
  memcpy(d, s, head);
  d += head; s += head; bytes -= head;
  for (; bytes >= WIDE; bytes -= WIDE, d += WIDE, s += WIDE)
    __builtin_nontemporal_store(*(const wide_unaligned *)s, (wide *)d);
  _mm_sfence();
#endif
  memcpy(d, s, bytes);
}

LATHE_LEVEL_END

#define NAMED(to, from) to##_from_##from,
#define ROW(to) {FROM_ALL(NAMED, to)}
const convert_kernels LATHE_LEVEL_NAME(convert_kernels) = {
  .run = {ROW(b8), ROW(u8), ROW(i8), ROW(i16), ROW(i32), ROW(i64), ROW(f16), ROW(bf16), ROW(f32), ROW(f64)},
  .move = {move_1, move_2, move_4, move_8},
  .transpose = {transpose_1, transpose_2, transpose_4, transpose_8},
  .rows = copy_rows,
  .stream = stream,
};
#endif
