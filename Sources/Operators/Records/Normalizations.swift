import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Layer, root-mean-square and group normalisation (`ATen/native/layer_norm.cpp`, `group_norm.cpp`).
  static let normalizations: [OperatorRecord] = [
    OperatorRecord(
      "aten::layer_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, Tensor? bias=None, float eps=1.0000000000000001e-05, bool cudnn_enable=True) -> Tensor",
      .kernel(shape: { [try layerTypes($0)[0]] }, run: layerNorm))
      .reducing { try NormalizationForm.layer($0, givesStatistics: false) },
    OperatorRecord(
      "aten::native_layer_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight, Tensor? bias, float eps) -> (Tensor, Tensor, Tensor)",
      .kernel(shape: layerTypes, run: layerNorm))
      .reducing { try NormalizationForm.layer($0, givesStatistics: true) },
    OperatorRecord(
      "aten::rms_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, float? eps=None) -> Tensor",
      .composite { c in
        let (input, weight): (TensorType, TensorType?) = (try c.call.type("input"), c.call.optionalType("weight"))
        if weight == nil || weight?.dtype == input.dtype {
          return [try c.results("aten._fused_rms_norm.default", c["input"], c["normalized_shape"], c["weight"], c["eps"])[0]]
        }
        let normalized: Value = try c.results("aten._fused_rms_norm.default", c["input"], c["normalized_shape"], .none, c["eps"])[0]
        return [try c("aten.mul.Tensor", normalized, c["weight"])]
      }),
    OperatorRecord(
      "aten::_fused_rms_norm(Tensor input, int[] normalized_shape, Tensor? weight, float? eps) -> (Tensor, Tensor)",
      .kernel(shape: { call in [ValueType](try layerTypes(call).prefix(1)) + [try layerTypes(call)[2]] }, run: rmsNorm))
      .reducing { c in
        try NormalizationForm.rootMeanSquare(c, epsilon: try c.call.optionalDouble("eps") ?? machineEpsilon(try c.call.type("input").dtype))
      },
    OperatorRecord(
      "aten::group_norm(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, float eps=1.0000000000000001e-05, bool cudnn_enabled=True) -> Tensor",
      .kernel(shape: { [try groupTypes($0, "num_groups")[0]] }, run: { try groupNorm($0, $1, "num_groups") }))
      .reducing { try NormalizationForm.group($0, groups: try $0.call.integer("num_groups"), givesStatistics: false) },
    OperatorRecord(
      "aten::native_group_norm(Tensor input, Tensor? weight, Tensor? bias, SymInt N, SymInt C, SymInt HxW, int group, float eps) -> (Tensor, Tensor, Tensor)",
      .kernel(shape: { try groupTypes($0, "group") }, run: { try groupNorm($0, $1, "group") }))
      .reducing { try NormalizationForm.group($0, groups: try $0.call.integer("group"), givesStatistics: true) },
  ]

  private static func requireFloating(_ call: OperatorCall, _ type: TensorType) throws {
    guard type.dtype.isFloatingPoint, type.dtype.isComputable else {
      throw LatheError.unsupported("\(call.schema.name) is not implemented for \(type.dtype.torchName)")
    }
  }

  /// Types of the result and of the statistics, which have the parameters' type where that is wider.
  @Sendable private static func layerTypes(_ call: OperatorCall) throws -> [ValueType] {
    let input: TensorType = try call.type("input")
    let shape: [SymbolicInt] = try call.sizes("normalized_shape")
    try requireFloating(call, input)
    guard !shape.isEmpty else { throw call.failure("Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got normalized_shape = []") }
    guard input.rank >= shape.count, zip(input.sizes.suffix(shape.count), shape).allSatisfy({ call.isEqual($0, $1) }) else {
      let expected: String = (["*"] + shape.map(\.description)).joined(separator: ", ")
      throw call.failure("Given normalized_shape=\(shape), expected input with shape [\(expected)], but got input of size\(input.sizes)")
    }
    for name in ["weight", "bias"] where call.schema.index(of: name) != nil {
      guard let parameter = call.optionalType(name) else { continue }
      guard parameter.rank == shape.count, zip(parameter.sizes, shape).allSatisfy({ call.isEqual($0, $1) }) else {
        throw call.failure("Expected \(name) to be of same shape as normalized_shape, but got \(name) of shape \(parameter.sizes) and normalized_shape = \(shape)")
      }
    }
    let leading: [SymbolicInt] = Array(input.sizes.dropLast(shape.count)) + Array(repeating: 1, count: shape.count)
    let statistics: ValueType = .tensor(TensorType(dtype: statisticsType(call, input.dtype), sizes: leading))
    return [.tensor(TensorType(dtype: input.dtype, sizes: input.sizes)), statistics, statistics]
  }
  private static func statisticsType(_ call: OperatorCall, _ dtype: DType) -> DType { call.optionalType("weight")?.dtype ?? dtype }

  @Sendable private static func layerNorm(_ call: OperatorCall, _ types: [ValueType]) throws -> [Value] {
    let results: [Tensor] = try types.map { try Tensor.empty($0) }
    let trailing: Int = try call.sizes("normalized_shape").count
    let epsilon: Double = try call.double("eps")
    let (weight, bias): (Tensor?, Tensor?) = (try call.optionalTensor("weight"), try call.optionalTensor("bias"))
    withViews([try call.tensor("input"), weight, bias, results[0], results.count > 1 ? results[1] : nil, results.count > 2 ? results[2] : nil]) { views in
      lathe_layer_norm(views[0], Int32(trailing), views[1], views[2], epsilon, views[3], views[4], views[5])
    }
    return results.map { .tensor($0) }
  }

  @Sendable private static func rmsNorm(_ call: OperatorCall, _ types: [ValueType]) throws -> [Value] {
    let input: Tensor = try call.tensor("input")
    let results: [Tensor] = try types.map { try Tensor.empty($0) }
    let trailing: Int = try call.sizes("normalized_shape").count
    let epsilon: Double = try call.optionalDouble("eps") ?? machineEpsilon(input.dtype)
    withViews([input, try call.optionalTensor("weight"), results[0], results[1]]) { views in
      lathe_rms_norm(views[0], Int32(trailing), views[1], epsilon, views[2], views[3])
    }
    return results.map { .tensor($0) }
  }
  private static func machineEpsilon(_ dtype: DType) -> Double {
    switch dtype {
    case .f16: 0x1p-10
    case .bf16: 0x1p-7
    case .f64: Double.ulpOfOne
    default: Double(Float.ulpOfOne)
    }
  }

  private static func groupTypes(_ call: OperatorCall, _ groupsName: String) throws -> [ValueType] {
    let input: TensorType = try call.type("input")
    try requireFloating(call, input)
    let groups: Int = try call.integer(groupsName)
    guard input.rank >= 2 else { throw call.failure("Expected at least 2 dimensions for input tensor but received \(input.rank)") }
    guard groups > 0 else { throw call.failure("Expected num groups to be greater than 0, got \(groups)") }
    let channels: SymbolicInt = input.sizes[1]
    guard call.isEqual(channels.modulo(SymbolicInt(groups)), 0) else {
      throw call.failure("Expected number of channels in input to be divisible by num_groups, but got input of shape \(input.sizes) and num_groups=\(groups)")
    }
    for name in ["weight", "bias"] {
      guard let parameter = call.optionalType(name) else { continue }
      guard parameter.rank == 1, call.isEqual(parameter.sizes[0], channels) else {
        throw call.failure("Expected \(name) to be a vector of size equal to the number of channels in input, but got \(name) of shape \(parameter.sizes) and input of shape \(input.sizes)")
      }
    }
    let statistics: ValueType = .tensor(TensorType(dtype: statisticsType(call, input.dtype), sizes: [input.sizes[0], SymbolicInt(groups)]))
    return [.tensor(.following(input, dtype: input.dtype, sizes: input.sizes, call.environment)), statistics, statistics]
  }

  private static func groupNorm(_ call: OperatorCall, _ types: [ValueType], _ groupsName: String) throws -> [Value] {
    let results: [Tensor] = try types.map { try Tensor.empty($0) }
    let groups: Int = try call.integer(groupsName)
    let epsilon: Double = try call.double("eps")
    let (weight, bias): (Tensor?, Tensor?) = (try call.optionalTensor("weight"), try call.optionalTensor("bias"))
    withViews([try call.tensor("input"), weight, bias, results[0], results.count > 1 ? results[1] : nil, results.count > 2 ? results[2] : nil]) { views in
      lathe_group_norm(views[0], Int32(groups), views[1], views[2], epsilon, views[3], views[4], views[5])
    }
    return results.map { .tensor($0) }
  }
}
