#include "attention_table.h"
#include "lathe_scratch.h"
#include "lathe_threads.h"

typedef struct {
  const attention *all;
  const attention_type_kernels *kernels;
  intptr_t heads, head;          // `head` counts over the batch
  intptr_t blocks, block;        // blocks of queries, and a block's length
  void *packed;
} attention_tasks;

static void run_queries(const attention_tasks *tasks, intptr_t head, intptr_t block, const void *packed) {
  const intptr_t begin = block * tasks->block, queries = tasks->all->q->sizes[2];
  const intptr_t end = queries - begin < tasks->block ? queries : begin + tasks->block;
  tasks->kernels->queries(tasks->all, head / tasks->heads, head % tasks->heads, begin, end, packed);
}

/// Whole heads; heads of one group follow each other and share what was packed.
static void heads_body(void *context, intptr_t begin, intptr_t end, int thread) {
  const attention_tasks *tasks = context;
  const attention *all = tasks->all;
  const intptr_t group = tasks->heads / all->k->sizes[1];
  void *packed = all->in_place ? NULL : lathe_scratch(5, tasks->kernels->packed_elements(all) * (all->q->dtype == LATHE_F64 ? 8 : 4));
  for (intptr_t head = begin; head < end; head++) {
    if (!all->in_place && (head == begin || head % group == 0))
      tasks->kernels->pack(all, head / tasks->heads, head % tasks->heads / group, 0, tasks->kernels->panels(all), packed);
    for (intptr_t block = 0; block < tasks->blocks; block++) run_queries(tasks, head, block, packed);
  }
}

static void pack_panels_body(void *context, intptr_t begin, intptr_t end, int thread) {
  const attention_tasks *tasks = context;
  const intptr_t group = tasks->heads / tasks->all->k->sizes[1];
  tasks->kernels->pack(tasks->all, tasks->head / tasks->heads, tasks->head % tasks->heads / group, begin, end, tasks->packed);
}

static void blocks_body(void *context, intptr_t begin, intptr_t end, int thread) {
  const attention_tasks *tasks = context;
  for (intptr_t block = begin; block < end; block++) run_queries(tasks, tasks->head, block, tasks->packed);
}

void lathe_attention(const lathe_view *output, const lathe_view *q, const lathe_view *k, const lathe_view *v, const lathe_view *mask,
                     bool causal, double scale) {
  const bool wide = q->dtype == LATHE_F64;
  const gemm_kernels *gemm = LATHE_TABLE(gemm_kernels);
  const attention_kernels *kernels = LATHE_TABLE(attention_kernels);
  const intptr_t queries = q->sizes[2], heads = q->sizes[1], all_heads = q->sizes[0] * heads, threads = lathe_thread_count();
  if (all_heads == 0 || queries == 0 || v->sizes[3] == 0) return;
  const bool streams = queries <= GEMM_FEW_ROWS && gemm->f32.dot && (wide || q->dtype == LATHE_F32) && k->strides[3] == 1 && v->strides[3] == 1;
  attention all = {wide ? &gemm->f64 : &gemm->f32, output, q, k, v, mask, causal, streams, scale};
  // Blocks of about one length, in whole register tiles.
  const intptr_t strip = all.gemm->panel_rows, wanted = (queries + ATTENTION_QUERIES - 1) / ATTENTION_QUERIES;
  const intptr_t block = ((queries + wanted - 1) / wanted + strip - 1) / strip * strip;
  attention_tasks tasks = {&all, wide ? &kernels->f64 : &kernels->f32, heads, 0, (queries + block - 1) / block, block, NULL};
  const double work = (double)queries * (double)(k->sizes[2] + 1) * (double)(k->sizes[3] + v->sizes[3]);
  if (all_heads >= 2 * threads || all.in_place || tasks.blocks == 1) {
    lathe_parallel_for(all_heads, 1 + (intptr_t)(65536 / (work + 1)), heads_body, &tasks);
    return;
  }
  tasks.packed = lathe_scratch(5, tasks.kernels->packed_elements(&all) * (wide ? 8 : 4));
  for (tasks.head = 0; tasks.head < all_heads; tasks.head++) {
    if (tasks.head % (heads / k->sizes[1]) == 0) lathe_parallel_for(tasks.kernels->panels(&all), 4, pack_panels_body, &tasks);
    lathe_parallel_for(tasks.blocks, 1, blocks_body, &tasks);
  }
}
