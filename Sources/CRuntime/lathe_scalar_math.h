// Functions of one element, for one kernel level (include it between the level's marks, after lathe_vector_math.h): integers by PyTorch's
// rules, and elementary functions of f32 that evaluate f64 polynomials and round once (within 1 ulp). None calls the C library but
// for fmod, so that loops over them become vector code.
#ifndef LATHE_SCALAR_MATH_H
#define LATHE_SCALAR_MATH_H

#define WRAP(x) ((uint64_t)(x))

LATHE_INLINE uint64_t bits_of_f64(double x) { return ((union { double x; uint64_t bits; }){.x = x}).bits; }
LATHE_INLINE double f64_of_bits(uint64_t bits) { return ((union { uint64_t bits; double x; }){.bits = bits}).x; }
LATHE_INLINE int32_t bits_of_f32(float x) { return ((union { float x; int32_t bits; }){.x = x}).bits; }

LATHE_INLINE int64_t divide_trunc_one(int64_t x, int64_t y) { return y == -1 ? (int64_t)-WRAP(x) : y == 0 ? 0 : x / y; }
LATHE_INLINE int64_t fmod_one(int64_t x, int64_t y) { return y == -1 || y == 0 ? 0 : x % y; }
LATHE_INLINE int64_t divide_floor_one(int64_t x, int64_t y) {
  int64_t q = divide_trunc_one(x, y), r = fmod_one(x, y);
  return q - (r != 0 && (r < 0) != (y < 0));
}
LATHE_INLINE int64_t remainder_one(int64_t x, int64_t y) {
  int64_t r = fmod_one(x, y);
  return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}
LATHE_INLINE int64_t power_one(int64_t x, int64_t y) {
  if (y < 0) return x == 1 ? 1 : x == -1 ? (y % 2 == 0 ? 1 : -1) : 0;
  uint64_t result = 1, base = WRAP(x);
  for (; y; y >>= 1, base *= base) if (y & 1) result *= base;
  return (int64_t)result;
}
LATHE_INLINE int64_t gcd_one(int64_t x, int64_t y) {
  uint64_t a = x < 0 ? -WRAP(x) : WRAP(x), b = y < 0 ? -WRAP(y) : WRAP(y);
  while (b) { uint64_t r = a % b; a = b; b = r; }
  return (int64_t)a;
}
LATHE_INLINE int64_t lcm_one(int64_t x, int64_t y) {
  int64_t g = gcd_one(x, y);
  if (g == 0) return 0;
  int64_t product = (int64_t)(WRAP(x / g) * WRAP(y));
  return product < 0 ? (int64_t)-WRAP(product) : product;
}

#define REAL(T, N, S)                                                                                 \
  LATHE_INLINE T signed_modulus_##N(T x, T y) {                                    \
    T r = __builtin_fmod##S(x, y);                                                             \
    return r != 0 && (y < 0) != (r < 0) ? r + y : r;                                                  \
  }                                                                                                   \
  LATHE_INLINE T floor_quotient_##N(T x, T y) {                                  \
    if (y == 0) return x / y;                                                                         \
    T r = __builtin_fmod##S(x, y), q = (x - r) / y;                                            \
    if (r != 0 && (y < 0) != (r < 0)) q -= 1;                                                         \
    if (q == 0) return __builtin_copysign##S(0, x / y);                                               \
    T whole = __builtin_floor##S(q);                                                           \
    return q - whole > (T)0.5 ? whole + 1 : whole;                                             \
  }
REAL(float, f32, f)
REAL(double, f64, )
#undef REAL

LATHE_INLINE double power_of_two(double whole_plus_shift) {  // n + 0x1.8p52 to 2^n
  uint64_t bits = (bits_of_f64(whole_plus_shift) + 1023) << 52;
  return f64_of_bits(bits);
}
/// e^r - 1 for |r| <= ln 2 / 2, to 2^-31.
LATHE_INLINE double expm1_near_zero(double r) {
  double p = 0.00019857911584972659;
  p = LATHE_FMA(p, r, 0.0013933776299992778);
  p = LATHE_FMA(p, r, 0.008333360864950285);
  p = LATHE_FMA(p, r, 0.041666463920275139);
  p = LATHE_FMA(p, r, 0.16666666530920044);
  p = LATHE_FMA(p, r, 0.50000000135401984);
  return LATHE_FMA(p * r, r, r);
}
static const double SHIFT = 0x1.8p52, LOG2_E = 1.4426950408889634, LN_2 = 0.69314718055994531;
/// 2^t and 2^t - 1 with f32's precision; t is brought into +-200, past what f32 can tell apart.
LATHE_INLINE double exp2_of(double t) {
  t = t > 200 ? 200 : t < -200 ? -200 : t;
  double n = t + SHIFT, r = (t - (n - SHIFT)) * LN_2, s = power_of_two(n);
  return LATHE_FMA(s, expm1_near_zero(r), s);
}
LATHE_INLINE double expm1_of(double x) {
  double t = x * LOG2_E;
  t = t > 200 ? 200 : t < -200 ? -200 : t;
  double n = t + SHIFT, r = (t - (n - SHIFT)) * LN_2, s = power_of_two(n);
  return LATHE_FMA(s, expm1_near_zero(r), s - 1);
}
/// log(y) where y = 1 + x; `x` keeps the digits that 1 + x lost, for y near 1. Any f64 that an f32 can give.
LATHE_INLINE double log_with(double y, double x) {
  const uint64_t root_half = 0x3fe6a09e00000000u;
  uint64_t i = bits_of_f64(y) - root_half + (1023ull << 52);
  uint64_t exponent = i >> 52, mantissa = (i & 0xfffffffffffffu) + root_half;
  uint64_t exponent_bits = exponent | 0x4330000000000000u;
  double k = f64_of_bits(exponent_bits) - (0x1p52 + 1023), m = f64_of_bits(mantissa);
  double f = k == 0 ? x : m - 1, s = f / (2 + f), z = s * s;
  double p = 0.19375475609711014;
  p = LATHE_FMA(p, z, 0.22190733750543782);
  p = LATHE_FMA(p, z, 0.285717651767494);
  p = LATHE_FMA(p, z, 0.39999998744408816);
  p = LATHE_FMA(p, z, 0.66666666667414671);
  double log = LATHE_FMA(k, LN_2, LATHE_FMA(p * z, s, 2 * s));
  return y > 0 ? (y < __builtin_inf() ? log : y) : y == 0 ? -__builtin_inf() : __builtin_nan("");
}
LATHE_INLINE double log_of(double x) { return log_with(x, x - 1); }
LATHE_INLINE double log1p_of(double x) { return log_with(1 + x, x); }

