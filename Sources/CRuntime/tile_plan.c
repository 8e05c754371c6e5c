#include "tile_plan.h"

int tile_operand_count(int op) {
  switch (op) {
  case LATHE_OP_CONSTANT: case LATHE_OP_LOAD: case LATHE_OP_INDEX: return 0;
  case LATHE_OP_MULTIPLY_ADD: case LATHE_OP_SELECT: return 3;
  case LATHE_OP_ADD: case LATHE_OP_SUBTRACT: case LATHE_OP_MULTIPLY: case LATHE_OP_DIVIDE: case LATHE_OP_DIVIDE_TRUNC:
  case LATHE_OP_DIVIDE_FLOOR: case LATHE_OP_REMAINDER: case LATHE_OP_FMOD: case LATHE_OP_MAXIMUM: case LATHE_OP_MINIMUM:
  case LATHE_OP_FMAX: case LATHE_OP_FMIN: case LATHE_OP_POW: case LATHE_OP_AND: case LATHE_OP_OR: case LATHE_OP_XOR:
  case LATHE_OP_SHIFT_LEFT: case LATHE_OP_SHIFT_RIGHT: case LATHE_OP_GCD: case LATHE_OP_LCM: case LATHE_OP_EQ: case LATHE_OP_NE:
  case LATHE_OP_LT: case LATHE_OP_LE: case LATHE_OP_GT: case LATHE_OP_GE: case LATHE_OP_ATAN2: case LATHE_OP_HYPOT:
  case LATHE_OP_COPYSIGN: case LATHE_OP_NEXTAFTER: case LATHE_OP_IGAMMA: case LATHE_OP_IGAMMAC: case LATHE_OP_POLYGAMMA:
  case LATHE_OP_ZETA: return 2;
  default: return 1;
  }
}

/// The operation table's type: comparisons and tests go by their operands'.
static int operand_type(const lathe_tile_instruction *i) {
  bool by_operand = (i->op >= LATHE_OP_EQ && i->op <= LATHE_OP_ISINF) || i->op == LATHE_OP_SIGNBIT;
  return by_operand ? i->from : i->type;
}

/// What an element costs, in additions.
static int cost_of(int op) {
  if (op < LATHE_OP_DIVIDE) return 1;
  if (op == LATHE_OP_POW) return 12;
  if (op <= LATHE_OP_SELECT) return op >= LATHE_OP_DIVIDE_TRUNC && op <= LATHE_OP_FMOD ? 12 : 1;
  if (op == LATHE_OP_SQRT || op == LATHE_OP_RSQRT || (op >= LATHE_OP_FLOOR && op <= LATHE_OP_ROUND)) return 2;
  return op >= LATHE_OP_I0 || (op >= LATHE_OP_ERFINV && op <= LATHE_OP_DIGAMMA) ? 100 : 10;
}

static intptr_t rounded_up(intptr_t n, intptr_t unit) { return (n + unit - 1) / unit * unit; }
/// An even share of `size` that is at most `most`.
static intptr_t balanced(intptr_t size, intptr_t most) {
  if (size <= most) return size;
  intptr_t pieces = (size + most - 1) / most;
  intptr_t piece = rounded_up((size + pieces - 1) / pieces, 16);
  return piece < most ? piece : most;
}

void tile_plan_choose_box(tile_plan *plan) {
  enum { EDGE = 32 };
  plan->second = 0;
  plan->box1 = 1;
  plan->flat = plan->rank == 1;
  for (int k = 0; k < plan->operands; k++) plan->flat = plan->flat && plan->strides[k][0] == 1;
  plan->box0 = balanced(plan->sizes[0], LATHE_TILE);
  if (plan->rank == 1) return;
  // An operand that runs along another dimension is read in squares, a cache line's neighbours together.
  if (plan->sizes[0] >= EDGE)
    for (int k = 0; k < plan->operands; k++) {
      if (plan->strides[k][0] == 0 || plan->strides[k][0] == 1) continue;
      for (int j = 1; j < plan->rank; j++)
        if (plan->strides[k][j] == 1 && plan->sizes[j] >= EDGE) {
          plan->second = j;
          plan->box0 = EDGE;
          plan->box1 = EDGE;
          return;
        }
    }
  if (plan->sizes[0] <= LATHE_TILE / 2) {
    plan->second = 1;
    plan->box0 = plan->sizes[0];
    intptr_t most = LATHE_TILE / plan->box0, pieces = (plan->sizes[1] + most - 1) / most;
    plan->box1 = (plan->sizes[1] + pieces - 1) / pieces;
  }
}

