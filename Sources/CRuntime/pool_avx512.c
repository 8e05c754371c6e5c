#define LATHE_LEVEL 2
#include "pool_kernels.h"
