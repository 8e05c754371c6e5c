#include "program.h"
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lathe_foreign.h"
#include "lathe_tensor.h"
#include "package.h"

// Loading and closing.

const char *lathe_error(void) { return torch_exception_get_what_without_backtrace(); }

int lathe_program_fail(const lathe_program *program, const char *what) {
  const char *text = torch_exception_get_what_without_backtrace();  // of a function of ours that failed in it
  if (*text) return 1;
  if (program->functions.get_last_error && program->functions.get_last_error(&text) == 0 && text && *text) return lathe_aoti_fail("%s", text);
  return lathe_aoti_fail("%s failed without a reason", what);
}

/// What can be said against running it before its code is looked at.
static int check_machine(const lathe_package *package, const lathe_metadata_table *metadata) {
  const char *device = NULL, *isa = NULL;
  for (size_t i = 0; i < metadata->count; i++) {
    if (strcmp(metadata->keys[i], "AOTI_DEVICE_KEY") == 0) device = metadata->values[i];
    if (strcmp(metadata->keys[i], "AOTI_CPU_ISA") == 0) isa = metadata->values[i];
  }
  if (device && strcmp(device, "cpu") != 0) return lathe_aoti_fail("%s: the model was compiled for '%s', not for the CPU", package->path, device);
  const char *missing = NULL;
  if (isa) missing = lathe_foreign_missing_feature(isa, strlen(isa));
  else if (package->source >= 0) {
    size_t bytes;
    char *source = lathe_package_read(package, package->source, &bytes);
    if (!source) return 1;
    missing = lathe_foreign_missing_feature(source, bytes);
    free(source);
  }
  return missing ? lathe_aoti_fail("%s: the model was compiled for a CPU with %s, which this machine's has not", package->path, missing) : 0;
}

static int read_metadata(const lathe_package *package, lathe_metadata_table *metadata) {
  if (package->metadata < 0) return 0;
  size_t bytes;
  char *text = lathe_package_read(package, package->metadata, &bytes);
  if (!text) return 1;
  int failed = lathe_metadata_parse(text, metadata);
  free(text);
  return failed ? lathe_aoti_fail("%s: the model's metadata is no object of texts", package->path) : 0;
}

static int check_nodes(const lathe_package *package) {
  if (package->nodes < 0) return 0;
  size_t bytes;
  char *text = lathe_package_read(package, package->nodes, &bytes), names[512];
  if (!text) return 1;
  lathe_node_targets(text, names, sizeof names);
  free(text);
  return *names ? lathe_aoti_fail("%s: the model needs operators that only Lathe itself runs: %s", package->path, names) : 0;
}

#define FIND(field, name) program->functions.field = dlsym(program->library, name)
#define PREFIX "AOTInductorModelContainer"

static int find_functions(lathe_program *program) {
  FIND(create, PREFIX "CreateWithDevice");
  FIND(delete, PREFIX "Delete");
  FIND(run, PREFIX "Run");
  FIND(get_input_count, PREFIX "GetNumInputs");
  FIND(get_output_count, PREFIX "GetNumOutputs");
  FIND(get_constant_count, PREFIX "GetNumConstants");
  FIND(get_fqn, PREFIX "GetConstantOriginalFQN");
  FIND(get_dtype, PREFIX "GetConstantDtype");
  FIND(get_spec, PREFIX "GetCallSpec");
  FIND(get_folded, PREFIX "GetConstantFromFolded");
  FIND(get_last_error, "AOTInductorGetLastError");
  FIND(update, PREFIX "UpdateConstantBufferPairs");
  FIND(fold, PREFIX "RunConstantFolding");
  FIND(swap, PREFIX "SwapConstantBuffer");
  FIND(free_inactive, PREFIX "FreeInactiveConstantBuffer");
  FIND(use_blob, "AOTInductorModelUpdateConstantsFromBlob");
  FIND(get_blob_size, PREFIX "GetConstantsBlobSize");
  FIND(get_input_name, PREFIX "GetInputName");
  FIND(get_output_name, PREFIX "GetOutputName");
  FIND(get_model, "LatheGetModel");
  const lathe_interface *found = &program->functions;
  return found->create && found->delete && found->run && found->get_input_count && found->get_output_count && found->get_constant_count &&
                 found->get_fqn && found->get_dtype && found->get_spec
           ? 0
           : lathe_aoti_fail("the library lacks functions of compiled programs");
}

