#define _GNU_SOURCE
#include "lathe_storage.h"
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// An allocated storage is one block: this header, then its bytes. Freed blocks wait in a list per size class (eight classes to a
// power of two) and in one list by age; past the cap, the oldest go back to the system.

struct lathe_storage {
  void *data;
  size_t bytes;
  _Atomic intptr_t references;
  size_t block;                       // the whole block's bytes; 0 for borrowed memory
  void (*release)(void *);
  void *context;
  struct lathe_storage *class_next, *class_previous, *older, *newer;  // while cached
  bool writable;
  bool mapped;                        // from a file, by whole pages, read-only
};

enum { HEADER = 128, CLASSES = 64 * 8 };
_Static_assert(sizeof(struct lathe_storage) <= HEADER, "the header must leave the data aligned");
static const size_t LEAST_FORGOTTEN = 64 << 10;  // less is not worth a call
static const size_t MAPPED = (size_t)4 << 20, HUGE_PAGE = (size_t)2 << 20, MOST_CACHED = (size_t)4 << 30;

static struct {
  pthread_mutex_t lock;
  lathe_storage *classes[CLASSES];
  lathe_storage *oldest, *newest;
  size_t cap;
  lathe_memory_statistics statistics;
} memory = {.lock = PTHREAD_MUTEX_INITIALIZER};
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void lock(void) { pthread_mutex_lock(&memory.lock); }
static void unlock(void) { pthread_mutex_unlock(&memory.lock); }

static void prepare(void) {
  size_t physical = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
  memory.cap = physical / 8 < MOST_CACHED ? physical / 8 : MOST_CACHED;
  pthread_atfork(lock, unlock, unlock);
}

/// The smallest class's size that holds `bytes`, and its number.
static size_t class_of(size_t bytes, int *number) {
  if (bytes < 512) bytes = 512;
  int power = 63 - __builtin_clzll((unsigned long long)bytes);
  size_t step = (size_t)1 << (power - 3), size = (bytes + step - 1) & ~(step - 1);
  power = 63 - __builtin_clzll((unsigned long long)size);
  *number = power * 8 + (int)(size >> (power - 3) & 7);
  return size;
}

