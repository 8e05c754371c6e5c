#define LATHE_LEVEL 0
#include "tile_kernels.h"
