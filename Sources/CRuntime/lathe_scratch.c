#include "lathe_scratch.h"
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// Scratch memory, freed when its thread ends.

enum { SLOTS = 8 };
typedef struct { void *data[SLOTS]; size_t bytes[SLOTS]; } scratch_slots;
static _Thread_local scratch_slots scratch;
static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;

static void free_scratch(void *slots) {
  scratch_slots *all = slots;
  for (int i = 0; i < SLOTS; i++) {
    free(all->data[i]);
    all->data[i] = NULL;
    all->bytes[i] = 0;
  }
}
static void make_scratch_key(void) { pthread_key_create(&scratch_key, free_scratch); }

void *lathe_scratch(int slot, size_t bytes) {
  if (bytes <= scratch.bytes[slot] && scratch.data[slot]) return scratch.data[slot];
  pthread_once(&scratch_once, make_scratch_key);
  pthread_setspecific(scratch_key, &scratch);
  size_t size = (bytes + bytes / 4 + 4095) & ~(size_t)4095;
  if (size == 0) size = 4096;
  free(scratch.data[slot]);
  scratch.data[slot] = aligned_alloc(64, size);
  if (!scratch.data[slot]) {
    fprintf(stderr, "lathe: no memory for %zu bytes of working space\n", size);
    abort();
  }
  scratch.bytes[slot] = size;
  return scratch.data[slot];
}
