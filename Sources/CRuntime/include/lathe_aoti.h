// The stable C functions that compiled graphs import, with PyTorch's names, types and meanings (torch/csrc/inductor/aoti_torch/c/shim.h,
// versions 2.6 to 2.15). In this process they work on `lathe_tensor`; in a PyTorch process libtorch has them.
#ifndef LATHE_AOTI_H
#define LATHE_AOTI_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define LATHE_EXPORT __attribute__((visibility("default")))

/// 0 where a function did its work, 1 where not; `torch_exception_get_what_without_backtrace` then says why.
typedef int32_t AOTITorchError;
typedef struct AtenTensorOpaque *AtenTensorHandle;
typedef struct AOTIProxyExecutorOpaque *AOTIProxyExecutorHandle;

/// c10::complex<float> and c10::complex<double>.
typedef struct lathe_complex64 { _Alignas(8) float real; float imaginary; } lathe_complex64;
typedef struct lathe_complex128 { _Alignas(16) double real; double imaginary; } lathe_complex128;

// Numbers of c10.
LATHE_EXPORT int32_t aoti_torch_device_type_cpu(void);
LATHE_EXPORT int32_t aoti_torch_device_type_cuda(void);
LATHE_EXPORT int32_t aoti_torch_device_type_meta(void);
LATHE_EXPORT int32_t aoti_torch_device_type_xpu(void);
LATHE_EXPORT int32_t aoti_torch_device_type_mps(void);
LATHE_EXPORT int32_t aoti_torch_device_type_privateuse1(void);
LATHE_EXPORT int32_t aoti_torch_dtype_float8_e5m2(void);
LATHE_EXPORT int32_t aoti_torch_dtype_float8_e4m3fn(void);
LATHE_EXPORT int32_t aoti_torch_dtype_float8_e5m2fnuz(void);
LATHE_EXPORT int32_t aoti_torch_dtype_float8_e4m3fnuz(void);
LATHE_EXPORT int32_t aoti_torch_dtype_float8_e8m0fnu(void);
LATHE_EXPORT int32_t aoti_torch_dtype_bfloat16(void);
LATHE_EXPORT int32_t aoti_torch_dtype_float16(void);
LATHE_EXPORT int32_t aoti_torch_dtype_float32(void);
LATHE_EXPORT int32_t aoti_torch_dtype_float64(void);
LATHE_EXPORT int32_t aoti_torch_dtype_uint8(void);
LATHE_EXPORT int32_t aoti_torch_dtype_uint16(void);
LATHE_EXPORT int32_t aoti_torch_dtype_uint32(void);
LATHE_EXPORT int32_t aoti_torch_dtype_uint64(void);
LATHE_EXPORT int32_t aoti_torch_dtype_int8(void);
LATHE_EXPORT int32_t aoti_torch_dtype_int16(void);
LATHE_EXPORT int32_t aoti_torch_dtype_int32(void);
LATHE_EXPORT int32_t aoti_torch_dtype_int64(void);
LATHE_EXPORT int32_t aoti_torch_dtype_bool(void);
LATHE_EXPORT int32_t aoti_torch_dtype_complex32(void);
LATHE_EXPORT int32_t aoti_torch_dtype_complex64(void);
LATHE_EXPORT int32_t aoti_torch_dtype_complex128(void);
/// Bytes of one element; 0 for a number that is no dtype here.
LATHE_EXPORT size_t aoti_torch_dtype_element_size(int32_t dtype);
LATHE_EXPORT int32_t aoti_torch_layout_strided(void);
LATHE_EXPORT int32_t aoti_torch_layout_sparse_coo(void);
LATHE_EXPORT int32_t aoti_torch_layout_sparse_csr(void);
LATHE_EXPORT int32_t aoti_torch_layout_sparse_csc(void);
LATHE_EXPORT int32_t aoti_torch_layout_sparse_bsr(void);
LATHE_EXPORT int32_t aoti_torch_layout_sparse_bsc(void);
LATHE_EXPORT int32_t aoti_torch_layout__mkldnn(void);
LATHE_EXPORT int32_t aoti_torch_layout_jagged(void);
LATHE_EXPORT int32_t aoti_torch_memory_format_contiguous_format(void);
LATHE_EXPORT int32_t aoti_torch_memory_format_channels_last(void);
LATHE_EXPORT int32_t aoti_torch_memory_format_channels_last_3d(void);
LATHE_EXPORT int32_t aoti_torch_memory_format_preserve_format(void);
LATHE_EXPORT uint64_t aoti_torch_abi_version(void);

