#define _DEFAULT_SOURCE
#include "lathe_special.h"
#include <math.h>
#include <stdbool.h>

static const double PI = 3.14159265358979323846, EPSILON = 0x1p-53;

// Inverse error function: Giles's approximation ("Approximating the erfinv function", 2010) as a start, then Halley steps.
double lathe_erfinv(double x) {
  if (isnan(x) || fabs(x) > 1) return NAN;
  if (fabs(x) == 1) return copysign(INFINITY, x);
  double w = -log1p(-x * x), p;
  if (w < 5) {
    w -= 2.5;
    p = 2.81022636e-08;
    p = 3.43273939e-07 + p * w; p = -3.5233877e-06 + p * w; p = -4.39150654e-06 + p * w; p = 0.00021858087 + p * w;
    p = -0.00125372503 + p * w; p = -0.00417768164 + p * w; p = 0.246640727 + p * w; p = 1.50140941 + p * w;
  } else {
    w = sqrt(w) - 3;
    p = -0.000200214257;
    p = 0.000100950558 + p * w; p = 0.00134934322 + p * w; p = -0.00367342844 + p * w; p = 0.00573950773 + p * w;
    p = -0.0076224613 + p * w; p = 0.00943887047 + p * w; p = 1.00167406 + p * w; p = 2.83297682 + p * w;
  }
  double y = p * x;
  for (int step = 0; step < 2; step++) {
    // erf(y) - x, by the complement near one, where the difference of erf and x would cancel
    double error = fabs(x) > 0.5 ? copysign(1, x) * ((1 - fabs(x)) - erfc(fabs(y))) : erf(y) - x;
    double slope = 2 / sqrt(PI) * exp(-y * y);
    if (slope == 0) break;
    double newton = error / slope;
    y -= newton / (1 + y * newton);
  }
  return y;
}

double lathe_lgamma(double x) {
  int sign;
  return lgamma_r(x, &sign);
}

double lathe_digamma(double x) {
  if (x == 0) return copysign(INFINITY, -x);
  double result = 0;
  if (x < 0) {
    if (x == trunc(x)) return NAN;
    double whole, part = modf(x, &whole);
    result = -PI / tan(PI * part);
    x = 1 - x;
  }
  while (x < 10) { result -= 1 / x; x += 1; }
  if (x == INFINITY) return result + INFINITY;
  // asymptotic series in 1/x^2, coefficients B(2k) / 2k
  double z = 1 / (x * x), tail = 0;
  static const double b[] = {1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12};
  for (int k = 6; k >= 0; k--) tail = (tail + b[k]) * z;
  return result + log(x) - 0.5 / x - tail;
}

// Euler-Maclaurin summation of sum (k + q)^-x.
double lathe_zeta(double x, double q) {
  if (x == 1) return INFINITY;
  if (x < 1 || isnan(x) || isnan(q)) return NAN;
  if (q <= 0) {
    if (q == floor(q)) return INFINITY;
    if (x != floor(x)) return NAN;
  }
  double sum = pow(q, -x), a = q, term = 0;
  for (int i = 0; i < 9 || a <= 9; i++) {
    a += 1;
    term = pow(a, -x);
    sum += term;
    if (fabs(term) < EPSILON * fabs(sum)) return sum;
  }
  sum += term * a / (x - 1) - 0.5 * term;
  // (2k)! / B(2k)
  static const double ratio[] = {12, -720, 30240, -1209600, 47900160, -1.8924375803183791606e9, 7.47242496e10,
    -2.950130727918164224e12, 1.1646782814350067249e14, -4.5979787224074726105e15, 1.8152105401943546773e17, -7.1661652561756670113e18};
  double factor = 1, k = 0;
  for (int i = 0; i < 12; i++) {
    factor *= x + k;
    term /= a;
    double t = factor * term / ratio[i];
    sum += t;
    if (fabs(t) < EPSILON * fabs(sum)) break;
    k += 1;
    factor *= x + k;
    term /= a;
    k += 1;
  }
  return sum;
}

double lathe_polygamma(double n, double x) {
  if (n == 0) return lathe_digamma(x);
  double factorial = tgamma(n + 1);
  return (fmod(n, 2) == 0 ? -1 : 1) * factorial * lathe_zeta(n + 1, x);
}