/// Unpacks the code to a file of its own, which goes again: the loader keeps what it has mapped.
static int load(lathe_program *program, const lathe_package *package) {
  const char *base = getenv("TMPDIR");
  char folder[4096], path[4128];
  snprintf(folder, sizeof folder, "%s/lathe-XXXXXX", base && *base ? base : "/tmp");
  if (!mkdtemp(folder)) return lathe_aoti_fail("%s: cannot be made: %s", folder, strerror(errno));
  snprintf(path, sizeof path, "%s/code.so", folder);
  int failed = lathe_package_extract(package, package->library, path);
  if (!failed) {
    program->library = lathe_foreign_open(path);
    if (!program->library) {
      char reason[1024];
      snprintf(reason, sizeof reason, "%s", lathe_error());
      failed = lathe_aoti_fail("%s: %s", package->path, reason);
    } else {
      lathe_aoti_forget_failure();
      failed = find_functions(program);
      if (!failed && program->functions.create(&program->container, 1, "cpu", NULL)) failed = lathe_program_fail(program, "making it ready");
    }
  }
  unlink(path);
  rmdir(folder);
  return failed;
}

static int load_weights(lathe_program *program, const lathe_package *package) {
  if (package->weights < 0) return 0;
  size_t bytes;
  program->weights = lathe_package_read(package, package->weights, &bytes);
  if (!program->weights) return 1;
  uint64_t needed;
  const lathe_interface *functions = &program->functions;
  if (!functions->use_blob || !functions->get_blob_size || functions->get_blob_size(program->container, &needed) || needed > bytes)
    return lathe_aoti_fail("%s: the model's constants do not fit its code", package->path);
  return functions->use_blob(program->container, (const uint8_t *)program->weights) ? lathe_program_fail(program, "loading constants") : 0;
}

static int describe(lathe_program *program) {
  const lathe_interface *functions = &program->functions;
  void *container = program->container;
  size_t count;
  if (functions->get_input_count(container, &program->input_count) || functions->get_output_count(container, &program->output_count) ||
      functions->get_constant_count(container, &count) || functions->get_spec(container, &program->input_spec, &program->output_spec))
    return lathe_program_fail(program, "asking what it takes");
  program->constants = calloc(count ? count : 1, sizeof *program->constants);
  if (!program->constants) return lathe_aoti_fail("not enough memory");
  for (size_t i = 0; i < count; i++) {
    bool folded = false;
    lathe_constant *constant = &program->constants[program->constant_count];
    if (functions->get_folded && functions->get_folded(container, i, &folded)) return lathe_program_fail(program, "asking for constants");
    if (folded) continue;
    if (functions->get_fqn(container, i, &constant->name) || functions->get_dtype(container, i, &constant->dtype))
      return lathe_program_fail(program, "asking for constants");
    program->constant_count++;
  }
  if (functions->get_model) program->model = functions->get_model();
  if (program->model && program->model->struct_bytes != sizeof *program->model) program->model = NULL;
  return 0;
}

lathe_program *lathe_open(const char *path, const char *model) {
  lathe_package package;
  lathe_aoti_forget_failure();
  if (lathe_package_open(path, model, &package)) return NULL;
  lathe_program *program = calloc(1, sizeof *program);
  int failed = program ? 0 : lathe_aoti_fail("not enough memory");
  failed = failed || read_metadata(&package, &program->metadata) || check_machine(&package, &program->metadata) || check_nodes(&package) ||
           load(program, &package) || load_weights(program, &package) || describe(program);
  lathe_package_close(&package);
  if (!failed) return program;
  lathe_close(program);
  return NULL;
}

void lathe_close(lathe_program *program) {
  if (!program) return;
  bool is_ours = program->functions.get_model != NULL;
  if (program->container) program->functions.delete(program->container);
  // Code of other compilers stays: a result may lie in it, and its C++ library registers what it never takes back.
  if (program->library && is_ours) dlclose(program->library);
  lathe_metadata_free(&program->metadata);
  free(program->constants);
  free(program->weights);
  free(program);
}
