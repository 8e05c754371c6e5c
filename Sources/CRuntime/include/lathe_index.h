// Reading and writing by index tensors; indices are I64 or I32 and every one is checked before it is used.
#ifndef LATHE_INDEX_H
#define LATHE_INDEX_H
#include <stdbool.h>
#include <stdint.h>
#include "lathe_view.h"
#ifdef __cplusplus
extern "C" {
#endif

/// The first index found out of range: its value, and the dimension (of the indexed tensor) and size it was held against.
typedef struct lathe_index_error {
  int64_t value;
  int32_t dimension;
  intptr_t size;
} lathe_index_error;

// Functions returning int give 0, or 1 after an index out of range, which `error` (may be NULL) then describes; what the output holds is
// then unspecified, but nothing outside the views was read or written. Value tensors have one dtype throughout, any of the ten.

/// torch.embedding: output[..., :] = weight[indices[...], :]. `weight` is [rows, width], `output` has the sizes of `indices` and then
/// width. Negative indices are out of range.
int lathe_embedding(const lathe_view *weight, const lathe_view *indices, const lathe_view *output, lathe_index_error *error);

/// torch.index_select: output[..., i, ...] = input[..., indices[i], ...] at `dimension`; `indices` has rank 1 (or 0, read as one
/// element). Negative indices are out of range.
int lathe_index_select(const lathe_view *input, int32_t dimension, const lathe_view *indices, const lathe_view *output,
                       lathe_index_error *error);

/// torch.gather: output[i][j][k] = input[i][indices[i][j][k]][k] for dimension 1. `output` has the sizes of `indices`. Negative
/// indices are out of range. An index view may have zero strides, which makes this the general index_select.
int lathe_gather(const lathe_view *input, int32_t dimension, const lathe_view *indices, const lathe_view *output,
                 lathe_index_error *error);

typedef enum lathe_scatter_op {
  LATHE_SCATTER_SET = 0,  // of several writes to one place the last in row-major order stays
  LATHE_SCATTER_ADD, LATHE_SCATTER_MULTIPLY, LATHE_SCATTER_MIN, LATHE_SCATTER_MAX, LATHE_SCATTER_MEAN
} lathe_scatter_op;

/// torch.scatter, scatter_add and scatter_reduce in place on `target`: target[i][indices[i][j][k]][k] op= source[i][j][k] for dimension
/// 1, over the sizes of `indices`; `source` is at least that large in every dimension (zero strides make a scalar). With `include_self`
/// false the target's old values do not take part where something is scattered. Negative indices are out of range.
/// Sums, products and means of f16 and bf16 accumulate in f32.
/// With an index view that has zero strides off `dimension` this is index_copy, index_add, index_reduce and index_fill.
int lathe_scatter(lathe_scatter_op op, bool include_self, const lathe_view *target, int32_t dimension, const lathe_view *indices,
                  const lathe_view *source, lathe_index_error *error);

/// One index tensor of x[i, j, ...]: broadcast to the result's sizes, with the size and the stride (elements) of the dimension of x that
/// it indexes, and that dimension's number for messages. Negative values count from the end.
typedef struct lathe_index_operand {
  lathe_view indices;
  intptr_t size, stride;
  int32_t dimension;
} lathe_index_operand;

/// torch.Tensor.__getitem__ with index tensors: output[p] = base[p] displaced by the sum of indices_n[p] * stride_n. `base` is x laid
/// over the result's space: the output's rank and sizes, x's strides in the dimensions that are kept whole, stride 0 in those
/// that come from index tensors.
int lathe_index_gather(const lathe_view *base, int32_t count, const lathe_index_operand *operands, const lathe_view *output,
                       lathe_index_error *error);

/// torch.index_put_ in place: base[p] displaced as above = values[p], or += with `accumulate`. `base` and `values` have the result's sizes.
/// Without `accumulate`, of several writes to one place the last in row-major order stays.
int lathe_index_put(const lathe_view *base, int32_t count, const lathe_index_operand *operands, const lathe_view *values,
                    bool accumulate, lathe_index_error *error);

/// Number of elements that are not zero (NaN is not zero).
intptr_t lathe_nonzero_count(const lathe_view *input);
/// torch.nonzero: the coordinates of the elements that are not zero, in row-major order; `output` is I64 [count, rank], any strides.
void lathe_nonzero_fill(const lathe_view *input, const lathe_view *output);

/// torch.masked_select: the elements of `input` where `mask` (BOOL or U8, the same sizes) is set, in row-major order, into `output` of rank 1
/// and at least lathe_nonzero_count(mask) elements.
void lathe_masked_select(const lathe_view *input, const lathe_view *mask, const lathe_view *output);
/// torch.masked_scatter in place: the elements of `target` where `mask` is set, in row-major order, take those of `source` (rank 1).
/// Returns 0, or 1 when the mask sets more elements than `source` has; nothing is written then.
int lathe_masked_scatter(const lathe_view *target, const lathe_view *mask, const lathe_view *source);

/// torch.searchsorted: for each value, how many elements of its sorted row lie before the insertion point (the first not less, or with
/// `right` the first greater). `sorted` is [..., n] with the leading sizes of `values` [..., m], or rank 1 and shared by all values
/// (torch.bucketize). `sorter` (I64, the sizes of `sorted`, optional) gives the order. `output` is I64 or I32, the sizes of `values`.
/// Returns 0, or 1 when a sorter's entry is out of range.
int lathe_searchsorted(const lathe_view *sorted, const lathe_view *sorter, const lathe_view *values, bool right, const lathe_view *output,
                       lathe_index_error *error);

#ifdef __cplusplus
}
#endif
#endif