// Modified Bessel functions: the power series while it is short, then the asymptotic series (Abramowitz and Stegun 9.6.10, 9.7.1).
static double bessel_scaled(int order, double x) {
  double y = fabs(x);
  if (isnan(x)) return x;
  if (y == INFINITY) return 0;
  double value;
  if (y < 30) {
    double quarter = y * y / 4, term = order ? y / 2 : 1, sum = term;
    for (int k = 1; k < 200; k++) {
      term *= quarter / ((double)k * (k + order));
      sum += term;
      if (term < EPSILON / 4 * sum) break;
    }
    value = sum * exp(-y);
  } else {
    double mu = 4.0 * order * order, term = 1, sum = 1;
    for (int k = 1; k < 60; k++) {
      double odd = 2 * k - 1, next = term * -(mu - odd * odd) / (k * 8.0 * y);
      if (fabs(next) > fabs(term) || fabs(next) < EPSILON / 8) { sum += fabs(next) < fabs(term) ? next : 0; break; }
      term = next;
      sum += term;
    }
    value = sum / sqrt(2 * PI * y);
  }
  return order && x < 0 ? -value : value;
}
double lathe_i0e(double x) { return bessel_scaled(0, x); }
double lathe_i1e(double x) { return bessel_scaled(1, x); }
static double unscaled(int order, double x) {
  double y = fabs(x);
  if (y == INFINITY) return order ? x : y;
  double half = exp(y / 2);  // e^y would overflow before the product does
  return bessel_scaled(order, x) * half * half;
}
double lathe_i0(double x) { return unscaled(0, x); }
double lathe_i1(double x) { return unscaled(1, x); }

/// x^a e^-x / gamma(a), taken in logarithms where the factors leave the range.
static double gamma_density(double a, double x) {
  if (a < 100) return exp(a * log(x) - x - lathe_lgamma(a));
  // Stirling's series around x = a keeps the digits that the difference of large logarithms would lose.
  double d = (x - a) / a, correction = 1 / (12 * a) - 1 / (360 * a * a * a) + 1 / (1260 * pow(a, 5));
  double l = fabs(d) < 0.5 ? log1p(d) - d : log(x / a) - d;
  return sqrt(a / (2 * PI)) * exp(a * l - correction);
}
static double lower_series(double a, double x) {
  double density = gamma_density(a, x), term = 1 / a, sum = term;
  for (int n = 1; n < 20000; n++) {
    term *= x / (a + n);
    sum += term;
    if (term < EPSILON * sum) break;
  }
  return density * sum;
}
static double upper_fraction(double a, double x) {  // modified Lentz
  double tiny = 1e-300, b = x + 1 - a, c = 1 / tiny, d = 1 / b, h = d;
  for (int i = 1; i < 20000; i++) {
    double an = -i * (i - a);
    b += 2;
    d = an * d + b;
    if (fabs(d) < tiny) d = tiny;
    c = b + an / c;
    if (fabs(c) < tiny) c = tiny;
    d = 1 / d;
    h *= d * c;
    if (fabs(d * c - 1) < EPSILON * 2) break;
  }
  return gamma_density(a, x) * h;
}
/// Handles the edges that both functions share; true when `value` (the lower function) is decided.
static bool igamma_edge(double a, double x, double *value) {
  if (isnan(a) || isnan(x) || x < 0 || a < 0) { *value = NAN; return true; }
  if (a == 0) { *value = x > 0 ? 1 : NAN; return true; }
  if (x == 0) { *value = 0; return true; }
  if (isinf(a)) { *value = isinf(x) ? NAN : 0; return true; }
  if (isinf(x)) { *value = 1; return true; }
  return false;
}
double lathe_igamma(double a, double x) {
  double value;
  if (igamma_edge(a, x, &value)) return value;
  return x > 1 && x > a ? 1 - upper_fraction(a, x) : lower_series(a, x);
}
double lathe_igammac(double a, double x) {
  double value;
  if (igamma_edge(a, x, &value)) return 1 - value;
  return x > 1 && x > a ? upper_fraction(a, x) : 1 - lower_series(a, x);
}
