// What artifacts for archives have beside a container: checks of inputs that nobody else checks, layouts, graphs that calls run, and
// constants in their own file.
#ifndef LATHE_ARCHIVE_H
#define LATHE_ARCHIVE_H
#include "lathe_container.h"

/// Refuses inputs of other dtypes, ranks or fixed sizes than the model's table says.
int32_t lathe_check_inputs(const lathe_model_info *model, const AtenTensorHandle *inputs);
/// Puts a copy with these strides in the place of an input that has others. Where `original` is not NULL it gets the input, for a write to
/// it later.
int32_t lathe_lay_input(lathe_call *call, int32_t number, int64_t rank, const int64_t *strides, AtenTensorHandle *original);
/// The same for an operator's result: PyTorch's kernels choose strides of their own.
int32_t lathe_lay_result(AtenTensorHandle *result, int64_t rank, const int64_t *strides);
/// A tensor of its own with the same elements, for an output that must not be the constant or the input itself.
int32_t lathe_copy_tensor(AtenTensorHandle tensor, AtenTensorHandle *ret);

/// A graph that a call runs or not, once or often, as its data say; `symbols` are sizes that are known by then.
typedef struct {
  int32_t (*run)(lathe_call *call, const int64_t *symbols);
  int32_t temporary_count;
  uint64_t arena_bytes;
} lathe_branch;
/// Runs it on borrowed tensors, and puts what it gives into `outputs`.
int32_t lathe_run_branch(
  const lathe_call *call, const lathe_branch *branch, const int64_t *symbols, int32_t input_count, const AtenTensorHandle *inputs,
  int32_t output_count, AtenTensorHandle *outputs);
/// Runs `body` while `condition` gives a tensor that holds true. Both are handed the carried tensors, the first `carried_count` of the
/// borrowed `inputs`, and then the others; what `body` gives is carried on, and what is carried at the end is put into `outputs`.
int32_t lathe_run_loop(
  const lathe_call *call, const lathe_branch *condition, const lathe_branch *body, const int64_t *symbols, int32_t carried_count,
  int32_t input_count, const AtenTensorHandle *inputs, AtenTensorHandle *outputs);

/// Maps the constants behind the code in this library's file, or in the file `NAME_weights.blob` beside `NAME.so`; NULL where there are
/// none, which is no failure: they may be handed over later.
int32_t lathe_map_constants(const lathe_model_info *model, void **mapping);
void lathe_unmap_constants(void *mapping, uint64_t bytes);
#endif
