#define _GNU_SOURCE
#include "product_vendor.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include "lathe_scratch.h"
#include "lathe_threads.h"
#include "lathe_view.h"

// The libraries are looked for once, by the names their packages give them. cblas_sgemm is the interface of OpenBLAS and MKL
// (Netlib's CBLAS), dnnl_sgemm that of oneDNN.

typedef void (*cblas_sgemm_function)(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
                                     const float *b, int ldb, float beta, float *c, int ldc);
typedef int (*dnnl_sgemm_function)(char transpose_a, char transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a,
                                   int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc);
enum { ROW_MAJOR = 101, NOT_TRANSPOSED = 111, TRANSPOSED = 112, ROWS = 16, WIDTH = 16 };

static const struct {
  const char *name, *files[3], *function;
} libraries[LATHE_PRODUCT_LIBRARIES] = {
  [LATHE_PRODUCT_OWN] = {"Lathe", {NULL}, NULL},
  [LATHE_PRODUCT_OPENBLAS] = {"OpenBLAS", {"libopenblas.so.0", "libopenblas.so", NULL}, "cblas_sgemm"},
  [LATHE_PRODUCT_MKL] = {"MKL", {"libmkl_rt.so.2", "libmkl_rt.so", NULL}, "cblas_sgemm"},
  [LATHE_PRODUCT_ONEDNN] = {"oneDNN", {"libdnnl.so.3", "libdnnl.so.2", NULL}, "dnnl_sgemm"},
};
static void *functions[LATHE_PRODUCT_LIBRARIES];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void find_libraries(void) {
  for (int i = 1; i < LATHE_PRODUCT_LIBRARIES; i++)
    for (int f = 0; f < 3 && libraries[i].files[f] && !functions[i]; f++) {
      void *library = dlopen(libraries[i].files[f], RTLD_NOW | RTLD_LOCAL);
      if (library) functions[i] = dlsym(library, libraries[i].function);
    }
}

const char *lathe_product_library_name(int32_t library) {
  return library >= 0 && library < LATHE_PRODUCT_LIBRARIES ? libraries[library].name : "";
}

bool lathe_product_has_library(int32_t library) {
  if (library == LATHE_PRODUCT_OWN) return true;
  pthread_once(&once, find_libraries);
  return library > 0 && library < LATHE_PRODUCT_LIBRARIES && functions[library];
}

/// How a matrix with these strides is given to a library: its leading dimension, 0 where neither stride is 1.
static intptr_t leading(intptr_t rows, intptr_t columns, intptr_t row, intptr_t column, bool *transposed) {
  *transposed = column != 1 || (row < columns && rows > 1);
  if (!*transposed) return rows > 1 ? row : columns;
  return row != 1 ? 0 : column >= rows ? column : columns > 1 ? 0 : rows;
}

typedef struct {
  const lathe_epilogue *epilogue;
  float *c;
  intptr_t m, n, stride;
} sums;

static void finish_rows(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const sums *all = context;
  for (intptr_t i = begin; i < end; i++) {
    const intptr_t row = i * ROWS, rows = all->m - row < ROWS ? all->m - row : ROWS;
    all->epilogue->run(all->epilogue->context, all->c + row * all->stride, all->stride, row, 0, rows, all->n);
  }
}

bool product_by_vendor(const lathe_product *product, const lathe_epilogue *epilogue) {
  if (!lathe_product_has_library(product->library) || product->dtype != LATHE_F32 || product->batch_rank || !product->b) return false;
  bool a_transposed, b_transposed;
  const intptr_t lda = leading(product->m, product->k, product->a_row, product->a_column, &a_transposed);
  const intptr_t ldb = leading(product->k, product->n, product->b_row, product->b_column, &b_transposed);
  if (!lda || !ldb || product->k <= 0 || product->m > INT32_MAX || product->n > INT32_MAX || product->k > INT32_MAX) return false;
  sums all = {epilogue, NULL, product->m, product->n, (product->n + WIDTH - 1) / WIDTH * WIDTH};
  all.c = lathe_scratch(1, (size_t)(all.m * all.stride) * sizeof(float));
  if (product->library == LATHE_PRODUCT_ONEDNN)
    ((dnnl_sgemm_function)functions[product->library])(a_transposed ? 'T' : 'N', b_transposed ? 'T' : 'N', product->m, product->n, product->k,
                                                       1, product->a, lda, product->b, ldb, 0, all.c, all.stride);
  else
    ((cblas_sgemm_function)functions[product->library])(
      ROW_MAJOR, a_transposed ? TRANSPOSED : NOT_TRANSPOSED, b_transposed ? TRANSPOSED : NOT_TRANSPOSED, (int)product->m, (int)product->n,
      (int)product->k, 1, product->a, (int)lda, product->b, (int)ldb, 0, all.c, (int)all.stride);
  lathe_parallel_for((all.m + ROWS - 1) / ROWS, 1 + 4096 / (all.n + 1), finish_rows, &all);
  return true;
}
