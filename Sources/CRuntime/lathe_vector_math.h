// Elementary functions on vectors of f32, for one kernel level (include it where LATHE_LEVEL is defined). Errors are within 2 ulp.
// The polynomials are minimax fits in the manner of Cephes and of N. Juffa's published single-precision functions.
#ifndef LATHE_VECTOR_MATH_H
#define LATHE_VECTOR_MATH_H
#include "lathe_isa.h"

LATHE_LEVEL_BEGIN
LATHE_INLINE lathe_vf lathe_vf_all(float x) { return x - (lathe_vf){0}; }
/// a where the mask's lanes are all ones, b where they are zero.
LATHE_INLINE lathe_vf lathe_vf_select(lathe_vi32 mask, lathe_vf a, lathe_vf b) {
  return (lathe_vf)((mask & (lathe_vi32)a) | (~mask & (lathe_vi32)b));
}
LATHE_INLINE lathe_vf lathe_vf_abs(lathe_vf x) { return (lathe_vf)((lathe_vi32)x & 0x7fffffff); }
/// |x| with the sign of `sign`; x must not be negative.
LATHE_INLINE lathe_vf lathe_vf_with_sign(lathe_vf x, lathe_vf sign) {
  return (lathe_vf)((lathe_vi32)x | ((lathe_vi32)sign & (int32_t)0x80000000));
}
/// The larger; b where a is NaN.
LATHE_INLINE lathe_vf lathe_vf_max(lathe_vf a, lathe_vf b) { return lathe_vf_select((lathe_vi32)(a > b), a, b); }
LATHE_INLINE lathe_vf lathe_vf_min(lathe_vf a, lathe_vf b) { return lathe_vf_select((lathe_vi32)(a < b), a, b); }
#define LATHE_VF_FMA(a, b, c) LATHE_FMA(a, b, lathe_vf_all(c))

/// Whether a lane of the mask is not zero.
LATHE_INLINE int lathe_vi32_any(lathe_vi32 mask) {
#if defined(__clang__)
  return __builtin_reduce_or(mask) != 0;
#else
  int32_t any = 0;
  for (int i = 0; i < LATHE_VF; i++) any |= mask[i];
  return any != 0;
#endif
}

/// e^x = 2^n r: r, and n in the low bits of the other.
LATHE_INLINE lathe_vf lathe_vf_exp_parts(lathe_vf x, lathe_vi32 *power) {
  const float shift = 0x1.8p23f;
  lathe_vf n = LATHE_FMA(x, lathe_vf_all(0x1.715476p+0f), lathe_vf_all(shift));
  *power = (lathe_vi32)n - (int32_t)0x4b400000;
  n = n - shift;
  lathe_vf f = LATHE_FMA(n, lathe_vf_all(-0x1.62e400p-1f), x);
  f = LATHE_FMA(n, lathe_vf_all(-0x1.7f7d1cp-20f), f);
  lathe_vf r = LATHE_VF_FMA(lathe_vf_all(0x1.694000p-10f), f, 0x1.125edcp-7f);
  r = LATHE_VF_FMA(r, f, 0x1.555b5ap-5f);
  r = LATHE_VF_FMA(r, f, 0x1.555450p-3f);
  r = LATHE_VF_FMA(r, f, 0x1.fffff6p-2f);
  r = LATHE_VF_FMA(r, f, 1.0f);
  return LATHE_VF_FMA(r, f, 1.0f);
}
/// e^x; subnormal results, overflow to infinity and NaN as expf gives them.
LATHE_INLINE lathe_vf lathe_vf_exp(lathe_vf x) {
  lathe_vi32 whole;
  if (__builtin_expect(lathe_vi32_any(~(lathe_vi32)(lathe_vf_abs(x) <= lathe_vf_all(87.0f))), 0)) {
    x = lathe_vf_select((lathe_vi32)(x > 89.0f), lathe_vf_all(89.0f), x);
    x = lathe_vf_select((lathe_vi32)(x < -104.0f), lathe_vf_all(-104.0f), x);
    lathe_vf r = lathe_vf_exp_parts(x, &whole);
    lathe_vi32 half = whole >> 1;  // two steps, so that 2^n is in range where the result is subnormal or overflows
    lathe_vf first = (lathe_vf)((half + 127) << 23), second = (lathe_vf)((whole - half + 127) << 23);
    return r * first * second;
  }
  lathe_vf r = lathe_vf_exp_parts(x, &whole);
  return (lathe_vf)((lathe_vi32)r + (whole << 23));
}

