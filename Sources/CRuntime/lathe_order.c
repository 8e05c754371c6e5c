// Unstable orders, step for step as libstdc++ and ATen take them.
#include "include/lathe_order.h"
#include "lathe_scratch.h"
#include "include/lathe_threads.h"
#include <string.h>

typedef struct order_task {
  lathe_order_op op;
  bool floating, descending;
  const void *keys;
  intptr_t count, k;
  int64_t *places;
} order_task;

static int floor_log2(intptr_t value) { return 63 - __builtin_clzll((unsigned long long)value); }

#define KEY double
#define NAME(x) f_##x
#define IS_NAN(x) ((x) != (x))
#include "order_typed.h"
#undef KEY
#undef NAME
#undef IS_NAN
#define KEY int64_t
#define NAME(x) i_##x
#define IS_NAN(x) ((void)(x), false)
#include "order_typed.h"

static void run_rows(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const order_task *task = context;
  void *items = lathe_scratch(6, (size_t)(task->count > 0 ? task->count : 1) * sizeof(f_item));
  for (intptr_t row = begin; row < end; row++) {
    if (task->floating) f_order_row(task, row, items);
    else i_order_row(task, row, items);
  }
}

void lathe_order_rows(lathe_order_op op, bool floating, const void *keys, intptr_t rows, intptr_t count, intptr_t k, bool descending,
                      int64_t *places) {
  order_task task = {op, floating, descending, keys, count, k, places};
  intptr_t grain = count > 0 ? 4096 / count + 1 : 4096;
  lathe_parallel_for(rows, grain, run_rows, &task);
}
