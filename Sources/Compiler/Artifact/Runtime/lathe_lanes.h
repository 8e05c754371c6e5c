// Vectors of generated kernels: as many elements of every type as a vector of the level has floats (`LANES`), so that element i of
// one type stands beside element i of another. Include it once, with LATHE_LEVEL defined. Functions that few kernels call are in
// lathe_functions.h: reading them takes longer than compiling a kernel.
#ifndef LATHE_LANES_H
#define LATHE_LANES_H
#include "lathe_libc.h"
#include "lathe_convert.h"
#include "lathe_vector_math.h"

LATHE_LEVEL_BEGIN
enum { LANES = LATHE_VF };
typedef lathe_vf lanes_f;
typedef double lanes_d __attribute__((vector_size(8 * LATHE_VF)));
typedef int64_t lanes_i __attribute__((vector_size(8 * LATHE_VF)));
typedef uint64_t lanes_u __attribute__((vector_size(8 * LATHE_VF)));
/// Truth values: all bits of a lane, or none.
typedef lathe_vi32 lanes_b;

#define ALL_F(x) lathe_vf_all(x)
#define ALL_D(x) ((x) - (lanes_d){0})
#define ALL_I(x) ((x) - (lanes_i){0})
#define ALL_B(x) ((x) ? ~(lanes_b){0} : (lanes_b){0})

// Truth values of comparisons, whose lanes are as wide as the operands'.
#define TRUE_F(x) ((lanes_b)(x))
#define TRUE_D(x) __builtin_convertvector((lanes_i)(x), lanes_b)
#define TRUE_I(x) __builtin_convertvector((lanes_i)(x), lanes_b)
#define TRUE_B(x) ((lanes_b)(x))

LATHE_INLINE lanes_f select_f(lanes_b m, lanes_f a, lanes_f b) { return lathe_vf_select(m, a, b); }
LATHE_INLINE lanes_b select_b(lanes_b m, lanes_b a, lanes_b b) { return (m & a) | (~m & b); }
LATHE_INLINE lanes_i select_i(lanes_b m, lanes_i a, lanes_i b) {
  lanes_i wide = __builtin_convertvector(m, lanes_i);
  return (wide & a) | (~wide & b);
}
LATHE_INLINE lanes_d select_d(lanes_b m, lanes_d a, lanes_d b) { return (lanes_d)select_i(m, (lanes_i)a, (lanes_i)b); }

#define F_FROM_I(x) __builtin_convertvector(x, lanes_f)
#define F_FROM_D(x) __builtin_convertvector(x, lanes_f)
#define F_FROM_B(x) ((lanes_f)((x) & (lanes_b)ALL_F(1.0f)))
#define D_FROM_F(x) __builtin_convertvector(x, lanes_d)
#define D_FROM_I(x) __builtin_convertvector(x, lanes_d)
#define D_FROM_B(x) __builtin_convertvector(F_FROM_B(x), lanes_d)
#define I_FROM_F(x) __builtin_convertvector(x, lanes_i)
#define I_FROM_D(x) __builtin_convertvector(x, lanes_i)
#define I_FROM_B(x) (-__builtin_convertvector(x, lanes_i))
#define B_FROM_F(x) TRUE_F((x) != 0)
#define B_FROM_D(x) TRUE_D((x) != 0)
#define B_FROM_I(x) TRUE_I((x) != 0)

// A function of one element on every lane.
#define EACH1(type, name, expression)                                                          \
  LATHE_INLINE type name(type xs) {                                                            \
    type r;                                                                                    \
    for (int l = 0; l < LANES; l++) { __typeof__(xs[0]) x = xs[l]; r[l] = (expression); }      \
    return r;                                                                                  \
  }
#define EACH2(type, name, expression)                                                          \
  LATHE_INLINE type name(type xs, type ys) {                                                   \
    type r;                                                                                    \
    for (int l = 0; l < LANES; l++) { __typeof__(xs[0]) x = xs[l], y = ys[l]; r[l] = (expression); } \
    return r;                                                                                  \
  }

