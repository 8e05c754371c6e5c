#include "gemm_integer.h"
#include "lathe_threads.h"

enum { COLUMNS = 512 };

static inline int64_t load(int32_t dtype, const void *p, intptr_t i) {
  switch (dtype) {
  case LATHE_U8: return ((const uint8_t *)p)[i];
  case LATHE_I8: return ((const int8_t *)p)[i];
  case LATHE_I16: return ((const int16_t *)p)[i];
  case LATHE_I32: return ((const int32_t *)p)[i];
  default: return ((const int64_t *)p)[i];
  }
}

static inline void store(int32_t dtype, void *p, intptr_t i, int64_t value) {
  switch (dtype) {
  case LATHE_U8: ((uint8_t *)p)[i] = (uint8_t)value; break;
  case LATHE_I8: ((int8_t *)p)[i] = (int8_t)value; break;
  case LATHE_I16: ((int16_t *)p)[i] = (int16_t)value; break;
  case LATHE_I32: ((int32_t *)p)[i] = (int32_t)value; break;
  default: ((int64_t *)p)[i] = value;
  }
}

/// Rows of C; sums wrap as unsigned, so that overflow is defined and the low bits are right in every type.
static inline __attribute__((always_inline)) void rows_as(const lathe_gemm_call *call, intptr_t row, intptr_t end,
                                                          const int32_t dtype) {
  const uint64_t alpha = (uint64_t)(int64_t)call->alpha, beta = (uint64_t)(int64_t)call->beta;
  for (; row < end; row++)
    for (intptr_t column = 0; column < call->n; column += COLUMNS) {
      intptr_t columns = call->n - column < COLUMNS ? call->n - column : COLUMNS;
      uint64_t sums[COLUMNS] = {0};
      for (intptr_t k = 0; k < call->k; k++) {
        uint64_t a = (uint64_t)load(dtype, call->a, row * call->a_row + k * call->a_column);
        intptr_t b = k * call->b_row + column * call->b_column;
        if (call->b_column == 1)
          for (intptr_t j = 0; j < columns; j++) sums[j] += a * (uint64_t)load(dtype, call->b, b + j);
        else
          for (intptr_t j = 0; j < columns; j++) sums[j] += a * (uint64_t)load(dtype, call->b, b + j * call->b_column);
      }
      for (intptr_t j = 0; j < columns; j++) {
        uint64_t value = alpha * sums[j];
        if (call->addend && beta)
          value += beta * (uint64_t)load(dtype, call->addend, row * call->addend_row + (column + j) * call->addend_column);
        if (call->bias) value += (uint64_t)load(dtype, call->bias, row * call->bias_row + (column + j) * call->bias_column);
        if (call->activation == LATHE_ACTIVATION_RELU && (int64_t)value < 0) value = 0;
        store(dtype, call->c, row * call->c_row + (column + j) * call->c_column, (int64_t)value);
      }
    }
}

static void body(void *context, intptr_t begin, intptr_t end, int thread) {
  const lathe_gemm_call *call = context;
  switch (call->dtype) {
  case LATHE_U8: rows_as(call, begin, end, LATHE_U8); break;
  case LATHE_I8: rows_as(call, begin, end, LATHE_I8); break;
  case LATHE_I16: rows_as(call, begin, end, LATHE_I16); break;
  case LATHE_I32: rows_as(call, begin, end, LATHE_I32); break;
  default: rows_as(call, begin, end, LATHE_I64);
  }
}

void gemm_integer(const lathe_gemm_call *call) {
  lathe_parallel_for(call->m, 1 + 65536 / (call->n * (call->k + 1)), body, (void *)call);
}
