// Members of a model in an archive.
#ifndef LATHE_PACKAGE_H
#define LATHE_PACKAGE_H
#include <stddef.h>
#include <stdint.h>
#include <zip.h>

typedef struct lathe_package {
  zip_t *zip;
  const char *path;  // the caller's
  // Places of the model's members in the archive; -1 for none.
  int64_t library, metadata, weights, nodes, source;
} lathe_package;

/// Finds the model, in the layout of PyTorch 2.6 or of 2.8 and later. 1 after `lathe_aoti_fail`; else `lathe_package_close` it.
int lathe_package_open(const char *path, const char *model, lathe_package *package);
void lathe_package_close(lathe_package *package);

/// A member's bytes with a zero behind them, to be freed; NULL after `lathe_aoti_fail`.
char *lathe_package_read(const lathe_package *package, int64_t member, size_t *bytes);
/// Writes a member to a new file. 1 after `lathe_aoti_fail`.
int lathe_package_extract(const lathe_package *package, int64_t member, const char *path);
#endif
