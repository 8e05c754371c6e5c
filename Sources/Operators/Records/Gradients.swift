import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// `torch.gradient`: central differences inside, one-sided ones at the edges (`ATen/native/ReduceOps.cpp`).
  static let gradients: [OperatorRecord] = [
    ("scalarint", "Scalar? spacing=None, int? dim=None"), ("scalararray", "Scalar spacing, int[] dim"), ("array", "int[] dim"),
    ("scalarrayint", "Scalar[] spacing, int? dim=None"), ("scalarrayarray", "Scalar[] spacing, int[] dim"),
    ("tensorarrayint", "Tensor[] spacing, int? dim=None"), ("tensorarray", "Tensor[] spacing, int[] dim"),
  ].map { overload, parameters in
    OperatorRecord("aten::gradient.\(overload)(Tensor self, *, \(parameters), int edge_order=1) -> Tensor[]", .composite { c in
      let type: TensorType = try c.call.type("self")
      guard type.rank > 0 else { throw c.call.failure("torch.gradient expected each dimension size to be at least edge_order+1") }
      let dims: [Int] = try c.call.dimensions("dim", rank: type.rank)
      let order: Int = try c.call.integer("edge_order")
      guard order == 1 || order == 2 else { throw c.call.failure("torch.gradient only supports edge_order=1 and edge_order=2.") }
      var spacings: [Value] = Array(repeating: .integer(1), count: dims.count)
      if c.call.schema.index(of: "spacing") != nil {
        switch c["spacing"] {
        case .none: break
        case .list(let items):
          guard items.count == dims.count else {
            throw c.call.failure("torch.gradient expected spacing to be unspecified, a scalar or it's spacing and dim arguments to have the same length, but got a spacing argument of length \(items.count) and a dim argument of length \(dims.count)")
          }
          spacings = items
        case let one: spacings = Array(repeating: one, count: dims.count)
        }
      }
      for dim in dims where c.call.environment.isLess(type.sizes[dim], SymbolicInt(order + 1)) {
        throw c.call.failure("torch.gradient expected each dimension size to be at least edge_order+1")
      }
      return [.list(try zip(dims, spacings).map { try difference(c, $0, $1, order) })]
    })
  }

  private static func difference(_ c: Composer, _ dim: Int, _ spacing: Value, _ order: Int) throws -> Value {
    let x: Value = c["self"]
    func part(_ start: Int, _ end: Int?) throws -> Value { try shifted(c, x, dim, from: start, to: end) }
    func sub(_ a: Value, _ b: Value) throws -> Value { try c("aten.sub.Tensor", a, b) }
    guard let places = spacing.tensorType else {
      /// (b - a) / (width * spacing)
      func slope(_ a: Value, _ b: Value, _ width: Double) throws -> Value {
        let step: Value = try c("aten.div.Scalar", try sub(b, a), spacing)
        return width == 1 ? step : try c("aten.div.Scalar", step, .double(width))
      }
      let inner: Value = try slope(try part(0, -2), try part(2, nil), 2)
      var (head, tail): (Value, Value) = (try slope(try part(0, 1), try part(1, 2), 1), try slope(try part(-2, -1), try part(-1, nil), 1))
      if order == 2 {
        let (second, before): (Value, Value) = (try slope(try part(1, 2), try part(2, 3), 1), try slope(try part(-3, -2), try part(-2, -1), 1))
        head = try sub(try c("aten.mul.Scalar", head, .double(1.5)), try c("aten.mul.Scalar", second, .double(0.5)))
        tail = try sub(try c("aten.mul.Scalar", tail, .double(1.5)), try c("aten.mul.Scalar", before, .double(0.5)))
      }
      return try c("aten.cat.default", .list([head, inner, tail]), .integer(dim))
    }
    // Coordinates: second-order formulas for uneven steps.
    guard places.rank == 1 else { throw c.call.failure("torch.gradient expected each element of spacing to have one dimension") }
    var shape: [SymbolicInt] = Array(repeating: 1, count: try c.type(x).rank)
    shape[dim] = places.sizes[0]
    let at: Value = try c("aten.reshape.default", spacing, .list(shape.map { .int($0) }))
    func mul(_ a: Value, _ b: Value) throws -> Value { try c("aten.mul.Tensor", a, b) }
    func div(_ a: Value, _ b: Value) throws -> Value { try c("aten.div.Tensor", a, b) }
    func add(_ a: Value, _ b: Value) throws -> Value { try c("aten.add.Tensor", a, b) }
    let steps: Value = try sub(try shifted(c, at, dim, from: 1), try shifted(c, at, dim, to: -1))
    func step(_ start: Int, _ end: Int?) throws -> Value { try shifted(c, steps, dim, from: start, to: end) }
    let slopes: Value = try div(try sub(try part(1, nil), try part(0, -1)), steps)
    func slope(_ start: Int, _ end: Int?) throws -> Value { try shifted(c, slopes, dim, from: start, to: end) }
    // Inside: each one-sided slope weighted by the other side's step.
    let (left, right): (Value, Value) = (try step(0, -1), try step(1, nil))
    let weighted: Value = try add(try mul(right, try slope(0, -1)), try mul(left, try slope(1, nil)))
    let inner: Value = try div(weighted, try add(left, right))
    var (head, tail): (Value, Value) = (try slope(0, 1), try slope(-1, nil))
    if order == 2 {
      /// The parabola's slope at the outer end of two steps.
      func edge(_ outerStep: Value, _ innerStep: Value, _ outer: Value, _ inner: Value) throws -> Value {
        let sum: Value = try add(outerStep, innerStep)
        let near: Value = try mul(outer, try div(try add(sum, outerStep), sum))
        return try sub(near, try mul(inner, try div(outerStep, sum)))
      }
      head = try edge(try step(0, 1), try step(1, 2), try slope(0, 1), try slope(1, 2))
      tail = try edge(try step(-1, nil), try step(-2, -1), try slope(-1, nil), try slope(-2, -1))
    }
    return try c("aten.cat.default", .list([head, inner, tail]), .integer(dim))
  }
}
