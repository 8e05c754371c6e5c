#include "lathe_image.h"
#include <stdio.h>
#include <stdlib.h>
#include "lathe_copy.h"

static const int32_t held[] = {LATHE_F32, LATHE_F64, LATHE_I64};

int lathe_image_type(int32_t dtype) { return dtype == LATHE_F64 ? IMAGE_F64 : dtype >= LATHE_F16 ? IMAGE_F32 : IMAGE_I64; }

/// The view of an image's own memory, laid out like `view` (its strides' order is kept, so channels-last stays so).
static lathe_view own_view(const lathe_image *image, const lathe_view *view) {
  lathe_view own = *view;
  own.data = image->temporary;
  own.dtype = held[image->type];
  bool channels_last = view->rank > 2 && view->strides[1] == 1;
  intptr_t stride = 1;
  if (channels_last) { own.strides[1] = 1; stride = view->sizes[1]; }
  for (int k = view->rank - 1; k >= 0; k--) {
    if (channels_last && k == 1) continue;
    own.strides[k] = stride;
    stride *= view->sizes[k];
  }
  return own;
}

lathe_image lathe_image_open(const lathe_view *view, int type, bool read) {
  lathe_image image = {.type = type, .bytes = type == IMAGE_F32 ? 4 : 8, .data = view->data};
  lathe_view source = *view;
  if (view->dtype != held[type]) {
    intptr_t count = 1;
    for (int k = 0; k < view->rank; k++) count *= view->sizes[k];
    image.temporary = malloc((size_t)(count * image.bytes) + 1);
    if (!image.temporary) {
      fprintf(stderr, "lathe: no memory for %zd bytes of working space\n", (ssize_t)(count * image.bytes));
      abort();
    }
    source = own_view(&image, view);
    image.data = image.temporary;
    if (read) lathe_copy(&source, view);
  }
  int missing = 5 - view->rank;
  for (int k = 0; k < 5; k++) {
    int from = k < 2 ? k : k - missing;
    bool there = k < 2 || k >= 2 + missing;
    image.sizes[k] = there ? source.sizes[from] : 1;
    image.strides[k] = there ? source.strides[from] : 0;
  }
  return image;
}

void lathe_image_close(lathe_image *image, const lathe_view *view, bool write) {
  if (!image->temporary) return;
  if (write) {
    lathe_view own = own_view(image, view);
    lathe_copy(view, &own);
  }
  free(image->temporary);
}
