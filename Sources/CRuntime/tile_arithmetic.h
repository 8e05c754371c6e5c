// Arithmetic, comparisons and integer operations of the tile machine (included by tile_kernels.h, between the level's marks).

typedef uint8_t __attribute__((may_alias)) tile_b8;
typedef int64_t __attribute__((may_alias)) tile_i64;
typedef float __attribute__((may_alias)) tile_f32;
typedef double __attribute__((may_alias)) tile_f64;

#define SAFE_LOOP _Pragma("clang loop vectorize(assume_safety) interleave(enable)")
#define ARGUMENTS void *dv, const void *av, const void *bv, const void *cv, intptr_t n

// A function named op_type whose result element (of type R) is an expression of x, y, z (of type T).
#define MAP1(name, R, T, expression)                                                                  \
  static void name(ARGUMENTS) {                                                                       \
    (void)bv; (void)cv;                                                                               \
    tile_##R *d = dv; const tile_##T *a = av;                                                         \
    SAFE_LOOP for (intptr_t i = 0; i < n; i++) { tile_##T x = a[i]; d[i] = (tile_##R)(expression); }  \
  }
#define MAP2(name, R, T, expression)                                                                  \
  static void name(ARGUMENTS) {                                                                       \
    (void)cv;                                                                                         \
    tile_##R *d = dv; const tile_##T *a = av, *b = bv;                                                \
    SAFE_LOOP for (intptr_t i = 0; i < n; i++) { tile_##T x = a[i], y = b[i]; d[i] = (tile_##R)(expression); } \
  }
#define MAP3(name, R, TA, T, expression)                                                              \
  static void name(ARGUMENTS) {                                                                       \
    tile_##R *d = dv; const tile_##TA *a = av; const tile_##T *b = bv, *c = cv;                       \
    SAFE_LOOP for (intptr_t i = 0; i < n; i++) { tile_##TA x = a[i]; tile_##T y = b[i], z = c[i]; d[i] = (tile_##R)(expression); } \
  }

MAP2(add_i64, i64, i64, WRAP(x) + WRAP(y))
MAP2(subtract_i64, i64, i64, WRAP(x) - WRAP(y))
MAP2(multiply_i64, i64, i64, WRAP(x) * WRAP(y))
MAP2(divide_trunc_i64, i64, i64, divide_trunc_one(x, y))
MAP2(divide_floor_i64, i64, i64, divide_floor_one(x, y))
MAP2(remainder_i64, i64, i64, remainder_one(x, y))
MAP2(fmod_i64, i64, i64, fmod_one(x, y))
MAP2(maximum_i64, i64, i64, x > y ? x : y)
MAP2(minimum_i64, i64, i64, x < y ? x : y)
MAP2(pow_i64, i64, i64, power_one(x, y))
MAP1(negate_i64, i64, i64, -WRAP(x))
MAP1(abs_i64, i64, i64, x < 0 ? -WRAP(x) : WRAP(x))
MAP1(sign_i64, i64, i64, (x > 0) - (x < 0))
MAP1(square_i64, i64, i64, WRAP(x) * WRAP(x))
MAP3(multiply_add_i64, i64, i64, i64, WRAP(x) * WRAP(y) + WRAP(z))
MAP2(and_i64, i64, i64, x & y)
MAP2(or_i64, i64, i64, x | y)
MAP2(xor_i64, i64, i64, x ^ y)
MAP1(not_i64, i64, i64, ~x)
// ATen's shifts: a count outside 0 ..< 64 shifts everything out (to the sign, rightwards).
MAP2(shift_left_i64, i64, i64, WRAP(y) >= 64 ? 0 : WRAP(x) << (y & 63))
MAP2(shift_right_i64, i64, i64, x >> (WRAP(y) >= 64 ? 63 : y))
MAP2(gcd_i64, i64, i64, gcd_one(x, y))
MAP2(lcm_i64, i64, i64, lcm_one(x, y))
MAP1(floor_i64, i64, i64, x)

MAP2(and_b8, b8, b8, x & y)
MAP2(or_b8, b8, b8, x | y)
MAP2(xor_b8, b8, b8, x ^ y)
MAP1(not_b8, b8, b8, x ^ 1)

#define COMPARE(T)                                                                                    \
  MAP2(eq_##T, b8, T, x == y) MAP2(ne_##T, b8, T, x != y) MAP2(lt_##T, b8, T, x < y)                  \
  MAP2(le_##T, b8, T, x <= y) MAP2(gt_##T, b8, T, x > y) MAP2(ge_##T, b8, T, x >= y)                  \
  MAP3(select_##T, T, b8, T, x ? y : z)
COMPARE(b8) COMPARE(i64) COMPARE(f32) COMPARE(f64)
static void false_b8(ARGUMENTS) { (void)av; (void)bv; (void)cv; memset(dv, 0, (size_t)n); }
MAP1(isnan_f32, b8, f32, x != x)
MAP1(isnan_f64, b8, f64, x != x)
MAP1(isinf_f32, b8, f32, __builtin_fabsf(x) == __builtin_inff())
MAP1(isinf_f64, b8, f64, __builtin_fabs(x) == __builtin_inf())
MAP1(signbit_f32, b8, f32, __builtin_bit_cast(uint32_t, x) >> 31)
MAP1(signbit_f64, b8, f64, __builtin_bit_cast(uint64_t, x) >> 63)
MAP1(signbit_i64, b8, i64, x < 0)

#define REAL(T, S)                                                                                    \
  MAP2(add_##T, T, T, x + y) MAP2(subtract_##T, T, T, x - y) MAP2(multiply_##T, T, T, x * y)          \
  MAP2(divide_##T, T, T, x / y) MAP2(divide_trunc_##T, T, T, __builtin_trunc##S(x / y))               \
  MAP2(divide_floor_##T, T, T, floor_quotient_##T(x, y))                                              \
  MAP2(remainder_##T, T, T, signed_modulus_##T(x, y))                                                   \
  MAP2(fmod_##T, T, T, __builtin_fmod##S(x, y))                                                       \
  MAP2(maximum_##T, T, T, x > y || x != x ? x : y) MAP2(minimum_##T, T, T, x < y || x != x ? x : y)   \
  MAP2(fmax_##T, T, T, x > y || y != y ? x : y) MAP2(fmin_##T, T, T, x < y || y != y ? x : y)         \
  MAP1(negate_##T, T, T, -x) MAP1(abs_##T, T, T, __builtin_fabs##S(x))                                \
  MAP1(sign_##T, T, T, (x > 0) - (x < 0))                                                             \
  MAP1(reciprocal_##T, T, T, 1 / x) MAP1(square_##T, T, T, x * x)                                     \
  MAP3(multiply_add_##T, T, T, T, x * y + z)                                                          \
  MAP1(sqrt_##T, T, T, __builtin_sqrt##S(x)) MAP1(rsqrt_##T, T, T, 1 / __builtin_sqrt##S(x))          \
  MAP1(floor_##T, T, T, __builtin_floor##S(x)) MAP1(ceil_##T, T, T, __builtin_ceil##S(x))             \
  MAP1(trunc_##T, T, T, __builtin_trunc##S(x)) MAP1(round_##T, T, T, __builtin_rint##S(x))            \
  MAP2(copysign_##T, T, T, __builtin_copysign##S(x, y))                                               \
  MAP2(nextafter_##T, T, T, nextafter##S(x, y))
REAL(f32, f)
REAL(f64, )