LATHE_INLINE lathe_vf lathe_vf_tanh(lathe_vf x) {
  lathe_vf t = lathe_vf_abs(x), s = x * x;
  lathe_vf large = lathe_vf_with_sign(1.0f - 2.0f / (lathe_vf_exp(2.0f * t) + 1.0f), x);
  lathe_vf r = LATHE_VF_FMA(lathe_vf_all(-5.70498872745e-3f), s, 2.06390887954e-2f);
  r = LATHE_VF_FMA(r, s, -5.37397155531e-2f);
  r = LATHE_VF_FMA(r, s, 1.33314422036e-1f);
  r = LATHE_VF_FMA(r, s, -3.33332819422e-1f);
  return lathe_vf_select((lathe_vi32)(t < 0.625f), LATHE_FMA(r * s, x, x), large);
}

#if LATHE_LEVEL >= 1 && LATHE_X86
typedef float lathe_vf8 __attribute__((vector_size(32)));
typedef float lathe_vf8_unaligned __attribute__((vector_size(32), aligned(4), may_alias));
/// Eight entries by the low three bits of each lane.
LATHE_INLINE lathe_vf lathe_vf_lookup(const float *table, lathe_vi32 index) {
  lathe_vf8 entries = *(const lathe_vf8_unaligned *)table;
#if LATHE_LEVEL >= 2
  lathe_vf twice = __builtin_shufflevector(entries, entries, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7);
#ifdef __clang__
  return __builtin_ia32_permvarsf512(twice, index);
#else
  return __builtin_ia32_permvarsf512_mask(twice, index, twice, (uint16_t)-1);
#endif
#else
  return __builtin_ia32_permvarsf256(entries, index);
#endif
}
/// A polynomial for each of eight steps of 1/2 (interpolation at Chebyshev points): of erf(x) / x in the first, so that small results
/// keep their digits, of erf(x) in the rest.
LATHE_INLINE lathe_vf lathe_vf_erf(lathe_vf x) {
  static const float c[7][8] = {
    {1.10530555f, 0.711155653f, 0.92290014f, 0.986671686f, 0.998537302f, 0.999899387f, 0.999995708f, 0.999999881f},
    {-0.181165487f, 0.642931521f, 0.236521229f, 0.0527748354f, 0.00714230025f, 0.000586294278f, 2.91936394e-05f, 8.8188483e-07f},
    {-0.335351139f, -0.482198238f, -0.295651555f, -0.0923562273f, -0.0160701908f, -0.00161226466f, -9.48665183e-05f, -3.30567559e-06f},
    {0.104691826f, 0.0267271455f, 0.167523101f, 0.090177685f, 0.0217269715f, 0.00275820564f, 0.000195219764f, 7.9118463e-06f},
    {0.0890261233f, 0.150679037f, -0.00614020368f, -0.0481045544f, -0.0190867949f, -0.00325782853f, -0.00028628952f, -1.38022979e-05f},
    {-0.0349704213f, -0.05125992f, -0.0467771329f, 0.00596932229f, 0.0105812298f, 0.00282585132f, 0.000332609779f, 2.0203739e-05f},
    {-0.0180696715f, -0.0266192239f, 0.0206848383f, 0.00903915148f, -0.00279514864f, -0.00166659371f, -0.000272477482f, -2.05121669e-05f},
  };
  lathe_vf t = lathe_vf_abs(x);
  t = lathe_vf_select((lathe_vi32)(t > 3.99f), lathe_vf_all(3.99f), t);  // where erf is 1
  lathe_vi32 step = __builtin_convertvector(t + t, lathe_vi32);
  lathe_vf f = LATHE_FMA(__builtin_convertvector(step, lathe_vf), lathe_vf_all(-0.5f), t) - 0.25f;
  lathe_vf r = lathe_vf_lookup(c[6], step);
  for (int k = 5; k >= 0; k--) r = LATHE_FMA(r, f, lathe_vf_lookup(c[k], step));
  return lathe_vf_select((lathe_vi32)(t < 0.5f), r * x, lathe_vf_with_sign(r, x));
}
#else
LATHE_INLINE lathe_vf lathe_vf_erf(lathe_vf x) {
  lathe_vf t = lathe_vf_abs(x), s = x * x;
  lathe_vf r = LATHE_VF_FMA(lathe_vf_all(-1.72853470e-5f), t, 3.83197126e-4f);
  lathe_vf u = LATHE_VF_FMA(lathe_vf_all(-3.88396438e-3f), t, 2.42546219e-2f);
  r = LATHE_FMA(r, s, u);
  r = LATHE_VF_FMA(r, t, -1.06777877e-1f);
  r = LATHE_VF_FMA(r, t, -6.34846687e-1f);
  r = LATHE_VF_FMA(r, t, -1.28717512e-1f);
  r = LATHE_FMA(r, t, -t);
  // beyond 4 the value is 1 and the fit no longer holds
  r = lathe_vf_select((lathe_vi32)(t > 4.0f), lathe_vf_all(-104.0f), r);
  lathe_vf large = lathe_vf_with_sign(1.0f - lathe_vf_exp(r), x);
  lathe_vf q = LATHE_VF_FMA(lathe_vf_all(-5.96761703e-4f), s, 4.99119423e-3f);
  q = LATHE_VF_FMA(q, s, -2.67681349e-2f);
  q = LATHE_VF_FMA(q, s, 1.12819925e-1f);
  q = LATHE_VF_FMA(q, s, -3.76125336e-1f);
  q = LATHE_VF_FMA(q, s, 1.28379166e-1f);
  q = LATHE_FMA(q, x, x);
  return lathe_vf_select((lathe_vi32)(t > 0.927734375f), large, q);
}
#endif

