#include "aoti_internal.h"

// Handles made, deleted and looked at.

_Static_assert(_Generic((intptr_t)0, int64_t: 1, default: 0), "sizes are handed out as they are kept");

int64_t lathe_extent_bytes(int64_t rank, const int64_t *sizes, const int64_t *strides, int64_t offset, size_t element) {
  int64_t last = offset, bytes;
  bool empty = false, overflow = offset < 0;
  for (int64_t i = 0; i < rank; i++) {
    int64_t span;
    if (sizes[i] < 0 || strides[i] < 0) {
      lathe_aoti_fail("a tensor cannot have size %lld with stride %lld in dimension %lld", (long long)sizes[i], (long long)strides[i], (long long)i);
      return -1;
    }
    if (sizes[i] == 0) empty = true;
    else overflow |= __builtin_mul_overflow(sizes[i] - 1, strides[i], &span) || __builtin_add_overflow(last, span, &last);
  }
  if (empty) return 0;
  overflow |= __builtin_add_overflow(last, 1, &last) || __builtin_mul_overflow(last, (int64_t)element, &bytes);
  if (overflow) {
    lathe_aoti_fail("a tensor's sizes, strides and offset overflow");
    return -1;
  }
  return bytes;
}

/// An undefined tensor.
static lathe_tensor *new_tensor(void) {
  lathe_tensor *tensor = malloc(sizeof *tensor);
  if (!tensor) {
    lathe_aoti_fail("not enough memory for a tensor handle");
    return NULL;
  }
  tensor->storage = NULL;
  tensor->offset = 0;
  tensor->view.data = NULL;
  tensor->view.dtype = LATHE_F32;
  tensor->view.rank = 0;
  return tensor;
}

int32_t lathe_tensor_assign(
  lathe_tensor *tensor, lathe_storage *storage, int32_t dtype, int32_t rank, const intptr_t *sizes, const intptr_t *strides,
  intptr_t offset) {
  if (rank < 0 || rank > LATHE_MAX_RANK) return lathe_aoti_fail("a tensor of %d dimensions has more than %d", rank, LATHE_MAX_RANK);
  lathe_storage_retain(storage);
  if (tensor->storage) lathe_storage_release(tensor->storage);
  tensor->storage = storage;
  tensor->offset = offset;
  tensor->view.data = (char *)lathe_storage_data(storage) + offset * (intptr_t)lathe_dtype_bytes(dtype);
  tensor->view.dtype = dtype;
  tensor->view.rank = rank;
  memmove(tensor->view.sizes, sizes, (size_t)rank * sizeof *sizes);
  memmove(tensor->view.strides, strides, (size_t)rank * sizeof *strides);
  return 0;
}

lathe_tensor *lathe_tensor_make(
  lathe_storage *storage, int32_t dtype, int32_t rank, const intptr_t *sizes, const intptr_t *strides, intptr_t offset) {
  lathe_tensor *tensor = new_tensor();
  if (tensor && lathe_tensor_assign(tensor, storage, dtype, rank, sizes, strides, offset) != 0) {
    free(tensor);
    tensor = NULL;
  }
  return tensor;
}

/// A new handle, or the failure; it takes over the caller's reference to the storage.
static AOTITorchError make_owning(
  lathe_storage *storage, int32_t dtype, int64_t rank, const int64_t *sizes, const int64_t *strides, int64_t offset, AtenTensorHandle *ret) {
  *ret = lathe_tensor_make(storage, dtype, (int32_t)rank, sizes, strides, offset);
  lathe_storage_release(storage);
  return *ret ? 0 : 1;
}

static AOTITorchError check_kind(int32_t number, int32_t device_type, int64_t rank, int32_t *dtype) {
  *dtype = lathe_dtype_from_c10(number);
  if (*dtype < 0) return lathe_aoti_fail("dtype number %d is not known", number);
  if (device_type != 0) return lathe_aoti_fail("device type %d is not the CPU", device_type);
  if (rank < 0 || rank > LATHE_MAX_RANK) return lathe_aoti_fail("a tensor of %lld dimensions has more than %d", (long long)rank, LATHE_MAX_RANK);
  return 0;
}

AOTITorchError aoti_torch_delete_tensor_object(AtenTensorHandle tensor) {
  if (!tensor) return 0;
  if (tensor->storage) lathe_storage_release(tensor->storage);
  free(tensor);
  return 0;
}

AOTITorchError aoti_torch_new_uninitialized_tensor(AtenTensorHandle *ret) {
  *ret = new_tensor();
  return *ret ? 0 : 1;
}

