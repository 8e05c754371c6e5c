// What generated code includes: kernels, and the model's run function.
#ifndef LATHE_KERNEL_H
#define LATHE_KERNEL_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define LATHE_WITHOUT_INTRINSICS
#define LATHE_ONE_LEVEL
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include "lathe_libc.h"
#include "lathe_model.h"
#include "lathe_scratch.h"
#include "lathe_threads.h"

extern const lathe_model_info lathe_model;

#if !defined(LATHE_IN_HOST)
/// `lathe_parallel_for` and `lathe_thread_count` of lathe_threads.h and `lathe_scratch` of lathe_scratch.h, by the host where it exports
/// them, else by the artifact's own; an artifact that is for a process of Lathe alone calls the host's by their names.
void lathe_artifact_parallel_for(intptr_t count, intptr_t grain, lathe_range_body body, void *context);
int lathe_artifact_thread_count(void);
void *lathe_artifact_scratch(int slot, size_t bytes);
#define lathe_scratch lathe_artifact_scratch
#define lathe_parallel_for lathe_artifact_parallel_for
#define lathe_thread_count lathe_artifact_thread_count
#endif

/// A function that runs once a call: its optimisation would take longer than the kernels'.
#if defined(__clang__)
#define LATHE_STRAIGHT_CODE __attribute__((optnone, noinline))
#else
#define LATHE_STRAIGHT_CODE __attribute__((optimize("O0"), noinline))
#endif

/// Records why the calling thread's call failed, one sentence, and returns 1.
int32_t lathe_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/// The same for a function of the host that failed, with the host's reason where it gives one.
int32_t lathe_fail_in_host(const char *expression);
/// Makes `call->arena` at least `bytes` large; what was in it is lost. 1 where memory is short.
int32_t lathe_arena(lathe_call *call, uint64_t bytes);

/// Returns 1 from the function around it where a function of the host fails.
#define LATHE_TRY(expression) \
  do { if (__builtin_expect((expression) != 0, 0)) return lathe_fail_in_host(#expression); } while (0)
/// Returns 1 from the function around it, with this sentence, where the condition does not hold.
#define LATHE_CHECK(condition, ...) \
  do { if (__builtin_expect(!(condition), 0)) return lathe_fail(__VA_ARGS__); } while (0)

/// Deletes a temporary early and empties its slot.
static inline void lathe_drop(lathe_call *call, int32_t slot) {
  aoti_torch_delete_tensor_object(call->temporaries[slot]);
  call->temporaries[slot] = NULL;
}

static inline uint64_t lathe_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/// Runs a kernel's statements; counts them and their time under `kernel`, an index of `kernel_names`, where the call is profiled.
#define LATHE_KERNEL(call, kernel, ...) \
  do { \
    if (__builtin_expect((call)->nanoseconds != NULL, 0)) { \
      uint64_t lathe_begin = lathe_nanoseconds(); \
      __VA_ARGS__; \
      __atomic_fetch_add(&(call)->nanoseconds[kernel], lathe_nanoseconds() - lathe_begin, __ATOMIC_RELAXED); \
      __atomic_fetch_add(&(call)->calls[kernel], 1, __ATOMIC_RELAXED); \
    } else { \
      __VA_ARGS__; \
    } \
  } while (0)
#endif
