// Walking a reduction: which elements make which result, in what order and chunks, and across threads.
#ifndef LATHE_REDUCE_PLAN_H
#define LATHE_REDUCE_PLAN_H
#include <stdbool.h>
#include "convert_table.h"
#include "lathe_nest.h"
#include "lathe_tile.h"
#include "reduce_table.h"

/// What has been seen of one result's elements. Each operation uses the fields it needs.
typedef struct reduce_state {
  double value, mean, squares;
  int64_t integer, index, count;
} reduce_state;

typedef struct reduce_operation reduce_operation;
struct reduce_operation {
  int type;      // lathe_tile_type that elements are read as: I64, F32 or F64
  bool ordered;  // elements must come in row-major order of the reduced dimensions
  /// Takes n elements (of `type`, one after the other); `first` is the first one's row-major index when ordered.
  void (*consume)(const reduce_operation *op, reduce_state *state, const void *x, intptr_t n, intptr_t first);
  /// Adds what `later` has seen, which comes after `state`'s elements.
  void (*merge)(const reduce_operation *op, reduce_state *state, const reduce_state *later);
  /// Writes the result(s): output k's element is at `element[k]`.
  void (*finish)(const reduce_operation *op, const reduce_state *state, intptr_t count, char *const element[2]);
  reduce_state start;
  const reduce_kernels *kernels;
  int32_t output_dtype[2];
  lathe_convert_run store[2];  // from f64, or from i64 where the operation says so
  double parameter;
  int kind;
};

/// Reduces `dimensions` of `input`; `outputs` (one or two, NULL for none) have the input's rank, size 1 where reduced.
void lathe_reduce_walk(const reduce_operation *op, const lathe_view *input, uint32_t dimensions, const lathe_view *const outputs[2]);

/// The same for sum, product and extremes down columns: rows are combined whole. Returns false where the layout does not suit.
bool lathe_reduce_columns(lathe_tile_op combine, int type, double divisor, const lathe_view *input, uint32_t dimensions, const lathe_view *output);

/// The reduced and the kept dimensions of a view as two nests, innermost first.
typedef struct reduce_nests {
  int kept_rank, reduced_rank;
  intptr_t kept_sizes[LATHE_MAX_RANK], reduced_sizes[LATHE_MAX_RANK];
  lathe_strides kept[3];      // the input's and the outputs'
  lathe_strides reduced[1];
  intptr_t results, count;
} reduce_nests;
void lathe_reduce_split(reduce_nests *nests, const lathe_view *input, uint32_t dimensions, const lathe_view *const outputs[2], bool ordered);
#endif
