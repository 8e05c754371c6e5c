#define _GNU_SOURCE
#include "lathe_foreign.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "foreign_file.h"
#include "foreign_stub.h"
#include "lathe_cpu.h"
#include "lathe_fallback.h"
#include "lathe_tensor.h"
#include "shim_places.h"

// What a program compiled by PyTorch asks of its loader, and how it is given here.

// The functions, of which only the addresses matter.

#define OPERATOR(name, operators, arguments) extern const char name[];
#include "shim_operators.list"
#undef OPERATOR

static const struct { const char *name; void *address; int32_t place; } functions[] = {
#define FUNCTION(name) {#name, (void *)name, -1},
#include "shim_functions.list"
#undef FUNCTION
#define OPERATOR(name, operators, arguments) {#name, (void *)name, LATHE_PLACE_##name},
#include "shim_operators.list"
#undef OPERATOR
};
#define FUNCTION_COUNT (sizeof functions / sizeof *functions)

/// Its place in `functions`; -1 for a name that is not there.
static int find(const char *name) {
  for (size_t i = 0; i < FUNCTION_COUNT; i++)
    if (strcmp(functions[i].name, name) == 0) return (int)i;
  return -1;
}

void *lathe_foreign_function(const char *name) {
  int place = find(name);
  return place < 0 ? NULL : functions[place].address;
}

