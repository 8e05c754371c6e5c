#include "lathe_reduce.h"
#include <math.h>
#include "reduce_plan.h"
#include "tile_plan.h"

static bool floating(int32_t dtype) { return dtype >= LATHE_F16; }

/// What elements are read as when only the input matters (extremes, counts).
static int own_type(int32_t dtype) { return dtype == LATHE_F64 ? LATHE_TILE_F64 : floating(dtype) ? LATHE_TILE_F32 : LATHE_TILE_I64; }
/// What elements are read as when the output's precision matters too (sums, products).
static int sum_type(int32_t input, int32_t output) {
  if (output == LATHE_F64 || input == LATHE_F64) return LATHE_TILE_F64;
  return floating(input) || floating(output) ? LATHE_TILE_F32 : LATHE_TILE_I64;
}
/// The kernels' index of a floating type.
static int real(const reduce_operation *op) { return op->type == LATHE_TILE_F64; }

// Stores.

static void put_value(const reduce_operation *op, int output, double value, char *element) {
  if (element) op->store[output](element, 1, &value, 1, 1);
}
static void put_integer(int32_t dtype, int64_t value, char *element) {
  lathe_converter(LATHE_TABLE(convert_kernels), dtype, LATHE_I64)(element, 1, &value, 1, 1);
}
static void finish_number(const reduce_operation *op, const reduce_state *s, intptr_t count, char *const element[2]) {
  (void)count;
  if (op->type == LATHE_TILE_I64) put_integer(op->output_dtype[0], s->integer, element[0]);
  else put_value(op, 0, s->value, element[0]);
}
static void finish_mean(const reduce_operation *op, const reduce_state *s, intptr_t count, char *const element[2]) {
  put_value(op, 0, (op->type == LATHE_TILE_I64 ? (double)s->integer : s->value) / (double)count, element[0]);
}

// Sums and products.

static void consume_sum(const reduce_operation *op, reduce_state *s, const void *x, intptr_t n, intptr_t first) {
  (void)first;
  if (op->type == LATHE_TILE_I64) s->integer += op->kernels->sum_i64(x, n);
  else s->value += (op->kind == LATHE_REDUCE_NANSUM ? op->kernels->nan_sum : op->kernels->sum)[real(op)](x, n);
}
static void merge_sum(const reduce_operation *op, reduce_state *s, const reduce_state *later) {
  (void)op;
  s->integer = (int64_t)((uint64_t)s->integer + (uint64_t)later->integer);
  s->value += later->value;
}
static void consume_product(const reduce_operation *op, reduce_state *s, const void *x, intptr_t n, intptr_t first) {
  (void)first;
  if (op->type == LATHE_TILE_I64) s->integer = (int64_t)((uint64_t)s->integer * (uint64_t)op->kernels->product_i64(x, n));
  else s->value *= op->kernels->product[real(op)](x, n);
}
static void merge_product(const reduce_operation *op, reduce_state *s, const reduce_state *later) {
  (void)op;
  s->integer = (int64_t)((uint64_t)s->integer * (uint64_t)later->integer);
  s->value *= later->value;
}

// Extremes. `count` tells whether anything has been seen.

