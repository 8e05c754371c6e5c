#include "nhwc_plan.h"

// The packed weights of channels-last convolutions.

intptr_t lathe_nhwc_packed_elements(const lathe_nhwc_convolution *c) {
  const intptr_t panel = LATHE_TABLE(nhwc_kernels)->panel, taps = c->kernel[0] * c->kernel[1];
  switch (c->algorithm) {
  case LATHE_NHWC_DEPTHWISE: return taps * nhwc_ceiling(c->channels, 16) * 16;
  case LATHE_NHWC_WINOGRAD_2:
  case LATHE_NHWC_WINOGRAD_4: {
    const intptr_t points = nhwc_tile_of(c->algorithm) + 2;
    return points * points * c->channels * nhwc_ceiling(c->outputs, panel) * panel;
  }
  default: return taps * c->channels * nhwc_ceiling(c->outputs / c->groups, panel) * panel;
  }
}

/// packed[group][panel][ky][kx][channel][panel's columns].
static void pack_product(const lathe_nhwc_convolution *c, intptr_t panel, const float *weight, float *packed) {
  const intptr_t channels = c->channels / c->groups, outputs = c->outputs / c->groups, taps = c->kernel[0] * c->kernel[1];
  for (intptr_t group = 0; group < c->groups; group++)
    for (intptr_t first = 0; first < outputs; first += panel)
      for (intptr_t tap = 0; tap < taps; tap++)
        for (intptr_t channel = 0; channel < channels; channel++)
          for (intptr_t o = first; o < first + panel; o++)
            *packed++ = o < outputs ? weight[((group * outputs + o) * channels + channel) * taps + tap] : 0;
}

/// G g: a filter's row at each point, in f64 as weights are packed once.
static void winograd_filter(int tile, const double g[3], double out[NHWC_POINTS]) {
  if (tile == 2) {
    out[0] = g[0], out[3] = g[2];
    out[1] = (g[0] + g[1] + g[2]) / 2, out[2] = (g[0] - g[1] + g[2]) / 2;
    return;
  }
  const double a = NHWC_A, b = NHWC_B, points[4] = {a, -a, b, -b};
  out[0] = g[0] / (a * a * b * b), out[5] = g[2];
  for (int i = 0; i < 4; i++) {
    const double p = points[i], other = i < 2 ? b : a;
    out[i + 1] = (g[0] + p * g[1] + p * p * g[2]) / (2 * p * p * (p * p - other * other));
  }
}

/// packed[panel][point][channel][panel's columns].
static void pack_winograd(int tile, intptr_t panel, intptr_t outputs, intptr_t channels, const float *weight,
                          float *packed) {
  const int points = tile + 2;
  const intptr_t padded = (outputs + panel - 1) / panel * panel;
  for (intptr_t o = 0; o < padded; o++)
    for (intptr_t c = 0; c < channels; c++) {
      double rows[NHWC_POINTS][3], across[3][NHWC_POINTS], column[3], down[NHWC_POINTS];
      for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) rows[i][j] = o < outputs ? (double)weight[((o * channels + c) * 3 + i) * 3 + j] : 0;
        winograd_filter(tile, rows[i], across[i]);
      }
      for (int j = 0; j < points; j++) {
        for (int i = 0; i < 3; i++) column[i] = across[i][j];
        winograd_filter(tile, column, down);
        for (int i = 0; i < points; i++)
          packed[((o / panel * points * points + i * points + j) * channels + c) * panel + o % panel] = (float)down[i];
      }
    }
}

void lathe_nhwc_pack(const lathe_nhwc_convolution *c, const float *weight, float *packed) {
  const intptr_t panel = LATHE_TABLE(nhwc_kernels)->panel;
  switch (c->algorithm) {
  case LATHE_NHWC_WINOGRAD_2:
  case LATHE_NHWC_WINOGRAD_4:
    pack_winograd(nhwc_tile_of(c->algorithm), panel, c->outputs, c->channels, weight, packed);
    break;
  case LATHE_NHWC_DEPTHWISE: {
    const intptr_t taps = c->kernel[0] * c->kernel[1], pitch = nhwc_ceiling(c->channels, 16) * 16;
    for (intptr_t tap = 0; tap < taps; tap++)
      for (intptr_t o = 0; o < pitch; o++) packed[tap * pitch + o] = o < c->channels ? weight[o * taps + tap] : 0;
    break;
  }
  default: pack_product(c, panel, weight, packed);
  }
}
