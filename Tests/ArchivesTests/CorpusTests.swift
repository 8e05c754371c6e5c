import Foundations
import Graphs
import Testing

@testable import Archives

@Suite(.enabled(if: Corpus.isPresent, Corpus.absent))
struct CorpusTests {
  @Test func tellsKindsApart() throws {
    #expect(try FileKind.detect(path: Corpus.path("models-2.6/mlp.pt2")) == .legacyProgram)
    #expect(try FileKind.detect(path: Corpus.path("models-2.15/mlp.pt2")) == .pt2Program)
    #expect(try FileKind.detect(path: Corpus.path("models-2.6/mlp.inputs.safetensors")) == .safeTensors)
    #expect(try FileKind.detect(path: Corpus.path("operators-2.6.zip")) == .otherZip)
    #expect(try FileKind.detect(path: Corpus.path("README.md")) == .unknown)
    for package in ["archives-2.6/mlp.aoti.pt2", "archives-2.15/mlp.aoti.pt2"] {
      #expect(try FileKind.detect(path: Corpus.path(package)) == .compiledPackage)
      #expect(try latheMessage { _ = try ExportedProgram.read(path: Corpus.path(package)) }?.contains("is an AOTInductor package") == true)
    }
  }

  /// What the two releases say of one model: positions are named by 2.15 only, the graph is the same.
  @Test func bothReleasesGiveTheSameGraph() throws {
    let old: ExportedProgram = try ExportedProgram.read(path: Corpus.path("models-2.6/mlp.pt2"))
    let new: ExportedProgram = try ExportedProgram.read(path: Corpus.path("models-2.15/mlp.pt2"))
    #expect(!old.statesKeywords && new.statesKeywords)
    #expect(old.container == .legacyZip && new.container == .pt2Archive)
    #expect(old.graph.nodes.map(\.name) == new.graph.nodes.map(\.name))
    #expect(old.state.keys.sorted() == new.state.keys.sorted())
    #expect(old.graph.moduleStacks == new.graph.moduleStacks)
  }

  @Test(arguments: Corpus.models)
  func opens(_ name: String) throws {
    let program = try ExportedProgram.read(path: Corpus.path(name))
    #expect(program.graph.nodes.count > 3)
    #expect(program.graph.outputs.count == program.graph.outputRoles.count)
    let users = program.graph.users()
    for (node, users) in zip(program.graph.nodes, users) where node.type == .none && !users.isEmpty { Issue.record("\(node.name) has no type") }
  }
}
