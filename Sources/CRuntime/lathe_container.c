// PyTorch's AOTInductorModelContainer functions (torch/csrc/inductor/aoti_runtime/interface.h, versions 2.6 to 2.15) over a model's
// table: the fixed part of artifacts for archives, where LATHE_ARCHIVE is defined, and in this program the one of all that it compiles
// for itself. Only functions of the C ABI that both versions have are called.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#if defined(LATHE_ARCHIVE)
#include "lathe_kernel.h"
#endif
#include "lathe_container.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "lathe_cpu.h"
#if defined(LATHE_ARCHIVE)
#include "lathe_archive.h"
#define EXPORT LATHE_EXPORT
#else
#include "lathe_tensor.h"
#define EXPORT __attribute__((unused)) static
#endif

typedef int32_t AOTIRuntimeError;

// Failures.

static _Thread_local char last_error[1024];
extern const char *lathe_host_error(void) __asm__("torch_exception_get_what_without_backtrace") __attribute__((weak, visibility("default")));

int32_t lathe_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(last_error, sizeof last_error, format, arguments);
  va_end(arguments);
  return 1;
}

int32_t lathe_fail_in_host(const char *expression) {
  const char *reason = lathe_host_error ? lathe_host_error() : NULL;
  if (reason && *reason) return lathe_fail("%s", reason);
  return lathe_fail("%.*s failed", (int)strcspn(expression, "("), expression);
}

uint64_t lathe_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// State.

/// One of the two sets of constants.
typedef struct {
  AtenTensorHandle *handles;
  void **data;
  bool folded;      // folded constants agree with the others
} constant_set;

/// What one call uses and the next one uses again.
typedef struct {
  char *arena;
  uint64_t arena_bytes;
  AtenTensorHandle *temporaries;
} workspace;

typedef struct {
  const lathe_model_info *model;
  pthread_rwlock_t lock;   // calls read the constants, setters write them
  constant_set sets[2];
  int active;
  bool loaded;             // constants came from the library's own bytes
  void *mapping;           // those bytes; NULL for none
  _Atomic(workspace *) idle;
  uint64_t *nanoseconds, *calls;         // the profile, by kernel
  lathe_constant_pair *entries;  // the last answer of ExtractConstantsMapEntries
} container;

static void drop(AtenTensorHandle *handle) {
  if (*handle) aoti_torch_delete_tensor_object(*handle);
  *handle = NULL;
}

static void empty_set(const lathe_model_info *model, constant_set *set) {
  for (int32_t i = 0; set->handles && i < model->constant_count; i++) drop(&set->handles[i]);
  if (set->data) memset(set->data, 0, (size_t)model->constant_count * sizeof *set->data);
  set->folded = false;
}

static void free_workspace(workspace *space) {
  if (!space) return;
  free(space->arena);
  free(space->temporaries);
  free(space);
}

/// `count` zeroed entries; never NULL for want of entries.
static void *zeroed(int32_t count, size_t bytes) { return calloc(count > 0 ? (size_t)count : 1, bytes); }

static int32_t grow_arena(char **arena, uint64_t *has, uint64_t bytes) {
  if (bytes <= *has) return 0;
  if (bytes > (uint64_t)PTRDIFF_MAX - 4096) return lathe_fail("a working space of %llu bytes is too large", (unsigned long long)bytes);
  uint64_t size = (bytes + 4095) & ~(uint64_t)4095;
  free(*arena);
  *has = 0;
  *arena = aligned_alloc(64, size);
  if (!*arena) return lathe_fail("not enough memory for a working space of %llu bytes", (unsigned long long)size);
  *has = size;
  return 0;
}

int32_t lathe_arena(lathe_call *call, uint64_t bytes) { return grow_arena(&call->arena, &call->arena_bytes, bytes); }

