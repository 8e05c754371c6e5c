import Foundations
import Graphs
import Tensors

/// What Lathe knows of one operator overload, in one place.
package struct OperatorRecord: Sendable {
  package let schema: OperatorSchema
  package let meaning: Meaning
  /// Parameters that are written though PyTorch's schema does not say so, unless the named flag is false (running statistics in training).
  package let hiddenWrites: HiddenWrites?
  /// Whether two calls with the same arguments may differ.
  package private(set) var isRandom: Bool = false
  /// The parameter of which the result has the elements, converted to the result's type and laid out as that says; nil where an
  /// operator is more than that.
  package private(set) var copied: String?
  /// For an operator linear in its parameter `weight`, whose first dimension is one dimension of the result and that of its parameter
  /// `bias`: which one, counted from the end (-1 is the last). Nil for a call that is not so.
  package private(set) var linearDimension: (@Sendable (OperatorCall) throws -> Int?)?
  /// How a compiler writes a call of a kernel with operators that it can fuse; gives nil for a call that has no such form.
  package private(set) var decomposition: (@Sendable (Composer) throws -> [Value]?)?
  /// How an archive writes a call of a kernel that not every program which loads it can make; gives nil for a call that has no such form.
  package private(set) var portableForm: (@Sendable (Composer) throws -> [Value]?)?
  /// How a compiler writes a call of a kernel as expressions with reductions; gives nil for a call that has no such form.
  package private(set) var reduction: (@Sendable (ReductionContext) throws -> Reduction?)?
  /// What a call is to a compiler's templates; gives nil for a call that none of them computes.
  package private(set) var templateForm: (@Sendable (OperatorCall) throws -> TemplateForm?)?
  /// For an operator that runs one of two graphs: which by what.
  package private(set) var choice: Choice?
  /// For an operator that runs one graph as long as another says: which of them is what.
  package private(set) var loop: Loop?
  package var name: OperatorName { schema.name }

  package enum Meaning: Sendable {
    /// One expression over loop values; shape, eager kernel and lowering all come from it.
    case elementwise(Elementwise)
    /// A view of the argument named first: only sizes, strides and offset change.
    case view(of: String, @Sendable (OperatorCall) throws -> ViewTransform)
    /// Several views of the argument named first (`split`, `unbind`).
    case views(of: String, @Sendable (OperatorCall) throws -> [ViewTransform])
    /// Other operators do it.
    case composite(@Sendable (Composer) throws -> [Value])
    /// A kernel: the types of its results, and the run that computes them from concrete arguments and those types.
    case kernel(shape: @Sendable (OperatorCall) throws -> [ValueType], run: @Sendable (OperatorCall, [ValueType]) throws -> [Value])
    /// As the named functional operator, with the result written to the first argument.
    case inPlace(of: OperatorName)
    /// Arithmetic on numbers, on concrete and symbolic ones alike.
    case scalar(@Sendable (OperatorCall) throws -> Value)
    /// Runs one subgraph as part of the program around it (`autocast`, `no_grad`).
    case region(@Sendable (Composer) throws -> [Value])
    /// Runs subgraphs as the data say.
    case higherOrder(@Sendable (Composer) throws -> [Value])
  }

  /// - Parameter schema: in ATen's notation.
  package init(_ schema: String, _ meaning: Meaning, hiddenWrites: HiddenWrites? = nil) {
    self.schema = OperatorSchema(schema)
    self.meaning = meaning
    self.hiddenWrites = hiddenWrites
  }

  package var takesGraphs: Bool {
    switch meaning {
    case .region, .higherOrder: true
    default: false
    }
  }

  /// The same operator, said to draw random numbers.
  package var drawingRandomNumbers: OperatorRecord {
    var copy: OperatorRecord = self
    copy.isRandom = true
    return copy
  }

  /// The same operator, with a form for compilers; see `decomposition`.
  package func decomposing(_ decomposition: @escaping @Sendable (Composer) throws -> [Value]?) -> OperatorRecord {
    var copy: OperatorRecord = self
    copy.decomposition = decomposition
    return copy
  }

  /// The same operator, with a form for archives; see `portableForm`.
  package func portable(_ form: @escaping @Sendable (Composer) throws -> [Value]?) -> OperatorRecord {
    var copy: OperatorRecord = self
    copy.portableForm = form
    return copy
  }

  /// The same operator, with a form for compilers; see `reduction`.
  package func reducing(_ reduction: @escaping @Sendable (ReductionContext) throws -> Reduction?) -> OperatorRecord {
    var copy: OperatorRecord = self
    copy.reduction = reduction
    return copy
  }

  /// The same operator, said to be linear in its weight; see `linearDimension`.
  package func linear(_ dimension: @escaping @Sendable (OperatorCall) throws -> Int?) -> OperatorRecord {
    var copy: OperatorRecord = self
    copy.linearDimension = dimension
    return copy
  }

  /// The same operator, with a form for a compiler's templates; see `templateForm`.
  package func template(_ form: @escaping @Sendable (OperatorCall) throws -> TemplateForm?) -> OperatorRecord {
    var copy: OperatorRecord = self
    copy.templateForm = form
    return copy
  }

  /// The same operator, said to give the elements of one argument.
  package func copying(_ parameter: String) -> OperatorRecord {
    var copy: OperatorRecord = self
    copy.copied = parameter
    return copy
  }

  /// The same operator, said to run one of two graphs; see `choice`.
  package func choosing(_ choice: Choice) -> OperatorRecord {
    var copy: OperatorRecord = self
    copy.choice = choice
    return copy
  }

  /// The same operator, said to run a graph as long as another says; see `loop`.
  package func looping(_ loop: Loop) -> OperatorRecord {
    var copy: OperatorRecord = self
    copy.loop = loop
    return copy
  }

  /// Names of parameters: the truth value, the graphs, and what the graph is handed.
  package struct Choice: Sendable {
    package var predicate: String
    package var whenTrue: String
    package var whenFalse: String
    package var operands: String
  }

  /// Names of parameters: the graph that says whether another step follows, the graph of a step, what a step is handed and gives for the
  /// next, and what both graphs are handed besides. The results are what is carried at the end.
  package struct Loop: Sendable {
    package var condition: String
    package var body: String
    package var carried: String
    package var additional: String
  }

  package struct HiddenWrites: Sendable {
    package var flag: String
    package var parameters: [String]
  }
}

/// Sizes, strides and storage offset of a view, in elements.
package struct ViewTransform: Sendable {
  package var sizes: [SymbolicInt]
  package var strides: [SymbolicInt]
  /// Added to the viewed tensor's offset.
  package var offset: SymbolicInt
  package init(sizes: [SymbolicInt], strides: [SymbolicInt], offset: SymbolicInt = 0) {
    (self.sizes, self.strides, self.offset) = (sizes, strides, offset)
  }
}