// Lives of handles. Every handle that a function returns is the caller's to delete.
LATHE_EXPORT AOTITorchError aoti_torch_delete_tensor_object(AtenTensorHandle tensor);
LATHE_EXPORT AOTITorchError aoti_torch_new_tensor_handle(AtenTensorHandle orig_handle, AtenTensorHandle *new_handle);
LATHE_EXPORT AOTITorchError aoti_torch_new_uninitialized_tensor(AtenTensorHandle *ret);
LATHE_EXPORT AOTITorchError aoti_torch_empty_strided(
  int64_t ndim, const int64_t *sizes_ptr, const int64_t *strides_ptr, int32_t dtype, int32_t device_type, int32_t device_index,
  AtenTensorHandle *ret_new_tensor);
LATHE_EXPORT AOTITorchError aoti_torch_create_tensor_from_blob(
  void *data, int64_t ndim, const int64_t *sizes_ptr, const int64_t *strides_ptr, int64_t storage_offset, int32_t dtype,
  int32_t device_type, int32_t device_index, AtenTensorHandle *ret);
LATHE_EXPORT AOTITorchError aoti_torch_create_tensor_from_blob_v2(
  void *data, int64_t ndim, const int64_t *sizes_ptr, const int64_t *strides_ptr, int64_t storage_offset, int32_t dtype,
  int32_t device_type, int32_t device_index, AtenTensorHandle *ret, int32_t layout, const uint8_t *opaque_metadata,
  int64_t opaque_metadata_size);

// Properties; pointers are borrowed from the handle.
LATHE_EXPORT AOTITorchError aoti_torch_get_data_ptr(AtenTensorHandle tensor, void **ret_data_ptr);
LATHE_EXPORT AOTITorchError aoti_torch_get_storage_size(AtenTensorHandle tensor, int64_t *ret_size);
LATHE_EXPORT AOTITorchError aoti_torch_get_dim(AtenTensorHandle tensor, int64_t *ret_dim);
LATHE_EXPORT AOTITorchError aoti_torch_get_numel(AtenTensorHandle tensor, int64_t *ret_numel);
LATHE_EXPORT AOTITorchError aoti_torch_get_storage_numel(AtenTensorHandle tensor, int64_t *ret_numel);
LATHE_EXPORT AOTITorchError aoti_torch_get_sizes(AtenTensorHandle tensor, int64_t **ret_sizes);
LATHE_EXPORT AOTITorchError aoti_torch_get_size(AtenTensorHandle tensor, int64_t d, int64_t *ret_size);
LATHE_EXPORT AOTITorchError aoti_torch_get_strides(AtenTensorHandle tensor, int64_t **ret_strides);
LATHE_EXPORT AOTITorchError aoti_torch_get_stride(AtenTensorHandle tensor, int64_t d, int64_t *ret_stride);
LATHE_EXPORT AOTITorchError aoti_torch_get_dtype(AtenTensorHandle tensor, int32_t *ret_dtype);
LATHE_EXPORT AOTITorchError aoti_torch_get_device_type(AtenTensorHandle tensor, int32_t *ret_device_type);
LATHE_EXPORT AOTITorchError aoti_torch_get_device_index(AtenTensorHandle tensor, int32_t *ret_device_index);
LATHE_EXPORT AOTITorchError aoti_torch_get_layout(AtenTensorHandle tensor, int32_t *ret_layout);
LATHE_EXPORT AOTITorchError aoti_torch_get_storage_offset(AtenTensorHandle tensor, int64_t *ret_storage_offset);
LATHE_EXPORT AOTITorchError aoti_torch_is_contiguous(AtenTensorHandle tensor, bool *ret_is_contiguous);
LATHE_EXPORT AOTITorchError aoti_torch_is_defined(AtenTensorHandle tensor, bool *ret_is_defined);