static workspace *take_workspace(container *self) {
  workspace *space = atomic_exchange_explicit(&self->idle, NULL, memory_order_acquire);
  if (space) return space;
  space = calloc(1, sizeof *space);
  if (space) space->temporaries = zeroed(self->model->temporary_count, sizeof *space->temporaries);
  if (space && space->temporaries) return space;
  free(space);
  lathe_fail("not enough memory for a call");
  return NULL;
}

static void give_workspace(container *self, workspace *space) {
  free_workspace(atomic_exchange_explicit(&self->idle, space, memory_order_release));
}

// Calls.

/// Calls the model's function, or makes the folded constant of the number where it is not negative.
static int32_t call_function(
  container *self, int32_t fold, const constant_set *set, AtenTensorHandle *inputs, AtenTensorHandle *outputs, int32_t output_count,
  AOTIProxyExecutorHandle proxy) {
  const lathe_model_info *model = self->model;
  workspace *space = take_workspace(self);
  if (!space) return 1;
  lathe_call call = {
    .inputs = inputs, .outputs = outputs, .temporaries = space->temporaries, .constants = set->handles, .constant_data = set->data,
    .proxy = proxy, .nanoseconds = self->nanoseconds, .calls = self->calls, .arena = space->arena, .arena_bytes = space->arena_bytes};
  for (int32_t i = 0; i < output_count; i++) outputs[i] = NULL;
  int32_t failed = fold >= 0 ? model->fold(&call, fold) : lathe_arena(&call, model->arena_bytes) || model->run(&call);
  for (int32_t i = 0; i < model->temporary_count; i++) drop(&call.temporaries[i]);
  for (int32_t i = 0; !failed && i < output_count; i++)
    if (!outputs[i]) failed = lathe_fail("output %d was not computed", i);
  for (int32_t i = 0; failed && i < output_count; i++) drop(&outputs[i]);
  space->arena = call.arena;
  space->arena_bytes = call.arena_bytes;
  give_workspace(self, space);
  return failed;
}

/// Puts a handle, which becomes the set's own, in the place of constant `i`.
static int32_t put(constant_set *set, int32_t i, AtenTensorHandle handle) {
  drop(&set->handles[i]);
  set->handles[i] = handle;
  LATHE_TRY(aoti_torch_get_data_ptr(handle, &set->data[i]));
  return 0;
}

/// Whether all that is made of constant `i` is there and nothing else reads it.
static bool is_spent(const lathe_model_info *model, const constant_set *set, int32_t i) {
  if (!model->constants[i].only_folded) return false;
  for (int32_t j = 0; j < model->constant_count; j++)
    if (model->constants[j].folded && model->constants[j].source == i && !set->handles[j]) return false;
  return true;
}

/// Lets go of what a folded constant was made of, as far as it can be: bytes of a mapped file come back when they are read, and what
/// only folded constants are made of is not read again. In an archive's artifact both stay, for those who ask for constants.
static void let_go(const lathe_model_info *model, constant_set *set, int32_t source) {
#if defined(LATHE_ARCHIVE)
  (void)model, (void)set, (void)source;
#else
  if (!set->handles[source]) return;
  lathe_forget(set->handles[source], NULL, 0);
  if (!is_spent(model, set, source)) return;
  const bool is_allocated = set->handles[source]->storage && lathe_storage_is_allocated(set->handles[source]->storage);
  drop(&set->handles[source]);
  set->data[source] = NULL;
  if (is_allocated) lathe_memory_trim();
#endif
}

/// Checks that every constant is there and makes the folded ones that are not, one after the other, so that few are there twice; the
/// caller holds the lock for writing.
static int32_t complete(container *self, constant_set *set, AOTIProxyExecutorHandle proxy) {
  const lathe_model_info *model = self->model;
  for (int32_t i = 0; i < model->constant_count; i++)
    if (!model->constants[i].folded && !set->handles[i] && !is_spent(model, set, i))
      return lathe_fail("constant '%s' has no value: load the constants before running", model->constants[i].fqn);
  if (set->folded) return 0;
  for (int32_t i = 0, number = 0; i < model->constant_count; i++) {
    if (!model->constants[i].folded) continue;
    if (!set->handles[i]) {
      AtenTensorHandle made;
      if (call_function(self, number, set, NULL, &made, 1, proxy) || put(set, i, made)) return 1;
      let_go(model, set, model->constants[i].source);
    }
    number++;
  }
  set->folded = true;
  return 0;
}

