// What a container says of its model; included by lathe_container.c, whose types it knows.

#if defined(LATHE_ARCHIVE)
/// Whether those who ask for constants see this one: not in archives what the compiler made of others.
static bool is_visible(const lathe_constant_info *info) { return !info->folded && !info->hidden; }
#else
static bool is_visible(const lathe_constant_info *info) { return !info->hidden; }
#endif
static int32_t visible_count(const lathe_model_info *model) {
  int32_t count = 0;
  for (int32_t i = 0; i < model->constant_count; i++) count += is_visible(&model->constants[i]);
  return count;
}
/// The constant of this number among those that are visible.
static const lathe_constant_info *visible(const lathe_model_info *model, size_t index) {
  const lathe_constant_info *info = model->constants;
  for (;; info++)
    if (is_visible(info) && index-- == 0) return info;
}

#define ANSWER(name, type, value) \
  EXPORT AOTIRuntimeError AOTInductorModelContainer##name(void *handle, type *answer) { \
    const container *self = handle; \
    *answer = value; \
    return 0; \
  }
ANSWER(GetNumInputs, size_t, (size_t)self->model->input_count)
ANSWER(GetNumOutputs, size_t, (size_t)self->model->output_count)
ANSWER(GetNumConstants, size_t, (size_t)visible_count(self->model))
ANSWER(DidCallLoadConstants, bool, self->loaded)
ANSWER(GetConstantsBlobSize, uint64_t, self->model->constant_bytes)

#define ANSWER_AT(name, count, type, value) \
  EXPORT AOTIRuntimeError AOTInductorModelContainer##name(void *handle, size_t index, type *answer) { \
    const lathe_model_info *model = ((container *)handle)->model; \
    LATHE_CHECK(index < (size_t)(count), "index %zu is not below %d", index, count); \
    *answer = value; \
    return 0; \
  }
ANSWER_AT(GetInputName, model->input_count, const char *, model->input_names[index])
ANSWER_AT(GetOutputName, model->output_count, const char *, model->output_names[index])
ANSWER_AT(GetConstantName, visible_count(model), const char *, visible(model, index)->name)
ANSWER_AT(GetConstantOriginalFQN, visible_count(model), const char *, visible(model, index)->fqn)
ANSWER_AT(GetConstantDtype, visible_count(model), int32_t, visible(model, index)->dtype)
ANSWER_AT(GetConstantType, visible_count(model), int32_t, visible(model, index)->type)
ANSWER_AT(GetConstantFromFolded, visible_count(model), bool, visible(model, index)->folded)
ANSWER_AT(GetConstantDataSize, visible_count(model), size_t, visible(model, index)->bytes)


EXPORT AOTIRuntimeError AOTInductorModelContainerGetCallSpec(void *handle, const char **in_spec, const char **out_spec) {
  const lathe_model_info *model = ((container *)handle)->model;
  *in_spec = model->in_spec;
  *out_spec = model->out_spec;
  return 0;
}

/// Calls on a CPU have no stream: affinity changes nothing.
EXPORT AOTIRuntimeError AOTInductorModelContainerSetUseStreamAffinity(void *handle, bool use) {
  (void)handle;
  (void)use;
  return 0;
}
EXPORT AOTIRuntimeError AOTInductorModelContainerGetStreamAffinityModelIndexForTesting(void *handle, void *stream, int64_t *index) {
  (void)handle;
  (void)stream;
  *index = -2;  // disabled
  return 0;
}
