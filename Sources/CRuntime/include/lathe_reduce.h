// Reductions over dimensions, scans along one, sorting and selection.
#ifndef LATHE_REDUCE_H
#define LATHE_REDUCE_H
#include <stdbool.h>
#include <stdint.h>
#include "lathe_view.h"
#ifdef __cplusplus
extern "C" {
#endif

/// `dimensions` is a bit mask (bit i: dimension i is reduced; 0 reduces nothing). `output` has the input's rank, with size 1 in reduced
/// dimensions and the input's size elsewhere. Any dtypes: the result is converted to the output's dtype as lathe_copy converts.
///
/// Accumulation: f16, bf16 and f32 in f32 by blocked pairwise summation, f64 in f64, integers and bool in i64 (wrapping). Where the
/// output is f64 the input is read as f64; where it is floating and the input an integer, the input is read as the output's float.
typedef enum lathe_reduce_op {
  LATHE_REDUCE_SUM = 0,        // torch.sum
  LATHE_REDUCE_NANSUM,         // NaN counts as 0
  LATHE_REDUCE_PROD,
  LATHE_REDUCE_MAX,            // torch.amax: NaN wins
  LATHE_REDUCE_MIN,            // torch.amin: NaN wins
  LATHE_REDUCE_ANY,            // != 0
  LATHE_REDUCE_ALL,
  LATHE_REDUCE_ARGMAX,         // index of the first extreme (of the first NaN if there is one), row-major over the reduced dimensions
  LATHE_REDUCE_ARGMIN,
  LATHE_REDUCE_MEAN,           // an empty mean is NaN
  LATHE_REDUCE_LOGSUMEXP,      // torch.logsumexp; all -inf gives -inf
  LATHE_REDUCE_COUNT_NONZERO,
} lathe_reduce_op;

/// Returns 0, or 1 when a max, min, argmax or argmin has a result to give but no elements to take it from.
int lathe_reduce(lathe_reduce_op op, const lathe_view *input, uint32_t dimensions, const lathe_view *output);

/// Maximum (`largest`) or minimum along one dimension with its first index, as torch.max(dim) and torch.min(dim): NaN wins.
/// `indices` is I64; both outputs have size 1 at `dimension`. Returns 0, or 1 as lathe_reduce does.
int lathe_reduce_extreme(const lathe_view *input, int32_t dimension, bool largest, const lathe_view *values, const lathe_view *indices);

/// Variance (or, with `root`, standard deviation) with `correction` taken off the count, and the mean; either output may be NULL.
/// torch.var, torch.std, torch.var_mean: two passes; a count at or under the correction gives NaN or infinity as a division by zero.
void lathe_reduce_variance(const lathe_view *input, uint32_t dimensions, double correction, bool root, const lathe_view *variance,
                           const lathe_view *mean);

/// torch.linalg.vector_norm of order `p`: 0 counts non-zeros, infinities take the largest or smallest absolute value.
/// Returns 0, or 1 when `p` is negative or an infinity and there are no elements to give a result from.
int lathe_reduce_norm(const lathe_view *input, uint32_t dimensions, double p, const lathe_view *output);

typedef enum lathe_scan_op {
  LATHE_SCAN_SUM = 0, LATHE_SCAN_PROD, LATHE_SCAN_MAX, LATHE_SCAN_MIN, LATHE_SCAN_LOGSUMEXP
} lathe_scan_op;

/// Inclusive scan along one dimension: torch.cumsum, cumprod, cummax, cummin, logcumsumexp. `output` has the input's sizes. `indices`
/// (I64, the input's sizes, for MAX and MIN; else NULL) gets where each running extreme was last seen; NaN wins.
/// Integers run in i64, floating types in f64.
void lathe_scan(lathe_scan_op op, const lathe_view *input, int32_t dimension, const lathe_view *output, const lathe_view *indices);

/// torch.sort(stable=True) along one dimension: `values` (the input's dtype) and `indices` (I64), either may be NULL; both have the
/// input's sizes. NaN is the greatest. `values` may be the input.
void lathe_sort(const lathe_view *input, int32_t dimension, bool descending, const lathe_view *values, const lathe_view *indices);

/// torch.topk: the `k` = values->sizes[dimension] largest (or smallest) along one dimension, in order; of equals, the first seen.
/// `k` is at most the input's size there.
void lathe_topk(const lathe_view *input, int32_t dimension, bool largest, const lathe_view *values, const lathe_view *indices);

#ifdef __cplusplus
}
#endif
#endif
