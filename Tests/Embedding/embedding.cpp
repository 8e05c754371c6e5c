// Checks the C library against an archive: `embedding ARCHIVE MODEL INPUT EXPECTED ROWS COLUMNS CONSTANT`, with raw float32 files. The
// model takes ROWS x COLUMNS elements; its result depends on CONSTANT, a vector of COLUMNS float32, or that is empty for constants that C code
// cannot change.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>
#include "lathe.h"

#define CHECK(condition) \
  do { if (!(condition)) { std::fprintf(stderr, "line %d: %s does not hold; %s\n", __LINE__, #condition, lathe_error()); std::exit(1); } } while (0)

static std::vector<float> read_floats(const char *path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  std::vector<float> floats(bytes.size() / sizeof(float));
  std::memcpy(floats.data(), bytes.data(), floats.size() * sizeof(float));
  return floats;
}

static std::vector<float> call(lathe_program *program, std::vector<float> &input, int64_t rows, int64_t columns) {
  const int64_t sizes[] = {rows, columns};
  const lathe_array array = {input.data(), LATHE_DTYPE_FLOAT32, 2, sizes, nullptr};
  lathe_result result;
  CHECK(lathe_run(program, &array, 1, &result, 1) == 0);
  CHECK(result.array.dtype == LATHE_DTYPE_FLOAT32 && result.array.rank == 2 && result.array.sizes[0] == rows);
  std::vector<float> found;
  for (int64_t i = 0; i < result.array.sizes[0]; i++)
    for (int64_t j = 0; j < result.array.sizes[1]; j++)
      found.push_back(static_cast<const float *>(result.array.data)[i * result.array.strides[0] + j * result.array.strides[1]]);
  lathe_result_free(&result);
  return found;
}

static bool agrees(const std::vector<float> &a, const std::vector<float> &b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); i++)
    if (!(std::fabs(a[i] - b[i]) <= 1e-4f + 1e-4f * std::fabs(b[i]))) return false;
  return true;
}

static void check_failures(lathe_program *program, const char *archive, std::vector<float> &input) {
  const int64_t sizes[] = {1, 1, 1};
  const lathe_array array = {input.data(), LATHE_DTYPE_FLOAT32, 3, sizes, nullptr};
  lathe_result result;
  CHECK(lathe_run(program, &array, 0, &result, 1) != 0 && std::strstr(lathe_error(), "takes 1 tensors but got 0"));
  CHECK(lathe_open(archive, "nobody") == nullptr && std::strstr(lathe_error(), "has no model 'nobody'"));
  CHECK(lathe_open("/nonexistent.pt2", nullptr) == nullptr && std::strstr(lathe_error(), "/nonexistent.pt2"));
  lathe_constant constant;
  CHECK(lathe_constant_at(program, lathe_constant_count(program), &constant) != 0);
  // A truncated copy is an error, whatever part of it is gone.
  std::ifstream whole(archive, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(whole), {}}, cut = std::string(archive) + ".cut";
  for (size_t part = 0; part < 8; part++) {
    std::ofstream(cut, std::ios::binary | std::ios::trunc).write(bytes.data(), static_cast<std::streamsize>(bytes.size() * part / 8));
    CHECK(lathe_open(cut.c_str(), nullptr) == nullptr && *lathe_error());
  }
  std::remove(cut.c_str());
}

static void check_constants(lathe_program *program, const char *weight, std::vector<float> &input, int64_t rows, int64_t columns) {
  const std::vector<float> before = call(program, input, rows, columns);
  size_t place = lathe_constant_count(program);
  lathe_constant constant;
  for (size_t i = 0; i < lathe_constant_count(program); i++) {
    CHECK(lathe_constant_at(program, i, &constant) == 0);
    if (std::strcmp(constant.name, weight) == 0) place = i;
  }
  CHECK(place < lathe_constant_count(program));
  CHECK(lathe_constant_at(program, place, &constant) == 0 && constant.dtype == LATHE_DTYPE_FLOAT32);
  std::vector<float> threes(static_cast<size_t>(columns) + 1, 3.0f);
  const int64_t right[] = {columns}, wrong[] = {columns + 1};
  const lathe_named_array misfit = {weight, {threes.data(), LATHE_DTYPE_FLOAT32, 1, wrong, nullptr}};
  CHECK(lathe_update_constants(program, &misfit, 1) != 0 && std::strstr(lathe_error(), weight));
  const lathe_named_array unknown = {"nobody", {threes.data(), LATHE_DTYPE_FLOAT32, 1, right, nullptr}};
  CHECK(lathe_update_constants(program, &unknown, 1) != 0 && std::strstr(lathe_error(), "nobody"));
  const lathe_named_array fit = {weight, {threes.data(), LATHE_DTYPE_FLOAT32, 1, right, nullptr}};
  CHECK(lathe_update_constants(program, &fit, 1) == 0);
  CHECK(agrees(call(program, input, rows, columns), before));
  CHECK(lathe_swap_constants(program) == 0);
  CHECK(!agrees(call(program, input, rows, columns), before));
}

int main(int count, char **arguments) {
  CHECK(count == 8);
  const int64_t rows = std::atoll(arguments[5]), columns = std::atoll(arguments[6]);
  lathe_program *program = lathe_open(arguments[1], arguments[2]);
  CHECK(program != nullptr);
  CHECK(lathe_input_count(program) == 1 && lathe_output_count(program) == 1);
  CHECK(std::strstr(lathe_input_spec(program), "builtins.tuple") && *lathe_output_spec(program));
  CHECK(std::strcmp(lathe_metadata_value(program, "AOTI_DEVICE_KEY"), "cpu") == 0 && lathe_metadata_value(program, "nothing") == nullptr);
  std::vector<float> input = read_floats(arguments[3]), expected = read_floats(arguments[4]);
  CHECK(input.size() == static_cast<size_t>(rows * columns) && !expected.empty());
  CHECK(agrees(call(program, input, rows, columns), expected));
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; i++)
    callers.emplace_back([&] { for (int turn = 0; turn < 25; turn++) CHECK(agrees(call(program, input, rows, columns), expected)); });
  for (std::thread &caller : callers) caller.join();
  if (*arguments[7]) check_constants(program, arguments[7], input, rows, columns);
  check_failures(program, arguments[1], input);
  lathe_close(program);
  std::puts("ok");
}
