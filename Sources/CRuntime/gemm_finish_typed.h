// From accumulators to C: scale, bias, addend, activation, conversion. Part of gemm_kernels.h.

#if T_IS_FLOAT
LATHE_INLINE lathe_vf activate_vector(int32_t activation, float low, float high, lathe_vf x) {
  switch (activation) {
  case LATHE_ACTIVATION_RELU: return lathe_vf_select((lathe_vi32)(x < 0.0f), (lathe_vf){0}, x);
  case LATHE_ACTIVATION_CLAMP:
    x = lathe_vf_select((lathe_vi32)(x < low), lathe_vf_all(low), x);
    return lathe_vf_select((lathe_vi32)(x > high), lathe_vf_all(high), x);
  case LATHE_ACTIVATION_GELU: return lathe_vf_gelu(x);
  case LATHE_ACTIVATION_GELU_TANH: return lathe_vf_gelu_tanh(x);
  case LATHE_ACTIVATION_SILU: return lathe_vf_silu(x);
  default: return x;
  }
}
static void activate_f32(int32_t activation, double low, double high, float *row) {
  for (int v = 0; v < PANEL; v += LATHE_VF)
    *(lathe_vf *)(row + v) = activate_vector(activation, (float)low, (float)high, *(lathe_vf *)(row + v));
}
#else
static void activate_f64(int32_t activation, double low, double high, double *row) {
  for (int i = 0; i < PANEL; i++) {
    double x = row[i];
    switch (activation) {
    case LATHE_ACTIVATION_RELU: x = x < 0 ? 0 : x; break;
    case LATHE_ACTIVATION_CLAMP: x = x < low ? low : x > high ? high : x; break;
    case LATHE_ACTIVATION_GELU: x = x * 0.5 * (1 + erf(x * 0.70710678118654752440)); break;
    case LATHE_ACTIVATION_GELU_TANH: x = 0.5 * x * (1 + tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x))); break;
    case LATHE_ACTIVATION_SILU: x = x / (1 + exp(-x)); break;
    default: break;
    }
    row[i] = x;
  }
}
#endif

/// `count` elements, `stride` apart, of the plan's type as a panel's row; the rest is zero.
LATHE_INLINE void NAME(load_row)(int32_t dtype, const char *p, intptr_t stride, intptr_t count, T *row) {
  if (count == PANEL && stride == 1) {
    for (int v = 0; v < PANEL; v += WIDTH) *(V *)(row + v) = NAME(load_vector)(dtype, p, v);
    return;
  }
  for (intptr_t j = 0; j < PANEL; j++) row[j] = j < count ? NAME(load_one)(dtype, p, j * stride) : 0;
}

LATHE_INLINE void NAME(store_run)(int32_t dtype, const T *values, intptr_t count, char *p) {
#if T_IS_FLOAT
  if (dtype != LATHE_F32) {
    uint16_t *out = (uint16_t *)p;
    intptr_t j = 0;
    for (; j + WIDTH <= count; j += WIDTH) {
      if (dtype == LATHE_BF16) lathe_store_bf16(out + j, *(const VU *)(values + j));
      else lathe_store_f16(out + j, *(const VU *)(values + j));
    }
    for (; j < count; j++) out[j] = dtype == LATHE_BF16 ? lathe_f32_to_bf16(values[j]) : lathe_f32_to_f16(values[j]);
    return;
  }
#endif
  T *out = (T *)p;
  intptr_t j = 0;
  for (; j + WIDTH <= count; j += WIDTH) *(VU *)(out + j) = *(const VU *)(values + j);
  for (; j < count; j++) out[j] = values[j];
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
  const int32_t dtype = plan->dtype;
  const int bytes = lathe_dtype_size(dtype);
  const bool adds = plan->addend && plan->beta != 0;
  const T alpha = (T)plan->alpha, beta = (T)plan->beta;
  _Alignas(64) T bias[PANEL], scale[PANEL], addend[PANEL];
  if (plan->bias && plan->bias_row == 0)
    NAME(load_row)(dtype, plan->bias + column * plan->bias_column * bytes, plan->bias_column, columns, bias);
  if (plan->scale && plan->scale_row == 0)
    NAME(load_row)(T_IS_FLOAT ? LATHE_F32 : LATHE_F64, plan->scale + column * plan->scale_column * (intptr_t)sizeof(T),
                   plan->scale_column, columns, scale);
  for (intptr_t i = 0; i < rows; i++) {
    T *values = tile + i * stride;
    if (plan->alpha != 1)
      for (int v = 0; v < PANEL; v += WIDTH) *(V *)(values + v) *= alpha;
    if (plan->scale) {
      if (plan->scale_row) {
        T factor = ((const T *)plan->scale)[(row + i) * plan->scale_row];
        for (int v = 0; v < PANEL; v += WIDTH) *(V *)(values + v) *= factor;
      } else
        for (int v = 0; v < PANEL; v += WIDTH) *(V *)(values + v) *= *(V *)(scale + v);
    }
    if (plan->bias) {
      if (plan->bias_row && plan->bias_column == 0) {
        T shift = NAME(load_one)(dtype, plan->bias, (row + i) * plan->bias_row);
        for (int v = 0; v < PANEL; v += WIDTH) *(V *)(values + v) += shift;
      } else {
        if (plan->bias_row)
          NAME(load_row)(dtype, plan->bias + ((row + i) * plan->bias_row + column * plan->bias_column) * bytes, plan->bias_column,
                         columns, bias);
        for (int v = 0; v < PANEL; v += WIDTH) *(V *)(values + v) += *(V *)(bias + v);
      }
    }
    if (adds) {
      NAME(load_row)(dtype, plan->addend + ((row + i) * plan->addend_row + column * plan->addend_column) * bytes,
                     plan->addend_column, columns, addend);
      for (int v = 0; v < PANEL; v += WIDTH) *(V *)(values + v) += beta * *(V *)(addend + v);
    }
    if (plan->activation) NAME(activate)(plan->activation, plan->low, plan->high, values);
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
