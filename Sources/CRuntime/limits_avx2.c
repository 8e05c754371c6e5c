#define LATHE_LEVEL 1
#include "limits_kernels.h"