/// Drops what was made of constants that calls write to.
static void forget_folded(const lathe_model_info *model, constant_set *set) {
  for (int32_t i = 0; i < model->constant_count; i++) {
    if (!model->constants[i].folded || !model->constants[model->constants[i].source].mutated) continue;
    drop(&set->handles[i]);
    set->folded = false;
  }
}

static int32_t run(container *self, AtenTensorHandle *inputs, AtenTensorHandle *outputs, AOTIProxyExecutorHandle proxy) {
  pthread_rwlock_rdlock(&self->lock);
  bool alone = self->model->mutates;
  while (alone || !self->sets[self->active].folded) {
    pthread_rwlock_unlock(&self->lock);
    pthread_rwlock_wrlock(&self->lock);
    int32_t failed = complete(self, &self->sets[self->active], proxy);
    if (alone || failed) {
      if (!failed) failed = call_function(self, -1, &self->sets[self->active], inputs, outputs, self->model->output_count, proxy);
      forget_folded(self->model, &self->sets[self->active]);
      pthread_rwlock_unlock(&self->lock);
      return failed;
    }
    pthread_rwlock_unlock(&self->lock);
    pthread_rwlock_rdlock(&self->lock);
  }
  int32_t failed = call_function(self, -1, &self->sets[self->active], inputs, outputs, self->model->output_count, proxy);
  pthread_rwlock_unlock(&self->lock);
  return failed;
}

static int32_t check_call(const lathe_model_info *model, AtenTensorHandle *inputs, size_t input_count, size_t output_count) {
  LATHE_CHECK(input_count == (size_t)model->input_count, "the program takes %d tensors but got %zu", model->input_count, input_count);
  LATHE_CHECK(
    output_count == (size_t)model->output_count, "the program gives %d tensors but was asked for %zu", model->output_count, output_count);
#if defined(LATHE_ARCHIVE)
  return lathe_check_inputs(model, inputs);
#else
  (void)inputs;
  return 0;
#endif
}

EXPORT AOTIRuntimeError AOTInductorModelContainerRun(
  void *handle, AtenTensorHandle *inputs, size_t input_count, AtenTensorHandle *outputs, size_t output_count, void *stream,
  AOTIProxyExecutorHandle proxy) {
  (void)stream;
  container *self = handle;
#if defined(LATHE_ARCHIVE)
  bool records = aoti_torch_grad_mode_is_enabled();  // nothing that is called here is to record gradients
  if (records) aoti_torch_grad_mode_set_enabled(false);
#endif
  int32_t failed = check_call(self->model, inputs, input_count, output_count) || run(self, inputs, outputs, proxy);
#if defined(LATHE_ARCHIVE)
  if (records) aoti_torch_grad_mode_set_enabled(true);
#endif
  for (size_t i = 0; i < input_count; i++) drop(&inputs[i]);  // stolen: the caller finds NULL
  return failed;
}

EXPORT AOTIRuntimeError AOTInductorModelContainerRunSingleThreaded(
  void *handle, AtenTensorHandle *inputs, size_t input_count, AtenTensorHandle *outputs, size_t output_count, void *stream,
  AOTIProxyExecutorHandle proxy) {
  return AOTInductorModelContainerRun(handle, inputs, input_count, outputs, output_count, stream, proxy);
}

EXPORT AOTIRuntimeError AOTInductorModelContainerRunConstantFolding(
  void *handle, bool use_inactive, void *stream, AOTIProxyExecutorHandle proxy) {
  (void)stream;
  container *self = handle;
  pthread_rwlock_wrlock(&self->lock);
  int32_t failed = complete(self, &self->sets[use_inactive ? 1 - self->active : self->active], proxy);
  pthread_rwlock_unlock(&self->lock);
  return failed;
}

