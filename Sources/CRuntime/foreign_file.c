#include "foreign_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lathe_tensor.h"

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#endif

static bool holds(const lathe_object_file *file, uint64_t offset, uint64_t bytes, uint64_t alignment) {
  return offset <= file->count && bytes <= file->count - offset && offset % alignment == 0;
}

static const char *find_tables(lathe_object_file *file) {
  const Elf64_Ehdr *header = (const Elf64_Ehdr *)file->bytes;
  if (!holds(file, 0, sizeof *header, 1) || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return "is no shared object";
  if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB || header->e_type != ET_DYN)
    return "is no 64-bit shared object";
  if (header->e_machine != MACHINE) return "holds code for another kind of processor than this machine's";
  if (header->e_shentsize != sizeof(Elf64_Shdr) || !holds(file, header->e_shoff, (uint64_t)header->e_shnum * sizeof(Elf64_Shdr), 8))
    return "is damaged: its table of sections lies outside it";
  const Elf64_Shdr *sections = (const Elf64_Shdr *)(file->bytes + header->e_shoff);
  for (int i = 0; i < header->e_shnum; i++) {
    const Elf64_Shdr *section = &sections[i];
    if (section->sh_type != SHT_DYNSYM && section->sh_type != SHT_DYNAMIC) continue;
    if (section->sh_link >= header->e_shnum || !holds(file, section->sh_offset, section->sh_size, 8))
      return "is damaged: a table lies outside it";
    const Elf64_Shdr *texts = &sections[section->sh_link];
    if (!holds(file, texts->sh_offset, texts->sh_size, 1) || texts->sh_size == 0 || file->bytes[texts->sh_offset + texts->sh_size - 1])
      return "is damaged: a table of names lies outside it";
    file->texts = file->bytes + texts->sh_offset;
    file->text_bytes = texts->sh_size;
    if (section->sh_type == SHT_DYNSYM) {
      file->symbols = (const Elf64_Sym *)(file->bytes + section->sh_offset);
      file->symbol_count = section->sh_size / sizeof(Elf64_Sym);
    } else {
      file->dynamic = (const Elf64_Dyn *)(file->bytes + section->sh_offset);
      file->dynamic_count = section->sh_size / sizeof(Elf64_Dyn);
    }
  }
  return file->symbols && file->dynamic ? NULL : "has no table of dynamic symbols";
}

int32_t lathe_object_file_open(const char *path, lathe_object_file *file) {
  memset(file, 0, sizeof *file);
  int number = open(path, O_RDONLY | O_CLOEXEC);
  struct stat facts;
  if (number < 0 || fstat(number, &facts) != 0) {
    int32_t failed = lathe_aoti_fail("cannot be opened: %s", strerror(errno));
    if (number >= 0) close(number);
    return failed;
  }
  file->count = (size_t)facts.st_size;
  void *bytes = file->count ? mmap(NULL, file->count, PROT_READ, MAP_PRIVATE, number, 0) : MAP_FAILED;
  close(number);
  if (bytes == MAP_FAILED) {
    file->count = 0;
    return lathe_aoti_fail("is empty or cannot be mapped");
  }
  file->bytes = bytes;
  const char *reason = find_tables(file);
  if (!reason) return 0;
  lathe_object_file_close(file);
  return lathe_aoti_fail("%s", reason);
}

void lathe_object_file_close(lathe_object_file *file) {
  if (file->bytes) munmap((void *)file->bytes, file->count);
  memset(file, 0, sizeof *file);
}
