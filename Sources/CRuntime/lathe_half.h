// f16 and bf16 to and from f32 in loops that the compiler vectorises (include between LATHE_LEVEL_BEGIN and LATHE_LEVEL_END, after
// lathe_convert.h): the hardware's f16 conversion where the level has it.
#define bf16_to_f32 lathe_bf16_to_f32
#define f32_to_bf16 lathe_f32_to_bf16
#if LATHE_LEVEL >= 1 && LATHE_X86 && defined(__clang__)
LATHE_INLINE float f16_to_f32(uint16_t h) { return (float)__builtin_bit_cast(_Float16, h); }
LATHE_INLINE uint16_t f32_to_f16(float f) { return __builtin_bit_cast(uint16_t, (_Float16)f); }
#else
#define f16_to_f32 lathe_f16_to_f32
#define f32_to_f16 lathe_f32_to_f16
#endif
