import Foundation
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Sizes of tensors, and the Python arithmetic that torch.export leaves on them.
  static let sizesAndNumbers: [OperatorRecord] = [
    element("item"), element("_local_scalar_dense"),
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
    OperatorRecord("aten::sym_constrain_range_for_size(Scalar size, *, int? min=None, int? max=None) -> ()", .scalar(constrain)),
    OperatorRecord("aten::sym_constrain_range(Scalar size, *, int? min=None, int? max=None) -> ()", .scalar(constrain)),
    OperatorRecord("aten::_assert_scalar(Scalar self, str assert_msg) -> ()", .scalar { call in
      guard case .int(let truth) = call.value("self"), !truth.isConstant else {
        if !(try call.flag("self")) { throw call.failure(try call.string("assert_msg")) }
        return .none
      }
      let message: String = try call.string("assert_msg")
      try call.environment.require(truth, .notEqual, 0, call, orElse: message)
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
    python("lshift", { $0 * powerOfTwo($1) }, { $0 * pow(2, $1) }),
    python("rshift", { $0.floorDivided(by: powerOfTwo($1)) }, { ($0 / pow(2, $1)).rounded(.down) }),
    OperatorRecord("_operator.pos(Scalar a) -> Scalar", .scalar { $0.value("a") }),
    OperatorRecord("_operator.truediv(Scalar a, Scalar b) -> Scalar", .scalar { .double(try $0.double("a") / $0.double("b")) }),
    OperatorRecord("_operator.neg(Scalar a) -> Scalar", .scalar { call in
      if case .int(let size) = call.value("a") { return .int(-size) }
      return .double(-(try call.double("a")))
    }),
    comparison("eq", .equal) { $0 == $1 }, comparison("ne", .notEqual) { $0 != $1 },
    comparison("lt", .less) { $0 < $1 }, comparison("le", .greaterOrEqual, swaps: true) { $0 <= $1 },
    comparison("gt", .less, swaps: true) { $0 > $1 }, comparison("ge", .greaterOrEqual) { $0 >= $1 },
    logic("and_", { $0 && $1 }, SymbolicInt.minimum), logic("or_", { $0 || $1 }, SymbolicInt.maximum),
    OperatorRecord("torch.sym_not(Scalar a) -> Scalar", .scalar { call in
      if let truth = try truth(call, "a") { return .int(1 - truth) }
      return .bool(!(try call.flag("a")))
    }),
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

  /// The element of a tensor that has one, as a number. To a compiler a fraction is that tensor, without dimensions.
  private static func element(_ name: String) -> OperatorRecord {
    OperatorRecord(
      "aten::\(name)(Tensor self) -> Scalar",
      .kernel(
        shape: { call in
          let type: DType = try call.type("self").dtype
          return [type == .bool ? .bool : type.isFloatingPoint || type.isComplex ? .double : .int(call.environment.unbackedSymbol(isSize: false))]
        },
        run: { call, _ in [.scalar(try call.tensor("self").item())] })
    ).decomposing { c in
      try c.call.type("self").dtype.isFloatingPoint ? [try c("aten.reshape.default", c["self"], .list([]))] : nil
    }
  }

  @Sendable private static func constrain(_ call: OperatorCall) throws -> Value {
    guard case .int(let size) = call.value("size") else { return .none }
    let (low, high): (Int, Int) = (try call.optionalInteger("min") ?? Int.min, try call.optionalInteger("max") ?? Int.max)
    let message: String = "Invalid value range for \(size) between [\(low), \(high)]."
    if low != Int.min { try call.environment.require(size, .greaterOrEqual, SymbolicInt(low), call, orElse: message) }
    if high != Int.max { try call.environment.require(SymbolicInt(high), .greaterOrEqual, size, call, orElse: message) }
    return .none
  }
  private static func powerOfTwo(_ exponent: SymbolicInt) -> SymbolicInt {
    if let number = exponent.constant, (0..<63).contains(number) { return SymbolicInt(1 << number) }
    return SymbolicInt(2).power(exponent)
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
  /// A comparison; where only the run will tell, a number that is 1 where it holds and 0 where not.
  /// - Parameter swaps: whether it is the relation of the second to the first.
  private static func comparison(
    _ name: String, _ relation: ShapeEnvironment.Decision.Relation, swaps: Bool = false, doubles: @escaping @Sendable (Double, Double) -> Bool
  ) -> OperatorRecord {
    OperatorRecord("_operator.\(name)(Scalar a, Scalar b) -> Scalar", .scalar { call in
      guard case .int(let first) = call.value("a"), case .int(let second) = call.value("b") else {
        return .bool(doubles(try call.double("a"), try call.double("b")))
      }
      let (a, b): (SymbolicInt, SymbolicInt) = swaps ? (second, first) : (first, second)
      if let holds = call.environment.settled(a, relation, b, assumesRanges: false) { return .bool(holds) }
      return .int(relation.truth(of: a, b))
    })
  }
  /// A truth value that only the run will tell, as a number; nil for one that is known.
  private static func truth(_ call: OperatorCall, _ name: String) throws -> SymbolicInt? {
    guard case .int(let truth) = call.value(name), !truth.isConstant else { return nil }
    return truth
  }
  private static func logic(
    _ name: String, _ combine: @escaping @Sendable (Bool, Bool) -> Bool, _ combineTruths: @escaping @Sendable (SymbolicInt, SymbolicInt) -> SymbolicInt
  ) -> OperatorRecord {
    OperatorRecord("_operator.\(name)(Scalar a, Scalar b) -> Scalar", .scalar { call in
      let (a, b): (SymbolicInt?, SymbolicInt?) = (try truth(call, "a"), try truth(call, "b"))
      if a == nil, b == nil { return .bool(combine(try call.flag("a"), try call.flag("b"))) }
      func number(_ truth: SymbolicInt?, _ name: String) throws -> SymbolicInt { try truth ?? (call.flag(name) ? 1 : 0) }
      return .int(combineTruths(try number(a, "a"), try number(b, "b")))
    })
  }
  private static func extreme(
    _ call: OperatorCall, _ sizes: (SymbolicInt, SymbolicInt) -> SymbolicInt, _ doubles: (Double, Double) -> Double
  ) throws -> Value {
    if case .int(let a) = call.value("a"), case .int(let b) = call.value("b") { return .int(sizes(a, b)) }
    return .double(doubles(try call.double("a"), try call.double("b")))
  }
}