/// log(x) = `rest` + k log 2, as Cephes has it, for x from 0 to infinity; `k` is whole.
LATHE_INLINE lathe_vf lathe_vf_log_parts(lathe_vf x, lathe_vf *k) {
  lathe_vi32 isSmall = (lathe_vi32)(x < 0x1p-126f);
  x = lathe_vf_select(isSmall, x * 0x1p23f, x);
  lathe_vi32 i = (lathe_vi32)x - 0x3f3504f3;
  *k = __builtin_convertvector((i >> 23) - (isSmall & 23), lathe_vf);
  lathe_vf f = (lathe_vf)((i & 0x7fffff) + 0x3f3504f3) - 1.0f, z = f * f;
  lathe_vf r = LATHE_VF_FMA(lathe_vf_all(7.0376836292e-2f), f, -1.1514610310e-1f);
  r = LATHE_VF_FMA(r, f, 1.1676998740e-1f);
  r = LATHE_VF_FMA(r, f, -1.2420140846e-1f);
  r = LATHE_VF_FMA(r, f, 1.4249322787e-1f);
  r = LATHE_VF_FMA(r, f, -1.6668057665e-1f);
  r = LATHE_VF_FMA(r, f, 2.0000714765e-1f);
  r = LATHE_VF_FMA(r, f, -2.4999993993e-1f);
  r = LATHE_VF_FMA(r, f, 3.3333331174e-1f);
  return LATHE_FMA(r * f, z, LATHE_FMA(z, lathe_vf_all(-0.5f), f));
}
/// `value` for positive finite x; -inf for 0, NaN below it, x itself for infinity and NaN.
LATHE_INLINE lathe_vf lathe_vf_log_limits(lathe_vf x, lathe_vf value) {
  value = lathe_vf_select((lathe_vi32)(x < __builtin_inff()), value, x);
  value = lathe_vf_select((lathe_vi32)(x == 0), lathe_vf_all(-__builtin_inff()), value);
  return lathe_vf_select((lathe_vi32)(x < 0), lathe_vf_all(__builtin_nanf("")), value);
}
LATHE_INLINE lathe_vf lathe_vf_log(lathe_vf x) {
  lathe_vf k, rest = lathe_vf_log_parts(x, &k);
  rest = LATHE_FMA(k, lathe_vf_all(-2.12194440e-4f), rest);
  return lathe_vf_log_limits(x, LATHE_FMA(k, lathe_vf_all(0.693359375f), rest));
}
/// Logarithms of base 2 and 10; the factors in two parts.
LATHE_INLINE lathe_vf lathe_vf_log2(lathe_vf x) {
  lathe_vf k, rest = lathe_vf_log_parts(x, &k);
  lathe_vf low = rest * 1.9259629911e-8f;
  return lathe_vf_log_limits(x, LATHE_FMA(rest, lathe_vf_all(0x1.715476p+0f), low) + k);
}
LATHE_INLINE lathe_vf lathe_vf_log10(lathe_vf x) {
  lathe_vf k, rest = lathe_vf_log_parts(x, &k);
  lathe_vf low = LATHE_FMA(k, lathe_vf_all(4.6050390e-6f), rest * lathe_vf_all(-1.0108086e-8f));
  return lathe_vf_log_limits(x, LATHE_FMA(k, lathe_vf_all(0.301025390625f), LATHE_FMA(rest, lathe_vf_all(0x1.bcb7b2p-2f), low)));
}
/// log(1 + x); what 1 + x loses in rounding comes back to first order.
LATHE_INLINE lathe_vf lathe_vf_log1p(lathe_vf x) {
  lathe_vf y = 1.0f + x, lost = x - (y - 1.0f), value = lathe_vf_log(y);
  lathe_vi32 isPlain = (lathe_vi32)(y > 0) & (lathe_vi32)(y < __builtin_inff());
  value = lathe_vf_select(isPlain, value + lost / y, value);
  return lathe_vf_select((lathe_vi32)(x == 0), x, value);
}
/// e^x - 1, with the polynomial of `lathe_vf_exp` without its first term.
LATHE_INLINE lathe_vf lathe_vf_expm1(lathe_vf x) {
  lathe_vf t = lathe_vf_select((lathe_vi32)(x > 89.0f), lathe_vf_all(89.0f), x);
  t = lathe_vf_select((lathe_vi32)(t < -30.0f), lathe_vf_all(-30.0f), t);
  const float shift = 0x1.8p23f;
  lathe_vf n = LATHE_FMA(t, lathe_vf_all(0x1.715476p+0f), lathe_vf_all(shift));
  lathe_vi32 whole = (lathe_vi32)n - (int32_t)0x4b400000;
  n = n - shift;
  lathe_vf f = LATHE_FMA(n, lathe_vf_all(-0x1.62e400p-1f), t);
  f = LATHE_FMA(n, lathe_vf_all(-0x1.7f7d1cp-20f), f);
  lathe_vf r = LATHE_VF_FMA(lathe_vf_all(0x1.694000p-10f), f, 0x1.125edcp-7f);
  r = LATHE_VF_FMA(r, f, 0x1.555b5ap-5f);
  r = LATHE_VF_FMA(r, f, 0x1.555450p-3f);
  r = LATHE_VF_FMA(r, f, 0x1.fffff6p-2f);
  r = LATHE_FMA(r * f, f, f);
  lathe_vf half = (lathe_vf)((whole + 126) << 23);  // 2^(n - 1), so that the largest results are in range
  r = LATHE_FMA(half, r, half - 0.5f) * 2.0f;
  return lathe_vf_select((lathe_vi32)(x == 0) | (lathe_vi32)(x != x), x, r);
}

