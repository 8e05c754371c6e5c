// Products with few rows (a vector times a matrix): they stream Y once, in place. Part of gemm_kernels.h.

/// X's rows as contiguous T.
static const T *NAME(rows_of_x)(const gemm_plan *plan, intptr_t *stride) {
  if (plan->x_k == 1 && plan->dtype == (T_IS_FLOAT ? LATHE_F32 : LATHE_F64)) {
    *stride = plan->x_row;
    return (const T *)plan->x;
  }
  T *rows = lathe_scratch(1, (size_t)(plan->rows * plan->depth) * sizeof(T));
  for (intptr_t i = 0; i < plan->rows; i++)
    for (intptr_t k = 0; k < plan->depth; k++)
      rows[i * plan->depth + k] = NAME(load_one)(plan->dtype, plan->x, i * plan->x_row + k * plan->x_k);
  *stride = plan->depth;
  return rows;
}

LATHE_INLINE T NAME(sum_of)(V v) {
  T total = 0;
  for (int half = WIDTH / 2; half >= 1; half /= 2)
    for (int i = 0; i < half; i++) v[i] += v[i + half];
  total = v[0];
  return total;
}

/// tile[i][j] = x_i . y_j for `rows` rows and `columns` columns, all contiguous along k.
LATHE_INLINE void NAME(dots)(intptr_t depth, const T *x, intptr_t x_row, const char *y, intptr_t y_column, T *tile, const int rows,
                             const int columns, const int32_t dtype) {
  const int bytes = dtype == LATHE_BF16 || dtype == LATHE_F16 ? 2 : (int)sizeof(T);
  V sum[GEMM_FEW_ROWS][8];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int j = 0; j < columns; j++) sum[i][j] = (V){0};
  intptr_t k = 0;
  for (; k + WIDTH <= depth; k += WIDTH) {
    V a[GEMM_FEW_ROWS];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) a[i] = *(const VU *)(x + i * x_row + k);
#pragma clang loop unroll(full)
    for (int j = 0; j < columns; j++) {
      V b = NAME(load_vector)(dtype, y + j * y_column * bytes, k);
#pragma clang loop unroll(full)
      for (int i = 0; i < rows; i++) sum[i][j] = LATHE_FMA(a[i], b, sum[i][j]);
    }
  }
#pragma clang loop unroll(full)
  for (int j = 0; j < columns; j++)
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      T total = NAME(sum_of)(sum[i][j]);
      for (intptr_t q = k; q < depth; q++) total += x[i * x_row + q] * NAME(load_one)(dtype, y, j * y_column + q);
      tile[i * PANEL + j] = total;
    }
}

LATHE_INLINE void NAME(dot_as)(const gemm_plan *plan, intptr_t column, intptr_t end_column, const int32_t dtype) {
  const int bytes = dtype == LATHE_BF16 || dtype == LATHE_F16 ? 2 : (int)sizeof(T);
  intptr_t x_row, stride = plan->y_column;
  const T *x = NAME(rows_of_x)(plan, &x_row);
  for (; column < end_column; column += PANEL) {
    intptr_t columns = end_column - column < PANEL ? end_column - column : PANEL, j = 0;
    _Alignas(64) T tile[GEMM_FEW_ROWS * PANEL] = {0};
    const char *y = plan->y + column * stride * bytes;
    switch (plan->rows) {
    case 1:
      for (; j + 8 <= columns; j += 8) NAME(dots)(plan->depth, x, x_row, y + j * stride * bytes, stride, tile + j, 1, 8, dtype);
      for (; j < columns; j++) NAME(dots)(plan->depth, x, x_row, y + j * stride * bytes, stride, tile + j, 1, 1, dtype);
      break;
    case 2:
      for (; j + 4 <= columns; j += 4) NAME(dots)(plan->depth, x, x_row, y + j * stride * bytes, stride, tile + j, 2, 4, dtype);
      for (; j < columns; j++) NAME(dots)(plan->depth, x, x_row, y + j * stride * bytes, stride, tile + j, 2, 1, dtype);
      break;
    case 3:
      for (; j + 4 <= columns; j += 4) NAME(dots)(plan->depth, x, x_row, y + j * stride * bytes, stride, tile + j, 3, 4, dtype);
      for (; j < columns; j++) NAME(dots)(plan->depth, x, x_row, y + j * stride * bytes, stride, tile + j, 3, 1, dtype);
      break;
    default:
      for (; j + 2 <= columns; j += 2) NAME(dots)(plan->depth, x, x_row, y + j * stride * bytes, stride, tile + j, 4, 2, dtype);
      for (; j < columns; j++) NAME(dots)(plan->depth, x, x_row, y + j * stride * bytes, stride, tile + j, 4, 1, dtype);
    }
    NAME(finish)(plan, tile, PANEL, 0, column, plan->rows, columns);
  }
}

