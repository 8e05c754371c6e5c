// Kernels of channels-last convolutions and pooling, compiled once per level.
#include "nhwc_table.h"
#include "lathe_scratch.h"
#include "lathe_libc.h"

// Compilers other than clang have their own words for unrolling and for one fused operation on vectors.
#if defined(__clang__)
#define NHWC_UNROLL _Pragma("clang loop unroll(full)")
#define NHWC_ROLLED _Pragma("clang loop unroll(disable) vectorize(disable)")
#else
#define NHWC_UNROLL _Pragma("GCC unroll 16")
#define NHWC_ROLLED _Pragma("GCC unroll 1")
#endif
#if !defined(__clang__) && LATHE_X86 && LATHE_LEVEL == 1
#define NHWC_FMA(a, b, c) ((lathe_vf)__builtin_ia32_vfmaddps256(a, b, c))
#elif !defined(__clang__) && LATHE_X86 && LATHE_LEVEL >= 2
#define NHWC_FMA(a, b, c) ((lathe_vf)__builtin_ia32_vfmaddps512_mask(a, b, c, (unsigned short)-1, 4))
#else
#define NHWC_FMA(a, b, c) LATHE_FMA(a, b, c)
#endif

LATHE_LEVEL_BEGIN
/// A register tile, and the floats handed to the epilogue at once, about.
enum {
  NHWC_VECTORS = LATHE_LEVEL == 0 ? 4 : 2, NHWC_PANEL = NHWC_VECTORS * LATHE_VF,
  NHWC_ROWS = LATHE_LEVEL == 0 ? 3 : LATHE_LEVEL == 1 ? 6 : 12,
  NHWC_PIECE = 2048
};
LATHE_INLINE lathe_vf nhwc_all(float x) { return x - (lathe_vf){0}; }
LATHE_INLINE lathe_vf nhwc_load(const float *p) { return *(const lathe_vf_unaligned *)p; }
LATHE_INLINE void nhwc_store(float *p, lathe_vf v) { *(lathe_vf_unaligned *)p = v; }
/// The first `count` lanes from memory, the others zero.
LATHE_INLINE lathe_vf nhwc_load_some(const float *p, intptr_t count) {
  if (count >= LATHE_VF) return nhwc_load(p);
  float lanes[LATHE_VF] = {0};
  for (intptr_t i = 0; i < count; i++) lanes[i] = p[i];
  return nhwc_load(lanes);
}
LATHE_INLINE void nhwc_store_some(float *p, lathe_vf v, intptr_t count) {
  if (count >= LATHE_VF) nhwc_store(p, v);
  else
    for (intptr_t i = 0; i < count; i++) p[i] = v[i];
}
LATHE_INLINE intptr_t nhwc_least(intptr_t a, intptr_t b) { return a < b ? a : b; }
LATHE_LEVEL_END

#if LATHE_NHWC_PARTS & 7
#include "nhwc_tile.h"
#endif
#if LATHE_NHWC_PARTS & 1
#include "nhwc_product.h"
#endif
#if LATHE_NHWC_PARTS & 6
#include "nhwc_winograd.h"
#endif
#if LATHE_NHWC_PARTS & 8
#include "nhwc_depthwise.h"
#endif
#if LATHE_NHWC_PARTS & 16
#include "nhwc_pool.h"
#endif

const nhwc_kernels LATHE_LEVEL_NAME(nhwc_kernels) = {
  .tile_rows = NHWC_ROWS, .panel = NHWC_PANEL,
#if LATHE_NHWC_PARTS & 1
  .product = nhwc_product_block,
#endif
#if LATHE_NHWC_PARTS & 6
  .winograd_input = nhwc_winograd_input, .winograd_output = nhwc_winograd_output, .winograd_work = nhwc_winograd_work,
#endif
#if LATHE_NHWC_PARTS & 8
  .depthwise = nhwc_depthwise,
#endif
#if LATHE_NHWC_PARTS & 16
  .max_pool = nhwc_max_pool_rows, .average_pool = nhwc_average_pool_rows,
#endif
};
