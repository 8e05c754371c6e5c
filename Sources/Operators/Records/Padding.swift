import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Tensors extended at their edges (`ATen/native/PadNd.cpp`, `ReflectionPad.cpp`, `ReplicationPadding.cpp`).
  static let padding: [OperatorRecord] =
    [
      filling("constant_pad_nd(Tensor self, SymInt[] pad, Scalar value=0) -> Tensor", { try padded($0, "pad") }) { call, result in
        let source: Tensor = try call.tensor("self")
        result.fill(try call.scalar("value"))
        var (from, to): (Tensor, Tensor) = (source, result)
        for (dim, amount) in try amounts(call, "pad", rank: source.rank) {
          let (before, after): (Int, Int) = (amount.before.constant ?? 0, amount.after.constant ?? 0)
          let length: Int = source.sizes[dim] + min(before, 0) + min(after, 0)
          if length <= 0 { return }
          from = from.narrowed(dim, max(-before, 0), length)
          to = to.narrowed(dim, max(before, 0), length)
        }
        if from.elementCount > 0 { to.copy(from: from) }
      },
      composed("pad(Tensor self, SymInt[] pad, str mode=\"constant\", float? value=None) -> Tensor") { c in
        try padded(c, mode: try c.call.string("mode"))
      },
      composed("_pad_enum(Tensor self, SymInt[] pad, int mode, float? value=None) -> Tensor") { c in
        let modes: [String] = ["constant", "reflect", "replicate", "circular"]
        let mode: Int = try c.call.integer("mode")
        guard modes.indices.contains(mode) else { throw c.call.failure("Unrecognised padding mode \(mode)") }
        return try padded(c, mode: modes[mode])
      },
      edgePadding("_pad_circular(Tensor self, SymInt[] pad) -> Tensor", "pad", .circular),
    ] + [1, 2, 3].flatMap { dimensions in
      [
        edgePadding("reflection_pad\(dimensions)d(Tensor self, SymInt[\(2 * dimensions)] padding) -> Tensor", "padding", .reflection),
        edgePadding("replication_pad\(dimensions)d(Tensor self, SymInt[\(2 * dimensions)] padding) -> Tensor", "padding", .replication),
      ]
    }

  private static func padded(_ c: Composer, mode: String) throws -> Value {
    let (amounts, rank): ([SymbolicInt], Int) = (try c.call.sizes("pad"), try c.call.type("self").rank)
    if mode == "constant" {
      return try c("aten.constant_pad_nd.default", c["self"], c["pad"], c["value"].isNone ? .double(0) : c["value"])
    }
    let dimensions: Int = amounts.count / 2
    guard amounts.count % 2 == 0, (1...3).contains(dimensions), rank == dimensions + 1 || rank == dimensions + 2 else {
      throw c.call.failure(
        "Only 2D, 3D, 4D, 5D padding with non-constant padding are supported for now, not \(amounts.count) amounts for a tensor of \(rank) dimensions")
    }
    switch mode {
    case "reflect": return try c(OperatorName("aten.reflection_pad\(dimensions)d.default"), c["self"], c["pad"])
    case "replicate": return try c(OperatorName("aten.replication_pad\(dimensions)d.default"), c["self"], c["pad"])
    case "circular": return try c("aten._pad_circular.default", c["self"], c["pad"])
    default: throw c.call.failure("Unrecognised padding mode \(mode)")
    }
  }

  /// Amounts before and after, by dimension; they are given from the last dimension backwards.
  private static func amounts(_ call: OperatorCall, _ name: String, rank: Int) throws -> [(dim: Int, amount: (before: SymbolicInt, after: SymbolicInt))] {
    let given: [SymbolicInt] = try call.sizes(name)
    guard given.count % 2 == 0 else { throw call.failure("Length of pad must be even but instead it equals \(given.count)") }
    guard given.count <= 2 * rank else {
      throw call.failure("Length of pad should be no more than twice the number of dimensions of the input. Pad length is \(given.count) while the input has \(rank) dimensions.")
    }
    return stride(from: 0, to: given.count, by: 2).map { (rank - 1 - $0 / 2, (given[$0], given[$0 + 1])) }
  }

  private static func padded(_ call: OperatorCall, _ name: String) throws -> TensorType {
    let type: TensorType = try call.type("self")
    var sizes: [SymbolicInt] = type.sizes
    for (dim, amount) in try amounts(call, name, rank: type.rank) {
      sizes[dim] += amount.before + amount.after
      if call.environment.isLess(sizes[dim], 0) {
        throw call.failure(
          "The input size \(type.sizes[dim]), plus negative padding \(amount.before) and \(amount.after) resulted in a negative output size, which is invalid.")
      }
    }
    return .following(type, dtype: type.dtype, sizes: sizes, call.environment)
  }

  private enum Edge: Sendable { case reflection, replication, circular }

  private static func edgePadding(_ schema: String, _ name: String, _ edge: Edge) -> OperatorRecord {
    filling(schema) { call in
      let type: TensorType = try call.type("self")
      for (dim, amount) in try amounts(call, name, rank: type.rank) {
        let size: SymbolicInt = type.sizes[dim]
        let most: SymbolicInt = SymbolicInt.maximum(amount.before, amount.after)
        if edge == .reflection, !call.environment.isLess(most, size) {
          throw call.failure("Padding size should be less than the corresponding input dimension, but got: padding (\(amount.before), \(amount.after)) at dimension \(dim) of input \(type.sizes)")
        }
        if edge == .circular, call.environment.isLess(size, most) {
          throw call.failure("Padding value causes wrapping around more than once.")
        }
      }
      return try padded(call, name)
    } _: { call, result in
      var current: Tensor = try call.tensor("self")
      let steps = try amounts(call, name, rank: current.rank)
      for (step, (dim, amount)) in steps.enumerated() {
        let size: Int = current.sizes[dim]
        let before: Int = amount.before.constant ?? 0
        let length: Int = result.sizes[dim]
        guard size > 0 || length == 0 else { throw call.failure("Expected a non-empty dimension \(dim) to pad") }
        let places: [Int] = (0..<length).map { place in
          let at: Int = place - before
          switch edge {
          case .replication: return min(max(at, 0), size - 1)
          case .circular: return ((at % size) + size) % size
          case .reflection: return at < 0 ? -at : at >= size ? 2 * (size - 1) - at : at
          }
        }
        var sizes: [Int] = current.sizes
        sizes[dim] = length
        let target: Tensor = step == steps.count - 1 ? result : try Tensor.empty(sizes, result.dtype)
        let index = try Tensor(places, sizes: [length], .i64)
        Tensor.withViews(current, index, target) { _ = lathe_index_select($0, Int32(dim), $0 + 1, $0 + 2, nil) }
        current = target
      }
    }
  }
}
