import CRuntime
import Foundation
import Foundations
import Tensors

/// The step a recurrent layer repeats.
enum RecurrentCell: Sendable {
  case lstm, gru, tanh, relu
  /// Rows of a weight matrix to one hidden unit.
  var gates: Int {
    switch self {
    case .lstm: 4
    case .gru: 3
    case .tanh, .relu: 1
    }
  }
}

/// A float type that gates compute in.
protocol GateNumber: BinaryFloatingPoint, Sendable {
  static func exponential(_ x: Self) -> Self
  static func hyperbolicTangent(_ x: Self) -> Self
}
extension Float: GateNumber {
  @inline(__always) static func exponential(_ x: Float) -> Float { expf(x) }
  @inline(__always) static func hyperbolicTangent(_ x: Float) -> Float { tanhf(x) }
}
extension Double: GateNumber {
  @inline(__always) static func exponential(_ x: Double) -> Double { exp(x) }
  @inline(__always) static func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
}

/// One direction of one recurrent layer over a packed sequence: step t has the first `batches[t]` rows of the batch.
struct RecurrentPass {
  let cell: RecurrentCell
  /// [rows, features], all steps after one another.
  let input: Tensor
  /// [rows, width]; this direction writes columns from `column` on.
  let output: Tensor
  let column: Int
  let batches: [Int]
  let isReversed: Bool
  /// [batch, hidden] and, for an LSTM, the cell state; they hold the final states afterwards.
  let states: [Tensor]
  let inputWeight: Tensor
  let hiddenWeight: Tensor
  let inputBias: Tensor?
  let hiddenBias: Tensor?
  /// [projected, hidden] of an LSTM with projections.
  let projection: Tensor?

  private var units: Int { hiddenWeight.sizes[0] / cell.gates }

  /// What does not fit, if anything.
  var problem: String? {
    guard inputWeight.rank == 2, hiddenWeight.rank == 2 else { return "its weights are not matrices" }
    guard inputWeight.sizes[1] == input.sizes[1] else {
      return "input.size(-1) must be equal to input_size. Expected \(inputWeight.sizes[1]), got \(input.sizes[1])"
    }
    guard inputWeight.sizes[0] == hiddenWeight.sizes[0], hiddenWeight.sizes[0] % cell.gates == 0, hiddenWeight.sizes[1] == states[0].sizes[1] else {
      return "weights of sizes \(inputWeight.sizes) and \(hiddenWeight.sizes) do not fit states of \(states[0].sizes[1])"
    }
    if let projection, projection.sizes != [states[0].sizes[1], units] { return "a projection of size \(projection.sizes) does not fit" }
    if projection == nil, states[0].sizes[1] != units { return "Expected hidden size \(units), got \(states[0].sizes[1])" }
    for bias in [inputBias, hiddenBias] { if let bias, bias.sizes != [inputWeight.sizes[0]] { return "a bias of size \(bias.sizes) does not fit" } }
    if states.count > 1, states[1].sizes != [states[0].sizes[0], units] { return "a cell state of size \(states[1].sizes) does not fit" }
    return nil
  }

  func run<Number: GateNumber>(_: Number.Type) throws {
    let (dtype, width): (DType, Int) = (input.dtype, cell.gates * units)
    let fromInput: Tensor = try Tensor.empty([input.sizes[0], width], dtype)
    RecurrentPass.multiply(input, inputWeight, inputBias, into: fromInput)
    let fromHidden: Tensor = try Tensor.empty([states[0].sizes[0], width], dtype)
    let unprojected: Tensor? = projection == nil ? nil : try Tensor.empty([states[0].sizes[0], units], dtype)
    var starts: [Int] = []
    var next: Int = 0
    for batch in batches {
      starts.append(next)
      next += batch
    }
    func rows(_ tensor: Tensor, from start: Int = 0, _ count: Int) -> Tensor {
      Tensor(storage: tensor.storage, dtype: dtype, sizes: [count, tensor.sizes[1]], strides: tensor.strides, offset: tensor.offset + start * tensor.strides[0])
    }
    for index in batches.indices {
      let step: Int = isReversed ? batches.count - 1 - index : index
      let batch: Int = batches[step]
      if batch == 0 { continue }
      let state: Tensor = rows(states[0], batch)
      let gates: Tensor = rows(fromHidden, batch)
      RecurrentPass.multiply(state, hiddenWeight, hiddenBias, into: gates)
      let target: Tensor = unprojected.map { rows($0, batch) } ?? state
      withExtendedLifetime((fromInput, gates, target, states)) {
        combine(
          Number.self, batch, rows(fromInput, from: starts[step], batch).data.assumingMemoryBound(to: Number.self),
          gates.data.assumingMemoryBound(to: Number.self), target.data.assumingMemoryBound(to: Number.self),
          states.count > 1 ? states[1].data.assumingMemoryBound(to: Number.self) : nil)
      }
      if let projection { RecurrentPass.multiply(target, projection, nil, into: state) }
      let place = Tensor(
        storage: output.storage, dtype: dtype, sizes: state.sizes, strides: output.strides, offset: output.offset + starts[step] * output.strides[0] + column)
      place.copy(from: state)
    }
  }

  private static func multiply(_ a: Tensor, _ weight: Tensor, _ bias: Tensor?, into result: Tensor) {
    let right: Tensor = weight.viewed([weight.sizes[1], weight.sizes[0]], [weight.strides[1], weight.strides[0]])
    OperatorTable.multiply(a, right, into: result, bias: bias?.expanded(to: result.sizes))
  }

  /// The gates of one step; all rows are dense.
  private func combine<Number: GateNumber>(
    _: Number.Type, _ batch: Int, _ fromInput: UnsafeMutablePointer<Number>, _ fromHidden: UnsafeMutablePointer<Number>,
    _ state: UnsafeMutablePointer<Number>, _ memory: UnsafeMutablePointer<Number>?
  ) {
    @inline(__always) func sigmoid(_ x: Number) -> Number { 1 / (1 + Number.exponential(-x)) }
    let count: Int = units
    for row in 0..<batch {
      let (x, h): (UnsafeMutablePointer<Number>, UnsafeMutablePointer<Number>) = (fromInput + row * count * cell.gates, fromHidden + row * count * cell.gates)
      let target: UnsafeMutablePointer<Number> = state + row * count
      for unit in 0..<count {
        switch cell {
        case .tanh: target[unit] = Number.hyperbolicTangent(x[unit] + h[unit])
        case .relu:
          let sum: Number = x[unit] + h[unit]
          target[unit] = sum < 0 ? 0 : sum
        case .gru:
          let reset: Number = sigmoid(x[unit] + h[unit])
          let update: Number = sigmoid(x[count + unit] + h[count + unit])
          let new: Number = Number.hyperbolicTangent(x[2 * count + unit] + reset * h[2 * count + unit])
          target[unit] = (target[unit] - new) * update + new
        case .lstm:
          let input: Number = sigmoid(x[unit] + h[unit])
          let forget: Number = sigmoid(x[count + unit] + h[count + unit])
          let new: Number = Number.hyperbolicTangent(x[2 * count + unit] + h[2 * count + unit])
          let out: Number = sigmoid(x[3 * count + unit] + h[3 * count + unit])
          let cellState: Number = forget * memory![row * count + unit] + input * new
          memory![row * count + unit] = cellState
          target[unit] = out * Number.hyperbolicTangent(cellState)
        }
      }
    }
  }
}
