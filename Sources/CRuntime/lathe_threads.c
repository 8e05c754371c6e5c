#define _GNU_SOURCE
#include "lathe_threads.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// One job at a time. The caller publishes it in `state` and rings `doorbell`; workers that are awake join it, all take ranges
// from `next`, and the caller closes it and waits for those that had joined. A worker that wakes too late finds it closed, so a
// small job never waits for a sleeping thread. A caller that finds the pool taken runs its loop by itself.

enum { MAX_THREADS = 256, RANGES_PER_THREAD = 4 };
static const uint64_t CLOSED = 1u << 31, JOINED = 1u << 16;
static inline int workers_joined(uint64_t state) { return (int)(state >> 16 & 0x7fff); }
static inline int workers_inside(uint64_t state) { return (int)(state & 0xffff); }
static const long SPIN_NANOSECONDS = 40000;

typedef struct {
  lathe_range_body body;
  void *context;
  intptr_t count, chunk;
  int width;
} job;

static struct {
  _Alignas(64) _Atomic uint64_t state;      // generation << 32 | CLOSED | workers that joined << 16 | workers inside
  _Alignas(64) _Atomic uint32_t doorbell;   // futex of sleeping workers
  _Alignas(64) _Atomic uint32_t sleepers;
  _Alignas(64) _Atomic intptr_t next;
  _Alignas(64) _Atomic uint32_t finished;   // futex of a caller that waits for workers
  _Atomic uint32_t waiting;
  _Alignas(64) atomic_flag taken;
  _Alignas(64) job job;
  int workers;                              // started; guarded by `taken`
} pool = {.state = 1u << 31, .taken = ATOMIC_FLAG_INIT};

static _Atomic int wanted_threads;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static _Thread_local bool inside;

static void futex_wait(_Atomic uint32_t *word, uint32_t seen) { syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0); }
static void futex_wake(_Atomic uint32_t *word, int count) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0); }

static inline void pause_cpu(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

static int64_t nanoseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int default_threads(void) {
  const char *text = getenv("OMP_NUM_THREADS");
  long count = text ? strtol(text, NULL, 10) : 0;
  if (count < 1) {
    cpu_set_t cores;
    count = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : sysconf(_SC_NPROCESSORS_ONLN);
  }
  return count < 1 ? 1 : count > MAX_THREADS ? MAX_THREADS : (int)count;
}

int lathe_thread_count(void) {
  int count = atomic_load_explicit(&wanted_threads, memory_order_relaxed);
  if (count == 0) {
    int none = 0, found = default_threads();
    count = atomic_compare_exchange_strong(&wanted_threads, &none, found) ? found : none;
  }
  return count;
}

void lathe_set_thread_count(int count) {
  atomic_store(&wanted_threads, count < 1 ? 1 : count > MAX_THREADS ? MAX_THREADS : count);
}

static void take_ranges(const job *work, int thread) {
  for (;;) {
    intptr_t begin = atomic_fetch_add_explicit(&pool.next, work->chunk, memory_order_relaxed);
    if (begin >= work->count) return;
    intptr_t end = work->count - begin < work->chunk ? work->count : begin + work->chunk;
    work->body(work->context, begin, end, thread);
  }
}

static void join_job(void) {
  uint64_t state = atomic_load(&pool.state);
  do {
    if (state & CLOSED) return;
  } while (!atomic_compare_exchange_weak(&pool.state, &state, state + JOINED + 1));
  int thread = workers_joined(state) + 1;
  if (thread < pool.job.width) take_ranges(&pool.job, thread);
  uint64_t before = atomic_fetch_sub(&pool.state, 1);
  if ((before & CLOSED) && workers_inside(before) == 1 && atomic_load(&pool.waiting)) {
    atomic_fetch_add(&pool.finished, 1);
    futex_wake(&pool.finished, 1);
  }
}

/// Waits until the doorbell has rung since `seen`, first awake, then asleep.
static uint32_t await_doorbell(uint32_t seen) {
  uint32_t now;
  int64_t until = 0;
  for (int turn = 1; (now = atomic_load_explicit(&pool.doorbell, memory_order_acquire)) == seen; turn++) {
    pause_cpu();
    if (turn % 64) continue;
    int64_t time = nanoseconds();
    if (until == 0) until = time + SPIN_NANOSECONDS;
    if (time < until) continue;
    atomic_fetch_add(&pool.sleepers, 1);
    futex_wait(&pool.doorbell, seen);
    atomic_fetch_sub(&pool.sleepers, 1);
  }
  return now;
}

static void *worker(void *unused) {
  (void)unused;
  inside = true;
  uint32_t seen = atomic_load(&pool.doorbell);
  for (;;) {
    join_job();
    seen = await_doorbell(seen);
  }
  return NULL;
}

/// A forked child has none of its parent's workers; its first parallel loop starts new ones.
static void after_fork_in_child(void) {
  pool.workers = 0;
  atomic_store(&pool.state, CLOSED);
  atomic_store(&pool.sleepers, 0);
  atomic_store(&pool.waiting, 0);
  atomic_flag_clear(&pool.taken);
}
static void register_fork(void) { pthread_atfork(NULL, NULL, after_fork_in_child); }

static void start_workers(int count) {
  pthread_once(&fork_once, register_fork);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are the program's business, not the workers'
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  while (pool.workers < count) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes, worker, NULL) != 0) break;
    pool.workers++;
  }
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void await_workers(void) {
  uint64_t state = atomic_fetch_or(&pool.state, CLOSED) | CLOSED;
  int64_t until = 0;
  for (int turn = 1; workers_inside(state) != 0; turn++) {
    pause_cpu();
    if (turn % 64 == 0) {
      int64_t time = nanoseconds();
      if (until == 0) until = time + SPIN_NANOSECONDS;
      if (time >= until) {
        uint32_t seen = atomic_load(&pool.finished);
        atomic_store(&pool.waiting, 1);
        if (workers_inside(atomic_load(&pool.state)) != 0) futex_wait(&pool.finished, seen);
        atomic_store(&pool.waiting, 0);
      }
    }
    state = atomic_load_explicit(&pool.state, memory_order_acquire);
  }
}

void lathe_parallel_for(intptr_t count, intptr_t grain, lathe_range_body body, void *context) {
  if (count <= 0) return;
  if (grain < 1) grain = 1;
  int threads = inside || count <= grain ? 1 : lathe_thread_count();
  if (threads == 1 || atomic_flag_test_and_set_explicit(&pool.taken, memory_order_acquire)) {
    body(context, 0, count, 0);
    return;
  }
  intptr_t most = (count + grain - 1) / grain;
  int width = most < threads ? (int)most : threads;
  if (pool.workers < width - 1) start_workers(width - 1);
  intptr_t ranges = (intptr_t)width * RANGES_PER_THREAD, chunk = (count + ranges - 1) / ranges;
  pool.job = (job){body, context, count, chunk < grain ? grain : chunk, width};
  atomic_store_explicit(&pool.next, 0, memory_order_relaxed);
  uint64_t generation = (atomic_load_explicit(&pool.state, memory_order_relaxed) >> 32) + 1;
  atomic_store(&pool.state, generation << 32);
  atomic_fetch_add(&pool.doorbell, 1);
  if (atomic_load(&pool.sleepers) != 0) futex_wake(&pool.doorbell, width - 1);
  inside = true;
  take_ranges(&pool.job, 0);
  inside = false;
  await_workers();
  atomic_flag_clear_explicit(&pool.taken, memory_order_release);
}
