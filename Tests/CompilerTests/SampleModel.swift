import CRuntime
import Compiler
import Foundation
import Foundations
import Tensors

/// A program written by hand as the compiler would write it: `sum = x + y + weight` for x and y of [n, 4], `other` what external node 0
/// makes of the sum and n, and `scaled = x * (2 * weight)` where the factor is folded.
enum SampleModel {
  static let kernel = CSource(name: "kernel_0.c", text: """
    \(ArtifactRuntime.include)
    typedef struct { const float *x, *y, *w; float *out; } add_context;
    static void add_rows(void *context, intptr_t begin, intptr_t end, int thread) {
      (void)thread;
      const add_context *c = context;
      for (intptr_t i = begin * 4; i < end * 4; i++) c->out[i] = c->x[i] + c->y[i] + c->w[i % 4];
    }
    void kernel_0(const float *x, const float *y, const float *w, float *out, int64_t rows) {
      add_context context = {x, y, w, out};
      lathe_parallel_for(rows, 1024, add_rows, &context);
    }
    """)

  static let model = CSource(name: "model.c", text: """
    \(ArtifactRuntime.include)
    void kernel_0(const float *x, const float *y, const float *w, float *out, int64_t rows);
    static void kernel_1(const float *x, const float *factor, float *out, int64_t rows) {
      for (int64_t i = 0; i < rows * 4; i++) out[i] = x[i] * factor[i % 4];
    }
    static int32_t run(lathe_call *call) {
      int64_t n;
      float *x, *y, *sum, *scaled;
      LATHE_TRY(aoti_torch_get_size(call->inputs[0], 0, &n));
      LATHE_TRY(aoti_torch_get_data_ptr(call->inputs[0], (void **)&x));
      LATHE_TRY(aoti_torch_get_data_ptr(call->inputs[1], (void **)&y));
      int64_t m;
      LATHE_TRY(aoti_torch_get_size(call->inputs[1], 0, &m));
      LATHE_CHECK(n == m, "x has %lld rows but y has %lld", (long long)n, (long long)m);
      const int64_t sizes[] = {n, 4}, strides[] = {4, 1};
      LATHE_TRY(aoti_torch_empty_strided(2, sizes, strides, 6, 0, -1, &call->outputs[0]));
      LATHE_TRY(aoti_torch_empty_strided(2, sizes, strides, 6, 0, -1, &call->outputs[2]));
      LATHE_TRY(aoti_torch_get_data_ptr(call->outputs[0], (void **)&sum));
      LATHE_TRY(aoti_torch_get_data_ptr(call->outputs[2], (void **)&scaled));
      LATHE_TRY(lathe_arena(call, (uint64_t)n * 16));
      LATHE_KERNEL(call, 0, kernel_0(x, y, call->constant_data[0], (float *)call->arena, n));
      memcpy(sum, call->arena, (size_t)n * 16);
      LATHE_KERNEL(call, 1, kernel_1(x, call->constant_data[1], scaled, n));
      LATHE_TRY(aoti_torch_new_uninitialized_tensor(&call->temporaries[0]));
      AtenTensorHandle tensors[] = {call->outputs[0], call->temporaries[0]};
      LATHE_TRY(aoti_torch_proxy_executor_call_function(call->proxy, 0, 1, &n, 2, tensors));
      call->outputs[1] = call->temporaries[0];
      call->temporaries[0] = NULL;
      return 0;
    }
    static int32_t fold(lathe_call *call, int32_t number) {
      (void)number;
      const int64_t size = 4, stride = 1;
      float *out;
      LATHE_TRY(aoti_torch_empty_strided(1, &size, &stride, 6, 0, -1, &call->outputs[0]));
      LATHE_TRY(aoti_torch_get_data_ptr(call->outputs[0], (void **)&out));
      for (int i = 0; i < 4; i++) out[i] = 2 * ((const float *)call->constant_data[0])[i];
      return 0;
    }
    static const int64_t sizes[] = {4}, strides[] = {1};
    static const lathe_constant_info constants[] = {
      {.name = "fc_weight", .fqn = "fc.weight", .dtype = 6, .rank = 1, .sizes = sizes, .strides = strides, .bytes = 64, .type = LATHE_CONSTANT_PARAMETER},
      {.name = "folded_0", .fqn = "folded_0", .dtype = 6, .rank = 1, .sizes = sizes, .strides = strides, .type = LATHE_CONSTANT_FOLDED, .folded = true},
    };
    static const char *const inputs[] = {"x", "y"}, *const outputs[] = {"sum", "other", "scaled"}, *const kernels[] = {"add", "scale"};
    const lathe_model_info lathe_model = {
      .struct_bytes = sizeof(lathe_model_info), .isa = LATHE_LEVEL, .input_count = 2, .output_count = 3, .constant_count = 2,
      .folded_count = 1, .kernel_count = 2, .temporary_count = 1, .input_names = inputs, .output_names = outputs,
      .constants = constants, .kernel_names = kernels, .in_spec = "[1, {}]", .out_spec = "[1, null]", .run = run, .fold = fold};
    """)

