import Compiler
import Foundations
import Graphs
import LoopIR
import Operators
import Tensors
import Testing

/// Reductions compiled and compared with the eager run.
@Suite struct ReductionTests {
  /// Numbers without a pattern that reductions could hide behind, in -2 to 2.
  private static func input(_ sizes: [Int], _ dtype: DType, strides: [Int]? = nil, seed: Int = 0) throws -> Tensor {
    let values: [Double] = (0..<sizes.reduce(1, *)).map { (index: Int) -> Double in
      let mixed: Int = index &* 7919 &+ seed &* 104_729 &+ index &* index &* 31
      let number: Double = Double(mixed % 1009) / 252 - 2
      if dtype.isFloatingPoint { return number }
      if dtype == .bool { return number > -1 ? 1 : 0 }
      return number.rounded() + (dtype == .u8 ? 2 : 0)
    }
    let dense = try Tensor(values, sizes: sizes, dtype)
    guard let strides else { return dense }
    let other = Tensor(storage: try Tensor.empty([sizes.reduce(1, *)], dtype).storage, dtype: dtype, sizes: sizes, strides: strides)
    other.copy(from: dense)
    return other
  }

  private static func expectClose(_ actual: Tensor, _ expected: Tensor, _ what: String, bound: Double? = nil) throws {
    #expect(actual.sizes == expected.sizes && actual.dtype == expected.dtype, "\(what)")
    let bound: Double = bound ?? (expected.dtype == .f32 ? 1e-5 : expected.dtype == .f64 ? 1e-12 : expected.dtype == .f16 ? 2e-3 : expected.dtype == .bf16 ? 1.6e-2 : 0)
    for (index, (x, y)) in zip(try actual.doubles(), try expected.doubles()).enumerated() where !(x == y || (x.isNaN && y.isNaN) || abs(x - y) <= bound + bound * abs(y)) {
      Issue.record("\(what), element \(index): \(x), expected \(y)")
      return
    }
  }

  /// The schedule's kernels, and how many calls of operators stay beside them.
  private static func counts(_ graph: Graph, _ environment: ShapeEnvironment) throws -> (kernels: [Schedule.Kernel], calls: Int) {
    let steps: [Schedule.Step] = try RenderedGraph(graph, environment: environment).artifact.schedule.steps
    let kernels: [Schedule.Kernel] = steps.compactMap { if case .kernel(let kernel) = $0 { kernel } else { nil } }
    return (kernels, steps.count - kernels.count)
  }

  /// Many calls on one input in one graph; all must become kernels.
  private static func check(_ calls: [(name: OperatorName, arguments: [Value])], _ inputs: [Tensor], calls expected: Int = 0) throws {
    let make = GraphMaker()
    let values: [Value] = inputs.enumerated().map { number, tensor in
      make.input("x\(number)", number, tensor.dtype, tensor.sizes.map { SymbolicInt($0) }, strides: tensor.strides.map { SymbolicInt($0) })
    }
    var (outputs, names): ([Value], [String]) = ([], [])
    for call in calls {
      let arguments: [Value] = call.arguments.map { if case .string(let name) = $0, let number = Int(name) { values[number] } else { $0 } }
      for result in try make.tracer.run(call.name, arguments.map { ("", $0) }) where result.tensorType != nil {
        outputs.append(result)
        names.append("\(call.name) \(call.arguments.dropFirst()) of \(inputs[0].dtype) \(inputs[0].sizes) \(inputs[0].strides)")
      }
    }
    let graph = try make.finish(outputs)
    #expect(try counts(graph, make.environment).calls == expected, "\(names.first ?? "")")
    let (actual, eager): ([Tensor], [Tensor]) = (try graph.compiled(make.environment)(inputs), try graph.eager(inputs))
    #expect(actual.count == eager.count)
    for (index, (a, b)) in zip(actual, eager).enumerated() { try expectClose(a, b, names[index]) }
  }

  private static let x: Value = .string("0")

