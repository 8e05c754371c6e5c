#define LATHE_LEVEL 0
#include "reduce_kernels.h"