/// Whether the operand's elements under a tile lie one after the other.
static bool packed(const tile_plan *plan, int operand) {
  const intptr_t *strides = plan->strides[operand];
  if (strides[0] != 1 && plan->sizes[0] != 1) return false;
  return plan->box1 == 1 || (plan->box0 == plan->sizes[0] && strides[plan->second] == plan->box0);
}

static bool unmoving(const tile_plan *plan, int operand) {
  for (int k = 0; k < plan->rank; k++) if (plan->strides[operand][k] != 0) return false;
  return true;
}

static void extent(const tile_plan *plan, int operand, const char **low, const char **high) {
  intptr_t first = 0, last = 0;
  for (int k = 0; k < plan->rank; k++) {
    intptr_t span = plan->strides[operand][k] * (plan->sizes[k] - 1);
    if (span < 0) first += span; else last += span;
  }
  *low = plan->data[operand] + first * plan->element[operand];
  *high = plan->data[operand] + (last + 1) * plan->element[operand];
}
static bool overlap(const tile_plan *plan, int a, int b) {
  const char *alow, *ahigh, *blow, *bhigh;
  extent(plan, a, &alow, &ahigh);
  extent(plan, b, &blow, &bhigh);
  return alow < bhigh && blow < ahigh;
}

/// The last instruction that may read input `m`'s memory if its loads are not copies; `count` stands for the final stores.
static int last_reading(const lathe_tile_program *program, int m) {
  int last = -1;
  for (int i = 0; i < program->count; i++) {
    if (program->code[i].op != LATHE_OP_LOAD || program->code[i].a != m) continue;
    if (i > last) last = i;
    uint16_t r = program->code[i].d;
    bool alive = true;
    for (int j = i + 1; j < program->count && alive; j++) {
      const lathe_tile_instruction *x = &program->code[j];
      int operands = tile_operand_count(x->op);
      if ((operands > 0 && x->a == r) || (operands > 1 && x->b == r) || (operands > 2 && x->c == r)) last = j > last ? j : last;
      if (x->d == r) alive = false;
    }
    for (int k = 0; k < program->outputs && alive; k++) if (program->results[k] == r) last = program->count;
  }
  return last;
}

enum { STREAM_BYTES = 24 << 20 };

