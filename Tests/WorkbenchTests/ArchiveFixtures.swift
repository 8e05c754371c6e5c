import Archives
import Capture
import Compiler
import Foundations
import Synchronization

@testable import Engine
@testable import Workbench

/// What was written and run, and what is found on the disk.
final class FakeFiles: Sendable {
  struct State {
    var existing: Set<String> = []
    var freeBytes: Int? = 41_000_000_000
    var written: [String] = []
    /// Calls of native code, by hash.
    var calls: [String] = []
    var metadata: [String: String] = [:]
    var wishes: [DimensionWish] = []
    var names: [String] = []
    /// Whether packages differ from eager execution.
    var differs = false
    /// Whether packaging fails.
    var fails = false
    var minified: [String] = []
  }
  let state = Mutex(State())
}

extension Fixture {
  static func library(_ digest: String, lacks: [String]) -> ArchiveSummary.Library {
    ArchiveSummary.Library(
      member: "data/aotinductor/\(digest.prefix(4)).wrapper.so", bytes: 40_960, digest: digest, machine: "x86_64", needed: ["libtorch_cpu.so", "libm.so.6", "libc.so.6"],
      searchPaths: [],
      symbols: [
        .init(name: "aoti_torch_delete_tensor_object", version: nil, isWeak: false, origin: "PyTorch"),
        .init(name: "aoti_torch_get_data_ptr", version: nil, isWeak: false, origin: "PyTorch"),
        .init(name: "torch_new_thing", version: nil, isWeak: lacks.isEmpty, origin: "PyTorch"),
        .init(name: "memcpy", version: "GLIBC_2.14", isWeak: false, origin: "libc or libm"),
      ],
      glibc: "2.14",
      compatibility: [
        .init(version: "2.6", isCompatible: lacks.isEmpty, missing: lacks), .init(version: "2.15", isCompatible: true, missing: []),
      ])
  }

  /// An archive with a model of Lathe's and one of PyTorch's.
  static func archive(_ path: String, isTrusted: Bool = false) -> ArchiveSummary {
    let lathe = ArchiveSummary.Model(
      name: "encoder", maker: "Lathe", metadata: [.init(key: "AOTI_DEVICE_KEY", value: "cpu"), .init(key: "owner", value: "search")], target: "x86-64-v3", level: "avx2",
      inputs: [.init(name: "ids", path: "args[0]['ids']", dtype: "int64", sizes: ["s0", "16"], bound: 100)],
      outputs: [.init(name: "sum_2", path: "[0]", dtype: "float32", sizes: ["s0", "16", "64"])], inputSpec: "[1, {\"type\": \"builtins.tuple\"}]", outputSpec: "[1, {\"type\": null}]",
      ranges: ["s0": .init(minimum: 2, maximum: 64)],
      constants: [.init(name: "wte.weight", dtype: "float32", sizes: [100, 64], strides: [64, 1], kind: "parameter", offset: 0, bytes: 25_600)], constantBytes: 25_600,
      weights: "inline", operators: [], sources: [.init(name: "data/aotinductor/encoder/abcd.wrapper.cpp", bytes: 1234)], library: library(String(repeating: "ab12", count: 16), lacks: []),
      problem: nil, isTrusted: isTrusted)
    let torch = ArchiveSummary.Model(
      name: "head", maker: "PyTorch", metadata: [.init(key: "AOTI_DEVICE_KEY", value: "cpu")], target: nil, level: nil, inputs: [], outputs: [], inputSpec: nil, outputSpec: nil, ranges: [:],
      constants: [], constantBytes: 0, weights: nil, operators: ["aten.cumsum.default"],
      sources: [.init(name: "data/aotinductor/head/cpp.cpp", bytes: 99), .init(name: "data/aotinductor/head/kernel.cpp", bytes: 12)],
      library: library(String(repeating: "cd34", count: 16), lacks: ["torch_new_thing"]), problem: nil, isTrusted: false)
    return ArchiveSummary(path: path, bytes: 98_765, layouts: ["2.6", "2.8 and later"], models: [lathe, torch])
  }

  static func exportReport(_ wishes: [DimensionWish]) -> ExportReport {
    var report = ExportReport(path: "", layout: "", bytes: 0)
    let place = ExportReport.Place(file: "/home/u/zoo/tiny.py", line: 12, text: "x = self.wte(ids)")
    report.dimensions = wishes.map { wish in
      ExportReport.Dimension(
        input: wish.input, dimension: wish.dimension, wish: wish.text, size: wish.dimension == 0 ? "s0" : "16", isDynamic: wish.dimension == 0, minimum: 2, maximum: 64,
        reasons: wish.dimension == 0 ? [] : [.init(text: "specialised to 16", neededBy: "aten.embedding.default", place: place)])
    }
    if !wishes.isEmpty { report.relations = [.init(text: "s0 % 2 == 0", neededBy: "aten.view.default", place: place)] }
    return report
  }
}

