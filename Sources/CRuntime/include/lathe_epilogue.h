// What follows a matrix product or convolution at each element of its result, as a function of generated code.
#ifndef LATHE_EPILOGUE_H
#define LATHE_EPILOGUE_H
#include <stdint.h>

/// What becomes of a template's finished sums. `run` is called once for every element of the result, in pieces: `rows` x `columns`
/// of them at (`row`, `column`), in `values`, whose rows are `stride` floats apart, 64-byte aligned at values[0], readable and
/// writable up to the next multiple of 16 columns (stride is a multiple of 16, or of a vector where that is wider). `run` may
/// overwrite them.
typedef struct lathe_epilogue {
  void (*run)(const void *context, float *values, intptr_t stride, intptr_t row, intptr_t column, intptr_t rows, intptr_t columns);
  const void *context;
} lathe_epilogue;
#endif
