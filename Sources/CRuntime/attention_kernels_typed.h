// Attention for sums of type T. Part of attention_kernels.h.
enum { NAME(HEAD_PANEL) = 2 * WIDTH };
static const int32_t NAME(sum_dtype) = T_IS_FLOAT ? LATHE_F32 : LATHE_F64;

static intptr_t NAME(key_panels)(const attention *all) { return (all->k->sizes[2] + NAME(HEAD_PANEL) - 1) / NAME(HEAD_PANEL); }
static intptr_t NAME(panels)(const attention *all) {
  return NAME(key_panels)(all) + (all->v->sizes[3] + NAME(HEAD_PANEL) - 1) / NAME(HEAD_PANEL);
}
static size_t NAME(packed_elements)(const attention *all) {
  const intptr_t keys = NAME(key_panels)(all);
  return (size_t)(NAME(HEAD_PANEL) * (keys * all->k->sizes[3] + (NAME(panels)(all) - keys) * all->v->sizes[2]));
}
static size_t NAME(values_at)(const attention *all) {
  return (size_t)(NAME(HEAD_PANEL) * NAME(key_panels)(all) * all->k->sizes[3]);
}

/// Keys as Y of q k^T, and values as Y of the weighted sum.
static gemm_plan NAME(keys_plan)(const attention *all, intptr_t image, intptr_t head) {
  const lathe_view *k = all->k;
  return (gemm_plan){
    .dtype = k->dtype, .columns = k->sizes[2], .depth = k->sizes[3], .y_k = k->strides[3], .y_column = k->strides[2],
    .y = (const char *)k->data + (image * k->strides[0] + head * k->strides[1]) * lathe_dtype_size(k->dtype), .alpha = 1};
}
static gemm_plan NAME(values_plan)(const attention *all, intptr_t image, intptr_t head) {
  const lathe_view *v = all->v;
  return (gemm_plan){
    .dtype = v->dtype, .columns = v->sizes[3], .depth = v->sizes[2], .y_k = v->strides[2], .y_column = v->strides[3],
    .y = (const char *)v->data + (image * v->strides[0] + head * v->strides[1]) * lathe_dtype_size(v->dtype), .alpha = 1};
}

static void NAME(pack_head)(const attention *all, intptr_t image, intptr_t head, intptr_t begin, intptr_t end, void *packed) {
  const intptr_t keys = NAME(key_panels)(all);
  if (begin < keys) {
    gemm_plan plan = NAME(keys_plan)(all, image, head);
    all->gemm->pack_shared(&plan, begin, end < keys ? end : keys, packed);
  }
  if (end > keys) {
    gemm_plan plan = NAME(values_plan)(all, image, head);
    all->gemm->pack_shared(&plan, begin > keys ? begin - keys : 0, end - keys, (T *)packed + NAME(values_at)(all));
  }
}

/// Adds one query's mask to its scores.
LATHE_INLINE void NAME(add_mask)(int32_t dtype, const char *mask, intptr_t stride, intptr_t count, T *scores) {
  if (dtype == LATHE_BOOL) {
    const uint8_t *keep = (const uint8_t *)mask;
    for (intptr_t j = 0; j < count; j++) scores[j] = keep[j * stride] ? scores[j] : -(T)INFINITY;
  } else if (dtype == NAME(sum_dtype)) {
    const T *add = (const T *)mask;
    for (intptr_t j = 0; j < count; j++) scores[j] += add[j * stride];
  } else if (dtype == LATHE_F32) {
    for (intptr_t j = 0; j < count; j++) scores[j] += (T)((const float *)mask)[j * stride];
  } else if (dtype == LATHE_F64) {
    for (intptr_t j = 0; j < count; j++) scores[j] += (T)((const double *)mask)[j * stride];
  } else {
    const uint16_t *half = (const uint16_t *)mask;
    for (intptr_t j = 0; j < count; j++)
      scores[j] += (T)(dtype == LATHE_BF16 ? lathe_bf16_to_f32(half[j * stride]) : lathe_f16_to_f32(half[j * stride]));
  }
}

/// Scores of one query to weights exp(score - largest); updates the row's largest score and sum of weights, and returns the factor
/// by which what was summed before must be multiplied. `padded` is `count` rounded up to vectors.
static T NAME(weights_of)(T *scores, intptr_t count, intptr_t padded, T *largest, T *sum) {
  for (intptr_t j = count; j < padded; j++) scores[j] = -(T)INFINITY;
  V most = *(V *)scores;
  for (intptr_t j = WIDTH; j < padded; j += WIDTH) {
    V x = *(V *)(scores + j);
#if T_IS_FLOAT
    most = lathe_vf_max(x, most);
#else
    for (int i = 0; i < WIDTH; i++) most[i] = x[i] > most[i] ? x[i] : most[i];
#endif
  }
  T top = *largest;
  for (int i = 0; i < WIDTH; i++) top = most[i] > top ? most[i] : top;
  if (top == -(T)INFINITY) {
    bool unordered = false;  // NaN is no larger than anything, and must not pass for a masked score
    for (intptr_t j = 0; j < count; j++) unordered |= scores[j] != scores[j];
    if (!unordered) {
      memset(scores, 0, (size_t)padded * sizeof(T));
      return 1;
    }
  }
  V total = (V){0};
  for (intptr_t j = 0; j < padded; j += WIDTH) {
#if T_IS_FLOAT
    V x = lathe_vf_exp(*(V *)(scores + j) - top);
#else
    V x;
    for (int i = 0; i < WIDTH; i++) x[i] = exp(scores[j + i] - top);
#endif
    *(V *)(scores + j) = x;
    total += x;
  }
  T added = 0;
  for (int i = 0; i < WIDTH; i++) added += total[i];
#if T_IS_FLOAT
  T factor = *largest == -INFINITY ? 0 : expf(*largest - top);
#else
  T factor = *largest == -INFINITY ? 0 : exp(*largest - top);
#endif
  *largest = top;
  *sum = *sum * factor + added;
  return factor;
}

