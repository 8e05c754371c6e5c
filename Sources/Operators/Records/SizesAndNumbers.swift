import Foundation
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Sizes of tensors, and the Python arithmetic that torch.export leaves on them.
  static let sizesAndNumbers: [OperatorRecord] = [
    OperatorRecord("aten::sym_size.int(Tensor self, int dim) -> SymInt", .scalar { call in
      let type: TensorType = try call.type("self")
      return .int(type.sizes[try call.dimension("dim", rank: type.rank)])
    }),
    OperatorRecord("aten::sym_stride.int(Tensor self, int dim) -> SymInt", .scalar { call in
      let type: TensorType = try call.type("self")
      return .int(type.strides[try call.dimension("dim", rank: type.rank)])
    }),
    OperatorRecord("aten::sym_numel(Tensor self) -> SymInt", .scalar { .int(try $0.type("self").elementCount) }),
    OperatorRecord("aten::sym_storage_offset(Tensor self) -> SymInt", .scalar { call in
      guard let tensor = call.value("self").tensor else { return .int(0) }
      return .integer(tensor.offset)
    }),
    OperatorRecord("aten::item(Tensor self) -> Scalar", .scalar(item)),
    OperatorRecord("aten::_local_scalar_dense(Tensor self) -> Scalar", .scalar(item)),
    OperatorRecord("aten::sym_constrain_range_for_size(Scalar size, *, int? min=None, int? max=None) -> ()", .scalar(constrain)),
    OperatorRecord("aten::sym_constrain_range(Scalar size, *, int? min=None, int? max=None) -> ()", .scalar(constrain)),
    OperatorRecord("aten::_assert_scalar(Scalar self, str assert_msg) -> ()", .scalar { call in
      if case .bool(false) = call.value("self") { throw call.failure(try call.string("assert_msg")) }
      return .none
    }),
    OperatorRecord("aten::_assert_async.msg(Tensor self, str assert_msg) -> ()", .scalar { call in
      if let tensor = call.value("self").tensor, try !tensor.item().isTrue { throw call.failure(try call.string("assert_msg")) }
      return .none
    }),
    python("add", { $0 + $1 }, { $0 + $1 }), python("sub", { $0 - $1 }, { $0 - $1 }), python("mul", { $0 * $1 }, { $0 * $1 }),
    python("floordiv", { $0.floorDivided(by: $1) }, { ($0 / $1).rounded(.down) }),
    python("mod", { $0.modulo($1) }, { $0 - $1 * ($0 / $1).rounded(.down) }),
    python("pow", { $0.power($1) }, { pow($0, $1) }),
    OperatorRecord("_operator.truediv(Scalar a, Scalar b) -> Scalar", .scalar { .double(try $0.double("a") / $0.double("b")) }),
    OperatorRecord("_operator.neg(Scalar a) -> Scalar", .scalar { call in
      if case .int(let size) = call.value("a") { return .int(-size) }
      return .double(-(try call.double("a")))
    }),
    comparison("eq") { $2.isEqual($0, $1) } doubles: { $0 == $1 },
    comparison("ne") { !$2.isEqual($0, $1) } doubles: { $0 != $1 },
    comparison("lt") { $2.isLess($0, $1) } doubles: { $0 < $1 },
    comparison("le") { !$2.isLess($1, $0) } doubles: { $0 <= $1 },
    comparison("gt") { $2.isLess($1, $0) } doubles: { $0 > $1 },
    comparison("ge") { !$2.isLess($0, $1) } doubles: { $0 >= $1 },
    logic("and_") { $0 && $1 }, logic("or_") { $0 || $1 },
    OperatorRecord("torch.sym_not(Scalar a) -> Scalar", .scalar { .bool(!(try $0.flag("a"))) }),
    OperatorRecord("torch.sym_int(Scalar a) -> Scalar", .scalar { call in
      if case .int(let size) = call.value("a") { return .int(size) }
      return .integer(try call.scalar("a").int)
    }),
    OperatorRecord("torch.sym_float(Scalar a) -> Scalar", .scalar { .double(try $0.double("a")) }),
    OperatorRecord("torch.sym_max(Scalar a, Scalar b) -> Scalar", .scalar { try extreme($0, SymbolicInt.maximum, max) }),
    OperatorRecord("torch.sym_min(Scalar a, Scalar b) -> Scalar", .scalar { try extreme($0, SymbolicInt.minimum, min) }),
    OperatorRecord("torch.sym_ite(Scalar b, Scalar t, Scalar f) -> Scalar", .scalar { try $0.flag("b") ? $0.value("t") : $0.value("f") }),
    OperatorRecord("torch._sym_sqrt(Scalar a) -> Scalar", .scalar { .double(try $0.double("a").squareRoot()) }),
    OperatorRecord("torch.sym_sqrt(Scalar a) -> Scalar", .scalar { .double(try $0.double("a").squareRoot()) }),
    OperatorRecord("math.trunc(Scalar a) -> Scalar", .scalar { .integer(try $0.scalar("a").int) }),
    OperatorRecord("math.floor(Scalar a) -> Scalar", .scalar { .integer(Int(try $0.double("a").rounded(.down))) }),
    OperatorRecord("math.ceil(Scalar a) -> Scalar", .scalar { .integer(Int(try $0.double("a").rounded(.up))) }),
  ]

  @Sendable private static func item(_ call: OperatorCall) throws -> Value {
    guard let tensor = call.value("self").tensor else { return .int(call.environment.unbackedSymbol()) }
    return .scalar(try tensor.item())
  }
  @Sendable private static func constrain(_ call: OperatorCall) throws -> Value {
    guard case .int(.constant(let size)) = call.value("size") else { return .none }
    let (low, high): (Int, Int) = (try call.optionalInteger("min") ?? Int.min, try call.optionalInteger("max") ?? Int.max)
    guard size >= low, size <= high else { throw call.failure("Invalid value range for \(size) between [\(low), \(high)].") }
    return .none
  }
  private static func python(
    _ name: String, _ sizes: @escaping @Sendable (SymbolicInt, SymbolicInt) -> SymbolicInt, _ doubles: @escaping @Sendable (Double, Double) -> Double
  ) -> OperatorRecord {
    OperatorRecord("_operator.\(name)(Scalar a, Scalar b) -> Scalar", .scalar { call in
      if case .int(let a) = call.value("a"), case .int(let b) = call.value("b") {
        if b == 0, name == "floordiv" || name == "mod" { throw call.failure("integer division or modulo by zero") }
        return .int(sizes(a, b))
      }
      return .double(doubles(try call.double("a"), try call.double("b")))
    })
  }
  private static func comparison(
    _ name: String, _ sizes: @escaping @Sendable (SymbolicInt, SymbolicInt, ShapeEnvironment) -> Bool, doubles: @escaping @Sendable (Double, Double) -> Bool
  ) -> OperatorRecord {
    OperatorRecord("_operator.\(name)(Scalar a, Scalar b) -> Scalar", .scalar { call in
      if case .int(let a) = call.value("a"), case .int(let b) = call.value("b") { return .bool(sizes(a, b, call.environment)) }
      return .bool(doubles(try call.double("a"), try call.double("b")))
    })
  }
  private static func logic(_ name: String, _ combine: @escaping @Sendable (Bool, Bool) -> Bool) -> OperatorRecord {
    OperatorRecord("_operator.\(name)(Scalar a, Scalar b) -> Scalar", .scalar { .bool(combine(try $0.flag("a"), try $0.flag("b"))) })
  }
  private static func extreme(
    _ call: OperatorCall, _ sizes: (SymbolicInt, SymbolicInt) -> SymbolicInt, _ doubles: (Double, Double) -> Double
  ) throws -> Value {
    if case .int(let a) = call.value("a"), case .int(let b) = call.value("b") { return .int(sizes(a, b)) }
    return .double(doubles(try call.double("a"), try call.double("b")))
  }
}
