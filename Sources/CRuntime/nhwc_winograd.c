#include "nhwc_plan.h"
#include "lathe_scratch.h"
#include "lathe_threads.h"
#if LATHE_NHWC_PARTS & 6

// Winograd's algorithm. Where there are many tiles a task takes some from the image to the result; where there are few, all are
// transformed first and tasks divide the outputs, so that each weight is read once.

enum { PLANES_FLOATS = 72 << 10, LEAST_TILES = 12, FEW_TILES = 64, MOST_TILES = 96, SHARED_FLOATS = 2 << 20 };

typedef struct {
  const nhwc_kernels *kernels;
  nhwc_winograd winograd;
  float *planes;  // of all tiles, or NULL
  intptr_t tiles, tile_parts, panels, panel_parts;
} winograd_tasks;

static void transform_body(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const winograd_tasks *tasks = context;
  tasks->kernels->winograd_input(&tasks->winograd, begin, end, tasks->planes + begin * tasks->winograd.pitch);
}

NHWC_COMPACT static void winograd_body(void *context, intptr_t begin, intptr_t end, int thread) {
  (void)thread;
  const winograd_tasks *tasks = context;
  for (intptr_t task = begin; task < end; task++) {
    const intptr_t first = nhwc_part(tasks->tiles, tasks->tile_parts, task % tasks->tile_parts);
    const intptr_t last = nhwc_part(tasks->tiles, tasks->tile_parts, task % tasks->tile_parts + 1), p = task / tasks->tile_parts;
    const intptr_t points = (tasks->winograd.tile + 2) * (tasks->winograd.tile + 2);
    const intptr_t own = tasks->planes ? 0 : points * tasks->winograd.plane;
    float *scratch = lathe_scratch(3, (size_t)(own + tasks->kernels->winograd_work(tasks->winograd.tile, last - first)) * sizeof(float));
    if (own) tasks->kernels->winograd_input(&tasks->winograd, first, last, scratch);
    const float *planes = own ? scratch : tasks->planes + first * tasks->winograd.pitch;
    tasks->kernels->winograd_output(&tasks->winograd, first, last, planes, scratch + own,
                                    nhwc_part(tasks->panels, tasks->panel_parts, p), nhwc_part(tasks->panels, tasks->panel_parts, p + 1));
  }
}

NHWC_COMPACT void nhwc_run_winograd(const nhwc_kernels *kernels, const lathe_nhwc_convolution *convolution, const float *input,
                                    const float *packed, const lathe_epilogue *epilogue) {
  const int tile = nhwc_tile_of(convolution->algorithm);
  const intptr_t points = (tile + 2) * (tile + 2), threads = lathe_thread_count();
  winograd_tasks tasks = {.kernels = kernels, .panels = nhwc_ceiling(convolution->outputs, kernels->panel), .panel_parts = 1};
  nhwc_winograd *winograd = &tasks.winograd;
  *winograd = (nhwc_winograd){
    .convolution = convolution, .input = input, .packed = packed, .epilogue = epilogue, .tile = tile,
    .tiles_down = nhwc_ceiling(convolution->out_height, tile), .tiles_across = nhwc_ceiling(convolution->out_width, tile),
    // Tiles and planes an odd number of cache lines apart do not fall into the same few cache sets.
    .pitch = (nhwc_ceiling(convolution->channels, 16) | 1) * 16};
  tasks.tiles = convolution->images * winograd->tiles_down * winograd->tiles_across;
  const bool shared = tasks.tiles < LEAST_TILES * threads ||
                      (tasks.tiles < FEW_TILES * threads && tasks.tiles * points * winograd->pitch <= SHARED_FLOATS);
  intptr_t block;
  if (convolution->block_rows > 0) block = convolution->block_rows;
  else if (shared) block = MOST_TILES;
  else {
    block = PLANES_FLOATS / (points * winograd->pitch);
    if (block < LEAST_TILES) block = LEAST_TILES;
    if (block > MOST_TILES) block = MOST_TILES;
  }
  tasks.tile_parts = nhwc_ceiling(tasks.tiles, block);
  if (!shared) tasks.tile_parts = nhwc_ceiling(tasks.tile_parts, threads) * threads;
  if (tasks.tile_parts > tasks.tiles) tasks.tile_parts = tasks.tiles;
  const intptr_t rows = shared ? tasks.tiles : nhwc_ceiling(tasks.tiles, tasks.tile_parts);
  winograd->plane = rows * winograd->pitch;
  if (winograd->plane / 16 % 2 == 0) winograd->plane += 16;
  const size_t zeros = (size_t)winograd->pitch;
  float *scratch = lathe_scratch(2, (zeros + (shared ? (size_t)(points * winograd->plane) : 0)) * sizeof(float));
  memset(scratch, 0, zeros * sizeof(float));
  winograd->zeros = scratch;
  if (shared) {
    tasks.planes = scratch + zeros;
    tasks.panel_parts = nhwc_ceiling(4 * threads, tasks.tile_parts);
    if (convolution->block_columns > 0) tasks.panel_parts = nhwc_ceiling(convolution->outputs, convolution->block_columns);
    if (tasks.panel_parts > tasks.panels) tasks.panel_parts = tasks.panels;
    lathe_parallel_for(tasks.tiles, 1, transform_body, &tasks);
  }
  lathe_parallel_for(tasks.tile_parts * tasks.panel_parts, 1, winograd_body, &tasks);
}
#endif
