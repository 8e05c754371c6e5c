import Foundations
import Graphs
import Tensors

extension OperatorTable {
  private static let options: String = "*, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None"

  /// Tensors made from sizes and numbers (`ATen/native/TensorFactories.cpp`).
  static let creation: [OperatorRecord] =
    [("zeros", 0.0), ("ones", 1.0), ("empty.memory_format", 0.0)].map { name, value in
      OperatorRecord(
        "aten::\(name)(SymInt[] size, \(options)\(name.hasPrefix("empty") ? ", MemoryFormat? memory_format=None" : "")) -> Tensor",
        filled { call in (TensorType(dtype: try call.dtype("dtype") ?? .f32, sizes: try call.sizes("size")), .double(value)) })
    } + [
      OperatorRecord("aten::full(SymInt[] size, Scalar fill_value, \(options)) -> Tensor", filled { call in
        let natural: DType =
          switch call.value("fill_value") {
          case .int: .i64
          case .bool: .bool
          default: .f32
          }
        return (TensorType(dtype: try call.dtype("dtype") ?? natural, sizes: try call.sizes("size")), call.value("fill_value"))
      }),
      OperatorRecord("aten::scalar_tensor(Scalar s, \(options)) -> Tensor", filled { call in
        (TensorType(dtype: try call.dtype("dtype") ?? .f32, sizes: []), call.value("s"))
      }),
    ] + [("zeros_like", 0.0), ("ones_like", 1.0), ("empty_like", 0.0)].map { name, value in
      OperatorRecord("aten::\(name)(Tensor self, \(options), MemoryFormat? memory_format=None) -> Tensor", filled { call in
        (try like(call), .double(value))
      })
    } + [
      OperatorRecord("aten::full_like(Tensor self, Scalar fill_value, \(options), MemoryFormat? memory_format=None) -> Tensor", filled { call in
        (try like(call), call.value("fill_value"))
      }),
      OperatorRecord("aten::new_full(Tensor self, SymInt[] size, Scalar fill_value, \(options)) -> Tensor", filled { call in
        (TensorType(dtype: try call.dtype("dtype") ?? (try call.type("self").dtype), sizes: try call.sizes("size")), call.value("fill_value"))
      }),
      OperatorRecord("aten::fill.Scalar(Tensor self, Scalar value) -> Tensor", filled { (laidOut(try $0.type("self"), nil), $0.value("value")) }),
      OperatorRecord("aten::fill.Tensor(Tensor self, Tensor value) -> Tensor", .composite { c in
        let type: TensorType = try c.call.type("self")
        let value: Value = try c("aten._to_copy.default", c["value"], keywords: ["dtype": .dtype(type.dtype)])
        return [try c("aten.clone.default", try c("aten.expand.default", value, .list(type.sizes.map { .int($0) })))]
      }),
      OperatorRecord("aten::zero(Tensor self) -> Tensor", filled { (laidOut(try $0.type("self"), nil), .integer(0)) }),
    ] + [("new_zeros", 0.0), ("new_ones", 1.0), ("new_empty", 0.0)].map { name, value in
      OperatorRecord("aten::\(name)(Tensor self, SymInt[] size, \(options)) -> Tensor", filled { call in
        (TensorType(dtype: try call.dtype("dtype") ?? (try call.type("self").dtype), sizes: try call.sizes("size")), .double(value))
      })
    } + [
      OperatorRecord("aten::arange(Scalar end, \(options)) -> Tensor", range(start: nil, step: nil)),
      OperatorRecord("aten::arange.start(Scalar start, Scalar end, \(options)) -> Tensor", range(start: "start", step: nil)),
      OperatorRecord("aten::arange.start_step(Scalar start, Scalar end, Scalar step=1, \(options)) -> Tensor", range(start: "start", step: "step")),
    ]

  /// - Parameter plan: the type, and the number that fills it, which may be a symbolic size while only types are worked out.
  private static func filled(_ plan: @escaping @Sendable (OperatorCall) throws -> (TensorType, Value)) -> OperatorRecord.Meaning {
    .kernel(
      shape: { [.tensor(try plan($0).0)] },
      run: { call, types in
        let result: Tensor = try Tensor.empty(types[0])
        result.fill(try call.scalar(try plan(call).1))
        return [.tensor(result)]
      })
  }

  private static func like(_ call: OperatorCall) throws -> TensorType {
    var type: TensorType = laidOut(try call.type("self"), try call.memoryFormat("memory_format"))
    type.dtype = try call.dtype("dtype") ?? type.dtype
    return type
  }

  /// `torch.arange`: integers where every bound is one, else the default float type.
  private static func range(start startName: String?, step stepName: String?) -> OperatorRecord.Meaning {
    @Sendable func bound(_ call: OperatorCall, _ name: String) throws -> (size: SymbolicInt?, number: Double?) {
      switch call.value(name) {
      case .int(let size): (size, size.constant.map(Double.init))
      default: (nil, try call.double(name))
      }
    }
    return .kernel(
      shape: { call in
        let start = try startName.map { try bound(call, $0) } ?? (0, 0)
        let end = try bound(call, "end")
        let step = try stepName.map { try bound(call, $0) } ?? (1, 1)
        let isIntegral: Bool = start.size != nil && end.size != nil && step.size != nil
        let dtype: DType = try call.dtype("dtype") ?? (isIntegral ? .i64 : .f32)
        let count: SymbolicInt
        if let a = start.number, let b = end.number, let s = step.number {
          guard s != 0 else { throw call.failure("step must be nonzero") }
          guard (b - a) / s >= 0 else { throw call.failure("upper bound and lower bound inconsistent with step sign") }
          count = SymbolicInt(Int(((b - a) / s).rounded(.up)))
        } else if let a = start.size, let b = end.size, let s = step.number.flatMap(Int.init(exactly:)), s != 0 {
          let distance: SymbolicInt = s > 0 ? b - a : a - b
          count = (distance + SymbolicInt(abs(s) - 1)).floorDivided(by: SymbolicInt(abs(s)))
        } else {
          throw call.failure("its bounds are not known")
        }
        return [.tensor(TensorType(dtype: dtype, sizes: [count]))]
      },
      run: { call, types in
        let type: TensorType = types[0].tensor!
        let count: Int = type.sizes[0].constant ?? 0
        let start: Scalar = try startName.map { try call.scalar($0) } ?? .int(0)
        let step: Scalar = try stepName.map { try call.scalar($0) } ?? .int(1)
        if case .int(let first) = start, case .int(let pace) = step {
          return [.tensor(try Tensor((0..<count).map { first + $0 * pace }, sizes: [count], type.dtype))]
        }
        return [.tensor(try Tensor((0..<count).map { start.double + Double($0) * step.double }, sizes: [count], type.dtype))]
      })
  }
}
