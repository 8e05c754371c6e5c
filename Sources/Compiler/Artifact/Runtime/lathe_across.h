// What generated kernels with reductions need besides lathe_lanes.h, which stands before it: values combined across the lanes of a vector,
// and extremes with their positions.
#ifndef LATHE_ACROSS_H
#define LATHE_ACROSS_H

LATHE_LEVEL_BEGIN
#define LEAST_F ALL_F(-__builtin_inff())
#define LEAST_D ALL_D(-__builtin_inf())
#define LEAST_I ALL_I(INT64_MIN)
#define LEAST_B ((lanes_b){0})
#define GREATEST_F ALL_F(__builtin_inff())
#define GREATEST_D ALL_D(__builtin_inf())
#define GREATEST_I ALL_I(INT64_MAX)
#define GREATEST_B (~(lanes_b){0})

LATHE_INLINE lanes_b lane_numbers(void) {
#if LATHE_VECTOR_BYTES == 16
  return (lanes_b){0, 1, 2, 3};
#elif LATHE_VECTOR_BYTES == 32
  return (lanes_b){0, 1, 2, 3, 4, 5, 6, 7};
#else
  return (lanes_b){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#endif
}
LATHE_INLINE lanes_i lane_numbers_i(void) { return __builtin_convertvector(lane_numbers(), lanes_i); }
/// True in the first `count` lanes.
LATHE_INLINE lanes_b first_lanes(int count) { return (lanes_b)(lane_numbers() < count); }

// The lanes with neighbours, neighbouring pairs, fours, eights exchanged: combined with each in turn, every lane has the result.
#if LATHE_VECTOR_BYTES == 16
#define COMBINE_LANES(v, f)                               \
  v = f(v, __builtin_shufflevector(v, v, 2, 3, 0, 1));    \
  v = f(v, __builtin_shufflevector(v, v, 1, 0, 3, 2))
#elif LATHE_VECTOR_BYTES == 32
#define COMBINE_LANES(v, f)                                           \
  v = f(v, __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3));    \
  v = f(v, __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5));    \
  v = f(v, __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6))
#else
#define COMBINE_LANES(v, f)                                                                         \
  v = f(v, __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));    \
  v = f(v, __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));    \
  v = f(v, __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));    \
  v = f(v, __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14))
#endif
#define PLUS(a, b) ((a) + (b))
#define TIMES(a, b) ((a) * (b))
#define ACROSS(t, V, name, f) \
  LATHE_INLINE V name##_across_##t(V v) { COMBINE_LANES(v, f); return v; }
ACROSS(f, lanes_f, sum, PLUS) ACROSS(d, lanes_d, sum, PLUS) ACROSS(i, lanes_i, sum, add_i)
ACROSS(f, lanes_f, product, TIMES) ACROSS(d, lanes_d, product, TIMES) ACROSS(i, lanes_i, product, multiply_i)
ACROSS(f, lanes_f, maximum, maximum_f) ACROSS(d, lanes_d, maximum, maximum_d) ACROSS(i, lanes_i, maximum, maximum_i)
ACROSS(f, lanes_f, minimum, minimum_f) ACROSS(d, lanes_d, minimum, minimum_d) ACROSS(i, lanes_i, minimum, minimum_i)
LATHE_INLINE lanes_b or_lanes(lanes_b a, lanes_b b) { return a | b; }
LATHE_INLINE lanes_b and_lanes(lanes_b a, lanes_b b) { return a & b; }
ACROSS(b, lanes_b, maximum, or_lanes) ACROSS(b, lanes_b, minimum, and_lanes)
#undef ACROSS

/// Keeps the better of two values and where it was; of equal ones (NaN equals NaN, and is better than all else) the least position.
#define TAKE(t, V, T, name, SIGN)                                                                                          \
  LATHE_INLINE void take_##name##_##t(V *best, lanes_i *where, V v, lanes_i position) {                                    \
    lanes_b isNaN = TRUE_##T(v != v), wasNaN = TRUE_##T(*best != *best);                                                   \
    lanes_b better = (TRUE_##T(v SIGN *best) & ~wasNaN) | (isNaN & ~wasNaN);                                               \
    lanes_b same = (TRUE_##T(v == *best) | (isNaN & wasNaN)) & TRUE_I(position < *where);                                  \
    *best = select_##t(better | same, v, *best);                                                                           \
    *where = select_i(better | same, position, *where);                                                                    \
  }                                                                                                                        \
  LATHE_INLINE lanes_i position_of_##name##_##t(V v, lanes_i where) {                                                      \
    V best = name##_across_##t(v);                                                                                         \
    lanes_b same = TRUE_##T(v == best) | (TRUE_##T(v != v) & TRUE_##T(best != best));                                      \
    return minimum_across_i(select_i(same, where, GREATEST_I));                                                            \
  }
TAKE(f, lanes_f, F, maximum, >) TAKE(d, lanes_d, D, maximum, >) TAKE(i, lanes_i, I, maximum, >)
TAKE(f, lanes_f, F, minimum, <) TAKE(d, lanes_d, D, minimum, <) TAKE(i, lanes_i, I, minimum, <)
#undef TAKE
LATHE_LEVEL_END
#endif
