// CPU features, found once at run time; every kernel family dispatches on them.
#ifndef LATHE_CPU_H
#define LATHE_CPU_H
#include <stdbool.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct lathe_cpu_features {
  bool avx2, fma, f16c;
  bool avx512;       // F, BW, DQ, VL together
  bool avx512_vnni, avx512_bf16, avx512_fp16;
  bool amx_tile, amx_int8, amx_bf16;
} lathe_cpu_features;

/// Kernels are compiled once per level; a level's code may use every feature below it.
typedef enum lathe_isa { LATHE_ISA_BASELINE = 0, LATHE_ISA_AVX2 = 1, LATHE_ISA_AVX512 = 2, LATHE_ISA_AVX512_BF16 = 3 } lathe_isa;

/// What the CPU and the operating system (XCR0) both offer.
lathe_cpu_features lathe_cpu_detect(void);

/// The level kernels run at: the CPU's best, capped by the environment variable LATHE_ISA
/// (`baseline`, `avx2`, `avx512`, `avx512_bf16`), read once.
lathe_isa lathe_isa_level(void);
/// Caps the level of kernels that the calling thread starts, below what `lathe_isa_level` gave; returns the level now in force.
/// LATHE_ISA_AVX512_BF16 lifts the cap. So that one process can check every level it can run.
lathe_isa lathe_isa_limit_thread(lathe_isa isa);
const char *lathe_isa_name(lathe_isa isa);

#ifdef __cplusplus
}
#endif
#endif