  @Test(arguments: [DType.f32, .f64, .f16, .bf16, .i64, .i32, .u8, .bool]) func foldsOverDimensions(_ dtype: DType) throws {
    let dims: [Value] = [.ints([2]), .ints([-1, 0]), .ints([1]), .ints([0, 1, 2]), .ints([0])]
    for strides: [Int]? in [nil, [1, 5, 35], [69, 1, 23]] as [[Int]?] {
      let sizes: [Int] = strides == nil ? [4, 7, 37] : strides![0] == 1 ? [5, 7, 4] : [3, 23, 3]
      if strides?[0] == 69, dtype != .f32 { continue }
      let input: Tensor = try ReductionTests.input(sizes, dtype, strides: strides)
      var calls: [(name: OperatorName, arguments: [Value])] = []
      for dim in dims {
        for keeps in [false, true] {
          calls.append(("aten.sum.dim_IntList", [ReductionTests.x, dim, .bool(keeps)]))
          calls.append(("aten.amax.default", [ReductionTests.x, dim, .bool(keeps)]))
        }
        calls.append(("aten.amin.default", [ReductionTests.x, dim, .bool(false)]))
        calls.append(("aten.any.dims", [ReductionTests.x, dim, .bool(false)]))
        calls.append(("aten.all.dims", [ReductionTests.x, dim, .bool(true)]))
        if dtype.isFloatingPoint {
          calls.append(("aten.mean.dim", [ReductionTests.x, dim, .bool(false)]))
          calls.append(("aten.logsumexp.default", [ReductionTests.x, dim, .bool(true)]))
          calls.append(("aten.var_mean.correction", [ReductionTests.x, dim]))
          for order in [0, 1, 2, Double.infinity, -Double.infinity] {
            calls.append(("aten.linalg_vector_norm.default", [ReductionTests.x, .double(order), dim, .bool(false)]))
          }
        }
      }
      for dim in [0, 1, -1] {
        calls.append(("aten.prod.dim_int", [ReductionTests.x, .integer(dim), .bool(false)]))
        if dtype != .bool {
          calls.append(("aten.argmax.default", [ReductionTests.x, .integer(dim), .bool(true)]))
          calls.append(("aten.argmin.default", [ReductionTests.x, .integer(dim)]))
          calls.append(("aten.max.dim", [ReductionTests.x, .integer(dim), .bool(true)]))
          calls.append(("aten.min.dim", [ReductionTests.x, .integer(dim), .bool(false)]))
        }
      }
      if dtype != .bool { calls.append(("aten.argmax.default", [ReductionTests.x])) }
      calls.append(("aten.sum.default", [ReductionTests.x]))
      calls.append(("aten.max.default", [ReductionTests.x]))
      try ReductionTests.check(calls, [input])
    }
  }

  @Test(arguments: [DType.f32, .f64, .f16, .bf16]) func normalizations(_ dtype: DType) throws {
    for (sizes, strides) in [([3, 8, 40], nil), ([2, 8, 5], nil), ([3, 8, 6], [48, 1, 8]), ([2, 4, 1029], nil)] as [([Int], [Int]?)] {
      let input: Tensor = try ReductionTests.input(sizes, dtype, strides: strides)
      let weight: Tensor = try ReductionTests.input([sizes[2]], dtype, seed: 1)
      let scale: Tensor = try ReductionTests.input([sizes[1]], dtype, seed: 2)
      var calls: [(name: OperatorName, arguments: [Value])] = []
      for dim in [-1, 1, 0] {
        calls.append(("aten.softmax.int", [ReductionTests.x, .integer(dim)]))
        calls.append(("aten.log_softmax.int", [ReductionTests.x, .integer(dim)]))
      }
      calls.append(("aten._softmax.default", [ReductionTests.x, .integer(2), .bool(false)]))
      calls.append(("aten.layer_norm.default", [ReductionTests.x, .ints([sizes[2]]), .string("1"), .string("1"), .double(1e-5)]))
      calls.append(("aten.native_layer_norm.default", [ReductionTests.x, .ints([sizes[1], sizes[2]]), .none, .none, .double(1e-3)]))
      calls.append(("aten._fused_rms_norm.default", [ReductionTests.x, .ints([sizes[2]]), .string("1"), .none]))
      calls.append(("aten.group_norm.default", [ReductionTests.x, .integer(4), .string("2"), .string("2")]))
      calls.append(("aten.native_group_norm.default", [
        ReductionTests.x, .string("2"), .none, .integer(sizes[0]), .integer(sizes[1]), .integer(sizes[2]), .integer(2), .double(1e-5),
      ]))
      try ReductionTests.check(calls, [input, weight, scale])
    }
  }