/// sums[i][j] += x_i[k ..< k + steps] y[k ..< k + steps, j] for `columns` columns that are contiguous.
LATHE_INLINE void NAME(sweep_steps)(const T *x, intptr_t x_row, const char *y, intptr_t y_k, intptr_t columns, T *sums,
                                    intptr_t stride, const int rows, const int steps, const int32_t dtype) {
  const int bytes = dtype == LATHE_BF16 || dtype == LATHE_F16 ? 2 : (int)sizeof(T);
  intptr_t j = 0;
  for (; j + WIDTH <= columns; j += WIDTH) {
    V b[8];
#pragma clang loop unroll(full)
    for (int s = 0; s < steps; s++) b[s] = NAME(load_vector)(dtype, y + s * y_k * bytes, j);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      V sum = *(V *)(sums + i * stride + j);
#pragma clang loop unroll(full)
      for (int s = 0; s < steps; s++) sum = LATHE_FMA(x[i * x_row + s] - (V){0}, b[s], sum);
      *(V *)(sums + i * stride + j) = sum;
    }
  }
  for (; j < columns; j++)
    for (int i = 0; i < rows; i++)
      for (int s = 0; s < steps; s++) sums[i * stride + j] += x[i * x_row + s] * NAME(load_one)(dtype, y + s * y_k * bytes, j);
}

LATHE_INLINE void NAME(sweep_rows)(const gemm_plan *plan, const T *x, intptr_t x_row, const char *y, intptr_t columns, T *sums,
                                   intptr_t stride, const int rows, const int32_t dtype) {
  const int bytes = dtype == LATHE_BF16 || dtype == LATHE_F16 ? 2 : (int)sizeof(T), steps = rows == 1 ? 8 : 4;
  intptr_t k = 0;
  for (; k + steps <= plan->depth; k += steps)
    NAME(sweep_steps)(x + k, x_row, y + k * plan->y_k * bytes, plan->y_k, columns, sums, stride, rows, steps, dtype);
  for (; k < plan->depth; k++)
    NAME(sweep_steps)(x + k, x_row, y + k * plan->y_k * bytes, plan->y_k, columns, sums, stride, rows, 1, dtype);
}

LATHE_INLINE void NAME(sweep_as)(const gemm_plan *plan, intptr_t column, intptr_t end_column, const int32_t dtype) {
  enum { COLUMNS = 64 * PANEL };
  const int bytes = dtype == LATHE_BF16 || dtype == LATHE_F16 ? 2 : (int)sizeof(T);
  intptr_t x_row;
  const T *x = NAME(rows_of_x)(plan, &x_row);
  _Alignas(64) T sums[GEMM_FEW_ROWS * COLUMNS];
  for (; column < end_column; column += COLUMNS) {
    const intptr_t columns = end_column - column < COLUMNS ? end_column - column : COLUMNS;
    const intptr_t stride = (columns + PANEL - 1) / PANEL * PANEL;
    memset(sums, 0, (size_t)(plan->rows * stride) * sizeof(T));
    const char *y = plan->y + column * bytes;
    switch (plan->rows) {
    case 1: NAME(sweep_rows)(plan, x, x_row, y, columns, sums, stride, 1, dtype); break;
    case 2: NAME(sweep_rows)(plan, x, x_row, y, columns, sums, stride, 2, dtype); break;
    case 3: NAME(sweep_rows)(plan, x, x_row, y, columns, sums, stride, 3, dtype); break;
    default: NAME(sweep_rows)(plan, x, x_row, y, columns, sums, stride, 4, dtype);
    }
    for (intptr_t j = 0; j < columns; j += PANEL)
      NAME(finish)(plan, sums + j, stride, 0, column + j, plan->rows, columns - j < PANEL ? columns - j : PANEL);
  }
}

static void NAME(dot)(const gemm_plan *plan, intptr_t column, intptr_t end_column) {
#if T_IS_FLOAT
  if (plan->dtype == LATHE_BF16) dot_as_f32(plan, column, end_column, LATHE_BF16);
  else if (plan->dtype == LATHE_F16) dot_as_f32(plan, column, end_column, LATHE_F16);
  else
#endif
  NAME(dot_as)(plan, column, end_column, T_IS_FLOAT ? LATHE_F32 : LATHE_F64);
}

static void NAME(sweep)(const gemm_plan *plan, intptr_t column, intptr_t end_column) {
#if T_IS_FLOAT
  if (plan->dtype == LATHE_BF16) sweep_as_f32(plan, column, end_column, LATHE_BF16);
  else if (plan->dtype == LATHE_F16) sweep_as_f32(plan, column, end_column, LATHE_F16);
  else
#endif
  NAME(sweep_as)(plan, column, end_column, T_IS_FLOAT ? LATHE_F32 : LATHE_F64);
}
