// Stands in for PyTorch's libraries.
#ifndef LATHE_FOREIGN_STUB_H
#define LATHE_FOREIGN_STUB_H
#include <stddef.h>
#include <stdint.h>

typedef struct lathe_symbol { const char *name; void *address; } lathe_symbol;

/// Loads a shared object of that soname with these functions as absolute symbols, for the rest of the process. 1 after `lathe_aoti_fail`.
int32_t lathe_stub_load(const char *soname, const lathe_symbol *symbols, size_t count);
#endif
