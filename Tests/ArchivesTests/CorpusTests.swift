import Foundations
import Graphs
import Testing

@testable import Archives

@Suite(.enabled(if: Corpus.isPresent, Corpus.absent))
struct CorpusTests {
  @Test(arguments: Corpus.models)
  func opens(_ name: String) throws {
    let program = try ExportedProgram.read(path: Corpus.path(name))
    #expect(program.graph.nodes.count > 3)
    #expect(program.graph.outputs.count == program.graph.outputRoles.count)
    let users = program.graph.users()
    for (node, users) in zip(program.graph.nodes, users) where node.type == .none && !users.isEmpty { Issue.record("\(node.name) has no type") }
  }
}
