// What generated code tells the fixed part of its artifact, and what that gives a run of it.
//
// The model's source defines `const lathe_model_info lathe_model`; the container (lathe_container.c) implements PyTorch's
// AOTInductorModelContainer functions over it.
#ifndef LATHE_MODEL_H
#define LATHE_MODEL_H
#include "lathe_aoti.h"
#ifdef __cplusplus
extern "C" {
#endif

/// c10's kinds of constants (torch/csrc/inductor/aoti_runtime/constant_type.h).
typedef enum lathe_constant_type {
  LATHE_CONSTANT_UNKNOWN = 0, LATHE_CONSTANT_PARAMETER, LATHE_CONSTANT_BUFFER, LATHE_CONSTANT_TENSOR, LATHE_CONSTANT_FOLDED
} lathe_constant_type;

/// A weight, buffer or tensor constant. Sizes and strides are in elements, `dtype` is c10's number. `offset` and `bytes` are its
/// storage's place among the constants' bytes (bytes padded to 64); a folded constant has no place there, its `bytes` are 0. A folded
/// constant is made of the constant `source`, which stands before it in the table.
typedef struct lathe_constant_info {
  const char *name, *fqn;
  int32_t dtype, rank;
  const int64_t *sizes, *strides;
  int64_t storage_offset;
  uint64_t offset, bytes;
  int32_t type;
  bool folded;
  int32_t source;
  bool only_folded;  // nothing but folded constants is made of it
  bool mutated;      // calls write to it
  bool hidden;       // the compiler made it: those who ask for constants do not see it
} lathe_constant_info;

/// What an input must be: c10's dtype, and sizes that are -1 where the program takes several.
typedef struct lathe_input_info { int32_t dtype, rank; const int64_t *sizes; } lathe_input_info;

/// PyTorch's AOTInductorConstantMapEntry: a constant's name, in the graph or the model, and a borrowed tensor.
typedef struct lathe_constant_pair { const char *name; AtenTensorHandle handle; } lathe_constant_pair;

typedef struct lathe_call lathe_call;

typedef struct lathe_model_info {
  uint32_t struct_bytes;  // sizeof(lathe_model_info)
  int32_t isa;            // the lathe_isa level that the kernels were compiled for: LATHE_LEVEL
  int32_t input_count, output_count, constant_count, folded_count, kernel_count;
  int32_t temporary_count;                      // slots of `lathe_call.temporaries`
  const char *const *input_names, *const *output_names;
  const lathe_constant_info *constants;
  const char *const *kernel_names;
  const char *in_spec, *out_spec;               // tree specs in PyTorch's JSON
  uint64_t constant_bytes;                      // of all constants together, as their offsets lay them out
  uint64_t constant_key;                        // what constants behind the code in its file are marked with
  uint64_t arena_bytes;                         // what a call always needs; 0 for none
  int32_t (*run)(lathe_call *call);
  int32_t (*fold)(lathe_call *call, int32_t number);  // makes one output: the folded constant of this number among them; or NULL
  const lathe_input_info *inputs;               // NULL where the caller has checked them
  bool mutates;                                 // calls write to constants, so they run one at a time
} lathe_model_info;

/// What one call has. `run` puts an owned handle into every output. A handle in `inputs` may be moved to `outputs` (leave NULL);
/// the rest of them, and every temporary that is not NULL, are deleted after the call, also where it fails.
struct lathe_call {
  AtenTensorHandle *inputs, *outputs, *temporaries;
  const AtenTensorHandle *constants;            // borrowed, by index of the table
  void *const *constant_data;                   // their elements with all indices zero
  AOTIProxyExecutorHandle proxy;
  uint64_t *nanoseconds, *calls;                // by kernel, or NULL where nobody profiles
  char *arena;                                  // at least `arena_bytes` of the model, 64-byte aligned, this call's alone
  uint64_t arena_bytes;
};

#ifdef __cplusplus
}
#endif
#endif