// Views.
/// `storage_offset` counts from the offset that `self` has.
LATHE_EXPORT AOTITorchError aoti_torch__reinterpret_tensor(
  AtenTensorHandle self, int64_t ndim, const int64_t *sizes_ptr, const int64_t *strides_ptr, int64_t storage_offset,
  AtenTensorHandle *ret_new_tensor);
LATHE_EXPORT AOTITorchError aoti_torch__alloc_from_pool(
  AtenTensorHandle self, int64_t offset_bytes, int32_t dtype, int64_t ndim, const int64_t *sizes_ptr, const int64_t *strides_ptr,
  AtenTensorHandle *ret_new_tensor);
/// As many sizes and strides as `self` has.
LATHE_EXPORT AOTITorchError aoti_torch_as_strided(
  AtenTensorHandle self, const int64_t *sizes_ptr, const int64_t *strides_ptr, AtenTensorHandle *ret);

// Copies.
LATHE_EXPORT AOTITorchError aoti_torch_clone(AtenTensorHandle self, AtenTensorHandle *ret);
LATHE_EXPORT AOTITorchError aoti_torch_clone_preserve_strides(AtenTensorHandle self, AtenTensorHandle *ret);
LATHE_EXPORT AOTITorchError aoti_torch_copy_(AtenTensorHandle self, AtenTensorHandle src, int32_t non_blocking);
LATHE_EXPORT AOTITorchError aoti_torch_tensor_copy_(AtenTensorHandle src, AtenTensorHandle dst);
LATHE_EXPORT AOTITorchError aoti_torch_zero_(AtenTensorHandle self);
/// `dst` becomes the tensor that `src` is.
LATHE_EXPORT AOTITorchError aoti_torch_assign_tensors(AtenTensorHandle src, AtenTensorHandle dst);
LATHE_EXPORT AOTITorchError aoti_torch_assign_tensors_out(AtenTensorHandle src, AtenTensorHandle *ret_dst);

