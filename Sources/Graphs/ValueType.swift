import Foundations

/// What a node yields.
package indirect enum ValueType: Hashable, Sendable {
  case none
  case tensor(TensorType)
  case int(SymbolicInt)
  case double
  case bool
  case list([ValueType])
  /// Something Lathe only passes on or shows, by PyTorch's name for it.
  case other(String)

  package var tensor: TensorType? {
    if case .tensor(let type) = self { return type }
    return nil
  }

  /// The symbols in it for sizes that only a run reveals, by their names (`u0`), each once, in the order in which they stand there.
  package var unbackedSymbols: [String] {
    func found(in sizes: [SymbolicInt]) -> [String] {
      sizes.flatMap { $0.symbols.sorted() }.filter { $0.hasPrefix("u") && $0.count > 1 && $0.dropFirst().allSatisfy(\.isNumber) }
    }
    let all: [String] =
      switch self {
      case .tensor(let type): found(in: type.sizes)
      case .int(let size): found(in: [size])
      case .list(let items): items.flatMap(\.unbackedSymbols)
      case .none, .double, .bool, .other: []
      }
    return all.isEmpty ? [] : all.enumerated().filter { !all[..<$0.offset].contains($0.element) }.map(\.element)
  }
}

/// The type of a tensor: element type, sizes and strides in elements, all possibly symbolic.
package struct TensorType: Hashable, Sendable {
  package var dtype: DType
  package var sizes: [SymbolicInt]
  package var strides: [SymbolicInt]
  package var requiresGradient: Bool
  package var device: String

  package init(dtype: DType, sizes: [SymbolicInt], strides: [SymbolicInt]? = nil, requiresGradient: Bool = false, device: String = "cpu") {
    self.dtype = dtype
    self.sizes = sizes
    self.strides = strides ?? TensorType.contiguousStrides(sizes)
    self.requiresGradient = requiresGradient
    self.device = device
  }

  package var rank: Int { sizes.count }
  package var elementCount: SymbolicInt { sizes.product }

  /// Row-major strides as PyTorch computes them: a size of 0 counts as 1.
  package static func contiguousStrides(_ sizes: [SymbolicInt]) -> [SymbolicInt] {
    var strides: [SymbolicInt] = Array(repeating: 1, count: sizes.count)
    var next: SymbolicInt = 1
    for dimension in sizes.indices.reversed() {
      strides[dimension] = next
      next *= sizes[dimension] == 0 ? 1 : sizes[dimension]
    }
    return strides
  }

  /// For example `f32[s0, 64]`.
  package var shortDescription: String { "\(dtype.abbreviation)[\(sizes.map(\.description).joined(separator: ", "))]" }
}
