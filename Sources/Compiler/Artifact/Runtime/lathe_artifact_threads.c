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

/// The host's functions, by the names it exports them under; NULL where it has none. They are looked up, not imported, so that the artifact
/// asks the loader for nothing that PyTorch lacks.
static struct {
  void (*parallel_for)(intptr_t count, intptr_t grain, lathe_range_body body, void *context);
  void *(*scratch)(int slot, size_t bytes);
  int (*thread_count)(void);
} host;
static pthread_once_t host_once = PTHREAD_ONCE_INIT;
static void find_host(void) {
  *(void **)&host.parallel_for = dlsym(RTLD_DEFAULT, "lathe_parallel_for");
  *(void **)&host.scratch = dlsym(RTLD_DEFAULT, "lathe_scratch");
  *(void **)&host.thread_count = dlsym(RTLD_DEFAULT, "lathe_thread_count");
}

/// The pool's threads never end and scratch memory is freed by a thread that ends, so their code must stay: the library is kept
/// loaded from the first use of either on.
static pthread_once_t stay_once = PTHREAD_ONCE_INIT;
static void stay_loaded(void) {
  Dl_info self;
  if (dladdr((void *)stay_loaded, &self)) dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

/// The number that `torch.set_num_threads` was given, where PyTorch says it (2.10 and later).
extern int32_t lathe_torch_threads(uint32_t *count) __asm__("torch_get_num_threads") __attribute__((weak, visibility("default")));
static void follow_torch(void) {
  uint32_t count = 0;
  if (lathe_torch_threads && lathe_torch_threads(&count) == 0 && count > 0 && (int)count != lathe_own_thread_count())
    lathe_own_set_thread_count((int)count);
}

void lathe_artifact_parallel_for(intptr_t count, intptr_t grain, lathe_range_body body, void *context) {
  pthread_once(&host_once, find_host);
  if (host.parallel_for) {
    host.parallel_for(count, grain, body, context);
    return;
  }
  pthread_once(&stay_once, stay_loaded);
  follow_torch();
  lathe_own_parallel_for(count, grain, body, context);
}

int lathe_artifact_thread_count(void) {
  pthread_once(&host_once, find_host);
  if (host.thread_count) return host.thread_count();
  follow_torch();
  return lathe_own_thread_count();
}

void *lathe_artifact_scratch(int slot, size_t bytes) {
  pthread_once(&host_once, find_host);
  if (host.scratch) return host.scratch(slot, bytes);
  pthread_once(&stay_once, stay_loaded);
  return lathe_own_scratch(slot, bytes);
}
