import Foundation
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  private static let options: String = "*, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None"
  private static let integerOptions: String = "*, ScalarType? dtype=long, Layout? layout=None, Device? device=None, bool? pin_memory=None"

  /// Operators that draw random numbers, from the system's generator: the distributions are PyTorch's, but no two runs draw the same
  /// numbers, and none draws those of PyTorch's generator.
  static let random: [OperatorRecord] =
    [
      drawn("rand(SymInt[] size, \(options)) -> Tensor") { _, _ in uniform() },
      drawn("randn(SymInt[] size, \(options)) -> Tensor") { _, _ in normal() },
      drawn("rand_like(Tensor self, \(options), MemoryFormat? memory_format=None) -> Tensor") { _, _ in uniform() },
      drawn("randn_like(Tensor self, \(options), MemoryFormat? memory_format=None) -> Tensor") { _, _ in normal() },
      drawn("randint(SymInt high, SymInt[] size, \(integerOptions)) -> Tensor") { call, _ in Double(try integer(call, 0, try call.integer("high"))) },
      drawn("randint.low(SymInt low, SymInt high, SymInt[] size, \(integerOptions)) -> Tensor") { call, _ in
        Double(try integer(call, try call.integer("low"), try call.integer("high")))
      },
      drawn("bernoulli(Tensor self, *, Generator? generator=None) -> Tensor") { _, probability in uniform() < probability ? 1 : 0 },
      drawn("bernoulli.p(Tensor self, float p, *, Generator? generator=None) -> Tensor") { call, _ in uniform() < (try call.double("p")) ? 1 : 0 },
      filling("randperm(SymInt n, \(integerOptions)) -> Tensor", { call in
        TensorType(dtype: try call.dtype("dtype") ?? .i64, sizes: [try call.size("n")])
      }) { _, result in
        result.copy(from: try Tensor(Array(0..<result.elementCount).shuffled(), sizes: result.sizes, .i64))
      },
    ].map(\.drawingRandomNumbers)

  private static func drawn(_ schema: String, _ draw: @escaping @Sendable (OperatorCall, Double) throws -> Double) -> OperatorRecord {
    filling(schema) { call in
      let isSized: Bool = call.schema.index(of: "size") != nil
      var type: TensorType = isSized ? TensorType(dtype: .f32, sizes: try call.sizes("size")) : laidOut(try call.type("self"), nil)
      if call.schema.index(of: "dtype") != nil { type.dtype = try call.dtype("dtype") ?? type.dtype }
      return type
    } _: { call, result in
      let given: [Double]? = call.schema.index(of: "self") != nil ? try call.tensor("self").doubles() : nil
      let values: [Double] = try (0..<result.elementCount).map { try draw(call, given?[$0] ?? 0) }
      result.copy(from: try Tensor(values, sizes: result.sizes, .f64))
    }
  }

  private static func uniform() -> Double { Double.random(in: 0..<1) }
  /// Box and Muller's transform of two uniform numbers.
  private static func normal() -> Double { (-2 * log(1 - uniform())).squareRoot() * cos(2 * Double.pi * uniform()) }
  private static func integer(_ call: OperatorCall, _ low: Int, _ high: Int) throws -> Int {
    guard low < high else { throw call.failure("random_ expects 'from' to be less than 'to', but got from=\(low) >= to=\(high)") }
    return Int.random(in: low..<high)
  }
}