EACH2(lanes_i, maximum_i, x > y ? x : y) EACH2(lanes_i, minimum_i, x < y ? x : y)
EACH1(lanes_i, absolute_i, (int64_t)(x < 0 ? -(uint64_t)x : (uint64_t)x)) EACH1(lanes_i, sign_i, (x > 0) - (x < 0))
LATHE_INLINE lanes_i add_i(lanes_i a, lanes_i b) { return (lanes_i)((lanes_u)a + (lanes_u)b); }
LATHE_INLINE lanes_i subtract_i(lanes_i a, lanes_i b) { return (lanes_i)((lanes_u)a - (lanes_u)b); }
LATHE_INLINE lanes_i multiply_i(lanes_i a, lanes_i b) { return (lanes_i)((lanes_u)a * (lanes_u)b); }

#define REAL(t, V, T, S)                                                                                       \
  LATHE_INLINE V maximum_##t(V a, V b) { return select_##t(TRUE_##T(a > b) | TRUE_##T(a != a), a, b); }        \
  LATHE_INLINE V minimum_##t(V a, V b) { return select_##t(TRUE_##T(a < b) | TRUE_##T(a != a), a, b); }        \
  LATHE_INLINE V fmax_##t(V a, V b) { return select_##t(TRUE_##T(a > b) | TRUE_##T(b != b), a, b); }           \
  LATHE_INLINE V fmin_##t(V a, V b) { return select_##t(TRUE_##T(a < b) | TRUE_##T(b != b), a, b); }           \
  EACH1(V, absolute_##t, __builtin_fabs##S(x)) EACH1(V, sqrt_##t, __builtin_sqrt##S(x))                        \
  EACH1(V, sign_##t, (x > 0) - (x < 0))                                                                        \
  EACH1(V, floor_##t, __builtin_floor##S(x)) EACH1(V, ceil_##t, __builtin_ceil##S(x))                          \
  EACH1(V, trunc_##t, __builtin_trunc##S(x)) EACH1(V, round_##t, __builtin_rint##S(x))                         \
  EACH2(V, copysign_##t, __builtin_copysign##S(x, y))
REAL(f, lanes_f, F, f)
REAL(d, lanes_d, D, )
#undef REAL
LATHE_INLINE lanes_f exp_f(lanes_f x) { return lathe_vf_exp(x); }
LATHE_INLINE lanes_f tanh_f(lanes_f x) { return lathe_vf_tanh(x); }
LATHE_INLINE lanes_f erf_f(lanes_f x) { return lathe_vf_erf(x); }
LATHE_INLINE lanes_f sigmoid_f(lanes_f x) { return sigmoid_of(x); }
LATHE_INLINE lanes_f expm1_f(lanes_f x) { return lathe_vf_expm1(x); }
LATHE_INLINE lanes_f log_f(lanes_f x) { return lathe_vf_log(x); }
LATHE_INLINE lanes_f log2_f(lanes_f x) { return lathe_vf_log2(x); }
LATHE_INLINE lanes_f log10_f(lanes_f x) { return lathe_vf_log10(x); }
LATHE_INLINE lanes_f log1p_f(lanes_f x) { return lathe_vf_log1p(x); }

// Loads and stores of LANES elements that follow each other, by storage type.
#define NARROW(T, name)                                                                                        \
  typedef T name##_lanes __attribute__((vector_size(sizeof(T) * LATHE_VF)));                                   \
  LATHE_INLINE lanes_i load_##name(const T *p) {                                                               \
    name##_lanes x;                                                                                            \
    memcpy(&x, p, sizeof x);                                                                                   \
    return __builtin_convertvector(x, lanes_i);                                                                \
  }                                                                                                            \
  LATHE_INLINE void store_##name(T *p, lanes_i v) {                                                            \
    name##_lanes x = __builtin_convertvector(v, name##_lanes);                                                 \
    memcpy(p, &x, sizeof x);                                                                                   \
  }
NARROW(uint8_t, u8) NARROW(int8_t, i8) NARROW(int16_t, i16) NARROW(int32_t, i32) NARROW(int64_t, i64)
#undef NARROW
LATHE_INLINE lanes_b load_bool(const uint8_t *p) {
  u8_lanes x;
  memcpy(&x, p, sizeof x);
  return (lanes_b)(__builtin_convertvector(x, lanes_b) != 0);
}
LATHE_INLINE void store_bool(uint8_t *p, lanes_b v) {
  u8_lanes x = __builtin_convertvector(v & 1, u8_lanes);
  memcpy(p, &x, sizeof x);
}
LATHE_INLINE lanes_f load_f32(const float *p) { return (lanes_f) * (const lathe_vf_unaligned *)p; }
LATHE_INLINE void store_f32(float *p, lanes_f v) { *(lathe_vf_unaligned *)p = v; }
/// To an aligned address, past the caches; `lathe_streamed` before others read it.
LATHE_INLINE void stream_f32(float *p, lanes_f v) {
#if defined(__clang__)
  __builtin_nontemporal_store(v, (lanes_f *)p);
#else
  *(lanes_f *)p = v;
#endif
}
LATHE_INLINE void lathe_streamed(void) {
#if defined(__x86_64__)
  __asm__ volatile("sfence" ::: "memory");
#else
  __sync_synchronize();
#endif
}
LATHE_INLINE lanes_d load_f64(const double *p) { lanes_d v; memcpy(&v, p, sizeof v); return v; }
LATHE_INLINE void store_f64(double *p, lanes_d v) { memcpy(p, &v, sizeof v); }
LATHE_INLINE lanes_f load_bf16(const uint16_t *p) { return lathe_load_bf16(p); }
LATHE_INLINE void store_bf16(uint16_t *p, lanes_f v) { lathe_store_bf16(p, v); }
LATHE_INLINE lanes_f load_f16(const uint16_t *p) { return lathe_load_f16(p); }
LATHE_INLINE void store_f16(uint16_t *p, lanes_f v) { lathe_store_f16(p, v); }
LATHE_INLINE lanes_f rounded_bf16_f(lanes_f v) { uint16_t x[LANES]; store_bf16(x, v); return load_bf16(x); }
LATHE_INLINE lanes_f rounded_f16_f(lanes_f v) { uint16_t x[LANES]; store_f16(x, v); return load_f16(x); }

// The same for fewer elements, or elements `stride` apart; lanes beyond `count` are zero.
#define SOME(T, V, name)                                                                                       \
  LATHE_INLINE V load_some_##name(const T *p, intptr_t stride, int count) {                                    \
    T x[LANES] = {0};                                                                                          \
    for (int l = 0; l < count; l++) x[l] = p[l * stride];                                                      \
    return load_##name(x);                                                                                     \
  }                                                                                                            \
  LATHE_INLINE void store_some_##name(T *p, intptr_t stride, int count, V v) {                                 \
    T x[LANES];                                                                                                \
    store_##name(x, v);                                                                                        \
    for (int l = 0; l < count; l++) p[l * stride] = x[l];                                                      \
  }                                                                                                            \
  LATHE_INLINE V load_one_##name(const T *p) {                                                                 \
    T x[LANES];                                                                                                \
    for (int l = 0; l < LANES; l++) x[l] = *p;                                                                 \
    return load_##name(x);                                                                                     \
  }
SOME(uint8_t, lanes_b, bool) SOME(uint8_t, lanes_i, u8) SOME(int8_t, lanes_i, i8) SOME(int16_t, lanes_i, i16) SOME(int32_t, lanes_i, i32)
SOME(int64_t, lanes_i, i64) SOME(uint16_t, lanes_f, f16) SOME(uint16_t, lanes_f, bf16) SOME(float, lanes_f, f32) SOME(double, lanes_d, f64)
#undef SOME
LATHE_LEVEL_END
#endif
