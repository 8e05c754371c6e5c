// f16 and bf16 to and from f32, for the loops of one level (include between LATHE_LEVEL_BEGIN and LATHE_LEVEL_END).

LATHE_INLINE float bf16_to_f32(uint16_t h) {
  uint32_t bits = (uint32_t)h << 16;
  return __builtin_bit_cast(float, bits);
}

LATHE_INLINE uint16_t f32_to_bf16(float f) {
  uint32_t bits = __builtin_bit_cast(uint32_t, f);
  uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  return (uint16_t)((bits & 0x7fffffffu) > 0x7f800000u ? 0x7fc0u : rounded);
}

#if LATHE_LEVEL >= 1 && LATHE_X86
LATHE_INLINE float f16_to_f32(uint16_t h) { return (float)__builtin_bit_cast(_Float16, h); }
LATHE_INLINE uint16_t f32_to_f16(float f) { return __builtin_bit_cast(uint16_t, (_Float16)f); }
#else
LATHE_INLINE float f16_to_f32(uint16_t h) {
  uint32_t sign = (uint32_t)(h & 0x8000u) << 16, rest = h & 0x7fffu;
  // The exponent and mantissa moved into place and scaled by 2^112 is right for normal and subnormal numbers alike.
  uint32_t bits = rest << 13;
  float scaled = __builtin_bit_cast(float, bits) * 0x1p112f;
  uint32_t value = rest >= 0x7c00u ? 0x7f800000u | (rest << 13) : __builtin_bit_cast(uint32_t, scaled);
  uint32_t all = sign | value;
  return __builtin_bit_cast(float, all);
}

LATHE_INLINE uint16_t f32_to_f16(float f) {
  uint32_t bits = __builtin_bit_cast(uint32_t, f), sign = (bits >> 16) & 0x8000u, rest = bits & 0x7fffffffu;
  uint32_t normal = (rest - 0x38000000u + 0xfffu + ((rest >> 13) & 1u)) >> 13;
  // Adding 0.5 lines a subnormal result's last bit up with the float's, so the addition rounds it.
  float shifted = __builtin_bit_cast(float, rest) + 0.5f;
  uint32_t subnormal = __builtin_bit_cast(uint32_t, shifted) - 0x3f000000u;
  uint32_t value = rest > 0x7f800000u ? 0x7e00u : rest >= 0x477ff000u ? 0x7c00u : rest < 0x38800000u ? subnormal : normal;
  return (uint16_t)(sign | value);
}
#endif
