#define _GNU_SOURCE
#include "lathe_limits.h"
#include "lathe_storage.h"
#include "lathe_threads.h"
#include "limits_table.h"
#include <time.h>

enum { STEPS = 200000, RUNS = 8 };
static const intptr_t ELEMENTS = (intptr_t)16 << 20;  // of each array: far more than caches hold

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct {
  const limits_kernels *kernels;
  float *to, *from;
} measurement;

static void multiply_adds(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  for (intptr_t i = begin; i < end; i++) ((const measurement *)context)->kernels->multiply_add(STEPS);
}

static void adds(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const measurement *m = context;
  m->kernels->add(m->to + begin, m->from + begin, end - begin);
}

double lathe_measured_flops(double seconds) {
  measurement m = {LATHE_TABLE(limits_kernels), NULL, NULL};
  const intptr_t tasks = 4 * lathe_thread_count();
  const double each = m.kernels->multiply_add(STEPS), until = now() + seconds;
  double best = 0;
  for (int run = 0; run < RUNS || now() < until; run++) {
    const double start = now();
    lathe_parallel_for(tasks, 1, multiply_adds, &m);
    const double rate = each * (double)tasks / (now() - start);
    if (rate > best) best = rate;
  }
  return best;
}

double lathe_measured_bandwidth(double seconds) {
  lathe_storage *storage = lathe_storage_allocate((size_t)ELEMENTS * 8);
  if (!storage) return 0;
  measurement m = {LATHE_TABLE(limits_kernels), lathe_storage_data(storage), (float *)lathe_storage_data(storage) + ELEMENTS};
  for (intptr_t i = 0; i < 2 * ELEMENTS; i++) m.to[i] = 1;
  const double until = now() + seconds;
  double best = 0;
  for (int run = 0; run < RUNS || now() < until; run++) {
    const double start = now();
    lathe_parallel_for(ELEMENTS, 1 << 16, adds, &m);
    const double rate = 12.0 * (double)ELEMENTS / (now() - start);
    if (rate > best) best = rate;
  }
  lathe_storage_release(storage);
  return best;
}
