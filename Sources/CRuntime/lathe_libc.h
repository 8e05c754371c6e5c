// What kernels call of libc and libm, declared here because <math.h> takes longer to read than a kernel to compile.
#ifndef LATHE_LIBC_H
#define LATHE_LIBC_H
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);

#define LATHE_LIBM1(name) double name(double); float name##f(float);
#define LATHE_LIBM2(name) double name(double, double); float name##f(float, float);
LATHE_LIBM1(exp) LATHE_LIBM1(exp2) LATHE_LIBM1(expm1) LATHE_LIBM1(log) LATHE_LIBM1(log2) LATHE_LIBM1(log10) LATHE_LIBM1(log1p)
LATHE_LIBM1(sin) LATHE_LIBM1(cos) LATHE_LIBM1(tan) LATHE_LIBM1(sinh) LATHE_LIBM1(cosh) LATHE_LIBM1(tanh)
LATHE_LIBM1(asin) LATHE_LIBM1(acos) LATHE_LIBM1(atan) LATHE_LIBM1(asinh) LATHE_LIBM1(acosh) LATHE_LIBM1(atanh)
LATHE_LIBM1(erf) LATHE_LIBM1(erfc) LATHE_LIBM1(sqrt) LATHE_LIBM1(fabs) LATHE_LIBM1(floor) LATHE_LIBM1(ceil) LATHE_LIBM1(trunc)
LATHE_LIBM1(rint) LATHE_LIBM1(round) LATHE_LIBM1(nearbyint)
LATHE_LIBM2(pow) LATHE_LIBM2(atan2) LATHE_LIBM2(hypot) LATHE_LIBM2(fmod) LATHE_LIBM2(nextafter) LATHE_LIBM2(copysign)
LATHE_LIBM2(remainder) LATHE_LIBM2(fmax) LATHE_LIBM2(fmin)
double ldexp(double, int);
float ldexpf(float, int);
double frexp(double, int *);
#undef LATHE_LIBM1
#undef LATHE_LIBM2

#ifndef INFINITY
#define INFINITY __builtin_inff()
#endif
#ifndef NAN
#define NAN __builtin_nanf("")
#endif
#endif
