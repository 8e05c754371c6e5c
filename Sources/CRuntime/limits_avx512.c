#define LATHE_LEVEL 2
#include "limits_kernels.h"
