import Foundations
import Graphs
import Tensors

/// A program that `torch.export.save` wrote: its graph, what its inputs and outputs mean, and its weights, mapped from the file.
package struct ExportedProgram: Sendable {
  /// The container it was read from.
  package enum Container: String, Sendable {
    /// The zip of `serialized_*` files that PyTorch up to 2.7 writes.
    case legacyZip = "torch.export zip"
    /// The PT2 archive of PyTorch 2.8 and later.
    case pt2Archive = "PT2 archive"
  }
  /// An entry of the module call graph; only the root's has specs in most files.
  package struct ModuleCall: Sendable {
    package var path: String
    package var inputSpec: TreeSpec?
    package var outputSpec: TreeSpec?
    /// The whole signature as the file has it.
    package var signature: JSONValue?
    package init(path: String, inputSpec: TreeSpec?, outputSpec: TreeSpec?, signature: JSONValue? = nil) {
      (self.path, self.inputSpec, self.outputSpec, self.signature) = (path, inputSpec, outputSpec, signature)
    }
  }
  /// What a file says of a tensor that it holds, beyond the tensor.
  package struct Holding: Hashable, Sendable {
    package var isParameter: Bool
    package var requiresGradient: Bool
    package init(isParameter: Bool, requiresGradient: Bool) { (self.isParameter, self.requiresGradient) = (isParameter, requiresGradient) }
  }
  /// A file's bytes that are only carried along: their path in the archive and what they are.
  package struct Attachment: Sendable {
    package var path: String
    package var bytes: ByteRegion
    package init(path: String, bytes: ByteRegion) { (self.path, self.bytes) = (path, bytes) }
  }

  /// The model's name in its archive; `model` for most.
  package var name: String
  package var container: Container
  package var schemaVersion: (major: Int, minor: Int)
  package var torchVersion: String?
  package var opsetVersion: [String: Int]
  /// The dialects that the graph keeps to: `TRAINING`, `ATEN`.
  package var verifiers: [String]
  /// The text that the program was read from; nodes know where in it their metadata is.
  package var text: ByteRegion?
  /// Expressions as the file writes them.
  package var expressionTexts: [SymbolicInt: String]
  /// What the file says of the graph module beside its graph: `metadata`, and the fields of named tuples.
  package var moduleMetadata: JSONValue?
  package var namedTupleFields: JSONValue?
  /// Whether the file says which arguments are passed by name, as PyTorch 2.8 and later do; else the schemas of known operators say.
  package var statesKeywords: Bool
  /// Placeholders in call order (parameters, buffers, constants, then user inputs), as the file orders them.
  package var graph: Graph
  /// By the expression's text, for example `s0` or `2*s0`.
  package var rangeConstraints: [String: SizeRange]
  /// The sizes seen at export, by symbol.
  package var symbolHints: [String: Int]
  /// Conditions on the inputs that PyTorch 2.8 and later write as Python text.
  package var guardTexts: [String]
  package var moduleCalls: [ModuleCall]
  /// A tuple of (positional arguments, keyword arguments).
  package var inputSpec: TreeSpec
  package var outputSpec: TreeSpec
  /// Parameters and persistent buffers by qualified name.
  package var state: [String: Tensor]
  /// Non-persistent buffers and lifted tensor constants by qualified name.
  package var constants: [String: Tensor]
  /// Names of `state` and of `constants`, in the file's order.
  package var stateOrder: [String]
  package var constantOrder: [String]
  /// Of tensors in `state` and `constants`, by name.
  package var holdings: [String: Holding]
  /// Constants that are no tensors, by name, as the newest layout pickles each into a member of its own.
  package var objects: [String: Attachment]
  /// The arguments of the export, `(args, kwargs)`, as `torch.save` wrote them.
  package var exampleInputs: ByteRegion?
  /// Extra files by name.
  package var extraFiles: [String: ByteRegion]

  package init(name: String, container: Container, graph: Graph) {
    self.name = name
    self.container = container
    self.graph = graph
    schemaVersion = (8, 2)
    opsetVersion = ["aten": 10]
    verifiers = ["TRAINING"]
    expressionTexts = [:]
    statesKeywords = false
    rangeConstraints = [:]
    symbolHints = [:]
    guardTexts = []
    moduleCalls = []
    inputSpec = .tuple([.tuple([]), .dictionary(keys: [], [])])
    outputSpec = .leaf
    state = [:]
    constants = [:]
    stateOrder = []
    constantOrder = []
    holdings = [:]
    objects = [:]
    extraFiles = [:]
  }
}
