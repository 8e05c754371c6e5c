import Foundations
import Graphs
import Operators
import Synchronization
import Tensors

/// Runs operators eagerly and moves every floating-point result by up to one unit of its type's precision: what rounding in another
/// order may do. How far the outputs of such runs lie apart says how well each element of an output is determined (the method of
/// random rounding: Parker, "Monte Carlo Arithmetic", 1997).
package final class NoisyRunner: OperatorRunner {
  /// Which values are moved.
  package enum Scope: Sendable {
    /// All but whole numbers of f32 and f64, which mostly are exact (counts, results of `floor`).
    case inexact
    /// All.
    case everything
    /// All; and of the 16-bit types infinities become the greatest finite number and zeros tiny ones, as a kernel that keeps wider
    /// numbers inside has them.
    case everythingAndLimits
  }
  package var environment: ShapeEnvironment { base.environment }
  private let base: EagerRunner
  private let scope: Scope
  private let random: Mutex<SplitMix64>

  package init(_ base: EagerRunner, scope: Scope, seed: UInt64) {
    (self.base, self.scope) = (base, scope)
    random = Mutex(SplitMix64(state: seed))
  }

  package func run(_ name: OperatorName, _ arguments: [(name: String, value: Value)]) throws -> [Value] {
    guard let record = base.meaning(of: name) else { throw LatheError.unsupported("Lathe has no operator \(name)") }
    return try run(record, arguments)
  }

  package func run(_ record: OperatorRecord, _ arguments: [(name: String, value: Value)]) throws -> [Value] {
    switch record.meaning {
    case .composite(let compose), .region(let compose), .higherOrder(let compose):
      return try compose(Composer(call: try OperatorCall(record.schema, arguments, environment: environment), runner: self))
    case .view, .views, .scalar: return try base.run(record, arguments)
    case .elementwise, .kernel, .inPlace: break
    }
    let results: [Value] = try base.run(record, arguments)
    var arguments: [Value] = arguments.map(\.value)
    if scope != .inexact, record.reduction != nil, case .tensor(let source)? = arguments.first {
      for case .tensor(let result) in results { try perturbCancellation(in: source, result) }
    }
    if record.schema.isInPlace { arguments.removeFirst() }
    var shared: Set<OpaquePointer> = []
    for argument in arguments { argument.forEachTensor { shared.insert($0.storage.handle) } }
    var failure: (any Error)?
    for result in results {
      result.forEachTensor { tensor in
        guard !shared.contains(tensor.storage.handle) else { return }
        do { try perturb(tensor) } catch { failure = error }
      }
    }
    if scope == .everythingAndLimits, case .tensor(let result)? = results.first, case .tensor(let source)? = arguments.first, !record.schema.isInPlace {
      try perturbConversion(of: source, to: result)
    }
    if let failure { throw failure }
    return results
  }

  /// A sum that cancels to zero in one order leaves something in another, of either sign: zeros that a reduction makes of other numbers
  /// are moved by up to one unit of the largest one's precision.
  private func perturbCancellation(in source: Tensor, _ result: Tensor) throws {
    guard result.dtype.isFloatingPoint, result.dtype.isComputable, source.dtype.isFloatingPoint, result.elementCount > 0 else { return }
    var values: [Double] = try result.doubles()
    guard values.contains(0) else { return }
    let largest: Double = try source.doubles().map(\.magnitude).filter(\.isFinite).max() ?? 0
    guard largest > 0 else { return }
    random.withLock { random in
      for index in values.indices where values[index] == 0 { values[index] = random.unit() * source.dtype.precision * largest }
    }
    result.copy(from: try Tensor(values, sizes: result.sizes, .f64))
  }

  /// What an integer type makes of numbers beyond it is not defined in C; each such element becomes any integer.
  private func perturbConversion(of source: Tensor, to result: Tensor) throws {
    guard result.dtype.isInteger, source.dtype.isFloatingPoint, source.sizes == result.sizes, source.storage.handle != result.storage.handle else { return }
    let limit: Double = 0x1p63 / Double(UInt64(1) << UInt64(64 - 8 * result.dtype.size))
    let values: [Double] = try source.doubles()
    guard values.contains(where: { !($0.magnitude < limit) || (result.dtype == .u8 && $0 < 0) }) else { return }
    var integers: [Int] = try result.integers()
    random.withLock { random in
      for (index, value) in values.enumerated() where !(value.magnitude < limit) || (result.dtype == .u8 && value < 0) {
        integers[index] = Int.random(in: -128...255, using: &random)
      }
    }
    result.copy(from: try Tensor(integers, sizes: result.sizes, .i64))
  }

  package func run(_ subgraph: SubgraphReference, _ operands: [Value]) throws -> [Value] {
    try plan(for: subgraph).run(operands, runner: self)
  }
  package func plan(for subgraph: SubgraphReference) -> GraphPlan { base.plan(for: subgraph) }
  package func meaning(of name: OperatorName) -> OperatorRecord? { base.meaning(of: name) }

  /// Moves the elements of a floating-point tensor where they lie.
  package func perturb(_ tensor: Tensor) throws {
    guard tensor.dtype.isFloatingPoint, tensor.dtype.isComputable, tensor.elementCount > 0 else { return }
    let isNarrow: Bool = tensor.dtype == .f16 || tensor.dtype == .bf16
    let precision: Double = tensor.dtype.precision
    var values: [Double] = try tensor.doubles()
    random.withLock { random in
      for index in values.indices {
        let value: Double = values[index]
        if scope == .everythingAndLimits, isNarrow, value.isInfinite || value == 0 {
          values[index] = value == 0 ? random.unit() * tensor.dtype.leastPositive : value < 0 ? -tensor.dtype.greatest : tensor.dtype.greatest
        } else if value.isNaN {
          // The sign of what is not a number is the processor's affair, and copysign shows it.
          values[index] = random.unit() < 0 ? -Double.nan : Double.nan
        } else if value.isFinite, isNarrow || scope != .inexact || value != value.rounded() {
          values[index] = value * (1 + random.unit() * precision)
        }
      }
    }
    tensor.copy(from: try Tensor(values, sizes: tensor.sizes, .f64))
  }
}

extension SplitMix64 {
  /// From -1 to 1.
  fileprivate mutating func unit() -> Double { Double(Int64(bitPattern: next())) / 9.223372036854775808e18 }
}

extension Value {
  fileprivate func forEachTensor(_ body: (Tensor) -> Void) {
    switch self {
    case .tensor(let tensor): body(tensor)
    case .list(let items): for item in items { item.forEachTensor(body) }
    default: break
    }
  }
}

extension DType {
  /// The distance from 1 to the next number; 0 for types that are exact.
  var precision: Double {
    switch self {
    case .f16: 0x1p-10
    case .bf16: 0x1p-7
    case .f32: 0x1p-23
    case .f64: 0x1p-52
    default: 0
    }
  }
  fileprivate var greatest: Double { self == .f16 ? 65504 : 0x1.FEp127 }
  fileprivate var leastPositive: Double { self == .f16 ? 0x1p-24 : 0x1p-133 }
}
