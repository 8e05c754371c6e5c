#define LATHE_LEVEL 2
#include "convert_kernels.h"
