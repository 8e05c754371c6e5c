import Compiler
import Foundations
import Graphs
import Operators
import Tensors

/// Calls of the families that compile in ways of their own, with operands that fit; what comes before and after them is drawn too.
extension FuzzGenerator {
  mutating func drawFromRecipes() throws {
    let recipe: Int = random.int(0...21)
    try trying { generator in
      switch recipe {
      case 0...3: try generator.elementwiseChain()
      case 4, 5: try generator.view()
      case 6: try generator.matrixProduct()
      case 7: try generator.linear()
      case 8, 9: try generator.convolution()
      case 10: try generator.attention()
      case 11: try generator.softmax()
      case 12: try generator.normalization()
      case 13, 14, 15: try generator.reduction()
      case 16: try generator.pooling()
      case 17: try generator.inPlace()
      case 18: try generator.joining()
      case 19: try generator.indexing()
      case 20: try generator.conversion()
      default: try generator.composed()
      }
    }
  }

  /// A floating-point tensor, drawn before or new.
  private mutating func floating(rank: ClosedRange<Int>) throws -> Int {
    if random.chance(0.85), let number = existing({ rank.contains($0.rank) && $0.dtype.isFloatingPoint && $0.elementCount > 0 }) { return number }
    let count: Int = random.int(rank)
    var sizes: [Int] = shape()
    while sizes.count < count { sizes.append(random.pick([2, 3, 4, 8])) }
    sizes = Array(sizes.suffix(count))
    while sizes.reduce(1, *) > 3000, let place = sizes.indices.max(by: { sizes[$0] < sizes[$1] }) { sizes[place] = (sizes[place] + 1) / 2 }
    return try input(sizes, random.pick([.f32, .f32, .f32, .f32, .f64, .bf16, .f16]))
  }
  private mutating func weight(_ sizes: [Int], like number: Int) throws -> Int {
    let dtype: DType = tensor(number).dtype
    return try input(sizes, dtype.isFloatingPoint ? dtype : .f32, .normal, known: random.chance(0.75), layout: random.chance(0.8) ? .contiguous : nil)
  }
  private mutating func optionalWeight(_ sizes: [Int], like number: Int) throws -> FuzzArgument {
    random.chance(0.5) ? .constant(.none) : .tensor(try weight(sizes, like: number))
  }
  private var last: Int { graph.tensors.count - 1 }

  private mutating func elementwiseChain() throws -> Bool {
    var isDone: Bool = false
    for _ in 0..<random.int(1...4) {
      let record: OperatorRecord = random.pick(FuzzGenerator.elementwise)
      guard let arguments = try arguments(of: record) else { continue }
      isDone = call(record, arguments) || isDone
    }
    return isDone
  }
  static let elementwise: [OperatorRecord] = records.filter { if case .elementwise = $0.meaning { true } else { false } }
  static let views: [OperatorRecord] = records.filter {
    switch $0.meaning {
    case .view, .views: true
    default: false
    }
  }
  static let inPlaceForms: [OperatorRecord] = records.filter(\.schema.isInPlace)

  private mutating func view() throws -> Bool {
    let record: OperatorRecord = random.pick(FuzzGenerator.views)
    guard let arguments = try arguments(of: record) else { return false }
    return call(record, arguments)
  }
  private mutating func inPlace() throws -> Bool {
    let record: OperatorRecord = random.pick(FuzzGenerator.inPlaceForms)
    guard let arguments = try arguments(of: record) else { return false }
    return call(record, arguments)
  }

  private mutating func matrixProduct() throws -> Bool {
    let left: Int = try floating(rank: 1...4)
    let sizes: [Int] = tensor(left).sizes
    let (inner, columns): (Int, Int) = (sizes[sizes.count - 1], random.pick([1, 2, 3, 5, 8, 16, 17, 33]))
    switch sizes.count {
    case 2:
      let right: Int = try weight([inner, columns], like: left)
      switch random.int(0...2) {
      case 0: return call("aten.mm.default", [("", .tensor(left)), ("", .tensor(right))])
      case 1: return call("aten.matmul.default", [("", .tensor(left)), ("", .tensor(right))])
      default:
        let addend: Int = try weight(random.pick([[columns], [sizes[0], columns], [1, columns], [sizes[0], 1], [1]]), like: left)
        return call(
          "aten.addmm.default",
          [("", .tensor(addend)), ("", .tensor(left)), ("", .tensor(right)), ("beta", .constant(.double(random.pick([1, 0.5, 0])))), ("alpha", .constant(.double(random.pick([1, 2]))))])
      }
    case 3:
      let right: Int = try weight([sizes[0], inner, columns], like: left)
      if random.chance(0.3) {
        let addend: Int = try weight(random.pick([[sizes[0], sizes[1], columns], [columns], [1, sizes[1], 1]]), like: left)
        return call("aten.baddbmm.default", [("", .tensor(addend)), ("", .tensor(left)), ("", .tensor(right))])
      }
      return call("aten.bmm.default", [("", .tensor(left)), ("", .tensor(right))])
    default:
      let right: Int = try weight(random.pick([[inner, columns], [inner], [2, inner, columns]]), like: left)
      return call("aten.matmul.default", [("", .tensor(left)), ("", .tensor(right))])
    }
  }

