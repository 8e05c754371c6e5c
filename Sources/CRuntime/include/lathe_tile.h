// Elementwise programs run in tiles: one straight-line program over vector registers of LATHE_TILE elements each, so that one
// expression (or many fused ones) runs near memory speed with no compiler on the machine. The Swift side (LoopIR) makes them.
#ifndef LATHE_TILE_H
#define LATHE_TILE_H
#include <stdint.h>
#include "lathe_view.h"
#ifdef __cplusplus
extern "C" {
#endif

/// Elements in one register.
#define LATHE_TILE 1024

/// What a register's elements are. Every integer storage type computes in I64 (stores truncate), f16 and bf16 in F32.
typedef enum lathe_tile_type { LATHE_TILE_BOOL = 0, LATHE_TILE_I64, LATHE_TILE_F32, LATHE_TILE_F64 } lathe_tile_type;

/// Semantics are PyTorch's on a CPU. `t` is the instruction's type; operands have that type unless said otherwise.
typedef enum lathe_tile_op {
  LATHE_OP_CONSTANT = 0,  // d = immediate
  LATHE_OP_LOAD,          // d = input[a], converted to t
  LATHE_OP_INDEX,         // I64: the element's linear index in the iteration space, row-major over the given sizes
  LATHE_OP_CAST,          // d:t = a:from (float to integer truncates; to bool is != 0)
  // arithmetic (I64, F32, F64)
  LATHE_OP_ADD, LATHE_OP_SUBTRACT, LATHE_OP_MULTIPLY,
  LATHE_OP_DIVIDE,        // true division, F32/F64
  LATHE_OP_DIVIDE_TRUNC, LATHE_OP_DIVIDE_FLOOR,  // as torch.div's rounding modes; integer division by zero is refused: see run
  LATHE_OP_REMAINDER,     // sign of the divisor (Python's)
  LATHE_OP_FMOD,          // sign of the dividend (C's)
  LATHE_OP_MAXIMUM, LATHE_OP_MINIMUM,  // NaN wins, as torch.maximum
  LATHE_OP_FMAX, LATHE_OP_FMIN,        // the number wins over NaN
  LATHE_OP_POW,           // integers: by squaring, negative exponent gives 0 but for base 1 and -1
  LATHE_OP_NEGATE, LATHE_OP_ABS, LATHE_OP_SIGN, LATHE_OP_RECIPROCAL, LATHE_OP_SQUARE,
  LATHE_OP_MULTIPLY_ADD,  // a * b + c
  // integers and bool
  LATHE_OP_AND, LATHE_OP_OR, LATHE_OP_XOR, LATHE_OP_NOT,  // bitwise on I64, logical on BOOL
  LATHE_OP_SHIFT_LEFT, LATHE_OP_SHIFT_RIGHT,
  LATHE_OP_GCD, LATHE_OP_LCM,
  // comparisons: result BOOL, operands of type `from`
  LATHE_OP_EQ, LATHE_OP_NE, LATHE_OP_LT, LATHE_OP_LE, LATHE_OP_GT, LATHE_OP_GE, LATHE_OP_ISNAN, LATHE_OP_ISINF,
  LATHE_OP_SELECT,        // d = a:BOOL ? b : c
  // F32 and F64 functions
  LATHE_OP_EXP, LATHE_OP_EXP2, LATHE_OP_EXPM1, LATHE_OP_LOG, LATHE_OP_LOG2, LATHE_OP_LOG10, LATHE_OP_LOG1P,
  LATHE_OP_SQRT, LATHE_OP_RSQRT, LATHE_OP_SIN, LATHE_OP_COS, LATHE_OP_TAN, LATHE_OP_ASIN, LATHE_OP_ACOS, LATHE_OP_ATAN,
  LATHE_OP_ATAN2, LATHE_OP_SINH, LATHE_OP_COSH, LATHE_OP_TANH, LATHE_OP_ASINH, LATHE_OP_ACOSH, LATHE_OP_ATANH,
  LATHE_OP_ERF, LATHE_OP_ERFC, LATHE_OP_ERFINV, LATHE_OP_LGAMMA, LATHE_OP_DIGAMMA,
  LATHE_OP_SIGMOID, LATHE_OP_FLOOR, LATHE_OP_CEIL, LATHE_OP_TRUNC,
  LATHE_OP_ROUND,         // half to even
  LATHE_OP_HYPOT, LATHE_OP_COPYSIGN, LATHE_OP_NEXTAFTER, LATHE_OP_SIGNBIT /* result BOOL, operand `from` */,
  LATHE_OP_I0, LATHE_OP_I0E, LATHE_OP_I1, LATHE_OP_I1E, LATHE_OP_IGAMMA, LATHE_OP_IGAMMAC,
  LATHE_OP_POLYGAMMA,     // order a (as a float), argument b
  LATHE_OP_ZETA,
  LATHE_OP_COUNT
} lathe_tile_op;

/// One instruction: register `d` from registers `a`, `b`, `c` (for LOAD, `a` is an input's number).
typedef struct lathe_tile_instruction {
  uint8_t op, type, from, reserved;
  uint16_t d, a, b, c;
  union { double f; int64_t i; } immediate;  // f for F32 and F64, i for I64 and BOOL
} lathe_tile_instruction;

/// A program with `outputs` results: result k is register `results[k]`, of type `result_types[k]`.
typedef struct lathe_tile_program {
  const lathe_tile_instruction *code;
  int32_t count;
  int32_t registers;  // at most 64
  int32_t inputs, outputs;
  const uint16_t *results;
  const uint8_t *result_types;
} lathe_tile_program;

/// Runs the program over the iteration space `sizes` (rank dims). Views: first the outputs, then the inputs, each with exactly the
/// iteration space's rank and sizes (a broadcast dimension has stride 0). An output may be the same memory as an input only with
/// the same strides. Stores convert to the output's dtype. Returns 0, 1 when an integer was divided by zero, or 2 for a program with an
/// instruction that has no kernel for its types (nothing is run).
int lathe_tile_run(const lathe_tile_program *program, int32_t rank, const intptr_t *sizes, const lathe_view *views);

#ifdef __cplusplus
}
#endif
#endif
