#include "lathe_tile.h"
#include "lathe_scratch.h"
#include "lathe_threads.h"
#include "tile_plan.h"

enum { PLAN_SLOT = 6, REGISTER_SLOT = 7, STACK_BYTES = 16 << 10, GRAIN = 32768 };

/// The tile a thread is at.
typedef struct cursor {
  intptr_t at[LATHE_MAX_RANK];  // position over the dimensions outside the box
  intptr_t t0, t1;              // which tile along dimension 0 and along `second`
  intptr_t n0, n1, index;
} cursor;

static void fill(char *d, const tile_step *s, intptr_t n) {
  switch (s->type) {
  case LATHE_TILE_BOOL: memset(d, (int)s->immediate, (size_t)n); break;
  case LATHE_TILE_F32: {
    uint32_t *words = (uint32_t *)d;
    for (intptr_t i = 0; i < n; i++) words[i] = (uint32_t)s->immediate;
    break;
  }
  default: for (intptr_t i = 0; i < n; i++) ((int64_t *)d)[i] = s->immediate;
  }
}

static bool has_zero(const int64_t *b, intptr_t n) {
  int64_t zero = 0;
  for (intptr_t i = 0; i < n; i++) zero |= b[i] == 0;
  return zero != 0;
}

static void load(const tile_plan *plan, const tile_step *s, char *d, const char *memory, const cursor *at) {
  static const int8_t bytes[] = {1, 8, 4, 8};
  const intptr_t *strides = plan->strides[s->operand];
  intptr_t row = at->n0 * bytes[s->type], s1 = strides[plan->second], element = plan->element[s->operand];
  int kind = lathe_dtype_log2(tile_natural_dtype(s->type));
  if (at->n1 == 1 || (s1 == at->n0 * strides[0] && at->n0 == plan->sizes[0])) {
    s->run.convert(d, 1, memory, strides[0], at->n0 * at->n1);
  } else if (s1 == 1 && strides[0] > 1 && s->run.convert == plan->convert->move[kind]) {
    plan->convert->transpose[kind](d, at->n0, memory, strides[0], at->n1, at->n0);
  } else {
    for (intptr_t r = 0; r < at->n1; r++) s->run.convert(d + r * row, 1, memory + r * s1 * element, strides[0], at->n0);
  }
}

static void store(const tile_plan *plan, const tile_step *s, char *memory, const char *a, const cursor *at) {
  const intptr_t *strides = plan->strides[s->operand];
  intptr_t s1 = strides[plan->second], element = plan->element[s->operand];
  if (at->n1 == 1 || (s1 == at->n0 * strides[0] && at->n0 == plan->sizes[0])) {
    s->run.convert(memory, strides[0], a, 1, at->n0 * at->n1);
    return;
  }
  static const int8_t bytes[] = {1, 8, 4, 8};
  intptr_t row = at->n0 * bytes[s->type];
  for (intptr_t r = 0; r < at->n1; r++) s->run.convert(memory + r * s1 * element, strides[0], a + r * row, 1, at->n0);
}

static void count_up(const tile_plan *plan, int64_t *d, const cursor *at) {
  const intptr_t *strides = plan->strides[plan->operands];
  for (intptr_t r = 0; r < at->n1; r++)
    for (intptr_t i = 0; i < at->n0; i++) *d++ = at->index + r * strides[plan->second] + i * strides[0];
}

/// Sets the tile's sizes and every operand's address.
static void place(const tile_plan *plan, cursor *at, char **memory) {
  intptr_t first0 = at->t0 * plan->box0, first1 = at->t1 * plan->box1;
  at->n0 = plan->sizes[0] - first0 < plan->box0 ? plan->sizes[0] - first0 : plan->box0;
  at->n1 = plan->second == 0 ? 1 : plan->sizes[plan->second] - first1 < plan->box1 ? plan->sizes[plan->second] - first1 : plan->box1;
  for (int k = 0; k <= plan->operands; k++) {
    const intptr_t *strides = plan->strides[k];
    intptr_t offset = first0 * strides[0] + (plan->second ? first1 * strides[plan->second] : 0);
    for (int j = 1; j < plan->rank; j++) if (j != plan->second) offset += at->at[j] * strides[j];
    if (k == plan->operands) at->index = offset;
    else memory[k] = plan->data[k] + offset * plan->element[k];
  }
}

static void advance(const tile_plan *plan, cursor *at) {
  if (++at->t0 < plan->tiles0) return;
  at->t0 = 0;
  if (++at->t1 < plan->tiles1) return;
  at->t1 = 0;
  for (int j = 1; j < plan->rank; j++) {
    if (j == plan->second) continue;
    if (++at->at[j] < plan->sizes[j]) return;
    at->at[j] = 0;
  }
}

