// One pool of threads for all kernels.
#ifndef LATHE_THREADS_H
#define LATHE_THREADS_H
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/// The body gets a half-open range of the iteration space and the index of the thread that runs it (0 ..< thread count).
typedef void (*lathe_range_body)(void *context, intptr_t begin, intptr_t end, int thread);

/// Runs `body` over 0 ..< count, split into ranges of at least `grain`; runs inline when one range is enough or when
/// called from inside another parallel region. Returns when all ranges are done. Callable from any thread.
void lathe_parallel_for(intptr_t count, intptr_t grain, lathe_range_body body, void *context);

/// Threads that take part, the caller included: OMP_NUM_THREADS where set, else the cores this process may run on.
int lathe_thread_count(void);
/// Changes the number of threads for later calls; at least 1.
void lathe_set_thread_count(int count);

#ifdef __cplusplus
}
#endif
#endif