/// A block of this size, of which the first `used` bytes are going to be written.
static lathe_storage *block_from_system(size_t size, size_t used) {
  if (size < MAPPED) return aligned_alloc(64, size);
  // Large blocks start on a huge page's boundary, which spares most page faults and TLB misses.
  size_t room = size + HUGE_PAGE;
  char *start = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return NULL;
  char *block = (char *)(((uintptr_t)start + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
  if (block > start) munmap(start, (size_t)(block - start));
  char *end = block + size, *mapped_end = start + room;
  if (mapped_end > end) munmap(end, (size_t)(mapped_end - end));
  madvise(block, used & ~(HUGE_PAGE - 1), MADV_HUGEPAGE);  // the last one would take memory that nobody uses
  return (lathe_storage *)block;
}

static void block_to_system(lathe_storage *block) {
  size_t size = block->block;
  if (size < MAPPED) free(block);
  else munmap(block, size);
}

static void leave_cache(lathe_storage *block) {
  int number;
  size_t size = class_of(block->block, &number);
  if (block->class_previous) block->class_previous->class_next = block->class_next;
  else memory.classes[number] = block->class_next;
  if (block->class_next) block->class_next->class_previous = block->class_previous;
  if (block->newer) block->newer->older = block->older;
  else memory.newest = block->older;
  if (block->older) block->older->newer = block->newer;
  else memory.oldest = block->newer;
  memory.statistics.cached -= size;
}

/// Takes blocks, oldest first, out of the cache until at most `bytes` are left in it; returns them linked by `class_next`.
static lathe_storage *shrink_cache(size_t bytes) {
  lathe_storage *gone = NULL;
  while (memory.statistics.cached > bytes) {
    lathe_storage *block = memory.oldest;
    leave_cache(block);
    block->class_next = gone;
    gone = block;
  }
  return gone;
}

static void give_back(lathe_storage *blocks) {
  while (blocks) {
    lathe_storage *next = blocks->class_next;
    block_to_system(blocks);
    blocks = next;
  }
}

static void count_live(size_t bytes) {
  memory.statistics.live += bytes;
  if (memory.statistics.live > memory.statistics.peak) memory.statistics.peak = memory.statistics.live;
}

lathe_storage *lathe_storage_allocate(size_t bytes) {
  if (bytes > SIZE_MAX / 4) return NULL;
  pthread_once(&once, prepare);
  int number;
  size_t size = class_of(bytes + HEADER, &number);
  lock();
  lathe_storage *storage = memory.classes[number];
  if (storage) leave_cache(storage);
  count_live(bytes);
  unlock();
  if (!storage) {
    storage = block_from_system(size, bytes + HEADER);
    if (!storage) {
      lathe_memory_trim();
      storage = block_from_system(size, bytes + HEADER);
    }
    if (!storage) {
      lock();
      memory.statistics.live -= bytes;
      unlock();
      return NULL;
    }
  }
  *storage = (lathe_storage){.data = (char *)storage + HEADER, .bytes = bytes, .references = 1, .block = size, .writable = true};
  return storage;
}

lathe_storage *lathe_storage_borrow(void *data, size_t bytes, bool writable, void (*release)(void *), void *context) {
  lathe_storage *storage = malloc(sizeof *storage);
  if (storage)
    *storage = (lathe_storage){
      .data = data, .bytes = bytes, .references = 1, .release = release, .context = context, .writable = writable};
  return storage;
}

lathe_storage *lathe_storage_borrow_mapped(const void *data, size_t bytes, void (*release)(void *), void *context) {
  lathe_storage *storage = lathe_storage_borrow((void *)data, bytes, false, release, context);
  if (storage) storage->mapped = true;
  return storage;
}

void lathe_storage_forget(lathe_storage *storage, const void *start, size_t bytes) {
  if (!storage->mapped || bytes < LEAST_FORGOTTEN) return;
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), first = (uintptr_t)start & ~(page - 1), end = (uintptr_t)start + bytes;
  const size_t length = ((end + page - 1) & ~(page - 1)) - first;
  madvise((void *)first, length, MADV_DONTNEED);
  // Who reads single rows later, as an embedding does, gets their pages then, not two megabytes around each.
  madvise((void *)first, length, MADV_NOHUGEPAGE);
}

void lathe_storage_retain(lathe_storage *storage) {
  atomic_fetch_add_explicit(&storage->references, 1, memory_order_relaxed);
}

void lathe_storage_release(lathe_storage *storage) {
  if (atomic_fetch_sub_explicit(&storage->references, 1, memory_order_acq_rel) != 1) return;
  if (storage->block == 0) {
    if (storage->release) storage->release(storage->context);
    free(storage);
    return;
  }
  int number;
  class_of(storage->block, &number);
  lock();
  memory.statistics.live -= storage->bytes;
  storage->class_previous = NULL;
  storage->class_next = memory.classes[number];
  if (storage->class_next) storage->class_next->class_previous = storage;
  memory.classes[number] = storage;
  storage->newer = NULL;
  storage->older = memory.newest;
  if (storage->older) storage->older->newer = storage;
  else memory.oldest = storage;
  memory.newest = storage;
  memory.statistics.cached += storage->block;
  lathe_storage *gone = shrink_cache(memory.cap);
  unlock();
  give_back(gone);
}

void *lathe_storage_data(const lathe_storage *storage) { return storage->data; }
size_t lathe_storage_bytes(const lathe_storage *storage) { return storage->bytes; }
bool lathe_storage_is_writable(const lathe_storage *storage) { return storage->writable; }
bool lathe_storage_is_allocated(const lathe_storage *storage) { return !storage->mapped; }

lathe_memory_statistics lathe_memory_statistics_now(void) {
  lock();
  lathe_memory_statistics now = memory.statistics;
  unlock();
  return now;
}

void lathe_memory_reset_peak(void) {
  lock();
  memory.statistics.peak = memory.statistics.live;
  unlock();
}

void lathe_memory_trim(void) {
  lock();
  lathe_storage *gone = shrink_cache(0);
  unlock();
  give_back(gone);
  malloc_trim(0);
}