  @Test func specialValues() throws {
    let (inf, nan): (Double, Double) = (Double.infinity, Double.nan)
    let rows: [[Double]] = [
      [1, nan, 3, nan, 5], [-inf, -inf, -inf, -inf, -inf], [inf, 1, 2, inf, -inf], [2, 2, 2, 2, 2], [-0.0, 0, -0.0, 0, 1e30], [nan, nan, nan, nan, nan],
    ]
    for repeats in [1, 9] {
      let values: [Double] = rows.flatMap { row in Array(repeating: row, count: repeats).flatMap { $0 } }
      let input = try Tensor(values, sizes: [6, 5 * repeats], .f32)
      var calls: [(name: OperatorName, arguments: [Value])] = []
      for dim in [0, 1] {
        for name: OperatorName in ["aten.max.dim", "aten.min.dim", "aten.argmax.default", "aten.argmin.default", "aten.any.dim", "aten.all.dim", "aten.softmax.int"] {
          calls.append((name, [ReductionTests.x, .integer(dim)]))
        }
        calls.append(("aten.amax.default", [ReductionTests.x, .ints([dim])]))
        calls.append(("aten.logsumexp.default", [ReductionTests.x, .ints([dim])]))
        calls.append(("aten.nansum.default", [ReductionTests.x, .ints([dim])]))
        calls.append(("aten.count_nonzero.dim_IntList", [ReductionTests.x, .ints([dim])]))
      }
      try ReductionTests.check(calls, [input])
    }
  }

  /// Variance and mean of a row as PyTorch's `WelfordOps` makes them, one element after the other.
  private static func welford(_ row: [Double], correction: Double) -> (variance: Double, mean: Double) {
    var (mean, squares): (Double, Double) = (0, 0)
    for (index, x) in row.enumerated() {
      let delta: Double = x - mean
      mean += delta / Double(index + 1)
      squares += delta * (x - mean)
    }
    return (squares / max(Double(row.count) - correction, 0), mean)
  }

  @Test(arguments: [DType.f32, .f64, .f16, .bf16]) func momentsOfInfinities(_ dtype: DType) throws {
    let (inf, nan): (Double, Double) = (Double.infinity, Double.nan)
    let rows: [[Double]] = [
      [inf, -inf, 1, 2, 3], [1, inf, 3, 4, 5], [1, 2, 3, 4, inf], [-inf, 2, 3, 4, 5], [1, 2, 3, 4, -inf], [inf, 2, 3, 4, inf], [1, 2, nan, 4, inf], [1, nan, 3, 4, 5],
      [1, 2, 4, 8, 16], [1, 2, 3, -inf, inf],
    ]
    for (repeats, isTransposed) in [(1, false), (1, true), (0, false), (60, false), (60, true)] {
      // A row by itself, rows of one element, and rows that end as they did behind many ones.
      let rows: [[Double]] = rows.map { row in repeats == 0 ? Array(row.suffix(1)) : Array(repeating: 1, count: 5 * (repeats - 1)) + row }
      let (height, width): (Int, Int) = (rows.count, rows[0].count)
      let input: Tensor = try Tensor(rows.flatMap { $0 }, sizes: [height, width], dtype)
      let laid: Tensor = isTransposed ? try Tensor.empty([height, width], dtype, strides: [1, height]) : input
      if isTransposed { laid.copy(from: input) }
      for name: OperatorName in ["aten.var_mean.correction", "aten.std_mean.correction", "aten.var.correction", "aten.mean.dim"] {
        let make = GraphMaker()
        let x: Value = make.input("x", 0, dtype, [SymbolicInt(height), SymbolicInt(width)], strides: laid.strides.map { SymbolicInt($0) })
        let graph = try make.finish(try make.tracer.run(name, [("", x), ("", .ints([1]))]))
        for results in [try graph.compiled(make.environment)([laid]), try graph.eager([laid])] {
          for (row, values) in rows.enumerated() {
            let truth = ReductionTests.welford(values, correction: 1)
            let sum: Double = values.reduce(0, +) / Double(width)
            let spread: Double = name == "aten.std_mean.correction" ? truth.variance.squareRoot() : truth.variance
            for (result, expected) in zip(results, name == "aten.mean.dim" ? [sum] : [spread, truth.mean]) {
              let value: Double = try result.doubles()[row]
              let isClose: Bool = value == expected || (value.isNaN && expected.isNaN) || abs(value - expected) <= 0.02 * abs(expected)
              #expect(isClose, "\(name) of \(dtype), \(width) elements that end in \(values.suffix(5)): \(value), PyTorch gives \(expected)")
            }
          }
        }
      }
    }
  }

