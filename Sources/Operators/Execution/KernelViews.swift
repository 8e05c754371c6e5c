import CRuntime
import Foundations
import Graphs
import Tensors

/// Hands tensors to a kernel: pointers to their views, nil for those that are absent. The tensors live until the kernel returns.
func withViews<Result>(_ tensors: [Tensor?], _ body: ([UnsafePointer<lathe_view>?]) throws -> Result) rethrows -> Result {
  let views: [lathe_view] = tensors.map { $0?.view ?? lathe_view() }
  return try withExtendedLifetime(tensors) {
    try views.withUnsafeBufferPointer { buffer in
      try body(tensors.indices.map { tensors[$0] == nil ? nil : buffer.baseAddress! + $0 })
    }
  }
}

extension Tensor {
  /// With dimensions of size 1 in front, up to `rank` dimensions.
  func padded(toRank rank: Int) -> Tensor {
    let missing: Int = rank - self.rank
    if missing <= 0 { return self }
    return viewed(Array(repeating: 1, count: missing) + sizes, Array(repeating: 0, count: missing) + strides)
  }
  /// Under other sizes: a view where the memory allows one, else a view of a contiguous copy.
  func reshaped(_ sizes: [Int]) throws -> Tensor {
    let dense: Tensor = try contiguous()
    return dense.viewed(sizes, Tensor.contiguousStrides(sizes))
  }
}

extension TensorType {
  /// Whether a 4- or 5-dimensional tensor's strides suggest channels-last (`Tensor::suggest_memory_format`), by the sizes seen at export
  /// where they are symbolic.
  func suggestsChannelsLast(_ environment: ShapeEnvironment) -> Bool {
    guard rank == 4 || rank == 5 else { return false }
    let sizes: [Int] = self.sizes.compactMap { $0.evaluate { environment.hints[$0] } }
    let strides: [Int] = self.strides.compactMap { $0.evaluate { environment.hints[$0] } }
    guard sizes.count == rank, strides.count == rank else {
      return self.strides == OperatorTable.channelsLastStrides(self.sizes) && self.strides != TensorType.contiguousStrides(self.sizes)
    }
    if strides[1] == 0 { return false }
    var least: Int = 0
    for dimension in [1] + (2..<rank).reversed() + [0] {
      if sizes[dimension] == 0 || strides[dimension] < least { return false }
      if dimension == 0 && least == strides[1] { return false }
      least = strides[dimension] * max(sizes[dimension], 1)
    }
    return true
  }
  /// Row-major, or channels-last where `source` suggests it.
  static func following(_ source: TensorType, dtype: DType, sizes: [SymbolicInt], _ environment: ShapeEnvironment) -> TensorType {
    let isChannelsLast: Bool = sizes.count == source.rank && source.suggestsChannelsLast(environment)
    return TensorType(dtype: dtype, sizes: sizes, strides: isChannelsLast ? OperatorTable.channelsLastStrides(sizes) : nil)
  }
}

extension OperatorCall {
  /// - Throws: `LatheError` in PyTorch's words unless all tensors have one element type.
  func requireOneType(_ names: [String]) throws {
    var first: DType?
    for name in names {
      guard let dtype = optionalType(name)?.dtype else { continue }
      if let first, first != dtype {
        throw failure("expected m1 and m2 to have the same dtype, but got: \(first.torchName) != \(dtype.torchName)")
      }
      first = dtype
    }
  }
  func isEqual(_ a: SymbolicInt, _ b: SymbolicInt) -> Bool { environment.isEqual(a, b, for: schema.name.text) }
}