LATHE_INLINE float pow_of(float x, float y) {
  double magnitude = exp2_of((double)y * (log_of(__builtin_fabs((double)x)) * LOG2_E));
  float whole = __builtin_truncf(y), half = __builtin_truncf(y * 0.5f);
  int odd = whole == y && half * 2 != y;
  double value = x < 0 || bits_of_f32(x) < 0 ? (odd ? -magnitude : whole == y ? magnitude : x == 0 || x == -__builtin_inff() ? magnitude : __builtin_nan("")) : magnitude;
  value = x == 1 || y == 0 || (x == -1 && __builtin_fabsf(y) == __builtin_inff()) ? 1 : value;
  return x != x && y != 0 ? x : y != y && x != 1 ? y : (float)value;
}

/// r = x - n pi / 2 with |r| <= pi / 4, for |x| below REDUCIBLE; the low bits of the result's `n` are the quadrant.
static const float REDUCIBLE = 1e6f;
LATHE_INLINE double quadrant_of(double x, double *n) {
  *n = LATHE_FMA(x, 0.63661977236758138, SHIFT);
  double k = *n - SHIFT, r = LATHE_FMA(-k, 0x1.921fb544p+0, x);  // pi / 2 in pieces of 33 bits: k times a piece is exact
  r = LATHE_FMA(-k, 0x1.0b4611a6p-34, r);
  return LATHE_FMA(-k, 0x1.3198a2e037073p-69, r);
}
LATHE_INLINE double sin_near_zero(double r) {
  double z = r * r, p = 2.7249389973546149e-6;
  p = LATHE_FMA(p, z, -0.00019840082716716086);
  p = LATHE_FMA(p, z, 0.0083333318675916028);
  p = LATHE_FMA(p, z, -0.16666666663838382);
  return LATHE_FMA(p * z, r, r);
}
LATHE_INLINE double cos_near_zero(double r) {
  double z = r * r, p = -2.7300502907159002e-7;
  p = LATHE_FMA(p, z, 2.48005969389917e-5);
  p = LATHE_FMA(p, z, -0.0013888887665880709);
  p = LATHE_FMA(p, z, 0.041666664306423);
  return LATHE_FMA(p * z, z, LATHE_FMA(z, -0.5, 1.0));
}
LATHE_INLINE float sin_of(float x) {
  double n, r = quadrant_of(x, &n), s = sin_near_zero(r), c = cos_near_zero(r);
  uint64_t q = bits_of_f64(n), bits = bits_of_f64(q & 1 ? c : s) ^ (q & 2) << 62;
  return (float)f64_of_bits(bits);
}
LATHE_INLINE float cos_of(float x) {
  double n, r = quadrant_of(x, &n), s = sin_near_zero(r), c = cos_near_zero(r);
  uint64_t q = bits_of_f64(n), bits = bits_of_f64(q & 1 ? s : c) ^ ((q + 1) & 2) << 62;
  return (float)f64_of_bits(bits);
}
LATHE_INLINE float tan_of(float x) {
  double n, r = quadrant_of(x, &n), s = sin_near_zero(r), c = cos_near_zero(r);
  uint64_t q = bits_of_f64(n);
  return (float)((q & 1 ? -c : s) / (q & 1 ? s : c));
}
LATHE_INLINE double sinh_of(double x) {
  double e = expm1_of(__builtin_fabs(x));
  return __builtin_copysign(0.5 * (e + e / (e + 1)), x);
}
LATHE_INLINE double cosh_of(double x) { double e = exp2_of(x * LOG2_E); return 0.5 * (e + 1 / e); }
LATHE_INLINE double asinh_of(double x) {
  double y = __builtin_fabs(x);
  return __builtin_copysign(log1p_of(y + y * y / (1 + __builtin_sqrt(y * y + 1))), x);
}
LATHE_INLINE double acosh_of(double x) {
  double y = x - 1;
  return y < 0 ? __builtin_nan("") : log1p_of(y + __builtin_sqrt(y * (x + 1)));
}
LATHE_INLINE double atanh_of(double x) { double y = __builtin_fabs(x); return __builtin_copysign(0.5 * log1p_of(2 * y / (1 - y)), x); }
#endif
