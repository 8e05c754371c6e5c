import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  private static let affineParameters: String = "Tensor input, Tensor? weight, Tensor? bias"
  private static let threeTensors: String = "-> (Tensor, Tensor, Tensor)"

  /// Batch and instance normalisation (`ATen/native/Normalization.cpp`).
  static let batchNormalizations: [OperatorRecord] = [
    OperatorRecord(
      "aten::batch_norm(\(affineParameters), Tensor? running_mean, Tensor? running_var, bool training, float momentum, float eps, bool cudnn_enabled) -> Tensor",
      .kernel(shape: { [try batchTypes($0)[0]] }, run: { call, _ in [try batchNorm(call, try batchTypes(call))[0]] }), hiddenWrites: trainingWrites)
      .decomposing { try affine($0).map { [$0] } },
    OperatorRecord(
      "aten::native_batch_norm(\(affineParameters), Tensor? running_mean, Tensor? running_var, bool training, float momentum, float eps) \(threeTensors)",
      .kernel(shape: batchTypes, run: batchNorm), hiddenWrites: trainingWrites),
    OperatorRecord(
      "aten::_native_batch_norm_legit(\(affineParameters), Tensor(a!) running_mean, Tensor(b!) running_var, bool training, float momentum, float eps) \(threeTensors)",
      .kernel(shape: batchTypes, run: batchNorm)),
    OperatorRecord(
      "aten::_native_batch_norm_legit.no_stats(\(affineParameters), bool training, float momentum, float eps) \(threeTensors)", .kernel(shape: batchTypes, run: batchNorm)),
    OperatorRecord(
      "aten::_native_batch_norm_legit_no_training(\(affineParameters), Tensor running_mean, Tensor running_var, float momentum, float eps) \(threeTensors)",
      .kernel(shape: batchTypes, run: batchNorm))
      .decomposing { c in
        guard let result = try affine(c) else { return nil }
        let none: Value = try c("aten.new_zeros.default", c["input"], .ints([0]))
        return [result, none, none]
      },
    OperatorRecord(
      "aten::_native_batch_norm_legit_functional(\(affineParameters), Tensor running_mean, Tensor running_var, bool training, float momentum, float eps) -> (Tensor, Tensor, Tensor, Tensor running_mean_out, Tensor running_var_out)",
      .composite { c in
        let (mean, variance): (Value, Value) = (try c("aten.clone.default", c["running_mean"]), try c("aten.clone.default", c["running_var"]))
        let results: [Value] = try c.results(
          "aten.native_batch_norm.default", c["input"], c["weight"], c["bias"], mean, variance, c["training"], c["momentum"], c["eps"])
        return results + [mean, variance]
      }),
    OperatorRecord(
      "aten::instance_norm(\(affineParameters), Tensor? running_mean, Tensor? running_var, bool use_input_stats, float momentum, float eps, bool cudnn_enabled) -> Tensor",
      .composite(instanceNorm), hiddenWrites: .init(flag: "use_input_stats", parameters: ["running_mean", "running_var"])),
  ]
  private static var trainingWrites: OperatorRecord.HiddenWrites { .init(flag: "training", parameters: ["running_mean", "running_var"]) }

  private static func isTraining(_ call: OperatorCall) throws -> Bool { call.schema.index(of: "training") == nil ? false : try call.flag("training") }
  private static func optional(_ call: OperatorCall, _ name: String) throws -> Tensor? {
    call.schema.index(of: name) == nil ? nil : try call.optionalTensor(name)
  }

  /// Outside training: a factor and a term for each channel, as ATen's kernel has them. Nil in training, and for the 16-bit types, whose
  /// statistics have another type.
  private static func affine(_ c: Composer) throws -> Value? {
    let input: TensorType = try c.call.type("input")
    guard try !isTraining(c.call), input.dtype == .f32 || input.dtype == .f64, input.rank >= 2, input.sizes[1].isConstant, !c["running_mean"].isNone,
      !c["running_var"].isNone, ["weight", "bias", "running_mean", "running_var"].allSatisfy({ c[$0].isNone || c[$0].tensorType?.dtype == input.dtype })
    else { return nil }
    let shape: Value = .list(input.sizes.indices.map { .int($0 == 1 ? input.sizes[1] : 1) })
    var factor: Value = try c("aten.rsqrt.default", try c("aten.add.Scalar", c["running_var"], c["eps"]))
    if !c["weight"].isNone { factor = try c("aten.mul.Tensor", factor, c["weight"]) }
    var term: Value = try c("aten.neg.default", try c("aten.mul.Tensor", c["running_mean"], factor))
    if !c["bias"].isNone { term = try c("aten.add.Tensor", term, c["bias"]) }
    let scaled: Value = try c("aten.mul.Tensor", c["input"], try c("aten.view.default", factor, shape))
    return try c("aten.add.Tensor", scaled, try c("aten.view.default", term, shape))
  }

  @Sendable private static func batchTypes(_ call: OperatorCall) throws -> [ValueType] {
    let input: TensorType = try call.type("input")
    guard input.dtype.isFloatingPoint, input.dtype.isComputable else {
      throw LatheError.unsupported("\(call.schema.name) is not implemented for \(input.dtype.torchName)")
    }
    if input.elementCount == 0, input.rank < 2 {
      // ATen hands an empty input back before it looks at dimensions.
      let none: ValueType = .tensor(TensorType(dtype: input.dtype, sizes: [0]))
      return [.tensor(TensorType(dtype: input.dtype, sizes: input.sizes)), none, none]
    }
    guard input.rank >= 2 else { throw call.failure("expected an input of at least 2 dimensions, but got one of \(input.rank)") }
    let channels: SymbolicInt = input.sizes[1]
    for name in ["weight", "bias", "running_mean", "running_var"] where call.schema.index(of: name) != nil {
      if let parameter = call.optionalType(name), !call.isEqual(parameter.elementCount, channels) {
        throw call.failure("\(name) should contain \(channels) elements not \(parameter.elementCount)")
      }
    }
    let isTraining: Bool = try isTraining(call)
    if !isTraining, call.schema.index(of: "running_mean") != nil, call.value("running_mean").isNone || call.value("running_var").isNone {
      throw call.failure("Expected running_mean and running_var to be defined when training=False")
    }
    let dtype: DType = call.optionalType("weight")?.dtype ?? input.dtype
    let statistics: ValueType = .tensor(TensorType(dtype: dtype, sizes: [isTraining ? channels : 0]))
    return [.tensor(.following(input, dtype: input.dtype, sizes: input.sizes, call.environment)), statistics, statistics]
  }

  /// Results are the normalised input and, in training, the batch's mean and 1 / sqrt(variance + eps); training moves the running statistics.
  @Sendable private static func batchNorm(_ call: OperatorCall, _ types: [ValueType]) throws -> [Value] {
    let input: Tensor = try call.tensor("input")
    let (weight, bias): (Tensor?, Tensor?) = (try call.optionalTensor("weight"), try call.optionalTensor("bias"))
    let (runningMean, runningVariance): (Tensor?, Tensor?) = (try optional(call, "running_mean"), try optional(call, "running_var"))
    let epsilon: Double = try call.double("eps")
    let results: [Tensor] = try types.map { try Tensor.empty($0) }
    if input.elementCount == 0, input.rank < 2 { return results.map { .tensor($0) } }
    guard try isTraining(call) else {
      guard let runningMean, let runningVariance else { throw call.failure("needs running statistics when it does not train") }
      normalize(input, runningMean, runningVariance, weight, bias, epsilon, results[0])
      return results.map { .tensor($0) }
    }
    let channels: Int = input.sizes[1]
    let wide: DType = input.dtype == .f64 ? .f64 : .f32
    let (mean, variance): (Tensor, Tensor) = (try Tensor.empty([channels], wide), try Tensor.empty([channels], wide))
    withViews([input, mean, variance]) { lathe_batch_norm_statistics($0[0], $0[1], $0[2]) }
    normalize(input, mean, variance, weight, bias, epsilon, results[0])
    let (means, variances): ([Double], [Double]) = (try mean.doubles(), try variance.doubles())
    results[1].copy(from: mean)
    results[2].copy(from: try Tensor(variances.map { 1 / ($0 + epsilon).squareRoot() }, sizes: [channels], .f64))
    let momentum: Double = try call.double("momentum")
    let count: Double = Double(input.elementCount / max(channels, 1))
    try move(runningMean, towards: means, momentum)
    try move(runningVariance, towards: variances.map { $0 * (count / (count - 1)) }, momentum)
    return results.map { .tensor($0) }
  }
  private static func normalize(_ input: Tensor, _ mean: Tensor, _ variance: Tensor, _ weight: Tensor?, _ bias: Tensor?, _ epsilon: Double, _ result: Tensor) {
    withViews([input, mean, variance, weight, bias, result]) { lathe_batch_norm($0[0], $0[1], $0[2], $0[3], $0[4], epsilon, $0[5]) }
  }
  private static func move(_ running: Tensor?, towards batch: [Double], _ momentum: Double) throws {
    guard let running else { return }
    guard running.storage.isWritable else { throw LatheError.badInput("batch_norm in training would write to running statistics that are read-only") }
    let moved: [Double] = zip(try running.doubles(), batch).map { (1 - momentum) * $0 + momentum * $1 }
    running.copy(from: try Tensor(moved, sizes: running.sizes, .f64))
  }

  /// As a batch norm over batch times channels (`at::instance_norm`).
  @Sendable private static func instanceNorm(_ c: Composer) throws -> [Value] {
    let input: TensorType = try c.call.type("input")
    guard input.rank >= 2 else { throw c.call.failure("expected an input of at least 2 dimensions, but got one of \(input.rank)") }
    let (batch, channels): (SymbolicInt, SymbolicInt) = (input.sizes[0], input.sizes[1])
    func repeated(_ name: String) throws -> Value {
      if c[name].isNone { return .none }
      let rows: Value = try c("aten.expand.default", try c("aten.unsqueeze.default", c[name], .integer(0)), .list([.int(batch), .int(channels)]))
      return try c("aten.clone.default", try c("aten.reshape.default", rows, .list([.int(batch * channels)])))
    }
    let flat: [SymbolicInt] = [1, batch * channels] + input.sizes.dropFirst(2)
    let source: Value = try c("aten.reshape.default", c["input"], .list(flat.map { .int($0) }))
    let (mean, variance): (Value, Value) = (try repeated("running_mean"), try repeated("running_var"))
    let result: Value = try c(
      "aten.batch_norm.default", source, try repeated("weight"), try repeated("bias"), mean, variance, c["use_input_stats"], c["momentum"], c["eps"],
      .bool(false))
    if try c.call.flag("use_input_stats") {
      for (name, moved) in [("running_mean", mean), ("running_var", variance)] where !moved.isNone {
        let rows: Value = try c("aten.view.default", moved, .list([.int(batch), .int(channels)]))
        _ = try c("aten.copy_.default", c[name], try c("aten.mean.dim", rows, .ints([0])))
      }
    }
    return [try c("aten.view.default", result, .list(input.sizes.map { .int($0) }))]
  }
}
