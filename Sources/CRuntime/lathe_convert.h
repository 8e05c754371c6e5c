// Conversions between f32 and the 16-bit formats, for one kernel level (include it where LATHE_LEVEL is defined).
#ifndef LATHE_CONVERT_H
#define LATHE_CONVERT_H
#include "lathe_isa.h"

LATHE_INLINE float lathe_float_from_bits(uint32_t bits) { float value; memcpy(&value, &bits, 4); return value; }
LATHE_INLINE uint32_t lathe_bits_from_float(float value) { uint32_t bits; memcpy(&bits, &value, 4); return bits; }

LATHE_INLINE float lathe_bf16_to_f32(uint16_t x) { return lathe_float_from_bits((uint32_t)x << 16); }
/// Nearest, ties to even; every NaN becomes the quiet one.
LATHE_INLINE uint16_t lathe_f32_to_bf16(float x) {
  uint32_t bits = lathe_bits_from_float(x);
  return x != x ? 0x7fc0 : (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

LATHE_INLINE float lathe_f16_to_f32(uint16_t x) {
  uint32_t sign = (uint32_t)(x & 0x8000) << 16, rest = x & 0x7fff;
  if (rest >= 0x7c00) return lathe_float_from_bits(sign | 0x7f800000 | (rest & 0x3ff) << 13);
  // As a float with its exponent moved, which also brings subnormals into place.
  float magnitude = lathe_float_from_bits(rest << 13) * 0x1p112f;
  return lathe_float_from_bits(sign | lathe_bits_from_float(magnitude));
}
/// Nearest, ties to even.
LATHE_INLINE uint16_t lathe_f32_to_f16(float x) {
  uint32_t bits = lathe_bits_from_float(x), sign = bits >> 16 & 0x8000, rest = bits & 0x7fffffff;
  if (rest > 0x7f800000) return (uint16_t)(sign | 0x7e00);
  if (rest >= 0x47800000) return (uint16_t)(sign | 0x7c00);
  if (rest < 0x38800000) {  // subnormal: the addition rounds at the last bit of the result
    float sum = lathe_float_from_bits(rest) + 0.5f;
    return (uint16_t)(sign | (lathe_bits_from_float(sum) - 0x3f000000));
  }
  return (uint16_t)(sign | ((rest + 0xfff + (rest >> 13 & 1)) - 0x38000000) >> 13);
}

#if defined(LATHE_LEVEL)
LATHE_LEVEL_BEGIN
LATHE_INLINE lathe_vf lathe_load_bf16(const uint16_t *p) {
  typedef uint16_t half __attribute__((vector_size(LATHE_VECTOR_BYTES / 2)));
  half x;
  memcpy(&x, p, sizeof x);
  return (lathe_vf)(__builtin_convertvector(x, lathe_vu32) << 16);
}
LATHE_INLINE void lathe_store_bf16(uint16_t *p, lathe_vf v) {
  typedef uint16_t half __attribute__((vector_size(LATHE_VECTOR_BYTES / 2)));
  lathe_vu32 bits = (lathe_vu32)v, nan = (lathe_vu32)(v != v);
  lathe_vu32 rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  half x = __builtin_convertvector((rounded & ~nan) | (nan & 0x7fc0), half);
  memcpy(p, &x, sizeof x);
}
#if LATHE_LEVEL >= 1 && LATHE_X86 && defined(__clang__)
typedef _Float16 lathe_vf16 __attribute__((vector_size(LATHE_VECTOR_BYTES / 2)));
typedef _Float16 lathe_vf16_unaligned __attribute__((vector_size(LATHE_VECTOR_BYTES / 2), aligned(2), may_alias));
LATHE_INLINE lathe_vf lathe_load_f16(const uint16_t *p) {
  return __builtin_convertvector((lathe_vf16)*(const lathe_vf16_unaligned *)p, lathe_vf);
}
LATHE_INLINE void lathe_store_f16(uint16_t *p, lathe_vf v) {
  *(lathe_vf16_unaligned *)p = __builtin_convertvector(v, lathe_vf16);
}
#else
LATHE_INLINE lathe_vf lathe_load_f16(const uint16_t *p) {
  lathe_vf v;
  for (int i = 0; i < LATHE_VF; i++) v[i] = lathe_f16_to_f32(p[i]);
  return v;
}
LATHE_INLINE void lathe_store_f16(uint16_t *p, lathe_vf v) {
  for (int i = 0; i < LATHE_VF; i++) p[i] = lathe_f32_to_f16(v[i]);
}
#endif
LATHE_LEVEL_END
#endif
#endif