// Constants.

/// The same for a new value: what was made of the old one goes.
static int32_t replace(const lathe_model_info *model, constant_set *set, int32_t i, AtenTensorHandle handle) {
  for (int32_t j = 0; j < model->constant_count; j++)
    if (model->constants[j].folded && model->constants[j].source == i) drop(&set->handles[j]);
  set->folded = false;
  return put(set, i, handle);
}

/// A second handle of the same tensor, by a function that PyTorch 2.6 has too.
static int32_t share(AtenTensorHandle tensor, AtenTensorHandle *ret) {
  LATHE_TRY(aoti_torch_assign_tensors_out(tensor, ret));
  return 0;
}

static int32_t find_constant(const lathe_model_info *model, const char *name) {
  for (int32_t i = 0; i < model->constant_count; i++)
    if (strcmp(model->constants[i].name, name) == 0 || strcmp(model->constants[i].fqn, name) == 0) return i;
  return -1;
}

/// `strided`: the tensor is used in place, so its strides must be the table's too.
static int32_t check_constant(const lathe_constant_info *info, AtenTensorHandle tensor, bool strided) {
  int32_t dtype;
  int64_t rank, *sizes, *strides;
  LATHE_TRY(aoti_torch_get_dtype(tensor, &dtype));
  LATHE_TRY(aoti_torch_get_dim(tensor, &rank));
  LATHE_TRY(aoti_torch_get_sizes(tensor, &sizes));
  LATHE_TRY(aoti_torch_get_strides(tensor, &strides));
  LATHE_CHECK(dtype == info->dtype, "constant '%s' has dtype number %d but was given a tensor of %d", info->fqn, info->dtype, dtype);
  LATHE_CHECK(rank == info->rank, "constant '%s' has %d dimensions but was given a tensor of %lld", info->fqn, info->rank, (long long)rank);
  for (int32_t d = 0; d < info->rank; d++) {
    LATHE_CHECK(
      sizes[d] == info->sizes[d], "constant '%s' has size %lld in dimension %d but was given a tensor of %lld", info->fqn,
      (long long)info->sizes[d], d, (long long)sizes[d]);
    LATHE_CHECK(
      !strided || sizes[d] <= 1 || strides[d] == info->strides[d],
      "constant '%s' has stride %lld in dimension %d but was given a tensor of %lld", info->fqn, (long long)info->strides[d], d,
      (long long)strides[d]);
  }
  return 0;
}

static int32_t copy_constant(const lathe_constant_info *info, AtenTensorHandle tensor, AtenTensorHandle *ret) {
  LATHE_TRY(aoti_torch_empty_strided(info->rank, info->sizes, info->strides, info->dtype, aoti_torch_device_type_cpu(), -1, ret));
  if (aoti_torch_copy_(*ret, tensor, 0) == 0) return 0;
  drop(ret);
  return lathe_fail_in_host("aoti_torch_copy_");
}

/// Every constant that the inactive set lacks is the active one's; so are those that are folded from a constant that it lacks.
static int32_t inherit(container *self) {
  const lathe_model_info *model = self->model;
  constant_set *from = &self->sets[self->active], *to = &self->sets[1 - self->active];
  for (int32_t i = model->constant_count - 1; i >= 0; i--) {  // folded ones stand behind what they are made of
    if (to->handles[i] || !from->handles[i] || (model->constants[i].folded && to->handles[model->constants[i].source])) continue;
    AtenTensorHandle handle;
    if (share(from->handles[i], &handle) || put(to, i, handle)) return 1;
  }
  return 0;
}

