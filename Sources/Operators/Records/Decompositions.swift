import Foundations
import Graphs
import LoopIR
import Tensors

extension OperatorTable {
  /// Matrix decompositions and functions of the gamma family (`ATen/native/BatchLinearAlgebra.cpp`, `UnaryOps.cpp`).
  static let decompositions: [OperatorRecord] =
    [
      OperatorRecord(
        "aten::_lu_with_info(Tensor self, bool pivot=True, bool check_errors=True) -> (Tensor LU, Tensor pivots, Tensor info)",
        .kernel(shape: factorTypes, run: factor))
    ]
    + ["mvlgamma", "special_multigammaln"].map { name in
      OperatorRecord(
        "aten::\(name)(Tensor self, int p) -> Tensor",
        .elementwise(
          Elementwise(.float, ["self"]) { context in
            let p: Int = try context.call.integer("p")
            guard p >= 1 else { throw context.call.failure("p has to be greater than or equal to 1") }
            let constant: Double = Double(p * (p - 1)) / 4 * 1.1447298858494002
            return (1...p).reduce(context.constant(constant)) { $0 + (context.a + (1 - Double($1)) / 2).unary(.lgamma) }
          }))
    }

  /// L and U in one matrix whose columns lie one after the other, pivots counted from 1, and where a pivot is zero.
  @Sendable private static func factorTypes(_ call: OperatorCall) throws -> [ValueType] {
    let type: TensorType = try call.type("self")
    guard type.rank >= 2 else { throw call.failure("expected tensor with 2 or more dimensions, got size: \(type.sizes) instead") }
    guard type.dtype == .f32 || type.dtype == .f64 else { throw LatheError.unsupported("\(call.schema.name) on \(type.dtype.torchName)") }
    let (rows, columns): (SymbolicInt, SymbolicInt) = (type.sizes[type.rank - 2], type.sizes[type.rank - 1])
    let batch: [SymbolicInt] = Array(type.sizes.dropLast(2))
    var factors = TensorType(dtype: type.dtype, sizes: type.sizes)
    factors.strides[type.rank - 2] = 1
    factors.strides[type.rank - 1] = SymbolicInt.maximum(rows, 1)
    return [
      .tensor(factors), .tensor(TensorType(dtype: .i32, sizes: batch + [SymbolicInt.minimum(rows, columns)])), .tensor(TensorType(dtype: .i32, sizes: batch)),
    ]
  }

  /// Gaussian elimination with partial pivoting.
  @Sendable private static func factor(_ call: OperatorCall, _ types: [ValueType]) throws -> [Value] {
    let results: [Tensor] = try types.map { try Tensor.empty($0) }
    let input: Tensor = try call.tensor("self")
    let (rows, columns): (Int, Int) = (input.sizes[input.rank - 2], input.sizes[input.rank - 1])
    let isPivoting: Bool = try call.flag("pivot")
    var values: [Double] = try input.doubles()
    var (pivots, infos): ([Int], [Int]) = ([], [])
    let area: Int = rows * columns
    for matrix in 0..<results[2].elementCount {
      let start: Int = matrix * area
      var info: Int = 0
      for step in 0..<min(rows, columns) {
        var best: Int = step
        if isPivoting {
          for row in (step + 1)..<max(rows, step + 1) where abs(values[start + row * columns + step]) > abs(values[start + best * columns + step]) { best = row }
        }
        pivots.append(best + 1)
        if best != step { for column in 0..<columns { values.swapAt(start + best * columns + column, start + step * columns + column) } }
        let pivot: Double = values[start + step * columns + step]
        if pivot == 0 {
          if info == 0 { info = step + 1 }
          continue
        }
        for row in (step + 1)..<max(rows, step + 1) {
          let ratio: Double = values[start + row * columns + step] / pivot
          values[start + row * columns + step] = ratio
          for column in (step + 1)..<max(columns, step + 1) {
            values[start + row * columns + column] -= ratio * values[start + step * columns + column]
          }
        }
      }
      infos.append(info)
    }
    results[0].copy(from: try Tensor(values, sizes: input.sizes, .f64))
    results[1].copy(from: try Tensor(pivots, sizes: results[1].sizes))
    results[2].copy(from: try Tensor(infos, sizes: results[2].sizes))
    if try call.flag("check_errors"), let bad = infos.first(where: { $0 != 0 }) {
      throw call.failure("U[\(bad),\(bad)] is zero and using it on lu_solve would result in a division by zero. If you still want to perform the factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)")
    }
    return results.map { .tensor($0) }
  }
}