  // MARK: Fusion

  @Test func softmaxTakesInWhatIsAroundIt() throws {
    let make = GraphMaker()
    let (x, y): (Value, Value) = (make.input("x", 0, .f32, [6, 5, 70]), make.input("y", 1, .f32, [70]))
    let scaled: Value = try make("aten.add.Tensor", try make("aten.mul.Scalar", x, .double(0.125)), y)
    let soft: Value = try make("aten.softmax.int", scaled, .integer(-1))
    let after: Value = try make("aten.sigmoid.default", try make("aten.sub.Tensor", soft, y))
    let graph = try make.finish(try make("aten.view.default", try make("aten.permute.default", after, .ints([1, 0, 2])), .ints([5, 6, 70])))
    let (kernels, calls) = try ReductionTests.counts(graph, make.environment)
    #expect(kernels.count == 1 && calls == 0 && kernels.first?.stores.count == 1, "\(kernels.count) kernels")
    let inputs: [Tensor] = [try ReductionTests.input([6, 5, 70], .f32), try ReductionTests.input([70], .f32, seed: 3)]
    try ReductionTests.expectClose(try graph.compiled(make.environment)(inputs)[0], try graph.eager(inputs)[0], "softmax")
  }

  @Test func aSumOfAChainThenAChainOnRows() throws {
    let make = GraphMaker()
    let (x, y, z): (Value, Value, Value) = (make.input("x", 0, .f32, [40, 130]), make.input("y", 1, .f32, [40, 130]), make.input("z", 2, .f32, [40]))
    let product: Value = try make("aten.mul.Tensor", x, try make("aten.sigmoid.default", y))
    let sum: Value = try make("aten.sum.dim_IntList", try make("aten.add.Tensor", product, try make("aten.gelu.default", x)), .ints([-1]))
    let graph = try make.finish(try make("aten.add.Tensor", try make("aten.tanh.default", sum), z))
    let (kernels, calls) = try ReductionTests.counts(graph, make.environment)
    #expect(kernels.count == 1 && calls == 0 && kernels.first?.stores.count == 1)
    let inputs: [Tensor] = [
      try ReductionTests.input([40, 130], .f32), try ReductionTests.input([40, 130], .f32, seed: 5), try ReductionTests.input([40], .f32, seed: 6),
    ]
    try ReductionTests.expectClose(try graph.compiled(make.environment)(inputs)[0], try graph.eager(inputs)[0], "sum of a chain")
  }

