// Orders of rows in which equal elements come out where ATen's CPU kernels leave them. Those kernels use std::sort, std::partial_sort and
// std::nth_element of libstdc++ and a quickselect of their own, none of them stable; the same steps give the same indices.
#ifndef LATHE_ORDER_H
#define LATHE_ORDER_H
#include <stdbool.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef enum lathe_order_op {
  LATHE_ORDER_SORT = 0,     // torch.sort(stable=False): all places of the row in order
  LATHE_ORDER_TOPK,         // torch.topk: the first k places
  LATHE_ORDER_QUICKSELECT,  // torch.kthvalue: the place of the element that ends at position k
  LATHE_ORDER_NTH,          // torch.median: likewise, by std::nth_element
} lathe_order_op;

/// `keys` is rows x count, row-major, of double (`floating`) or int64_t; NaN is the greatest. Writes, a row, `count` places for SORT, `k` for
/// TOPK and one for QUICKSELECT and NTH, whose `k` counts from 0. `descending` reverses the order of SORT and TOPK.
void lathe_order_rows(lathe_order_op op, bool floating, const void *keys, intptr_t rows, intptr_t count, intptr_t k, bool descending,
                      int64_t *places);

#ifdef __cplusplus
}
#endif
#endif
