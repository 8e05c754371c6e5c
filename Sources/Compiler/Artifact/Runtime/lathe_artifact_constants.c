// Constants of an artifact for an archive that lie in a file: behind the code in its own, or beside it (LibraryLayout.swift).
#include "lathe_kernel.h"
#include "lathe_archive.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ALIGNMENT = 16384 };
typedef struct { char magic[8]; uint64_t key, code_bytes, constant_bytes; } trailer;

static int32_t map(int file, const char *path, uint64_t bytes, uint64_t offset, void **mapping) {
  // Pages are this process's own where it writes them, as a program that mutates its buffers does.
  void *address = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, (off_t)offset);
  if (address == MAP_FAILED) return lathe_fail("%s: its constants cannot be mapped: %s", path, strerror(errno));
  *mapping = address;
  return 0;
}

static int32_t map_behind_code(const lathe_model_info *model, const char *path, int file, uint64_t size, void **mapping) {
  trailer end;
  if (size < sizeof end || pread(file, &end, sizeof end, (off_t)(size - sizeof end)) != sizeof end) return 0;
  if (memcmp(end.magic, "LATHECON", 8) != 0) return 0;
  uint64_t offset = (end.code_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  LATHE_CHECK(
    end.key == model->constant_key && end.constant_bytes == model->constant_bytes && offset + end.constant_bytes + sizeof end == size,
    "%s: the constants behind the code are not this program's", path);
  return map(file, path, end.constant_bytes, offset, mapping);
}

static int32_t map_beside(const lathe_model_info *model, const char *path, void **mapping) {
  size_t length = strlen(path);
  if (length < 3 || strcmp(path + length - 3, ".so") != 0) return 0;
  static const char ending[] = "_weights.blob";
  char *beside = malloc(length + sizeof ending);
  if (!beside) return lathe_fail("not enough memory");
  memcpy(beside, path, length - 3);
  memcpy(beside + length - 3, ending, sizeof ending);
  int32_t failed = 0;
  int file = open(beside, O_RDONLY | O_CLOEXEC);
  if (file >= 0) {
    off_t size = lseek(file, 0, SEEK_END);
    failed = size == (off_t)model->constant_bytes
               ? map(file, beside, model->constant_bytes, 0, mapping)
               : lathe_fail("%s: has %lld bytes where %llu are needed", beside, (long long)size, (unsigned long long)model->constant_bytes);
    close(file);
  }
  free(beside);
  return failed;
}

int32_t lathe_map_constants(const lathe_model_info *model, void **mapping) {
  Dl_info self;
  *mapping = NULL;
  if (!dladdr((void *)lathe_map_constants, &self) || !self.dli_fname) return 0;
  int file = open(self.dli_fname, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  off_t size = lseek(file, 0, SEEK_END);
  int32_t failed = size < 0 ? 0 : map_behind_code(model, self.dli_fname, file, (uint64_t)size, mapping);
  close(file);
  return failed || *mapping ? failed : map_beside(model, self.dli_fname, mapping);
}

void lathe_unmap_constants(void *mapping, uint64_t bytes) {
  if (mapping) munmap(mapping, bytes);
}
