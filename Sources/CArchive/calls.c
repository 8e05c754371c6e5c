#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "lathe_tensor.h"
#include "program.h"

// Questions and calls.

size_t lathe_input_count(const lathe_program *program) { return program->input_count; }
size_t lathe_output_count(const lathe_program *program) { return program->output_count; }
const char *lathe_input_spec(const lathe_program *program) { return program->input_spec; }
const char *lathe_output_spec(const lathe_program *program) { return program->output_spec; }
size_t lathe_constant_count(const lathe_program *program) { return program->constant_count; }
size_t lathe_metadata_count(const lathe_program *program) { return program->metadata.count; }

static int no_index(size_t index, size_t count) { return lathe_aoti_fail("index %zu is not below %zu", index, count); }

int lathe_input(const lathe_program *program, size_t index, lathe_value *value) {
  if (index >= program->input_count) return no_index(index, program->input_count);
  *value = (lathe_value){.name = "", .dtype = -1, .rank = -1};
  if (program->functions.get_input_name) program->functions.get_input_name(program->container, index, &value->name);
  if (program->model && program->model->inputs) {
    const lathe_input_info *info = &program->model->inputs[index];
    value->dtype = info->dtype;
    value->rank = info->rank;
    value->sizes = info->sizes;
  }
  return 0;
}

int lathe_output(const lathe_program *program, size_t index, lathe_value *value) {
  if (index >= program->output_count) return no_index(index, program->output_count);
  *value = (lathe_value){.name = "", .dtype = -1, .rank = -1};
  if (program->functions.get_output_name) program->functions.get_output_name(program->container, index, &value->name);
  return 0;
}

int lathe_metadata(const lathe_program *program, size_t index, const char **key, const char **value) {
  if (index >= program->metadata.count) return no_index(index, program->metadata.count);
  *key = program->metadata.keys[index];
  *value = program->metadata.values[index];
  return 0;
}
const char *lathe_metadata_value(const lathe_program *program, const char *key) {
  for (size_t i = 0; i < program->metadata.count; i++)
    if (strcmp(program->metadata.keys[i], key) == 0) return program->metadata.values[i];
  return NULL;
}

int lathe_constant_at(const lathe_program *program, size_t index, lathe_constant *constant) {
  if (index >= program->constant_count) return no_index(index, program->constant_count);
  *constant = program->constants[index];
  return 0;
}

int lathe_borrow_array(const lathe_array *array, AtenTensorHandle *handle) {
  int64_t dense[LATHE_MAX_RANK], next = 1;
  if (array->rank < 0 || array->rank > LATHE_MAX_RANK) return lathe_aoti_fail("a tensor of %d dimensions has more than %d", array->rank, LATHE_MAX_RANK);
  for (int32_t i = array->rank - 1; i >= 0; i--) {
    dense[i] = next;
    if (array->sizes[i] > 0 && __builtin_mul_overflow(next, array->sizes[i], &next)) return lathe_aoti_fail("a tensor's sizes overflow");
  }
  return aoti_torch_create_tensor_from_blob(
    array->data, array->rank, array->sizes, array->strides ? array->strides : dense, 0, array->dtype, 0, -1, handle);
}

static void delete_all(AtenTensorHandle *handles, size_t count) {
  for (size_t i = 0; i < count; i++) aoti_torch_delete_tensor_object(handles[i]);
}

int lathe_run(lathe_program *program, const lathe_array *inputs, size_t input_count, lathe_result *results, size_t result_count) {
  if (input_count != program->input_count)
    return lathe_aoti_fail("the program takes %zu tensors but got %zu", program->input_count, input_count);
  if (result_count != program->output_count)
    return lathe_aoti_fail("the program gives %zu tensors but was asked for %zu", program->output_count, result_count);
  lathe_aoti_forget_failure();
  AtenTensorHandle *handles = calloc(input_count + result_count + 1, sizeof *handles), *outputs = handles + input_count;
  if (!handles) return lathe_aoti_fail("not enough memory for a call");
  int failed = 0;
  for (size_t i = 0; !failed && i < input_count; i++) failed = lathe_borrow_array(&inputs[i], &handles[i]);
  if (!failed && program->functions.run(program->container, handles, input_count, outputs, result_count, NULL, NULL))
    failed = lathe_program_fail(program, "the program");
  delete_all(handles, input_count);  // what the program did not take
  if (failed) delete_all(outputs, result_count);
  for (size_t i = 0; !failed && i < result_count; i++) {
    const lathe_tensor *tensor = outputs[i];
    results[i].owner = outputs[i];
    results[i].array = (lathe_array){
      .data = tensor->view.data, .dtype = lathe_dtype_to_c10(tensor->view.dtype), .rank = tensor->view.rank, .sizes = tensor->view.sizes,
      .strides = tensor->view.strides};
  }
  free(handles);
  return failed;
}

void lathe_result_free(lathe_result *result) {
  aoti_torch_delete_tensor_object(result->owner);
  *result = (lathe_result){0};
}

int lathe_update_constants(lathe_program *program, const lathe_named_array *arrays, size_t count) {
  const lathe_interface *functions = &program->functions;
  if (!functions->update || !functions->swap) return lathe_aoti_fail("the program was compiled by a version of PyTorch whose constants C code cannot change");
  lathe_aoti_forget_failure();
  lathe_constant_pair *pairs = calloc(count + 1, sizeof *pairs);
  if (!pairs) return lathe_aoti_fail("not enough memory");
  int failed = 0;
  for (size_t i = 0; !failed && i < count; i++) {
    pairs[i].name = arrays[i].name;
    failed = lathe_borrow_array(&arrays[i].array, &pairs[i].handle);
  }
  failed = failed || functions->update(program->container, pairs, count, true, false);
  failed = failed || (functions->fold && functions->fold(program->container, true, NULL, NULL));
  if (failed) failed = lathe_program_fail(program, "updating constants");
  for (size_t i = 0; i < count; i++) aoti_torch_delete_tensor_object(pairs[i].handle);
  free(pairs);
  return failed;
}

int lathe_swap_constants(lathe_program *program) {
  const lathe_interface *functions = &program->functions;
  lathe_aoti_forget_failure();
  if (!functions->swap || functions->swap(program->container)) return lathe_program_fail(program, "swapping constants");
  if (functions->free_inactive) functions->free_inactive(program->container);
  return 0;
}
