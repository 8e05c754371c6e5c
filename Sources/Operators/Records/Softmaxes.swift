import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Softmax and its logarithm (`ATen/native/SoftMax.cpp`).
  static let softmaxes: [OperatorRecord] =
    [("softmax", false), ("log_softmax", true), ("special_softmax", false), ("special_log_softmax", true)].map { name, isLogarithm in
      let overload: String = name.hasPrefix("special") ? "" : ".int"
      let star: String = name == "special_log_softmax" ? "*, " : ""
      return OperatorRecord("aten::\(name)\(overload)(Tensor self, int dim, \(star)ScalarType? dtype=None) -> Tensor", softmax(isLogarithm))
        .reducing { try NormalizationForm.softmax($0, try resultType($0.call, try $0.call.type("self").dtype), isLogarithm: isLogarithm) }
    }
    + [("_softmax", false), ("_log_softmax", true)].map { name, isLogarithm in
      OperatorRecord("aten::\(name)(Tensor self, int dim, bool half_to_float) -> Tensor", softmax(isLogarithm))
        .reducing { try NormalizationForm.softmax($0, try resultType($0.call, try $0.call.type("self").dtype), isLogarithm: isLogarithm) }
    }
    + [
      OperatorRecord("aten::_safe_softmax(Tensor self, int dim, ScalarType? dtype=None) -> Tensor", .composite { c in
        // Rows that are all -inf give zeros rather than NaN.
        let result: Value = try c("aten.softmax.int", c["self"], c["dim"], c["dtype"])
        let type: TensorType = try c.call.type("self")
        guard type.dtype.isFloatingPoint else { return [result] }
        let closed: Value = try c("aten.eq.Scalar", c["self"], .double(-Double.infinity))
        let allClosed: Value = try c("aten.all.dim", closed, c["dim"], .bool(true))
        return [try c("aten.masked_fill.Scalar", result, allClosed, .double(0))]
      })
    ]

  private static func softmax(_ isLogarithm: Bool) -> OperatorRecord.Meaning {
    .kernel(
      shape: { call in
        let type: TensorType = try call.type("self")
        _ = try call.dimension("dim", rank: type.rank)
        let dtype: DType = try resultType(call, type.dtype)
        guard dtype.isFloatingPoint, dtype.isComputable else {
          throw LatheError.unsupported("\(call.schema.name) on \(dtype.torchName): \"softmax_kernel_impl\" not implemented for this type")
        }
        return [.tensor(TensorType(dtype: dtype, sizes: type.sizes))]
      },
      run: { call, types in
        let result: Tensor = try Tensor.empty(types[0])
        var input: Tensor = try call.tensor("self")
        let dim: Int = try call.dimension("dim", rank: input.rank)
        if !input.dtype.isFloatingPoint || result.dtype == .f64 { input = try input.converted(to: result.dtype) }
        withViews([input.padded(toRank: 1), result.padded(toRank: 1)]) { views in
          if isLogarithm { lathe_log_softmax(views[0], Int32(dim), views[1]) } else { lathe_softmax(views[0], Int32(dim), views[1]) }
        }
        return [.tensor(result)]
      })
  }

  private static func resultType(_ call: OperatorCall, _ dtype: DType) throws -> DType {
    if call.schema.index(of: "half_to_float") != nil { return try call.flag("half_to_float") ? .f32 : dtype }
    return try call.dtype("dtype") ?? dtype
  }
}
