#define LATHE_LEVEL 1
#include "reduce_kernels.h"
