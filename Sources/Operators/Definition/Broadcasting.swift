import Foundations
import Tensors

/// A size that shapes are worked out with: a number while a program runs, a symbolic one in shape rules.
protocol BroadcastSize: Equatable, ExpressibleByIntegerLiteral {
  static func same(_ a: Self, _ b: Self, _ environment: ShapeEnvironment) -> Bool
}
extension Int: BroadcastSize {
  @inline(__always) static func same(_ a: Int, _ b: Int, _ environment: ShapeEnvironment) -> Bool { a == b }
}
extension SymbolicInt: BroadcastSize {
  static func same(_ a: SymbolicInt, _ b: SymbolicInt, _ environment: ShapeEnvironment) -> Bool { environment.isEqual(a, b) }
}

/// PyTorch's broadcasting: shapes are aligned at the last dimension, and a dimension of size 1 stretches.
enum Broadcasting {
  /// The common shape (`torch.broadcast_shapes`).
  /// - Throws: `LatheError` of kind `badInput` in PyTorch's words when two sizes differ and neither is 1.
  static func shape<Size: BroadcastSize>(_ shapes: [[Size]], _ environment: ShapeEnvironment) throws -> [Size] {
    let rank: Int = shapes.reduce(0) { max($0, $1.count) }
    var result: [Size] = Array(repeating: 1, count: rank)
    for shape in shapes {
      let shift: Int = rank - shape.count
      for (index, size) in shape.enumerated() {
        let place: Int = index + shift
        if size == result[place] || size == 1 { continue }
        if result[place] == 1 {
          result[place] = size
        } else if Size.same(size, 1, environment) {
          continue
        } else if Size.same(result[place], 1, environment) {
          result[place] = size
        } else if !Size.same(size, result[place], environment) {
          throw LatheError.badInput(
            "The size of tensor a (\(result[place])) must match the size of tensor b (\(size)) at non-singleton dimension \(place)")
        }
      }
    }
    return result
  }

  /// Strides of a tensor stretched to `sizes`: 0 where it broadcasts.
  static func strides(_ tensor: Tensor, to sizes: [Int]) -> [Int] {
    if tensor.sizes == sizes { return tensor.strides }
    let shift: Int = sizes.count - tensor.sizes.count
    var strides: [Int] = Array(repeating: 0, count: sizes.count)
    for index in tensor.sizes.indices where tensor.sizes[index] != 1 || sizes[index + shift] == 1 {
      strides[index + shift] = tensor.strides[index]
    }
    return strides
  }

  /// Strides of the result of an elementwise operator (`TensorIterator::compute_strides`): operands that agree in layout pass it on;
  /// else the order of dimensions that the operands' strides suggest, row-major where they say nothing.
  static func resultStrides(_ operands: [(sizes: [Int], strides: [Int])], sizes: [Int]) -> [Int] {
    let rank: Int = sizes.count
    let contiguous: [Int] = Tensor.contiguousStrides(sizes)
    var stretched: [[Int]] = []
    for operand in operands {
      if operand.sizes == sizes && operand.strides == contiguous {
        if operands.count == 1 { return contiguous }
      }
      let shift: Int = rank - operand.sizes.count
      var strides: [Int] = Array(repeating: 0, count: rank)
      for index in operand.sizes.indices where operand.sizes[index] == sizes[index + shift] && operand.sizes[index] != 1 {
        strides[index + shift] = operand.strides[index]
      }
      stretched.append(strides)
    }
    if rank < 2 { return contiguous }
    // Insertion sort from the innermost dimension outwards, as TensorIterator::reorder_dimensions does.
    var order: [Int] = Array((0..<rank).reversed())
    func compare(_ a: Int, _ b: Int) -> Int {
      for strides in stretched {
        let (x, y) = (strides[a], strides[b])
        if x == 0 || y == 0 { continue }
        if x != y { return x < y ? -1 : 1 }
        if sizes[a] != sizes[b] { return sizes[a] > sizes[b] ? 1 : -1 }
      }
      return 0
    }
    for i in 1..<rank {
      var position: Int = i
      for j in stride(from: i - 1, through: 0, by: -1) {
        let comparison: Int = compare(order[j], order[position])
        if comparison > 0 {
          order.swapAt(j, position)
          position = j
        } else if comparison < 0 {
          break
        }
      }
    }
    var result: [Int] = Array(repeating: 1, count: rank)
    var next: Int = 1
    for dimension in order {
      result[dimension] = next
      next *= max(sizes[dimension], 1)
    }
    return result
  }
}