/// Both tails keep their digits: 1 / (1 + e^-x) would lose subnormal results to an overflow.
LATHE_INLINE lathe_vf sigmoid_of(lathe_vf x) {
  lathe_vf e = lathe_vf_exp((lathe_vf)((lathe_vi32)x | (int32_t)0x80000000));
  return lathe_vf_select((lathe_vi32)(x >= 0), lathe_vf_all(1), e) / (1 + e);
}
LATHE_INLINE lathe_vf lathe_vf_sigmoid(lathe_vf x) { return 1.0f / (1.0f + lathe_vf_exp(-x)); }
/// x/2 (1 + erf(x / sqrt 2)), as torch.nn.functional.gelu.
LATHE_INLINE lathe_vf lathe_vf_gelu(lathe_vf x) { return x * 0.5f * (1.0f + lathe_vf_erf(x * 0x1.6a09e6p-1f)); }
/// As torch.nn.functional.gelu(approximate="tanh").
LATHE_INLINE lathe_vf lathe_vf_gelu_tanh(lathe_vf x) {
  lathe_vf inner = 0.7978845608028654f * LATHE_FMA(0.044715f * x * x, x, x);
  return 0.5f * x * (1.0f + lathe_vf_tanh(inner));
}
LATHE_INLINE lathe_vf lathe_vf_silu(lathe_vf x) { return x / (1.0f + lathe_vf_exp(-x)); }
LATHE_LEVEL_END
#endif
