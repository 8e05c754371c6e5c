// A flat JSON object of texts.
#ifndef LATHE_METADATA_H
#define LATHE_METADATA_H
#include <stddef.h>

typedef struct lathe_metadata_table { char **keys, **values; size_t count; } lathe_metadata_table;

/// 1 for a text that is no object of texts; `lathe_metadata_free` what it made.
int lathe_metadata_parse(const char *text, lathe_metadata_table *table);
void lathe_metadata_free(lathe_metadata_table *table);
/// The operators that external nodes call, with commas between (`extern_kernel_nodes` JSON), cut at the end of the buffer.
void lathe_node_targets(const char *text, char *names, size_t bytes);
#endif