static bool begins(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

// PyTorch's libraries.

static pthread_once_t stub_once = PTHREAD_ONCE_INIT;
static char stub_failure[256];  // written once, read after

static void load_stubs(void) {
  // Whoever asks for libtorch would get this one: its tensors are others.
  if (dlopen("libtorch_cpu.so", RTLD_NOW | RTLD_NOLOAD)) {
    snprintf(stub_failure, sizeof stub_failure, "PyTorch's own libraries are loaded in this process, where Lathe cannot stand in for them");
    return;
  }
  lathe_symbol symbols[FUNCTION_COUNT];
  for (size_t i = 0; i < FUNCTION_COUNT; i++) symbols[i] = (lathe_symbol){functions[i].name, functions[i].address};
  if (lathe_stub_load("libtorch_cpu.so", symbols, FUNCTION_COUNT) || lathe_stub_load("libtorch.so", NULL, 0) ||
      lathe_stub_load("libc10.so", NULL, 0))
    snprintf(stub_failure, sizeof stub_failure, "%s", torch_exception_get_what_without_backtrace());
}

static bool is_stub(const char *library) {
  return strcmp(library, "libtorch_cpu.so") == 0 || strcmp(library, "libtorch.so") == 0 || strcmp(library, "libc10.so") == 0;
}

// The system's libraries.

static int32_t need_library(const char *library) {
  static const struct { const char *library, *package; } debian[] = {
    {"libgomp.so.1", "libgomp1"}, {"libstdc++.so.6", "libstdc++6"}, {"libgcc_s.so.1", "libgcc-s1"}, {"libsleef.so.3", "libsleef3"}};
  // Not closed again: the program that needs it comes next, and then it is the loader's to close.
  if (dlopen(library, strcmp(library, "libsleef.so.3") == 0 ? RTLD_NOW | RTLD_GLOBAL : RTLD_NOW | RTLD_LOCAL)) return 0;
  if (begins(library, "libtorch") || begins(library, "libc10"))
    return lathe_aoti_fail("needs PyTorch's library %s, so it was not compiled for the CPU alone", library);
  for (size_t i = 0; i < sizeof debian / sizeof *debian; i++)
    if (strcmp(debian[i].library, library) == 0)
      return lathe_aoti_fail("needs the library %s; install Debian's package %s", library, debian[i].package);
  return lathe_aoti_fail("needs the library %s, which this system lacks", library);
}

// Checks before any of its code runs.

typedef struct { char text[700]; size_t used; int count; } name_list;

static void add_name(name_list *list, const char *name) {
  if (list->used < sizeof list->text - 1) {
    int written = snprintf(list->text + list->used, sizeof list->text - list->used, list->count ? ", %s" : "%s", name);
    list->used += written > 0 ? (size_t)written : 0;
  }
  list->count++;
}

/// Sorts what it imports into what is not here, operators that nobody here computes, and Sleef's functions.
static void list_imports(const lathe_object_file *file, name_list *missing, name_list *operators, bool *sleef) {
  for (size_t i = 0; i < file->symbol_count; i++) {
    const Elf64_Sym *symbol = &file->symbols[i];
    if (symbol->st_shndx != SHN_UNDEF || ELF64_ST_BIND(symbol->st_info) != STB_GLOBAL) continue;
    const char *name = lathe_object_file_text(file, symbol->st_name);
    if (begins(name, "Sleef_")) *sleef = true;
    if (begins(name, "aoti_torch_") || begins(name, "torch_")) {
      int place = find(name);
      if (place < 0) add_name(missing, name);
      else if (functions[place].place >= 0 && !lathe_fallback_knows(functions[place].place)) add_name(operators, name);
    } else if (begins(name, "_ZN2at") || begins(name, "_ZN3c10") || begins(name, "_ZNK3c10") || begins(name, "_ZN5torch")) {
      add_name(missing, name);
    }
  }
}

static int32_t check_sleef(const lathe_object_file *file) {
  if (need_library("libsleef.so.3")) return 1;
  name_list missing = {0};
  for (size_t i = 0; i < file->symbol_count; i++) {
    const char *name = lathe_object_file_text(file, file->symbols[i].st_name);
    if (file->symbols[i].st_shndx == SHN_UNDEF && begins(name, "Sleef_") && !dlsym(RTLD_DEFAULT, name)) add_name(&missing, name);
  }
  return missing.count ? lathe_aoti_fail("needs functions that this system's libsleef lacks: %s", missing.text) : 0;
}

static int32_t check(const lathe_object_file *file) {
  name_list missing = {0}, operators = {0};
  bool sleef = false;
  list_imports(file, &missing, &operators, &sleef);
  if (missing.count) return lathe_aoti_fail("needs functions of PyTorch that Lathe lacks: %s", missing.text);
  if (operators.count) return lathe_aoti_fail("needs operators that cannot be computed here: %s", operators.text);
  for (size_t i = 0; i < file->dynamic_count && file->dynamic[i].d_tag != DT_NULL; i++) {
    if (file->dynamic[i].d_tag != DT_NEEDED) continue;
    const char *library = lathe_object_file_text(file, file->dynamic[i].d_un.d_val);
    if (!is_stub(library) && need_library(library)) return 1;
  }
  return sleef ? check_sleef(file) : 0;
}

void *lathe_foreign_open(const char *path) {
  lathe_object_file file;
  if (lathe_object_file_open(path, &file)) return NULL;
  int32_t failed = check(&file);
  lathe_object_file_close(&file);
  if (failed) return NULL;
  pthread_once(&stub_once, load_stubs);
  if (stub_failure[0]) {
    lathe_aoti_fail_text(stub_failure);
    return NULL;
  }
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (handle) return handle;
  const char *reason = dlerror();
  size_t length = strlen(path);
  if (begins(reason, path) && begins(reason + length, ": ")) reason += length + 2;
  lathe_aoti_fail("cannot be loaded: %s", reason);
  return NULL;
}

// Instruction sets.

static bool contains(const char *text, size_t bytes, const char *word) { return memmem(text, bytes, word, strlen(word)) != NULL; }

const char *lathe_foreign_missing_feature(const char *text, size_t bytes) {
  lathe_cpu_features cpu = lathe_cpu_detect();
  const struct { const char *name, *option; bool is_here; } features[] = {
    {"AMX_TILE", "-mamx-tile", cpu.amx_tile}, {"AVX512_VNNI", "-mavx512vnni", cpu.avx512_vnni}, {"AVX512", "-mavx512f", cpu.avx512},
    {"AVX512", "CPU_CAPABILITY_AVX512", cpu.avx512}, {"AVX2", "-mavx2", cpu.avx2}, {"AVX2", "CPU_CAPABILITY_AVX2", cpu.avx2}};
  bool is_source = contains(text, bytes, "#include");
  for (size_t i = 0; i < sizeof features / sizeof *features; i++)
    if (!features[i].is_here && contains(text, bytes, is_source ? features[i].option : features[i].name)) return features[i].name;
  return NULL;
}
