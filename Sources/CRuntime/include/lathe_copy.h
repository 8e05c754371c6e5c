// Copies between strided views of any dtypes, and fills.
#ifndef LATHE_COPY_H
#define LATHE_COPY_H
#include <stdbool.h>
#include <stdint.h>
#include "lathe_view.h"
#ifdef __cplusplus
extern "C" {
#endif

/// A number as a program writes it: a float, or an integer that a double could not hold exactly.
typedef struct lathe_scalar {
  bool is_integer;
  union { double f; int64_t i; } value;
} lathe_scalar;

static inline lathe_scalar lathe_scalar_float(double f) { lathe_scalar s; s.is_integer = false; s.value.f = f; return s; }
static inline lathe_scalar lathe_scalar_integer(int64_t i) { lathe_scalar s; s.is_integer = true; s.value.i = i; return s; }

/// Copies `source` into `destination`, which has the same rank and sizes; any strides (zero and negative ones too), any dtypes.
/// Conversions are torch.Tensor.to's on a CPU: float to integer truncates, to bool is != 0, to f16 and bf16 rounds half to even.
/// The two may be the same memory only with the same strides and dtype.
void lathe_copy(const lathe_view *destination, const lathe_view *source);

/// Sets every element of `destination` to `value`, converted as lathe_copy converts.
void lathe_fill(const lathe_view *destination, lathe_scalar value);

#ifdef __cplusplus
}
#endif
#endif