static int32_t update_locked(
  container *self, const lathe_constant_pair *pairs, size_t count, bool inactive, bool full, bool in_place) {
  const lathe_model_info *model = self->model;
  constant_set *set = &self->sets[inactive ? 1 - self->active : self->active];
  for (size_t p = 0; p < count; p++) {  // all are checked before one is changed
    int32_t i = find_constant(model, pairs[p].name);
    LATHE_CHECK(i >= 0, "the program has no constant '%s'", pairs[p].name);
    if (model->constants[i].folded) continue;
    if (check_constant(&model->constants[i], pairs[p].handle, in_place)) return 1;
  }
  for (int32_t i = 0; full && i < model->constant_count; i++) {
    const lathe_constant_info *info = &model->constants[i];
    // As in PyTorch, what tracing made and buffers may be left out (model_container.h, `assert_all_constants`).
    if (info->folded || info->hidden || info->type == LATHE_CONSTANT_TENSOR || info->type == LATHE_CONSTANT_BUFFER) continue;
    bool found = false;
    for (size_t p = 0; !found && p < count; p++)
      found = strcmp(pairs[p].name, model->constants[i].name) == 0 || strcmp(pairs[p].name, model->constants[i].fqn) == 0;
    LATHE_CHECK(found, "constant '%s' is missing from a full update", model->constants[i].fqn);
  }
  for (size_t p = 0; p < count; p++) {
    int32_t i = find_constant(model, pairs[p].name);
    if (model->constants[i].folded) continue;
    AtenTensorHandle handle;
    if (in_place ? share(pairs[p].handle, &handle) : copy_constant(&model->constants[i], pairs[p].handle, &handle)) return 1;
    if (replace(model, set, i, handle)) return 1;
  }
  return inactive ? inherit(self) : 0;
}

int32_t lathe_container_update(
  void *handle, const lathe_constant_pair *pairs, size_t count, bool inactive, bool full, bool in_place) {
  container *self = handle;
  pthread_rwlock_wrlock(&self->lock);
  int32_t failed = update_locked(self, pairs, count, inactive, full, in_place);
  pthread_rwlock_unlock(&self->lock);
  return failed;
}

/// Constants in place in `bytes`, laid out as the table says.
static int32_t use_bytes(const lathe_model_info *model, constant_set *set, const uint8_t *bytes) {
  for (int32_t i = 0; i < model->constant_count; i++) {
    const lathe_constant_info *info = &model->constants[i];
    if (info->folded) continue;
    AtenTensorHandle handle;
    LATHE_TRY(aoti_torch_create_tensor_from_blob_v2(
      (void *)(bytes + info->offset), info->rank, info->sizes, info->strides, info->storage_offset, info->dtype, aoti_torch_device_type_cpu(),
      -1, &handle, aoti_torch_layout_strided(), NULL, 0));
    if (info->mutated) {  // the bytes may be a file's, and are not to change
      AtenTensorHandle own;
      int32_t failed = copy_constant(info, handle, &own);
      drop(&handle);
      if (failed) return 1;
      handle = own;
    }
    if (replace(model, set, i, handle)) return 1;
  }
  return 0;
}

EXPORT AOTIRuntimeError AOTInductorModelContainerUpdateUserManagedConstantBufferPairs(
  void *handle, const lathe_constant_pair *pairs, size_t count, bool use_inactive, bool validate_full_update) {
  return lathe_container_update(handle, pairs, count, use_inactive, validate_full_update, true);
}
EXPORT AOTIRuntimeError AOTInductorModelContainerUpdateConstantBufferPairs(
  void *handle, const lathe_constant_pair *pairs, size_t count, bool use_inactive, bool validate_full_update) {
  return lathe_container_update(handle, pairs, count, use_inactive, validate_full_update, false);
}
EXPORT AOTIRuntimeError AOTInductorModelContainerUpdateConstantBufferFromCpuPairs(
  void *handle, const lathe_constant_pair *pairs, size_t count, bool use_inactive, bool validate_full_update) {
  return lathe_container_update(handle, pairs, count, use_inactive, validate_full_update, false);
}
EXPORT AOTIRuntimeError AOTInductorModelContainerUpdateInactiveConstantBufferPairs(
  void *handle, const lathe_constant_pair *pairs, size_t count) {
  return lathe_container_update(handle, pairs, count, true, true, false);
}

