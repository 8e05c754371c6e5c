// The steps of libstdc++'s <algorithm> on items of KEY keys; included once a key type with NAME(x) giving each function its own name.
// Semantics: bits/stl_algo.h and bits/stl_heap.h of libstdc++, aten/src/ATen/native/TopKImpl.h, Sorting.cpp (quick_select_template).
typedef struct NAME(item) { KEY key; int64_t place; } NAME(item);

static inline bool NAME(before)(const NAME(item) *a, const NAME(item) *b, bool descending) {
  if (descending) return (IS_NAN(a->key) && !IS_NAN(b->key)) || a->key > b->key;
  return (!IS_NAN(a->key) && IS_NAN(b->key)) || a->key < b->key;
}
#define BEFORE(a, b) NAME(before)((a), (b), descending)

static inline void NAME(swap)(NAME(item) *a, NAME(item) *b) {
  NAME(item) kept = *a;
  *a = *b;
  *b = kept;
}

static void NAME(push_heap)(NAME(item) *first, intptr_t hole, intptr_t top, NAME(item) value, bool descending) {
  intptr_t parent = (hole - 1) / 2;
  while (hole > top && BEFORE(first + parent, &value)) {
    first[hole] = first[parent];
    hole = parent;
    parent = (hole - 1) / 2;
  }
  first[hole] = value;
}

static void NAME(adjust_heap)(NAME(item) *first, intptr_t hole, intptr_t length, NAME(item) value, bool descending) {
  intptr_t top = hole, child = hole;
  while (child < (length - 1) / 2) {
    child = 2 * (child + 1);
    if (BEFORE(first + child, first + child - 1)) child--;
    first[hole] = first[child];
    hole = child;
  }
  if ((length & 1) == 0 && child == (length - 2) / 2) {
    child = 2 * (child + 1);
    first[hole] = first[child - 1];
    hole = child - 1;
  }
  NAME(push_heap)(first, hole, top, value, descending);
}

static void NAME(heap_select)(NAME(item) *first, NAME(item) *middle, NAME(item) *last, bool descending) {
  intptr_t length = middle - first;
  for (intptr_t parent = (length - 2) / 2; length >= 2 && parent >= 0; parent--)
    NAME(adjust_heap)(first, parent, length, first[parent], descending);
  for (NAME(item) *i = middle; i < last; i++) {
    if (!BEFORE(i, first)) continue;
    NAME(item) value = *i;
    *i = *first;
    NAME(adjust_heap)(first, 0, length, value, descending);
  }
}

static void NAME(partial_sort)(NAME(item) *first, NAME(item) *middle, NAME(item) *last, bool descending) {
  NAME(heap_select)(first, middle, last, descending);
  while (middle - first > 1) {
    middle--;
    NAME(item) value = *middle;
    *middle = *first;
    NAME(adjust_heap)(first, 0, middle - first, value, descending);
  }
}

static NAME(item) *NAME(partition)(NAME(item) *first, NAME(item) *last, bool descending) {
  NAME(item) *a = first + 1, *b = first + (last - first) / 2, *c = last - 1, *median;
  if (BEFORE(a, b)) median = BEFORE(b, c) ? b : BEFORE(a, c) ? c : a;
  else median = BEFORE(a, c) ? a : BEFORE(b, c) ? c : b;
  NAME(swap)(first, median);
  NAME(item) *low = first + 1, *high = last;
  for (;;) {
    while (BEFORE(low, first)) low++;
    high--;
    while (BEFORE(first, high)) high--;
    if (!(low < high)) return low;
    NAME(swap)(low, high);
    low++;
  }
}

static void NAME(linear_insert)(NAME(item) *last, bool descending) {
  NAME(item) value = *last, *next = last - 1;
  while (BEFORE(&value, next)) {
    *last = *next;
    last = next;
    next--;
  }
  *last = value;
}

static void NAME(insertion_sort)(NAME(item) *first, NAME(item) *last, bool descending) {
  for (NAME(item) *i = first + 1; i < last; i++) {
    if (BEFORE(i, first)) {
      NAME(item) value = *i;
      memmove(first + 1, first, (size_t)(i - first) * sizeof *first);
      *first = value;
    } else {
      NAME(linear_insert)(i, descending);
    }
  }
}