  private mutating func linear() throws -> Bool {
    let input: Int = try floating(rank: 1...4)
    let inner: Int = tensor(input).sizes.last ?? 1
    let outer: Int = random.pick([1, 2, 4, 7, 8, 16, 24, 33])
    let weight: Int = try self.weight([outer, inner], like: input)
    return call("aten.linear.default", [("", .tensor(input)), ("", .tensor(weight)), ("", try optionalWeight([outer], like: input))])
  }

  private mutating func convolution() throws -> Bool {
    let planes: Int = random.pick([1, 2, 2, 2, 2, 3])
    let input: Int = try floating(rank: planes + 2...planes + 2)
    let sizes: [Int] = tensor(input).sizes
    let groups: Int = sizes[1] % 2 == 0 && random.chance(0.3) ? 2 : random.chance(0.2) ? sizes[1] : 1
    let out: Int = groups * random.pick([1, 2, 3, 4, 8])
    let kernel: [Int] = (0..<planes).map { _ in random.pick([1, 1, 2, 3, 3, 5]) }
    let isTransposed: Bool = random.chance(0.15)
    let weight: Int = try self.weight((isTransposed ? [sizes[1], out / groups] : [out, sizes[1] / groups]) + kernel, like: input)
    let bias: FuzzArgument = try optionalWeight([out], like: input)
    func numbers(_ choices: [Int], _ generator: inout FuzzGenerator) -> FuzzArgument { .constant(.ints((0..<planes).map { _ in generator.random.pick(choices) })) }
    let stride: FuzzArgument = numbers([1, 1, 2], &self)
    let padding: FuzzArgument = numbers([0, 1, 2], &self)
    let dilation: FuzzArgument = numbers([1, 1, 1, 2], &self)
    let isDone: Bool
    if isTransposed {
      isDone = call(
        OperatorName("aten.conv_transpose\(planes)d.\(planes == 1 ? "default" : "input")"),
        [("", .tensor(input)), ("", .tensor(weight)), ("", bias), ("", stride), ("", padding), ("", numbers([0], &self)), ("", .constant(.integer(groups)))])
    } else {
      isDone = call(
        OperatorName("aten.conv\(planes)d.default"),
        [("", .tensor(input)), ("", .tensor(weight)), ("", bias), ("", stride), ("", padding), ("", dilation), ("", .constant(.integer(groups)))])
    }
    if isDone, random.chance(0.4) { _ = try batchNormalization(last) }
    if isDone, random.chance(0.4) { _ = call(random.pick(["aten.relu.default", "aten.silu.default", "aten.hardswish.default", "aten.relu6.default"]), [("", .tensor(last))]) }
    return isDone
  }

  private mutating func batchNormalization(_ number: Int) throws -> Bool {
    let sizes: [Int] = tensor(number).sizes
    guard sizes.count >= 2 else { return false }
    let (weight, bias) = (try optionalWeight([sizes[1]], like: number), try optionalWeight([sizes[1]], like: number))
    let mean: Int = try self.weight([sizes[1]], like: number)
    let variance: Int = try input([sizes[1]], tensor(number).dtype, .positive, known: random.chance(0.8), layout: .contiguous)
    return call(
      "aten.batch_norm.default",
      [("", .tensor(number)), ("", weight), ("", bias), ("", .tensor(mean)), ("", .tensor(variance)), ("", .constant(.bool(random.chance(0.1)))),
        ("", .constant(.double(0.1))), ("", .constant(.double(1e-3))), ("", .constant(.bool(false)))])
  }

