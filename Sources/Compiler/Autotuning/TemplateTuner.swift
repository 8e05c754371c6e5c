import CRuntime
import Foundations
import Operators

/// Times candidates of every template of a schedule on the shapes it has, and chooses the fastest (`torch/_inductor/select_algorithm.py`).
struct TemplateTuner {
  let environment: ShapeEnvironment
  let cache: TuningCache
  /// Seconds for each candidate.
  var seconds: Double = 0.02
  let isCancelled: () throws -> Void
  let progress: (_ done: Int, _ of: Int, _ what: String) -> Void

  func tune(_ schedule: Schedule) throws -> (Schedule, [TuningReport]) {
    var result: Schedule = schedule
    var reports: [String: TuningReport] = [:]
    var order: [String] = []
    for index in result.steps.indices {
      try isCancelled()
      progress(index, result.steps.count, "timing templates")
      guard case .kernel(var kernel) = result.steps[index], let template = kernel.template else { continue }
      var report: TuningReport?
      switch template.computation {
      case .product(var product):
        report = try tune(&product)
        kernel.template?.computation = .product(product)
      case .convolution(var convolution):
        // The packed weights are of one algorithm: those that several convolutions share stay as they are.
        let users: Int = result.steps.filter { $0.buffersRead(in: result).contains(convolution.packed) }.count
        if users > 1 { continue }
        report = try tune(&convolution)
        kernel.template?.computation = .convolution(convolution)
        for fold in result.folds.indices where result.folds[fold].result == convolution.packed { result.folds[fold].form = .weights(convolution) }
      }
      result.steps[index] = .kernel(kernel)
      guard var report else { continue }
      report.nodes = (reports[report.subject]?.nodes ?? []).union(kernel.nodes)
      if reports.updateValue(report, forKey: report.subject) == nil { order.append(report.subject) }
    }
    result.dropUnreadFolds()
    return (result, order.map { reports[$0]! })
  }

  // MARK: Products

  private func tune(_ product: inout Schedule.Product) throws -> TuningReport? {
    let sizes: [Int] = [product.m, product.n, product.k].compactMap { $0.evaluate { environment.hints[$0] } }
    guard sizes.count == 3, sizes.allSatisfy({ $0 > 0 }), product.batches.isEmpty, product.dtype == .f32, product.packed != nil else { return nil }
    let (m, n, k): (Int, Int, Int) = (sizes[0], sizes[1], sizes[2])
    let isTransposed: Bool = product.right.column != 1
    let subject: String = "product f32 \(m)x\(n)x\(k)\(isTransposed ? " transposed" : "")"
    let (a, b, c, packed): (Floats, Floats, Floats, Floats) = (Floats(m * k), Floats(n * k), Floats(m * n), Floats(lathe_product_packed_elements(n, k)))
    let (row, column): (Int, Int) = isTransposed ? (1, k) : (n, 1)
    lathe_product_pack(Int32(LATHE_F32.rawValue), n, k, b.start, row, column, packed.start, nil, nil)
    var choices: [(String, ProductChoice)] = [("as the template decides", .init())]
    for rows in [64, 128, 256] where rows < m { choices.append(("rows of \(rows)", .init(blockRows: rows))) }
    for columns in [64, 256, 512] where columns < n { choices.append(("columns of \(columns)", .init(blockColumns: columns))) }
    for library in 1..<Int32(LATHE_PRODUCT_LIBRARIES.rawValue) where lathe_product_has_library(library) {
      choices.append((String(cString: lathe_product_library_name(library)), .init(library: library)))
    }
    let (choice, report) = try choose(subject, choices) { choice in
      var call = lathe_product()
      (call.dtype, call.m, call.n, call.k) = (Int32(LATHE_F32.rawValue), m, n, k)
      (call.a, call.a_row, call.a_column) = (UnsafeRawPointer(a.start), k, 1)
      (call.b, call.b_row, call.b_column) = (UnsafeRawPointer(b.start), row, column)
      if choice.library == 0 { call.packed = UnsafePointer(packed.start) }
      (call.library, call.block_rows, call.block_columns) = (choice.library, choice.blockRows, choice.blockColumns)
      return lathe_time_product(&call, c.start, seconds)
    }
    product.choice = choice
    return report
  }

  // MARK: Convolutions

