#include "gemm_table.h"
#include "gemm_integer.h"
#include "lathe_storage.h"
#include "lathe_threads.h"

// Which operand is broadcast and which goes into vectors, what is packed once for all threads, and how C is cut into tasks.

enum { BLOCK_ROWS = 120, BLOCK_COLUMNS = 128, MOST_ROWS = 960, SHARED_BYTES = 4 << 20, SERIAL_WORK = 1 << 17 };

static const gemm_type_kernels *kernels_for(const gemm_kernels *kernels, int32_t dtype) {
  return dtype == LATHE_F64 ? &kernels->f64 : &kernels->f32;
}

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

void gemm_run(const gemm_kernels *all, const gemm_plan *given) {
  if (given->rows <= 0 || given->columns <= 0) return;
  gemm_plan plan = *given;
  const gemm_type_kernels *kernels = kernels_for(all, plan.dtype);
  const intptr_t panel = kernels->panel_columns, threads = lathe_thread_count();
  const int bytes = plan.dtype == LATHE_F64 ? 8 : 4;
  const bool narrow = plan.dtype == LATHE_F16 || plan.dtype == LATHE_BF16;
  gemm_tasks tasks = {&plan, kernels, NULL, plan.rows, plan.columns, 1};

  if (plan.rows <= GEMM_FEW_ROWS && !plan.pack_columns) {
    if (plan.y_k == 1 && plan.depth >= 16) {
      tasks.columns = panel;
      lathe_parallel_for(ceiling(plan.columns, panel), ceiling(32768, panel * plan.depth), dot_body, &tasks);
      return;
    }
    if (plan.y_column == 1 && plan.columns >= panel / 2) {
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

/// About how many cycles a plan takes on one core, to choose which operand is X.
static double cost(const gemm_plan *plan, intptr_t panel) {
  double rows = (double)plan->rows, depth = (double)plan->depth;
  intptr_t whole = plan->columns / panel * panel, rest = plan->columns - whole;
  double columns = (double)whole + (rest == 0 ? 0 : rest <= panel / 2 ? 0.7 * (double)panel : (double)panel);
  bool narrow = plan->dtype == LATHE_F16 || plan->dtype == LATHE_BF16;
  double packing_y = plan->y_column == 1 ? 0.15 : plan->y_k == 1 ? 0.4 : 1.5;
  double packing_x = plan->x_k == 1 ? (narrow ? 0.15 : 0) : 0.8;
  double storing = plan->c_column == 1 ? 0.2 : plan->c_row == 1 ? 0.6 : 2;
  return rows * columns * depth / (double)panel + columns * depth * packing_y + rows * depth * packing_x + rows * columns * storing;
}

static gemm_plan transposed(const gemm_plan *p) {
  gemm_plan t = *p;
  t.rows = p->columns; t.columns = p->rows;
  t.x = p->y; t.x_row = p->y_column; t.x_k = p->y_k;
  t.y = p->x; t.y_column = p->x_row; t.y_k = p->x_k;
  t.c_row = p->c_column; t.c_column = p->c_row;
  t.addend_row = p->addend_column; t.addend_column = p->addend_row;
  t.bias_row = p->bias_column; t.bias_column = p->bias_row;
  t.scale_row = p->scale_column; t.scale_column = p->scale_row;
  return t;
}

static bool streams(const gemm_plan *p) { return p->rows <= GEMM_FEW_ROWS && (p->y_k == 1 || p->y_column == 1); }

void gemm_run_either(const gemm_kernels *kernels, const gemm_plan *plan) {
  gemm_plan other = transposed(plan);
  if (streams(plan)) gemm_run(kernels, plan);
  else if (streams(&other)) gemm_run(kernels, &other);
  else {
    intptr_t panel = kernels_for(kernels, plan->dtype)->panel_columns;
    gemm_run(kernels, cost(plan, panel) <= cost(&other, panel) ? plan : &other);
  }
}

void lathe_gemm(const lathe_gemm_call *call) {
  if (call->m <= 0 || call->n <= 0) return;
  if (call->dtype < LATHE_F16) {
    gemm_integer(call);
    return;
  }
  gemm_plan plan = {
    .dtype = call->dtype, .bias_dtype = call->dtype, .rows = call->m, .columns = call->n, .depth = call->k < 0 ? 0 : call->k,
    .x = call->a, .x_row = call->a_row, .x_k = call->a_column, .y = call->b, .y_k = call->b_row, .y_column = call->b_column,
    .c = call->c, .c_row = call->c_row, .c_column = call->c_column, .alpha = call->alpha, .beta = call->beta,
    .addend = call->addend, .addend_row = call->addend_row, .addend_column = call->addend_column,
    .bias = call->bias, .bias_row = call->bias_row, .bias_column = call->bias_column,
    .activation = call->activation, .low = call->low, .high = call->high};
  gemm_run_either(LATHE_TABLE(gemm_kernels), &plan);
}