EXPORT AOTIRuntimeError AOTInductorModelUpdateConstantsFromBlob(void *handle, const uint8_t *bytes) {
  container *self = handle;
  pthread_rwlock_wrlock(&self->lock);
  int32_t failed = use_bytes(self->model, &self->sets[self->active], bytes);
  self->loaded |= !failed;
  pthread_rwlock_unlock(&self->lock);
  return failed;
}

EXPORT AOTIRuntimeError AOTInductorModelContainerSwapConstantBuffer(void *handle) {
  container *self = handle;
  pthread_rwlock_wrlock(&self->lock);
  int32_t failed = inherit(self);
  if (!failed) self->active = 1 - self->active;
  pthread_rwlock_unlock(&self->lock);
  return failed;
}

EXPORT AOTIRuntimeError AOTInductorModelContainerFreeInactiveConstantBuffer(void *handle) {
  container *self = handle;
  pthread_rwlock_wrlock(&self->lock);
  empty_set(self->model, &self->sets[1 - self->active]);
  pthread_rwlock_unlock(&self->lock);
  return 0;
}

EXPORT AOTIRuntimeError AOTInductorModelContainerExtractConstantsMapEntries(
  void *handle, const lathe_constant_pair **entries, size_t *count, bool use_inactive) {
  container *self = handle;
  pthread_rwlock_wrlock(&self->lock);
  constant_set *set = &self->sets[use_inactive ? 1 - self->active : self->active];
  size_t found = 0;
  if (!self->entries) self->entries = zeroed(self->model->constant_count, sizeof *self->entries);
  for (int32_t i = 0; self->entries && i < self->model->constant_count; i++)
    if (!self->model->constants[i].folded && !self->model->constants[i].hidden && set->handles[i])
      self->entries[found++] = (lathe_constant_pair){self->model->constants[i].fqn, set->handles[i]};
  *entries = self->entries;
  *count = found;
  pthread_rwlock_unlock(&self->lock);
  return self->entries ? 0 : lathe_fail("not enough memory");
}

// Lives.

EXPORT AOTIRuntimeError AOTInductorModelContainerDelete(void *handle) {
  container *self = handle;
  if (!self) return 0;
  for (int i = 0; i < 2; i++) {
    empty_set(self->model, &self->sets[i]);
    free(self->sets[i].handles);
    free(self->sets[i].data);
  }
  free_workspace(atomic_load(&self->idle));
#if defined(LATHE_ARCHIVE)
  lathe_unmap_constants(self->mapping, self->model->constant_bytes);
#endif
  free(self->entries);
  pthread_rwlock_destroy(&self->lock);
  free(self);
  return 0;
}

int32_t lathe_container_create(const lathe_model_info *model, void **handle) {
  *handle = NULL;
  LATHE_CHECK(
    model->isa <= (int32_t)lathe_isa_level(), "the program was compiled for %s, but this machine's level is %s",
    lathe_isa_name((lathe_isa)model->isa), lathe_isa_name(lathe_isa_level()));
  container *self = calloc(1, sizeof *self);
  LATHE_CHECK(self, "not enough memory for a container");
  self->model = model;
  // Calls that overlap without end must not keep a setter waiting without end.
  self->lock = (pthread_rwlock_t)PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
  bool whole = true;
  for (int i = 0; i < 2; i++) {
    self->sets[i].handles = zeroed(model->constant_count, sizeof *self->sets[i].handles);
    self->sets[i].data = zeroed(model->constant_count, sizeof *self->sets[i].data);
    whole = whole && self->sets[i].handles && self->sets[i].data;
  }
  int32_t failed = whole ? 0 : lathe_fail("not enough memory for %d constants", model->constant_count);
#if defined(LATHE_ARCHIVE)
  if (!failed && model->constant_bytes) failed = lathe_map_constants(model, &self->mapping);
  if (!failed && self->mapping) {
    failed = use_bytes(model, &self->sets[0], self->mapping);
    self->loaded = true;
  }
#endif
  if (failed) AOTInductorModelContainerDelete(self);
  else *handle = self;
  return failed;
}

