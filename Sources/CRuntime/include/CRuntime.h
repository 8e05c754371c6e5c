// Lathe's C runtime: what Swift cannot do well (hot kernels, CPU dispatch, the thread pool, storage).
#ifndef LATHE_CRUNTIME_H
#define LATHE_CRUNTIME_H
#include "lathe_cpu.h"
#include "lathe_threads.h"
#include "lathe_storage.h"
#include "lathe_view.h"
#include "lathe_tile.h"
#include "lathe_copy.h"
#include "lathe_reduce.h"
#include "lathe_normalize.h"
#include "lathe_pool.h"
#include "lathe_index.h"
#include "lathe_order.h"
#include "lathe_gemm.h"
#include "lathe_convolution.h"
#include "lathe_epilogue.h"
#include "lathe_convolution_nhwc.h"
#include "lathe_attention.h"
#include "lathe_tensor.h"
#include "lathe_model.h"
#include "lathe_process.h"
#endif
