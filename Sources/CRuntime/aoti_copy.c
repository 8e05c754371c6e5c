#include "aoti_internal.h"
#include "lathe_copy.h"

// Copies between handles, and numbers in and out of them.

/// The view a copy of bits takes: types that no kernel converts are copied as integers, or pairs of them, of their size.
static AOTITorchError view_of_bits(const lathe_tensor *tensor, lathe_view *view) {
  static const int32_t by_size[] = {[1] = LATHE_U8, [2] = LATHE_I16, [4] = LATHE_I32, [8] = LATHE_I64};
  size_t bytes = lathe_dtype_bytes(tensor->view.dtype);
  *view = tensor->view;
  if (bytes <= 8) {
    view->dtype = by_size[bytes];
    return 0;
  }
  if (view->rank == LATHE_MAX_RANK) return lathe_aoti_fail("a complex tensor of %d dimensions cannot be copied", view->rank);
  for (int32_t i = 0; i < view->rank; i++) view->strides[i] *= 2;
  view->dtype = LATHE_I64;
  view->sizes[view->rank] = 2;
  view->strides[view->rank++] = 1;
  return 0;
}

static AOTITorchError copy_elements(const lathe_tensor *target, const lathe_tensor *source) {
  lathe_view to, from = source->view;
  if (!lathe_storage_is_writable(target->storage)) return lathe_aoti_fail("a copy into memory that may only be read");
  int32_t rank = target->view.rank, missing = rank - from.rank;
  bool agrees = missing >= 0;
  for (int32_t i = rank - 1; agrees && i >= 0; i--) {  // broadcast
    intptr_t size = i >= missing ? source->view.sizes[i - missing] : 1;
    agrees = size == target->view.sizes[i] || size == 1;
    from.sizes[i] = target->view.sizes[i];
    from.strides[i] = i >= missing && size != 1 ? source->view.strides[i - missing] : 0;
  }
  if (!agrees) return lathe_aoti_fail("a copy between tensors whose sizes do not agree");
  from.rank = rank;
  if (target->view.dtype != source->view.dtype) {
    if (target->view.dtype > LATHE_F64 || source->view.dtype > LATHE_F64)
      return lathe_aoti_fail("elements of these types cannot be converted while they are copied");
    to = target->view;
  } else {
    lathe_tensor expanded = {.storage = source->storage, .offset = source->offset, .view = from};
    TRY(view_of_bits(target, &to));
    TRY(view_of_bits(&expanded, &from));
  }
  lathe_copy(&to, &from);
  return 0;
}

/// Dense strides in the order of dimensions that `tensor` has (`torch.preserve_format`).
static void dense_strides(const lathe_tensor *tensor, int64_t *strides) {
  int32_t rank = tensor->view.rank, order[LATHE_MAX_RANK];
  bool contiguous = lathe_tensor_is_contiguous(tensor);
  for (int32_t i = 0; i < rank; i++) {  // innermost first; of equal strides the later dimension is the inner one
    int32_t at = i;
    while (at > 0 && (contiguous || tensor->view.strides[order[at - 1]] >= tensor->view.strides[i])) {
      order[at] = order[at - 1];
      at--;
    }
    order[at] = i;
  }
  int64_t next = 1;
  for (int32_t i = 0; i < rank; i++) {
    strides[order[i]] = next;
    if (tensor->view.sizes[order[i]] > 1) next *= tensor->view.sizes[order[i]];
  }
}

static AOTITorchError clone_with(const lathe_tensor *self, const int64_t *strides, AtenTensorHandle *ret) {
  TRY(aoti_torch_empty_strided(
    self->view.rank, self->view.sizes, strides, lathe_dtype_to_c10(self->view.dtype), 0, -1, ret));
  if (copy_elements(*ret, self) == 0) return 0;
  aoti_torch_delete_tensor_object(*ret);
  *ret = NULL;
  return 1;
}

AOTITorchError aoti_torch_clone(AtenTensorHandle self, AtenTensorHandle *ret) {
  DEFINED(self);
  int64_t strides[LATHE_MAX_RANK];
  dense_strides(self, strides);
  return clone_with(self, strides, ret);
}