static void NAME(queries)(const attention *all, intptr_t image, intptr_t head, intptr_t begin, intptr_t end, const void *packed) {
  enum { PANEL = NAME(HEAD_PANEL) };
  const lathe_view *q = all->q, *output = all->output, *mask = all->mask;
  const intptr_t rows = end - begin, depth = q->sizes[3], keys = all->k->sizes[2], width = all->v->sizes[3];
  const intptr_t kv_head = head / (q->sizes[1] / all->k->sizes[1]);
  const intptr_t q_row = (depth + WIDTH - 1) / WIDTH * WIDTH, o_row = (width + PANEL - 1) / PANEL * PANEL;
  const intptr_t s_row = ((keys < ATTENTION_KEYS ? keys : ATTENTION_KEYS) + PANEL - 1) / PANEL * PANEL + PANEL;
  T *queries = lathe_scratch(4, (size_t)(rows * (q_row + s_row + o_row)) * sizeof(T)), *scores = queries + rows * q_row,
    *sums = scores + rows * s_row;
  T largest[ATTENTION_QUERIES], total[ATTENTION_QUERIES];
  const int bytes = lathe_dtype_size(q->dtype);
  const char *q_at = (const char *)q->data + (image * q->strides[0] + head * q->strides[1] + begin * q->strides[2]) * bytes;
  for (intptr_t i = 0; i < rows; i++) {
    largest[i] = -(T)INFINITY;
    total[i] = 0;
    if (q->strides[3] == 1) NAME(load_run)(q->dtype, q_at + i * q->strides[2] * bytes, depth, queries + i * q_row);
    else
      for (intptr_t e = 0; e < depth; e++)
        queries[i * q_row + e] = NAME(load_one)(q->dtype, q_at, i * q->strides[2] + e * q->strides[3]);
    for (intptr_t e = 0; e < depth; e++) queries[i * q_row + e] *= (T)all->scale;
  }
  memset(sums, 0, (size_t)(rows * o_row) * sizeof(T));

  gemm_plan score = NAME(keys_plan)(all, image, kv_head), mix = NAME(values_plan)(all, image, kv_head);
  score.dtype = mix.dtype = score.bias_dtype = mix.bias_dtype = NAME(sum_dtype);
  score.rows = mix.rows = rows;
  score.x = (const char *)queries; score.x_row = q_row; score.x_k = 1;
  score.c_row = s_row; score.c_column = 1;
  score.shared_y = packed; score.shared_depth = depth;
  mix.x = (const char *)scores; mix.x_row = s_row; mix.x_k = 1;
  mix.c = (char *)sums; mix.c_row = o_row; mix.c_column = 1;
  mix.addend = (const char *)sums; mix.addend_row = o_row; mix.addend_column = 1;
  mix.shared_depth = keys;
  const char *values = mix.y;
  for (intptr_t first = 0; first < keys; first += ATTENTION_KEYS) {
    intptr_t last = keys - first < ATTENTION_KEYS ? keys : first + ATTENTION_KEYS;
    if (all->causal && last > end) last = end;
    const intptr_t count = last - first;
    if (count <= 0) break;
    score.c = (char *)(scores - first);
    if (all->in_place) all->gemm->dot(&score, first, last);
    else all->gemm->block(&score, 0, rows, first, last);
    for (intptr_t i = 0; i < rows; i++) {
      T *row = scores + i * s_row;
      if (mask)
        NAME(add_mask)(mask->dtype,
                       (const char *)mask->data + (image * mask->strides[0] + head * mask->strides[1] +
                                                   (begin + i) * mask->strides[2] + first * mask->strides[3]) *
                                                    lathe_dtype_size(mask->dtype),
                       mask->strides[3], count, row);
      intptr_t seen = all->causal && begin + i + 1 < last ? begin + i + 1 - first : count;
      const intptr_t padded = (count + WIDTH - 1) / WIDTH * WIDTH;
      if (seen <= 0) {
        memset(row, 0, (size_t)padded * sizeof(T));
        continue;
      }
      T factor = NAME(weights_of)(row, seen, padded, &largest[i], &total[i]);
      if (first > 0)
        for (intptr_t e = 0; e < o_row; e += WIDTH) *(V *)(sums + i * o_row + e) *= factor;
    }
    mix.depth = count;
    mix.beta = first > 0 ? 1 : 0;
    if (all->in_place) {
      mix.y = values + first * mix.y_k * (intptr_t)sizeof(T);
      all->gemm->sweep(&mix, 0, width);
    } else {
      mix.shared_y = (const char *)((const T *)packed + NAME(values_at)(all) + first * PANEL);
      all->gemm->block(&mix, 0, rows, 0, width);
    }
  }

  char *out = (char *)output->data + (image * output->strides[0] + head * output->strides[1] + begin * output->strides[2]) * bytes;
  for (intptr_t i = 0; i < rows; i++) {
    T *row = sums + i * o_row;
    const T inverse = total[i] == 0 ? 0 : 1 / total[i];
    for (intptr_t e = 0; e < o_row; e += WIDTH) *(V *)(row + e) *= inverse;
    if (output->strides[3] == 1) NAME(store_run)(output->dtype, row, width, out + i * output->strides[2] * bytes);
    else
      for (intptr_t e = 0; e < width; e++)
        NAME(store_run)(output->dtype, row + e, 1, out + (i * output->strides[2] + e * output->strides[3]) * bytes);
  }
}
