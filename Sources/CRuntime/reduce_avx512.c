#define LATHE_LEVEL 2
#include "reduce_kernels.h"
