#define LATHE_LEVEL 0
#include "convert_kernels.h"
