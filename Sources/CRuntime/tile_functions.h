// Elementary functions of the tile machine (included by tile_kernels.h, between the level's marks). In f32, exp, tanh, erf and sigmoid are
// lathe_vector_math.h's (within 2 ulp); the rest evaluate f64 polynomials and round once (within 1 ulp); those named libm are the C
// library's, one element at a time. In f64 all are the C library's or lathe_special.h's.

#define VMAP1(name, function)                                                                          \
  static void name(ARGUMENTS) {                                                                        \
    (void)bv; (void)cv;                                                                                \
    float *d = dv; const float *a = av;                                                                \
    intptr_t i = 0;                                                                                    \
    for (; i + LATHE_VF <= n; i += LATHE_VF)                                                           \
      *(lathe_vf_unaligned *)(d + i) = function(*(const lathe_vf_unaligned *)(a + i));                 \
    if (i < n) {                                                                                       \
      lathe_vf x = {0};                                                                                \
      memcpy(&x, a + i, (size_t)(n - i) * 4);                                                          \
      x = function(x);                                                                                 \
      memcpy(d + i, &x, (size_t)(n - i) * 4);                                                          \
    }                                                                                                  \
  }
VMAP1(exp_f32, lathe_vf_exp)
VMAP1(tanh_f32, lathe_vf_tanh)
VMAP1(erf_f32, lathe_vf_erf)
VMAP1(sigmoid_f32, sigmoid_of)

#define CIRCULAR(name, fast, slow)                                                                     \
  static void name(ARGUMENTS) {                                                                        \
    (void)bv; (void)cv;                                                                                \
    tile_f32 *d = dv; const tile_f32 *a = av;                                                          \
    int large = 0;                                                                                     \
    SAFE_LOOP for (intptr_t i = 0; i < n; i++) large |= !(__builtin_fabsf(a[i]) < REDUCIBLE);          \
    if (large) for (intptr_t i = 0; i < n; i++) d[i] = slow(a[i]);                                     \
    else SAFE_LOOP for (intptr_t i = 0; i < n; i++) { d[i] = fast(a[i]); }                             \
  }
CIRCULAR(sin_f32, sin_of, sinf)
CIRCULAR(cos_f32, cos_of, cosf)
CIRCULAR(tan_f32, tan_of, tanf)

MAP1(exp2_f32, f32, f32, exp2_of(x))
MAP1(expm1_f32, f32, f32, x == 0 ? x : expm1_of(x))
MAP1(log_f32, f32, f32, log_of(x))
MAP1(log2_f32, f32, f32, log_of(x) * LOG2_E)
MAP1(log10_f32, f32, f32, log_of(x) * 0.43429448190325183)
MAP1(log1p_f32, f32, f32, x == 0 ? x : log1p_of(x))
MAP2(pow_f32, f32, f32, pow_of(x, y))
MAP1(sinh_f32, f32, f32, x == 0 ? x : sinh_of(x))
MAP1(cosh_f32, f32, f32, cosh_of(x))
MAP1(asinh_f32, f32, f32, __builtin_fabsf(x) == __builtin_inff() ? x : asinh_of(x))
MAP1(acosh_f32, f32, f32, acosh_of(x))
MAP1(atanh_f32, f32, f32, atanh_of(x))
// libm
MAP1(asin_f32, f32, f32, asinf(x)) MAP1(acos_f32, f32, f32, acosf(x)) MAP1(atan_f32, f32, f32, atanf(x))
MAP2(atan2_f32, f32, f32, atan2f(x, y)) MAP2(hypot_f32, f32, f32, hypotf(x, y)) MAP1(erfc_f32, f32, f32, erfcf(x))

MAP1(exp_f64, f64, f64, exp(x)) MAP1(exp2_f64, f64, f64, exp2(x)) MAP1(expm1_f64, f64, f64, expm1(x))
MAP1(log_f64, f64, f64, log(x)) MAP1(log2_f64, f64, f64, log2(x)) MAP1(log10_f64, f64, f64, log10(x))
MAP1(log1p_f64, f64, f64, log1p(x)) MAP2(pow_f64, f64, f64, pow(x, y))
MAP1(sin_f64, f64, f64, sin(x)) MAP1(cos_f64, f64, f64, cos(x)) MAP1(tan_f64, f64, f64, tan(x))
MAP1(asin_f64, f64, f64, asin(x)) MAP1(acos_f64, f64, f64, acos(x)) MAP1(atan_f64, f64, f64, atan(x))
MAP2(atan2_f64, f64, f64, atan2(x, y)) MAP1(sinh_f64, f64, f64, sinh(x)) MAP1(cosh_f64, f64, f64, cosh(x))
MAP1(tanh_f64, f64, f64, tanh(x)) MAP1(asinh_f64, f64, f64, asinh(x)) MAP1(acosh_f64, f64, f64, acosh(x))
MAP1(atanh_f64, f64, f64, atanh(x)) MAP1(erf_f64, f64, f64, erf(x)) MAP1(erfc_f64, f64, f64, erfc(x))
MAP1(sigmoid_f64, f64, f64, x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x))) MAP2(hypot_f64, f64, f64, hypot(x, y))

#define SPECIAL1(op) MAP1(op##_f32, f32, f32, lathe_##op(x)) MAP1(op##_f64, f64, f64, lathe_##op(x))
#define SPECIAL2(op) MAP2(op##_f32, f32, f32, lathe_##op(x, y)) MAP2(op##_f64, f64, f64, lathe_##op(x, y))
SPECIAL1(erfinv) SPECIAL1(lgamma) SPECIAL1(digamma) SPECIAL1(i0) SPECIAL1(i0e) SPECIAL1(i1) SPECIAL1(i1e)
SPECIAL2(igamma) SPECIAL2(igammac) SPECIAL2(polygamma) SPECIAL2(zeta)
