#include "gemm_table.h"
#include "lathe_scratch.h"
#include "lathe_threads.h"

// Which operand is broadcast and which goes into vectors, what is packed once for all threads, and how C is cut into tasks.

enum { BLOCK_ROWS = 120, BLOCK_COLUMNS = 128, MOST_ROWS = 960, SHARED_BYTES = 4 << 20, SERIAL_WORK = 1 << 17 };

static intptr_t ceiling(intptr_t a, intptr_t b) { return (a + b - 1) / b; }

typedef struct {
  const gemm_plan *plan;
  const gemm_type_kernels *kernels;
  void *panels;
  intptr_t rows, columns, column_tasks;
} gemm_tasks;

static void pack_body(void *context, intptr_t begin, intptr_t end, int thread) {
  const gemm_tasks *tasks = context;
  tasks->kernels->pack_shared(tasks->plan, begin, end, tasks->panels);
}

static void block_body(void *context, intptr_t begin, intptr_t end, int thread) {
  const gemm_tasks *tasks = context;
  const gemm_plan *plan = tasks->plan;
  for (intptr_t task = begin; task < end; task++) {
    intptr_t row = task / tasks->column_tasks * tasks->rows, column = task % tasks->column_tasks * tasks->columns;
    intptr_t end_row = plan->rows - row < tasks->rows ? plan->rows : row + tasks->rows;
    intptr_t end_column = plan->columns - column < tasks->columns ? plan->columns : column + tasks->columns;
    tasks->kernels->block(plan, row, end_row, column, end_column);
  }
}

static void dot_body(void *context, intptr_t begin, intptr_t end, int thread) {
  const gemm_tasks *tasks = context;
  intptr_t column = begin * tasks->columns, last = end * tasks->columns;
  tasks->kernels->dot(tasks->plan, column, last < tasks->plan->columns ? last : tasks->plan->columns);
}

static void sweep_body(void *context, intptr_t begin, intptr_t end, int thread) {
  const gemm_tasks *tasks = context;
  intptr_t column = begin * tasks->columns, last = end * tasks->columns;
  tasks->kernels->sweep(tasks->plan, column, last < tasks->plan->columns ? last : tasks->plan->columns);
}

/// Pieces of a side of `count`, about `most` long at most: as many as keep every thread busy, a multiple of `unit` long.
static intptr_t piece(intptr_t count, intptr_t most, intptr_t unit, intptr_t threads) {
  intptr_t pieces = ceiling(ceiling(count, most), threads) * threads;
  return ceiling(ceiling(count, pieces), unit) * unit;
}

typedef struct {
  const gemm_plan *plan;
  intptr_t stride;
  char *rows;
  int bytes;
} copied_rows;

static void copy_rows(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const copied_rows *all = context;
  const intptr_t row_bytes = all->plan->depth * all->bytes;
  for (intptr_t i = begin; i < end; i++)
    memcpy(all->rows + i * all->stride * all->bytes, all->plan->x + i * all->plan->x_row * all->bytes, (size_t)row_bytes);
}

/// Columns of a task where Y is packed: enough tasks to keep threads busy, or all of them where rows must be cut.
static intptr_t columns_of_packed(const gemm_plan *plan, intptr_t panel, intptr_t threads) {
  if (plan->block_columns > 0) return plan->block_columns < plan->columns ? plan->block_columns : plan->columns;
  if (plan->columns < 4 * panel * threads && plan->rows >= BLOCK_ROWS * threads) return plan->columns;
  return piece(plan->columns, BLOCK_COLUMNS, panel, threads);
}

