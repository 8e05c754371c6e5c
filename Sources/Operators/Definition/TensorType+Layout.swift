import Foundations
import Graphs

extension TensorType {
  /// Whether the elements fill their memory without gaps, in some order of the dimensions.
  package var isPermutedDense: Bool {
    var expected: SymbolicInt = 1
    var rest: [Int] = sizes.indices.filter { sizes[$0] != 1 }
    while !rest.isEmpty {
      guard let next = rest.firstIndex(where: { strides[$0] == expected }) else { return false }
      expected *= sizes[rest[next]]
      rest.remove(at: next)
    }
    return true
  }
}
