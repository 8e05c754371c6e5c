#define LATHE_LEVEL 0
#include "normalize_kernels.h"
