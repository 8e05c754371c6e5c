// The functions that take constants in a `std::unordered_map<std::string, at::Tensor *>`, as PyTorch's loaders up to 2.15 pass them.
//
// The map is read as libstdc++ lays it out (bits/hashtable.h, bits/basic_string.h), which has not changed since GCC 5; nothing of C++ is
// called. A PyTorch that was built with the strings from before GCC 5, as the CUDA wheels of 2.6 are, is refused.
#include "lathe_kernel.h"
#include "lathe_archive.h"
#include <stdlib.h>

typedef struct {
  const char *data;
  size_t length;
  union { char local[16]; size_t capacity; };
} cxx11_string;

typedef struct node {
  struct node *next;
  cxx11_string key;
  AtenTensorHandle value;
} node;

typedef struct {
  void **buckets;
  size_t bucket_count;
  const node *first;
  size_t count;
} unordered_map;

/// No name of a constant is as long; an older string's second word is a pointer, which is larger.
enum { LONGEST = 1 << 16 };

static bool is_string(const cxx11_string *string) {
  if (string->length > LONGEST) return false;
  if (string->data == string->local) return string->length < sizeof string->local && string->data[string->length] == 0;
  return string->capacity >= string->length && string->capacity <= 2 * LONGEST && string->data[string->length] == 0;
}

static int32_t update(void *handle, const unordered_map *map, bool inactive, bool full, bool in_place) {
  LATHE_CHECK(map, "no constants were given");
  lathe_constant_pair *pairs = malloc((map->count ? map->count : 1) * sizeof *pairs);
  LATHE_CHECK(pairs, "not enough memory for %zu constants", map->count);
  size_t count = 0;
  int32_t failed = 0;
  for (const node *item = map->first; !failed && item; item = item->next) {
    if (count == map->count || !is_string(&item->key))
      failed = lathe_fail("the constants come from a PyTorch built with another C++ ABI (_GLIBCXX_USE_CXX11_ABI=0), so they cannot be read");
    else pairs[count++] = (lathe_constant_pair){item->key.data, item->value};
  }
  if (!failed) failed = lathe_container_update(handle, pairs, count, inactive, full, in_place);
  free(pairs);
  return failed;
}

LATHE_EXPORT int32_t AOTInductorModelContainerUpdateConstantBuffer(void *handle, void *map, bool use_inactive, bool validate_full_update) {
  return update(handle, map, use_inactive, validate_full_update, false);
}
LATHE_EXPORT int32_t AOTInductorModelContainerUpdateConstantBufferFromCpu(
  void *handle, void *map, bool use_inactive, bool validate_full_update) {
  return update(handle, map, use_inactive, validate_full_update, false);
}
LATHE_EXPORT int32_t AOTInductorModelContainerUpdateUserManagedConstantBuffer(
  void *handle, void *map, bool use_inactive, bool validate_full_update) {
  return update(handle, map, use_inactive, validate_full_update, true);
}
LATHE_EXPORT int32_t AOTInductorModelContainerUpdateInactiveConstantBuffer(void *handle, void *map) {
  return update(handle, map, true, true, false);
}
/// Filling a map of C++ would take its allocator and hash; `AOTInductorModelContainerExtractConstantsMapEntries` gives the same.
LATHE_EXPORT int32_t AOTInductorModelContainerExtractConstantsMap(void *handle, void *map, bool use_inactive) {
  (void)handle, (void)map, (void)use_inactive;
  return lathe_fail("constants are not given as a C++ map; use AOTInductorModelContainerExtractConstantsMapEntries");
}
