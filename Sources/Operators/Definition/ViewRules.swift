import Foundations
import Graphs
import Tensors

/// When a tensor can be seen under other sizes without a copy (`at::infer_size`, `at::detail::computeStride`).
package enum ViewRules {
  /// The sizes with a -1 worked out.
  /// - Throws: `LatheError` of kind `badInput` in PyTorch's words when they do not fit.
  static func inferred(_ requested: [SymbolicInt], of type: TensorType, _ call: OperatorCall) throws -> [SymbolicInt] {
    let total: SymbolicInt = type.elementCount
    var sizes: [SymbolicInt] = requested
    let unknown: [Int] = sizes.indices.filter { sizes[$0] == -1 }
    guard unknown.count <= 1 else { throw call.failure("only one dimension can be inferred") }
    func mismatch() -> LatheError { call.failure("shape '[\(requested.map(\.description).joined(separator: ", "))]' is invalid for input of size \(total)") }
    if let place = unknown.first {
      let known: SymbolicInt = sizes.indices.lazy.filter { $0 != place }.map { sizes[$0] }.reduce(1, *)
      if known == 0 { throw call.failure("cannot reshape tensor of 0 elements into shape \(requested) because the unspecified dimension size -1 can be any value and is ambiguous") }
      let remainder: SymbolicInt = total.modulo(known)
      let isSettled: Bool = remainder.evaluate { call.environment.hints[$0] } != nil
      if isSettled, !call.environment.isEqual(remainder, 0, for: call.schema.name.text) { throw mismatch() }
      sizes[place] = total.floorDivided(by: known)
    } else if !call.environment.isEqual(sizes.product, total, for: call.schema.name.text), sizes.product.isConstant && total.isConstant {
      throw mismatch()
    }
    return sizes
  }

  /// Strides under which `type`'s memory has the given sizes, or nil when only a copy will do.
  package static func strides(of type: TensorType, viewedAs sizes: [SymbolicInt], _ environment: ShapeEnvironment) -> [SymbolicInt]? {
    if type.sizes == sizes { return type.strides }
    if type.elementCount == 0 || type.strides == TensorType.contiguousStrides(type.sizes) { return TensorType.contiguousStrides(sizes) }
    var result: [SymbolicInt] = Array(repeating: 1, count: sizes.count)
    var place: Int = sizes.count - 1
    var chunkStride: SymbolicInt = type.strides.last ?? 1
    var chunkCount: SymbolicInt = 1
    var viewCount: SymbolicInt = 1
    if type.rank == 0 { return TensorType.contiguousStrides(sizes) }
    for dimension in type.sizes.indices.reversed() {
      chunkCount *= type.sizes[dimension]
      let endsChunk: Bool =
        dimension == 0
        || (!environment.isEqual(type.sizes[dimension - 1], 1)
          && !environment.isEqual(type.strides[dimension - 1], chunkCount * chunkStride))
      guard endsChunk else { continue }
      while place >= 0, environment.isLess(viewCount, chunkCount) || environment.isEqual(sizes[place], 1) {
        result[place] = viewCount * chunkStride
        viewCount *= sizes[place]
        place -= 1
      }
      guard environment.isEqual(viewCount, chunkCount) else { return nil }
      if dimension > 0 {
        chunkStride = type.strides[dimension - 1]
        chunkCount = 1
        viewCount = 1
      }
    }
    return place == -1 ? result : nil
  }
}