  private func tune(_ convolution: inout Schedule.Convolution) throws -> TuningReport? {
    guard let geometry = convolution.geometry(environment), geometry.images * geometry.height * geometry.width > 0 else { return nil }
    let g: lathe_nhwc_convolution = geometry
    let subject: String =
      "convolution f32 \(g.images)x\(g.channels)x\(g.height)x\(g.width) to \(g.outputs), \(g.kernel.0)x\(g.kernel.1), stride \(g.stride.0)x\(g.stride.1), padding \(g.padding.0)x\(g.padding.1), dilation \(g.dilation.0)x\(g.dilation.1), \(g.groups) groups"
    let names: [String] = ["implicit product", "Winograd F(2x2, 3x3)", "Winograd F(4x4, 3x3)", "depthwise"]
    var choices: [(String, ConvolutionChoice)] = []
    for algorithm in 0..<Int32(LATHE_NHWC_ALGORITHMS.rawValue) {
      var candidate: lathe_nhwc_convolution = geometry
      guard lathe_nhwc_supports(&candidate, algorithm) else { continue }
      choices.append((names[Int(algorithm)], .init(algorithm: algorithm)))
      if algorithm == Int32(LATHE_NHWC_DEPTHWISE.rawValue) { continue }
      for rows in [48, 96, 196, 400] { choices.append(("\(names[Int(algorithm)]), rows of \(rows)", .init(algorithm: algorithm, blockRows: rows))) }
    }
    // The default is the first, so that it stays where nothing is faster.
    let algorithm: Int32 = convolution.choice.algorithm
    choices.sort { ($0.1.algorithm == algorithm && $0.1.blockRows == 0 ? 0 : 1) < ($1.1.algorithm == algorithm && $1.1.blockRows == 0 ? 0 : 1) }
    let weight = Floats(g.outputs * g.channels / g.groups * g.kernel.0 * g.kernel.1)
    let (input, c): (Floats, Floats) = (Floats(g.images * g.channels * g.height * g.width), Floats(g.images * g.outputs * g.out_height * g.out_width))
    let (choice, report) = try choose(subject, choices) { choice in
      var call: lathe_nhwc_convolution = geometry
      (call.algorithm, call.block_rows, call.block_columns) = (choice.algorithm, choice.blockRows, choice.blockColumns)
      let packed = Floats(lathe_nhwc_packed_elements(&call))
      lathe_nhwc_pack(&call, weight.start, packed.start)
      return lathe_time_convolution(&call, input.start, packed.start, c.start, seconds)
    }
    convolution.choice = choice
    return report
  }

  // MARK: Choosing

  /// The fastest choice: the remembered one, or that of the times taken now. Another than the first must be 3 % faster than it.
  private func choose<Choice: Codable>(_ subject: String, _ choices: [(String, Choice)], _ time: (Choice) -> Double) throws -> (Choice, TuningReport) {
    if let known = cache.entry(subject, Choice.self) {
      return (known.choice, TuningReport(subject: subject, candidates: known.candidates, isRemembered: true))
    }
    var best: (seconds: Double, choice: Choice) = (time(choices[0].1), choices[0].1)
    var candidates: [TuningReport.Candidate] = [.init(name: choices[0].0, seconds: best.seconds)]
    let limit: Double = best.seconds * 0.97
    for (name, choice) in choices.dropFirst() {
      try isCancelled()
      let seconds: Double = time(choice)
      candidates.append(.init(name: name, seconds: seconds))
      if seconds < min(best.seconds, limit) { best = (seconds, choice) }
    }
    candidates.sort { $0.seconds < $1.seconds }
    cache.remember(TuningCache.Entry(subject: subject, candidates: candidates, choice: best.choice))
    return (best.choice, TuningReport(subject: subject, candidates: candidates, isRemembered: false))
  }
}

/// Aligned memory with small numbers in it.
private final class Floats {
  let start: UnsafeMutablePointer<Float>

  init(_ count: Int) {
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4 + 64, alignment: 64)
    start = bytes.bindMemory(to: Float.self, capacity: max(count, 1))
    for index in 0..<count { start[index] = Float(index % 17) * 0.125 - 1 }
  }
  deinit { UnsafeMutableRawPointer(start).deallocate() }
}

extension Schedule {
  /// Folded constants that no step reads any more are not made.
  fileprivate mutating func dropUnreadFolds() {
    let read: Set<BufferID> = Set(steps.flatMap { $0.buffersRead(in: self) })
    folds.removeAll { !read.contains($0.result) }
    for (number, fold) in folds.enumerated() { buffers[fold.result.index].origin = .folded(number) }
  }
}
