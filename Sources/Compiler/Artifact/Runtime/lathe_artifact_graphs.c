// Graphs that a call of an artifact for an archive runs or not, once or often, as its data say.
#include "lathe_kernel.h"
#include "lathe_archive.h"
#include <stdlib.h>
#include <string.h>

/// Room for runs of one graph, one after the other: its inputs and temporaries in one piece.
typedef struct {
  const lathe_branch *branch;
  int32_t input_count;
  lathe_call call;
} room;

static void drop(AtenTensorHandle *handles, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (handles[i]) aoti_torch_delete_tensor_object(handles[i]);
    handles[i] = NULL;
  }
}

static int32_t open_room(room *self, const lathe_call *call, const lathe_branch *branch, int32_t input_count) {
  size_t count = (size_t)input_count + (size_t)branch->temporary_count;
  *self = (room){branch, input_count, {.proxy = call->proxy, .nanoseconds = call->nanoseconds, .calls = call->calls}};
  self->call.inputs = calloc(count ? count : 1, sizeof *self->call.inputs);
  LATHE_CHECK(self->call.inputs, "not enough memory for a call");
  self->call.temporaries = self->call.inputs + input_count;
  return lathe_arena(&self->call, branch->arena_bytes);
}

static void close_room(room *self) {
  free(self->call.arena);
  free(self->call.inputs);
}

/// Runs the graph on borrowed tensors; where it fails, outputs may be there too.
static int32_t run_graph(room *self, const int64_t *symbols, const AtenTensorHandle *inputs, int32_t output_count, AtenTensorHandle *outputs) {
  int32_t failed = 0;
  for (int32_t i = 0; !failed && i < self->input_count; i++)
    if (aoti_torch_assign_tensors_out(inputs[i], &self->call.inputs[i])) failed = lathe_fail_in_host("aoti_torch_assign_tensors_out");
  for (int32_t i = 0; i < output_count; i++) outputs[i] = NULL;
  self->call.outputs = outputs;
  if (!failed) failed = self->branch->run(&self->call, symbols);
  drop(self->call.inputs, (size_t)self->input_count + (size_t)self->branch->temporary_count);
  return failed;
}

int32_t lathe_run_branch(
  const lathe_call *call, const lathe_branch *branch, const int64_t *symbols, int32_t input_count, const AtenTensorHandle *inputs,
  int32_t output_count, AtenTensorHandle *outputs) {
  room own;
  int32_t failed = open_room(&own, call, branch, input_count) || run_graph(&own, symbols, inputs, output_count, outputs);
  close_room(&own);
  return failed;
}

/// What a step of a loop gives is of the type and the sizes that the step was handed.
static int32_t check_carried(AtenTensorHandle before, AtenTensorHandle after, int32_t number) {
  int32_t dtypes[2];
  int64_t ranks[2], *sizes[2];
  LATHE_TRY(aoti_torch_get_dtype(before, &dtypes[0]));
  LATHE_TRY(aoti_torch_get_dtype(after, &dtypes[1]));
  LATHE_CHECK(dtypes[0] == dtypes[1], "a loop's step gives tensor %d of dtype number %d where %d was carried", number, dtypes[1], dtypes[0]);
  LATHE_TRY(aoti_torch_get_dim(before, &ranks[0]));
  LATHE_TRY(aoti_torch_get_dim(after, &ranks[1]));
  LATHE_CHECK(
    ranks[0] == ranks[1], "a loop's step gives tensor %d of %lld dimensions where one of %lld was carried", number, (long long)ranks[1],
    (long long)ranks[0]);
  LATHE_TRY(aoti_torch_get_sizes(before, &sizes[0]));
  LATHE_TRY(aoti_torch_get_sizes(after, &sizes[1]));
  for (int64_t d = 0; d < ranks[0]; d++)
    LATHE_CHECK(
      sizes[0][d] == sizes[1][d], "a loop's step gives tensor %d of size %lld in dimension %lld where %lld was carried", number,
      (long long)sizes[1][d], (long long)d, (long long)sizes[0][d]);
  return 0;
}

/// Whether another step follows.
static int32_t ask(room *condition, const int64_t *symbols, const AtenTensorHandle *state, bool *goes_on) {
  AtenTensorHandle answer;
  int32_t failed = run_graph(condition, symbols, state, 1, &answer);
  if (!failed && aoti_torch_item_bool(answer, goes_on)) failed = lathe_fail_in_host("aoti_torch_item_bool");
  drop(&answer, 1);
  return failed;
}

/// Steps until the condition says no. `state` is what the graphs are handed: the carried tensors, borrowed before the first step and owned
/// after it, then the rest, always borrowed. `made` is for what a step gives.
static int32_t step(
  room *condition, room *body, const int64_t *symbols, int32_t carried_count, AtenTensorHandle *state, AtenTensorHandle *made, bool *has_stepped) {
  for (;;) {
    bool goes_on;
    if (ask(condition, symbols, state, &goes_on)) return 1;
    if (!goes_on) return 0;
    int32_t failed = run_graph(body, symbols, state, carried_count, made);
    for (int32_t i = 0; !failed && i < carried_count; i++) failed = check_carried(state[i], made[i], i);
    if (failed) {
      drop(made, (size_t)carried_count);
      return 1;
    }
    if (*has_stepped) drop(state, (size_t)carried_count);
    memcpy(state, made, (size_t)carried_count * sizeof *state);
    *has_stepped = true;
  }
}

int32_t lathe_run_loop(
  const lathe_call *call, const lathe_branch *condition, const lathe_branch *body, const int64_t *symbols, int32_t carried_count,
  int32_t input_count, const AtenTensorHandle *inputs, AtenTensorHandle *outputs) {
  size_t count = (size_t)input_count + (size_t)carried_count;
  AtenTensorHandle *state = calloc(count ? count : 1, sizeof *state);
  LATHE_CHECK(state, "not enough memory for a call");
  memcpy(state, inputs, (size_t)input_count * sizeof *state);
  room rooms[2];
  bool has_stepped = false;
  int32_t failed = open_room(&rooms[0], call, condition, input_count);
  failed |= open_room(&rooms[1], call, body, input_count);
  if (!failed) failed = step(&rooms[0], &rooms[1], symbols, carried_count, state, state + input_count, &has_stepped);
  for (int32_t i = 0; i < carried_count; i++) outputs[i] = NULL;
  // Without a step the results are what was handed over: copies of it, since the caller may write to either.
  for (int32_t i = 0; !failed && i < carried_count; i++) {
    if (has_stepped) outputs[i] = state[i];
    else if (aoti_torch_clone(inputs[i], &outputs[i])) failed = lathe_fail_in_host("aoti_torch_clone");
  }
  if (failed && has_stepped) drop(state, (size_t)carried_count);
  close_room(&rooms[0]);
  close_room(&rooms[1]);
  free(state);
  return failed;
}
