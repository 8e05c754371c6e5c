// The kernels of attention that generated code uses, for one level: f32. Include it after gemm_template.h.
#include "attention_table.h"
#include "lathe_libc.h"

LATHE_LEVEL_BEGIN
#include "attention_kernels_typed.h"
LATHE_LEVEL_END

const attention_kernels LATHE_LEVEL_NAME(attention_kernels) = {
  .f32 = {packed_elements_f32, pack_head_f32, panels_f32, queries_f32},
};
