// Functions of lanes that few kernels call, beside those of lathe_lanes.h, which stands before it.
#ifndef LATHE_FUNCTIONS_H
#define LATHE_FUNCTIONS_H

LATHE_LEVEL_BEGIN
#include "lathe_scalar_math.h"

EACH2(lanes_i, power_i, power_one(x, y)) EACH2(lanes_i, gcd_i, gcd_one(x, y)) EACH2(lanes_i, lcm_i, lcm_one(x, y))
// By divisors that are not 0; the one quotient that is too large wraps.
EACH2(lanes_i, divideTruncating_i, y == -1 ? (int64_t)-WRAP(x) : x / y) EACH2(lanes_i, fmod_i, y == -1 ? 0 : x % y)
EACH2(lanes_i, divideFlooring_i, y == -1 ? (int64_t)-WRAP(x) : x / y - (x % y != 0 && (x < 0) != (y < 0)))
EACH2(lanes_i, remainder_i, y == -1 ? 0 : x % y + (x % y != 0 && (x < 0) != (y < 0) ? y : 0))
EACH2(lanes_i, shiftLeft_i, (int64_t)(WRAP(y) >= 64 ? 0 : WRAP(x) << (y & 63)))
EACH2(lanes_i, shiftRight_i, x >> (WRAP(y) >= 64 ? 63 : y))

#define REAL(t, V, S)                                                                                          \
  EACH2(V, fmod_##t, __builtin_fmod##S(x, y)) EACH2(V, nextafter_##t, nextafter##S(x, y))                      \
  EACH2(V, hypot_##t, hypot##S(x, y)) EACH2(V, atan2_##t, atan2##S(x, y)) EACH1(V, erfc_##t, erfc##S(x))       \
  EACH1(V, asin_##t, asin##S(x)) EACH1(V, acos_##t, acos##S(x)) EACH1(V, atan_##t, atan##S(x))
REAL(f, lanes_f, f)
REAL(d, lanes_d, )
#undef REAL
EACH2(lanes_f, remainder_f, signed_modulus_f32(x, y)) EACH2(lanes_d, remainder_d, signed_modulus_f64(x, y))
EACH2(lanes_f, divideFlooring_f, floor_quotient_f32(x, y)) EACH2(lanes_d, divideFlooring_d, floor_quotient_f64(x, y))

EACH1(lanes_f, exp2_f, (float)exp2_of(x))
EACH2(lanes_f, power_f, pow_of(x, y))
EACH1(lanes_f, sin_f, __builtin_fabsf(x) < REDUCIBLE ? sin_of(x) : sinf(x))
EACH1(lanes_f, cos_f, __builtin_fabsf(x) < REDUCIBLE ? cos_of(x) : cosf(x))
EACH1(lanes_f, tan_f, __builtin_fabsf(x) < REDUCIBLE ? tan_of(x) : tanf(x))
EACH1(lanes_f, sinh_f, x == 0 ? x : (float)sinh_of(x)) EACH1(lanes_f, cosh_f, (float)cosh_of(x))
EACH1(lanes_f, asinh_f, __builtin_fabsf(x) == __builtin_inff() ? x : (float)asinh_of(x))
EACH1(lanes_f, acosh_f, (float)acosh_of(x)) EACH1(lanes_f, atanh_f, (float)atanh_of(x))
EACH1(lanes_d, exp_d, exp(x)) EACH1(lanes_d, exp2_d, exp2(x)) EACH1(lanes_d, expm1_d, expm1(x)) EACH1(lanes_d, log_d, log(x))
EACH1(lanes_d, log2_d, log2(x)) EACH1(lanes_d, log10_d, log10(x)) EACH1(lanes_d, log1p_d, log1p(x)) EACH2(lanes_d, power_d, pow(x, y))
EACH1(lanes_d, sin_d, sin(x)) EACH1(lanes_d, cos_d, cos(x)) EACH1(lanes_d, tan_d, tan(x)) EACH1(lanes_d, sinh_d, sinh(x))
EACH1(lanes_d, cosh_d, cosh(x)) EACH1(lanes_d, tanh_d, tanh(x)) EACH1(lanes_d, asinh_d, asinh(x)) EACH1(lanes_d, acosh_d, acosh(x))
EACH1(lanes_d, atanh_d, atanh(x)) EACH1(lanes_d, erf_d, erf(x)) EACH1(lanes_d, sigmoid_d, x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)))
LATHE_LEVEL_END
#endif
