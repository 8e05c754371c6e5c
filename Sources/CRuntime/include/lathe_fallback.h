// Operators that a compiled program does not compute itself: the functions `aoti_torch_cpu_…` of PyTorch's stable C interface
// (torch/csrc/inductor/aoti_torch/generated/c_shim_cpu.h), computed by whoever has installed itself; in Lathe by the eager kernels.
#ifndef LATHE_FALLBACK_H
#define LATHE_FALLBACK_H
#include "lathe_aoti.h"
#ifdef __cplusplus
extern "C" {
#endif

/// One argument of such a function, or one half of an argument that is two (a list's pointer and count, a device's type and index).
typedef union lathe_word { const void *p; int64_t i; double d; } lathe_word;

/// `operators`: full names with `|` between, of which the first that is known computes it. `arguments`: `name=letters` with blanks
/// between, one for each argument in order; Tools/make_shim_operators.py says what the letters mean.
typedef struct lathe_fallback_operator { const char *function, *operators, *arguments; } lathe_fallback_operator;
int32_t lathe_fallback_count(void);
const lathe_fallback_operator *lathe_fallback_operator_at(int32_t place);

/// What computes the operators: `run` returns 0, or 1 after `lathe_aoti_fail`; `knows` says whether it has the operator.
typedef struct lathe_fallback_executor {
  int32_t (*run)(int32_t place, const lathe_word *words);
  bool (*knows)(int32_t place);
} lathe_fallback_executor;
/// Installs it for the rest of the process: the functions have no argument that could name one. It lives as long as the process.
void lathe_fallback_install(const lathe_fallback_executor *executor);
/// Whether the operator can be run now.
bool lathe_fallback_knows(int32_t place);
int32_t lathe_fallback_call(int32_t place, const lathe_word *words);

// Operators under the names that older archives import, with the arguments of then.
LATHE_EXPORT AOTITorchError aoti_torch_addmm_out(
  AtenTensorHandle out, AtenTensorHandle self, AtenTensorHandle mat1, AtenTensorHandle mat2, float beta, float alpha);
LATHE_EXPORT AOTITorchError aoti_torch_bmm_out(AtenTensorHandle out, AtenTensorHandle self, AtenTensorHandle mat2);
LATHE_EXPORT AOTITorchError aoti_torch_mm_out(AtenTensorHandle out, AtenTensorHandle self, AtenTensorHandle mat2);
LATHE_EXPORT AOTITorchError aoti_torch_nonzero(AtenTensorHandle self, AtenTensorHandle *out);
LATHE_EXPORT AOTITorchError aoti_torch_repeat_interleave_Tensor(AtenTensorHandle repeats, int64_t *output_size, AtenTensorHandle *out);
LATHE_EXPORT AOTITorchError aoti_torch_scatter_out(
  AtenTensorHandle out, AtenTensorHandle self, int64_t dim, AtenTensorHandle index, AtenTensorHandle src);
LATHE_EXPORT AOTITorchError aoti_torch_scatter_reduce_out(
  AtenTensorHandle out, AtenTensorHandle self, int64_t dim, AtenTensorHandle index, AtenTensorHandle src, const char *reduce,
  int32_t include_self);
/// An undefined or absent tensor among the indices stands for a whole dimension.
LATHE_EXPORT AOTITorchError aoti_torch_index_put_out(
  AtenTensorHandle out, AtenTensorHandle self, const AtenTensorHandle *indices, const uint32_t num_indices, const AtenTensorHandle values,
  bool accumulate);
LATHE_EXPORT AOTITorchError aoti_torch_view_dtype(AtenTensorHandle self, int32_t dtype, AtenTensorHandle *ret);

#ifdef __cplusplus
}
#endif
#endif
