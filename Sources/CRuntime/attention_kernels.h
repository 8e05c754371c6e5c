// Kernels of attention, compiled once per level.
#include "attention_table.h"
#include "lathe_convert.h"
#include "lathe_scratch.h"
#include "lathe_vector_math.h"
#include <math.h>

LATHE_LEVEL_BEGIN
#define T float
#define V lathe_vf
#define VU lathe_vf_unaligned
#define WIDTH LATHE_VF
#define NAME(name) name##_f32
#define T_IS_FLOAT 1
#include "lathe_rows_typed.h"
#include "attention_kernels_typed.h"
#undef T
#undef V
#undef VU
#undef WIDTH
#undef NAME
#undef T_IS_FLOAT
#define T double
#define V lathe_vd
#define VU lathe_vd_unaligned
#define WIDTH LATHE_VD
#define NAME(name) name##_f64
#define T_IS_FLOAT 0
#include "lathe_rows_typed.h"
#include "attention_kernels_typed.h"
LATHE_LEVEL_END

const attention_kernels LATHE_LEVEL_NAME(attention_kernels) = {
  .f32 = {packed_elements_f32, pack_head_f32, panels_f32, queries_f32},
  .f64 = {packed_elements_f64, pack_head_f64, panels_f64, queries_f64},
};
