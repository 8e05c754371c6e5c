// A loaded program.
#ifndef LATHE_PROGRAM_H
#define LATHE_PROGRAM_H
#include "lathe.h"
#include "lathe_model.h"
#include "metadata.h"

/// The functions of torch/csrc/inductor/aoti_runtime/interface.h that are called; those of the second row may be NULL.
typedef struct lathe_interface {
  int32_t (*create)(void **, size_t, const char *, const char *), (*delete)(void *);
  int32_t (*run)(void *, AtenTensorHandle *, size_t, AtenTensorHandle *, size_t, void *, void *);
  int32_t (*get_input_count)(void *, size_t *), (*get_output_count)(void *, size_t *), (*get_constant_count)(void *, size_t *);
  int32_t (*get_fqn)(void *, size_t, const char **), (*get_dtype)(void *, size_t, int32_t *);
  int32_t (*get_spec)(void *, const char **, const char **);

  int32_t (*get_folded)(void *, size_t, _Bool *);
  int32_t (*get_last_error)(const char **);
  int32_t (*update)(void *, const lathe_constant_pair *, size_t, _Bool, _Bool), (*fold)(void *, _Bool, void *, void *), (*swap)(void *);
  int32_t (*free_inactive)(void *), (*use_blob)(void *, const uint8_t *), (*get_blob_size)(void *, uint64_t *);
  int32_t (*get_input_name)(void *, size_t, const char **), (*get_output_name)(void *, size_t, const char **);
  const lathe_model_info *(*get_model)(void);
} lathe_interface;

struct lathe_program {
  lathe_interface functions;
  void *library, *container;
  const lathe_model_info *model;  // NULL for one that Lathe did not compile
  size_t input_count, output_count, constant_count;
  lathe_constant *constants;      // those that are no folded ones
  const char *input_spec, *output_spec;
  char *weights;                  // used in place
  lathe_metadata_table metadata;
};

/// Records why a function of the program failed, and returns 1.
int lathe_program_fail(const lathe_program *program, const char *what);
/// A handle that borrows the array's memory. 1 after `lathe_aoti_fail`.
int lathe_borrow_array(const lathe_array *array, AtenTensorHandle *handle);
#endif
