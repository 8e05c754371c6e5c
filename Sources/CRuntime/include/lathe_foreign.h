// Shared objects that were compiled against PyTorch's libraries, loaded without them.
#ifndef LATHE_FOREIGN_H
#define LATHE_FOREIGN_H
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

/// Loads a compiled program that asks for libtorch.so and libtorch_cpu.so and finds their functions here; what `dlopen` returns, for
/// `dlsym` and `dlclose`. NULL, with the failure recorded (`lathe_aoti_fail`), for a file that is no shared object of this machine's, one
/// that needs functions which are not here (all of them are named), or a library that the system lacks. None of its code has run then.
///
/// The names of libtorch are given to a shared object of a few kilobytes in memory, which has this program's functions as absolute
/// symbols: nothing is written to a disk, no compiler is needed, and the program need not export them itself. Sleef's functions, which
/// libtorch exports too, come from libsleef.so.3.
void *lathe_foreign_open(const char *path);

/// The address of that function of the stable C interface in this program; NULL where it has none.
void *lathe_foreign_function(const char *name);

/// The name of an instruction set that code needs and this machine lacks, NULL for none, by what is said of the code: PyTorch's
/// `AOTI_CPU_ISA` in an archive's metadata, or the text of a generated source, which ends with the command that compiled it.
const char *lathe_foreign_missing_feature(const char *text, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
