#define LATHE_LEVEL 1
#include "convert_kernels.h"
