import Compiler
import Foundation
import Foundations
import Graphs
import Operators
import Tensors
import Testing

/// The elementary functions that generated kernels evaluate in vectors, against the C library's in f64.
@Suite struct VectorFunctionTests {
  private static let functions: [(name: OperatorName, reference: @Sendable (Double) -> Double)] = [
    ("aten.log.default", { log($0) }), ("aten.log2.default", { log2($0) }), ("aten.log10.default", { log10($0) }), ("aten.log1p.default", { log1p($0) }),
    ("aten.expm1.default", { expm1($0) }), ("aten.exp.default", { exp($0) }), ("aten.tanh.default", { tanh($0) }), ("aten.erf.default", { erf($0) }),
    ("aten.sigmoid.default", { $0 >= 0 ? 1 / (1 + exp(-$0)) : exp($0) / (1 + exp($0)) }),
  ]

  /// Every 2^16th float of either sign, floats near 1, near -1 and near what overflows, and those without a number.
  private static let sweep: [Float] = {
    var values: [Float] = stride(from: UInt32(0), to: 0x7f80_0000, by: 65_521).flatMap { [Float(bitPattern: $0), -Float(bitPattern: $0)] }
    for step in -2000...2000 {
      let offset: Float = Float(step) * 1e-4
      values += [1 + offset, -1 + offset, 88.5 + offset * 4, -88 + offset * 80, offset]
    }
    return values + [.infinity, -.infinity, .nan, 0, -0.0, 1, -1, .leastNonzeroMagnitude, .greatestFiniteMagnitude]
  }()

  @Test func areWithinTwoUnitsInTheLastPlace() throws {
    let make = GraphMaker()
    let x: Value = make.input("x", 0, .f32, [SymbolicInt(VectorFunctionTests.sweep.count)])
    let outputs: [Value] = try VectorFunctionTests.functions.map { try make($0.name, x) }
    let graph = try make.finish(outputs)
    let input = try Tensor(VectorFunctionTests.sweep.map { Double($0) }, sizes: [VectorFunctionTests.sweep.count], .f32)
    let results: [Tensor] = try graph.compiled(make.environment)([input])
    for (function, result) in zip(VectorFunctionTests.functions, results) {
      var (worst, place): (Double, Float) = (0, 0)
      for (x, got) in zip(VectorFunctionTests.sweep, try result.doubles()) {
        let exact: Double = function.reference(Double(x))
        let nearest = Float(exact)
        if got == Double(nearest) || (got.isNaN && nearest.isNaN) { continue }
        let error: Double = got.isFinite && nearest.isFinite ? abs(got - exact) / Double(max(nearest.ulp, Float.leastNonzeroMagnitude)) : .infinity
        if error > worst { (worst, place) = (error, x) }
      }
      #expect(worst <= 2, "\(function.name)(\(place)) is off by \(worst) ulp")
    }
  }
}
