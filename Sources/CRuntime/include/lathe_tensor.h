// What a tensor handle of the stable C functions is in this process: a view and a reference to its storage.
#ifndef LATHE_TENSOR_H
#define LATHE_TENSOR_H
#include "lathe_aoti.h"
#include "lathe_storage.h"
#include "lathe_view.h"
#ifdef __cplusplus
extern "C" {
#endif

/// `view.dtype` is the raw value of Swift's `DType`, also of types that kernels do not take. `storage` is NULL in an undefined tensor.
typedef struct AtenTensorOpaque {
  lathe_storage *storage;
  intptr_t offset;
  lathe_view view;
} lathe_tensor;

/// A handle that refers to the storage, without a copy of its bytes; offset in elements. NULL, with the failure recorded, where the
/// rank is over LATHE_MAX_RANK or memory is short. `aoti_torch_delete_tensor_object` deletes it.
lathe_tensor *lathe_tensor_make(
  lathe_storage *storage, int32_t dtype, int32_t rank, const intptr_t *sizes, const intptr_t *strides, intptr_t offset);
/// Makes an existing handle refer to this instead.
int32_t lathe_tensor_assign(
  lathe_tensor *tensor, lathe_storage *storage, int32_t dtype, int32_t rank, const intptr_t *sizes, const intptr_t *strides,
  intptr_t offset);

static inline const intptr_t *lathe_tensor_sizes(const lathe_tensor *tensor) { return tensor->view.sizes; }
static inline const intptr_t *lathe_tensor_strides(const lathe_tensor *tensor) { return tensor->view.strides; }

/// Bytes of one element of a `DType`; 0 for a raw value that is none.
size_t lathe_dtype_bytes(int32_t dtype);
/// c10's number of a `DType`; -1 for a raw value that is none.
int32_t lathe_dtype_to_c10(int32_t dtype);
/// The `DType` of c10's number; -1 for a type that Lathe does not have.
int32_t lathe_dtype_from_c10(int32_t number);

/// Runs the operator of external node `node`; returns 0, or 1 after `lathe_aoti_fail`.
typedef int32_t (*lathe_proxy_callback)(
  void *context, int32_t node, int32_t int_count, const int64_t *ints, int32_t tensor_count, lathe_tensor *const *tensors);
/// What a proxy executor handle points at.
typedef struct AOTIProxyExecutorOpaque {
  lathe_proxy_callback callback;
  void *context;
} lathe_proxy_executor;

/// Records the calling thread's last failure, one sentence, and returns 1.
int32_t lathe_aoti_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/// The same for a sentence as it is.
int32_t lathe_aoti_fail_text(const char *sentence);
/// As before the calling thread's first failure.
void lathe_aoti_forget_failure(void);

#ifdef __cplusplus
}
#endif
#endif
