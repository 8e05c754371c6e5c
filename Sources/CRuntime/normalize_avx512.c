#define LATHE_LEVEL 2
#include "normalize_kernels.h"
