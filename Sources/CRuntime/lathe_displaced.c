#include "lathe_displaced.h"
#include <math.h>
#include <stdatomic.h>
#include "convert_table.h"
#include "lathe_nest.h"
#include "lathe_threads.h"
#include "tile_table.h"

enum { GRAIN = 1 << 14 };

typedef struct plan {
  const displaced *work;
  const convert_kernels *convert;
  lathe_tile_kernel add_f32;
  int rank;
  intptr_t sizes[LATHE_MAX_RANK];
  lathe_strides *strides;       // base, other, indices
  intptr_t bytes, index_bytes[LATHE_MAX_RANK];
  bool steady;                  // the indices do not change along dimension 0
  int split;                    // the dimension divided between threads
  intptr_t piece;               // and into what lengths
  atomic_bool failed;
} plan;

static inline int64_t index_at(const lathe_index_operand *operand, const char *p) {
  switch (operand->indices.dtype) {
  case LATHE_I64: { int64_t i; memcpy(&i, p, 8); return i; }
  case LATHE_I32: { int32_t i; memcpy(&i, p, 4); return i; }
  case LATHE_I16: { int16_t i; memcpy(&i, p, 2); return i; }
  case LATHE_I8: return *(const int8_t *)p;
  default: return *(const uint8_t *)p;
  }
}

static void report(plan *p, const lathe_index_operand *operand, int64_t value) {
  bool none = false;
  if (!atomic_compare_exchange_strong(&p->failed, &none, true) || !p->work->error) return;
  *p->work->error = (lathe_index_error){.value = value, .dimension = operand->dimension, .size = operand->size};
}

static inline bool displacement(plan *p, const char *const *index, intptr_t *offset) {
  const displaced *w = p->work;
  *offset = 0;
  for (int k = 0; k < w->count; k++) {
    const lathe_index_operand *operand = &w->operands[k];
    int64_t i = index_at(operand, index[k]);
    int64_t wrapped = i < 0 && w->wraps ? i + operand->size : i;
    if (wrapped < 0 || wrapped >= operand->size) { report(p, operand, i); return false; }
    *offset += wrapped * operand->stride;
  }
  return true;
}

/// One element op= another. Floating types go through f64, whose one extra rounding changes no f32, f16 or bf16 sum or product.
static void combine(const plan *p, char *d, const char *s, displaced_action action) {
  int32_t dtype = p->work->base->dtype;
  if (dtype >= LATHE_F16) {
    double a, b = 0;
    p->convert->run[LATHE_F64][dtype](&a, 1, d, 1, 1);
    if (s) p->convert->run[LATHE_F64][dtype](&b, 1, s, 1, 1);
    switch (action) {
    case DISPLACED_ADD: a += b; break;
    case DISPLACED_MULTIPLY: a *= b; break;
    case DISPLACED_MIN: a = isnan(a) || a < b ? a : b; break;
    case DISPLACED_MAX: a = isnan(a) || a > b ? a : b; break;
    case DISPLACED_START:
      a = p->work->start_for == DISPLACED_MULTIPLY ? 1 : p->work->start_for == DISPLACED_MIN ? INFINITY
        : p->work->start_for == DISPLACED_MAX ? -INFINITY : 0;
      break;
    default: break;
    }
    p->convert->run[dtype][LATHE_F64](d, 1, &a, 1, 1);
    return;
  }
  int64_t a, b = 0;
  p->convert->run[LATHE_I64][dtype](&a, 1, d, 1, 1);
  if (s) p->convert->run[LATHE_I64][dtype](&b, 1, s, 1, 1);
  switch (action) {
  case DISPLACED_ADD: a = (int64_t)((uint64_t)a + (uint64_t)b); break;
  case DISPLACED_MULTIPLY: a = (int64_t)((uint64_t)a * (uint64_t)b); break;
  case DISPLACED_MIN: a = a < b ? a : b; break;
  case DISPLACED_MAX: a = a > b ? a : b; break;
  case DISPLACED_START: {
    int bits = dtype == LATHE_BOOL ? 1 : 8 * (int)p->bytes;
    bool sign = dtype != LATHE_BOOL && dtype != LATHE_U8;
    int64_t most = bits == 64 ? INT64_MAX : (1ll << (bits - sign)) - 1, least = sign ? -most - 1 : 0;
    a = p->work->start_for == DISPLACED_MULTIPLY ? 1 : p->work->start_for == DISPLACED_MIN ? most
      : p->work->start_for == DISPLACED_MAX ? least : 0;
    break;
  }
  default: break;
  }
  p->convert->run[dtype][LATHE_I64](d, 1, &a, 1, 1);
}

