// Programs run as children.
#ifndef LATHE_PROCESS_H
#define LATHE_PROCESS_H
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/// Starts the program `arguments[0]` (the list ends with NULL) in a process group of its own, in `folder` (NULL for this process's),
/// without input and with messages in English. What it writes to standard output and error can be read from `*output`, which ends when
/// it and all it started have ended. Returns 0 and its process id, or errno.
int lathe_spawn(char *const *arguments, const char *folder, int *output, int32_t *process);

#ifdef __cplusplus
}
#endif
#endif
