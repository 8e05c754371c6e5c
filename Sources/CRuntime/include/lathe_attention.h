// Scaled dot-product attention.
#ifndef LATHE_ATTENTION_H
#define LATHE_ATTENTION_H
#include <stdbool.h>
#include "lathe_view.h"
#ifdef __cplusplus
extern "C" {
#endif

/// output = softmax(scale q k^T + mask) v, as torch.nn.functional.scaled_dot_product_attention without dropout: q [B, H, L, E],
/// k [B, Hkv, S, E], v [B, Hkv, S, Ev], output [B, H, L, Ev], all of one dtype (f32, f64, bf16, f16; 16-bit types compute in f32)
/// with any strides. H is a multiple of Hkv (grouped queries: head h reads h / (H / Hkv)). `mask` may be NULL; it is [B, H, L, S]
/// by strides (0 broadcasts), BOOL (true takes part) or floating point (added). `causal` lets query i see keys 0 ... i. A query
/// that may see no key gives zeros, as PyTorch 2.5 and later do. Blocks of keys pass through an online softmax (Dao et al. 2022),
/// so memory does not grow with L times S.
void lathe_attention(const lathe_view *output, const lathe_view *q, const lathe_view *k, const lathe_view *v, const lathe_view *mask,
                     bool causal, double scale);

#ifdef __cplusplus
}
#endif
#endif
