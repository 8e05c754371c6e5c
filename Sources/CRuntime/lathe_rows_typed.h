// Rows of elements as the accumulators' type T (float or double): loads, stores and activations. The including file defines T, V,
// VU, WIDTH, NAME and T_IS_FLOAT.

LATHE_INLINE T NAME(load_one)(int32_t dtype, const char *p, intptr_t i) {
#if T_IS_FLOAT
  if (dtype == LATHE_BF16) return lathe_bf16_to_f32(((const uint16_t *)p)[i]);
  if (dtype == LATHE_F16) return lathe_f16_to_f32(((const uint16_t *)p)[i]);
#endif
  return ((const T *)p)[i];
}

LATHE_INLINE V NAME(load_vector)(int32_t dtype, const char *p, intptr_t i) {
#if T_IS_FLOAT
  if (dtype == LATHE_BF16) return lathe_load_bf16((const uint16_t *)p + i);
  if (dtype == LATHE_F16) return lathe_load_f16((const uint16_t *)p + i);
#endif
  return *(const VU *)((const T *)p + i);
}

/// `count` neighbouring elements, converted.
LATHE_INLINE void NAME(load_run)(const int32_t dtype, const char *p, intptr_t count, T *out) {
  intptr_t i = 0;
  for (; i + WIDTH <= count; i += WIDTH) *(VU *)(out + i) = NAME(load_vector)(dtype, p, i);
  for (; i < count; i++) out[i] = NAME(load_one)(dtype, p, i);
}

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
LATHE_INLINE void activate_f32(int32_t activation, double low, double high, lathe_vf *values, intptr_t vectors) {
  for (intptr_t v = 0; v < vectors; v++) values[v] = activate_vector(activation, (float)low, (float)high, values[v]);
}
#else
static inline void activate_f64(int32_t activation, double low, double high, lathe_vd *values, intptr_t vectors) {
  for (intptr_t i = 0; i < vectors * LATHE_VD; i++) {
    double x = values[i / LATHE_VD][i % LATHE_VD];
    switch (activation) {
    case LATHE_ACTIVATION_RELU: x = x < 0 ? 0 : x; break;
    case LATHE_ACTIVATION_CLAMP: x = x < low ? low : x > high ? high : x; break;
    case LATHE_ACTIVATION_GELU: x = x * 0.5 * (1 + erf(x * 0.70710678118654752440)); break;
    case LATHE_ACTIVATION_GELU_TANH: x = 0.5 * x * (1 + tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x))); break;
    case LATHE_ACTIVATION_SILU: x = x / (1 + exp(-x)); break;
    default: break;
    }
    values[i / LATHE_VD][i % LATHE_VD] = x;
  }
}
#endif

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
