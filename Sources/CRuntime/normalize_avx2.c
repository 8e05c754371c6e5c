#define LATHE_LEVEL 1
#include "normalize_kernels.h"