  private mutating func attention() throws -> Bool {
    let query: Int = try floating(rank: 4...4)
    let sizes: [Int] = tensor(query).sizes
    let keys: Int = random.pick([1, 3, 5, 8, sizes[2]])
    let isGrouped: Bool = sizes[1] % 2 == 0 && random.chance(0.2)
    let heads: Int = isGrouped ? sizes[1] / 2 : sizes[1]
    let dtype: DType = tensor(query).dtype
    let key: Int = try input([sizes[0], heads, keys, sizes[3]], dtype, .normal, known: false)
    let value: Int = try input([sizes[0], heads, keys, random.chance(0.7) ? sizes[3] : 5], dtype, .normal, known: false)
    var mask: FuzzArgument = .constant(.none)
    let isCausal: Bool = random.chance(0.25)
    if !isCausal, random.chance(0.5) {
      mask = .tensor(try input(random.pick([[sizes[2], keys], [sizes[0], 1, 1, keys], [1, sizes[1], sizes[2], keys]]), random.pick([.bool, dtype]), .normal))
    }
    return call(
      "aten.scaled_dot_product_attention.default",
      [("", .tensor(query)), ("", .tensor(key)), ("", .tensor(value)), ("", mask), ("", .constant(.double(0))), ("", .constant(.bool(isCausal))),
        ("scale", .constant(random.chance(0.7) ? .none : .double(0.3))), ("enable_gqa", .constant(.bool(isGrouped)))])
  }

  private mutating func dimension(of number: Int) -> FuzzArgument {
    let rank: Int = tensor(number).rank
    return .constant(.integer(rank == 0 ? -1 : random.int(-rank...rank - 1)))
  }

  private mutating func softmax() throws -> Bool {
    let input: Int = try floating(rank: 0...5)
    return call(
      random.pick(["aten.softmax.int", "aten.log_softmax.int", "aten.softmax.int"]),
      [("", .tensor(input)), ("", dimension(of: input)), ("dtype", .constant(random.chance(0.8) ? .none : .dtype(random.pick([.f32, .f64]))))])
  }

  private mutating func normalization() throws -> Bool {
    let number: Int = try floating(rank: 1...5)
    let sizes: [Int] = tensor(number).sizes
    switch random.int(0...3) {
    case 0: return try batchNormalization(number)
    case 1 where sizes.count >= 2:
      let groups: Int = sizes[1] % 2 == 0 ? 2 : 1
      return call(
        "aten.group_norm.default",
        [("", .tensor(number)), ("", .constant(.integer(groups))), ("", try optionalWeight([sizes[1]], like: number)), ("", try optionalWeight([sizes[1]], like: number))])
    default:
      let shape: [Int] = Array(sizes.suffix(random.int(1...min(2, sizes.count))))
      let weight: FuzzArgument = try optionalWeight(shape, like: number)
      if random.chance(0.3) { return call("aten.rms_norm.default", [("", .tensor(number)), ("", .constant(.ints(shape))), ("", weight)]) }
      return call("aten.layer_norm.default", [("", .tensor(number)), ("", .constant(.ints(shape))), ("", weight), ("", try optionalWeight(shape, like: number))])
    }
  }

  private mutating func reduction() throws -> Bool {
    let number: Int = try random.chance(0.7) ? floating(rank: 0...5) : existing() ?? input(shape(), dtype())
    let rank: Int = tensor(number).rank
    let keeps: FuzzArgument = .constant(.bool(random.chance(0.5)))
    var dims: FuzzArgument = .constant(.ints(random.some(Array(0..<rank), atLeast: 0).map { random.chance(0.3) ? $0 - rank : $0 }))
    switch random.int(0...6) {
    case 0, 1:
      let name: OperatorName = random.pick(["aten.sum.dim_IntList", "aten.mean.dim", "aten.sum.dim_IntList", "aten.nansum.default"])
      if random.chance(0.2) { dims = .constant(.none) }
      return call(name, [("", .tensor(number)), ("", dims), ("", keeps)])
    case 2: return call(random.pick(["aten.amax.default", "aten.amin.default", "aten.logsumexp.default"]), [("", .tensor(number)), ("", dims), ("", keeps)])
    case 3:
      return call(
        random.pick(["aten.var.correction", "aten.std.correction", "aten.var_mean.correction"]),
        [("", .tensor(number)), ("", dims), ("correction", .constant(random.pick([.integer(1), .integer(0), .none]))), ("keepdim", keeps)])
    case 4:
      return call(
        random.pick(["aten.argmax.default", "aten.argmin.default", "aten.max.dim", "aten.min.dim", "aten.any.dim", "aten.all.dim", "aten.prod.dim_int"]),
        [("", .tensor(number)), ("", dimension(of: number)), ("", keeps)])
    case 5: return call(random.pick(["aten.sum.default", "aten.mean.default", "aten.max.default", "aten.min.default", "aten.any.default", "aten.all.default", "aten.prod.default"]), [("", .tensor(number))])
    default: return call(random.pick(["aten.cumsum.default", "aten.cumprod.default", "aten.logcumsumexp.default"]), [("", .tensor(number)), ("", dimension(of: number))])
    }
  }

