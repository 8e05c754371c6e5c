// What the driver of attention and its kernels share.
#ifndef LATHE_ATTENTION_TABLE_H
#define LATHE_ATTENTION_TABLE_H
#include "gemm_table.h"
#include "lathe_attention.h"

enum { ATTENTION_QUERIES = 72, ATTENTION_KEYS = 512 };

typedef struct attention {
  const gemm_type_kernels *gemm;
  const lathe_view *output, *q, *k, *v, *mask;
  bool causal, in_place;  // in_place: few queries, keys and values are streamed where they lie
  double scale;
} attention;

typedef struct attention_type_kernels {
  /// Elements of the packed keys and values of one head.
  size_t (*packed_elements)(const attention *all);
  /// A share of the packing of one head's keys and values: panels begin ..< end of keys' panels, then values'.
  void (*pack)(const attention *all, intptr_t image, intptr_t head, intptr_t begin, intptr_t end, void *packed);
  intptr_t (*panels)(const attention *all);
  /// Queries begin ..< end (at most ATTENTION_QUERIES) of one head.
  void (*queries)(const attention *all, intptr_t image, intptr_t head, intptr_t begin, intptr_t end, const void *packed);
} attention_type_kernels;

typedef struct attention_kernels { attention_type_kernels f32, f64; } attention_kernels;
LATHE_DECLARE_TABLES(attention_kernels);
#endif
