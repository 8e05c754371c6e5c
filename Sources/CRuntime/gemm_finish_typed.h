// From accumulators to C: scale, bias, addend, activation, conversion. Part of gemm_kernels.h.

/// `count` elements, `stride` apart, of the plan's type as a panel's row; the rest is zero.
LATHE_INLINE void NAME(load_row)(int32_t dtype, const char *p, intptr_t stride, intptr_t count, T *row) {
  if (count == PANEL && stride == 1) {
    for (int v = 0; v < PANEL; v += WIDTH) *(V *)(row + v) = NAME(load_vector)(dtype, p, v);
    return;
  }
  for (intptr_t j = 0; j < PANEL; j++) row[j] = j < count ? NAME(load_one)(dtype, p, j * stride) : 0;
}

LATHE_INLINE void NAME(store_one)(int32_t dtype, T value, char *p, intptr_t i) {
#if T_IS_FLOAT
  if (dtype == LATHE_BF16) ((uint16_t *)p)[i] = lathe_f32_to_bf16(value);
  else if (dtype == LATHE_F16) ((uint16_t *)p)[i] = lathe_f32_to_f16(value);
  else
#endif
  ((T *)p)[i] = value;
}

/// Everything between the product's sums and C's bytes, for rows x columns of C at (row, column). `tile` has rows `stride` apart,
/// aligned, each a panel wide; it is overwritten.
static void NAME(finish)(const gemm_plan *plan, T *tile, intptr_t stride, intptr_t row, intptr_t column, intptr_t rows,
                         intptr_t columns) {
#if T_IS_FLOAT
  if (plan->epilogue) {
    plan->epilogue->run(plan->epilogue->context, tile, stride, plan->epilogue_row + row, column, rows, columns);
    return;
  }
#endif
  const int32_t dtype = plan->dtype;
  const int bytes = lathe_dtype_size(dtype), bias_bytes = lathe_dtype_size(plan->bias_dtype);
  const bool adds = plan->addend && plan->beta != 0;
  const T alpha = (T)plan->alpha, beta = (T)plan->beta;
  _Alignas(64) T bias[PANEL], scale[PANEL], addend[PANEL];
  if (plan->bias && plan->bias_row == 0)
    NAME(load_row)(plan->bias_dtype, plan->bias + column * plan->bias_column * bias_bytes, plan->bias_column, columns, bias);
  if (plan->scale && plan->scale_row == 0)
    NAME(load_row)(T_IS_FLOAT ? LATHE_F32 : LATHE_F64, plan->scale + column * plan->scale_column * (intptr_t)sizeof(T),
                   plan->scale_column, columns, scale);
  const bool scales_rows = plan->scale && plan->scale_row != 0, scales_columns = plan->scale && plan->scale_row == 0;
  const bool shifts_rows = plan->bias && plan->bias_row != 0 && plan->bias_column == 0;
  const bool whole = plan->c_column == 1 && columns == PANEL && dtype == (T_IS_FLOAT ? LATHE_F32 : LATHE_F64);
  for (intptr_t i = 0; i < rows; i++) {
    T *values = tile + i * stride;
    V value[TILE_VECTORS];
    for (int v = 0; v < TILE_VECTORS; v++) value[v] = *(V *)(values + v * WIDTH);
    if (plan->alpha != 1)
      for (int v = 0; v < TILE_VECTORS; v++) value[v] *= alpha;
    if (scales_rows) {
      const T factor = ((const T *)plan->scale)[(row + i) * plan->scale_row];
      for (int v = 0; v < TILE_VECTORS; v++) value[v] *= factor;
    } else if (scales_columns)
      for (int v = 0; v < TILE_VECTORS; v++) value[v] *= *(V *)(scale + v * WIDTH);
    if (shifts_rows) {
      const T shift = NAME(load_one)(plan->bias_dtype, plan->bias, (row + i) * plan->bias_row);
      for (int v = 0; v < TILE_VECTORS; v++) value[v] += shift;
    } else if (plan->bias) {
      if (plan->bias_row)
        NAME(load_row)(plan->bias_dtype, plan->bias + ((row + i) * plan->bias_row + column * plan->bias_column) * bias_bytes,
                       plan->bias_column, columns, bias);
      for (int v = 0; v < TILE_VECTORS; v++) value[v] += *(V *)(bias + v * WIDTH);
    }
    if (adds) {
      NAME(load_row)(dtype, plan->addend + ((row + i) * plan->addend_row + column * plan->addend_column) * bytes,
                     plan->addend_column, columns, addend);
      for (int v = 0; v < TILE_VECTORS; v++) value[v] += beta * *(V *)(addend + v * WIDTH);
    }
    if (plan->activation) NAME(activate)(plan->activation, plan->low, plan->high, value, TILE_VECTORS);
    if (whole) {
      T *out = (T *)plan->c + (row + i) * plan->c_row + column;
      for (int v = 0; v < TILE_VECTORS; v++) *(VU *)(out + v * WIDTH) = value[v];
      continue;
    }
    for (int v = 0; v < TILE_VECTORS; v++) *(V *)(values + v * WIDTH) = value[v];
    if (plan->c_column == 1)
      NAME(store_run)(dtype, values, columns, plan->c + ((row + i) * plan->c_row + column) * bytes);
  }
  if (plan->c_column == 1) return;
  char *c = plan->c + (row * plan->c_row + column * plan->c_column) * bytes;
#if T_IS_FLOAT
  if (dtype == LATHE_F32 && plan->c_row == 1) {  // C is stored transposed
    float *out = (float *)c;
    intptr_t i = 0;
    typedef float four __attribute__((vector_size(16), aligned(4)));
    for (; i + 4 <= rows; i += 4) {
      intptr_t j = 0;
      for (; j + 4 <= columns; j += 4) {
        four r[4], a, b, d, e;
        for (int q = 0; q < 4; q++) r[q] = *(const four *)(tile + (i + q) * stride + j);
        a = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5);
        b = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7);
        d = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5);
        e = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);
        *(four *)(out + j * plan->c_column + i) = __builtin_shufflevector(a, d, 0, 1, 4, 5);
        *(four *)(out + (j + 1) * plan->c_column + i) = __builtin_shufflevector(a, d, 2, 3, 6, 7);
        *(four *)(out + (j + 2) * plan->c_column + i) = __builtin_shufflevector(b, e, 0, 1, 4, 5);
        *(four *)(out + (j + 3) * plan->c_column + i) = __builtin_shufflevector(b, e, 2, 3, 6, 7);
      }
      for (; j < columns; j++)
        for (int q = 0; q < 4; q++) out[j * plan->c_column + i + q] = tile[(i + q) * stride + j];
    }
    for (intptr_t j = 0; j < columns; j++)
      for (intptr_t q = i; q < rows; q++) out[j * plan->c_column + q] = tile[q * stride + j];
    return;
  }
#endif
  for (intptr_t j = 0; j < columns; j++)
    for (intptr_t i = 0; i < rows; i++)
      NAME(store_one)(dtype, tile[i * stride + j], c, i * plan->c_row + j * plan->c_column);
}
