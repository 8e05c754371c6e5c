#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lathe_container.h"
#include "lathe_tensor.h"

// Failures, the gradient mode, external nodes and bytes that are no longer needed: what a compiled graph asks of its host.

static _Thread_local char last_failure[1024];
static _Thread_local bool grad_mode = true;

int32_t lathe_aoti_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(last_failure, sizeof last_failure, format, arguments);
  va_end(arguments);
  return 1;
}
int32_t lathe_aoti_fail_text(const char *sentence) { return lathe_aoti_fail("%s", sentence); }

void lathe_aoti_forget_failure(void) { last_failure[0] = 0; }

const char *torch_exception_get_what_without_backtrace(void) { return last_failure; }
const char *torch_exception_get_what(void) { return last_failure; }

bool aoti_torch_grad_mode_is_enabled(void) { return grad_mode; }
void aoti_torch_grad_mode_set_enabled(bool enabled) { grad_mode = enabled; }

AOTITorchError aoti_torch_proxy_executor_call_function(
  AOTIProxyExecutorHandle proxy_executor, int extern_node_index, int num_ints, int64_t *flatten_int_args, int num_tensors,
  AtenTensorHandle *flatten_tensor_args) {
  if (!proxy_executor) return lathe_aoti_fail("external node %d was called, but the program was run without a proxy executor", extern_node_index);
  return proxy_executor->callback(
    proxy_executor->context, extern_node_index, num_ints, flatten_int_args, num_tensors, flatten_tensor_args);
}

/// Throws a `std::runtime_error` with the functions of the C++ ABI, where the process has a C++ library.
static void throw_message(const char *message) {
  void *library = dlopen("libstdc++.so.6", RTLD_NOW | RTLD_NOLOAD);
  if (!library) return;
  void *(*allocate)(size_t) = (void *(*)(size_t))dlsym(library, "__cxa_allocate_exception");
  void (*construct)(void *, const char *) = (void (*)(void *, const char *))dlsym(library, "_ZNSt13runtime_errorC1EPKc");
  void (*destroy)(void *) = (void (*)(void *))dlsym(library, "_ZNSt13runtime_errorD1Ev");
  void *type = dlsym(library, "_ZTISt13runtime_error");
  void (*throw)(void *, void *, void (*)(void *)) = (void (*)(void *, void *, void (*)(void *)))dlsym(library, "__cxa_throw");
  if (!allocate || !construct || !destroy || !type || !throw) return;
  void *exception = allocate(2 * sizeof(void *));  // sizeof(std::runtime_error)
  construct(exception, message);
  throw(exception, type, destroy);
}

void aoti_torch_check(bool cond, const char *func, const char *file, uint32_t line, const char *msg) {
  if (cond) return;
  lathe_aoti_fail("%s", msg);
  throw_message(msg);
  fprintf(stderr, "lathe: %s (%s, %s:%u)\n", msg, func, file, line);
  abort();
}

void aoti_torch_warn(const char *func, const char *file, uint32_t line, const char *msg) {
  fprintf(stderr, "lathe: warning: %s (%s, %s:%u)\n", msg, func, file, line);
}

void lathe_forget(void *tensor, const void *start, size_t bytes) {
  lathe_storage *storage = ((lathe_tensor *)tensor)->storage;
  if (!storage) return;
  if (start) lathe_storage_forget(storage, start, bytes);
  else lathe_storage_forget(storage, lathe_storage_data(storage), lathe_storage_bytes(storage));
}
