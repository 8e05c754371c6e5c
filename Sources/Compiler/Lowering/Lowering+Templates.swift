import Foundations
import Graphs
import LoopIR
import Operators

/// The heavy operators as templates: a kernel whose expressions begin with the template's sums, so that what follows can be fused
/// into it as any kernel's (`torch/_inductor/kernel/mm.py`, `codegen/cpp_gemm_template.py`).
extension Lowering {
  /// - Returns: nil where no template computes the call as it stands; the operator's own kernel does then.
  func template(_ id: Graph.NodeID, _ node: Graph.Node, _ call: OperatorCall, _ form: TemplateForm) throws -> Lowered? {
    guard let type = node.type.tensor else { return nil }
    switch form {
    case .product(let form): return try product(id, type, call, form)
    case .convolution(let form): return try convolution(id, type, call, form)
    case .attention(let form): return try attention(id, type, call, form)
    case .pool(let form): return try pool(id, type, call, form)
    }
  }

  private func source(_ call: OperatorCall, _ name: String) -> Graph.NodeID? {
    if case .node(let id, _) = call.value(name) { return id }
    return nil
  }

  // MARK: Products

  private func product(_ id: Graph.NodeID, _ type: TensorType, _ call: OperatorCall, _ form: TemplateForm.Product) throws -> Lowered? {
    guard let leftNode = source(call, form.left), let rightNode = source(call, form.right), type.rank >= 2,
      type.dtype == .f32 || type.dtype == .f16 || type.dtype == .bf16, try call.type(form.left).rank >= 2, try call.type(form.right).rank >= 2
    else { return nil }
    let left: Schedule.View = try realized(leftNode)
    var right: Schedule.View = try realized(rightNode)
    if form.isRightTransposed {
      right.sizes.swapAt(right.sizes.count - 1, right.sizes.count - 2)
      right.strides.swapAt(right.strides.count - 1, right.strides.count - 2)
    }
    guard var product = product(type, left, right) else { return nil }
    if product.batches.isEmpty, case .constant = schedule[right.buffer].origin { product.packed = try packed(right, product, rightNode) }

    let sums: Schedule.View = buffer(TensorType(dtype: .f32, sizes: type.sizes), .sums, "\(graph[id].name)_sums")
    var nodes: [Graph.NodeID] = [id]
    var value: LoopExpression = load(sums)
    if form.alpha != 1 { value = value * form.alpha }
    if let name = form.addend, let addend = source(call, name) {
      let map = IndexMap.broadcasting(try call.type(name).sizes, to: type.sizes)
      let term: LoopExpression = element(of: addend, map, rank: type.rank, &nodes).cast(to: .float)
      value = value + (form.beta == 1 ? term : term * form.beta)
    }
    let template = Schedule.Template(computation: .product(product), sums: sums.buffer, columns: type.rank - 1)
    return .view(store(Pending(type: type, value: value, nodes: nodes), graph[id].name, template))
  }

  /// The product as the template takes it: leading dimensions that step as rows do are rows, the rest are batches.
  private func product(_ type: TensorType, _ left: Schedule.View, _ right: Schedule.View) -> Schedule.Product? {
    let (rank, depth): (Int, SymbolicInt) = (type.rank, left.sizes[left.sizes.count - 1])
    func operand(_ view: Schedule.View) -> Schedule.Product.Operand {
      let last: Int = view.strides.count - 1
      return .init(
        access: .init(buffer: view.buffer, dtype: view.dtype, strides: [], offset: view.offset), row: view.strides[last - 1], column: view.strides[last])
    }
    func stride(_ view: Schedule.View, _ dimension: Int) -> SymbolicInt {
      let place: Int = dimension - (rank - view.sizes.count)
      return place < 0 || view.sizes[place] == 1 ? 0 : view.strides[place]
    }
    var product = Schedule.Product(
      dtype: type.dtype, m: type.sizes[rank - 2], n: type.sizes[rank - 1], k: depth, left: operand(left), right: operand(right), packed: nil, batches: [])
    var isMerging: Bool = true
    for dimension in (0..<(rank - 2)).reversed() where type.sizes[dimension] != 1 {
      let batch = Schedule.Product.Batch(size: type.sizes[dimension], left: stride(left, dimension), right: stride(right, dimension))
      if product.m == 1 && isMerging && batch.right == 0 { product.left.row = batch.left }
      isMerging = isMerging && batch.right == 0 && batch.left == product.m * product.left.row
      if isMerging { product.m = product.m * batch.size } else { product.batches.insert(batch, at: 0) }
    }
    return product.batches.count <= 6 ? product : nil
  }

  /// The right operand in panels, packed once.
  private func packed(_ view: Schedule.View, _ product: Schedule.Product, _ node: Graph.NodeID) throws -> Schedule.BufferID? {
    guard view.dtype == .f32, view.sizes.allSatisfy(\.isConstant), view.strides.allSatisfy(\.isConstant) else { return nil }
    // Packed before a call, when no symbol has a value: by the weight's own sizes.
    var packing: Schedule.Product = product
    (packing.k, packing.n) = (view.sizes[view.sizes.count - 2], view.sizes[view.sizes.count - 1])
    return fold(view, node) { _ in .panels(packing) }
  }