static void divide(const plan *p, char *d) {
  int64_t *count = &p->work->counts[(d - p->work->origin) / p->bytes];
  if (*count <= 0) return;
  int32_t dtype = p->work->base->dtype;
  if (dtype >= LATHE_F16) {
    double a;
    p->convert->run[LATHE_F64][dtype](&a, 1, d, 1, 1);
    a /= (double)*count;
    p->convert->run[dtype][LATHE_F64](d, 1, &a, 1, 1);
  } else {
    int64_t a;
    p->convert->run[LATHE_I64][dtype](&a, 1, d, 1, 1);
    int64_t q = a / *count;
    if (a % *count < 0) q--;
    p->convert->run[dtype][LATHE_I64](d, 1, &q, 1, 1);
  }
  *count = 0;
}

/// The action on n elements with one displacement.
static void act(const plan *p, char *base, intptr_t bs, char *other, intptr_t os, intptr_t n) {
  const displaced *w = p->work;
  int log2_bytes = __builtin_ctz((unsigned)p->bytes);
  switch (w->action) {
  case DISPLACED_READ: p->convert->move[log2_bytes](other, os, base, bs, n); return;
  case DISPLACED_SET: p->convert->move[log2_bytes](base, bs, other, os, n); return;
  case DISPLACED_COUNT:
    for (intptr_t i = 0; i < n; i++) w->counts[(base + i * bs * p->bytes - w->origin) / p->bytes]++;
    return;
  case DISPLACED_DIVIDE: for (intptr_t i = 0; i < n; i++) divide(p, base + i * bs * p->bytes); return;
  default:
    if (w->action == DISPLACED_ADD && w->base->dtype == LATHE_F32 && bs == 1 && os == 1) { p->add_f32(base, base, other, NULL, n); return; }
    for (intptr_t i = 0; i < n; i++)
      combine(p, base + i * bs * p->bytes, other ? other + i * os * p->bytes : NULL, w->action);
  }
}

#define READ_SINGLY(type)                                                                                          \
  for (intptr_t i = 0; i < n; i++) {                                                                               \
    intptr_t offset;                                                                                               \
    if (!displacement(p, (const char *const *)index, &offset)) return false;                                       \
    ((type *)other)[i * os] = ((const type *)base)[i * bs + offset];                                               \
    for (int k = 0; k < w->count; k++) index[k] += p->strides[2 + k][0] * p->index_bytes[k];                       \
  }

static bool run_row(plan *p, char *base, char *other, const char **index, intptr_t n) {
  const displaced *w = p->work;
  intptr_t bs = p->strides[0][0], os = p->strides[1][0], offset;
  if (p->steady) {
    if (!displacement(p, (const char *const *)index, &offset)) return false;
    act(p, base + offset * p->bytes, bs, other, os, n);
    return true;
  }
  if (w->action == DISPLACED_READ) {
    switch (p->bytes) {
    case 1: READ_SINGLY(uint8_t) break;
    case 2: READ_SINGLY(uint16_t) break;
    case 4: READ_SINGLY(uint32_t) break;
    default: READ_SINGLY(uint64_t)
    }
    return true;
  }
  for (intptr_t i = 0; i < n; i++) {
    if (!displacement(p, (const char *const *)index, &offset)) return false;
    act(p, base + (i * bs + offset) * p->bytes, bs, other ? other + i * os * p->bytes : NULL, os, 1);
    for (int k = 0; k < w->count; k++) index[k] += p->strides[2 + k][0] * p->index_bytes[k];
  }
  return true;
}

