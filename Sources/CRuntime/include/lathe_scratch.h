// Scratch memory of threads.
#ifndef LATHE_SCRATCH_H
#define LATHE_SCRATCH_H
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

/// Scratch memory of the calling thread, 64-byte aligned, kept between calls and grown as needed; valid until the same thread
/// asks for the same slot again. For packing buffers inside kernels; a process that cannot get these few bytes is ended with a
/// message. Slots: 0 and 1 matrix products, 2 and 3 convolutions, 4 and 5 attention, 6 and 7 everything else.
void *lathe_scratch(int slot, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
