import CRuntime
import Foundations
import Graphs
import LoopIR
import Tensors

/// An operator whose every result element depends on one element of each operand: its loop expression and its typing.
package struct Elementwise: Sendable {
  /// How the compute type and the result's element type come from the operands.
  package enum Typing: Sendable, Hashable {
    /// Both are the operands' promoted type.
    case promoted
    /// As promoted, integers becoming the default float type (`sin`, `true_divide`).
    case float
    /// As `float` where the named argument is None, else as `promoted` (`div` with a `rounding_mode`).
    case floatWithout(String)
    /// Computed in the promoted type; the result is bool.
    case comparison
    /// The result has the type of the first operand, whatever the others are.
    case first
  }
  package let typing: Typing
  /// Parameters that are tensors or numbers and take part in the typing; those absent in a call are nil in the expression.
  package let operands: [String]
  /// Parameters of tensors loaded in their own type, outside the typing (the condition of `where`).
  package let conditions: [String]
  /// Other parameters the expression depends on.
  package let build: @Sendable (ElementwiseContext) throws -> LoopExpression

  package init(
    _ typing: Typing = .promoted, _ operands: [String], conditions: [String] = [], build: @escaping @Sendable (ElementwiseContext) throws -> LoopExpression
  ) {
    (self.typing, self.operands, self.conditions, self.build) = (typing, operands, conditions, build)
  }
}

/// What an elementwise expression is built from.
package struct ElementwiseContext {
  package let call: OperatorCall
  package let builder: LoopBuilder
  /// In the order of `Elementwise.operands`, in the compute type; nil where absent.
  package let optionalOperands: [LoopExpression?]
  /// In the order of `Elementwise.conditions`, as truth values.
  package let conditions: [LoopExpression]
  package let type: LoopType
  /// The promoted element type the operands were brought to.
  package let dtype: DType

  package var a: LoopExpression { optionalOperands[0]! }
  package var b: LoopExpression { optionalOperands[1]! }
  package var c: LoopExpression { optionalOperands[2]! }
  package func constant(_ value: Double) -> LoopExpression { builder.constant(value, type) }
  /// A number among the arguments, in the compute type.
  package func scalar(_ name: String) throws -> LoopExpression { builder.constant(try call.scalar(name), type) }
}

extension Elementwise {
  private func operandKind(_ value: Value) -> TypePromotion.Operand? {
    switch value {
    case .tensor(let tensor): .tensor(tensor.dtype, rank: tensor.rank)
    case .abstract(let type), .node(_, let type): .tensor(type.dtype, rank: type.rank)
    case .int: .scalar(.i64)
    case .double: .scalar(.f64)
    case .bool: .scalar(.bool)
    default: nil
    }
  }

  /// The type operands are brought to, and the result's.
  func types(_ call: OperatorCall) throws -> (promoted: DType, result: DType) {
    var kinds: [TypePromotion.Operand] = []
    for name in operands { if let kind = operandKind(call.value(name)) { kinds.append(kind) } }
    guard let first = kinds.first else { throw call.failure("has no operand") }
    var promoted: DType = TypePromotion.resultType(kinds)
    guard promoted.isComputable else { throw LatheError.unsupported("\(call.schema.name) on \(promoted.torchName)") }
    switch typing {
    case .promoted: return (promoted, promoted)
    case .floatWithout(let name) where !call.value(name).isNone: return (promoted, promoted)
    case .float, .floatWithout:
      if !promoted.isFloatingPoint { promoted = .f32 }
      return (promoted, promoted)
    case .comparison: return (promoted, .bool)
    case .first:
      if case .tensor(let dtype, _) = first { return (dtype, dtype) }
      return (promoted, promoted)
    }
  }

