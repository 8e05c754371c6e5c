// Checks that the stable C functions share.
#ifndef LATHE_AOTI_INTERNAL_H
#define LATHE_AOTI_INTERNAL_H
#include <stdlib.h>
#include <string.h>
#include "lathe_tensor.h"

#define DEFINED(tensor) \
  do { if (!(tensor) || !(tensor)->storage) return lathe_aoti_fail("%s was called on an undefined tensor", __func__); } while (0)
#define TRY(expression) do { if ((expression) != 0) return 1; } while (0)

/// Bytes up to and including the last element; -1, with the failure recorded, where the numbers are negative or overflow.
int64_t lathe_extent_bytes(int64_t rank, const int64_t *sizes, const int64_t *strides, int64_t offset, size_t element);

static inline int64_t lathe_tensor_numel(const lathe_tensor *tensor) {
  int64_t count = 1;
  for (int32_t i = 0; i < tensor->view.rank; i++) count *= tensor->view.sizes[i];
  return count;
}

static inline bool lathe_tensor_is_contiguous(const lathe_tensor *tensor) {
  int64_t expected = 1;
  for (int32_t i = tensor->view.rank - 1; i >= 0; i--) {
    if (tensor->view.sizes[i] == 0) return true;
    if (tensor->view.sizes[i] == 1) continue;
    if (tensor->view.strides[i] != expected) return false;
    expected *= tensor->view.sizes[i];
  }
  return true;
}
#endif