void gemm_run(const gemm_kernels *all, const gemm_plan *given) {
  if (given->rows <= 0 || given->columns <= 0) return;
  gemm_plan plan = *given;
  const gemm_type_kernels *kernels = gemm_kernels_for(all, plan.dtype);
  const intptr_t panel = kernels->panel_columns, threads = lathe_thread_count();
  const int bytes = plan.dtype == LATHE_F64 ? 8 : 4;
  const bool narrow = plan.dtype == LATHE_F16 || plan.dtype == LATHE_BF16;
  gemm_tasks tasks = {&plan, kernels, NULL, plan.rows, plan.columns, 1};

  if (plan.rows <= GEMM_FEW_ROWS && !plan.pack_columns && !plan.shared_y) {
    if (kernels->dot && plan.y_k == 1 && plan.depth >= 16) {
      tasks.columns = panel;
      lathe_parallel_for(ceiling(plan.columns, panel), ceiling(32768, panel * plan.depth), dot_body, &tasks);
      return;
    }
    if (kernels->sweep && plan.y_column == 1 && plan.columns >= panel / 2) {
      tasks.columns = 2 * panel;
      intptr_t pieces = ceiling(plan.columns, tasks.columns), least = ceiling(32768, tasks.columns * (plan.depth + 1));
      intptr_t even = ceiling(pieces, threads);
      lathe_parallel_for(pieces, even > least ? even : least, sweep_body, &tasks);
      return;
    }
  }

  // Rows a multiple of 2 KiB apart fall into the same few cache sets: copied, they stay in cache while they are used again.
  const bool crowded = plan.x_row * bytes % 2048 == 0 && plan.rows > kernels->panel_rows;
  plan.pack_x = narrow || ((plan.x_k != 1 || crowded) && plan.columns > 2 * panel);
  const double work = (double)plan.rows * (double)plan.columns * (double)plan.depth;
  if (work < SERIAL_WORK) {
    kernels->block(&plan, 0, plan.rows, 0, plan.columns);
    return;
  }
  const intptr_t padded = ceiling(plan.columns, panel) * panel;
  if (plan.shared_y) {
    // Every task reads all of X: crowded rows are copied apart once, not by each task.
    if (plan.pack_x && plan.x_k == 1 && !narrow) {
      copied_rows copy = {&plan, plan.depth + 16, lathe_scratch(0, (size_t)(plan.rows * (plan.depth + 16) * bytes)), bytes};
      lathe_parallel_for(plan.rows, 1 + 16384 / (plan.depth + 1), copy_rows, &copy);
      plan.x = copy.rows;
      plan.x_row = copy.stride;
      plan.pack_x = false;
    }
    // Packed ahead: columns are cut first, so that each thread reads its own part of Y and all of X.
    tasks.columns = columns_of_packed(&plan, panel, threads);
    tasks.rows = plan.block_rows > 0 ? plan.block_rows : tasks.columns < plan.columns ? MOST_ROWS : piece(plan.rows, BLOCK_ROWS, kernels->panel_rows, threads);
    if (tasks.rows > plan.rows) tasks.rows = plan.rows;
    tasks.column_tasks = ceiling(plan.columns, tasks.columns);
    lathe_parallel_for(tasks.column_tasks * ceiling(plan.rows, tasks.rows), 1, block_body, &tasks);
    return;
  }
  const bool share = (double)padded * (double)plan.depth * bytes <= SHARED_BYTES && plan.rows > BLOCK_ROWS / 2;
  if (share) {
    tasks.panels = lathe_scratch(0, (size_t)(padded * plan.depth * bytes));
    lathe_parallel_for(padded / panel, ceiling(65536, panel * (plan.depth + 1)), pack_body, &tasks);
    plan.shared_y = tasks.panels;
    plan.shared_depth = plan.depth;
    tasks.columns = padded <= 2 * BLOCK_COLUMNS ? padded : piece(plan.columns, 2 * BLOCK_COLUMNS, panel, 1);
    tasks.rows = piece(plan.rows, BLOCK_ROWS, kernels->panel_rows, threads);
  } else {
    tasks.columns = piece(plan.columns, BLOCK_COLUMNS, panel, threads);
    tasks.rows = plan.rows <= MOST_ROWS ? plan.rows : BLOCK_ROWS * (MOST_ROWS / BLOCK_ROWS);
  }
  tasks.column_tasks = ceiling(plan.columns, tasks.columns);
  lathe_parallel_for(tasks.column_tasks * ceiling(plan.rows, tasks.rows), 1, block_body, &tasks);
}
