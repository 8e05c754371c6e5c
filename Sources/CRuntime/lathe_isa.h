// How kernels are compiled once per instruction set and chosen at run time.
//
// A kernel family `foo` has
//   foo_kernels.h        the source, written once with the macros below, which ends by defining its table of functions:
//                          LATHE_LEVEL_BEGIN ... static functions ... LATHE_LEVEL_END
//                          const foo_kernels LATHE_LEVEL_NAME(foo_kernels) = { ... };
//   foo_baseline.c       #define LATHE_LEVEL 0   #include "foo_kernels.h"
//   foo_avx2.c           #define LATHE_LEVEL 1   #include "foo_kernels.h"
//   foo_avx512.c         #define LATHE_LEVEL 2   #include "foo_kernels.h"
//   foo_avx512_bf16.c    #define LATHE_LEVEL 3   #include "foo_kernels.h"     (only where it gains something)
//   foo_table.h          the type foo_kernels (a struct of function pointers) and LATHE_DECLARE_TABLES(foo_kernels)
//   foo.c                the public functions; LATHE_TABLE(foo_kernels) is the table for this CPU. Take it once where the call
//                        enters, in the caller's thread, and hand it to the pool's bodies in their context.
// Every #include of a system header must come before LATHE_LEVEL_BEGIN. Functions between BEGIN and END may use
// LATHE_VECTOR_BYTES wide vectors (clang vector extensions) and, under #if LATHE_LEVEL >= 1, intrinsics.
#ifndef LATHE_ISA_H
#define LATHE_ISA_H
#include <stddef.h>
#include <stdint.h>
#include "lathe_libc.h"
#include "lathe_cpu.h"
#if defined(__x86_64__)
#ifndef LATHE_WITHOUT_INTRINSICS  // their header takes longer to read than a kernel to compile: generated code does without
#include <immintrin.h>
#endif
#define LATHE_X86 1
#else
#define LATHE_X86 0
#endif

#if defined(LATHE_LEVEL)
#if LATHE_LEVEL == 0 || !LATHE_X86
#define LATHE_VECTOR_BYTES 16
#define LATHE_LEVEL_BEGIN
#define LATHE_LEVEL_END
#define LATHE_LEVEL_NAME(name) name##_baseline
#elif LATHE_LEVEL == 1
#define LATHE_VECTOR_BYTES 32
#define LATHE_LEVEL_BEGIN _Pragma("clang attribute push(__attribute__((target(\"avx2,fma,f16c,bmi,bmi2,popcnt\"))), apply_to = function)")
#define LATHE_LEVEL_END _Pragma("clang attribute pop")
#define LATHE_LEVEL_NAME(name) name##_avx2
#elif LATHE_LEVEL == 2
#define LATHE_VECTOR_BYTES 64
#define LATHE_LEVEL_BEGIN _Pragma("clang attribute push(__attribute__((target(\"avx2,fma,f16c,bmi,bmi2,popcnt,avx512f,avx512bw,avx512dq,avx512vl\"))), apply_to = function)")
#define LATHE_LEVEL_END _Pragma("clang attribute pop")
#define LATHE_LEVEL_NAME(name) name##_avx512
#else
#define LATHE_VECTOR_BYTES 64
#define LATHE_LEVEL_BEGIN _Pragma("clang attribute push(__attribute__((target(\"avx2,fma,f16c,bmi,bmi2,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16\"))), apply_to = function)")
#define LATHE_LEVEL_END _Pragma("clang attribute pop")
#define LATHE_LEVEL_NAME(name) name##_avx512_bf16
#endif

/// Aligned vectors (values), and the same readable at any element's address.
#define LATHE_VECTOR(element) __attribute__((vector_size(LATHE_VECTOR_BYTES))) element
typedef LATHE_VECTOR(float) lathe_vf;
typedef LATHE_VECTOR(double) lathe_vd;
typedef LATHE_VECTOR(int32_t) lathe_vi32;
typedef LATHE_VECTOR(uint32_t) lathe_vu32;
typedef LATHE_VECTOR(int64_t) lathe_vi64;
typedef float lathe_vf_unaligned __attribute__((vector_size(LATHE_VECTOR_BYTES), aligned(4), may_alias));
typedef double lathe_vd_unaligned __attribute__((vector_size(LATHE_VECTOR_BYTES), aligned(8), may_alias));
enum { LATHE_VF = LATHE_VECTOR_BYTES / 4, LATHE_VD = LATHE_VECTOR_BYTES / 8 };

/// a * b + c in one rounding where the level has FMA, in two where it has not (an exact fma() would be a library call there).
#if LATHE_LEVEL >= 1 && LATHE_X86 && defined(__clang__)
#define LATHE_FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#elif LATHE_LEVEL >= 1 && LATHE_X86
static inline lathe_vf lathe_fma_vf(lathe_vf a, lathe_vf b, lathe_vf c) {
  for (int i = 0; i < LATHE_VF; i++) c[i] = __builtin_fmaf(a[i], b[i], c[i]);
  return c;
}
static inline lathe_vd lathe_fma_vd(lathe_vd a, lathe_vd b, lathe_vd c) {
  for (int i = 0; i < LATHE_VD; i++) c[i] = __builtin_fma(a[i], b[i], c[i]);
  return c;
}
#define LATHE_FMA(a, b, c) \
  _Generic((a) + (c), float: __builtin_fmaf, double: __builtin_fma, lathe_vf: lathe_fma_vf, lathe_vd: lathe_fma_vd)(a, b, c)
#else
#define LATHE_FMA(a, b, c) ((a) * (b) + (c))
#endif
#endif

/// Before a loop that is to begin at a line of memory.
#if defined(__clang__)
#define LATHE_ALIGNED_LOOP [[clang::code_align(64)]]
#else
#define LATHE_ALIGNED_LOOP
#endif

#define LATHE_INLINE static inline __attribute__((always_inline))

#if defined(LATHE_ONE_LEVEL)  // an artifact has kernels of its own level only
#define LATHE_DECLARE_TABLES(type) extern const type LATHE_LEVEL_NAME(type)
#define LATHE_TABLE(type) (&LATHE_LEVEL_NAME(type))
#elif LATHE_X86
#define LATHE_DECLARE_TABLES(type) extern const type type##_baseline, type##_avx2, type##_avx512
#define LATHE_DECLARE_TABLES_BF16(type) extern const type type##_baseline, type##_avx2, type##_avx512, type##_avx512_bf16
#define LATHE_TABLE(type) \
  (lathe_isa_level() >= LATHE_ISA_AVX512 ? &type##_avx512 : lathe_isa_level() == LATHE_ISA_AVX2 ? &type##_avx2 : &type##_baseline)
#define LATHE_TABLE_BF16(type) (lathe_isa_level() >= LATHE_ISA_AVX512_BF16 ? &type##_avx512_bf16 : LATHE_TABLE(type))
#else
#define LATHE_DECLARE_TABLES(type) extern const type type##_baseline
#define LATHE_DECLARE_TABLES_BF16(type) extern const type type##_baseline
#define LATHE_TABLE(type) (&type##_baseline)
#define LATHE_TABLE_BF16(type) (&type##_baseline)
#endif
/// A level's file that would be empty elsewhere: wrap its content in #if LATHE_LEVEL_EXISTS.
#define LATHE_LEVEL_EXISTS (LATHE_LEVEL == 0 || LATHE_X86)
#endif
