#define LATHE_LEVEL 0
#include "limits_kernels.h"
