#include "nhwc_plan.h"

// Which algorithm a channels-last convolution takes.

static bool is_depthwise(const lathe_nhwc_convolution *c) { return c->groups == c->channels && c->groups == c->outputs; }

bool lathe_nhwc_supports(const lathe_nhwc_convolution *c, int32_t algorithm) {
  if (algorithm < 0 || algorithm >= LATHE_NHWC_ALGORITHMS || !NHWC_HAS(algorithm)) return false;
  switch (algorithm) {
  case LATHE_NHWC_IMPLICIT: return true;
  case LATHE_NHWC_WINOGRAD_2:
  case LATHE_NHWC_WINOGRAD_4:
    return c->groups == 1 && c->channels > 0 && c->kernel[0] == 3 && c->kernel[1] == 3 && c->stride[0] == 1 && c->stride[1] == 1 &&
           c->dilation[0] == 1 && c->dilation[1] == 1;
  case LATHE_NHWC_DEPTHWISE: return is_depthwise(c);
  default: return false;
  }
}

/// What an algorithm costs, in fused operations on a vector of `lanes` floats. Its products run at about 0.8 of the peak; weights
/// arrive from memory meanwhile, a byte in the time of 1.1 operations, and the slower of the two counts. Winograd's algorithms pay
/// about six operations besides for each vector that is transformed, in either direction, and their weights have grown from 9
/// elements to 16 or 36. (Measured on a Zen 3 core; on others the ratios are near enough.)
static double cost(const lathe_nhwc_convolution *c, int32_t algorithm, intptr_t panel) {
  const double lanes = panel / 2, channels = (double)c->channels, outputs = (double)(nhwc_ceiling(c->outputs, panel) * panel);
  double rows = (double)c->images * (double)c->out_height * (double)c->out_width, taps = 9, transforms = 0;
  if (algorithm != LATHE_NHWC_IMPLICIT) {
    const int tile = nhwc_tile_of(algorithm);
    taps = (tile + 2) * (tile + 2);
    rows = (double)c->images * (double)nhwc_ceiling(c->out_height, tile) * (double)nhwc_ceiling(c->out_width, tile);
    transforms = 6 * rows * taps * ((double)nhwc_ceiling(c->channels, panel / 2) + outputs / lanes);
  }
  const double products = rows * taps * channels * outputs / lanes / 0.8, weights = 1.1 * 4 * taps * channels * outputs;
  return transforms + (products > weights ? products : weights);
}

int32_t lathe_nhwc_choose(const lathe_nhwc_convolution *c) {
  if (is_depthwise(c) && c->channels > 1) return LATHE_NHWC_DEPTHWISE;
  if (!lathe_nhwc_supports(c, LATHE_NHWC_WINOGRAD_4)) return LATHE_NHWC_IMPLICIT;
  const intptr_t panel = LATHE_TABLE(nhwc_kernels)->panel;
  const double direct = cost(c, LATHE_NHWC_IMPLICIT, panel), small = cost(c, LATHE_NHWC_WINOGRAD_2, panel);
  const double large = cost(c, LATHE_NHWC_WINOGRAD_4, panel);
  // The larger tile rounds about three times as coarsely as the direct sum: it has to be worth it.
  if (large < 0.8 * small && large < 0.7 * direct) return LATHE_NHWC_WINOGRAD_4;
  return small < 0.8 * direct ? LATHE_NHWC_WINOGRAD_2 : LATHE_NHWC_IMPLICIT;
}
