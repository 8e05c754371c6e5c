// Loops that run at the machine's limits, of one level.
#include "limits_table.h"
#if LATHE_LEVEL_EXISTS
LATHE_LEVEL_BEGIN

static double multiply_add(intptr_t steps) {
  enum { CHAINS = LATHE_LEVEL >= 2 ? 24 : 12 };
  lathe_vf sums[CHAINS], factor = (lathe_vf){0} + 0.999f, term = (lathe_vf){0} + 0.001f;
  for (int c = 0; c < CHAINS; c++) sums[c] = factor * (float)c;
  for (intptr_t step = 0; step < steps; step++) {
#pragma clang loop unroll(full)
    for (int c = 0; c < CHAINS; c++) sums[c] = LATHE_FMA(sums[c], factor, term);
    __asm__ volatile("" : "+x"(factor), "+x"(term));
  }
  float kept = 0;
  for (int c = 0; c < CHAINS; c++) kept += sums[c][0];
  volatile float sink = kept;
  (void)sink;
  return 2.0 * LATHE_VF * CHAINS * (double)steps;
}

static void add(float *to, const float *from, intptr_t count) {
  for (intptr_t i = 0; i + 4 * LATHE_VF <= count; i += 4 * LATHE_VF)
#pragma clang loop unroll(full)
    for (int v = 0; v < 4; v++)
      *(lathe_vf_unaligned *)(to + i + v * LATHE_VF) += *(const lathe_vf_unaligned *)(from + i + v * LATHE_VF);
}

LATHE_LEVEL_END
const limits_kernels LATHE_LEVEL_NAME(limits_kernels) = {multiply_add, add};
#endif
