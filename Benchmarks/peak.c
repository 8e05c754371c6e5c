// The machine's peak in f32 fused multiply-adds: independent chains in registers, on each of some threads at once.
// usage: peak THREADS; prints {"gflops": ...}
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define IN_REGISTER(value) "+x"(value)
#if defined(__AVX512F__)
enum { lanes = 16, chains = 24 };
#undef IN_REGISTER
#define IN_REGISTER(value) "+v"(value)
#elif defined(__AVX__)
enum { lanes = 8, chains = 12 };
#else
enum { lanes = 4, chains = 12 };
#endif
typedef float vector __attribute__((vector_size(lanes * sizeof(float))));

static const long steps = 100000000;
static pthread_barrier_t start;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/// Leaves the thread's own rate in `result`, in GFLOP/s.
static void *work(void *result) {
  vector sums[chains], factor, term;
  for (int i = 0; i < lanes; i++) factor[i] = 0.999f, term[i] = 0.001f * (float)(i + 1);
  for (int c = 0; c < chains; c++) sums[c] = factor * (float)c;
  pthread_barrier_wait(&start);
  const double began = now();
  for (long step = 0; step < steps; step++) {
#pragma GCC unroll 24
    for (int c = 0; c < chains; c++) sums[c] = sums[c] * factor + term;
    __asm__ volatile("" : IN_REGISTER(factor), IN_REGISTER(term));
  }
  const double seconds = now() - began;
  float kept = 0;
  for (int c = 0; c < chains; c++) kept += sums[c][0];
  volatile float sink = kept;
  (void)sink;
  *(double *)result = 2.0 * lanes * chains * (double)steps / seconds / 1e9;
  return NULL;
}

int main(int count, char **arguments) {
  const int threads = count > 1 ? atoi(arguments[1]) : 1;
  if (threads < 1 || threads > 256) {
    fprintf(stderr, "peak: the number of threads must be 1 to 256\n");
    return 1;
  }
  pthread_t ids[256];
  double rates[256], total = 0;
  pthread_barrier_init(&start, NULL, (unsigned)threads);
  for (int i = 0; i < threads; i++) pthread_create(&ids[i], NULL, work, &rates[i]);
  for (int i = 0; i < threads; i++) pthread_join(ids[i], NULL), total += rates[i];
  printf("{\"gflops\": %.1f}\n", total);
  return 0;
}
