#define _GNU_SOURCE
#include "lathe_process.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/// This process's environment with LC_ALL=C; one block to free.
static char **english_environment(void) {
  size_t count = 0;
  while (environ[count]) count++;
  char **all = malloc((count + 2) * sizeof *all);
  if (!all) return NULL;
  size_t kept = 0;
  all[kept++] = "LC_ALL=C";
  for (size_t i = 0; i < count; i++)
    if (strncmp(environ[i], "LC_ALL=", 7) != 0) all[kept++] = environ[i];
  all[kept] = NULL;
  return all;
}

int lathe_spawn(char *const *arguments, const char *folder, int *output, int32_t *process) {
  char **environment = english_environment();
  int ends[2];
  if (!environment) return ENOMEM;
  if (pipe2(ends, O_CLOEXEC) != 0) {
    int code = errno;
    free(environment);
    return code;
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  if (folder) posix_spawn_file_actions_addchdir_np(&actions, folder);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t started;
  int code = posix_spawn(&started, arguments[0], &actions, &attributes, arguments, environment);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  free(environment);
  close(ends[1]);
  if (code != 0) {
    close(ends[0]);
    return code;
  }
  *output = ends[0];
  *process = started;
  return 0;
}