  static let request = KernelCache.Request(sources: [kernel, model])

  /// The program compiled once for all tests that only run it, in a cache that stays for the next run.
  static let artifact: Result<Artifact, any Error> = Result {
    let cache = KernelCache(folder: "\(NSTemporaryDirectory())/lathe-compiler-tests-cache", capacity: 10_000_000)
    return try cache.artifact(for: request, toolchain: Toolchain(compiler: try Compilers.any))
  }

  /// `out = x + y` for contiguous f32, nothing else: what a call costs besides its kernel.
  static let smallest = KernelCache.Request(sources: [CSource(name: "model.c", text: """
    \(ArtifactRuntime.include)
    static int32_t run(lathe_call *call) {
      float *x, *y, *out;
      int64_t n;
      LATHE_TRY(aoti_torch_get_numel(call->inputs[0], &n));
      LATHE_TRY(aoti_torch_get_data_ptr(call->inputs[0], (void **)&x));
      LATHE_TRY(aoti_torch_get_data_ptr(call->inputs[1], (void **)&y));
      const int64_t stride = 1;
      LATHE_TRY(aoti_torch_empty_strided(1, &n, &stride, 6, 0, -1, &call->outputs[0]));
      LATHE_TRY(aoti_torch_get_data_ptr(call->outputs[0], (void **)&out));
      LATHE_KERNEL(call, 0, for (int64_t i = 0; i < n; i++) out[i] = x[i] + y[i]);
      return 0;
    }
    static const char *const inputs[] = {"x", "y"}, *const outputs[] = {"out"}, *const kernels[] = {"add"};
    const lathe_model_info lathe_model = {
      .struct_bytes = sizeof(lathe_model_info), .isa = LATHE_LEVEL, .input_count = 2, .output_count = 1, .kernel_count = 1,
      .input_names = inputs, .output_names = outputs, .kernel_names = kernels, .in_spec = "", .out_spec = "", .run = run};
    """)])

  static func tensor(_ rows: Int, _ value: (Int) -> Double) throws -> Tensor {
    try Tensor((0..<rows * 4).map(value), sizes: [rows, 4])
  }

  /// External node 0: the sum and n, multiplied.
  static let proxy: @Sendable (Int, [Int], [Tensor]) throws -> [Tensor] = { node, integers, tensors in
    guard node == 0, integers.count == 1, tensors.count == 1 else { throw LatheError.badInput("no such node") }
    return [try Tensor(tensors[0].doubles().map { $0 * Double(integers[0]) }, sizes: tensors[0].sizes)]
  }
}

/// A folder that is removed with its content when the last reference goes.
final class ScratchFolder: Sendable {
  let path: String
  init() throws {
    path = NSTemporaryDirectory() + "lathe-compiler-tests-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  var cache: KernelCache { KernelCache(folder: path + "/cache", temporaryFolder: path) }
  func names(_ folder: String) -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)")) ?? []).sorted() }
  /// A program of the shell. Another process writes the file: a child that some other test starts meanwhile would inherit a descriptor of
  /// this one, and a file that is open for writing cannot be run.
  func script(_ name: String, _ text: String) throws -> String {
    let file = "\(path)/\(name)"
    try "#!/bin/sh\n\(text)\n".write(toFile: "\(file).text", atomically: true, encoding: .utf8)
    try ChildProcess.run(
      [ChildProcess(arguments: ["/bin/sh", "-c", "cat '\(file).text' > '\(file)' && chmod 755 '\(file)' && rm '\(file).text'"])], width: 1,
      cancellation: NeverCancelled()
    ) { _, result in
      if result.status != .exited(0) { throw LatheError(.system, subject: file, result.output) }
    }
    return file
  }
}

/// The compilers of this machine, by name.
enum Compilers {
  static let clang = try? CCompiler.find(environment: environment("clang"))
  static let gcc = try? CCompiler.find(environment: environment("gcc"))
  static let all: [CCompiler] = [clang, gcc].compactMap { $0 }
  static var any: CCompiler { get throws { try CCompiler.find() } }

  private static func environment(_ name: String) -> [String: String] {
    var environment = ProcessInfo.processInfo.environment
    environment["LATHE_CC"] = name
    return environment
  }
}

