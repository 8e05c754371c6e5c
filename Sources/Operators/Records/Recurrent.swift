import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Recurrent layers and cells (`ATen/native/RNN.cpp`).
  static let recurrent: [OperatorRecord] =
    [("lstm", "Tensor[] hx", RecurrentCell.lstm), ("gru", "Tensor hx", .gru), ("rnn_tanh", "Tensor hx", .tanh), ("rnn_relu", "Tensor hx", .relu)].flatMap {
      name, state, cell -> [OperatorRecord] in
      let result: String = cell == .lstm ? "(Tensor, Tensor, Tensor)" : "(Tensor, Tensor)"
      return [
        OperatorRecord(
          "aten::\(name).input(Tensor input, \(state), Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional, bool batch_first) -> \(result)",
          .kernel(shape: { try layerTypes($0, cell) }, run: { call, _ in try runLayers(call, cell) })
        ).portable { try unrolled($0, cell, OperatorName("aten.\(name)_cell.default")) },
        OperatorRecord(
          "aten::\(name).data(Tensor data, Tensor batch_sizes, \(state), Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional) -> \(result)",
          .kernel(shape: { try layerTypes($0, cell) }, run: { call, _ in try runLayers(call, cell) })),
      ]
    }
    + [
      OperatorRecord(
        "aten::lstm_cell(Tensor input, Tensor[] hx, Tensor w_ih, Tensor w_hh, Tensor? b_ih=None, Tensor? b_hh=None) -> (Tensor, Tensor)",
        .composite { c in
          guard case .list(let state) = c["hx"], state.count == 2 else { throw c.call.failure("lstm_cell expects two hidden states") }
          let ours: Value = try c("aten.linear.default", c["input"], c["w_ih"], c["b_ih"])
          let gates: Value = try c("aten.add.Tensor", ours, try c("aten.linear.default", state[0], c["w_hh"], c["b_hh"]))
          guard case .list(let parts) = try c("aten.chunk.default", gates, .integer(4), .integer(1)), parts.count == 4 else {
            throw c.call.failure("its weights do not make four gates")
          }
          let kept: Value = try c("aten.mul.Tensor", try c("aten.sigmoid.default", parts[1]), state[1])
          let added: Value = try c("aten.mul.Tensor", try c("aten.sigmoid.default", parts[0]), try c("aten.tanh.default", parts[2]))
          let memory: Value = try c("aten.add.Tensor", kept, added)
          return [try c("aten.mul.Tensor", try c("aten.sigmoid.default", parts[3]), try c("aten.tanh.default", memory)), memory]
        }),
      OperatorRecord(
        "aten::gru_cell(Tensor input, Tensor hx, Tensor w_ih, Tensor w_hh, Tensor? b_ih=None, Tensor? b_hh=None) -> Tensor",
        .composite { c in
          let ours: Value = try c("aten.linear.default", c["input"], c["w_ih"], c["b_ih"])
          let theirs: Value = try c("aten.linear.default", c["hx"], c["w_hh"], c["b_hh"])
          guard case .list(let a) = try c("aten.chunk.default", ours, .integer(3), .integer(1)), a.count == 3,
            case .list(let b) = try c("aten.chunk.default", theirs, .integer(3), .integer(1)), b.count == 3
          else { throw c.call.failure("its weights do not make three gates") }
          let reset: Value = try c("aten.sigmoid.default", try c("aten.add.Tensor", a[0], b[0]))
          let update: Value = try c("aten.sigmoid.default", try c("aten.add.Tensor", a[1], b[1]))
          let new: Value = try c("aten.tanh.default", try c("aten.add.Tensor", a[2], try c("aten.mul.Tensor", reset, b[2])))
          let difference: Value = try c("aten.sub.Tensor", c["hx"], new)
          return [try c("aten.add.Tensor", try c("aten.mul.Tensor", difference, update), new)]
        }),
    ]
    + [
      // One direction of one LSTM layer, as PyTorch's compiler hands it to oneDNN (`torch/_decomp/decompositions.py`, `mkldnn_one_layer_lstm`);
      // its last result is oneDNN's working space for training.
      OperatorRecord(
        "aten::mkldnn_rnn_layer(Tensor input, Tensor weight0, Tensor weight1, Tensor weight2, Tensor weight3, Tensor hx_, Tensor cx_, bool reverse, int[] batch_sizes, int mode, int hidden_size, int num_layers, bool has_biases, bool bidirectional, bool batch_first, bool train) -> (Tensor, Tensor, Tensor, Tensor)",
        .composite { c in
          guard try c.call.integer("mode") == 2, try c.call.integer("num_layers") == 1, !(try c.call.flag("bidirectional")), !(try c.call.flag("train")),
            try c.call.sizes("batch_sizes").isEmpty
          else { throw LatheError.unsupported("mkldnn_rnn_layer for more than one direction of one LSTM layer in evaluation mode") }
          let isBatchFirst: Bool = try c.call.flag("batch_first")
          let isReversed: Bool = try c.call.flag("reverse")
          let time: Value = .ints([isBatchFirst ? 1 : 0])
          let input: Value = isReversed ? try c("aten.flip.default", c["input"], time) : c["input"]
          let weights: [Value] = [c["weight0"], c["weight1"]] + (try c.call.flag("has_biases") ? [c["weight2"], c["weight3"]] : [])
          let results: [Value] = try c.results(
            "aten.lstm.input", input, .list([c["hx_"], c["cx_"]]), .list(weights), c["has_biases"], .integer(1), .double(0), .bool(false), .bool(false),
            .bool(isBatchFirst))
          let output: Value = isReversed ? try c("aten.flip.default", results[0], time) : results[0]
          return [output, results[1], results[2], try c("aten.new_zeros.default", input, .ints([0]))]
        })
    ]
    + [("rnn_tanh_cell", OperatorName("aten.tanh.default")), ("rnn_relu_cell", OperatorName("aten.relu.default"))].map { name, activation in
      OperatorRecord(
        "aten::\(name)(Tensor input, Tensor hx, Tensor w_ih, Tensor w_hh, Tensor? b_ih=None, Tensor? b_hh=None) -> Tensor",
        .composite { c in
          let ours: Value = try c("aten.linear.default", c["input"], c["w_ih"], c["b_ih"])
          return [try c(activation, try c("aten.add.Tensor", ours, try c("aten.linear.default", c["hx"], c["w_hh"], c["b_hh"])))]
        })
    }

  /// The most cells, or runs of a graph, that archives have for one call.
  static let mostUnrolledSteps: Int = 128

  /// Cell by cell, as PyTorch decomposes it (`torch/_decomp/decompositions.py`, `one_layer_rnn`), where there are not too many of them.
  private static func unrolled(_ c: Composer, _ cell: RecurrentCell, _ name: OperatorName) throws -> [Value]? {
    let call: OperatorCall = c.call
    let input: TensorType = try call.type("input")
    let isBatchFirst: Bool = try call.flag("batch_first")
    let (layers, directions): (Int, Int) = (try call.integer("num_layers"), try call.flag("bidirectional") ? 2 : 1)
    guard input.rank == 3, input.dtype == .f32 || input.dtype == .f64, let steps = input.sizes[isBatchFirst ? 1 : 0].constant, steps > 0,
      steps * layers * directions <= mostUnrolledSteps, case .list(let parameters) = c["params"], !(try call.flag("train"))
    else { return nil }
    let each: Int = try call.flag("has_biases") ? 4 : 2
    guard parameters.count == each * layers * directions else { return nil }
    let states: [Value]
    if case .list(let items) = c["hx"] { states = items } else { states = [c["hx"]] }
    let time: Value = .integer(isBatchFirst ? 1 : 0)
    var inputs: [Value] = try (0..<steps).map { try c("aten.select.int", c["input"], time, .integer($0)) }
    var last: [[Value]] = Array(repeating: [], count: states.count)
    for layer in 0..<layers {
      var columns: [[Value]] = []
      for direction in 0..<directions {
        let number: Int = layer * directions + direction
        let weights: [Value] = Array(parameters[(number * each)..<((number + 1) * each)])
        var current: [Value] = try states.map { try c("aten.select.int", $0, .integer(0), .integer(number)) }
        var outputs: [Value] = inputs
        for step in direction == 1 ? Array((0..<steps).reversed()) : Array(0..<steps) {
          current = try c.runner.run(name, ([inputs[step], cell == .lstm ? .list(current) : current[0]] + weights).map { ("", $0) })
          outputs[step] = current[0]
        }
        for index in states.indices { last[index].append(current[index]) }
        columns.append(outputs)
      }
      inputs = try (0..<steps).map { step in directions == 1 ? columns[0][step] : try c("aten.cat.default", .list(columns.map { $0[step] }), .integer(1)) }
    }
    // A layer that takes batches first gives the transposed view of a result that is time first.
    var result: Value = try c("aten.stack.default", .list(inputs), .integer(0))
    if isBatchFirst { result = try c("aten.transpose.int", result, .integer(0), .integer(1)) }
    return [result] + (try last.map { try c("aten.stack.default", .list($0), .integer(0)) })
  }

  private static func states(_ call: OperatorCall, _ cell: RecurrentCell) throws -> [TensorType] {
    cell == .lstm ? try call.types("hx") : [try call.type("hx")]
  }
  private static func isPacked(_ call: OperatorCall) -> Bool { call.schema.index(of: "batch_sizes") != nil }

  private static func layerTypes(_ call: OperatorCall, _ cell: RecurrentCell) throws -> [ValueType] {
    let input: TensorType = try call.type(isPacked(call) ? "data" : "input")
    let states: [TensorType] = try states(call, cell)
    guard input.rank == (isPacked(call) ? 2 : 3), states.count == (cell == .lstm ? 2 : 1), states.allSatisfy({ $0.rank == 3 }) else {
      throw call.failure("takes a 3-D input (2-D where packed) and 3-D states, but got \(input.sizes) and \(states.map(\.sizes))")
    }
    guard input.dtype.isFloatingPoint, input.dtype.isComputable else { throw LatheError.unsupported("\(call.schema.name) on \(input.dtype.torchName)") }
    let layers: Int = try call.integer("num_layers")
    if try call.flag("train"), try call.double("dropout") > 0, layers > 1 {
      throw LatheError.unsupported("\(call.schema.name) in training mode with dropout draws random numbers; export the program in evaluation mode to run it")
    }
    let directions: Int = try call.flag("bidirectional") ? 2 : 1
    guard call.isEqual(states[0].sizes[0], SymbolicInt(layers * directions)) else {
      throw call.failure("Expected hidden size (\(layers * directions), ...), got \(states[0].sizes)")
    }
    let width: SymbolicInt = states[0].sizes[2] * SymbolicInt(directions)
    // A layer that takes batches first gives the transposed view of a result that is time first.
    var output = TensorType(dtype: input.dtype, sizes: Array(input.sizes.dropLast()) + [width])
    if !isPacked(call), try call.flag("batch_first") {
      let strides: [SymbolicInt] = TensorType.contiguousStrides([output.sizes[1], output.sizes[0], width])
      output.strides = [strides[1], strides[0], strides[2]]
    }
    return [.tensor(output)] + states.map { .tensor(TensorType(dtype: input.dtype, sizes: $0.sizes)) }
  }

  private static func runLayers(_ call: OperatorCall, _ cell: RecurrentCell) throws -> [Value] {
    let original: Tensor = try call.tensor(isPacked(call) ? "data" : "input")
    let wide: DType = original.dtype == .f64 ? .f64 : .f32
    let isBatchFirst: Bool = isPacked(call) ? false : try call.flag("batch_first")
    var input: Tensor = original
    if isBatchFirst { input = input.viewed([input.sizes[1], input.sizes[0], input.sizes[2]], [input.strides[1], input.strides[0], input.strides[2]]) }
    let batches: [Int]
    if isPacked(call) { batches = try call.tensor("batch_sizes").integers() } else { batches = Array(repeating: input.sizes[1], count: input.sizes[0]) }
    let rows: Int = batches.reduce(0, +)
    guard rows == (isPacked(call) ? input.sizes[0] : input.sizes[0] * input.sizes[1]) else {
      throw call.failure("batch_sizes sum to \(rows), not to the \(input.sizes[0]) rows of the data")
    }
    input = try input.converted(to: wide).reshaped([rows, input.sizes[input.rank - 1]])
    let states: [Tensor] = try (cell == .lstm ? try call.tensors("hx") : [try call.tensor("hx")]).map {
      let copy: Tensor = try Tensor.empty($0.sizes, wide)
      copy.copy(from: $0)
      return copy
    }
    guard batches.allSatisfy({ $0 <= states[0].sizes[1] }) else { throw call.failure("Expected hidden batch \(batches.max() ?? 0), got \(states[0].sizes)") }
    let parameters: [Tensor] = try call.tensors("params").map { try $0.converted(to: wide) }
    let (layers, directions): (Int, Int) = (try call.integer("num_layers"), try call.flag("bidirectional") ? 2 : 1)
    let hasBiases: Bool = try call.flag("has_biases")
    let each: Int = parameters.count / max(layers * directions, 1)
    let hasProjection: Bool = each == (hasBiases ? 5 : 3)
    guard parameters.count == each * layers * directions, each == (hasBiases ? 4 : 2) + (hasProjection ? 1 : 0) else {
      throw call.failure("\(parameters.count) parameters do not make \(layers) layers of \(directions) directions")
    }
    let hidden: Int = states[0].sizes[2]
    for layer in 0..<layers {
      let output: Tensor = try Tensor.empty([rows, hidden * directions], wide)
      for direction in 0..<directions {
        let number: Int = layer * directions + direction
        let own: [Tensor] = Array(parameters[(number * each)..<((number + 1) * each)])
        func state(_ tensor: Tensor) -> Tensor {
          Tensor(storage: tensor.storage, dtype: wide, sizes: Array(tensor.sizes.dropFirst()), strides: Array(tensor.strides.dropFirst()), offset: number * tensor.strides[0])
        }
        let pass = RecurrentPass(
          cell: cell, input: input, output: output, column: direction * hidden, batches: batches, isReversed: direction == 1, states: states.map(state),
          inputWeight: own[0], hiddenWeight: own[1], inputBias: hasBiases ? own[2] : nil, hiddenBias: hasBiases ? own[3] : nil,
          projection: hasProjection ? own[each - 1] : nil)
        if let problem = pass.problem { throw call.failure(problem) }
        if wide == .f64 { try pass.run(Double.self) } else { try pass.run(Float.self) }
      }
      input = output
    }
    var result: Tensor = try input.converted(to: original.dtype)
    if !isPacked(call) {
      let (steps, batch): (Int, Int) = (batches.count, isBatchFirst ? original.sizes[0] : original.sizes[1])
      let width: Int = hidden * directions
      result = isBatchFirst ? result.viewed([batch, steps, width], [width, batch * width, 1]) : result.viewed([steps, batch, width], [batch * width, width, 1])
    }
    return [.tensor(result)] + (try states.map { .tensor(try $0.converted(to: original.dtype)) })
  }
}