static bool beats(bool largest, double a, double b) { return isnan(a) ? !isnan(b) : largest ? a > b : a < b; }
static intptr_t find_value(int type, const void *x, intptr_t n, double value) {
  if (type == LATHE_TILE_F32) {
    const float *a = x;
    for (intptr_t i = 0; i < n; i++) if ((double)a[i] == value || (value != value && a[i] != a[i])) return i;
  } else {
    const double *a = x;
    for (intptr_t i = 0; i < n; i++) if (a[i] == value || (value != value && a[i] != a[i])) return i;
  }
  return 0;
}
static void consume_extreme(const reduce_operation *op, reduce_state *s, const void *x, intptr_t n, intptr_t first) {
  bool largest = op->kind == LATHE_REDUCE_MAX;
  if (op->type == LATHE_TILE_I64) {
    int64_t value = (largest ? op->kernels->maximum_i64 : op->kernels->minimum_i64)(x, n);
    if (s->count == 0 || (largest ? value > s->integer : value < s->integer)) {
      s->integer = value;
      if (op->ordered) {
        const int64_t *a = x;
        intptr_t i = 0;
        while (a[i] != value) i++;
        s->index = first + i;
      }
    }
  } else {
    double value = (largest ? op->kernels->maximum : op->kernels->minimum)[real(op)](x, n);
    if (s->count == 0 || beats(largest, value, s->value)) {
      s->value = value;
      if (op->ordered) s->index = first + find_value(op->type, x, n, value);
    }
  }
  s->count += n;
}
static void merge_extreme(const reduce_operation *op, reduce_state *s, const reduce_state *later) {
  bool largest = op->kind == LATHE_REDUCE_MAX;
  if (later->count == 0) return;
  if (s->count == 0) { *s = *later; return; }
  bool better = op->type != LATHE_TILE_I64 ? beats(largest, later->value, s->value)
    : largest ? later->integer > s->integer : later->integer < s->integer;
  int64_t count = s->count + later->count;
  if (better) *s = *later;
  s->count = count;
}
static void finish_index(const reduce_operation *op, const reduce_state *s, intptr_t count, char *const element[2]) {
  (void)count;
  put_integer(op->output_dtype[0], s->index, element[0]);
}
static void finish_extreme_and_index(const reduce_operation *op, const reduce_state *s, intptr_t count, char *const element[2]) {
  if (element[0]) finish_number(op, s, count, element);
  if (element[1]) put_integer(op->output_dtype[1], s->index, element[1]);
}

// Counts.

static void consume_count(const reduce_operation *op, reduce_state *s, const void *x, intptr_t n, intptr_t first) {
  (void)first;
  s->integer += op->kernels->nonzero[op->type == LATHE_TILE_I64 ? 2 : real(op)](x, n);
}
static void finish_count(const reduce_operation *op, const reduce_state *s, intptr_t count, char *const element[2]) {
  int64_t value = op->kind == LATHE_REDUCE_ANY ? s->integer > 0 : op->kind == LATHE_REDUCE_ALL ? s->integer == count : s->integer;
  put_integer(op->output_dtype[0], value, element[0]);
}

// log sum exp: `value` is the running maximum, `squares` the sum of exp(x - value).

static void merge_exponentials(const reduce_operation *op, reduce_state *s, const reduce_state *later) {
  (void)op;
  if (later->squares == 0 && !isnan(later->value)) return;
  double top = later->value > s->value || isnan(later->value) ? later->value : s->value;
  double own = s->squares == 0 ? 0 : s->squares * exp(s->value - top);
  s->squares = isinf(top) || isnan(top) ? 1 : own + later->squares * exp(later->value - top);
  s->value = isnan(s->value) ? s->value : top;
}
static void consume_exponentials(const reduce_operation *op, reduce_state *s, const void *x, intptr_t n, intptr_t first) {
  (void)first;
  reduce_state chunk = {.value = op->kernels->maximum[real(op)](x, n)};
  if (chunk.value == -INFINITY) return;
  chunk.squares = isinf(chunk.value) || isnan(chunk.value) ? 1 : op->kernels->sum_of_exponentials[real(op)](x, n, chunk.value);
  merge_exponentials(op, s, &chunk);
}
static void finish_exponentials(const reduce_operation *op, const reduce_state *s, intptr_t count, char *const element[2]) {
  (void)count;
  put_value(op, 0, s->squares == 0 ? -INFINITY : isinf(s->value) || isnan(s->value) ? s->value : s->value + log(s->squares), element[0]);
}

static reduce_operation operation(int type, const lathe_view *first, const lathe_view *second) {
  const convert_kernels *convert = LATHE_TABLE(convert_kernels);
  reduce_operation op = {.type = type, .kernels = LATHE_TABLE(reduce_kernels)};
  const lathe_view *outputs[2] = {first, second};
  for (int o = 0; o < 2; o++) {
    if (!outputs[o]) continue;
    op.output_dtype[o] = outputs[o]->dtype;
    op.store[o] = lathe_converter(convert, outputs[o]->dtype, LATHE_F64);
  }
  return op;
}

/// Whether there is a result to give and nothing to take it from.
static bool starved(const lathe_view *input, uint32_t dimensions) {
  bool results = true, elements = true;
  for (int k = 0; k < input->rank; k++) {
    if (input->sizes[k] != 0) continue;
    if (dimensions >> k & 1) elements = false; else results = false;
  }
  return results && !elements;
}

