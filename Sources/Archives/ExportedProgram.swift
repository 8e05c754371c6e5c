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
    package init(path: String, inputSpec: TreeSpec?, outputSpec: TreeSpec?) {
      (self.path, self.inputSpec, self.outputSpec) = (path, inputSpec, outputSpec)
    }
  }

  /// The model's name in its archive; `model` for most.
  package var name: String
  package var container: Container
  package var schemaVersion: (major: Int, minor: Int)
  package var torchVersion: String?
  package var opsetVersion: [String: Int]
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
  /// Extra files by name, with their sizes in bytes.
  package var extraFiles: [String: Int]

  package init(name: String, container: Container, graph: Graph) {
    self.name = name
    self.container = container
    self.graph = graph
    schemaVersion = (8, 2)
    opsetVersion = [:]
    statesKeywords = false
    rangeConstraints = [:]
    symbolHints = [:]
    guardTexts = []
    moduleCalls = []
    inputSpec = .tuple([.tuple([]), .dictionary(keys: [], [])])
    outputSpec = .leaf
    state = [:]
    constants = [:]
    extraFiles = [:]
  }
}