static void run_tiles(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  tile_plan *plan = context;
  _Alignas(64) char stack[STACK_BYTES];
  char *registers = plan->register_bytes <= STACK_BYTES ? stack : lathe_scratch(REGISTER_SLOT, (size_t)plan->register_bytes);
  char *pointer[plan->registers + plan->operands + 1];
  const char *loaded[plan->steps + 1];
  intptr_t loaded_n0 = -1, loaded_n1 = -1;
  for (int r = 0; r < plan->registers; r++) pointer[r] = registers + plan->register_offset[r];
  for (int i = 0; i < plan->steps; i++) loaded[i] = NULL;
  cursor at;
  at.t0 = begin % plan->tiles0;
  at.t1 = begin / plan->tiles0 % plan->tiles1;
  intptr_t rest = begin / plan->tiles0 / plan->tiles1;
  for (int j = 1; j < plan->rank; j++) {
    if (j == plan->second) continue;
    at.at[j] = rest % plan->sizes[j];
    rest /= plan->sizes[j];
  }
  for (intptr_t tile = begin; tile < end; tile++) {
    place(plan, &at, pointer + plan->registers);
    intptr_t n = at.n0 * at.n1;
    bool same_box = at.n0 == loaded_n0 && at.n1 == loaded_n1;
    loaded_n0 = at.n0;
    loaded_n1 = at.n1;
    for (int i = 0; i < plan->steps; i++) {
      const tile_step *s = &plan->step[i];
      char *d = pointer[s->d];
      switch ((tile_step_kind)s->kind) {
      case TILE_DIVIDE:
        if (has_zero((const int64_t *)pointer[s->b], n)) { atomic_store_explicit(&plan->failed, true, memory_order_relaxed); return; }
        s->run.compute(d, pointer[s->a], pointer[s->b], pointer[s->c], n);
        break;
      case TILE_COMPUTE: s->run.compute(d, pointer[s->a], pointer[s->b], pointer[s->c], n); break;
      case TILE_CAST: s->run.convert(d, 1, pointer[s->a], 1, n); break;
      case TILE_LOAD: {
        const char *memory = pointer[plan->registers + s->operand];
        if (s->once) {
          if (tile == begin) s->run.convert(d, 1, memory, 0, plan->box0 * plan->box1);
        } else if (!(s->cached && same_box && loaded[i] == memory)) {
          load(plan, s, d, memory, &at);
          loaded[i] = memory;
        }
        break;
      }
      case TILE_INDEX: count_up(plan, (int64_t *)d, &at); break;
      case TILE_CONSTANT:
        if (!s->once) fill(d, s, n);
        else if (tile == begin) fill(d, s, plan->box0 * plan->box1);
        break;
      case TILE_STORE: store(plan, s, pointer[plan->registers + s->operand], pointer[s->a], &at); break;
      case TILE_STREAM:
        plan->convert->stream(pointer[plan->registers + s->operand], pointer[s->a], (size_t)(n * plan->element[s->operand]));
        break;
      }
    }
    advance(plan, &at);
  }
}

int lathe_tile_run(const lathe_tile_program *program, int32_t rank, const intptr_t *sizes, const lathe_view *views) {
  int operands = program->inputs + program->outputs;
  for (int k = 0; k < rank; k++) if (sizes[k] == 0) return 0;
  tile_plan plan;
  lathe_strides strides[operands + 1];
  char *data[operands + 1];
  int8_t element[operands + 1];
  bool counts = false;
  for (int i = 0; i < program->count; i++) counts = counts || program->code[i].op == LATHE_OP_INDEX;
  intptr_t linear = 1;
  for (int k = rank - 1; k >= 0; k--) {
    plan.sizes[k] = sizes[k];
    strides[operands][k] = linear;
    linear *= sizes[k];
  }
  for (int m = 0; m < operands; m++) {
    for (int k = 0; k < rank; k++) strides[m][k] = views[m].strides[k];
    data[m] = views[m].data;
    element[m] = (int8_t)lathe_dtype_size(views[m].dtype);
  }
  plan.rank = lathe_nest_arrange(rank, plan.sizes, counts ? operands + 1 : operands, strides, false);
  if (!counts) for (int k = 0; k < plan.rank; k++) strides[operands][k] = 0;
  plan.operands = operands;
  plan.registers = program->registers;
  plan.strides = strides;
  plan.data = data;
  plan.element = element;
  plan.convert = LATHE_TABLE(convert_kernels);
  atomic_init(&plan.failed, false);
  tile_step few[48];
  int steps = program->count + program->outputs;
  plan.step = steps <= 48 ? few : lathe_scratch(PLAN_SLOT, (size_t)steps * sizeof(tile_step));
  tile_plan_choose_box(&plan);
  if (!tile_plan_resolve(&plan, program, views, LATHE_TABLE(tile_kernels))) return 2;
  plan.tiles0 = (plan.sizes[0] + plan.box0 - 1) / plan.box0;
  plan.tiles1 = plan.second ? (plan.sizes[plan.second] + plan.box1 - 1) / plan.box1 : 1;
  plan.tiles = plan.tiles0 * plan.tiles1;
  for (int j = 1; j < plan.rank; j++) if (j != plan.second) plan.tiles *= plan.sizes[j];
  intptr_t elements = plan.box0 * plan.box1, grain = GRAIN / plan.cost;
  lathe_parallel_for(plan.tiles, (grain + elements - 1) / elements, run_tiles, &plan);
  return atomic_load_explicit(&plan.failed, memory_order_relaxed) ? 1 : 0;
}
