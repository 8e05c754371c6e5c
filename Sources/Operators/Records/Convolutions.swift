import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Convolutions of one to three spatial dimensions, forward and transposed (`ATen/native/Convolution.cpp`).
  static let convolutions: [OperatorRecord] =
    [("conv1d", 1), ("conv2d", 2), ("conv3d", 3)].flatMap { name, count -> [OperatorRecord] in
      let (ones, zeros): (String, String) = (repeated(1, count), repeated(0, count))
      return [
        OperatorRecord(
          "aten::\(name)(Tensor input, Tensor weight, Tensor? bias=None, SymInt[\(count)] stride=\(ones), SymInt[\(count)] padding=\(zeros), SymInt[\(count)] dilation=\(ones), SymInt groups=1) -> Tensor",
          convolution(spatial: count)
        ).linear { _ in -1 - count }.template { try convolutionForm($0, spatial: count) },
        OperatorRecord(
          "aten::\(name).padding(Tensor input, Tensor weight, Tensor? bias=None, SymInt[\(count)] stride=\(ones), str padding=\"valid\", SymInt[\(count)] dilation=\(ones), SymInt groups=1) -> Tensor",
          .composite { try paddedConvolution($0, OperatorName("aten.\(name).default"), count) }),
      ]
    }
    + [("conv_transpose1d", 1), ("conv_transpose2d.input", 2), ("conv_transpose3d.input", 3)].map { name, count in
      let (ones, zeros): (String, String) = (repeated(1, count), repeated(0, count))
      return OperatorRecord(
        "aten::\(name)(Tensor input, Tensor weight, Tensor? bias=None, SymInt[\(count)] stride=\(ones), SymInt[\(count)] padding=\(zeros), SymInt[\(count)] output_padding=\(zeros), SymInt groups=1, SymInt[\(count)] dilation=\(ones)) -> Tensor",
        convolution(spatial: count, isTransposed: true))
    }
    + [
      ("convolution", ""), ("_convolution", ", bool benchmark, bool deterministic, bool cudnn_enabled, bool allow_tf32"),
      ("_convolution.deprecated", ", bool benchmark, bool deterministic, bool cudnn_enabled"), ("convolution_overrideable", ""),
    ].map { name, flags in
      let arguments: String = "Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, SymInt[] padding, SymInt[] dilation, bool transposed, SymInt[] output_padding, SymInt groups"
      return OperatorRecord("aten::\(name)(\(arguments)\(flags)) -> Tensor", convolution(spatial: nil))
        .linear { try $0.flag("transposed") ? nil : 1 - $0.type("weight").rank }
        .template { try convolutionForm($0, spatial: nil) }
    }

  private static func repeated(_ value: Int, _ count: Int) -> String { "[" + Array(repeating: "\(value)", count: count).joined(separator: ", ") + "]" }

  /// A convolution's arguments, worked out for its spatial dimensions.
  private struct Geometry {
    var spatial: Int
    var isTransposed: Bool
    var groups: Int
    var stride: [Int]
    var padding: [Int]
    var dilation: [Int]
    var outputPadding: [Int]

    init(_ call: OperatorCall, spatial fixed: Int?, isTransposed fixedTransposed: Bool) throws {
      let spatial: Int = try fixed ?? (try call.type("weight").rank - 2)
      guard (1...3).contains(spatial) else { throw call.failure("a convolution has one to three spatial dimensions, not \(spatial)") }
      func numbers(_ name: String, _ fallback: Int) throws -> [Int] {
        guard call.schema.index(of: name) != nil else { return Array(repeating: fallback, count: spatial) }
        let given: [Int] = try call.integers(name)
        guard given.count == spatial || given.count == 1 else { throw call.failure("expected \(name) to be a single integer value or a list of \(spatial) values to match the convolution dimensions, but got \(name)=\(given)") }
        return given.count == spatial ? given : Array(repeating: given[0], count: spatial)
      }
      self.spatial = spatial
      isTransposed = call.schema.index(of: "transposed") != nil ? try call.flag("transposed") : fixedTransposed
      groups = try call.integer("groups")
      (stride, padding) = (try numbers("stride", 1), try numbers("padding", 0))
      (dilation, outputPadding) = (try numbers("dilation", 1), try numbers("output_padding", 0))
      guard groups > 0 else { throw call.failure("non-positive groups is not supported") }
      guard stride.allSatisfy({ $0 > 0 }) else { throw call.failure("non-positive stride is not supported") }
      guard dilation.allSatisfy({ $0 > 0 }) else { throw call.failure("dilation should be greater than zero") }
      guard padding.allSatisfy({ $0 >= 0 }) else { throw call.failure("negative padding is not supported") }
    }
  }

  @Sendable private static func convolutionForm(_ call: OperatorCall, spatial: Int?) throws -> TemplateForm? {
    let geometry = try Geometry(call, spatial: spatial, isTransposed: false)
    guard geometry.spatial == 2, !geometry.isTransposed, try call.type("input").rank == 4 else { return nil }
    return .convolution(.init(
      input: "input", weight: "weight", bias: "bias", stride: geometry.stride, padding: geometry.padding, dilation: geometry.dilation, groups: geometry.groups))
  }

  private static func convolution(spatial: Int?, isTransposed: Bool = false) -> OperatorRecord.Meaning {
    .kernel(
      shape: { call in [.tensor(try convolutionType(call, try Geometry(call, spatial: spatial, isTransposed: isTransposed)))] },
      run: { call, types in
        let geometry = try Geometry(call, spatial: spatial, isTransposed: isTransposed)
        let result: Tensor = try Tensor.empty(types[0])
        if result.elementCount > 0 { try convolve(call, geometry, into: result) }
        return [.tensor(result)]
      })
  }

  private static func convolutionType(_ call: OperatorCall, _ geometry: Geometry) throws -> TensorType {
    let (input, weight): (TensorType, TensorType) = (try call.type("input"), try call.type("weight"))
    let spatial: Int = geometry.spatial
    guard weight.rank == spatial + 2, input.rank == spatial + 2 || input.rank == spatial + 1 else {
      throw call.failure(
        "Expected \(spatial + 1)D (unbatched) or \(spatial + 2)D (batched) input to conv\(geometry.isTransposed ? "_transpose" : "")\(spatial)d, but got input of size: \(input.sizes)")
    }
    for name in ["weight", "bias"] {
      if let other = call.optionalType(name), other.dtype != input.dtype {
        throw call.failure("Input type (\(input.dtype.torchName)) and \(name) type (\(other.dtype.torchName)) should be the same")
      }
    }
    guard input.dtype != .bool, input.dtype.isComputable else { throw LatheError.unsupported("\(call.schema.name) on \(input.dtype.torchName)") }
    let isBatched: Bool = input.rank == spatial + 2
    let channels: SymbolicInt = input.sizes[isBatched ? 1 : 0]
    let groups: SymbolicInt = SymbolicInt(geometry.groups)
    let expected: SymbolicInt = geometry.isTransposed ? weight.sizes[0] : weight.sizes[1] * groups
    guard call.isEqual(channels, expected) else {
      throw call.failure(
        "Given \(geometry.isTransposed ? "transposed=1" : "groups=\(geometry.groups)"), weight of size \(weight.sizes), expected input\(input.sizes) to have \(expected) channels, but got \(channels) channels instead")
    }
    let outputChannels: SymbolicInt = geometry.isTransposed ? weight.sizes[1] * groups : weight.sizes[0]
    if let bias = call.optionalType("bias"), bias.rank != 1 || !call.isEqual(bias.sizes[0], outputChannels) {
      throw call.failure("Given weight of size \(weight.sizes), expected bias to be 1-dimensional with \(outputChannels) elements, but got bias of size \(bias.sizes) instead")
    }
    var sizes: [SymbolicInt] = (isBatched ? [input.sizes[0]] : []) + [outputChannels]
    for index in 0..<spatial {
      let size: SymbolicInt = input.sizes[input.rank - spatial + index]
      let extent: SymbolicInt = SymbolicInt(geometry.dilation[index]) * (weight.sizes[2 + index] - 1)
      let (stride, padding): (SymbolicInt, SymbolicInt) = (SymbolicInt(geometry.stride[index]), SymbolicInt(2 * geometry.padding[index]))
      if geometry.isTransposed {
        sizes.append((size - 1) * stride - padding + extent + SymbolicInt(geometry.outputPadding[index]) + 1)
      } else {
        let room: SymbolicInt = size + padding - extent - 1
        if call.environment.isLess(room, 0) {
          throw call.failure(
            "Calculated padded input size per channel: (\(size + padding)). Kernel size: (\(extent + 1)). Kernel size can't be greater than actual input size")
        }
        sizes.append(room.floorDivided(by: stride) + 1)
      }
    }
    let environment: ShapeEnvironment = call.environment
    let isChannelsLast: Bool = isBatched && spatial > 1 && (input.suggestsChannelsLast(environment) || weight.suggestsChannelsLast(environment))
    return TensorType(dtype: input.dtype, sizes: sizes, strides: isChannelsLast ? channelsLastStrides(sizes) : nil)
  }

  private static func convolve(_ call: OperatorCall, _ geometry: Geometry, into result: Tensor) throws {
    var (input, weight): (Tensor, Tensor) = (try call.tensor("input"), try call.tensor("weight"))
    var bias: Tensor? = try call.optionalTensor("bias")?.contiguous()
    var output: Tensor = result
    if !result.dtype.isFloatingPoint {
      // Exact while sums stay under 2^53.
      (input, weight, bias) = (try input.converted(to: .f64), try weight.converted(to: .f64), try bias?.converted(to: .f64))
      output = try Tensor.empty(result.sizes, .f64)
    }
    if geometry.isTransposed && result.dtype == .f16 {
      let halves = HalfTransposedConvolution(groups: geometry.groups, stride: geometry.stride, padding: geometry.padding, dilation: geometry.dilation)
      return try halves.run(input.padded(toRank: geometry.spatial + 2), weight, bias, into: result.padded(toRank: geometry.spatial + 2))
    }
    var plan = lathe_convolution_geometry()
    plan.spatial = Int32(geometry.spatial)
    plan.transposed = geometry.isTransposed ? 1 : 0
    plan.groups = geometry.groups
    func triple(_ values: [Int]) -> (Int, Int, Int) { (values[0], values.count > 1 ? values[1] : 1, values.count > 2 ? values[2] : 1) }
    (plan.stride, plan.dilation, plan.padding) = (triple(geometry.stride), triple(geometry.dilation), triple(geometry.padding))
    var epilogue = lathe_convolution_epilogue()
    if let bias { epilogue.bias = UnsafeRawPointer(bias.data) }
    let rank: Int = geometry.spatial + 2
    withViews([output.padded(toRank: rank), input.padded(toRank: rank), weight, bias]) { views in
      lathe_convolution(views[0], views[1], views[2], &plan, &epilogue)
    }
    if output.dtype != result.dtype { result.copy(from: output) }
  }

  /// Padding by name: `valid` is none, `same` keeps the size (`_convolution_same`), padding the right side where one side has more.
  private static func paddedConvolution(_ c: Composer, _ name: OperatorName, _ spatial: Int) throws -> [Value] {
    let weight: TensorType = try c.call.type("weight")
    let input: TensorType = try c.call.type("input")
    var source: Value = c["input"]
    var padding: [SymbolicInt] = Array(repeating: 0, count: spatial)
    switch try c.call.string("padding") {
    case "valid": break
    case "same":
      guard try c.call.integers("stride").allSatisfy({ $0 == 1 }) else { throw c.call.failure("padding='same' is not supported for strided convolutions") }
      var dilation: [SymbolicInt] = try c.call.sizes("dilation")
      if dilation.count == 1 { dilation = Array(repeating: dilation[0], count: spatial) }
      var extra: [SymbolicInt] = []
      for index in 0..<spatial {
        let total: SymbolicInt = dilation[index] * (weight.sizes[2 + index] - 1)
        padding[index] = total.floorDivided(by: 2)
        extra = [0, total - padding[index] - padding[index]] + extra
      }
      if extra.contains(where: { $0 != 0 }) {
        guard input.rank >= spatial else { throw c.call.failure("its input has too few dimensions") }
        source = try c("aten.constant_pad_nd.default", source, .list(extra.map { .int($0) }), .integer(0))
      }
    case let other: throw c.call.failure("Invalid padding string: '\(other)'")
    }
    return [try c(name, source, c["weight"], c["bias"], c["stride"], .list(padding.map { .int($0) }), c["dilation"], c["groups"])]
  }
}
