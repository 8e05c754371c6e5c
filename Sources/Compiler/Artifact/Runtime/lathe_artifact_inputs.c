// Inputs and results of an artifact for an archive: checked, and laid out as the generated code counts on.
#include "lathe_kernel.h"
#include "lathe_archive.h"
#include <stdlib.h>

int32_t lathe_check_inputs(const lathe_model_info *model, const AtenTensorHandle *inputs) {
  for (int32_t i = 0; model->inputs && i < model->input_count; i++) {
    const lathe_input_info *info = &model->inputs[i];
    const char *name = model->input_names[i];
    int32_t dtype;
    int64_t rank, *sizes;
    LATHE_CHECK(inputs[i], "input '%s' is missing", name);
    LATHE_TRY(aoti_torch_get_dtype(inputs[i], &dtype));
    LATHE_CHECK(dtype == info->dtype, "input '%s' has dtype number %d where %d is needed", name, dtype, info->dtype);
    LATHE_TRY(aoti_torch_get_dim(inputs[i], &rank));
    LATHE_CHECK(rank == info->rank, "input '%s' has %lld dimensions where %d are needed", name, (long long)rank, info->rank);
    LATHE_TRY(aoti_torch_get_sizes(inputs[i], &sizes));
    for (int32_t d = 0; d < info->rank; d++)
      LATHE_CHECK(
        info->sizes[d] < 0 || sizes[d] == info->sizes[d], "input '%s' has size %lld in dimension %d where %lld is needed", name,
        (long long)sizes[d], d, (long long)info->sizes[d]);
  }
  return 0;
}

static int32_t copy(AtenTensorHandle tensor, int64_t rank, const int64_t *sizes, const int64_t *strides, AtenTensorHandle *ret) {
  int32_t dtype;
  LATHE_TRY(aoti_torch_get_dtype(tensor, &dtype));
  LATHE_TRY(aoti_torch_empty_strided(rank, sizes, strides, dtype, aoti_torch_device_type_cpu(), -1, ret));
  if (aoti_torch_copy_(*ret, tensor, 0) == 0) return 0;
  aoti_torch_delete_tensor_object(*ret);
  return lathe_fail_in_host("aoti_torch_copy_");
}

/// A copy with the strides, NULL where the tensor has them: strides along dimensions of one element do not matter.
static int32_t with_strides(AtenTensorHandle tensor, int64_t rank, const int64_t *strides, AtenTensorHandle *ret) {
  int64_t *sizes, *actual;
  *ret = NULL;
  LATHE_TRY(aoti_torch_get_sizes(tensor, &sizes));
  LATHE_TRY(aoti_torch_get_strides(tensor, &actual));
  bool differs = false;
  for (int64_t d = 0; d < rank; d++) {
    if (sizes[d] == 0) return 0;
    differs |= sizes[d] != 1 && actual[d] != strides[d];
  }
  return differs ? copy(tensor, rank, sizes, strides, ret) : 0;
}

int32_t lathe_lay_input(lathe_call *call, int32_t number, int64_t rank, const int64_t *strides, AtenTensorHandle *original) {
  AtenTensorHandle made;
  if (with_strides(call->inputs[number], rank, strides, &made)) return 1;
  if (!made) return 0;
  if (original) *original = call->inputs[number];
  else aoti_torch_delete_tensor_object(call->inputs[number]);
  call->inputs[number] = made;
  return 0;
}

int32_t lathe_lay_result(AtenTensorHandle *result, int64_t rank, const int64_t *strides) {
  AtenTensorHandle made;
  int64_t actual;
  LATHE_TRY(aoti_torch_get_dim(*result, &actual));
  LATHE_CHECK(actual == rank, "an operator gave a tensor of %lld dimensions where %lld were expected", (long long)actual, (long long)rank);
  if (with_strides(*result, rank, strides, &made)) return 1;
  if (!made) return 0;
  aoti_torch_delete_tensor_object(*result);
  *result = made;
  return 0;
}

int32_t lathe_copy_tensor(AtenTensorHandle tensor, AtenTensorHandle *ret) {
  int64_t rank, *sizes, *strides;
  LATHE_TRY(aoti_torch_get_dim(tensor, &rank));
  LATHE_TRY(aoti_torch_get_sizes(tensor, &sizes));
  LATHE_TRY(aoti_torch_get_strides(tensor, &strides));
  return copy(tensor, rank, sizes, strides, ret);
}
