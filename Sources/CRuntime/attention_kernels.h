// Kernels of attention, compiled once per level.
#include "attention_table.h"
#include "lathe_convert.h"
#include "lathe_scratch.h"
#include "lathe_vector_math.h"
#include <math.h>

LATHE_LEVEL_BEGIN
#define LATHE_EACH_FLOAT "attention_kernels_typed.h"
#include "lathe_each_float.h"
LATHE_LEVEL_END

const attention_kernels LATHE_LEVEL_NAME(attention_kernels) = {
  .f32 = {packed_elements_f32, pack_head_f32, panels_f32, queries_f32},
  .f64 = {packed_elements_f64, pack_head_f64, panels_f64, queries_f64},
};