  /// A constant in another form; asked for again, the same one.
  private func fold(_ view: Schedule.View, _ node: Graph.NodeID, _ form: (Schedule.BufferID) -> Schedule.Fold.Form) -> Schedule.BufferID {
    if let known = folded[view] { return known }
    let result: Schedule.View = buffer(TensorType(dtype: .f32, sizes: [0]), .folded(schedule.folds.count), "\(graph[node].name)_packed")
    schedule.folds.append(.init(form: form(result.buffer), source: view.buffer, result: result.buffer, node: node))
    folded[view] = result.buffer
    return result.buffer
  }

  private func store(_ pending: Pending, _ name: String, _ template: Schedule.Template) -> Schedule.View {
    let view: Schedule.View = store(pending, name)
    guard case .kernel(var kernel)? = schedule.steps.popLast() else { preconditionFailure("a kernel was stored") }
    kernel.template = template
    schedule.steps.append(.kernel(kernel))
    return view
  }

  // MARK: Convolutions

  private func convolution(_ id: Graph.NodeID, _ type: TensorType, _ call: OperatorCall, _ form: TemplateForm.Convolution) throws -> Lowered? {
    guard type.dtype == .f32, let inputNode = source(call, form.input), let weightNode = source(call, form.weight) else { return nil }
    let (input, weight): (Schedule.View, Schedule.View) = (try realized(inputNode), try realized(weightNode))
    guard case .constant = schedule[weight.buffer].origin, weight.offset == 0, weight.strides == TensorType.contiguousStrides(weight.sizes),
      input.strides[1] == 1, weight.sizes.allSatisfy(\.isConstant)
    else { return nil }
    let kernel: [Int] = weight.sizes[2...].compactMap(\.constant)
    // Channels as the weight has them, which are numbers.
    var images: Schedule.View = input
    images.sizes[1] = weight.sizes[1] * SymbolicInt(form.groups)
    var convolution = Schedule.Convolution(
      input: images, output: [type.sizes[0], weight.sizes[0]] + type.sizes[2...], kernel: kernel, stride: form.stride, padding: form.padding, dilation: form.dilation, groups: form.groups,
      choice: .init(algorithm: 0), packed: input.buffer)
    guard let algorithm = convolution.chosenAlgorithm(context.environment) else { return nil }
    convolution.choice.algorithm = algorithm
    convolution.packed = fold(weight, weightNode) { result in
      convolution.packed = result
      return .weights(convolution)
    }

    let sums: Schedule.View = buffer(
      TensorType(dtype: .f32, sizes: type.sizes, strides: OperatorTable.channelsLastStrides(type.sizes)), .sums, "\(graph[id].name)_sums")
    var nodes: [Graph.NodeID] = [id]
    var value: LoopExpression = load(sums)
    if let bias = source(call, form.bias) {
      let map = IndexMap(factors: [[0, 1, 0, 0]], starts: [0])
      value = value + element(of: bias, map, rank: 4, &nodes)
    }
    let template = Schedule.Template(computation: .convolution(convolution), sums: sums.buffer, columns: 1)
    return .view(store(Pending(type: type, value: value, nodes: nodes), graph[id].name, template))
  }

  // MARK: Attention

  private func attention(_ id: Graph.NodeID, _ type: TensorType, _ call: OperatorCall, _ form: TemplateForm.Attention) throws -> Lowered? {
    guard type.dtype == .f32, type.rank == 4, let query = source(call, form.query), let key = source(call, form.key), let value = source(call, form.value) else { return nil }
    var mask: Schedule.View?
    if let node = source(call, form.mask) {
      var view: Schedule.View = try realized(node)
      guard view.dtype == .bool || view.dtype == .f32, view.sizes.count <= 4 else { return nil }
      let shape: [SymbolicInt] = [type.sizes[0], type.sizes[1], type.sizes[2], try call.type(form.key).sizes[2]]
      let added: Int = 4 - view.sizes.count
      view.strides = shape.indices.map { $0 < added || (view.sizes[$0 - added] == 1 && shape[$0] != 1) ? 0 : view.strides[$0 - added] }
      view.sizes = shape
      mask = view
    } else if !call.value(form.mask).isNone { return nil }
    let operands: [Schedule.View] = try [query, key, value].map { try realized($0) } + (mask.map { [$0] } ?? [])
    return direct(id, type, .attention(isCausal: form.isCausal, scale: form.scale), operands)
  }

  private func direct(_ id: Graph.NodeID, _ type: TensorType, _ computation: Schedule.DirectTemplate.Computation, _ operands: [Schedule.View]) -> Lowered {
    let result: Schedule.View = buffer(type, .kernel, graph[id].name)
    schedule.steps.append(.template(.init(node: id, computation: computation, operands: operands, result: result)))
    return .view(result)
  }

  // MARK: Pools

  private func pool(_ id: Graph.NodeID, _ type: TensorType, _ call: OperatorCall, _ form: TemplateForm.Pool) throws -> Lowered? {
    guard type.dtype == .f32, type.strides[1] == 1, let node = source(call, form.input) else { return nil }
    let input: Schedule.View = try realized(node)
    guard input.strides[1] == 1, form.isMaximum || form.dilation == [1, 1] else { return nil }
    return direct(id, type, .pool(form), [input])
  }
}