  /// The result's type over symbolic sizes.
  package func shape(_ call: OperatorCall) throws -> TensorType {
    let tensors: [TensorType] = (operands + conditions).compactMap { call.value($0).tensorType }
    let sizes: [SymbolicInt]
    do {
      sizes = try Broadcasting.shape(tensors.map(\.sizes), call.environment)
    } catch let error as LatheError { throw call.failure(error.message) }
    let type: DType = try types(call).result
    func numbers(_ sizes: [SymbolicInt]) -> [Int]? {
      let numbers: [Int] = sizes.compactMap(\.constant)
      return numbers.count == sizes.count ? numbers : nil
    }
    let known: [(sizes: [Int], strides: [Int])] = tensors.compactMap { tensor in
      guard let sizes = numbers(tensor.sizes), let strides = numbers(tensor.strides) else { return nil }
      return (sizes, strides)
    }
    if let sizes = numbers(sizes), known.count == tensors.count {
      let strides: [Int] = Broadcasting.resultStrides(known, sizes: sizes)
      return TensorType(dtype: type, sizes: sizes.map { SymbolicInt($0) }, strides: strides.map { SymbolicInt($0) })
    }
    // Among symbols: the layout that all agree on, where it is one that a new tensor can have.
    if let same = tensors.first(where: { $0.sizes == sizes }), same.isPermutedDense, tensors.allSatisfy({ $0.sizes != sizes || $0.strides == same.strides }) {
      return TensorType(dtype: type, sizes: sizes, strides: same.strides)
    }
    return TensorType(dtype: type, sizes: sizes)
  }

  /// The result element's expression.
  /// - Parameter load: gives the element of a tensor argument, in the type its storage type computes in, or a size that is no number yet.
  package func expression(_ call: OperatorCall, in builder: LoopBuilder, load: (Value) throws -> LoopExpression) throws -> LoopExpression {
    let promoted: DType = try types(call).promoted
    let type = LoopType(computing: promoted)
    var inputs: [LoopExpression?] = []
    for name in operands {
      let value: Value = call.value(name)
      if value.isNone { inputs.append(nil) } else {
        var isLoaded: Bool = value.tensorType != nil
        if case .int(let size) = value, !size.isConstant { isLoaded = true }
        inputs.append(isLoaded ? try load(value).cast(to: type) : builder.constant(try call.scalar(name), type))
      }
    }
    let truths: [LoopExpression] = try conditions.map { try load(call.value($0)).cast(to: .bool) }
    return try build(
      ElementwiseContext(call: call, builder: builder, optionalOperands: inputs, conditions: truths, type: type, dtype: promoted))
  }

  /// The tile program of a call with these arguments.
  func program(_ call: OperatorCall) throws -> TileProgram {
    let builder = LoopBuilder()
    let result: LoopExpression = try expression(call, in: builder) { value in
      guard let type = value.tensorType else { throw call.failure("\(value.kindName) stands where a tensor is needed") }
      return builder.load(type.dtype)
    }
    return try TileProgram(builder.arena, outputs: [result.value], inputCount: builder.inputs.count)
  }

  /// Runs eagerly, into `target` where given (which the result must fit, see `InPlaceWrite`), else into a new tensor laid out as
  /// PyTorch would.
  package func run(_ call: OperatorCall, into target: Tensor? = nil, cache: TileProgramCache) throws -> Tensor {
    let (promoted, result) = try types(call)
    var tensors: [Tensor] = []
    for name in operands { if case .tensor(let tensor) = call.value(name) { tensors.append(tensor) } }
    for name in conditions { tensors.append(try call.tensor(name)) }
    var sizes: [Int] = tensors.first?.sizes ?? []
    if tensors.count > 1 && !tensors.allSatisfy({ $0.sizes == sizes }) {
      do {
        sizes = try Broadcasting.shape(tensors.map(\.sizes), call.environment)
      } catch let error as LatheError { throw call.failure(error.message) }
    }
    let output: Tensor
    if let target {
      try InPlaceWrite.check(TensorType(dtype: result, sizes: sizes.map { SymbolicInt($0) }), over: TensorType(target), call)
      output = target
    } else {
      output = try Tensor.empty(sizes, result, strides: Broadcasting.resultStrides(tensors.map { ($0.sizes, $0.strides) }, sizes: sizes))
    }
    let program: TileProgram = try cache.program(for: self, call, promoted: promoted, result: result)
    // A target that overlaps an operand with other strides would be read after it was written.
    let unsafe: Bool = target != nil && tensors.contains { $0.storage.handle == output.storage.handle && ($0.strides != output.strides || $0.offset != output.offset) }
    let destination: Tensor = unsafe ? try Tensor.empty(sizes, output.dtype) : output
    var views: [lathe_view] = [destination.view]
    for tensor in tensors {
      views.append(lathe_view_make(tensor.data, Int32(tensor.dtype.rawValue), Int32(sizes.count), sizes, Broadcasting.strides(tensor, to: sizes)))
    }
    try program.run(sizes: sizes, views: views)
    if unsafe { output.copy(from: destination) }
    return output
  }
}
