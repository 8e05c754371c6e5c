#include "gemm_table.h"
#include "lathe_product.h"
#include "lathe_threads.h"
#if !defined(LATHE_ONE_LEVEL)
#include "product_vendor.h"
#endif

typedef struct {
  const lathe_product *product;
  const gemm_kernels *kernels;
  gemm_plan plan;
} product_batch;

static void run_batches(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const product_batch *all = context;
  const lathe_product *product = all->product;
  const int bytes = lathe_dtype_size(product->dtype);
  for (intptr_t i = begin; i < end; i++) {
    gemm_plan plan = all->plan;
    intptr_t rest = i, a = 0, b = 0;
    for (int32_t d = product->batch_rank - 1; d >= 0; d--) {
      const intptr_t index = rest % product->batch_sizes[d];
      rest /= product->batch_sizes[d];
      a += index * product->a_batch[d];
      b += index * product->b_batch[d];
    }
    plan.x += a * bytes;
    plan.y += b * bytes;
    plan.epilogue_row = i * product->m;
    gemm_run(all->kernels, &plan);
  }
}

void lathe_product_run(const lathe_product *product, const lathe_epilogue *epilogue) {
#if !defined(LATHE_ONE_LEVEL)
  if (product->library != LATHE_PRODUCT_OWN && product_by_vendor(product, epilogue)) return;
#endif
  product_batch all = {product, LATHE_TABLE(gemm_kernels), {
    .dtype = product->dtype, .rows = product->m, .columns = product->n, .depth = product->k < 0 ? 0 : product->k,
    .x = product->a, .x_row = product->a_row, .x_k = product->a_column, .y = product->b, .y_k = product->b_row,
    .y_column = product->b_column, .shared_y = (const char *)product->packed, .shared_depth = product->k, .alpha = 1, .epilogue = epilogue,
    .block_rows = product->block_rows, .block_columns = product->block_columns}};
  intptr_t count = 1;
  for (int32_t d = 0; d < product->batch_rank; d++) count *= product->batch_sizes[d];
  const double work = (double)product->m * (double)product->n * (double)(product->k + 1);
  if (count < 2 * lathe_thread_count() && work > 1e6) run_batches(&all, 0, count, 0);  // each product takes all threads
  else lathe_parallel_for(count, 1 + (intptr_t)(32768 / (work + 1)), run_batches, &all);
}

intptr_t lathe_product_packed_elements(intptr_t n, intptr_t k) {
  const intptr_t panel = LATHE_TABLE(gemm_kernels)->f32.panel_columns;
  return (n + panel - 1) / panel * panel * k;
}

typedef struct {
  const gemm_type_kernels *kernels;
  gemm_plan plan;
  float *packed;
} packing;

static void pack_panels_of(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const packing *all = context;
  all->kernels->pack_shared(&all->plan, begin, end, all->packed);
}

void lathe_product_pack(int32_t dtype, intptr_t n, intptr_t k, const void *b, intptr_t b_row, intptr_t b_column, float *packed,
                        void (*done)(void *context, const void *start, size_t bytes), void *context) {
  const gemm_type_kernels *kernels = &LATHE_TABLE(gemm_kernels)->f32;
  enum { PART_BYTES = 1 << 20 };
  const intptr_t panel = kernels->panel_columns, column_bytes = b_column * lathe_dtype_size(dtype);
  intptr_t part = n;
  if (done && b_row == 1 && b_column >= k) part = panel * (1 + PART_BYTES / (panel * column_bytes + 1));
  for (intptr_t first = 0; first < n; first += part) {
    const intptr_t columns = n - first < part ? n - first : part;
    packing all = {
      kernels, {.dtype = dtype, .columns = columns, .depth = k, .y = (const char *)b + first * column_bytes, .y_k = b_row, .y_column = b_column},
      packed + first * k};
    lathe_parallel_for((columns + panel - 1) / panel, 1 + 65536 / (panel * (k + 1)), pack_panels_of, &all);
    if (done && part < n) done(context, all.plan.y, (size_t)(columns * column_bytes));
  }
}
