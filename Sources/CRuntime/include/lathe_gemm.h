// Matrix products with a fused epilogue.
#ifndef LATHE_GEMM_H
#define LATHE_GEMM_H
#include <stdint.h>
#include "lathe_view.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef enum lathe_activation {
  LATHE_ACTIVATION_NONE = 0,
  LATHE_ACTIVATION_RELU,       // NaN stays NaN
  LATHE_ACTIVATION_CLAMP,      // to [low, high] (hardtanh, relu6); NaN stays NaN
  LATHE_ACTIVATION_GELU,       // by erf
  LATHE_ACTIVATION_GELU_TANH,
  LATHE_ACTIVATION_SILU
} lathe_activation;

/// One product, C[m, n] = activation(alpha * A[m, k] B[k, n] + beta * addend[m, n] + bias[m, n]). All operands have the element
/// type `dtype`; strides are in elements and may be anything (0 broadcasts; those of C must not overlap). `addend` and `bias` may
/// be NULL and `addend` may be C itself; with beta 0 the addend is not read. A Linear layer's weight W[n, k] is B with strides
/// {1, k}, its bias has strides {0, 1}. f16 and bf16 accumulate in f32 and round once. Integers wrap; alpha and beta are then
/// truncated and only NONE and RELU apply. BOOL is not taken.
typedef struct lathe_gemm_call {
  int32_t dtype;
  int32_t activation;
  intptr_t m, n, k;
  const void *a;
  intptr_t a_row, a_column;
  const void *b;
  intptr_t b_row, b_column;
  void *c;
  intptr_t c_row, c_column;
  double alpha, beta;
  const void *addend;
  intptr_t addend_row, addend_column;
  const void *bias;
  intptr_t bias_row, bias_column;
  double low, high;
} lathe_gemm_call;

void lathe_gemm(const lathe_gemm_call *call);

/// Batches of products: c is [..., m, n], a [..., m, k], b [..., k, n], addend and bias [..., m, n] (or NULL), all of one rank
/// (2 or more) and dtype; leading dimensions have c's sizes, with stride 0 where an operand broadcasts. Runs in parallel over
/// the batch, or inside each product where those are large; leading dimensions along which b is constant become rows.
void lathe_gemm_batched(const lathe_view *c, const lathe_view *a, const lathe_view *b, double alpha, double beta,
                        const lathe_view *addend, const lathe_view *bias, lathe_activation activation);

#ifdef __cplusplus
}
#endif
#endif
