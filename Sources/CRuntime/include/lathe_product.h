// Matrix products of generated code: an operand may be packed ahead, and all that follows a sum is an epilogue.
#ifndef LATHE_PRODUCT_H
#define LATHE_PRODUCT_H
#include <stdbool.h>
#include <stddef.h>
#include "lathe_epilogue.h"
#ifdef __cplusplus
extern "C" {
#endif

enum { LATHE_PRODUCT_BATCHES = 6 };

/// Who computes a product. Other makers' libraries take f32 without batches, B not packed, one stride of each operand 1; what they
/// cannot take, and what runs in an archive, is computed by Lathe.
typedef enum lathe_product_library {
  LATHE_PRODUCT_OWN = 0, LATHE_PRODUCT_OPENBLAS, LATHE_PRODUCT_MKL, LATHE_PRODUCT_ONEDNN, LATHE_PRODUCT_LIBRARIES
} lathe_product_library;

/// sums[batch, m, n] = A[batch, m, k] B[batch, k, n] in f32. Strides are in elements and may be anything. `dtype` (of lathe_view.h)
/// is f32, or f16 or bf16 where the kernels were compiled with them. The epilogue's row is batch * m + row.
typedef struct lathe_product {
  int32_t dtype, batch_rank;
  intptr_t m, n, k;
  const void *a;
  intptr_t a_row, a_column;
  const void *b;
  intptr_t b_row, b_column;
  const float *packed;  // B by lathe_product_pack, which is read instead (one for all batches); or NULL
  intptr_t batch_sizes[LATHE_PRODUCT_BATCHES], a_batch[LATHE_PRODUCT_BATCHES], b_batch[LATHE_PRODUCT_BATCHES];
  intptr_t block_rows, block_columns;  // of a task; 0: as the shape suggests
  int32_t library;                     // lathe_product_library
} lathe_product;

void lathe_product_run(const lathe_product *product, const lathe_epilogue *epilogue);

/// Whether this machine has the library, which is looked for once, and its name.
bool lathe_product_has_library(int32_t library);
const char *lathe_product_library_name(int32_t library);

/// Floats that a packed B takes at this level: columns are padded to whole panels.
intptr_t lathe_product_packed_elements(intptr_t n, intptr_t k);
/// Packs B[k, n], of `dtype`, into panels; `packed` is 64-byte aligned. Where columns lie apart, parts of B that are done are told to
/// `done`, if there is one.
void lathe_product_pack(int32_t dtype, intptr_t n, intptr_t k, const void *b, intptr_t b_row, intptr_t b_column, float *packed,
                        void (*done)(void *context, const void *start, size_t bytes), void *context);

#ifdef __cplusplus
}
#endif
#endif
