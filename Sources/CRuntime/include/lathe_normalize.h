// Softmax and the normalisation layers.
#ifndef LATHE_NORMALIZE_H
#define LATHE_NORMALIZE_H
#include <stdbool.h>
#include <stdint.h>
#include "lathe_view.h"
#ifdef __cplusplus
extern "C" {
#endif

// All inputs are floating and of any strides; f16 and bf16 compute in f32, f64 in f64. Optional views may be NULL. An output may be
// its input (same strides). Parameters may be of any floating dtype.

/// torch.softmax along one dimension. `output` has the input's sizes; it may have another dtype (softmax's dtype argument).
void lathe_softmax(const lathe_view *input, int32_t dimension, const lathe_view *output);
/// torch.log_softmax along one dimension.
void lathe_log_softmax(const lathe_view *input, int32_t dimension, const lathe_view *output);

/// torch.nn.functional.layer_norm over the last `trailing` dimensions. `weight` and `bias` have those dimensions' sizes; `mean` and
/// `rstd` (optional outputs) have the input's rank with size 1 in the normalised dimensions. Variance is biased.
void lathe_layer_norm(const lathe_view *input, int32_t trailing, const lathe_view *weight, const lathe_view *bias, double epsilon,
                      const lathe_view *output, const lathe_view *mean, const lathe_view *rstd);

/// torch.nn.functional.rms_norm over the last `trailing` dimensions; `rstd` as lathe_layer_norm's.
void lathe_rms_norm(const lathe_view *input, int32_t trailing, const lathe_view *weight, double epsilon, const lathe_view *output,
                    const lathe_view *rstd);

/// torch.nn.functional.group_norm of [N, C, *]: statistics over C / groups channels and all of *. `weight` and `bias` are [C];
/// `mean` and `rstd` (optional outputs) are [N, groups]. C is a multiple of `groups`.
void lathe_group_norm(const lathe_view *input, int32_t groups, const lathe_view *weight, const lathe_view *bias, double epsilon,
                      const lathe_view *output, const lathe_view *mean, const lathe_view *rstd);

/// torch.nn.functional.batch_norm of [N, C, *] with given statistics: (x - mean) / sqrt(variance + epsilon) * weight + bias, each [C].
/// Any layout (NCHW, channels-last).
void lathe_batch_norm(const lathe_view *input, const lathe_view *mean, const lathe_view *variance, const lathe_view *weight,
                      const lathe_view *bias, double epsilon, const lathe_view *output);

/// Mean and biased variance per channel of [N, C, *], each [C]: a training batch's statistics.
void lathe_batch_norm_statistics(const lathe_view *input, const lathe_view *mean, const lathe_view *variance);

#ifdef __cplusplus
}
#endif
#endif
