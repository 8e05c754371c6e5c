// Parallel loops and scratch memory of an artifact: the host's where the process exports them, so that there is one pool, else its
// own, which are CRuntime's under other names.
#define lathe_parallel_for lathe_own_parallel_for
#define lathe_thread_count lathe_own_thread_count
#define lathe_set_thread_count lathe_own_set_thread_count
#define lathe_scratch lathe_own_scratch
#include "lathe_threads.c"
#include "lathe_scratch.c"
#undef lathe_parallel_for
#undef lathe_thread_count
#undef lathe_set_thread_count
#undef lathe_scratch
#include <dlfcn.h>

#define HOST __attribute__((weak, visibility("default")))
extern void lathe_host_parallel_for(intptr_t, intptr_t, lathe_range_body, void *) __asm__("lathe_parallel_for") HOST;
extern void *lathe_host_scratch(int, size_t) __asm__("lathe_scratch") HOST;
extern int lathe_host_thread_count(void) __asm__("lathe_thread_count") HOST;

/// The pool's threads never end and scratch memory is freed by a thread that ends, so their code must stay: the library is kept
/// loaded from the first use of either on.
static pthread_once_t stay_once = PTHREAD_ONCE_INIT;
static void stay_loaded(void) {
  Dl_info self;
  if (dladdr((void *)stay_loaded, &self)) dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

void lathe_artifact_parallel_for(intptr_t count, intptr_t grain, lathe_range_body body, void *context) {
  if (lathe_host_parallel_for) {
    lathe_host_parallel_for(count, grain, body, context);
    return;
  }
  pthread_once(&stay_once, stay_loaded);
  lathe_own_parallel_for(count, grain, body, context);
}

int lathe_artifact_thread_count(void) { return lathe_host_thread_count ? lathe_host_thread_count() : lathe_own_thread_count(); }

void *lathe_artifact_scratch(int slot, size_t bytes) {
  if (lathe_host_scratch) return lathe_host_scratch(slot, bytes);
  pthread_once(&stay_once, stay_loaded);
  return lathe_own_scratch(slot, bytes);
}
