#include "lathe_cpu.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

lathe_cpu_features lathe_cpu_detect(void) {
  lathe_cpu_features found = {0};
#if defined(__x86_64__)
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return found;
  bool saves = c & (1u << 27), has_avx = c & (1u << 28), has_fma = c & (1u << 12), has_f16c = c & (1u << 29);
  if (!saves || !has_avx) return found;
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  bool ymm = (low & 0x6) == 0x6, zmm = (low & 0xe6) == 0xe6, tiles = (low & 0x60000) == 0x60000;
  if (!ymm) return found;
  found.fma = has_fma;
  found.f16c = has_f16c;
  unsigned b7 = 0, c7 = 0, d7 = 0, a71 = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) { b7 = b; c7 = c; d7 = d; }
  if (a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) a71 = a;
  found.avx2 = b7 & (1u << 5);
  unsigned wanted = (1u << 16) | (1u << 17) | (1u << 30) | (1u << 31);  // F, DQ, BW, VL
  found.avx512 = zmm && (b7 & wanted) == wanted;
  found.avx512_vnni = found.avx512 && (c7 & (1u << 11));
  found.avx512_bf16 = found.avx512 && (a71 & (1u << 5));
  found.avx512_fp16 = found.avx512 && (d7 & (1u << 23));
  found.amx_tile = tiles && (d7 & (1u << 24));
  found.amx_int8 = found.amx_tile && (d7 & (1u << 25));
  found.amx_bf16 = found.amx_tile && (d7 & (1u << 22));
#endif
  return found;
}

static const char *const names[] = {"baseline", "avx2", "avx512", "avx512_bf16"};

const char *lathe_isa_name(lathe_isa isa) { return names[isa]; }

static lathe_isa process_level;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local lathe_isa thread_limit = LATHE_ISA_AVX512_BF16;

static void find_level(void) {
  lathe_cpu_features cpu = lathe_cpu_detect();
  lathe_isa level = LATHE_ISA_BASELINE;
  if (cpu.avx2 && cpu.fma && cpu.f16c) {
    level = LATHE_ISA_AVX2;
    if (cpu.avx512) level = cpu.avx512_bf16 ? LATHE_ISA_AVX512_BF16 : LATHE_ISA_AVX512;
  }
  const char *wish = getenv("LATHE_ISA");
  if (wish && *wish) {
    int i = 0;
    while (i < 4 && strcmp(wish, names[i]) != 0) i++;
    if (i == 4)
      fprintf(stderr, "lathe: LATHE_ISA is '%s'; it takes baseline, avx2, avx512 or avx512_bf16, so it has no effect\n", wish);
    else if ((lathe_isa)i < level) level = (lathe_isa)i;
  }
  process_level = level;
}

lathe_isa lathe_isa_level(void) {
  pthread_once(&once, find_level);
  return process_level < thread_limit ? process_level : thread_limit;
}

lathe_isa lathe_isa_limit_thread(lathe_isa isa) {
  thread_limit = isa;
  return lathe_isa_level();
}
