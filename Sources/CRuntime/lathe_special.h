// Special functions in f64, one value at a time, with ATen's conventions at poles and outside domains.
#ifndef LATHE_SPECIAL_H
#define LATHE_SPECIAL_H

double lathe_erfinv(double x);
double lathe_lgamma(double x);
double lathe_digamma(double x);
/// Order n as a float; n = 0 is digamma.
double lathe_polygamma(double n, double x);
/// Hurwitz zeta of x and q.
double lathe_zeta(double x, double q);
/// Modified Bessel functions of the first kind; the `e` forms are scaled by exp(-|x|).
double lathe_i0(double x);
double lathe_i0e(double x);
double lathe_i1(double x);
double lathe_i1e(double x);
/// Regularised incomplete gamma functions, lower and upper.
double lathe_igamma(double a, double x);
double lathe_igammac(double a, double x);
#endif
