#ifndef LATHE_GEMM_INTEGER_H
#define LATHE_GEMM_INTEGER_H
#include "lathe_gemm.h"
/// A product of integers, which wraps in the operands' type.
void gemm_integer(const lathe_gemm_call *call);
#endif
