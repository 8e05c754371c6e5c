#define LATHE_LEVEL 1
#include "tile_kernels.h"