static void NAME(introsort)(NAME(item) *first, NAME(item) *last, int depth, bool descending) {
  while (last - first > 16) {
    if (depth-- == 0) {
      NAME(partial_sort)(first, last, last, descending);
      return;
    }
    NAME(item) *cut = NAME(partition)(first, last, descending);
    NAME(introsort)(cut, last, depth, descending);
    last = cut;
  }
}

static void NAME(sort)(NAME(item) *first, NAME(item) *last, bool descending) {
  if (last - first < 2) return;
  NAME(introsort)(first, last, 2 * floor_log2(last - first), descending);
  if (last - first <= 16) {
    NAME(insertion_sort)(first, last, descending);
    return;
  }
  NAME(insertion_sort)(first, first + 16, descending);
  for (NAME(item) *i = first + 16; i < last; i++) NAME(linear_insert)(i, descending);
}

static void NAME(nth_element)(NAME(item) *first, NAME(item) *nth, NAME(item) *last, bool descending) {
  if (first == last || nth == last) return;
  int depth = 2 * floor_log2(last - first);
  while (last - first > 3) {
    if (depth-- == 0) {
      NAME(heap_select)(first, nth + 1, last, descending);
      NAME(swap)(first, nth);
      return;
    }
    NAME(item) *cut = NAME(partition)(first, last, descending);
    if (cut <= nth) first = cut;
    else last = cut;
  }
  NAME(insertion_sort)(first, last, descending);
}

static void NAME(quickselect)(NAME(item) *items, intptr_t count, intptr_t k) {
  const bool descending = false;
  intptr_t low = 0, high = count - 1;
  while (high > low) {
    // BEFORE(b, a) is "a is greater, or NaN where b is not".
    if (high == low + 1) {
      if (BEFORE(items + high, items + low)) NAME(swap)(items + low, items + high);
      return;
    }
    NAME(swap)(items + low + (high - low) / 2, items + low + 1);
    if (BEFORE(items + high, items + low + 1)) NAME(swap)(items + low + 1, items + high);
    if (BEFORE(items + high, items + low)) NAME(swap)(items + low, items + high);
    if (BEFORE(items + low, items + low + 1)) NAME(swap)(items + low + 1, items + low);
    intptr_t i = low + 1, j = high;
    NAME(item) pivot = items[low];
    for (;;) {
      do i++; while (BEFORE(items + i, &pivot));
      do j--; while (BEFORE(&pivot, items + j));
      if (j < i) break;
      NAME(swap)(items + i, items + j);
    }
    NAME(swap)(items + low, items + j);
    if (j <= k) low = i;
    if (j >= k) high = j - 1;
  }
}

static void NAME(order_row)(const order_task *task, intptr_t row, NAME(item) *items) {
  const KEY *keys = (const KEY *)task->keys + row * task->count;
  intptr_t count = task->count, k = task->k, results = 1;
  bool descending = task->descending;
  for (intptr_t i = 0; i < count; i++) items[i] = (NAME(item)){keys[i], i};
  NAME(item) *last = items + count, *found = items;
  switch (task->op) {
    case LATHE_ORDER_SORT:
      NAME(sort)(items, last, descending);
      results = count;
      break;
    case LATHE_ORDER_TOPK:
      results = k;
      if (k == 0) break;
      if (k * 64 <= count) {
        NAME(partial_sort)(items, items + k, last, descending);
      } else {
        NAME(nth_element)(items, items + k - 1, last, descending);
        NAME(sort)(items, items + k - 1, descending);
      }
      break;
    case LATHE_ORDER_QUICKSELECT:
      NAME(quickselect)(items, count, k);
      found = items + k;
      break;
    case LATHE_ORDER_NTH:
      NAME(nth_element)(items, items + k, last, false);
      found = items + k;
      break;
  }
  for (intptr_t i = 0; i < results; i++) task->places[row * results + i] = found[i].place;
}
#undef BEFORE
