#include "gemm_integer.h"
#include "gemm_table.h"

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
    intptr_t panel = gemm_kernels_for(kernels, plan->dtype)->panel_columns;
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
