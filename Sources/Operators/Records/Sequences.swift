import CRuntime
import Foundation
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  private static let factory: String = "*, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None"

  /// Sequences, grids and combinations (`ATen/native/RangeFactories.cpp`, `TensorFactories.cpp`).
  static let sequences: [OperatorRecord] = identities + spacings + grids

  private static let identities: [OperatorRecord] = [("eye(SymInt n, \(factory)) -> Tensor", "n"), ("eye.m(SymInt n, SymInt m, \(factory)) -> Tensor", "m")].map { schema, width in
    filling(schema, { call in
      TensorType(dtype: try call.dtype("dtype") ?? .f32, sizes: [try call.size("n"), try call.size(width)])
    }) { _, result in
      result.fill(.int(0))
      result.viewed([min(result.sizes[0], result.sizes[1])], [result.sizes[1] + 1]).fill(.int(1))
    }
  }

  private static let spacings: [OperatorRecord] = [("", "Scalar", "Scalar"), (".Tensor_Tensor", "Tensor", "Tensor"), (".Tensor_Scalar", "Tensor", "Scalar"), (".Scalar_Tensor", "Scalar", "Tensor")].flatMap { overload, start, end in
    [
      filling("linspace\(overload)(\(start) start, \(end) end, int steps, \(factory)) -> Tensor", spaced) { call, result in
        result.copy(from: try Tensor(try spacing(call, result), sizes: result.sizes, .f64))
      },
      filling("logspace\(overload)(\(start) start, \(end) end, int steps, float base=10., \(factory)) -> Tensor", spaced) { call, result in
        let base: Double = try call.double("base")
        result.copy(from: try Tensor(try spacing(call, result).map { pow(base, $0) }, sizes: result.sizes, .f64))
      },
    ]
  }

  @Sendable private static func spaced(_ call: OperatorCall) throws -> TensorType {
    for name in ["start", "end"] {
      if let rank = call.optionalType(name)?.rank, rank > 0 {
        throw call.failure("only supports 0-dimensional start and end tensors, but got \(name) with \(rank) dimension(s).")
      }
    }
    let steps: SymbolicInt = try call.size("steps")
    if call.environment.isLess(steps, 0) { throw call.failure("number of steps must be non-negative") }
    return TensorType(dtype: try call.dtype("dtype") ?? .f32, sizes: [steps])
  }
  private static func spacing(_ call: OperatorCall, _ result: Tensor) throws -> [Double] {
    var (start, end): (Double, Double) = (try call.double("start"), try call.double("end"))
    if !result.dtype.isFloatingPoint { (start, end) = (start.rounded(.towardZero), end.rounded(.towardZero)) }
    return evenlySpaced(start, end, result.elementCount)
  }

  /// `torch.linspace`: counted from the near end, so that both ends are exact.
  static func evenlySpaced(_ start: Double, _ end: Double, _ count: Int) -> [Double] {
    if count == 1 { return [start] }
    let step: Double = (end - start) / Double(count - 1)
    return (0..<count).map { $0 < count / 2 ? start + step * Double($0) : end - step * Double(count - 1 - $0) }
  }

  // MARK: Grids

  private static let grids: [OperatorRecord] = [
    OperatorRecord("aten::meshgrid(Tensor[] tensors) -> Tensor[]", .composite { [.list(try grid($0, swapsFirst: false))] }),
    OperatorRecord("aten::meshgrid.indexing(Tensor[] tensors, *, str indexing) -> Tensor[]", .composite { c in
      switch try c.call.string("indexing") {
      case "ij": return [.list(try grid(c, swapsFirst: false))]
      case "xy": return [.list(try grid(c, swapsFirst: true))]
      case let other: throw c.call.failure("indexing must be one of \"xy\" or \"ij\", but received: \(other)")
      }
    }),
    composed("cartesian_prod(Tensor[] tensors) -> Tensor") { c in
      guard case .list(let tensors) = c["tensors"], !tensors.isEmpty else { throw c.call.failure("meshgrid expects a non-empty TensorList") }
      if tensors.count == 1 { return tensors[0] }
      let columns: [Value] = try grid(c, swapsFirst: false).map { try c("aten.flatten.using_ints", $0) }
      return try c("aten.stack.default", .list(columns), .integer(1))
    },
    filling("combinations(Tensor self, int r=2, bool with_replacement=False) -> Tensor", { call in
      let type: TensorType = try call.type("self")
      guard type.rank == 1 else { throw call.failure("Expect a 1D vector, but got shape \(type.sizes)") }
      let length: Int = try call.integer("r")
      guard length >= 0 else { throw call.failure("Expect a non-negative number, but got \(length)") }
      if length == 0 { return TensorType(dtype: type.dtype, sizes: [0]) }
      guard let count = type.sizes[0].constant else { throw call.failure("combinations of the symbolic size \(type.sizes[0])") }
      let rows: Int = chosen(count, length, repeating: try call.flag("with_replacement")).count
      return TensorType(dtype: type.dtype, sizes: [SymbolicInt(rows), SymbolicInt(length)])
    }) { call, result in
      guard result.rank == 2 else { return }
      let source: Tensor = try call.tensor("self")
      let rows: [[Int]] = chosen(source.sizes[0], result.sizes[1], repeating: try call.flag("with_replacement"))
      let index = try Tensor(rows.flatMap { $0 }, sizes: [result.elementCount], .i64)
      Tensor.withViews(source, index, result.viewed([result.elementCount], [1])) { _ = lathe_index_select($0, 0, $0 + 1, $0 + 2, nil) }
    },
  ]

  /// Vectors stretched over their common grid; with `swapsFirst` the second one runs along the first dimension.
  private static func grid(_ c: Composer, swapsFirst: Bool) throws -> [Value] {
    guard case .list(let tensors) = c["tensors"], !tensors.isEmpty else { throw c.call.failure("meshgrid expects a non-empty TensorList") }
    let types: [TensorType] = try tensors.map { try c.type($0) }
    guard types.allSatisfy({ $0.rank <= 1 }) else { throw c.call.failure("torch.meshgrid: Expected 0D or 1D tensor in the tensor list") }
    var places: [Int] = Array(tensors.indices)
    if swapsFirst, tensors.count > 1 { places.swapAt(0, 1) }
    var sizes: [SymbolicInt] = Array(repeating: 1, count: tensors.count)
    for (index, place) in places.enumerated() { sizes[place] = types[index].elementCount }
    return try tensors.indices.map { index in
      var shape: [SymbolicInt] = Array(repeating: 1, count: tensors.count)
      shape[places[index]] = types[index].elementCount
      let column: Value = try c("aten.view.default", tensors[index], .list(shape.map { .int($0) }))
      return try c("aten.expand.default", column, .list(sizes.map { .int($0) }))
    }
  }

  /// All ascending choices of `length` places among `count`, in lexicographic order.
  private static func chosen(_ count: Int, _ length: Int, repeating: Bool) -> [[Int]] {
    var rows: [[Int]] = [[]]
    for _ in 0..<length {
      rows = rows.flatMap { row in
        let first: Int = row.last.map { repeating ? $0 : $0 + 1 } ?? 0
        return first < count ? (first..<count).map { row + [$0] } : []
      }
    }
    return rows
  }
}