int lathe_reduce(lathe_reduce_op kind, const lathe_view *input, uint32_t dimensions, const lathe_view *output) {
  const lathe_view *const outputs[2] = {output, NULL};
  bool extreme = kind == LATHE_REDUCE_MAX || kind == LATHE_REDUCE_MIN, argument = kind == LATHE_REDUCE_ARGMAX || kind == LATHE_REDUCE_ARGMIN;
  bool counts = kind == LATHE_REDUCE_ANY || kind == LATHE_REDUCE_ALL || kind == LATHE_REDUCE_COUNT_NONZERO;
  if ((extreme || argument) && starved(input, dimensions)) return 1;
  int type = extreme || argument || counts ? own_type(input->dtype) : sum_type(input->dtype, output->dtype);
  reduce_operation op = operation(type, output, NULL);
  op.kind = kind;
  op.finish = finish_number;
  bool mean = kind == LATHE_REDUCE_MEAN;
  switch (kind) {
  case LATHE_REDUCE_SUM: case LATHE_REDUCE_NANSUM: case LATHE_REDUCE_MEAN:
    if (kind != LATHE_REDUCE_NANSUM && !(mean && type == LATHE_TILE_I64)) {
      double count = 1;
      for (int k = 0; mean && k < input->rank; k++) if (dimensions >> k & 1) count *= (double)input->sizes[k];
      if (lathe_reduce_columns(LATHE_OP_ADD, type, count, input, dimensions, output)) return 0;
    }
    op.consume = consume_sum;
    op.merge = merge_sum;
    if (mean) op.finish = finish_mean;
    break;
  case LATHE_REDUCE_PROD:
    if (lathe_reduce_columns(LATHE_OP_MULTIPLY, type, 1, input, dimensions, output)) return 0;
    op.consume = consume_product;
    op.merge = merge_product;
    op.start = (reduce_state){.value = 1, .integer = 1};
    break;
  case LATHE_REDUCE_MAX: case LATHE_REDUCE_MIN:
    if (lathe_reduce_columns(kind == LATHE_REDUCE_MAX ? LATHE_OP_MAXIMUM : LATHE_OP_MINIMUM, type, 1, input, dimensions, output)) return 0;
    op.consume = consume_extreme;
    op.merge = merge_extreme;
    break;
  case LATHE_REDUCE_ARGMAX: case LATHE_REDUCE_ARGMIN:
    op.kind = kind == LATHE_REDUCE_ARGMAX ? LATHE_REDUCE_MAX : LATHE_REDUCE_MIN;
    op.ordered = true;
    op.consume = consume_extreme;
    op.merge = merge_extreme;
    op.finish = finish_index;
    break;
  case LATHE_REDUCE_ANY: case LATHE_REDUCE_ALL: case LATHE_REDUCE_COUNT_NONZERO:
    op.consume = consume_count;
    op.merge = merge_sum;
    op.finish = finish_count;
    break;
  case LATHE_REDUCE_LOGSUMEXP:
    if (op.type == LATHE_TILE_I64) op.type = LATHE_TILE_F32;
    op.consume = consume_exponentials;
    op.merge = merge_exponentials;
    op.finish = finish_exponentials;
    op.start.value = -INFINITY;
    break;
  }
  lathe_reduce_walk(&op, input, dimensions, outputs);
  return 0;
}

int lathe_reduce_extreme(const lathe_view *input, int32_t dimension, bool largest, const lathe_view *values, const lathe_view *indices) {
  if (starved(input, 1u << dimension)) return 1;
  reduce_operation op = operation(own_type(input->dtype), values, indices);
  op.kind = largest ? LATHE_REDUCE_MAX : LATHE_REDUCE_MIN;
  op.ordered = true;
  op.consume = consume_extreme;
  op.merge = merge_extreme;
  op.finish = finish_extreme_and_index;
  const lathe_view *const outputs[2] = {values, indices};
  lathe_reduce_walk(&op, input, 1u << dimension, outputs);
  return 0;
}

// Variance: each chunk's mean and squared deviations about it, merged as Chan, Golub and LeVeque do (1979).

