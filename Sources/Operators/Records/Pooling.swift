import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Pooling over sliding and adaptive windows (`ATen/native/Pool.h`, `AveragePool2d.cpp`, `AdaptiveAveragePooling.cpp`).
  static let pooling: [OperatorRecord] = [1, 2, 3].flatMap { sliding($0) + adaptive($0) } + unpooling + poolingBackward

  /// The window that a call's arguments describe; one number stands for all dimensions.
  private struct Window {
    var kernel: [SymbolicInt], stride: [SymbolicInt], padding: [SymbolicInt], dilation: [SymbolicInt]

    init(_ call: OperatorCall, _ dimensions: Int) throws {
      func numbers(_ name: String, or fallback: [SymbolicInt]) throws -> [SymbolicInt] {
        guard call.schema.index(of: name) != nil else { return fallback }
        let given: [SymbolicInt] = try call.sizes(name)
        if given.isEmpty { return fallback }
        guard given.count == 1 || given.count == dimensions else {
          throw call.failure("\(name) must either be a single int, or a tuple of \(dimensions) ints")
        }
        return given.count == dimensions ? given : Array(repeating: given[0], count: dimensions)
      }
      let ones: [SymbolicInt] = Array(repeating: 1, count: dimensions)
      kernel = try numbers("kernel_size", or: ones)
      stride = try numbers("stride", or: kernel)
      padding = try numbers("padding", or: Array(repeating: 0, count: dimensions))
      dilation = try numbers("dilation", or: ones)
      guard stride.allSatisfy({ $0 != 0 }) else { throw call.failure("stride should not be zero") }
      for (size, amount) in zip(kernel, padding) where call.environment.isLess(size.floorDivided(by: 2), amount) {
        throw call.failure("pad should be at most half of effective kernel size, but got pad=\(amount), kernel_size=\(size)")
      }
    }

    /// `pooling_output_shape` in ATen.
    func outputSize(_ input: SymbolicInt, _ dim: Int, roundsUp: Bool, _ call: OperatorCall) throws -> SymbolicInt {
      let span: SymbolicInt = input + padding[dim] * 2 - dilation[dim] * (kernel[dim] - 1) - 1
      var size: SymbolicInt = (roundsUp ? span + stride[dim] - 1 : span).floorDivided(by: stride[dim]) + 1
      if roundsUp, !call.environment.isLess((size - 1) * stride[dim], input + padding[dim]) { size = size - 1 }
      if call.environment.isLess(size, 1) { throw call.failure("Given input size \(input), the calculated output size \(size) is too small") }
      return size
    }

    var kernelForm: lathe_window {
      var window = lathe_window()
      window.dimensions = Int32(kernel.count)
      func fill(_ values: [SymbolicInt], _ place: WritableKeyPath<lathe_window, (Int, Int, Int)>) {
        let numbers: [Int] = values.map { $0.constant ?? 0 }
        window[keyPath: place] = (numbers[0], numbers.count > 1 ? numbers[1] : 1, numbers.count > 2 ? numbers[2] : 1)
      }
      fill(kernel, \.kernel)
      fill(stride, \.stride)
      fill(padding, \.padding)
      fill(dilation, \.dilation)
      return window
    }
  }

  /// With the batch dimension that an unbatched image lacks.
  private static func batched(_ tensor: Tensor, _ dimensions: Int) -> Tensor { tensor.rank == dimensions + 1 ? tensor.inserting([0]) : tensor }

  private static func pooled(_ call: OperatorCall, _ dimensions: Int, _ size: (SymbolicInt, Int) throws -> SymbolicInt) throws -> TensorType {
    let type: TensorType = try call.type("self")
    guard type.rank == dimensions + 1 || type.rank == dimensions + 2 else {
      throw call.failure("Expected \(dimensions + 1)D or \(dimensions + 2)D (batch mode) tensor with optional 0 dim batch size for input, but got: \(type.sizes)")
    }
    guard type.dtype.isComputable else { throw LatheError.unsupported("\(call.schema.name) on \(type.dtype.torchName)") }
    var sizes: [SymbolicInt] = type.sizes
    let first: Int = type.rank - dimensions
    for dim in 0..<dimensions { sizes[first + dim] = try size(sizes[first + dim], dim) }
    return .following(type, dtype: type.dtype, sizes: sizes, call.environment)
  }
  private static func withIndices(_ type: TensorType) -> [ValueType] {
    [.tensor(type), .tensor(TensorType(dtype: .i64, sizes: type.sizes, strides: type.strides))]
  }

  // MARK: Sliding windows

  /// A window over two dimensions of a batch for a compiler's template.
  private static func poolForm(_ call: OperatorCall, _ dimensions: Int, isMaximum: Bool) throws -> TemplateForm? {
    guard dimensions == 2, try call.type("self").rank == 4 else { return nil }
    let window = try Window(call, dimensions)
    let numbers: [[Int]] = [window.kernel, window.stride, window.padding, window.dilation].map { $0.compactMap(\.constant) }
    guard numbers.allSatisfy({ $0.count == 2 }) else { return nil }
    return .pool(.init(input: "self", isMaximum: isMaximum, kernel: numbers[0], stride: numbers[1], padding: numbers[2], dilation: numbers[3]))
  }

  private static func sliding(_ dimensions: Int) -> [OperatorRecord] {
    let (n, zero): (Int, String) = (dimensions, dimensions == 1 ? "[0]" : "0")
    let one: String = dimensions == 1 ? "[1]" : "1"
    let parameters: String =
      "(Tensor self, int[\(n)] kernel_size, int[\(n)] stride=[], int[\(n)] padding=\(zero), int[\(n)] dilation=\(one), bool ceil_mode=False)"
    @Sendable func maximumType(_ call: OperatorCall) throws -> TensorType {
      let (window, roundsUp): (Window, Bool) = (try Window(call, dimensions), try call.flag("ceil_mode"))
      return try pooled(call, dimensions) { try window.outputSize($0, $1, roundsUp: roundsUp, call) }
    }
    @Sendable func averageType(_ call: OperatorCall) throws -> TensorType { try maximumType(call) }
    let divisor: String = dimensions == 1 ? "" : ", int? divisor_override=None"
    return [
      filling("max_pool\(n)d\(parameters) -> Tensor", maximumType) { call, result in
        var window: lathe_window = try Window(call, dimensions).kernelForm
        Tensor.withViews(batched(try call.tensor("self"), dimensions), batched(result, dimensions)) { lathe_max_pool(&window, $0, $0 + 1, nil) }
      }.template { call in try poolForm(call, dimensions, isMaximum: true) },
      OperatorRecord(
        "aten::max_pool\(n)d_with_indices\(parameters) -> (Tensor, Tensor)",
        .kernel(
          shape: { withIndices(try maximumType($0)) },
          run: { call, types in
            let (values, indices): (Tensor, Tensor) = (try Tensor.empty(types[0]), try Tensor.empty(types[1]))
            var window: lathe_window = try Window(call, dimensions).kernelForm
            Tensor.withViews(batched(try call.tensor("self"), dimensions), batched(values, dimensions), batched(indices, dimensions)) {
              lathe_max_pool(&window, $0, $0 + 1, $0 + 2)
            }
            return [.tensor(values), .tensor(indices)]
          })),
      filling(
        "avg_pool\(n)d(Tensor self, int[\(n)] kernel_size, int[\(n)] stride=[], int[\(n)] padding=\(zero), bool ceil_mode=False, bool count_include_pad=True\(divisor)) -> Tensor",
        averageType
      ) { call, result in
        var window: lathe_window = try Window(call, dimensions).kernelForm
        let countsPadding: Bool = try call.flag("count_include_pad")
        var divisor: Int = 0
        if call.schema.index(of: "divisor_override") != nil, let given = try call.optionalInteger("divisor_override") {
          guard given != 0 else { throw call.failure("divisor must be not zero") }
          divisor = given
        }
        Tensor.withViews(batched(try call.tensor("self"), dimensions), batched(result, dimensions)) {
          lathe_avg_pool(&window, countsPadding, Int64(divisor), $0, $0 + 1)
        }
      }.template { call in
        guard case .pool(var pool)? = try poolForm(call, dimensions, isMaximum: false) else { return nil }
        pool.countsPadding = try call.flag("count_include_pad")
        pool.divisor = try call.optionalInteger("divisor_override") ?? 0
        return .pool(pool)
      },
    ]
  }

  // MARK: Adaptive windows

  private static func adaptive(_ dimensions: Int) -> [OperatorRecord] {
    @Sendable func resultType(_ call: OperatorCall) throws -> TensorType {
      var target: [SymbolicInt] = try call.sizes("output_size")
      if target.count == 1 { target = Array(repeating: target[0], count: dimensions) }
      guard target.count == dimensions else { throw call.failure("output_size must be \(dimensions)") }
      return try pooled(call, dimensions) { _, dim in target[dim] }
    }
    let sizeType: String = dimensions == 1 ? "int[1]" : "SymInt[\(dimensions)]"
    return [
      filling("adaptive_avg_pool\(dimensions)d(Tensor self, \(sizeType) output_size) -> Tensor", resultType) { call, result in
        Tensor.withViews(batched(try call.tensor("self"), dimensions), batched(result, dimensions)) { lathe_adaptive_avg_pool($0, $0 + 1) }
      }.reducing { c in
        try c.call.sizes("output_size").allSatisfy { $0 == 1 } ? try ReductionForm.meanOfLast(c, dimensions) : nil
      },
      OperatorRecord(
        "aten::adaptive_max_pool\(dimensions)d(Tensor self, int[\(dimensions)] output_size) -> (Tensor, Tensor)",
        .kernel(
          shape: { withIndices(try resultType($0)) },
          run: { call, types in
            let (values, indices): (Tensor, Tensor) = (try Tensor.empty(types[0]), try Tensor.empty(types[1]))
            Tensor.withViews(batched(try call.tensor("self"), dimensions), batched(values, dimensions), batched(indices, dimensions)) {
              lathe_adaptive_max_pool($0, $0 + 1, $0 + 2)
            }
            return [.tensor(values), .tensor(indices)]
          }))
    ]
  }

  // MARK: Values put back where they came from

  private static let unpooling: [OperatorRecord] = [
    filling("max_unpool2d(Tensor self, Tensor indices, SymInt[2] output_size) -> Tensor", { try unpooled($0, 2) }) { try unpool($0, $1, 2, LATHE_SCATTER_SET) },
    filling("max_unpool3d(Tensor self, Tensor indices, SymInt[3] output_size, int[3] stride, int[3] padding) -> Tensor", { try unpooled($0, 3) }) {
      try unpool($0, $1, 3, LATHE_SCATTER_SET)
    },
  ]
  private static let poolingBackward: [OperatorRecord] = [2, 3].map { n in
    filling(
      "max_pool\(n)d_with_indices_backward(Tensor grad_output, Tensor self, int[\(n)] kernel_size, int[\(n)] stride, int[\(n)] padding, int[\(n)] dilation, bool ceil_mode, Tensor indices) -> Tensor",
      { call in
        let (window, roundsUp): (Window, Bool) = (try Window(call, n), try call.flag("ceil_mode"))
        let made: TensorType = try pooled(call, n) { try window.outputSize($0, $1, roundsUp: roundsUp, call) }
        let (type, given, indices): (TensorType, TensorType, TensorType) = (try call.type("self"), try call.type("grad_output"), try call.type("indices"))
        guard given.dtype == type.dtype else {
          throw call.failure("expected dtype \(type.dtype.c10Name) for `grad_output` but got dtype \(given.dtype.c10Name)")
        }
        guard indices.dtype == .i64 else { throw call.failure("expected dtype Long for `indices` but got dtype \(indices.dtype.c10Name)") }
        for (name, other) in [("grad_output", given), ("indices", indices)]
        where other.rank != made.rank || !zip(other.sizes, made.sizes).allSatisfy({ call.environment.isEqual($0, $1, for: "\(call.schema.name)") }) {
          throw call.failure("Expected \(name) to be of the pooled shape \(made.sizes), but got: \(other.sizes)")
        }
        return TensorType(dtype: type.dtype, sizes: type.sizes)
      }
    ) { try unpool($0, $1, n, LATHE_SCATTER_ADD) }
  }

  private static func unpooled(_ call: OperatorCall, _ dimensions: Int) throws -> TensorType {
    let (type, target): (TensorType, [SymbolicInt]) = (try call.type("self"), try call.sizes("output_size"))
    let indices: DType = try call.type("indices").dtype
    guard indices == .i64 else { throw call.failure("elements in indices should be type int64 but got: \(indices.c10Name)") }
    guard type.sizes == (try call.type("indices").sizes) else {
      throw call.failure("Expected shape of indices to be same as that of the input tensor (\(type.sizes)) but got indices tensor with shape: \(try call.type("indices").sizes)")
    }
    guard target.count == dimensions, type.rank >= dimensions + 1 else { throw call.failure("There should be exactly \(dimensions) elements in output_size, but got \(target.count) elements.") }
    return TensorType(dtype: type.dtype, sizes: type.sizes.dropLast(dimensions) + target)
  }
  /// Scatters each image's values to the places that its indices name, over zeros.
  private static func unpool(_ call: OperatorCall, _ result: Tensor, _ dimensions: Int, _ operation: lathe_scatter_op) throws {
    let values: Tensor = try call.tensor(operation == LATHE_SCATTER_ADD ? "grad_output" : "self").contiguous()
    let indices: Tensor = try call.tensor("indices").contiguous()
    result.fill(.int(0))
    if values.elementCount == 0 { return }
    let images: Int = values.sizes.dropLast(dimensions).reduce(1, *)
    func rows(_ tensor: Tensor) -> Tensor { tensor.viewed([images, tensor.elementCount / images], [tensor.elementCount / images, 1]) }
    var error = lathe_index_error()
    let status: Int32 = Tensor.withViews(rows(result), rows(indices), rows(values)) { lathe_scatter(operation, true, $0, 1, $0 + 1, $0 + 2, &error) }
    if status != 0 { throw call.failure("Found an invalid max index: \(error.value) (output volumes are of size \(result.sizes.suffix(dimensions)))") }
  }
}