  /// x / sqrt(mean(x^2) + eps) * w, operator by operator.
  @Test func aNormWrittenOutIsOneKernel() throws {
    let make = GraphMaker(hints: ["s0": 6], ranges: ["s0": 2...1000])
    let rows = SymbolicInt(symbol: "s0")
    let (x, w): (Value, Value) = (make.input("x", 0, .f32, [rows, 3, 48]), make.input("w", 1, .f32, [48]))
    let mean: Value = try make("aten.mean.dim", try make("aten.pow.Tensor_Scalar", x, .integer(2)), .ints([-1]), .bool(true))
    let scale: Value = try make("aten.rsqrt.default", try make("aten.add.Scalar", mean, .double(1e-6)))
    let graph = try make.finish(try make("aten.mul.Tensor", try make("aten.mul.Tensor", x, scale), w))
    let (kernels, calls) = try ReductionTests.counts(graph, make.environment)
    #expect(kernels.count == 1 && calls == 0 && kernels.first?.stores.count == 1)
    let compiled: CompiledGraph = try graph.compiled(make.environment)
    for count in [2, 6, 333] {
      let inputs: [Tensor] = [try ReductionTests.input([count, 3, 48], .f32), try ReductionTests.input([48], .f32, seed: 2)]
      try ReductionTests.expectClose(try compiled(inputs)[0], try graph.eager(inputs)[0], "\(count) rows")
    }
  }

  /// The sum of a residual connection is needed later and normalised now.
  @Test func aSumThatIsKeptAndItsNormAreOneKernel() throws {
    let make = GraphMaker()
    let (x, y, w): (Value, Value, Value) = (make.input("x", 0, .f32, [8, 64]), make.input("y", 1, .f32, [8, 64]), make.input("w", 2, .f32, [64]))
    let z: Value = make.input("z", 3, .f32, [64, 4])
    let sum: Value = try make("aten.add.Tensor", x, y)
    let norm: Value = try make("aten.layer_norm.default", sum, .ints([64]), w, w)
    let graph = try make.finish(norm, try make("aten.mm.default", sum, z))
    let kernels: [Schedule.Kernel] = try ReductionTests.counts(graph, make.environment).kernels.filter { $0.template == nil }
    #expect(kernels.count == 1 && kernels.first?.stores.count == 2)
    let inputs: [Tensor] = [
      try ReductionTests.input([8, 64], .f32), try ReductionTests.input([8, 64], .f32, seed: 1), try ReductionTests.input([64], .f32, seed: 2),
      try ReductionTests.input([64, 4], .f32, seed: 3),
    ]
    for (a, b) in zip(try graph.compiled(make.environment)(inputs), try graph.eager(inputs)) { try ReductionTests.expectClose(a, b, "residual", bound: 1e-4) }
  }

  /// Sums over different dimensions of one chain cannot share a pass.
  @Test func reductionsThatDoNotFitAreStored() throws {
    let make = GraphMaker()
    let x: Value = make.input("x", 0, .f32, [12, 20])
    let rows: Value = try make("aten.sum.dim_IntList", x, .ints([1]), .bool(true))
    let columns: Value = try make("aten.sum.dim_IntList", x, .ints([0]), .bool(true))
    let outer: Value = try make("aten.mul.Tensor", rows, columns)
    let graph = try make.finish(try make("aten.softmax.int", try make("aten.add.Tensor", outer, x), .integer(0)), try make("aten.slice.Tensor", try make("aten.softmax.int", x, .integer(1)), .integer(1), .integer(2), .integer(9)))
    let inputs: [Tensor] = [try ReductionTests.input([12, 20], .f32)]
    for (a, b) in zip(try graph.compiled(make.environment)(inputs), try graph.eager(inputs)) { try ReductionTests.expectClose(a, b, "mixed", bound: 1e-4) }
  }