static void merge_moments(const reduce_operation *op, reduce_state *s, const reduce_state *later) {
  (void)op;
  if (later->count == 0) return;
  double a = (double)s->count, b = (double)later->count, delta = later->mean - s->mean;
  s->count += later->count;
  s->mean += delta * (b / (a + b));
  s->squares += later->squares + delta * delta * (a * b / (a + b));
}
static void consume_moments(const reduce_operation *op, reduce_state *s, const void *x, intptr_t n, intptr_t first) {
  (void)first;
  double total = op->kernels->sum[real(op)](x, n), mean = total / (double)n;
  if (op->type == LATHE_TILE_F32) mean = (float)mean;  // deviations are taken in f32, so from a number that f32 holds
  double squares = op->kernels->sum_of_squares_about[real(op)](x, n, mean), rest = total / (double)n - mean;
  reduce_state chunk = {.mean = mean + rest, .squares = squares - rest * rest * (double)n, .count = n};
  // A running mean stays infinite as long as nothing follows the infinity.
  if (isinf(total) && (n == 1 || isfinite(op->kernels->sum[real(op)](x, n - 1)))) chunk.mean = total;
  merge_moments(op, s, &chunk);
}
static void finish_moments(const reduce_operation *op, const reduce_state *s, intptr_t count, char *const element[2]) {
  double freedom = (double)count - op->parameter;
  double variance = s->squares / (freedom > 0 ? freedom : 0);
  if (element[0]) put_value(op, 0, count == 0 ? NAN : op->kind ? sqrt(variance) : variance, element[0]);
  if (element[1]) put_value(op, 1, count == 0 ? NAN : s->mean, element[1]);
}

void lathe_reduce_variance(const lathe_view *input, uint32_t dimensions, double correction, bool root, const lathe_view *variance,
                           const lathe_view *mean) {
  int32_t output = variance ? variance->dtype : mean->dtype;
  int type = sum_type(input->dtype, output);
  reduce_operation op = operation(type == LATHE_TILE_I64 ? LATHE_TILE_F32 : type, variance, mean);
  op.parameter = correction;
  op.kind = root;
  op.consume = consume_moments;
  op.merge = merge_moments;
  op.finish = finish_moments;
  const lathe_view *const outputs[2] = {variance, mean};
  lathe_reduce_walk(&op, input, dimensions, outputs);
}

// Norms: `parameter` is the order.

static void consume_norm(const reduce_operation *op, reduce_state *s, const void *x, intptr_t n, intptr_t first) {
  (void)first;
  const reduce_kernels *k = op->kernels;
  double p = op->parameter;
  if (p == 1) s->value += k->sum_of_absolutes[real(op)](x, n);
  else if (p == 2) s->value += k->sum_of_squares[real(op)](x, n);
  else if (p == 0) s->value += (double)k->nonzero[real(op)](x, n);
  else if (isinf(p)) {
    for (intptr_t i = 0; i < n; i++) {
      double value = fabs(op->type == LATHE_TILE_F32 ? (double)((const float *)x)[i] : ((const double *)x)[i]);
      if (s->count == 0 || beats(p > 0, value, s->value)) { s->value = value; s->count = 1; }
    }
  } else for (intptr_t i = 0; i < n; i++)
    s->value += pow(fabs(op->type == LATHE_TILE_F32 ? (double)((const float *)x)[i] : ((const double *)x)[i]), p);
}
static void merge_norm(const reduce_operation *op, reduce_state *s, const reduce_state *later) {
  if (!isinf(op->parameter)) s->value += later->value;
  else if (later->count && (s->count == 0 || beats(op->parameter > 0, later->value, s->value))) *s = *later;
}
static void finish_norm(const reduce_operation *op, const reduce_state *s, intptr_t count, char *const element[2]) {
  (void)count;
  double p = op->parameter;
  put_value(op, 0, p == 0 || p == 1 || isinf(p) ? s->value : p == 2 ? sqrt(s->value) : pow(s->value, 1 / p), element[0]);
}

int lathe_reduce_norm(const lathe_view *input, uint32_t dimensions, double p, const lathe_view *output) {
  if ((p < 0 || isinf(p)) && starved(input, dimensions)) return 1;
  int type = sum_type(input->dtype, output->dtype);
  reduce_operation op = operation(type == LATHE_TILE_I64 ? LATHE_TILE_F32 : type, output, NULL);
  op.parameter = p;
  op.consume = consume_norm;
  op.merge = merge_norm;
  op.finish = finish_norm;
  const lathe_view *const outputs[2] = {output, NULL};
  lathe_reduce_walk(&op, input, dimensions, outputs);
  return 0;
}
