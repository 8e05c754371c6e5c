// What a shared object's tables say, before the loader takes it (System V ABI, ELF-64).
#ifndef LATHE_FOREIGN_FILE_H
#define LATHE_FOREIGN_FILE_H
#include <elf.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lathe_object_file {
  const char *bytes;
  size_t count;
  const Elf64_Sym *symbols;
  size_t symbol_count;
  const Elf64_Dyn *dynamic;
  size_t dynamic_count;
  const char *texts;
  size_t text_bytes;
} lathe_object_file;

/// Maps the file and finds its tables, every offset of which is checked. 1 after `lathe_aoti_fail` for another kind of file, or another
/// machine's.
int32_t lathe_object_file_open(const char *path, lathe_object_file *file);
void lathe_object_file_close(lathe_object_file *file);

/// The text at an offset; empty for one outside the table.
static inline const char *lathe_object_file_text(const lathe_object_file *file, uint64_t offset) {
  return offset < file->text_bytes ? file->texts + offset : "";
}
#endif
