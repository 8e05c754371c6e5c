#define LATHE_LEVEL 1
#include "lathe_isa.h"
#if LATHE_LEVEL_EXISTS
#include "nhwc_kernels.h"
#endif