bool tile_plan_resolve(tile_plan *plan, const lathe_tile_program *program, const lathe_view *views, const tile_kernels *kernels) {
  int registers = program->registers, outputs = program->outputs, count = program->count;
  int writes[64] = {0}, defined[64];
  uint8_t width[64] = {0};
  uint16_t place[64];
  bool copied[program->inputs + 1];
  int redirect[outputs + 1];  // the instruction that writes output k's memory itself, or -1
  for (int r = 0; r < registers; r++) { place[r] = (uint16_t)r; defined[r] = -1; }
  for (int m = 0; m < program->inputs; m++) copied[m] = false;
  for (int i = 0; i < count; i++) { writes[program->code[i].d]++; defined[program->code[i].d] = i; }
  intptr_t elements = lathe_nest_count(plan->rank, plan->sizes);
  bool streamed[outputs + 1];
  for (int k = 0; k < outputs; k++) {
    int j = defined[program->results[k]];
    if (j < 0) return false;
    bool natural = views[k].dtype == tile_natural_dtype(program->result_types[k]) && packed(plan, k);
    bool constant = program->code[j].op == LATHE_OP_CONSTANT, shared = false;
    for (int m = 0; m < program->inputs; m++) {
      if (!overlap(plan, k, outputs + m)) continue;
      shared = true;
      if (last_reading(program, m) > j) { copied[m] = true; natural = false; }
    }
    for (int other = 0; other < k; other++) if (redirect[other] == j) natural = false;
    streamed[k] = natural && !shared && elements * plan->element[k] >= STREAM_BYTES && plan->box1 == 1;
    redirect[k] = natural && !streamed[k] && !constant ? j : -1;
  }
  tile_step *step = plan->step;
  plan->cost = 1;
  for (int i = 0; i < count; i++) {
    const lathe_tile_instruction *x = &program->code[i];
    tile_step s = {.type = x->type, .operand = -1, .d = x->d};
    for (int k = 0; k < outputs; k++) if (redirect[k] == i) s.d = (uint16_t)(registers + k);
    bool own = s.d == x->d, single = writes[x->d] == 1 && own;
    int operands = tile_operand_count(x->op);
    if (operands > 0) s.a = place[x->a];
    if (operands > 1) s.b = place[x->b];
    if (operands > 2) s.c = place[x->c];
    switch (x->op) {
    case LATHE_OP_CONSTANT:
      s.kind = TILE_CONSTANT;
      s.once = single;
      if (x->type == LATHE_TILE_F32) { float f = (float)x->immediate.f; memcpy(&s.immediate, &f, 4); }
      else if (x->type == LATHE_TILE_F64) memcpy(&s.immediate, &x->immediate.f, 8);
      else s.immediate = x->type == LATHE_TILE_BOOL ? x->immediate.i != 0 : x->immediate.i;
      break;
    case LATHE_OP_LOAD: {
      int operand = outputs + x->a;
      int32_t dtype = views[operand].dtype, natural = tile_natural_dtype(x->type);
      if (own && dtype == natural && packed(plan, operand) && !copied[x->a]) {
        place[x->d] = (uint16_t)(registers + operand);
        continue;
      }
      s.kind = TILE_LOAD;
      s.operand = operand;
      s.run.convert = lathe_converter(plan->convert, natural, dtype);
      s.once = single && unmoving(plan, operand);
      s.cached = single;
      break;
    }
    case LATHE_OP_INDEX: s.kind = TILE_INDEX; break;
    case LATHE_OP_CAST:
      s.kind = TILE_CAST;
      s.run.convert = lathe_converter(plan->convert, tile_natural_dtype(x->type), tile_natural_dtype(x->from));
      break;
    default: {
      int type = operand_type(x);
      bool divides = type == LATHE_TILE_I64 && x->op >= LATHE_OP_DIVIDE_TRUNC && x->op <= LATHE_OP_FMOD;
      s.kind = divides ? TILE_DIVIDE : TILE_COMPUTE;
      s.run.compute = x->op < LATHE_OP_COUNT && type < 4 ? kernels->run[x->op][type] : NULL;
      if (!s.run.compute) return false;
    }
    }
    plan->cost += cost_of(x->op);
    place[x->d] = s.d;
    if (own) {
      static const uint8_t bytes[] = {1, 8, 4, 8};
      if (bytes[x->type] > width[x->d]) width[x->d] = bytes[x->type];
    }
    *step++ = s;
  }
  for (int k = 0; k < outputs; k++) {
    if (redirect[k] >= 0) continue;
    tile_step s = {.type = program->result_types[k], .kind = streamed[k] ? TILE_STREAM : TILE_STORE, .a = place[program->results[k]], .operand = k};
    s.run.convert = lathe_converter(plan->convert, views[k].dtype, tile_natural_dtype(program->result_types[k]));
    *step++ = s;
  }
  plan->steps = (int)(step - plan->step);
  intptr_t bytes = 0;
  for (int r = 0; r < registers; r++) bytes += width[r];
  if (plan->flat && bytes == 0) plan->box0 = plan->sizes[0] < 8 * LATHE_TILE ? plan->sizes[0] : 8 * LATHE_TILE;
  // Many registers: shorter ones, so that they stay in the first-level cache.
  while (plan->box1 == 1 && bytes * plan->box0 > 28 << 10 && plan->box0 > 256) plan->box0 = rounded_up(plan->box0 / 2, 16);
  intptr_t capacity = rounded_up(plan->box0 * plan->box1, 64);
  plan->register_bytes = 0;
  for (int r = 0; r < registers; r++) {
    plan->register_offset[r] = plan->register_bytes;
    plan->register_bytes += width[r] * capacity;
  }
  return true;
}