  private mutating func pooling() throws -> Bool {
    let number: Int = try floating(rank: 4...4)
    func pair(_ choices: [Int], _ generator: inout FuzzGenerator) -> FuzzArgument { .constant(.ints([generator.random.pick(choices), generator.random.pick(choices)])) }
    switch random.int(0...3) {
    case 0: return call("aten.adaptive_avg_pool2d.default", [("", .tensor(number)), ("", pair([1, 1, 2, 3], &self))])
    case 1: return call("aten.avg_pool2d.default", [("", .tensor(number)), ("", pair([2, 3], &self)), ("", pair([1, 2], &self)), ("", pair([0, 1], &self))])
    case 2: return call("aten.max_pool2d.default", [("", .tensor(number)), ("", pair([2, 3], &self)), ("", pair([1, 2], &self)), ("", pair([0, 1], &self))])
    default:
      return call(
        "aten.upsample_nearest2d.vec",
        [("", .tensor(number)), ("", .constant(.none)), ("", .constant(.list([.double(2), .double(random.pick([1, 2, 1.5]))])))])
    }
  }

  private mutating func joining() throws -> Bool {
    let number: Int = existing() ?? 0
    let model: Tensor = tensor(number)
    var items: [FuzzArgument] = [.tensor(number)]
    for _ in 0..<random.int(1...3) {
      if random.chance(0.6), let other = existing({ $0.sizes == model.sizes && $0.dtype == model.dtype }) { items.append(.tensor(other)) } else {
        items.append(.tensor(try input(model.sizes, random.chance(0.9) ? model.dtype : dtype())))
      }
    }
    return call(random.pick(["aten.cat.default", "aten.cat.default", "aten.stack.default"]), [("", .list(items)), ("", dimension(of: number))])
  }

  private mutating func indexing() throws -> Bool {
    let number: Int = try existing({ $0.rank > 0 && $0.elementCount > 0 }) ?? input([4, 3], .f32)
    let model: Tensor = tensor(number)
    let dim: Int = random.int(0...model.rank - 1)
    switch random.int(0...4) {
    case 0: return call("aten.index_select.default", [("", .tensor(number)), ("", .constant(.integer(dim))), ("", .tensor(try input([random.int(1...6)], .i64, .below(model.sizes[dim]))))])
    case 1:
      let sizes: [Int] = model.sizes.enumerated().map { $0 == dim ? random.int(1...4) : $1 }
      return call("aten.gather.default", [("", .tensor(number)), ("", .constant(.integer(dim))), ("", .tensor(try input(sizes, .i64, .below(model.sizes[dim]))))])
    case 2:
      var items: [FuzzArgument] = Array(repeating: .constant(.none), count: dim)
      items.append(.tensor(try input(random.pick([[3], [2, 2]]), .i64, .below(model.sizes[dim]))))
      return call("aten.index.Tensor", [("", .tensor(number)), ("", .list(items))])
    case 3 where model.rank == 2:
      return call("aten.embedding.default", [("", .tensor(number)), ("", .tensor(try input(random.pick([[3], [2, 4]]), .i64, .below(model.sizes[0]))))])
    default:
      let mask: Int = try input(model.sizes, .bool)
      return call("aten.where.self", [("", .tensor(mask)), ("", .tensor(number)), ("", .tensor(existing({ $0.sizes == model.sizes }) ?? number))])
    }
  }

  private mutating func conversion() throws -> Bool {
    let number: Int = existing() ?? 0
    switch random.int(0...3) {
    case 0: return call("aten._to_copy.default", [("", .tensor(number)), ("dtype", .constant(.dtype(dtype())))])
    case 1: return call("aten.contiguous.default", [("", .tensor(number))])
    case 2: return call("aten.clone.default", [("", .tensor(number)), ("memory_format", .constant(.memoryFormat(random.pick([.contiguous, .preserve, .channelsLast]))))])
    default: return call("aten.to.dtype", [("", .tensor(number)), ("", .constant(.dtype(dtype())))])
    }
  }

  /// A block as models have them: a normalisation, a product, an activation, a sum with what went in.
  private mutating func composed() throws -> Bool {
    let number: Int = try floating(rank: 2...3)
    let width: Int = tensor(number).sizes.last ?? 1
    guard call("aten.layer_norm.default", [("", .tensor(number)), ("", .constant(.ints([width]))), ("", try optionalWeight([width], like: number))]) else { return false }
    guard call("aten.linear.default", [("", .tensor(last)), ("", .tensor(try weight([width, width], like: number))), ("", try optionalWeight([width], like: number))]) else { return true }
    _ = call(random.pick(["aten.gelu.default", "aten.silu.default", "aten.relu.default"]), [("", .tensor(last))])
    return call("aten.add.Tensor", [("", .tensor(last)), ("", .tensor(number))])
  }
}
