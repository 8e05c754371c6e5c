// From sums to what generated code makes of them, or, for attention, to rows of C. Part of gemm_template.h.

static void finish_f32(const gemm_plan *plan, float *tile, intptr_t stride, intptr_t row, intptr_t column, intptr_t rows, intptr_t columns) {
  if (plan->epilogue) {
    plan->epilogue->run(plan->epilogue->context, tile, stride, plan->epilogue_row + row, column, rows, columns);
    return;
  }
  for (intptr_t i = 0; i < rows; i++) {
    float *out = (float *)plan->c + (row + i) * plan->c_row + column;
    const float *values = tile + i * stride, *addend = (const float *)plan->addend + (row + i) * plan->addend_row + column;
    for (intptr_t j = 0; j < columns; j++) out[j] = plan->beta != 0 ? addend[j] + values[j] : values[j];
  }
}
