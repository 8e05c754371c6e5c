#include "lathe_fallback.h"
#include <stdatomic.h>
#include "aoti_internal.h"
#include "shim_places.h"

// The table of operator functions, and who computes them.

static const lathe_fallback_operator operators[LATHE_FALLBACK_COUNT] = {
#define OPERATOR(name, names, arguments) {#name, names, arguments},
#include "shim_operators.list"
#undef OPERATOR
};

static _Atomic(const lathe_fallback_executor *) installed;

int32_t lathe_fallback_count(void) { return LATHE_FALLBACK_COUNT; }
const lathe_fallback_operator *lathe_fallback_operator_at(int32_t place) { return &operators[place]; }

void lathe_fallback_install(const lathe_fallback_executor *executor) { atomic_store_explicit(&installed, executor, memory_order_release); }

bool lathe_fallback_knows(int32_t place) {
  const lathe_fallback_executor *executor = atomic_load_explicit(&installed, memory_order_acquire);
  return executor && executor->knows(place);
}

int32_t lathe_fallback_call(int32_t place, const lathe_word *words) {
  const lathe_fallback_executor *executor = atomic_load_explicit(&installed, memory_order_acquire);
  if (!executor) return lathe_aoti_fail("the program calls operator %s, which only Lathe itself computes", operators[place].operators);
  return executor->run(place, words);
}

// Older names.

AOTITorchError aoti_torch_cpu_addmm_out(AtenTensorHandle, AtenTensorHandle, AtenTensorHandle, AtenTensorHandle, double, double);
AOTITorchError aoti_torch_cpu_bmm_out(AtenTensorHandle, AtenTensorHandle, AtenTensorHandle);
AOTITorchError aoti_torch_cpu_mm_out(AtenTensorHandle, AtenTensorHandle, AtenTensorHandle);
AOTITorchError aoti_torch_cpu_nonzero(AtenTensorHandle, AtenTensorHandle *);
AOTITorchError aoti_torch_cpu_repeat_interleave_Tensor(AtenTensorHandle, int64_t *, AtenTensorHandle *);
AOTITorchError aoti_torch_cpu_scatter_src_out(AtenTensorHandle, AtenTensorHandle, int64_t, AtenTensorHandle, AtenTensorHandle);
AOTITorchError aoti_torch_cpu_scatter_reduce_two_out(
  AtenTensorHandle, AtenTensorHandle, int64_t, AtenTensorHandle, AtenTensorHandle, const char *, int32_t);
AOTITorchError aoti_torch_cpu_index_put(
  AtenTensorHandle, const AtenTensorHandle **, int64_t, AtenTensorHandle, int32_t, AtenTensorHandle *);
AOTITorchError aoti_torch_cpu_view_dtype(AtenTensorHandle, int32_t, AtenTensorHandle *);

AOTITorchError aoti_torch_addmm_out(
  AtenTensorHandle out, AtenTensorHandle self, AtenTensorHandle mat1, AtenTensorHandle mat2, float beta, float alpha) {
  return aoti_torch_cpu_addmm_out(out, self, mat1, mat2, beta, alpha);
}
AOTITorchError aoti_torch_bmm_out(AtenTensorHandle out, AtenTensorHandle self, AtenTensorHandle mat2) {
  return aoti_torch_cpu_bmm_out(out, self, mat2);
}
AOTITorchError aoti_torch_mm_out(AtenTensorHandle out, AtenTensorHandle self, AtenTensorHandle mat2) {
  return aoti_torch_cpu_mm_out(out, self, mat2);
}
AOTITorchError aoti_torch_nonzero(AtenTensorHandle self, AtenTensorHandle *out) { return aoti_torch_cpu_nonzero(self, out); }
AOTITorchError aoti_torch_repeat_interleave_Tensor(AtenTensorHandle repeats, int64_t *output_size, AtenTensorHandle *out) {
  return aoti_torch_cpu_repeat_interleave_Tensor(repeats, output_size, out);
}
AOTITorchError aoti_torch_scatter_out(
  AtenTensorHandle out, AtenTensorHandle self, int64_t dim, AtenTensorHandle index, AtenTensorHandle src) {
  return aoti_torch_cpu_scatter_src_out(out, self, dim, index, src);
}
AOTITorchError aoti_torch_scatter_reduce_out(
  AtenTensorHandle out, AtenTensorHandle self, int64_t dim, AtenTensorHandle index, AtenTensorHandle src, const char *reduce,
  int32_t include_self) {
  return aoti_torch_cpu_scatter_reduce_two_out(out, self, dim, index, src, reduce, include_self);
}
AOTITorchError aoti_torch_index_put_out(
  AtenTensorHandle out, AtenTensorHandle self, const AtenTensorHandle *indices, const uint32_t num_indices, const AtenTensorHandle values,
  bool accumulate) {
  const AtenTensorHandle *given[LATHE_MAX_RANK];
  if (num_indices > LATHE_MAX_RANK) return lathe_aoti_fail("index_put was called with %u indices", num_indices);
  for (uint32_t i = 0; i < num_indices; i++) given[i] = indices[i] && indices[i]->storage ? &indices[i] : NULL;
  AtenTensorHandle result;
  TRY(aoti_torch_cpu_index_put(self, given, num_indices, values, accumulate, &result));
  int32_t failed = aoti_torch_copy_(out, result, 0);
  aoti_torch_delete_tensor_object(result);
  return failed;
}
AOTITorchError aoti_torch_view_dtype(AtenTensorHandle self, int32_t dtype, AtenTensorHandle *ret) {
  return aoti_torch_cpu_view_dtype(self, dtype, ret);
}
