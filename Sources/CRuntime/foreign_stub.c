#define _GNU_SOURCE
#include "foreign_stub.h"
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "lathe_tensor.h"

// The smallest shared object that the loader takes: a name, a hash table and symbols whose values are this process's addresses, which
// the loader does not move (SHN_ABS; glibc 2.28 and later).

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#endif

typedef struct {
  ElfW(Ehdr) header;
  ElfW(Phdr) segments[3];
  ElfW(Dyn) dynamic[7];
} head;

static uint32_t hash_of(const char *name) {  // System V ABI, "Hash Table"
  uint32_t hash = 0;
  for (; *name; name++) {
    hash = (hash << 4) + (unsigned char)*name;
    uint32_t high = hash & 0xf0000000;
    if (high) hash ^= high >> 24;
    hash &= ~high;
  }
  return hash;
}

static char *write_stub(const char *soname, const lathe_symbol *symbols, size_t count, size_t *bytes) {
  size_t texts = 1 + strlen(soname) + 1;
  for (size_t i = 0; i < count; i++) texts += strlen(symbols[i].name) + 1;
  size_t buckets = count ? count : 1, links = count + 1;
  size_t symbols_at = sizeof(head), hash_at = symbols_at + links * sizeof(ElfW(Sym));
  size_t texts_at = hash_at + (2 + buckets + links) * sizeof(uint32_t);
  *bytes = texts_at + texts;
  char *file = calloc(1, *bytes);
  if (!file) return NULL;

  head *start = (head *)file;
  memcpy(start->header.e_ident, ELFMAG, SELFMAG);
  start->header.e_ident[EI_CLASS] = ELFCLASS64;
  start->header.e_ident[EI_DATA] = ELFDATA2LSB;
  start->header.e_ident[EI_VERSION] = EV_CURRENT;
  start->header.e_type = ET_DYN;
  start->header.e_machine = MACHINE;
  start->header.e_version = EV_CURRENT;
  start->header.e_phoff = offsetof(head, segments);
  start->header.e_ehsize = sizeof(ElfW(Ehdr));
  start->header.e_phentsize = sizeof(ElfW(Phdr));
  start->header.e_phnum = 3;
  // Writable, for some loaders write addresses into the dynamic table; without PT_GNU_STACK stacks would be made executable.
  start->segments[0] = (ElfW(Phdr)){.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_filesz = *bytes, .p_memsz = *bytes, .p_align = 4096};
  start->segments[1] = (ElfW(Phdr)){
    .p_type = PT_DYNAMIC, .p_flags = PF_R | PF_W, .p_offset = offsetof(head, dynamic), .p_vaddr = offsetof(head, dynamic),
    .p_filesz = sizeof start->dynamic, .p_memsz = sizeof start->dynamic, .p_align = 8};
  start->segments[2] = (ElfW(Phdr)){.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W, .p_align = 16};
  const ElfW(Dyn) dynamic[7] = {
    {DT_SONAME, {1}}, {DT_HASH, {hash_at}}, {DT_STRTAB, {texts_at}}, {DT_SYMTAB, {symbols_at}}, {DT_STRSZ, {texts}},
    {DT_SYMENT, {sizeof(ElfW(Sym))}}, {DT_NULL, {0}}};
  memcpy(start->dynamic, dynamic, sizeof dynamic);

  ElfW(Sym) *table = (ElfW(Sym) *)(file + symbols_at);
  uint32_t *hash = (uint32_t *)(file + hash_at), *first = hash + 2, *next = first + buckets;
  char *text = file + texts_at;
  hash[0] = (uint32_t)buckets;
  hash[1] = (uint32_t)links;
  size_t at = 1 + (size_t)snprintf(text + 1, texts - 1, "%s", soname) + 1;
  for (size_t i = 0; i < count; i++) {
    uint32_t number = (uint32_t)i + 1, bucket = hash_of(symbols[i].name) % (uint32_t)buckets;
    table[number] = (ElfW(Sym)){
      .st_name = (uint32_t)at, .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), .st_shndx = SHN_ABS,
      .st_value = (uintptr_t)symbols[i].address};
    next[number] = first[bucket];
    first[bucket] = number;
    at += (size_t)snprintf(text + at, texts - at, "%s", symbols[i].name) + 1;
  }
  return file;
}

static int32_t fail(int file, const char *what, const char *reason) {
  if (file >= 0) close(file);
  return lathe_aoti_fail("%s: %s", what, reason);
}

/// A file in memory, kept open: the loader knows loaded objects by their paths, and this one's must not become another's.
static int32_t load(const char *soname, const char *bytes, size_t count) {
  int file = memfd_create(soname, MFD_CLOEXEC);
  if (file < 0) return fail(file, "a file in memory could not be made", strerror(errno));
  for (size_t done = 0; done < count;) {
    ssize_t written = write(file, bytes + done, count - done);
    if (written > 0) done += (size_t)written;
    else if (errno != EINTR) return fail(file, "a file in memory could not be written", strerror(errno));
  }
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  return dlopen(path, RTLD_NOW | RTLD_LOCAL) ? 0 : fail(file, "the stable C functions could not be handed to the loader", dlerror());
}

int32_t lathe_stub_load(const char *soname, const lathe_symbol *symbols, size_t count) {
  size_t bytes;
  char *file = write_stub(soname, symbols, count, &bytes);
  if (!file) return lathe_aoti_fail("not enough memory to load a program");
  int32_t failed = load(soname, file, bytes);
  free(file);
  return failed;
}
