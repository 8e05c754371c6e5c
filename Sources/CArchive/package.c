#include "package.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lathe_tensor.h"

// Archives are read by libzip.

static bool ends(const char *text, size_t length, const char *with) {
  size_t count = strlen(with);
  return length >= count && memcmp(text + length - count, with, count) == 0;
}

/// A model's member by its name, `[ROOT/]data/aotinductor/MODEL/FILE`.
typedef struct { size_t root; const char *model; size_t model_length; const char *file; } place;

static bool find_place(const char *name, place *found) {
  static const char folder[] = "data/aotinductor/";
  const char *slash = strchr(name, '/'), *start = name;
  if (strncmp(name, folder, sizeof folder - 1) != 0) {
    if (!slash || strncmp(slash + 1, folder, sizeof folder - 1) != 0) return false;
    start = slash + 1;
  }
  found->root = (size_t)(start - name);
  found->model = start + sizeof folder - 1;
  const char *last = strrchr(found->model, '/');
  if (!last || !last[1]) return false;
  found->model_length = (size_t)(last - found->model);
  found->file = last + 1;
  return true;
}

static bool is_model(const place *at, const char *model) {
  return strlen(model) == at->model_length && memcmp(model, at->model, at->model_length) == 0;
}

/// The model to take where no name was given: the only one, or else `model`. NULL where it is not clear.
static char *choose(zip_t *zip, char *names, size_t names_bytes) {
  place first = {0}, at;
  bool several = false, is_default = false;
  for (int64_t i = 0; i < zip_get_num_entries(zip, 0); i++) {
    const char *name = zip_get_name(zip, (zip_uint64_t)i, 0);
    if (!name || !find_place(name, &at)) continue;
    is_default |= is_model(&at, "model");
    if (!first.model) first = at;
    else if (at.model_length != first.model_length || memcmp(at.model, first.model, at.model_length) != 0) several = true;
  }
  if (is_default) return strdup("model");
  if (first.model && !several) return strndup(first.model, first.model_length);
  snprintf(names, names_bytes, first.model ? "has several models, so one must be named" : "holds no compiled model");
  return NULL;
}

static void take(lathe_package *package, int64_t member, const char *file) {
  size_t length = strlen(file);
  bool is_wrapper = strstr(file, ".wrapper.") != NULL, is_kernel = strstr(file, ".kernel") != NULL;
  if (ends(file, length, ".so") && (is_wrapper || package->library < 0)) package->library = member;
  else if (ends(file, length, "_metadata.json")) {
    if (!is_kernel && (is_wrapper || package->metadata < 0)) package->metadata = member;
  } else if (ends(file, length, ".blob")) package->weights = member;
  else if (ends(file, length, ".json") && !ends(file, length, ".lathe.json") && !ends(file, length, "_flags.json")) package->nodes = member;
  else if (ends(file, length, ".cpp") && (is_wrapper || package->source < 0)) package->source = member;
}

static int find_members(lathe_package *package, const char *model) {
  size_t root = SIZE_MAX;  // an archive may have the model in both layouts: the one with the shortest root is taken
  place at;
  for (int64_t i = 0; i < zip_get_num_entries(package->zip, 0); i++) {
    const char *name = zip_get_name(package->zip, (zip_uint64_t)i, 0);
    if (name && find_place(name, &at) && is_model(&at, model) && at.root < root) root = at.root;
  }
  if (root == SIZE_MAX) return lathe_aoti_fail("%s: has no model '%s'", package->path, model);
  for (int64_t i = 0; i < zip_get_num_entries(package->zip, 0); i++) {
    const char *name = zip_get_name(package->zip, (zip_uint64_t)i, 0);
    if (name && find_place(name, &at) && is_model(&at, model) && at.root == root) take(package, i, at.file);
  }
  if (package->library < 0) return lathe_aoti_fail("%s: holds no compiled code of model '%s'", package->path, model);
  return 0;
}

int lathe_package_open(const char *path, const char *model, lathe_package *package) {
  *package = (lathe_package){.path = path, .library = -1, .metadata = -1, .weights = -1, .nodes = -1, .source = -1};
  int code;
  package->zip = zip_open(path, ZIP_RDONLY, &code);
  if (!package->zip) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    lathe_aoti_fail("%s: %s", path, zip_error_strerror(&error));
    zip_error_fini(&error);
    return 1;
  }
  char reason[128];
  char *chosen = model ? strdup(model) : choose(package->zip, reason, sizeof reason);
  int failed = chosen ? find_members(package, chosen) : lathe_aoti_fail("%s: %s", path, model ? "not enough memory" : reason);
  free(chosen);
  if (failed) lathe_package_close(package);
  return failed;
}

void lathe_package_close(lathe_package *package) {
  if (package->zip) zip_discard(package->zip);
  package->zip = NULL;
}

static int fail(const lathe_package *package, int64_t member, const char *what) {
  return lathe_aoti_fail("%s: %s %s", package->path, zip_get_name(package->zip, (zip_uint64_t)member, 0), what);
}

char *lathe_package_read(const lathe_package *package, int64_t member, size_t *bytes) {
  zip_stat_t facts;
  zip_file_t *file = NULL;
  char *text = NULL;
  if (zip_stat_index(package->zip, (zip_uint64_t)member, 0, &facts) == 0 && facts.valid & ZIP_STAT_SIZE && facts.size < SIZE_MAX)
    text = malloc((size_t)facts.size + 1);
  if (text) file = zip_fopen_index(package->zip, (zip_uint64_t)member, 0);
  zip_int64_t count = file ? zip_fread(file, text, facts.size) : -1;
  if (file) zip_fclose(file);
  if (count < 0 || (zip_uint64_t)count != facts.size) {
    free(text);
    fail(package, member, "cannot be read");
    return NULL;
  }
  text[count] = 0;
  *bytes = (size_t)count;
  return text;
}

int lathe_package_extract(const lathe_package *package, int64_t member, const char *path) {
  zip_file_t *source = zip_fopen_index(package->zip, (zip_uint64_t)member, 0);
  if (!source) return fail(package, member, "cannot be read");
  int target = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  char *buffer = malloc(1 << 20);
  zip_int64_t count = 0;
  int failed = target < 0 || !buffer ? lathe_aoti_fail("%s: cannot be written: %s", path, strerror(errno)) : 0;
  while (!failed && (count = zip_fread(source, buffer, 1 << 20)) > 0)
    for (zip_int64_t done = 0; !failed && done < count;) {
      ssize_t written = write(target, buffer + done, (size_t)(count - done));
      if (written > 0) done += written;
      else if (errno != EINTR) failed = lathe_aoti_fail("%s: cannot be written: %s", path, strerror(errno));
    }
  if (!failed && count < 0) failed = fail(package, member, "is damaged");
  zip_fclose(source);
  free(buffer);
  if (target >= 0) close(target);
  return failed;
}
