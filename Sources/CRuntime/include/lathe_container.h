// The container of a compiled graph's constants and calls (lathe_container.c). Artifacts for archives have it inside, under the names of
// PyTorch's AOTInductorModelContainer functions; those that this process compiles for itself use the one of the program that loads them.
#ifndef LATHE_CONTAINER_H
#define LATHE_CONTAINER_H
#include "lathe_model.h"
#ifdef __cplusplus
extern "C" {
#endif

/// Records why the calling thread's call failed, one sentence, and returns 1.
int32_t lathe_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/// The same for a function of the host that failed, with the host's reason where it gives one.
int32_t lathe_fail_in_host(const char *expression);
/// Makes `call->arena` at least `bytes` large; what was in it is lost. 1 where memory is short.
int32_t lathe_arena(lathe_call *call, uint64_t bytes);
/// Nanoseconds of a clock that only goes forward.
uint64_t lathe_nanoseconds(void);

/// Returns 1 from the function around it where a function of the host fails.
#define LATHE_TRY(expression) \
  do { if (__builtin_expect((expression) != 0, 0)) return lathe_fail_in_host(#expression); } while (0)
/// Returns 1 from the function around it, with this sentence, where the condition does not hold.
#define LATHE_CHECK(condition, ...) \
  do { if (__builtin_expect(!(condition), 0)) return lathe_fail(__VA_ARGS__); } while (0)

/// Bytes of a tensor from `start` on, or all of them where it is NULL, will not be read soon: pages of a mapped file leave memory and come
/// back when they are read. Nothing for memory of another kind.
void lathe_forget(void *tensor, const void *start, size_t bytes);

/// A container of a model that lives at least as long; what `AOTInductorModelContainerCreateWithDevice` is to an archive's artifact.
int32_t lathe_container_create(const lathe_model_info *model, void **handle);
/// Gives constants new values, of one of the two sets: copies, or where `in_place` the tensors themselves. `full`: all parameters have to
/// be among them.
int32_t lathe_container_update(void *handle, const lathe_constant_pair *pairs, size_t count, bool inactive, bool full, bool in_place);
/// This program's own AOTInductorModelContainer function of that name, NULL where it has none.
void *lathe_container_function(const char *name);

#ifdef __cplusplus
}
#endif
#endif
