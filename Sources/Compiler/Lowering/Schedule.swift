import Foundations
import Graphs
import LoopIR
import Operators
import Tensors

/// What a compiled graph does: kernels and operator calls in order, over buffers.
package struct Schedule: Sendable {
  package struct BufferID: Hashable, Sendable {
    package var index: Int
    /// No memory: what an access reads from it is the place itself, offset and strides times indices, an integer.
    package static let positions = BufferID(index: -1)
  }

  /// Memory of one tensor.
  package struct Buffer: Sendable {
    package enum Origin: Hashable, Sendable {
      /// An input of the call, by number.
      case input(Int)
      /// A parameter, buffer or constant, by number.
      case constant(Int)
      /// Written by a kernel.
      case kernel
      /// A result of an operator call.
      case call
      /// A constant in another form, by number.
      case folded(Int)
      /// One number, worked out of sizes.
      case number(SymbolicInt)
      /// What a template gives its kernel; never in memory.
      case sums
    }
    package var type: TensorType
    package var origin: Origin
    package var name: String
  }

  /// A tensor as a view of a buffer; sizes, strides and offset in elements.
  package struct View: Hashable, Sendable {
    package var buffer: BufferID
    package var dtype: DType
    package var sizes: [SymbolicInt]
    package var strides: [SymbolicInt]
    package var offset: SymbolicInt
  }

  /// How a kernel reaches a buffer: strides over its iteration space, in elements.
  package struct Access: Hashable, Sendable {
    package var buffer: BufferID
    package var dtype: DType
    package var strides: [SymbolicInt]
    package var offset: SymbolicInt
  }

  /// A loop nest that computes expressions for every point of its iteration space.
  ///
  /// A store whose strides along all reduced dimensions are 0 is made once for all points that differ in nothing else; its value is then the
  /// same at all of them.
  package struct Kernel: Sendable {
    package struct Store: Sendable {
      package var access: Access
      package var value: LoopValue
    }
    package var sizes: [SymbolicInt]
    package var stores: [Store]
    /// The nodes it computes.
    package var nodes: [Graph.NodeID]
    /// The dimensions that the reductions in its expressions combine; empty where there are none.
    package var reduced: Set<Int> = []
    /// Computes sums first, which the stores' expressions load.
    package var template: Template? = nil
  }

  /// A call of an operator that is not lowered.
  package struct OperatorCall: Sendable {
    package var node: Graph.NodeID
    package var record: OperatorRecord
    /// The node's tensor arguments, in the order in which they are met.
    package var tensors: [View]
    /// Sizes among its arguments that only a call reveals, in the order in which they are met.
    package var sizes: [SymbolicInt]
    /// Buffers of its tensor results, flattened, in order.
    package var results: [BufferID]
    /// Buffers of arguments that it writes to.
    package var written: [BufferID] = []
    /// Numbers among its results that later sizes are named after: the result's place and the symbol.
    package var numbers: [String]
  }

  package enum Step: Sendable {
    case kernel(Kernel)
    case template(DirectTemplate)
    case call(OperatorCall)
  }

  /// The graph it was made of.
  package var graph: Graph
  package var buffers: [Buffer] = []
  package var steps: [Step] = []
  package var folds: [Fold] = []
  /// The kernels' expressions; a load's immediate is an index into `accesses`.
  package var arena = LoopArena()
  package var accesses: [Access] = []
  /// In the order of the graph's outputs; nil where an output is no tensor.
  package var outputs: [View?] = []
  /// What sizes and numbers that only the run reveals must be.
  package var requirements: [ShapeEnvironment.Requirement] = []
  /// Placeholders that a caller fills, and those that are known before a call.
  package var inputs: [Graph.NodeID] = []
  package var constants: [Graph.NodeID] = []

  package subscript(id: BufferID) -> Buffer { buffers[id.index] }
}

extension Schedule.Kernel {
  /// The symbols of all that it has to know before it runs.
  package func symbols(in schedule: Schedule) -> Set<String> {
    var symbols: Set<String> = []
    func use(_ sizes: [SymbolicInt]) { for size in sizes { symbols.formUnion(size.symbols) } }
    use(sizes)
    for access in accesses(in: schedule).map({ schedule.accesses[$0] }) + stores.map(\.access) {
      use(access.strides + [access.offset])
      if access.buffer != .positions, case .number(let size) = schedule[access.buffer].origin { use([size]) }
    }
    return symbols
  }
  /// The accesses of memory that the stores' expressions load, each once, in the order of the arena.
  package func loads(in schedule: Schedule) -> [Int] { accesses(in: schedule).filter { schedule.accesses[$0].buffer != .positions } }
  /// The same with those that only tell positions.
  package func accesses(in schedule: Schedule) -> [Int] {
    var found: [Int] = []
    for value in LoopArena.reachable(in: schedule.arena, from: stores.map(\.value)) {
      let node: LoopArena.Node = schedule.arena[value]
      if node.operation == .load { found.append(Int(node.immediate)) }
    }
    return found
  }
}

extension Schedule.Step {
  /// Every buffer that it reads from memory.
  package func buffersRead(in schedule: Schedule) -> [Schedule.BufferID] {
    switch self {
    case .kernel(let kernel): kernel.buffersRead(in: schedule)
    case .template(let template): template.operands.map(\.buffer)
    case .call(let call): call.tensors.map(\.buffer)
    }
  }
  /// Every buffer whose contents it changes.
  package var changed: [Schedule.BufferID] {
    if case .call(let call) = self { return call.results + call.written }
    return results
  }
  /// Every buffer that it makes.
  package var results: [Schedule.BufferID] {
    switch self {
    case .kernel(let kernel): kernel.stores.map(\.access.buffer)
    case .template(let template): [template.result.buffer]
    case .call(let call): call.results
    }
  }
}

extension Schedule {
  /// The symbols that inputs give: those that are known before the first step.
  var symbolsOfInputs: Set<String> {
    inputs.reduce(into: []) { known, id in
      switch graph[id].type {
      case .int(let size): known.formUnion(size.symbols)
      case .tensor(let type): for size in type.sizes { known.formUnion(size.symbols) }
      default: break
      }
    }
  }
}
