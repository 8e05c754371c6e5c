// A strided view of typed memory, as kernels see a tensor.
#ifndef LATHE_VIEW_H
#define LATHE_VIEW_H
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define LATHE_MAX_RANK 16

/// Element types, in the order of Swift's `DType` raw values (not the numbers PyTorch's files or ABI use).
typedef enum lathe_dtype {
  LATHE_BOOL = 0, LATHE_U8, LATHE_I8, LATHE_I16, LATHE_I32, LATHE_I64, LATHE_F16, LATHE_BF16, LATHE_F32, LATHE_F64
} lathe_dtype;

/// Sizes and strides are in elements; `data` points at the element with all indices zero.
typedef struct lathe_view {
  void *data;
  int32_t dtype;
  int32_t rank;
  intptr_t sizes[LATHE_MAX_RANK];
  intptr_t strides[LATHE_MAX_RANK];
} lathe_view;

static inline lathe_view lathe_view_make(void *data, int32_t dtype, int32_t rank, const intptr_t *sizes, const intptr_t *strides) {
  lathe_view view;
  view.data = data; view.dtype = dtype; view.rank = rank;
  for (int32_t i = 0; i < rank; i++) { view.sizes[i] = sizes[i]; view.strides[i] = strides[i]; }
  return view;
}

static inline int lathe_dtype_size(int32_t dtype) {
  static const int8_t bytes[] = {1, 1, 1, 2, 4, 8, 2, 2, 4, 8};
  return bytes[dtype];
}

#ifdef __cplusplus
}
#endif
#endif
