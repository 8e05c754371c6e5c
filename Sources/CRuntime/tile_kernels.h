// The tile machine's instructions at one level.
#include <math.h>
#include "lathe_special.h"
#include "lathe_vector_math.h"
#include "tile_table.h"
#if LATHE_LEVEL_EXISTS
// One macro serves loops that vectorise and those that call libm, which cannot.
#pragma clang diagnostic ignored "-Wpass-failed"
LATHE_LEVEL_BEGIN
#include "lathe_scalar_math.h"
#include "tile_arithmetic.h"
#include "tile_functions.h"
LATHE_LEVEL_END

#define REALS(op) {NULL, NULL, op##_f32, op##_f64}
#define NUMBERS(op) {NULL, op##_i64, op##_f32, op##_f64}
#define ALL(op) {op##_b8, op##_i64, op##_f32, op##_f64}
#define INTEGERS(op) {NULL, op##_i64, NULL, NULL}
#define BITS(op) {op##_b8, op##_i64, NULL, NULL}
const tile_kernels LATHE_LEVEL_NAME(tile_kernels) = {.run = {
  [LATHE_OP_ADD] = {or_b8, add_i64, add_f32, add_f64},
  [LATHE_OP_SUBTRACT] = NUMBERS(subtract),
  [LATHE_OP_MULTIPLY] = {and_b8, multiply_i64, multiply_f32, multiply_f64},
  [LATHE_OP_DIVIDE] = REALS(divide),
  [LATHE_OP_DIVIDE_TRUNC] = NUMBERS(divide_trunc),
  [LATHE_OP_DIVIDE_FLOOR] = NUMBERS(divide_floor),
  [LATHE_OP_REMAINDER] = {NULL, remainder_i64, remainder_f32, remainder_f64},
  [LATHE_OP_FMOD] = NUMBERS(fmod),
  [LATHE_OP_MAXIMUM] = {or_b8, maximum_i64, maximum_f32, maximum_f64},
  [LATHE_OP_MINIMUM] = {and_b8, minimum_i64, minimum_f32, minimum_f64},
  [LATHE_OP_FMAX] = {or_b8, maximum_i64, fmax_f32, fmax_f64},
  [LATHE_OP_FMIN] = {and_b8, minimum_i64, fmin_f32, fmin_f64},
  [LATHE_OP_POW] = NUMBERS(pow),
  [LATHE_OP_NEGATE] = NUMBERS(negate),
  [LATHE_OP_ABS] = NUMBERS(abs),
  [LATHE_OP_SIGN] = NUMBERS(sign),
  [LATHE_OP_RECIPROCAL] = REALS(reciprocal),
  [LATHE_OP_SQUARE] = NUMBERS(square),
  [LATHE_OP_MULTIPLY_ADD] = NUMBERS(multiply_add),
  [LATHE_OP_AND] = BITS(and), [LATHE_OP_OR] = BITS(or), [LATHE_OP_XOR] = BITS(xor), [LATHE_OP_NOT] = BITS(not),
  [LATHE_OP_SHIFT_LEFT] = INTEGERS(shift_left), [LATHE_OP_SHIFT_RIGHT] = INTEGERS(shift_right),
  [LATHE_OP_GCD] = INTEGERS(gcd), [LATHE_OP_LCM] = INTEGERS(lcm),
  [LATHE_OP_EQ] = ALL(eq), [LATHE_OP_NE] = ALL(ne), [LATHE_OP_LT] = ALL(lt), [LATHE_OP_LE] = ALL(le),
  [LATHE_OP_GT] = ALL(gt), [LATHE_OP_GE] = ALL(ge),
  [LATHE_OP_ISNAN] = {false_b8, false_b8, isnan_f32, isnan_f64},
  [LATHE_OP_ISINF] = {false_b8, false_b8, isinf_f32, isinf_f64},
  [LATHE_OP_SELECT] = ALL(select),
  [LATHE_OP_EXP] = REALS(exp), [LATHE_OP_EXP2] = REALS(exp2), [LATHE_OP_EXPM1] = REALS(expm1),
  [LATHE_OP_LOG] = REALS(log), [LATHE_OP_LOG2] = REALS(log2), [LATHE_OP_LOG10] = REALS(log10), [LATHE_OP_LOG1P] = REALS(log1p),
  [LATHE_OP_SQRT] = REALS(sqrt), [LATHE_OP_RSQRT] = REALS(rsqrt),
  [LATHE_OP_SIN] = REALS(sin), [LATHE_OP_COS] = REALS(cos), [LATHE_OP_TAN] = REALS(tan),
  [LATHE_OP_ASIN] = REALS(asin), [LATHE_OP_ACOS] = REALS(acos), [LATHE_OP_ATAN] = REALS(atan), [LATHE_OP_ATAN2] = REALS(atan2),
  [LATHE_OP_SINH] = REALS(sinh), [LATHE_OP_COSH] = REALS(cosh), [LATHE_OP_TANH] = REALS(tanh),
  [LATHE_OP_ASINH] = REALS(asinh), [LATHE_OP_ACOSH] = REALS(acosh), [LATHE_OP_ATANH] = REALS(atanh),
  [LATHE_OP_ERF] = REALS(erf), [LATHE_OP_ERFC] = REALS(erfc), [LATHE_OP_ERFINV] = REALS(erfinv),
  [LATHE_OP_LGAMMA] = REALS(lgamma), [LATHE_OP_DIGAMMA] = REALS(digamma), [LATHE_OP_SIGMOID] = REALS(sigmoid),
  [LATHE_OP_FLOOR] = NUMBERS(floor), [LATHE_OP_CEIL] = {NULL, floor_i64, ceil_f32, ceil_f64},
  [LATHE_OP_TRUNC] = {NULL, floor_i64, trunc_f32, trunc_f64}, [LATHE_OP_ROUND] = {NULL, floor_i64, round_f32, round_f64},
  [LATHE_OP_HYPOT] = REALS(hypot), [LATHE_OP_COPYSIGN] = REALS(copysign), [LATHE_OP_NEXTAFTER] = REALS(nextafter),
  [LATHE_OP_SIGNBIT] = {false_b8, signbit_i64, signbit_f32, signbit_f64},
  [LATHE_OP_I0] = REALS(i0), [LATHE_OP_I0E] = REALS(i0e), [LATHE_OP_I1] = REALS(i1), [LATHE_OP_I1E] = REALS(i1e),
  [LATHE_OP_IGAMMA] = REALS(igamma), [LATHE_OP_IGAMMAC] = REALS(igammac),
  [LATHE_OP_POLYGAMMA] = REALS(polygamma), [LATHE_OP_ZETA] = REALS(zeta),
}};
#endif
