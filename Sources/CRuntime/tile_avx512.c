#define LATHE_LEVEL 2
#include "tile_kernels.h"
