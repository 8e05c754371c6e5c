// Runs compiled models of archives (PT2 packages made by Lathe or by PyTorch's AOTInductor) from C and C++, without Swift, Python or libtorch.
//
// Loading a model loads native code from the archive: only open archives that you trust. Functions that can fail return 0 on success and 1
// on failure, or NULL; `lathe_error` then says why. A program may be called from many threads at once.
#ifndef LATHE_H
#define LATHE_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define LATHE_API __attribute__((visibility("default")))

/// Element types, by PyTorch's numbers (c10/core/ScalarType.h).
enum {
  LATHE_DTYPE_UINT8 = 0, LATHE_DTYPE_INT8 = 1, LATHE_DTYPE_INT16 = 2, LATHE_DTYPE_INT32 = 3, LATHE_DTYPE_INT64 = 4,
  LATHE_DTYPE_FLOAT16 = 5, LATHE_DTYPE_FLOAT32 = 6, LATHE_DTYPE_FLOAT64 = 7, LATHE_DTYPE_COMPLEX64 = 9, LATHE_DTYPE_COMPLEX128 = 10,
  LATHE_DTYPE_BOOL = 11, LATHE_DTYPE_BFLOAT16 = 15
};

/// A tensor in somebody's memory. Sizes and strides are in elements; `strides` may be NULL for a dense row-major one that is passed in.
typedef struct lathe_array {
  void *data;
  int32_t dtype;
  int32_t rank;
  const int64_t *sizes, *strides;
} lathe_array;

/// A tensor that a call gave; `array` is valid until `lathe_result_free`.
typedef struct lathe_result {
  lathe_array array;
  void *owner;
} lathe_result;

/// What is known of an input or output. `dtype` and `rank` are -1 where the model does not say; a size is -1 where it takes several.
typedef struct lathe_value {
  const char *name;
  int32_t dtype;
  int32_t rank;
  const int64_t *sizes;
} lathe_value;

/// A weight, buffer or other constant: its name in the model that was compiled.
typedef struct lathe_constant { const char *name; int32_t dtype; } lathe_constant;

/// New elements for a constant.
typedef struct lathe_named_array { const char *name; lathe_array array; } lathe_named_array;

typedef struct lathe_program lathe_program;

/// Why the calling thread's last failing function failed, one sentence; valid until its next failure.
LATHE_API const char *lathe_error(void);

/// Loads a model of the archive at `path`; `model` may be NULL where there is one, or one of the name `model`. Its constants are loaded.
/// NULL for a damaged archive, a model that is not there, code for another machine or with instructions that this one lacks, and code that
/// needs functions, libraries or operators that are not here: all of this is found before any of it runs.
LATHE_API lathe_program *lathe_open(const char *path, const char *model);
/// Waits for nobody: no call may be running. Results stay valid.
LATHE_API void lathe_close(lathe_program *program);

LATHE_API size_t lathe_input_count(const lathe_program *program);
LATHE_API size_t lathe_output_count(const lathe_program *program);
/// What is known of input or output `index`; 1 where there is none of that index. Pointers are the program's.
LATHE_API int lathe_input(const lathe_program *program, size_t index, lathe_value *value);
LATHE_API int lathe_output(const lathe_program *program, size_t index, lathe_value *value);
/// How nested arguments and results are flattened, as PyTorch's tree specs in JSON (torch/utils/_pytree.py).
LATHE_API const char *lathe_input_spec(const lathe_program *program);
LATHE_API const char *lathe_output_spec(const lathe_program *program);

/// Key and value of entry `index` of the model's metadata; 1 where there is none.
LATHE_API size_t lathe_metadata_count(const lathe_program *program);
LATHE_API int lathe_metadata(const lathe_program *program, size_t index, const char **key, const char **value);
/// The value of a key, NULL where there is none.
LATHE_API const char *lathe_metadata_value(const lathe_program *program, const char *key);

LATHE_API size_t lathe_constant_count(const lathe_program *program);
LATHE_API int lathe_constant_at(const lathe_program *program, size_t index, lathe_constant *constant);
/// Copies new elements into constants of the set that calls do not use yet; constants that are not given stay as they are. Types and sizes
/// must be the constants' own. Archives of PyTorch before 2.8 cannot: that fails.
LATHE_API int lathe_update_constants(lathe_program *program, const lathe_named_array *arrays, size_t count);
/// Puts the set that was updated in use from the next call on.
LATHE_API int lathe_swap_constants(lathe_program *program);

/// Calls the program. Inputs are borrowed: they are read in place, and a program that writes to an input writes there. Each of the
/// `lathe_output_count` results is the caller's to free; one that is an input itself refers to the caller's memory.
LATHE_API int lathe_run(
  lathe_program *program, const lathe_array *inputs, size_t input_count, lathe_result *results, size_t result_count);
LATHE_API void lathe_result_free(lathe_result *result);

#ifdef __cplusplus
}
#endif
#endif
