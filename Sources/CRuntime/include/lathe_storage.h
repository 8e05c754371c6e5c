// Reference-counted bytes that tensors view: allocated here, or borrowed from a mapped file.
#ifndef LATHE_STORAGE_H
#define LATHE_STORAGE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct lathe_storage lathe_storage;

/// New uninitialised bytes, 64-byte aligned, from a caching allocator (a freed block is kept and reused for a request of about
/// its size, so large temporaries do not fault their pages in again). NULL when memory is short.
lathe_storage *lathe_storage_allocate(size_t bytes);
/// Bytes owned by someone else; `release(context)` is called when the last reference goes.
lathe_storage *lathe_storage_borrow(void *data, size_t bytes, bool writable, void (*release)(void *), void *context);
/// The same for bytes inside a file that is mapped, whole pages of it, to be read only.
lathe_storage *lathe_storage_borrow_mapped(const void *data, size_t bytes, void (*release)(void *), void *context);
/// These bytes of the storage will not be read soon. Where they are a mapped file's, their pages leave memory; they come back when they
/// are read. Other memory stays as it is.
void lathe_storage_forget(lathe_storage *storage, const void *start, size_t bytes);
void lathe_storage_retain(lathe_storage *storage);
void lathe_storage_release(lathe_storage *storage);
void *lathe_storage_data(const lathe_storage *storage);
size_t lathe_storage_bytes(const lathe_storage *storage);
bool lathe_storage_is_writable(const lathe_storage *storage);
/// Whether it is in memory that was allocated, here or elsewhere, not in a mapped file.
bool lathe_storage_is_allocated(const lathe_storage *storage);

/// Bytes in live allocated storages, the highest that has been since the last reset, and bytes held in the cache.
typedef struct lathe_memory_statistics { size_t live, peak, cached; } lathe_memory_statistics;
lathe_memory_statistics lathe_memory_statistics_now(void);
void lathe_memory_reset_peak(void);
/// Gives every cached block back to the system, and what else of the process's heap is free.
void lathe_memory_trim(void);

#ifdef __cplusplus
}
#endif
#endif
