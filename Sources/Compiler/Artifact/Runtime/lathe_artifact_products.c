// Templates of matrix products and attention at the artifact's level.
#include "lathe_kernel.h"
#define GEMM_TAKES_NARROW 1
#include "gemm_template.h"
#include "gemm_run.c"
#include "product.c"
#include "attention_template.h"
#include "attention.c"
