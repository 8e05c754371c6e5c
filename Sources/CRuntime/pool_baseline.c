#define LATHE_LEVEL 0
#include "pool_kernels.h"
