#define LATHE_LEVEL 1
#include "pool_kernels.h"
