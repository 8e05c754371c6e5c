// How one call of the tile machine runs: the loop nest, the box of elements that one tile covers, and the program's steps with every
// operand resolved to a register, or to the views' own memory where no copy is needed.
#ifndef LATHE_TILE_PLAN_H
#define LATHE_TILE_PLAN_H
#include <stdatomic.h>
#include <stdbool.h>
#include "convert_table.h"
#include "lathe_nest.h"
#include "lathe_tile.h"
#include "tile_table.h"

typedef enum tile_step_kind {
  TILE_COMPUTE, TILE_DIVIDE /* computes after looking for zeros */, TILE_CAST, TILE_LOAD, TILE_INDEX, TILE_CONSTANT, TILE_STORE, TILE_STREAM
} tile_step_kind;

/// Places 0 ..< registers are registers; place registers + k is operand k's memory under the tile.
typedef struct tile_step {
  uint8_t kind, type;
  bool once;             // gives the same in every tile: runs when a thread begins
  bool cached;           // a load that need not run again while its address stays
  uint16_t d, a, b, c;
  int32_t operand;       // of loads and stores
  union { lathe_tile_kernel compute; lathe_convert_run convert; } run;
  int64_t immediate;     // a constant's bits
} tile_step;

typedef struct tile_plan {
  int rank, operands, registers, steps;
  int second;                         // the tile's outer dimension (0: none)
  bool flat;                          // one dimension, every operand with stride 1
  intptr_t sizes[LATHE_MAX_RANK];
  intptr_t box0, box1;                // elements of one tile along dimension 0 and along `second`
  intptr_t tiles0, tiles1, tiles;
  intptr_t cost;                      // of one element, in additions
  lathe_strides *strides;             // operands, and then the linear index's
  char **data;
  int8_t *element;                    // operand's element size
  tile_step *step;
  intptr_t register_offset[64];
  intptr_t register_bytes;
  const convert_kernels *convert;
  atomic_bool failed;
} tile_plan;

/// The dtype that a register's elements look like in memory.
static inline int32_t tile_natural_dtype(int type) {
  static const int8_t natural[] = {LATHE_BOOL, LATHE_I64, LATHE_F32, LATHE_F64};
  return natural[type];
}

/// Chooses the box. `plan` has rank, sizes, strides.
void tile_plan_choose_box(tile_plan *plan);
/// Resolves the program into steps (room for count + outputs of them); false when it asks for an operation its type does not have.
bool tile_plan_resolve(tile_plan *plan, const lathe_tile_program *program, const lathe_view *views, const tile_kernels *kernels);
/// Operands of an instruction: 1 to 3 in a, b, c; 0 for constants, loads and indices.
int tile_operand_count(int op);
#endif
