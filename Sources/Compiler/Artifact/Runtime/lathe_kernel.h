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
#include "lathe_libc.h"
#include "lathe_container.h"
#include "lathe_scratch.h"
#include "lathe_threads.h"

/// The model's table: exported where the container is the loading program's, else known to the artifact's own.
#if defined(LATHE_ARCHIVE)
extern const lathe_model_info lathe_model;
#else
extern LATHE_EXPORT const lathe_model_info lathe_model;
#endif

#if defined(LATHE_ARCHIVE)
/// `lathe_parallel_for` and `lathe_thread_count` of lathe_threads.h and `lathe_scratch` of lathe_scratch.h, by the host where it exports
/// them, else by the artifact's own; an artifact that is for a process of Lathe alone calls the host's by their names.
void lathe_artifact_parallel_for(intptr_t count, intptr_t grain, lathe_range_body body, void *context);
int lathe_artifact_thread_count(void);
void *lathe_artifact_scratch(int slot, size_t bytes);
#define lathe_scratch lathe_artifact_scratch
#define lathe_parallel_for lathe_artifact_parallel_for
#define lathe_thread_count lathe_artifact_thread_count
#endif

/// What follows bytes of a tensor that are done, as arguments of a function that tells which are.
#if defined(LATHE_ARCHIVE)
#define LATHE_FORGETTING(tensor) NULL, NULL
#else
#define LATHE_FORGETTING(tensor) lathe_forget, tensor
#endif

/// A function that runs once a call: its optimisation would take longer than the kernels'.
#if defined(__clang__)
#define LATHE_STRAIGHT_CODE __attribute__((optnone, noinline))
#else
#define LATHE_STRAIGHT_CODE __attribute__((optimize("O0"), noinline))
#endif

/// Deletes a temporary early and empties its slot.
static inline void lathe_drop(lathe_call *call, int32_t slot) {
  aoti_torch_delete_tensor_object(call->temporaries[slot]);
  call->temporaries[slot] = NULL;
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
