// Includes LATHE_EACH_FLOAT twice, between LATHE_LEVEL_BEGIN and LATHE_LEVEL_END: for f32, then for f64, with the element type T, its
// vectors V and VU of WIDTH elements, NAME for names and T_IS_FLOAT set.
#define T float
#define V lathe_vf
#define VU lathe_vf_unaligned
#define WIDTH LATHE_VF
#define NAME(name) name##_f32
#define T_IS_FLOAT 1
#include "lathe_rows_typed.h"
#include LATHE_EACH_FLOAT
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
#include LATHE_EACH_FLOAT
#undef T
#undef V
#undef VU
#undef WIDTH
#undef NAME
#undef T_IS_FLOAT
#undef LATHE_EACH_FLOAT
