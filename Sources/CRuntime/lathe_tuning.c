#define _GNU_SOURCE
#include "lathe_tuning.h"
#include <string.h>
#include <time.h>

enum { LEAST_RUNS = 3 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct {
  float *c;
  intptr_t columns;
} result;

static void store(const void *context, float *values, intptr_t stride, intptr_t row, intptr_t column, intptr_t rows, intptr_t columns) {
  const result *r = context;
  for (intptr_t i = 0; i < rows; i++)
    memcpy(r->c + (row + i) * r->columns + column, values + i * stride, (size_t)columns * sizeof(float));
}

double lathe_time_product(const lathe_product *product, float *c, double seconds) {
  const result r = {c, product->n};
  const lathe_epilogue epilogue = {store, &r};
  const double until = now() + seconds;
  double best = 1e30;
  for (int run = 0; run < LEAST_RUNS || now() < until; run++) {
    const double start = now();
    lathe_product_run(product, &epilogue);
    const double took = now() - start;
    if (took < best) best = took;
  }
  return best;
}

double lathe_time_convolution(const lathe_nhwc_convolution *convolution, const float *input, const float *packed, float *c, double seconds) {
  const result r = {c, convolution->outputs};
  const lathe_epilogue epilogue = {store, &r};
  const double until = now() + seconds;
  double best = 1e30;
  for (int run = 0; run < LEAST_RUNS || now() < until; run++) {
    const double start = now();
    lathe_nhwc_run(convolution, input, packed, &epilogue);
    const double took = now() - start;
    if (took < best) best = took;
  }
  return best;
}
