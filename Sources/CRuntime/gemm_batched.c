#include <stdbool.h>
#include <stddef.h>
#include "lathe_gemm.h"
#include "lathe_threads.h"

typedef struct {
  intptr_t size, a, b, c, addend, bias;  // elements from one to the next
} batch_dimension;

typedef struct {
  lathe_gemm_call call;
  int32_t rank;
  batch_dimension dimensions[LATHE_MAX_RANK];
} batch;

static const char *at(const void *p, intptr_t offset, int bytes) { return p ? (const char *)p + offset * bytes : NULL; }

static void run_range(void *context, intptr_t begin, intptr_t end, int thread) {
  const batch *all = context;
  const int bytes = lathe_dtype_size(all->call.dtype);
  for (intptr_t i = begin; i < end; i++) {
    lathe_gemm_call call = all->call;
    intptr_t rest = i, a = 0, b = 0, c = 0, addend = 0, bias = 0;
    for (int32_t d = all->rank - 1; d >= 0; d--) {
      const batch_dimension *dimension = &all->dimensions[d];
      intptr_t index = rest % dimension->size;
      rest /= dimension->size;
      a += index * dimension->a; b += index * dimension->b; c += index * dimension->c;
      addend += index * dimension->addend; bias += index * dimension->bias;
    }
    call.a = at(call.a, a, bytes);
    call.b = at(call.b, b, bytes);
    call.c = (void *)at(call.c, c, bytes);
    call.addend = at(call.addend, addend, bytes);
    call.bias = at(call.bias, bias, bytes);
    lathe_gemm(&call);
  }
}

/// A batch dimension along which B is constant and all else steps as rows do is more rows. A single row steps as it likes.
static bool is_rows(lathe_gemm_call *call, const batch_dimension *d) {
  if (d->b == 0 && call->m == 1) {
    call->a_row = d->a;
    call->c_row = d->c;
    call->addend_row = d->addend;
    call->bias_row = d->bias;
    return true;
  }
  return d->b == 0 && d->a == call->m * call->a_row && d->c == call->m * call->c_row &&
         (!call->addend || d->addend == call->m * call->addend_row) && (!call->bias || d->bias == call->m * call->bias_row);
}

void lathe_gemm_batched(const lathe_view *c, const lathe_view *a, const lathe_view *b, double alpha, double beta,
                        const lathe_view *addend, const lathe_view *bias, lathe_activation activation) {
  const int32_t rank = c->rank, m = rank - 2, n = rank - 1;
  batch all = {.call = {
    .dtype = c->dtype, .activation = (int32_t)activation, .m = c->sizes[m], .n = c->sizes[n], .k = a->sizes[n],
    .a = a->data, .a_row = a->strides[m], .a_column = a->strides[n], .b = b->data, .b_row = b->strides[m], .b_column = b->strides[n],
    .c = c->data, .c_row = c->strides[m], .c_column = c->strides[n], .alpha = alpha, .beta = beta}};
  lathe_gemm_call *call = &all.call;
  if (addend) { call->addend = addend->data; call->addend_row = addend->strides[m]; call->addend_column = addend->strides[n]; }
  if (bias) { call->bias = bias->data; call->bias_row = bias->strides[m]; call->bias_column = bias->strides[n]; }
  intptr_t count = 1;
  bool merging = true;
  batch_dimension found[LATHE_MAX_RANK];
  for (int32_t d = m - 1; d >= 0; d--) {
    if (c->sizes[d] == 1) continue;
    batch_dimension dimension = {c->sizes[d], a->strides[d], b->strides[d], c->strides[d], addend ? addend->strides[d] : 0,
                                 bias ? bias->strides[d] : 0};
    merging = merging && is_rows(call, &dimension);
    if (merging) call->m *= dimension.size;
    else {
      found[all.rank++] = dimension;
      count *= dimension.size;
    }
  }
  for (int32_t d = 0; d < all.rank; d++) all.dimensions[d] = found[all.rank - 1 - d];
  const double work = (double)call->m * (double)call->n * (double)(call->k + 1);
  const intptr_t threads = lathe_thread_count();
  if (count < 2 * threads && work > 1e6) run_range(&all, 0, count, 0);  // each product takes all threads
  else lathe_parallel_for(count, 1 + (intptr_t)(32768 / (work + 1)), run_range, &all);
}
