import Archives
import Engine
import Foundation
import Foundations
import Graphs
import Testing

/// Packages tried before they are written: agreement and a planted difference.
@Suite struct PackageComparisonTests {
  @Test func aPackageAgreesWithItsPrograms() throws {
    let models: [OpenModel] = try ["perceptron", "gpt"].map { try Engine.open("\(Files.demoModels)/\($0).pt2") }
    let comparisons: [PackageComparison] = try Engine.tryPackaging([PackageItem(name: "first", model: models[0]), PackageItem(name: "second", model: models[1])])
    #expect(comparisons.map(\.model) == ["first", "second"] && comparisons.allSatisfy(\.hasPassed))
    for (comparison, model) in zip(comparisons, models) { #expect(comparison.outputs.map(\.name) == model.summary.outputs.map(\.name)) }
  }

  @Test func anotherProgramIsFoundToDiffer() throws {
    let folder: String = try Files.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let model: OpenModel = try Engine.open("\(Files.demoModels)/gpt.pt2")
    _ = try Engine.package([PackageItem(name: "model", model: model)], to: "\(folder)/packaged.pt2")
    let packaged: PackagedModel = try Engine.load("\(folder)/packaged.pt2", trust: .own)
    var program: ExportedProgram = model.program
    // The last of its activations becomes another one.
    let place: Int = try #require(program.graph.nodes.lastIndex { $0.operation == .call("aten.gelu.default") })
    program.graph.nodes[place].operation = .call("aten.relu.default")
    program.graph.nodes[place].arguments = [program.graph.nodes[place].arguments[0]]
    let changed = OpenModel(at: "changed.pt2", program: program, summary: model.summary)
    let comparison: PackageComparison = try Engine.compare(packaged, with: changed)
    #expect(!comparison.hasPassed && comparison.outputs.contains { $0.difference?.contains("expected") == true })
    #expect(try Engine.compare(packaged, with: model).hasPassed)
  }
}
