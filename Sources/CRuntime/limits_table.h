// What the driver of the measurements and its loops share.
#ifndef LATHE_LIMITS_TABLE_H
#define LATHE_LIMITS_TABLE_H
#include "lathe_isa.h"

typedef struct limits_kernels {
  /// `steps` fused multiply-adds in each of several chains; gives the number of operations done.
  double (*multiply_add)(intptr_t steps);
  /// to[i] = to[i] + from[i].
  void (*add)(float *to, const float *from, intptr_t count);
} limits_kernels;
LATHE_DECLARE_TABLES(limits_kernels);
#endif
