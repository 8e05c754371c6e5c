#include "lathe_index.h"
#include <stdlib.h>
#include "lathe_copy.h"
#include "lathe_displaced.h"

/// A view over the space of `like`, with the strides of `view` but 0 at `dimension`.
static lathe_view laid_over(const lathe_view *view, int dimension, const lathe_view *like) {
  lathe_view laid = {.data = view->data, .dtype = view->dtype, .rank = like->rank};
  for (int k = 0; k < like->rank; k++) {
    laid.sizes[k] = like->sizes[k];
    laid.strides[k] = k == dimension ? 0 : view->strides[k];
  }
  return laid;
}

int lathe_embedding(const lathe_view *weight, const lathe_view *indices, const lathe_view *output, lathe_index_error *error) {
  int last = output->rank - 1;
  lathe_view base = {.data = weight->data, .dtype = weight->dtype, .rank = output->rank};
  lathe_index_operand operand = {.indices = *indices, .size = weight->sizes[0], .stride = weight->strides[0], .dimension = 0};
  for (int k = 0; k <= last; k++) {
    base.sizes[k] = operand.indices.sizes[k] = output->sizes[k];
    base.strides[k] = k == last ? weight->strides[1] : 0;
    operand.indices.strides[k] = k == last ? 0 : indices->strides[k];
  }
  operand.indices.rank = output->rank;
  displaced work = {.action = DISPLACED_READ, .base = &base, .other = output, .count = 1, .operands = &operand, .error = error};
  return lathe_displaced_run(&work, output->rank, output->sizes);
}

int lathe_index_select(const lathe_view *input, int32_t dimension, const lathe_view *indices, const lathe_view *output,
                       lathe_index_error *error) {
  lathe_view laid = laid_over(output, -1, output);
  laid.data = indices->data;
  laid.dtype = indices->dtype;
  for (int k = 0; k < output->rank; k++) laid.strides[k] = k == dimension && indices->rank > 0 ? indices->strides[0] : 0;
  return lathe_gather(input, dimension, &laid, output, error);
}

int lathe_gather(const lathe_view *input, int32_t dimension, const lathe_view *indices, const lathe_view *output,
                 lathe_index_error *error) {
  lathe_view base = laid_over(input, dimension, output);
  bool flat = input->rank == 0;
  lathe_index_operand operand = {.indices = *indices, .size = flat ? 1 : input->sizes[dimension],
                                 .stride = flat ? 1 : input->strides[dimension], .dimension = dimension};
  displaced work = {.action = DISPLACED_READ, .base = &base, .other = output, .count = 1, .operands = &operand, .error = error};
  return lathe_displaced_run(&work, output->rank, output->sizes);
}

static displaced_action action_of(lathe_scatter_op op) {
  switch (op) {
  case LATHE_SCATTER_SET: return DISPLACED_SET;
  case LATHE_SCATTER_MULTIPLY: return DISPLACED_MULTIPLY;
  case LATHE_SCATTER_MIN: return DISPLACED_MIN;
  case LATHE_SCATTER_MAX: return DISPLACED_MAX;
  default: return DISPLACED_ADD;
  }
}

/// A contiguous f32 copy of the first sizes of a view; free its data.
static lathe_view widened(const lathe_view *view, const intptr_t *sizes) {
  lathe_view wide = {.dtype = LATHE_F32, .rank = view->rank}, narrow = *view;
  intptr_t count = 1;
  for (int k = view->rank - 1; k >= 0; k--) {
    wide.sizes[k] = narrow.sizes[k] = sizes[k];
    wide.strides[k] = count;
    count *= sizes[k];
  }
  wide.data = malloc((size_t)count * 4 + 4);
  if (!wide.data) abort();
  lathe_copy(&wide, &narrow);
  return wide;
}

/// Sums and products of f16 and bf16 accumulate in f32 and round once.
static int scatter_widened(lathe_scatter_op op, bool include_self, const lathe_view *target, int32_t dimension, const lathe_view *indices,
                           const lathe_view *source, lathe_index_error *error) {
  lathe_view wide = widened(target, target->sizes), values = widened(source, indices->sizes);
  int failed = lathe_scatter(op, include_self, &wide, dimension, indices, &values, error);
  if (!failed) lathe_copy(target, &wide);
  free(wide.data);
  free(values.data);
  return failed;
}

int lathe_scatter(lathe_scatter_op op, bool include_self, const lathe_view *target, int32_t dimension, const lathe_view *indices,
                  const lathe_view *source, lathe_index_error *error) {
  bool sums = op == LATHE_SCATTER_ADD || op == LATHE_SCATTER_MULTIPLY || op == LATHE_SCATTER_MEAN;
  if (sums && (target->dtype == LATHE_F16 || target->dtype == LATHE_BF16))
    return scatter_widened(op, include_self, target, dimension, indices, source, error);
  lathe_view base = laid_over(target, dimension, indices);
  bool flat = target->rank == 0;
  lathe_index_operand operand = {.indices = *indices, .size = flat ? 1 : target->sizes[dimension],
                                 .stride = flat ? 1 : target->strides[dimension], .dimension = dimension};
  displaced work = {.action = action_of(op), .base = &base, .other = source, .count = 1, .operands = &operand, .error = error};
  work.start_for = work.action;
  displaced step = work;
  step.other = NULL;
  if (!include_self && op != LATHE_SCATTER_SET) {
    step.action = DISPLACED_START;
    if (lathe_displaced_run(&step, indices->rank, indices->sizes)) return 1;
  }
  if (lathe_displaced_run(&work, indices->rank, indices->sizes)) return 1;
  if (op != LATHE_SCATTER_MEAN) return 0;
  intptr_t low = 0, high = 0;
  for (int k = 0; k < target->rank; k++) {
    intptr_t span = (target->sizes[k] - 1) * target->strides[k];
    if (span < 0) low += span; else high += span;
  }
  int64_t *counts = calloc((size_t)(high - low + 1), sizeof(int64_t));
  if (!counts) abort();
  if (include_self) for (intptr_t i = 0; i <= high - low; i++) counts[i] = 1;
  step.origin = (const char *)target->data + low * lathe_dtype_size(target->dtype);
  step.counts = counts;
  step.action = DISPLACED_COUNT;
  lathe_displaced_run(&step, indices->rank, indices->sizes);
  step.action = DISPLACED_DIVIDE;
  lathe_displaced_run(&step, indices->rank, indices->sizes);
  free(counts);
  return 0;
}

int lathe_index_gather(const lathe_view *base, int32_t count, const lathe_index_operand *operands, const lathe_view *output,
                       lathe_index_error *error) {
  displaced work = {.action = DISPLACED_READ, .wraps = true, .base = base, .other = output, .count = count, .operands = operands, .error = error};
  return lathe_displaced_run(&work, output->rank, output->sizes);
}

int lathe_index_put(const lathe_view *base, int32_t count, const lathe_index_operand *operands, const lathe_view *values,
                    bool accumulate, lathe_index_error *error) {
  displaced work = {.action = accumulate ? DISPLACED_ADD : DISPLACED_SET, .wraps = true, .base = base, .other = values, .count = count,
                    .operands = operands, .error = error};
  return lathe_displaced_run(&work, base->rank, base->sizes);
}