// Numbers out of tensors of one element (of exactly that type), and tensors of no dimension out of numbers.
LATHE_EXPORT AOTITorchError aoti_torch_item_float16(AtenTensorHandle tensor, uint16_t *ret_value);
LATHE_EXPORT AOTITorchError aoti_torch_item_bfloat16(AtenTensorHandle tensor, uint16_t *ret_value);
LATHE_EXPORT AOTITorchError aoti_torch_item_float32(AtenTensorHandle tensor, float *ret_value);
LATHE_EXPORT AOTITorchError aoti_torch_item_float64(AtenTensorHandle tensor, double *ret_value);
LATHE_EXPORT AOTITorchError aoti_torch_item_uint8(AtenTensorHandle tensor, uint8_t *ret_value);
LATHE_EXPORT AOTITorchError aoti_torch_item_uint16(AtenTensorHandle tensor, uint16_t *ret_value);
LATHE_EXPORT AOTITorchError aoti_torch_item_uint32(AtenTensorHandle tensor, uint32_t *ret_value);
LATHE_EXPORT AOTITorchError aoti_torch_item_uint64(AtenTensorHandle tensor, uint64_t *ret_value);
LATHE_EXPORT AOTITorchError aoti_torch_item_int8(AtenTensorHandle tensor, int8_t *ret_value);
LATHE_EXPORT AOTITorchError aoti_torch_item_int16(AtenTensorHandle tensor, int16_t *ret_value);
LATHE_EXPORT AOTITorchError aoti_torch_item_int32(AtenTensorHandle tensor, int32_t *ret_value);
LATHE_EXPORT AOTITorchError aoti_torch_item_int64(AtenTensorHandle tensor, int64_t *ret_value);
LATHE_EXPORT AOTITorchError aoti_torch_item_bool(AtenTensorHandle tensor, bool *ret_value);
LATHE_EXPORT AOTITorchError aoti_torch_item_complex64(AtenTensorHandle tensor, lathe_complex64 *ret_value);
LATHE_EXPORT AOTITorchError aoti_torch_scalar_to_tensor_float32(float value, AtenTensorHandle *ret_new_tensor);
LATHE_EXPORT AOTITorchError aoti_torch_scalar_to_tensor_float64(double value, AtenTensorHandle *ret_new_tensor);
LATHE_EXPORT AOTITorchError aoti_torch_scalar_to_tensor_uint8(uint8_t value, AtenTensorHandle *ret_new_tensor);
LATHE_EXPORT AOTITorchError aoti_torch_scalar_to_tensor_uint16(uint16_t value, AtenTensorHandle *ret_new_tensor);
LATHE_EXPORT AOTITorchError aoti_torch_scalar_to_tensor_uint32(uint32_t value, AtenTensorHandle *ret_new_tensor);
LATHE_EXPORT AOTITorchError aoti_torch_scalar_to_tensor_uint64(uint64_t value, AtenTensorHandle *ret_new_tensor);
LATHE_EXPORT AOTITorchError aoti_torch_scalar_to_tensor_int8(int8_t value, AtenTensorHandle *ret_new_tensor);
LATHE_EXPORT AOTITorchError aoti_torch_scalar_to_tensor_int16(int16_t value, AtenTensorHandle *ret_new_tensor);
LATHE_EXPORT AOTITorchError aoti_torch_scalar_to_tensor_int32(int32_t value, AtenTensorHandle *ret_new_tensor);
LATHE_EXPORT AOTITorchError aoti_torch_scalar_to_tensor_int64(int64_t value, AtenTensorHandle *ret_new_tensor);
LATHE_EXPORT AOTITorchError aoti_torch_scalar_to_tensor_bool(bool value, AtenTensorHandle *ret_new_tensor);
LATHE_EXPORT AOTITorchError aoti_torch_scalar_to_tensor_complex64(lathe_complex64 value, AtenTensorHandle *ret_new_tensor);
LATHE_EXPORT AOTITorchError aoti_torch_scalar_to_tensor_complex128(lathe_complex128 value, AtenTensorHandle *ret_new_tensor);

// The host.
/// The calling thread's mode; nothing here records gradients, so it is only kept.
LATHE_EXPORT bool aoti_torch_grad_mode_is_enabled(void);
LATHE_EXPORT void aoti_torch_grad_mode_set_enabled(bool enabled);
/// Calls the operator of an external node: integers in the order of its arguments, then input handles, then output handles, which
/// are undefined tensors that the call defines.
LATHE_EXPORT AOTITorchError aoti_torch_proxy_executor_call_function(
  AOTIProxyExecutorHandle proxy_executor, int extern_node_index, int num_ints, int64_t *flatten_int_args, int num_tensors,
  AtenTensorHandle *flatten_tensor_args);
/// Throws a `std::runtime_error` where `cond` is false, as PyTorch throws an exception of its own: callers rely on it not to return then.
/// Ends the process with the message where there is no C++ library, so that nobody could catch it.
LATHE_EXPORT void aoti_torch_check(bool cond, const char *func, const char *file, uint32_t line, const char *msg);
LATHE_EXPORT void aoti_torch_warn(const char *func, const char *file, uint32_t line, const char *msg);
/// What the calling thread's last failure was, one sentence; valid until its next failure, empty before the first.
LATHE_EXPORT const char *torch_exception_get_what_without_backtrace(void);
LATHE_EXPORT const char *torch_exception_get_what(void);

#ifdef __cplusplus
}
#endif
#endif