/// Work unit: one piece of the split dimension, with all of the others.
static void run_pieces(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  plan *p = context;
  const displaced *w = p->work;
  intptr_t sizes[LATHE_MAX_RANK], first = begin * p->piece, last = end * p->piece;
  for (int k = 0; k < p->rank; k++) sizes[k] = p->sizes[k];
  if (last > sizes[p->split]) last = sizes[p->split];
  sizes[p->split] = last - first;
  intptr_t at[LATHE_MAX_RANK] = {0};
  do {
    intptr_t extra = first;
    char *place[2];
    for (int m = 0; m < 2; m++) {
      const lathe_view *view = m ? w->other : w->base;
      place[m] = view ? (char *)view->data + (lathe_nest_offset(1, p->rank, at, p->strides[m]) + extra * p->strides[m][p->split]) * p->bytes : NULL;
    }
    const char *index[LATHE_MAX_RANK];
    for (int k = 0; k < w->count; k++)
      index[k] = (const char *)w->operands[k].indices.data
        + (lathe_nest_offset(1, p->rank, at, p->strides[2 + k]) + extra * p->strides[2 + k][p->split]) * p->index_bytes[k];
    if (!run_row(p, place[0], place[1], index, sizes[0])) return;
  } while (lathe_nest_advance(1, p->rank, sizes, at));
}

int lathe_displaced_run(const displaced *work, int rank, const intptr_t *sizes) {
  plan p = {.work = work, .convert = LATHE_TABLE(convert_kernels)};
  p.add_f32 = LATHE_TABLE(tile_kernels)->run[LATHE_OP_ADD][LATHE_TILE_F32];
  lathe_strides strides[2 + LATHE_MAX_RANK];
  p.strides = strides;
  intptr_t elements = 1;
  for (int k = 0; k < rank; k++) {
    if (sizes[k] == 0) return 0;
    elements *= sizes[k];
    p.sizes[k] = sizes[k];
    strides[0][k] = work->base->strides[k];
    strides[1][k] = work->other ? work->other->strides[k] : 0;
    for (int m = 0; m < work->count; m++) strides[2 + m][k] = work->operands[m].indices.strides[k];
  }
  for (int m = 0; m < work->count; m++) p.index_bytes[m] = lathe_dtype_size(work->operands[m].indices.dtype);
  p.bytes = lathe_dtype_size(work->base->dtype);
  bool reads = work->action == DISPLACED_READ;
  if (reads) {  // the output decides the order
    lathe_strides base;
    memcpy(base, strides[0], sizeof base);
    memcpy(strides[0], strides[1], sizeof base);
    memcpy(strides[1], base, sizeof base);
  }
  p.rank = lathe_nest_arrange(rank, p.sizes, 2 + work->count, strides, !reads);
  if (reads) {
    lathe_strides base;
    memcpy(base, strides[1], sizeof base);
    memcpy(strides[1], strides[0], sizeof base);
    memcpy(strides[0], base, sizeof base);
  }
  p.steady = true;
  for (int m = 0; m < work->count; m++) p.steady = p.steady && strides[2 + m][0] == 0;
  atomic_init(&p.failed, false);
  // Threads share reads along the outermost dimension; writes along one where they cannot meet: the base moves and no index does.
  p.split = -1;
  for (int k = p.rank - 1; k >= 0; k--) {
    bool apart = strides[0][k] != 0;
    for (int m = 0; m < work->count; m++) apart = apart && strides[2 + m][k] == 0;
    if ((reads || apart) && (p.split < 0 || (p.sizes[p.split] < 16 && p.sizes[k] > p.sizes[p.split]))) p.split = k;
  }
  if (p.split < 0) {
    p.split = p.rank - 1;
    p.piece = p.sizes[p.split];
    run_pieces(&p, 0, 1, 0);
  } else {
    intptr_t rest = elements / p.sizes[p.split];
    p.piece = GRAIN / rest + 1;
    if (p.piece > p.sizes[p.split]) p.piece = p.sizes[p.split];
    lathe_parallel_for((p.sizes[p.split] + p.piece - 1) / p.piece, 1, run_pieces, &p);
  }
  return atomic_load(&p.failed);
}
