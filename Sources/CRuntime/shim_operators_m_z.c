// Written by Tools/make_shim_operators.py. Operator functions of PyTorch's stable C interface: each packs its arguments into words.
#include "shim_places.h"

typedef struct AtenGeneratorOpaque *AtenGeneratorHandle;
#define CALL(name, ...) lathe_fallback_call(LATHE_PLACE_##name, (const lathe_word[]){__VA_ARGS__})

AOTITorchError aoti_torch_cpu_masked_scatter(AtenTensorHandle self, AtenTensorHandle mask, AtenTensorHandle source,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_masked_scatter, {.p = self}, {.p = mask}, {.p = source}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_masked_scatter_backward(AtenTensorHandle grad_output, AtenTensorHandle mask, const int64_t *sizes,
  int64_t sizes_len_, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_masked_scatter_backward, {.p = grad_output}, {.p = mask}, {.p = sizes}, {.i = sizes_len_}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_masked_select(AtenTensorHandle self, AtenTensorHandle mask, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_masked_select, {.p = self}, {.p = mask}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_max_pool2d_with_indices(AtenTensorHandle self, const int64_t *kernel_size, int64_t kernel_size_len_,
  const int64_t *stride, int64_t stride_len_, const int64_t *padding, int64_t padding_len_, const int64_t *dilation, int64_t dilation_len_,
  int32_t ceil_mode, AtenTensorHandle *ret0, AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu_max_pool2d_with_indices, {.p = self}, {.p = kernel_size}, {.i = kernel_size_len_}, {.p = stride},
  {.i = stride_len_}, {.p = padding}, {.i = padding_len_}, {.p = dilation}, {.i = dilation_len_}, {.i = ceil_mode}, {.p = ret0},
  {.p = ret1});
}
AOTITorchError aoti_torch_cpu_max_pool2d_with_indices_backward(AtenTensorHandle grad_output, AtenTensorHandle self,
  const int64_t *kernel_size, int64_t kernel_size_len_, const int64_t *stride, int64_t stride_len_, const int64_t *padding,
  int64_t padding_len_, const int64_t *dilation, int64_t dilation_len_, int32_t ceil_mode, AtenTensorHandle indices,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_max_pool2d_with_indices_backward, {.p = grad_output}, {.p = self}, {.p = kernel_size}, {.i = kernel_size_len_},
  {.p = stride}, {.i = stride_len_}, {.p = padding}, {.i = padding_len_}, {.p = dilation}, {.i = dilation_len_}, {.i = ceil_mode},
  {.p = indices}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_max_pool3d_with_indices(AtenTensorHandle self, const int64_t *kernel_size, int64_t kernel_size_len_,
  const int64_t *stride, int64_t stride_len_, const int64_t *padding, int64_t padding_len_, const int64_t *dilation, int64_t dilation_len_,
  int32_t ceil_mode, AtenTensorHandle *ret0, AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu_max_pool3d_with_indices, {.p = self}, {.p = kernel_size}, {.i = kernel_size_len_}, {.p = stride},
  {.i = stride_len_}, {.p = padding}, {.i = padding_len_}, {.p = dilation}, {.i = dilation_len_}, {.i = ceil_mode}, {.p = ret0},
  {.p = ret1});
}
AOTITorchError aoti_torch_cpu_max_pool3d_with_indices_backward(AtenTensorHandle grad_output, AtenTensorHandle self,
  const int64_t *kernel_size, int64_t kernel_size_len_, const int64_t *stride, int64_t stride_len_, const int64_t *padding,
  int64_t padding_len_, const int64_t *dilation, int64_t dilation_len_, int32_t ceil_mode, AtenTensorHandle indices,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_max_pool3d_with_indices_backward, {.p = grad_output}, {.p = self}, {.p = kernel_size}, {.i = kernel_size_len_},
  {.p = stride}, {.i = stride_len_}, {.p = padding}, {.i = padding_len_}, {.p = dilation}, {.i = dilation_len_}, {.i = ceil_mode},
  {.p = indices}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_max_unpool2d(AtenTensorHandle self, AtenTensorHandle indices, const int64_t *output_size,
  int64_t output_size_len_, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_max_unpool2d, {.p = self}, {.p = indices}, {.p = output_size}, {.i = output_size_len_}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_max_unpool3d(AtenTensorHandle self, AtenTensorHandle indices, const int64_t *output_size,
  int64_t output_size_len_, const int64_t *stride, int64_t stride_len_, const int64_t *padding, int64_t padding_len_,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_max_unpool3d, {.p = self}, {.p = indices}, {.p = output_size}, {.i = output_size_len_}, {.p = stride},
  {.i = stride_len_}, {.p = padding}, {.i = padding_len_}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_median(AtenTensorHandle self, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_median, {.p = self}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_mkldnn_rnn_layer(AtenTensorHandle input, AtenTensorHandle weight0, AtenTensorHandle weight1,
  AtenTensorHandle weight2, AtenTensorHandle weight3, AtenTensorHandle hx_, AtenTensorHandle cx_, int32_t reverse,
  const int64_t *batch_sizes, int64_t batch_sizes_len_, int64_t mode, int64_t hidden_size, int64_t num_layers, int32_t has_biases,
  int32_t bidirectional, int32_t batch_first, int32_t train, AtenTensorHandle *ret0, AtenTensorHandle *ret1, AtenTensorHandle *ret2,
  AtenTensorHandle *ret3) {
  return CALL(aoti_torch_cpu_mkldnn_rnn_layer, {.p = input}, {.p = weight0}, {.p = weight1}, {.p = weight2}, {.p = weight3}, {.p = hx_},
  {.p = cx_}, {.i = reverse}, {.p = batch_sizes}, {.i = batch_sizes_len_}, {.i = mode}, {.i = hidden_size}, {.i = num_layers},
  {.i = has_biases}, {.i = bidirectional}, {.i = batch_first}, {.i = train}, {.p = ret0}, {.p = ret1}, {.p = ret2}, {.p = ret3});
}
AOTITorchError aoti_torch_cpu_mm_out(AtenTensorHandle out, AtenTensorHandle self, AtenTensorHandle mat2) {
  return CALL(aoti_torch_cpu_mm_out, {.p = out}, {.p = self}, {.p = mat2});
}
AOTITorchError aoti_torch_cpu_mode(AtenTensorHandle self, int64_t dim, int32_t keepdim, AtenTensorHandle *ret0, AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu_mode, {.p = self}, {.i = dim}, {.i = keepdim}, {.p = ret0}, {.p = ret1});
}
AOTITorchError aoti_torch_cpu_mul_Scalar(AtenTensorHandle self, double other, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_mul_Scalar, {.p = self}, {.d = other}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_mul_Tensor(AtenTensorHandle self, AtenTensorHandle other, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_mul_Tensor, {.p = self}, {.p = other}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_nanmedian(AtenTensorHandle self, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_nanmedian, {.p = self}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_narrow(AtenTensorHandle self, int64_t dim, int64_t start, int64_t length, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_narrow, {.p = self}, {.i = dim}, {.i = start}, {.i = length}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_native_dropout(AtenTensorHandle input, double p, int32_t *train, AtenTensorHandle *ret0,
  AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu_native_dropout, {.p = input}, {.d = p}, {.p = train}, {.p = ret0}, {.p = ret1});
}
AOTITorchError aoti_torch_cpu_nonzero(AtenTensorHandle self, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_nonzero, {.p = self}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_nonzero_static(AtenTensorHandle self, int64_t size, int64_t fill_value, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_nonzero_static, {.p = self}, {.i = size}, {.i = fill_value}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_normal_functional(AtenTensorHandle self, double mean, double std, AtenGeneratorHandle *generator,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_normal_functional, {.p = self}, {.d = mean}, {.d = std}, {.p = generator}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_ormqr(AtenTensorHandle self, AtenTensorHandle input2, AtenTensorHandle input3, int32_t left,
  int32_t transpose, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_ormqr, {.p = self}, {.p = input2}, {.p = input3}, {.i = left}, {.i = transpose}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_pad(AtenTensorHandle self, const int64_t *pad, int64_t pad_len_, const char *mode, double *value,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_pad, {.p = self}, {.p = pad}, {.i = pad_len_}, {.p = mode}, {.p = value}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_permute(AtenTensorHandle self, const int64_t *dims, int64_t dims_len_, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_permute, {.p = self}, {.p = dims}, {.i = dims_len_}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_polar(AtenTensorHandle abs, AtenTensorHandle angle, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_polar, {.p = abs}, {.p = angle}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_pow_Scalar(double self, AtenTensorHandle exponent, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_pow_Scalar, {.d = self}, {.p = exponent}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_pow_Tensor_Scalar(AtenTensorHandle self, double exponent, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_pow_Tensor_Scalar, {.p = self}, {.d = exponent}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_pow_Tensor_Tensor(AtenTensorHandle self, AtenTensorHandle exponent, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_pow_Tensor_Tensor, {.p = self}, {.p = exponent}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_rand(const int64_t *size, int64_t size_len_, int32_t *dtype, int32_t *layout, int32_t *device,
  int32_t device_index_, int32_t *pin_memory, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_rand, {.p = size}, {.i = size_len_}, {.p = dtype}, {.p = layout}, {.p = device}, {.i = device_index_},
  {.p = pin_memory}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_rand_generator(const int64_t *size, int64_t size_len_, AtenGeneratorHandle *generator, int32_t *dtype,
  int32_t *layout, int32_t *device, int32_t device_index_, int32_t *pin_memory, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_rand_generator, {.p = size}, {.i = size_len_}, {.p = generator}, {.p = dtype}, {.p = layout}, {.p = device},
  {.i = device_index_}, {.p = pin_memory}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_rand_like(AtenTensorHandle self, int32_t *dtype, int32_t *layout, int32_t *device, int32_t device_index_,
  int32_t *pin_memory, int32_t *memory_format, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_rand_like, {.p = self}, {.p = dtype}, {.p = layout}, {.p = device}, {.i = device_index_}, {.p = pin_memory},
  {.p = memory_format}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_rand_like_generator(AtenTensorHandle self, AtenGeneratorHandle *generator, int32_t *dtype, int32_t *layout,
  int32_t *device, int32_t device_index_, int32_t *pin_memory, int32_t *memory_format, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_rand_like_generator, {.p = self}, {.p = generator}, {.p = dtype}, {.p = layout}, {.p = device},
  {.i = device_index_}, {.p = pin_memory}, {.p = memory_format}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_randint(int64_t high, const int64_t *size, int64_t size_len_, int32_t *dtype, int32_t *layout,
  int32_t *device, int32_t device_index_, int32_t *pin_memory, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_randint, {.i = high}, {.p = size}, {.i = size_len_}, {.p = dtype}, {.p = layout}, {.p = device},
  {.i = device_index_}, {.p = pin_memory}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_randint_generator(int64_t high, const int64_t *size, int64_t size_len_, AtenGeneratorHandle *generator,
  int32_t *dtype, int32_t *layout, int32_t *device, int32_t device_index_, int32_t *pin_memory, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_randint_generator, {.i = high}, {.p = size}, {.i = size_len_}, {.p = generator}, {.p = dtype}, {.p = layout},
  {.p = device}, {.i = device_index_}, {.p = pin_memory}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_randint_like(AtenTensorHandle self, int64_t high, int32_t *dtype, int32_t *layout, int32_t *device,
  int32_t device_index_, int32_t *pin_memory, int32_t *memory_format, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_randint_like, {.p = self}, {.i = high}, {.p = dtype}, {.p = layout}, {.p = device}, {.i = device_index_},
  {.p = pin_memory}, {.p = memory_format}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_randint_like_low_dtype(AtenTensorHandle self, int64_t low, int64_t high, int32_t *dtype, int32_t *layout,
  int32_t *device, int32_t device_index_, int32_t *pin_memory, int32_t *memory_format, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_randint_like_low_dtype, {.p = self}, {.i = low}, {.i = high}, {.p = dtype}, {.p = layout}, {.p = device},
  {.i = device_index_}, {.p = pin_memory}, {.p = memory_format}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_randint_low(int64_t low, int64_t high, const int64_t *size, int64_t size_len_, int32_t *dtype,
  int32_t *layout, int32_t *device, int32_t device_index_, int32_t *pin_memory, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_randint_low, {.i = low}, {.i = high}, {.p = size}, {.i = size_len_}, {.p = dtype}, {.p = layout},
  {.p = device}, {.i = device_index_}, {.p = pin_memory}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_randint_low_out(AtenTensorHandle out, int64_t low, int64_t high, const int64_t *size, int64_t size_len_) {
  return CALL(aoti_torch_cpu_randint_low_out, {.p = out}, {.i = low}, {.i = high}, {.p = size}, {.i = size_len_});
}
AOTITorchError aoti_torch_cpu_randn(const int64_t *size, int64_t size_len_, int32_t *dtype, int32_t *layout, int32_t *device,
  int32_t device_index_, int32_t *pin_memory, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_randn, {.p = size}, {.i = size_len_}, {.p = dtype}, {.p = layout}, {.p = device}, {.i = device_index_},
  {.p = pin_memory}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_randn_generator(const int64_t *size, int64_t size_len_, AtenGeneratorHandle *generator, int32_t *dtype,
  int32_t *layout, int32_t *device, int32_t device_index_, int32_t *pin_memory, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_randn_generator, {.p = size}, {.i = size_len_}, {.p = generator}, {.p = dtype}, {.p = layout}, {.p = device},
  {.i = device_index_}, {.p = pin_memory}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_randn_like(AtenTensorHandle self, int32_t *dtype, int32_t *layout, int32_t *device, int32_t device_index_,
  int32_t *pin_memory, int32_t *memory_format, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_randn_like, {.p = self}, {.p = dtype}, {.p = layout}, {.p = device}, {.i = device_index_}, {.p = pin_memory},
  {.p = memory_format}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_randn_like_generator(AtenTensorHandle self, AtenGeneratorHandle *generator, int32_t *dtype, int32_t *layout,
  int32_t *device, int32_t device_index_, int32_t *pin_memory, int32_t *memory_format, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_randn_like_generator, {.p = self}, {.p = generator}, {.p = dtype}, {.p = layout}, {.p = device},
  {.i = device_index_}, {.p = pin_memory}, {.p = memory_format}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_randperm(int64_t n, int32_t *dtype, int32_t *layout, int32_t *device, int32_t device_index_,
  int32_t *pin_memory, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_randperm, {.i = n}, {.p = dtype}, {.p = layout}, {.p = device}, {.i = device_index_}, {.p = pin_memory},
  {.p = ret0});
}
AOTITorchError aoti_torch_cpu_repeat_interleave_Tensor(AtenTensorHandle repeats, int64_t *output_size, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_repeat_interleave_Tensor, {.p = repeats}, {.p = output_size}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_replication_pad1d_backward(AtenTensorHandle grad_output, AtenTensorHandle self, const int64_t *padding,
  int64_t padding_len_, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_replication_pad1d_backward, {.p = grad_output}, {.p = self}, {.p = padding}, {.i = padding_len_}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_replication_pad2d_backward(AtenTensorHandle grad_output, AtenTensorHandle self, const int64_t *padding,
  int64_t padding_len_, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_replication_pad2d_backward, {.p = grad_output}, {.p = self}, {.p = padding}, {.i = padding_len_}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_reshape(AtenTensorHandle self, const int64_t *shape, int64_t shape_len_, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_reshape, {.p = self}, {.p = shape}, {.i = shape_len_}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_resize_(AtenTensorHandle self, const int64_t *size, int64_t size_len_, int32_t *memory_format) {
  return CALL(aoti_torch_cpu_resize_, {.p = self}, {.p = size}, {.i = size_len_}, {.p = memory_format});
}
AOTITorchError aoti_torch_cpu_resize_as_(AtenTensorHandle self, AtenTensorHandle the_template, int32_t *memory_format) {
  return CALL(aoti_torch_cpu_resize_as_, {.p = self}, {.p = the_template}, {.p = memory_format});
}
AOTITorchError aoti_torch_cpu_scatter_reduce_two_out(AtenTensorHandle out, AtenTensorHandle self, int64_t dim, AtenTensorHandle index,
  AtenTensorHandle src, const char *reduce, int32_t include_self) {
  return CALL(aoti_torch_cpu_scatter_reduce_two_out, {.p = out}, {.p = self}, {.i = dim}, {.p = index}, {.p = src}, {.p = reduce},
  {.i = include_self});
}
AOTITorchError aoti_torch_cpu_scatter_src_out(AtenTensorHandle out, AtenTensorHandle self, int64_t dim, AtenTensorHandle index,
  AtenTensorHandle src) {
  return CALL(aoti_torch_cpu_scatter_src_out, {.p = out}, {.p = self}, {.i = dim}, {.p = index}, {.p = src});
}
AOTITorchError aoti_torch_cpu_scatter_value_out(AtenTensorHandle out, AtenTensorHandle self, int64_t dim, AtenTensorHandle index,
  double value) {
  return CALL(aoti_torch_cpu_scatter_value_out, {.p = out}, {.p = self}, {.i = dim}, {.p = index}, {.d = value});
}
AOTITorchError aoti_torch_cpu_searchsorted_Scalar(AtenTensorHandle sorted_sequence, double self, int32_t out_int32, int32_t right,
  const char **side, AtenTensorHandle *sorter, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_searchsorted_Scalar, {.p = sorted_sequence}, {.d = self}, {.i = out_int32}, {.i = right}, {.p = side},
  {.p = sorter}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_searchsorted_Tensor(AtenTensorHandle sorted_sequence, AtenTensorHandle self, int32_t out_int32, int32_t right,
  const char **side, AtenTensorHandle *sorter, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_searchsorted_Tensor, {.p = sorted_sequence}, {.p = self}, {.i = out_int32}, {.i = right}, {.p = side},
  {.p = sorter}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_segment_reduce(AtenTensorHandle data, const char *reduce, AtenTensorHandle *lengths,
  AtenTensorHandle *indices, AtenTensorHandle *offsets, int64_t axis, int32_t unsafe, double *initial, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_segment_reduce, {.p = data}, {.p = reduce}, {.p = lengths}, {.p = indices}, {.p = offsets}, {.i = axis},
  {.i = unsafe}, {.p = initial}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_set__source_Tensor(AtenTensorHandle self, AtenTensorHandle source) {
  return CALL(aoti_torch_cpu_set__source_Tensor, {.p = self}, {.p = source});
}
AOTITorchError aoti_torch_cpu_slice_Tensor(AtenTensorHandle self, int64_t dim, int64_t *start, int64_t *end, int64_t step,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_slice_Tensor, {.p = self}, {.i = dim}, {.p = start}, {.p = end}, {.i = step}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_soft_margin_loss_backward(AtenTensorHandle grad_output, AtenTensorHandle self, AtenTensorHandle target,
  int64_t reduction, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_soft_margin_loss_backward, {.p = grad_output}, {.p = self}, {.p = target}, {.i = reduction}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_sort(AtenTensorHandle self, int64_t dim, int32_t descending, AtenTensorHandle *ret0, AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu_sort, {.p = self}, {.i = dim}, {.i = descending}, {.p = ret0}, {.p = ret1});
}
AOTITorchError aoti_torch_cpu_sort_stable(AtenTensorHandle self, int32_t *stable, int64_t dim, int32_t descending, AtenTensorHandle *ret0,
  AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu_sort_stable, {.p = self}, {.p = stable}, {.i = dim}, {.i = descending}, {.p = ret0}, {.p = ret1});
}
AOTITorchError aoti_torch_cpu_squeeze_dim(AtenTensorHandle self, int64_t dim, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_squeeze_dim, {.p = self}, {.i = dim}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_to_sparse(AtenTensorHandle self, int32_t *layout, const int64_t **blocksize, int64_t blocksize_len_,
  int64_t *dense_dim, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_to_sparse, {.p = self}, {.p = layout}, {.p = blocksize}, {.i = blocksize_len_}, {.p = dense_dim}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_topk(AtenTensorHandle self, int64_t k, int64_t dim, int32_t largest, int32_t sorted, AtenTensorHandle *ret0,
  AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu_topk, {.p = self}, {.i = k}, {.i = dim}, {.i = largest}, {.i = sorted}, {.p = ret0}, {.p = ret1});
}
AOTITorchError aoti_torch_cpu_triangular_solve(AtenTensorHandle self, AtenTensorHandle A, int32_t upper, int32_t transpose,
  int32_t unitriangular, AtenTensorHandle *ret0, AtenTensorHandle *ret1) {
  return CALL(aoti_torch_cpu_triangular_solve, {.p = self}, {.p = A}, {.i = upper}, {.i = transpose}, {.i = unitriangular}, {.p = ret0},
  {.p = ret1});
}
AOTITorchError aoti_torch_cpu_uniform(AtenTensorHandle self, double from, double to, AtenGeneratorHandle *generator,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_uniform, {.p = self}, {.d = from}, {.d = to}, {.p = generator}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_upsample_bicubic2d_backward(AtenTensorHandle grad_output, const int64_t *output_size,
  int64_t output_size_len_, const int64_t *input_size, int64_t input_size_len_, int32_t align_corners, double *scales_h, double *scales_w,
  AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_upsample_bicubic2d_backward, {.p = grad_output}, {.p = output_size}, {.i = output_size_len_},
  {.p = input_size}, {.i = input_size_len_}, {.i = align_corners}, {.p = scales_h}, {.p = scales_w}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_upsample_linear1d_backward(AtenTensorHandle grad_output, const int64_t *output_size, int64_t output_size_len_,
  const int64_t *input_size, int64_t input_size_len_, int32_t align_corners, double *scales, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_upsample_linear1d_backward, {.p = grad_output}, {.p = output_size}, {.i = output_size_len_}, {.p = input_size},
  {.i = input_size_len_}, {.i = align_corners}, {.p = scales}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_upsample_trilinear3d_backward(AtenTensorHandle grad_output, const int64_t *output_size,
  int64_t output_size_len_, const int64_t *input_size, int64_t input_size_len_, int32_t align_corners, double *scales_d, double *scales_h,
  double *scales_w, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_upsample_trilinear3d_backward, {.p = grad_output}, {.p = output_size}, {.i = output_size_len_},
  {.p = input_size}, {.i = input_size_len_}, {.i = align_corners}, {.p = scales_d}, {.p = scales_h}, {.p = scales_w}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_view_as_complex(AtenTensorHandle self, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_view_as_complex, {.p = self}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_view_as_real(AtenTensorHandle self, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_view_as_real, {.p = self}, {.p = ret0});
}
AOTITorchError aoti_torch_cpu_view_dtype(AtenTensorHandle self, int32_t dtype, AtenTensorHandle *ret0) {
  return CALL(aoti_torch_cpu_view_dtype, {.p = self}, {.i = dtype}, {.p = ret0});
}
