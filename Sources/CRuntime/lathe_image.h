// [N, C, D, H, W] images of f32, f64 or i64, as pooling and resampling work on them.
#ifndef LATHE_IMAGE_H
#define LATHE_IMAGE_H
#include <stdbool.h>
#include "lathe_view.h"
#include "pool_table.h"

typedef struct lathe_image {
  int type;               // IMAGE_F32...
  intptr_t bytes;         // of an element
  char *data;
  intptr_t sizes[5], strides[5];
  void *temporary;        // memory of its own, when the view has another dtype
} lathe_image;

/// What images of a dtype compute in.
int lathe_image_type(int32_t dtype);
/// The view as an image of `type` (missing spatial dimensions have size 1); its elements are read when `read` is set.
lathe_image lathe_image_open(const lathe_view *view, int type, bool read);
/// Brings a written image back to its view.
void lathe_image_close(lathe_image *image, const lathe_view *view, bool write);

static inline char *lathe_image_at(const lathe_image *image, intptr_t n, intptr_t c, intptr_t d, intptr_t h, intptr_t w) {
  const intptr_t *s = image->strides;
  return image->data + (n * s[0] + c * s[1] + d * s[2] + h * s[3] + w * s[4]) * image->bytes;
}
#endif