  /// A tensor divided by its norm: the sum is one kernel that all threads share, the division another.
  @Test func fewLongRowsStaySharedOut() throws {
    let make = GraphMaker()
    let x: Value = make.input("x", 0, .f32, [2, 70_000])
    let norm: Value = try make("aten.linalg_vector_norm.default", x, .integer(2), .ints([0, 1]), .bool(true))
    let (rows, places): (Value, Value) = (try make("aten.amax.default", x, .ints([1])), try make("aten.argmax.default", x, .integer(1)))
    let graph = try make.finish(try make("aten.div.Tensor", x, norm), rows, places, try make("aten.softmax.int", x, .integer(1)))
    let schedule: Schedule = try RenderedGraph(graph, environment: make.environment).artifact.schedule
    let (kernels, calls) = try ReductionTests.counts(graph, make.environment)
    #expect(kernels.count >= 2 && calls == 1)
    for kernel in kernels {
      for store in kernel.stores where kernel.reduced.contains(where: { store.access.strides[$0] != 0 }) {
        let parts: [LoopValue] = LoopArena.reachable(in: schedule.arena, from: [store.value])
        #expect(!parts.contains { schedule.arena[$0].operation.isReduction })
      }
    }
    let inputs: [Tensor] = [try ReductionTests.input([2, 70_000], .f32)]
    for (a, b) in zip(try graph.compiled(make.environment)(inputs), try graph.eager(inputs)) { try ReductionTests.expectClose(a, b, "long rows") }
  }

  @Test func symbolicSizes() throws {
    let make = GraphMaker(hints: ["s0": 5, "s1": 9], ranges: ["s0": 2...5000, "s1": 2...5000])
    let (rows, columns): (SymbolicInt, SymbolicInt) = (SymbolicInt(symbol: "s0"), SymbolicInt(symbol: "s1"))
    let x: Value = make.input("x", 0, .f32, [rows, columns])
    let half: Value = make.input("h", 1, .bf16, [rows, columns])
    var outputs: [Value] = []
    for dim in [0, 1] {
      outputs.append(try make("aten.mean.dim", x, .ints([dim])))
      outputs.append(try make("aten.softmax.int", try make("aten.exp.default", half), .integer(dim)))
      outputs.append(try make("aten.argmax.default", x, .integer(dim)))
      outputs.append(try make("aten.var.correction", x, .ints([dim])))
    }
    outputs += [try make("aten.mean.default", try make("aten.abs.default", x)), try make("aten.argmin.default", x), try make("aten.std.default", x)]
    let graph = try make.finish(outputs)
    #expect(try ReductionTests.counts(graph, make.environment).calls == 0)
    let compiled: CompiledGraph = try graph.compiled(make.environment)
    for (rows, columns) in [(2, 2), (5, 9), (130, 3), (3, 2000), (700, 129)] {
      let inputs: [Tensor] = [try ReductionTests.input([rows, columns], .f32), try ReductionTests.input([rows, columns], .bf16, seed: 1)]
      for (index, (a, b)) in zip(try compiled(inputs), try graph.eager(inputs)).enumerated() {
        try ReductionTests.expectClose(a, b, "output \(index) of \(rows) x \(columns)", bound: a.dtype == .f32 ? 2e-5 : nil)
      }
    }
  }

  /// A sum of many numbers of one sign, against the sum in f64.
  @Test func longSumsKeepTheirDigits() throws {
    let make = GraphMaker()
    let (x, y): (Value, Value) = (make.input("x", 0, .f32, [1_048_576]), make.input("y", 1, .f32, [65536, 16]))
    let graph = try make.finish(
      try make("aten.sum.default", try make("aten.mul.Tensor", x, x)), try make("aten.mean.default", x), try make("aten.sum.dim_IntList", y, .ints([0])))
    let values: [Double] = (0..<(1 << 20)).map { Double(Float(0.1 + Double($0 % 977) / 1000)) }
    let inputs: [Tensor] = [try Tensor(values, sizes: [1 << 20], .f32), try Tensor(values, sizes: [1 << 16, 16], .f32)]
    let outputs: [Tensor] = try graph.compiled(make.environment)(inputs)
    let squares: Double = values.reduce(0) { $0 + Double(Float($1) * Float($1)) }
    let total: Double = values.reduce(0, +)
    #expect(abs(try outputs[0].doubles()[0] - squares) <= 4e-7 * squares)
    #expect(abs(try outputs[1].doubles()[0] - total / Double(values.count)) <= 2e-7 * total / Double(values.count))
    for column in 0..<16 {
      let sum: Double = stride(from: column, to: values.count, by: 16).reduce(0) { $0 + values[$1] }
      #expect(abs(try outputs[2].doubles()[column] - sum) <= 4e-7 * sum)
    }
  }
}