/// The copy has the strides of `self`, with gaps and overlaps, as `clone_preserve_strides` of torch._inductor.
AOTITorchError aoti_torch_clone_preserve_strides(AtenTensorHandle self, AtenTensorHandle *ret) {
  DEFINED(self);
  int64_t bytes = lathe_extent_bytes(self->view.rank, self->view.sizes, self->view.strides, 0, lathe_dtype_bytes(self->view.dtype));
  TRY(aoti_torch_empty_strided(
    self->view.rank, self->view.sizes, self->view.strides, lathe_dtype_to_c10(self->view.dtype), 0, -1, ret));
  if (bytes > 0) memcpy((*ret)->view.data, self->view.data, (size_t)bytes);
  return 0;
}

AOTITorchError aoti_torch_copy_(AtenTensorHandle self, AtenTensorHandle src, int32_t non_blocking) {
  (void)non_blocking;
  DEFINED(self);
  DEFINED(src);
  return copy_elements(self, src);
}
AOTITorchError aoti_torch_tensor_copy_(AtenTensorHandle src, AtenTensorHandle dst) { return aoti_torch_copy_(dst, src, 0); }

AOTITorchError aoti_torch_zero_(AtenTensorHandle self) {
  DEFINED(self);
  if (!lathe_storage_is_writable(self->storage)) return lathe_aoti_fail("a write into memory that may only be read");
  lathe_view bits;
  TRY(view_of_bits(self, &bits));
  lathe_fill(&bits, lathe_scalar_integer(0));
  return 0;
}

AOTITorchError aoti_torch_assign_tensors(AtenTensorHandle src, AtenTensorHandle dst) {
  DEFINED(src);
  return lathe_tensor_assign(dst, src->storage, src->view.dtype, src->view.rank, src->view.sizes, src->view.strides, src->offset);
}
AOTITorchError aoti_torch_assign_tensors_out(AtenTensorHandle src, AtenTensorHandle *ret_dst) {
  return aoti_torch_new_tensor_handle(src, ret_dst);
}

static AOTITorchError one_element(AtenTensorHandle tensor, int32_t dtype, void *value) {
  DEFINED(tensor);
  if (lathe_tensor_numel(tensor) != 1)
    return lathe_aoti_fail("a tensor of %lld elements has no single one", (long long)lathe_tensor_numel(tensor));
  if (lathe_dtype_to_c10(tensor->view.dtype) != dtype)
    return lathe_aoti_fail("an element of dtype number %d was asked of a tensor of dtype number %d", dtype, lathe_dtype_to_c10(tensor->view.dtype));
  memcpy(value, tensor->view.data, lathe_dtype_bytes(tensor->view.dtype));
  return 0;
}
static AOTITorchError one_number(const void *value, int32_t dtype, AtenTensorHandle *ret) {
  TRY(aoti_torch_empty_strided(0, NULL, NULL, dtype, 0, -1, ret));
  memcpy((*ret)->view.data, value, lathe_dtype_bytes((*ret)->view.dtype));
  return 0;
}

#define ITEM(name, type) \
  AOTITorchError aoti_torch_item_##name(AtenTensorHandle tensor, type *ret_value) { \
    return one_element(tensor, aoti_torch_dtype_##name(), ret_value); \
  }
#define SCALAR(name, type) \
  AOTITorchError aoti_torch_scalar_to_tensor_##name(type value, AtenTensorHandle *ret_new_tensor) { \
    return one_number(&value, aoti_torch_dtype_##name(), ret_new_tensor); \
  }
#define BOTH(name, type) ITEM(name, type) SCALAR(name, type)
ITEM(float16, uint16_t)
ITEM(bfloat16, uint16_t)
BOTH(float32, float)
BOTH(float64, double)
BOTH(uint8, uint8_t)
BOTH(uint16, uint16_t)
BOTH(uint32, uint32_t)
BOTH(uint64, uint64_t)
BOTH(int8, int8_t)
BOTH(int16, int16_t)
BOTH(int32, int32_t)
BOTH(int64, int64_t)
ITEM(bool, bool)
SCALAR(bool, bool)
BOTH(complex64, lathe_complex64)
SCALAR(complex128, lathe_complex128)