AOTITorchError aoti_torch_new_tensor_handle(AtenTensorHandle orig_handle, AtenTensorHandle *new_handle) {
  if (!orig_handle->storage) return aoti_torch_new_uninitialized_tensor(new_handle);
  const lathe_view *view = &orig_handle->view;
  *new_handle = lathe_tensor_make(orig_handle->storage, view->dtype, view->rank, view->sizes, view->strides, orig_handle->offset);
  return *new_handle ? 0 : 1;
}

AOTITorchError aoti_torch_empty_strided(
  int64_t ndim, const int64_t *sizes_ptr, const int64_t *strides_ptr, int32_t dtype, int32_t device_type, int32_t device_index,
  AtenTensorHandle *ret_new_tensor) {
  (void)device_index;
  int32_t type;
  TRY(check_kind(dtype, device_type, ndim, &type));
  int64_t bytes = lathe_extent_bytes(ndim, sizes_ptr, strides_ptr, 0, lathe_dtype_bytes(type));
  if (bytes < 0) return 1;
  lathe_storage *storage = lathe_storage_allocate((size_t)bytes);
  if (!storage) return lathe_aoti_fail("not enough memory for a tensor of %lld bytes", (long long)bytes);
  return make_owning(storage, type, ndim, sizes_ptr, strides_ptr, 0, ret_new_tensor);
}

AOTITorchError aoti_torch_create_tensor_from_blob(
  void *data, int64_t ndim, const int64_t *sizes_ptr, const int64_t *strides_ptr, int64_t storage_offset, int32_t dtype,
  int32_t device_type, int32_t device_index, AtenTensorHandle *ret) {
  (void)device_index;
  int32_t type;
  TRY(check_kind(dtype, device_type, ndim, &type));
  int64_t bytes = lathe_extent_bytes(ndim, sizes_ptr, strides_ptr, storage_offset, lathe_dtype_bytes(type));
  if (bytes < 0) return 1;
  lathe_storage *storage = lathe_storage_borrow(data, (size_t)bytes, true, NULL, NULL);
  if (!storage) return lathe_aoti_fail("not enough memory for a tensor handle");
  return make_owning(storage, type, ndim, sizes_ptr, strides_ptr, storage_offset, ret);
}

AOTITorchError aoti_torch_create_tensor_from_blob_v2(
  void *data, int64_t ndim, const int64_t *sizes_ptr, const int64_t *strides_ptr, int64_t storage_offset, int32_t dtype,
  int32_t device_type, int32_t device_index, AtenTensorHandle *ret, int32_t layout, const uint8_t *opaque_metadata,
  int64_t opaque_metadata_size) {
  (void)opaque_metadata;
  (void)opaque_metadata_size;
  if (layout != 0) return lathe_aoti_fail("a tensor of layout number %d is not strided", layout);
  return aoti_torch_create_tensor_from_blob(data, ndim, sizes_ptr, strides_ptr, storage_offset, dtype, device_type, device_index, ret);
}

AOTITorchError aoti_torch__reinterpret_tensor(
  AtenTensorHandle self, int64_t ndim, const int64_t *sizes_ptr, const int64_t *strides_ptr, int64_t storage_offset,
  AtenTensorHandle *ret_new_tensor) {
  DEFINED(self);
  *ret_new_tensor = lathe_tensor_make(self->storage, self->view.dtype, (int32_t)ndim, sizes_ptr, strides_ptr, self->offset + storage_offset);
  return *ret_new_tensor ? 0 : 1;
}

AOTITorchError aoti_torch__alloc_from_pool(
  AtenTensorHandle self, int64_t offset_bytes, int32_t dtype, int64_t ndim, const int64_t *sizes_ptr, const int64_t *strides_ptr,
  AtenTensorHandle *ret_new_tensor) {
  DEFINED(self);
  int32_t type;
  TRY(check_kind(dtype, 0, ndim, &type));
  int64_t begin = self->offset * (int64_t)lathe_dtype_bytes(self->view.dtype) + offset_bytes, size = (int64_t)lathe_dtype_bytes(type);
  if (begin % size != 0) return lathe_aoti_fail("byte %lld of a pool is not at an element of %lld bytes", (long long)begin, (long long)size);
  *ret_new_tensor = lathe_tensor_make(self->storage, type, (int32_t)ndim, sizes_ptr, strides_ptr, begin / size);
  return *ret_new_tensor ? 0 : 1;
}