#if defined(LATHE_ARCHIVE)
EXPORT AOTIRuntimeError AOTInductorModelContainerCreateWithDevice(
  void **handle, size_t model_count, const char *device, const char *cubin_dir) {
  (void)cubin_dir;
  *handle = NULL;
  LATHE_CHECK(model_count > 0, "a container of no models was asked for");
  LATHE_CHECK(strcmp(device, "cpu") == 0, "the program was compiled for the CPU, not for '%s'", device);
  return lathe_container_create(&lathe_model, handle);
}

EXPORT AOTIRuntimeError AOTInductorModelContainerCreate(void **handle, size_t model_count, bool is_cpu, const char *cubin_dir) {
  return AOTInductorModelContainerCreateWithDevice(handle, model_count, is_cpu ? "cpu" : "cuda", cubin_dir);
}

EXPORT AOTIRuntimeError AOTInductorModelContainerCreateWithExternalConstants(
  void **handle, size_t model_count, const char *device, const char *cubin_dir, const lathe_constant_pair *entries, size_t count) {
  if (AOTInductorModelContainerCreateWithDevice(handle, model_count, device, cubin_dir)) return 1;
  if (lathe_container_update(*handle, entries, count, false, true, true) == 0 &&
      AOTInductorModelContainerRunConstantFolding(*handle, false, NULL, NULL) == 0)
    return 0;
  AOTInductorModelContainerDelete(*handle);
  *handle = NULL;
  return 1;
}
#endif

#include "lathe_container_answers.h"

EXPORT AOTIRuntimeError AOTInductorGetLastError(const char **message) {
  *message = last_error;
  return 0;
}

// Lathe's own.

#if defined(LATHE_ARCHIVE)
/// The model's table, for a host that knows this library to be Lathe's by having this function.
EXPORT const lathe_model_info *LatheGetModel(void) { return &lathe_model; }
#endif

/// From the next call on, kernels add their times and counts to these arrays of `kernel_count`; NULL ends it. Calls that run are
/// waited for, so that the arrays before are the caller's again.
EXPORT AOTIRuntimeError LatheSetProfile(void *handle, uint64_t *nanoseconds, uint64_t *calls) {
  container *self = handle;
  pthread_rwlock_wrlock(&self->lock);
  self->nanoseconds = nanoseconds;
  self->calls = calls;
  pthread_rwlock_unlock(&self->lock);
  return 0;
}

#if !defined(LATHE_ARCHIVE)
void *lathe_container_function(const char *name) {
#define OWN(name) {#name, (void *)name}
  static const struct { const char *name; void *function; } own[] = {
    OWN(AOTInductorModelContainerDelete), OWN(AOTInductorModelContainerRun), OWN(AOTInductorModelContainerGetNumInputs),
    OWN(AOTInductorModelContainerGetNumOutputs), OWN(AOTInductorModelContainerGetNumConstants),
    OWN(AOTInductorModelContainerGetConstantName), OWN(AOTInductorModelContainerGetConstantOriginalFQN),
    OWN(AOTInductorModelContainerGetConstantDtype), OWN(AOTInductorModelContainerGetConstantFromFolded),
    OWN(AOTInductorModelContainerGetCallSpec), OWN(AOTInductorModelContainerUpdateUserManagedConstantBufferPairs),
    OWN(AOTInductorModelContainerUpdateConstantBufferPairs), OWN(AOTInductorModelContainerSwapConstantBuffer),
    OWN(AOTInductorModelContainerRunConstantFolding), OWN(AOTInductorModelContainerFreeInactiveConstantBuffer),
    OWN(AOTInductorGetLastError), OWN(LatheSetProfile)};
#undef OWN
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    if (strcmp(own[i].name, name) == 0) return own[i].function;
  return NULL;
}
#endif