extension FakeServices {
  func inspect(_ path: String) throws -> ArchiveSummary? {
    if files.state.withLock({ $0.written.contains(path) }) { return Fixture.archive(path) }
    return path.hasSuffix("served.pt2") ? Fixture.archive(path) : nil
  }
  func source(_ member: String, of path: String) throws -> String {
    "// \(member)\n#include \"lathe.h\"\nvoid kernel(float *p) {\n  p[0] = 1;\n}\n"
  }
  func place(of path: String) -> FilePlace {
    files.state.withLock { FilePlace(exists: $0.existing.contains(path), isFolder: false, freeBytes: $0.freeBytes) }
  }
  func foresee(_ model: OpenModel, dimensions: [DimensionWish]) throws -> ExportReport {
    if dimensions.contains(where: { $0.dimension == 1 && $0.text == "dynamic" }) { throw LatheError.badInput("ids.size()[1] is always 16, needed by aten.embedding.default") }
    return Fixture.exportReport(dimensions)
  }
  func export(
    _ model: OpenModel, to path: String, dimensions: [DimensionWish], layout: ProgramLayout, events: some EventSink, cancellation: some Cancellation
  ) throws -> ExportReport {
    files.state.withLock {
      $0.written.append(path)
      $0.wishes = dimensions
    }
    var report: ExportReport = Fixture.exportReport(dimensions)
    (report.path, report.layout, report.bytes) = (path, layout.rawValue, 1_234_999)
    return report
  }
  func package(
    _ items: [PackageItem], to path: String, options: PackageOptions, events: some EventSink, cancellation: some Cancellation
  ) throws -> PackageReport {
    events.report(.progress(job: 0, done: 2, of: 5, what: "kernel.c"))
    gate?.pass()
    try cancellation.check()
    if files.state.withLock({ $0.fails }) { throw LatheError(.unsupported, subject: items[0].model.path, "aten.nonzero cannot be compiled") }
    files.state.withLock {
      $0.written.append(path)
      ($0.metadata, $0.names) = (options.metadata, items.map(\.name))
    }
    return PackageReport(
      path: path, bytes: 98_765, target: options.target.rawValue, level: "avx2", weights: options.weights.rawValue, seconds: 1.2,
      models: items.map {
        .init(name: $0.name, file: $0.model.path, kernels: 3, codeBytes: 40_960, constantBytes: 25_600, code: "ab12", operators: [], conditions: ["s0 % 2 == 0"], notes: [], phases: [])
      })
  }
  func tryPackaging(_ items: [PackageItem], options: PackageOptions, events: some EventSink, cancellation: some Cancellation) throws -> [PackageComparison] {
    let differs: Bool = files.state.withLock { $0.differs }
    return items.map { item in
      let output = PackageComparison.Output(name: "sum_2", dtype: "float32", sizes: [4, 16, 64], difference: differs ? "[0, 1, 2] is 3.5, expected 3.25" : nil)
      return PackageComparison(model: item.name, outputs: [output], eagerSeconds: 0.02, packagedSeconds: 0.001)
    }
  }
  func minify(_ model: OpenModel, _ options: MinifyOptions, events: some EventSink, cancellation: some Cancellation) throws -> MinifyReport {
    files.state.withLock { $0.minified.append(options.fails.text) }
    let answer = MinifyAnswer(.differs, "output 0 differs")
    return MinifyReport(
      file: model.path, fails: options.fails.text, mode: options.mode.rawValue, failureBefore: answer, failure: answer, before: .init(nodes: 30, calls: 20, inputs: 8),
      after: .init(nodes: 3, calls: 1, inputs: 1), queries: 17, seconds: 2, isConfirmed: true, folder: options.folder, program: options.folder + "/program.pt2",
      inputs: "", expected: "", script: options.folder + "/reproduce.sh", torchScript: options.folder + "/reproduce.py", text: "")
  }
  func run(_ call: ArchiveCall, inputs: InputSource, repeats: Int, events: some EventSink, cancellation: some Cancellation) throws -> RunResult {
    files.state.withLock { $0.calls.append(call.digest) }
    return RunResult(
      of: [], outputs: [], summaries: [TensorSummary(of: "sum_2", dtype: "float32", sizes: [4, 16, 64], minimum: -2.5, maximum: 3, mean: 0.125, nanCount: 0)],
      seconds: Array(repeating: 0.0005, count: repeats))
  }
  func compare(_ call: ArchiveCall, with program: OpenModel, events: some EventSink, cancellation: some Cancellation) throws -> PackageComparison {
    files.state.withLock { $0.calls.append(call.digest) }
    return PackageComparison(model: call.model, outputs: [.init(name: "sum_2", dtype: "float32", sizes: [4, 16, 64])], eagerSeconds: 0.02, packagedSeconds: 0.001)
  }
}
