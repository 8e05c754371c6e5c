// Written by Tools/make_shim_operators.py. Operator functions of PyTorch's stable C interface: each packs its arguments into words.
#include "shim_places.h"

typedef struct AtenGeneratorOpaque *AtenGeneratorHandle;
#define CALL(name, ...) lathe_fallback_call(LATHE_PLACE_##name, (const lathe_word[]){__VA_ARGS__})

AOTITorchError aoti_torch_cpu__adaptive_avg_pool2d(AtenTensorHandle self, const int64_t *output_size, int64_t output_size_len_,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__adaptive_avg_pool2d, {.p = self}, {.p = output_size}, {.i = output_size_len_}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu__adaptive_avg_pool2d_backward(AtenTensorHandle grad_output, AtenTensorHandle self, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__adaptive_avg_pool2d_backward, {.p = grad_output}, {.p = self}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu__adaptive_avg_pool3d(AtenTensorHandle self, const int64_t *output_size, int64_t output_size_len_,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__adaptive_avg_pool3d, {.p = self}, {.p = output_size}, {.i = output_size_len_}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu__adaptive_avg_pool3d_backward(AtenTensorHandle grad_output, AtenTensorHandle self, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__adaptive_avg_pool3d_backward, {.p = grad_output}, {.p = self}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu__addmm_activation(AtenTensorHandle self, AtenTensorHandle mat1, AtenTensorHandle mat2, double beta,
  double alpha, int32_t use_gelu, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__addmm_activation, {.p = self}, {.p = mat1}, {.p = mat2}, {.d = beta}, {.d = alpha}, {.i = use_gelu},
  {.p = ret0});
}
AOTITorchError aoti_torch_cpu__cdist_backward(AtenTensorHandle grad_output, AtenTensorHandle x1, AtenTensorHandle x2, double p,
  AtenTensorHandle cdist, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__cdist_backward, {.p = grad_output}, {.p = x1}, {.p = x2}, {.d = p}, {.p = cdist}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu__cdist_forward(AtenTensorHandle x1, AtenTensorHandle x2, double p, int64_t *compute_mode,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__cdist_forward, {.p = x1}, {.p = x2}, {.d = p}, {.p = compute_mode}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu__dyn_quant_matmul_4bit(AtenTensorHandle inp, AtenTensorHandle packed_weights, int64_t block_size,
  int64_t in_features, int64_t out_features, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__dyn_quant_matmul_4bit, {.p = inp}, {.p = packed_weights}, {.i = block_size}, {.i = in_features},
  {.i = out_features}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu__dyn_quant_pack_4bit_weight(AtenTensorHandle weights, AtenTensorHandle scales_zeros, AtenTensorHandle *bias,
  int64_t block_size, int64_t in_features, int64_t out_features, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__dyn_quant_pack_4bit_weight, {.p = weights}, {.p = scales_zeros}, {.p = bias}, {.i = block_size},
  {.i = in_features}, {.i = out_features}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu__efficientzerotensor(const int64_t *size, int64_t size_len_, int32_t *dtype, int32_t *layout, int32_t *device,
  int32_t device_index_, int32_t *pin_memory, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__efficientzerotensor, {.p = size}, {.i = size_len_}, {.p = dtype}, {.p = layout}, {.p = device},
  {.i = device_index_}, {.p = pin_memory}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu__embedding_bag(AtenTensorHandle weight, AtenTensorHandle indices, AtenTensorHandle offsets,
  int32_t scale_grad_by_freq, int64_t mode, int32_t sparse, AtenTensorHandle *per_sample_weights, int32_t include_last_offset,
  int64_t padding_idx, AtenTensorHandle *ret0, AtenTensorHandle *ret1, AtenTensorHandle *ret2, AtenTensorHandle *ret3) {
  return CALL(aoti_torch_cpu__embedding_bag, {.p = weight}, {.p = indices}, {.p = offsets}, {.i = scale_grad_by_freq}, {.i = mode},
  {.i = sparse}, {.p = per_sample_weights}, {.i = include_last_offset}, {.i = padding_idx}, {.p = ret0}, {.p = ret1}, {.p = ret2},
  {.p = ret3});
}
AOTITorchError aoti_torch_cpu__embedding_bag_dense_backward(AtenTensorHandle grad, AtenTensorHandle indices, AtenTensorHandle offset2bag,
  AtenTensorHandle bag_size, AtenTensorHandle maximum_indices, int64_t num_weights, int32_t scale_grad_by_freq, int64_t mode,
  AtenTensorHandle *per_sample_weights, int64_t padding_idx, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__embedding_bag_dense_backward, {.p = grad}, {.p = indices}, {.p = offset2bag}, {.p = bag_size},
  {.p = maximum_indices}, {.i = num_weights}, {.i = scale_grad_by_freq}, {.i = mode}, {.p = per_sample_weights}, {.i = padding_idx},
  {.p = ret0});
}
AOTITorchError aoti_torch_cpu__embedding_bag_forward_only(AtenTensorHandle weight, AtenTensorHandle indices, AtenTensorHandle offsets,
  int32_t scale_grad_by_freq, int64_t mode, int32_t sparse, AtenTensorHandle *per_sample_weights, int32_t include_last_offset,
  int64_t padding_idx, AtenTensorHandle *ret0, AtenTensorHandle *ret1, AtenTensorHandle *ret2, AtenTensorHandle *ret3) {
  return CALL(aoti_torch_cpu__embedding_bag_forward_only, {.p = weight}, {.p = indices}, {.p = offsets}, {.i = scale_grad_by_freq},
  {.i = mode}, {.i = sparse}, {.p = per_sample_weights}, {.i = include_last_offset}, {.i = padding_idx}, {.p = ret0}, {.p = ret1},
  {.p = ret2}, {.p = ret3});
}
AOTITorchError aoti_torch_cpu__embedding_bag_per_sample_weights_backward(AtenTensorHandle grad, AtenTensorHandle weight,
  AtenTensorHandle indices, AtenTensorHandle offsets, AtenTensorHandle offset2bag, int64_t mode, int64_t padding_idx,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__embedding_bag_per_sample_weights_backward, {.p = grad}, {.p = weight}, {.p = indices}, {.p = offsets},
  {.p = offset2bag}, {.i = mode}, {.i = padding_idx}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu__fft_c2c(AtenTensorHandle self, const int64_t *dim, int64_t dim_len_, int64_t normalization, int32_t forward,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__fft_c2c, {.p = self}, {.p = dim}, {.i = dim_len_}, {.i = normalization}, {.i = forward}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu__fft_r2c(AtenTensorHandle self, const int64_t *dim, int64_t dim_len_, int64_t normalization, int32_t onesided,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__fft_r2c, {.p = self}, {.p = dim}, {.i = dim_len_}, {.i = normalization}, {.i = onesided}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu__fused_moving_avg_obs_fq_helper(AtenTensorHandle self, AtenTensorHandle observer_on,
  AtenTensorHandle fake_quant_on, AtenTensorHandle running_min, AtenTensorHandle running_max, AtenTensorHandle scale,
  AtenTensorHandle zero_point, double averaging_const, int64_t quant_min, int64_t quant_max, int64_t ch_axis, int32_t per_row_fake_quant,
  int32_t symmetric_quant, AtenTensorHandle *ret0, AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu__fused_moving_avg_obs_fq_helper, {.p = self}, {.p = observer_on}, {.p = fake_quant_on}, {.p = running_min},
  {.p = running_max}, {.p = scale}, {.p = zero_point}, {.d = averaging_const}, {.i = quant_min}, {.i = quant_max}, {.i = ch_axis},
  {.i = per_row_fake_quant}, {.i = symmetric_quant}, {.p = ret0}, {.p = ret1});
}
AOTITorchError aoti_torch_cpu__fused_moving_avg_obs_fq_helper_functional(AtenTensorHandle self, AtenTensorHandle observer_on,
  AtenTensorHandle fake_quant_on, AtenTensorHandle running_min, AtenTensorHandle running_max, AtenTensorHandle scale,
  AtenTensorHandle zero_point, double averaging_const, int64_t quant_min, int64_t quant_max, int64_t ch_axis, int32_t per_row_fake_quant,
  int32_t symmetric_quant, AtenTensorHandle *ret0, AtenTensorHandle *ret1, AtenTensorHandle *ret2, AtenTensorHandle *ret3,
  AtenTensorHandle *ret4, AtenTensorHandle *ret5) {
  return CALL(aoti_torch_cpu__fused_moving_avg_obs_fq_helper_functional, {.p = self}, {.p = observer_on}, {.p = fake_quant_on},
  {.p = running_min}, {.p = running_max}, {.p = scale}, {.p = zero_point}, {.d = averaging_const}, {.i = quant_min}, {.i = quant_max},
  {.i = ch_axis}, {.i = per_row_fake_quant}, {.i = symmetric_quant}, {.p = ret0}, {.p = ret1}, {.p = ret2}, {.p = ret3}, {.p = ret4},
  {.p = ret5});
}
AOTITorchError aoti_torch_cpu__fused_rms_norm(AtenTensorHandle input, const int64_t *normalized_shape, int64_t normalized_shape_len_,
  AtenTensorHandle *weight, double *eps, AtenTensorHandle *ret0, AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu__fused_rms_norm, {.p = input}, {.p = normalized_shape}, {.i = normalized_shape_len_}, {.p = weight},
  {.p = eps}, {.p = ret0}, {.p = ret1});
}
AOTITorchError aoti_torch_cpu__grouped_mm(AtenTensorHandle self, AtenTensorHandle mat2, AtenTensorHandle *offs, AtenTensorHandle *bias,
  int32_t *out_dtype, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__grouped_mm, {.p = self}, {.p = mat2}, {.p = offs}, {.p = bias}, {.p = out_dtype}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu__histogramdd_from_bin_cts(AtenTensorHandle self, const int64_t *bins, int64_t bins_len_, const double **range,
  int64_t range_len_, AtenTensorHandle *weight, int32_t density, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__histogramdd_from_bin_cts, {.p = self}, {.p = bins}, {.i = bins_len_}, {.p = range}, {.i = range_len_},
  {.p = weight}, {.i = density}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu__int_mm_out(AtenTensorHandle out, AtenTensorHandle self, AtenTensorHandle mat2) {
  return CALL(aoti_torch_cpu__int_mm_out, {.p = out}, {.p = self}, {.p = mat2});
}
AOTITorchError aoti_torch_cpu__pdist_backward(AtenTensorHandle grad_output, AtenTensorHandle self, double p, AtenTensorHandle pdist,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__pdist_backward, {.p = grad_output}, {.p = self}, {.d = p}, {.p = pdist}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu__pdist_forward(AtenTensorHandle self, double p, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__pdist_forward, {.p = self}, {.d = p}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu__scaled_dot_product_flash_attention_for_cpu(AtenTensorHandle query, AtenTensorHandle key,
  AtenTensorHandle value, double dropout_p, int32_t is_causal, AtenTensorHandle *attn_mask, double *scale, AtenTensorHandle *ret0,
  AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu__scaled_dot_product_flash_attention_for_cpu, {.p = query}, {.p = key}, {.p = value}, {.d = dropout_p},
  {.i = is_causal}, {.p = attn_mask}, {.p = scale}, {.p = ret0}, {.p = ret1});
}
AOTITorchError aoti_torch_cpu__scaled_dot_product_flash_attention_for_cpu_backward(AtenTensorHandle grad_out, AtenTensorHandle query,
  AtenTensorHandle key, AtenTensorHandle value, AtenTensorHandle out, AtenTensorHandle logsumexp, double dropout_p, int32_t is_causal,
  AtenTensorHandle *attn_mask, double *scale, AtenTensorHandle *ret0, AtenTensorHandle *ret1, AtenTensorHandle *ret2) {
  return CALL(aoti_torch_cpu__scaled_dot_product_flash_attention_for_cpu_backward, {.p = grad_out}, {.p = query}, {.p = key}, {.p = value},
  {.p = out}, {.p = logsumexp}, {.d = dropout_p}, {.i = is_causal}, {.p = attn_mask}, {.p = scale}, {.p = ret0}, {.p = ret1}, {.p = ret2});
}
AOTITorchError aoti_torch_cpu__scaled_dot_product_fused_attention_overrideable(AtenTensorHandle query, AtenTensorHandle key,
  AtenTensorHandle value, AtenTensorHandle *attn_bias, double dropout_p, int32_t is_causal, int32_t return_debug_mask, double *scale,
  AtenTensorHandle *ret0, AtenTensorHandle *ret1, AtenTensorHandle *ret2, AtenTensorHandle *ret3, int64_t *ret4, int64_t *ret5,
  AtenTensorHandle *ret6, AtenTensorHandle *ret7, AtenTensorHandle *ret8) {
  return CALL(aoti_torch_cpu__scaled_dot_product_fused_attention_overrideable, {.p = query}, {.p = key}, {.p = value}, {.p = attn_bias},
  {.d = dropout_p}, {.i = is_causal}, {.i = return_debug_mask}, {.p = scale}, {.p = ret0}, {.p = ret1}, {.p = ret2}, {.p = ret3},
  {.p = ret4}, {.p = ret5}, {.p = ret6}, {.p = ret7}, {.p = ret8});
}
AOTITorchError aoti_torch_cpu__scaled_dot_product_fused_attention_overrideable_backward(AtenTensorHandle grad_out, AtenTensorHandle query,
  AtenTensorHandle key, AtenTensorHandle value, AtenTensorHandle attn_bias, const int32_t *grad_input_mask, int64_t grad_input_mask_len_,
  AtenTensorHandle out, AtenTensorHandle logsumexp, AtenTensorHandle cum_seq_q, AtenTensorHandle cum_seq_k, int64_t max_q, int64_t max_k,
  double dropout_p, int32_t is_causal, AtenTensorHandle philox_seed, AtenTensorHandle philox_offset, double *scale, AtenTensorHandle *ret0,
  AtenTensorHandle *ret1, AtenTensorHandle *ret2, AtenTensorHandle *ret3) {
  return CALL(aoti_torch_cpu__scaled_dot_product_fused_attention_overrideable_backward, {.p = grad_out}, {.p = query}, {.p = key},
  {.p = value}, {.p = attn_bias}, {.p = grad_input_mask}, {.i = grad_input_mask_len_}, {.p = out}, {.p = logsumexp}, {.p = cum_seq_q},
  {.p = cum_seq_k}, {.i = max_q}, {.i = max_k}, {.d = dropout_p}, {.i = is_causal}, {.p = philox_seed}, {.p = philox_offset}, {.p = scale},
  {.p = ret0}, {.p = ret1}, {.p = ret2}, {.p = ret3});
}
AOTITorchError aoti_torch_cpu__scaled_mm(AtenTensorHandle self, AtenTensorHandle mat2, AtenTensorHandle scale_a, AtenTensorHandle scale_b,
  AtenTensorHandle *bias, AtenTensorHandle *scale_result, int32_t *out_dtype, int32_t use_fast_accum, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__scaled_mm, {.p = self}, {.p = mat2}, {.p = scale_a}, {.p = scale_b}, {.p = bias}, {.p = scale_result},
  {.p = out_dtype}, {.i = use_fast_accum}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu__scaled_mm_out(AtenTensorHandle out, AtenTensorHandle self, AtenTensorHandle mat2, AtenTensorHandle scale_a,
  AtenTensorHandle scale_b, AtenTensorHandle *bias, AtenTensorHandle *scale_result, int32_t *out_dtype, int32_t use_fast_accum) {
  return CALL(aoti_torch_cpu__scaled_mm_out, {.p = out}, {.p = self}, {.p = mat2}, {.p = scale_a}, {.p = scale_b}, {.p = bias},
  {.p = scale_result}, {.p = out_dtype}, {.i = use_fast_accum});
}
AOTITorchError aoti_torch_cpu__segment_reduce_backward(AtenTensorHandle grad, AtenTensorHandle output, AtenTensorHandle data,
  const char *reduce, AtenTensorHandle *lengths, AtenTensorHandle *offsets, int64_t axis, double *initial, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__segment_reduce_backward, {.p = grad}, {.p = output}, {.p = data}, {.p = reduce}, {.p = lengths},
  {.p = offsets}, {.i = axis}, {.p = initial}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu__to_sparse(AtenTensorHandle self, int32_t *layout, const int64_t **blocksize, int64_t blocksize_len_,
  int64_t *dense_dim, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__to_sparse, {.p = self}, {.p = layout}, {.p = blocksize}, {.i = blocksize_len_}, {.p = dense_dim},
  {.p = ret0});
}
AOTITorchError aoti_torch_cpu__trilinear(AtenTensorHandle i1, AtenTensorHandle i2, AtenTensorHandle i3, const int64_t *expand1,
  int64_t expand1_len_, const int64_t *expand2, int64_t expand2_len_, const int64_t *expand3, int64_t expand3_len_, const int64_t *sumdim,
  int64_t sumdim_len_, int64_t unroll_dim, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__trilinear, {.p = i1}, {.p = i2}, {.p = i3}, {.p = expand1}, {.i = expand1_len_}, {.p = expand2},
  {.i = expand2_len_}, {.p = expand3}, {.i = expand3_len_}, {.p = sumdim}, {.i = sumdim_len_}, {.i = unroll_dim}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu__weight_int8pack_mm(AtenTensorHandle self, AtenTensorHandle mat2, AtenTensorHandle scales,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu__weight_int8pack_mm, {.p = self}, {.p = mat2}, {.p = scales}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_abs(AtenTensorHandle self, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_abs, {.p = self}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_adaptive_max_pool2d(AtenTensorHandle self, const int64_t *output_size, int64_t output_size_len_,
  AtenTensorHandle *ret0, AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu_adaptive_max_pool2d, {.p = self}, {.p = output_size}, {.i = output_size_len_}, {.p = ret0}, {.p = ret1});
}
AOTITorchError aoti_torch_cpu_adaptive_max_pool2d_backward(AtenTensorHandle grad_output, AtenTensorHandle self, AtenTensorHandle indices,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_adaptive_max_pool2d_backward, {.p = grad_output}, {.p = self}, {.p = indices}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_adaptive_max_pool3d(AtenTensorHandle self, const int64_t *output_size, int64_t output_size_len_,
  AtenTensorHandle *ret0, AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu_adaptive_max_pool3d, {.p = self}, {.p = output_size}, {.i = output_size_len_}, {.p = ret0}, {.p = ret1});
}
AOTITorchError aoti_torch_cpu_adaptive_max_pool3d_backward(AtenTensorHandle grad_output, AtenTensorHandle self, AtenTensorHandle indices,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_adaptive_max_pool3d_backward, {.p = grad_output}, {.p = self}, {.p = indices}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_add_Scalar(AtenTensorHandle self, double other, double alpha, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_add_Scalar, {.p = self}, {.d = other}, {.d = alpha}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_add_Tensor(AtenTensorHandle self, AtenTensorHandle other, double alpha, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_add_Tensor, {.p = self}, {.p = other}, {.d = alpha}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_addbmm(AtenTensorHandle self, AtenTensorHandle batch1, AtenTensorHandle batch2, double beta, double alpha,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_addbmm, {.p = self}, {.p = batch1}, {.p = batch2}, {.d = beta}, {.d = alpha}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_addmm_out(AtenTensorHandle out, AtenTensorHandle self, AtenTensorHandle mat1, AtenTensorHandle mat2,
  double beta, double alpha) {
  return CALL(aoti_torch_cpu_addmm_out, {.p = out}, {.p = self}, {.p = mat1}, {.p = mat2}, {.d = beta}, {.d = alpha});
}
AOTITorchError aoti_torch_cpu_addmv(AtenTensorHandle self, AtenTensorHandle mat, AtenTensorHandle vec, double beta, double alpha,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_addmv, {.p = self}, {.p = mat}, {.p = vec}, {.d = beta}, {.d = alpha}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_angle(AtenTensorHandle self, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_angle, {.p = self}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_avg_pool2d(AtenTensorHandle self, const int64_t *kernel_size, int64_t kernel_size_len_, const int64_t *stride,
  int64_t stride_len_, const int64_t *padding, int64_t padding_len_, int32_t ceil_mode, int32_t count_include_pad,
  int64_t *divisor_override, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_avg_pool2d, {.p = self}, {.p = kernel_size}, {.i = kernel_size_len_}, {.p = stride}, {.i = stride_len_},
  {.p = padding}, {.i = padding_len_}, {.i = ceil_mode}, {.i = count_include_pad}, {.p = divisor_override}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_avg_pool2d_backward(AtenTensorHandle grad_output, AtenTensorHandle self, const int64_t *kernel_size,
  int64_t kernel_size_len_, const int64_t *stride, int64_t stride_len_, const int64_t *padding, int64_t padding_len_, int32_t ceil_mode,
  int32_t count_include_pad, int64_t *divisor_override, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_avg_pool2d_backward, {.p = grad_output}, {.p = self}, {.p = kernel_size}, {.i = kernel_size_len_},
  {.p = stride}, {.i = stride_len_}, {.p = padding}, {.i = padding_len_}, {.i = ceil_mode}, {.i = count_include_pad},
  {.p = divisor_override}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_avg_pool3d(AtenTensorHandle self, const int64_t *kernel_size, int64_t kernel_size_len_, const int64_t *stride,
  int64_t stride_len_, const int64_t *padding, int64_t padding_len_, int32_t ceil_mode, int32_t count_include_pad,
  int64_t *divisor_override, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_avg_pool3d, {.p = self}, {.p = kernel_size}, {.i = kernel_size_len_}, {.p = stride}, {.i = stride_len_},
  {.p = padding}, {.i = padding_len_}, {.i = ceil_mode}, {.i = count_include_pad}, {.p = divisor_override}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_avg_pool3d_backward(AtenTensorHandle grad_output, AtenTensorHandle self, const int64_t *kernel_size,
  int64_t kernel_size_len_, const int64_t *stride, int64_t stride_len_, const int64_t *padding, int64_t padding_len_, int32_t ceil_mode,
  int32_t count_include_pad, int64_t *divisor_override, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_avg_pool3d_backward, {.p = grad_output}, {.p = self}, {.p = kernel_size}, {.i = kernel_size_len_},
  {.p = stride}, {.i = stride_len_}, {.p = padding}, {.i = padding_len_}, {.i = ceil_mode}, {.i = count_include_pad},
  {.p = divisor_override}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_baddbmm_out(AtenTensorHandle out, AtenTensorHandle self, AtenTensorHandle batch1, AtenTensorHandle batch2,
  double beta, double alpha) {
  return CALL(aoti_torch_cpu_baddbmm_out, {.p = out}, {.p = self}, {.p = batch1}, {.p = batch2}, {.d = beta}, {.d = alpha});
}
AOTITorchError aoti_torch_cpu_bernoulli__Tensor(AtenTensorHandle self, AtenTensorHandle p, AtenGeneratorHandle *generator) {
  return CALL(aoti_torch_cpu_bernoulli__Tensor, {.p = self}, {.p = p}, {.p = generator});
}
AOTITorchError aoti_torch_cpu_bernoulli__float(AtenTensorHandle self, double p, AtenGeneratorHandle *generator) {
  return CALL(aoti_torch_cpu_bernoulli__float, {.p = self}, {.d = p}, {.p = generator});
}
AOTITorchError aoti_torch_cpu_bmm_out(AtenTensorHandle out, AtenTensorHandle self, AtenTensorHandle mat2) {
  return CALL(aoti_torch_cpu_bmm_out, {.p = out}, {.p = self}, {.p = mat2});
}
AOTITorchError aoti_torch_cpu_bucketize_Tensor(AtenTensorHandle self, AtenTensorHandle boundaries, int32_t out_int32, int32_t right,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_bucketize_Tensor, {.p = self}, {.p = boundaries}, {.i = out_int32}, {.i = right}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_cat(const AtenTensorHandle *tensors, int64_t tensors_len_, int64_t dim, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_cat, {.p = tensors}, {.i = tensors_len_}, {.i = dim}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_cholesky_inverse(AtenTensorHandle self, int32_t upper, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_cholesky_inverse, {.p = self}, {.i = upper}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_cholesky_solve(AtenTensorHandle self, AtenTensorHandle input2, int32_t upper, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_cholesky_solve, {.p = self}, {.p = input2}, {.i = upper}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_convolution(AtenTensorHandle input, AtenTensorHandle weight, AtenTensorHandle *bias, const int64_t *stride,
  int64_t stride_len_, const int64_t *padding, int64_t padding_len_, const int64_t *dilation, int64_t dilation_len_, int32_t transposed,
  const int64_t *output_padding, int64_t output_padding_len_, int64_t groups, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_convolution, {.p = input}, {.p = weight}, {.p = bias}, {.p = stride}, {.i = stride_len_}, {.p = padding},
  {.i = padding_len_}, {.p = dilation}, {.i = dilation_len_}, {.i = transposed}, {.p = output_padding}, {.i = output_padding_len_},
  {.i = groups}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_convolution_backward(AtenTensorHandle grad_output, AtenTensorHandle input, AtenTensorHandle weight,
  const int64_t **bias_sizes, int64_t bias_sizes_len_, const int64_t *stride, int64_t stride_len_, const int64_t *padding,
  int64_t padding_len_, const int64_t *dilation, int64_t dilation_len_, int32_t transposed, const int64_t *output_padding,
  int64_t output_padding_len_, int64_t groups, const int32_t *output_mask, int64_t output_mask_len_, AtenTensorHandle *ret0,
  AtenTensorHandle *ret1, AtenTensorHandle *ret2) {
  return CALL(aoti_torch_cpu_convolution_backward, {.p = grad_output}, {.p = input}, {.p = weight}, {.p = bias_sizes},
  {.i = bias_sizes_len_}, {.p = stride}, {.i = stride_len_}, {.p = padding}, {.i = padding_len_}, {.p = dilation}, {.i = dilation_len_},
  {.i = transposed}, {.p = output_padding}, {.i = output_padding_len_}, {.i = groups}, {.p = output_mask}, {.i = output_mask_len_},
  {.p = ret0}, {.p = ret1}, {.p = ret2});
}
AOTITorchError aoti_torch_cpu_cummax(AtenTensorHandle self, int64_t dim, AtenTensorHandle *ret0, AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu_cummax, {.p = self}, {.i = dim}, {.p = ret0}, {.p = ret1});
}
AOTITorchError aoti_torch_cpu_cummin(AtenTensorHandle self, int64_t dim, AtenTensorHandle *ret0, AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu_cummin, {.p = self}, {.i = dim}, {.p = ret0}, {.p = ret1});
}
AOTITorchError aoti_torch_cpu_cumprod(AtenTensorHandle self, int64_t dim, int32_t *dtype, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_cumprod, {.p = self}, {.i = dim}, {.p = dtype}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_cumsum(AtenTensorHandle self, int64_t dim, int32_t *dtype, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_cumsum, {.p = self}, {.i = dim}, {.p = dtype}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_exponential(AtenTensorHandle self, double lambd, AtenGeneratorHandle *generator, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_exponential, {.p = self}, {.d = lambd}, {.p = generator}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_fill__Scalar(AtenTensorHandle self, double value) {
  return CALL(aoti_torch_cpu_fill__Scalar, {.p = self}, {.d = value});
}
AOTITorchError aoti_torch_cpu_fractional_max_pool2d(AtenTensorHandle self, const int64_t *kernel_size, int64_t kernel_size_len_,
  const int64_t *output_size, int64_t output_size_len_, AtenTensorHandle random_samples, AtenTensorHandle *ret0, AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu_fractional_max_pool2d, {.p = self}, {.p = kernel_size}, {.i = kernel_size_len_}, {.p = output_size},
  {.i = output_size_len_}, {.p = random_samples}, {.p = ret0}, {.p = ret1});
}
AOTITorchError aoti_torch_cpu_fractional_max_pool2d_backward(AtenTensorHandle grad_output, AtenTensorHandle self,
  const int64_t *kernel_size, int64_t kernel_size_len_, const int64_t *output_size, int64_t output_size_len_, AtenTensorHandle indices,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_fractional_max_pool2d_backward, {.p = grad_output}, {.p = self}, {.p = kernel_size}, {.i = kernel_size_len_},
  {.p = output_size}, {.i = output_size_len_}, {.p = indices}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_fractional_max_pool3d(AtenTensorHandle self, const int64_t *kernel_size, int64_t kernel_size_len_,
  const int64_t *output_size, int64_t output_size_len_, AtenTensorHandle random_samples, AtenTensorHandle *ret0, AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu_fractional_max_pool3d, {.p = self}, {.p = kernel_size}, {.i = kernel_size_len_}, {.p = output_size},
  {.i = output_size_len_}, {.p = random_samples}, {.p = ret0}, {.p = ret1});
}
AOTITorchError aoti_torch_cpu_fractional_max_pool3d_backward(AtenTensorHandle grad_output, AtenTensorHandle self,
  const int64_t *kernel_size, int64_t kernel_size_len_, const int64_t *output_size, int64_t output_size_len_, AtenTensorHandle indices,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_fractional_max_pool3d_backward, {.p = grad_output}, {.p = self}, {.p = kernel_size}, {.i = kernel_size_len_},
  {.p = output_size}, {.i = output_size_len_}, {.p = indices}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_gcd(AtenTensorHandle self, AtenTensorHandle other, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_gcd, {.p = self}, {.p = other}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_geqrf(AtenTensorHandle self, AtenTensorHandle *ret0, AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu_geqrf, {.p = self}, {.p = ret0}, {.p = ret1});
}
AOTITorchError aoti_torch_cpu_grid_sampler_2d_backward(AtenTensorHandle grad_output, AtenTensorHandle input, AtenTensorHandle grid,
  int64_t interpolation_mode, int64_t padding_mode, int32_t align_corners, const int32_t *output_mask, int64_t output_mask_len_,
  AtenTensorHandle *ret0, AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu_grid_sampler_2d_backward, {.p = grad_output}, {.p = input}, {.p = grid}, {.i = interpolation_mode},
  {.i = padding_mode}, {.i = align_corners}, {.p = output_mask}, {.i = output_mask_len_}, {.p = ret0}, {.p = ret1});
}
AOTITorchError aoti_torch_cpu_grid_sampler_3d(AtenTensorHandle input, AtenTensorHandle grid, int64_t interpolation_mode,
  int64_t padding_mode, int32_t align_corners, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_grid_sampler_3d, {.p = input}, {.p = grid}, {.i = interpolation_mode}, {.i = padding_mode},
  {.i = align_corners}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_grid_sampler_3d_backward(AtenTensorHandle grad_output, AtenTensorHandle input, AtenTensorHandle grid,
  int64_t interpolation_mode, int64_t padding_mode, int32_t align_corners, const int32_t *output_mask, int64_t output_mask_len_,
  AtenTensorHandle *ret0, AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu_grid_sampler_3d_backward, {.p = grad_output}, {.p = input}, {.p = grid}, {.i = interpolation_mode},
  {.i = padding_mode}, {.i = align_corners}, {.p = output_mask}, {.i = output_mask_len_}, {.p = ret0}, {.p = ret1});
}
AOTITorchError aoti_torch_cpu_hann_window(int64_t window_length, int32_t *dtype, int32_t *layout, int32_t *device, int32_t device_index_,
  int32_t *pin_memory, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_hann_window, {.i = window_length}, {.p = dtype}, {.p = layout}, {.p = device}, {.i = device_index_},
  {.p = pin_memory}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_histc(AtenTensorHandle self, int64_t bins, double min, double max, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_histc, {.p = self}, {.i = bins}, {.d = min}, {.d = max}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_histogram_bin_ct(AtenTensorHandle self, int64_t bins, const double **range, int64_t range_len_,
  AtenTensorHandle *weight, int32_t density, AtenTensorHandle *ret0, AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu_histogram_bin_ct, {.p = self}, {.i = bins}, {.p = range}, {.i = range_len_}, {.p = weight}, {.i = density},
  {.p = ret0}, {.p = ret1});
}
AOTITorchError aoti_torch_cpu_index_Tensor(AtenTensorHandle self, const AtenTensorHandle **indices, int64_t indices_len_,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_index_Tensor, {.p = self}, {.p = indices}, {.i = indices_len_}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_index_put(AtenTensorHandle self, const AtenTensorHandle **indices, int64_t indices_len_,
  AtenTensorHandle values, int32_t accumulate, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_index_put, {.p = self}, {.p = indices}, {.i = indices_len_}, {.p = values}, {.i = accumulate}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_index_reduce(AtenTensorHandle self, int64_t dim, AtenTensorHandle index, AtenTensorHandle source,
  const char *reduce, int32_t include_self, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_index_reduce, {.p = self}, {.i = dim}, {.p = index}, {.p = source}, {.p = reduce}, {.i = include_self},
  {.p = ret0});
}
AOTITorchError aoti_torch_cpu_kthvalue(AtenTensorHandle self, int64_t k, int64_t dim, int32_t keepdim, AtenTensorHandle *ret0,
  AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu_kthvalue, {.p = self}, {.i = k}, {.i = dim}, {.i = keepdim}, {.p = ret0}, {.p = ret1});
}
AOTITorchError aoti_torch_cpu_logcumsumexp(AtenTensorHandle self, int64_t dim, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_logcumsumexp, {.p = self}, {.i = dim}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_lu_unpack(AtenTensorHandle LU_data, AtenTensorHandle LU_pivots, int32_t unpack_data, int32_t unpack_pivots,
  AtenTensorHandle *ret0, AtenTensorHandle *ret1, AtenTensorHandle *ret2) {
  return CALL(aoti_torch_cpu_lu_unpack, {.p = LU_data}, {.p = LU_pivots}, {.i = unpack_data}, {.i = unpack_pivots}, {.p = ret0},
  {.p = ret1}, {.p = ret2});
}
