// Templates of convolutions at the artifact's level.
#include "lathe_kernel.h"
#include "nhwc_kernels.h"
#include "convolution_nhwc.c"
#include "nhwc_pack.c"
#include "nhwc_product.c"
#include "nhwc_winograd.c"