AOTITorchError aoti_torch_as_strided(
  AtenTensorHandle self, const int64_t *sizes_ptr, const int64_t *strides_ptr, AtenTensorHandle *ret) {
  DEFINED(self);
  return aoti_torch__reinterpret_tensor(self, self->view.rank, sizes_ptr, strides_ptr, 0, ret);
}

AOTITorchError aoti_torch_get_data_ptr(AtenTensorHandle tensor, void **ret_data_ptr) {
  DEFINED(tensor);
  *ret_data_ptr = tensor->view.data;
  return 0;
}
AOTITorchError aoti_torch_get_storage_size(AtenTensorHandle tensor, int64_t *ret_size) {
  DEFINED(tensor);
  *ret_size = (int64_t)lathe_storage_bytes(tensor->storage);
  return 0;
}
AOTITorchError aoti_torch_get_dim(AtenTensorHandle tensor, int64_t *ret_dim) {
  DEFINED(tensor);
  *ret_dim = tensor->view.rank;
  return 0;
}
AOTITorchError aoti_torch_get_numel(AtenTensorHandle tensor, int64_t *ret_numel) {
  DEFINED(tensor);
  *ret_numel = lathe_tensor_numel(tensor);
  return 0;
}
AOTITorchError aoti_torch_get_storage_numel(AtenTensorHandle tensor, int64_t *ret_numel) {
  DEFINED(tensor);
  *ret_numel = (int64_t)(lathe_storage_bytes(tensor->storage) / lathe_dtype_bytes(tensor->view.dtype));
  return 0;
}
AOTITorchError aoti_torch_get_sizes(AtenTensorHandle tensor, int64_t **ret_sizes) {
  DEFINED(tensor);
  *ret_sizes = tensor->view.sizes;
  return 0;
}
AOTITorchError aoti_torch_get_strides(AtenTensorHandle tensor, int64_t **ret_strides) {
  DEFINED(tensor);
  *ret_strides = tensor->view.strides;
  return 0;
}

/// A dimension counted from the end where negative, as in PyTorch.
static AOTITorchError wrap_dimension(const lathe_tensor *tensor, int64_t *dimension) {
  int32_t rank = tensor->view.rank;
  if (*dimension < -rank || *dimension >= rank)
    return lathe_aoti_fail("dimension %lld is out of range for a tensor of %d dimensions", (long long)*dimension, rank);
  if (*dimension < 0) *dimension += rank;
  return 0;
}
AOTITorchError aoti_torch_get_size(AtenTensorHandle tensor, int64_t d, int64_t *ret_size) {
  DEFINED(tensor);
  TRY(wrap_dimension(tensor, &d));
  *ret_size = tensor->view.sizes[d];
  return 0;
}
AOTITorchError aoti_torch_get_stride(AtenTensorHandle tensor, int64_t d, int64_t *ret_stride) {
  DEFINED(tensor);
  TRY(wrap_dimension(tensor, &d));
  *ret_stride = tensor->view.strides[d];
  return 0;
}

AOTITorchError aoti_torch_get_dtype(AtenTensorHandle tensor, int32_t *ret_dtype) {
  DEFINED(tensor);
  *ret_dtype = lathe_dtype_to_c10(tensor->view.dtype);
  return 0;
}
AOTITorchError aoti_torch_get_device_type(AtenTensorHandle tensor, int32_t *ret_device_type) {
  DEFINED(tensor);
  *ret_device_type = 0;
  return 0;
}
AOTITorchError aoti_torch_get_device_index(AtenTensorHandle tensor, int32_t *ret_device_index) {
  DEFINED(tensor);
  *ret_device_index = -1;
  return 0;
}
AOTITorchError aoti_torch_get_layout(AtenTensorHandle tensor, int32_t *ret_layout) {
  DEFINED(tensor);
  *ret_layout = 0;
  return 0;
}
AOTITorchError aoti_torch_get_storage_offset(AtenTensorHandle tensor, int64_t *ret_storage_offset) {
  DEFINED(tensor);
  *ret_storage_offset = tensor->offset;
  return 0;
}
AOTITorchError aoti_torch_is_contiguous(AtenTensorHandle tensor, bool *ret_is_contiguous) {
  DEFINED(tensor);
  *ret_is_contiguous = lathe_tensor_is_contiguous(tensor);
  return 0;
}
AOTITorchError aoti_torch_is_defined(AtenTensorHandle tensor, bool *ret_is_defined) {
  *ret_is_defined = tensor && tensor->storage;
  return 0;
}
