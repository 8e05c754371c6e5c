// What this machine reaches at most, measured.
#ifndef LATHE_LIMITS_H
#define LATHE_LIMITS_H
#ifdef __cplusplus
extern "C" {
#endif

/// f32 operations in a second of fused multiply-adds in registers on every thread of the pool: the best of several runs that take
/// about `seconds` in all.
double lathe_measured_flops(double seconds);
/// Bytes read and written in a second by a loop over large arrays on every thread of the pool that adds one to another, the best of
/// several runs that take about `seconds` in all; 0 where memory is short.
double lathe_measured_bandwidth(double seconds);

#ifdef __cplusplus
}
#endif
#endif
