import Archives
import Foundation
import Foundations
import Graphs
import Tensors
import Testing

@testable import Engine

/// Programs that PyTorch exported with fixed sizes (`Tools/make_export_fixtures.py`), written with others.
@Suite struct ExportTests {
  private static let fixtures: String = "\(Files.checkout)/Tests/Fixtures/export"
  private static let names: [String] = ["dense", "rows", "sum", "joined", "counted", "table", "branches"]
  /// Where Lathe leaves a dimension fixed that PyTorch, which sees the model itself, keeps dynamic: the size stands in the graph as a
  /// number, of which nothing shows that it is the size.
  private static let doubted: Set<String> = ["counted.x:0", "table.x:0"]

  /// What PyTorch's `Dim.AUTO` made of the same model.
  private struct Found: Decodable {
    var sizes: [String: [String]]
    var ranges: [String: [Int?]]
  }

  private func open(_ name: String) throws -> OpenModel { try Engine.open("\(Self.fixtures)/\(name).pt2") }
  /// `auto` for every dimension of every input.
  private func automatic(_ model: OpenModel) -> [DimensionWish] {
    model.program.graph.placeholders.flatMap { id -> [DimensionWish] in
      guard case .placeholder(.user) = model.program.graph[id].operation, let type = model.program.graph[id].type.tensor else { return [] }
      return type.sizes.indices.map { DimensionWish(input: model.program.graph[id].name, dimension: $0, kind: .auto(nil)) }
    }
  }

  @Test(arguments: names)
  func automaticDimensionsAreThoseOfPyTorch(_ name: String) throws {
    let model: OpenModel = try open(name)
    let found = try JSONDecoder().decode([String: Found].self, from: Data(contentsOf: URL(fileURLWithPath: "\(Self.fixtures)/auto.json")))[name]!
    let (program, report) = try Engine.redimensioned(model.program, automatic(model))
    for dimension in report.dimensions {
      let theirs: String = found.sizes[dimension.input]![dimension.dimension]
      if Self.doubted.contains("\(name).\(dimension.input):\(dimension.dimension)") {
        #expect(!dimension.isDynamic && Int(theirs) == nil)
        #expect(dimension.reasons.contains { $0.place?.text.contains("return") == true }, "the reason names the user's line")
        continue
      }
      #expect(dimension.isDynamic == (Int(theirs) == nil), "\(dimension)")
      if !dimension.isDynamic {
        #expect(dimension.size == theirs)
        #expect(!dimension.reasons.isEmpty)
      } else if let range = found.ranges[theirs] {
        #expect([dimension.minimum, dimension.maximum] == range)
      }
    }
    // Sizes that PyTorch found to be one symbol are one symbol, and others are not.
    for a in report.dimensions where a.isDynamic {
      for b in report.dimensions where b.isDynamic {
        let theirs: Bool = found.sizes[a.input]![a.dimension] == found.sizes[b.input]![b.dimension]
        #expect((a.size == b.size) == theirs, "\(a) \(b)")
      }
    }
    let written = OpenModel(at: name, program: program, summary: ModelSummary(program, path: name, fileBytes: 0))
    #expect(Engine.problems(in: written).isEmpty)
  }

  @Test(arguments: [ProgramLayout.legacy, .pt2])
  func writtenProgramsTakeOtherSizes(_ layout: ProgramLayout) throws {
    let folder: String = try Files.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (name, text) in [("dense", "x:0=auto"), ("rows", "x:0=4*n"), ("sum", "x:0=a,y:0=b"), ("joined", "x:0=auto,y:0=auto"), ("branches", "x:0=dynamic")] {
      let path: String = "\(folder)/\(name).pt2"
      let report: ExportReport = try Engine.export(try open(name), to: path, dimensions: try DimensionWish.parse(text), layout: layout)
      #expect(report.bytes > 0 && report.dimensions.allSatisfy(\.isDynamic))
      for kind in ["inputs", "expected", "alt.inputs", "alt.expected"] {
        try FileManager.default.copyItem(atPath: "\(Self.fixtures)/\(name).\(kind).safetensors", toPath: "\(folder)/\(name).\(kind).safetensors")
      }
    }
    var passed: Int = 0
    try Verification(mode: .eager).run([folder], events: NoEvents()) { result in
      if case .passed = result.outcome { passed += 1 } else { Issue.record("\(result)") }
    }
    #expect(passed == 10)
  }

  @Test func relationsAndSpecializationsAreExplained() throws {
    let rows: ExportReport = try Engine.redimensioned(try open("rows").program, try DimensionWish.parse("x:0=auto")).1
    #expect(rows.relations.map(\.text) == ["s0 % 4 == 0"])
    #expect(rows.relations[0].neededBy == "aten.view.default" && rows.relations[0].place?.text == "return x.view(-1, 4).cos()")
    let sum: ExportReport = try Engine.redimensioned(try open("sum").program, try DimensionWish.parse("x:0=auto,y:0=auto")).1
    #expect(sum.dimensions.map(\.size) == ["s0", "s0"])
    #expect(sum.relations.map(\.text) == ["y.size()[0] == x.size()[0]"])
    let dense: ExportReport = try Engine.redimensioned(try open("dense").program, try DimensionWish.parse("x:1=auto")).1
    #expect(dense.dimensions[0].reasons.map(\.text) == ["x.size()[1] == 8"])
    #expect(dense.dimensions[0].reasons[0].neededBy == "aten.linear.default")
  }

  @Test func sizesAreFixedAndNamedAnew() throws {
    let model: OpenModel = try Engine.open("\(Files.demoModels)/gpt.pt2")
    let name: String = model.summary.inputs[0].name
    let (fixed, report) = try Engine.redimensioned(model.program, try DimensionWish.parse("\(name):0=3,\(name):1=static"))
    #expect(report.dimensions.map(\.isDynamic) == [false, false])
    #expect(fixed.rangeConstraints.isEmpty && fixed.exampleInputs == nil)
    #expect(fixed.graph.nodes.allSatisfy { node in
      if case .int(let size) = node.type { size.isConstant } else { true }
    })
    let tokens = try Tensor(Array(repeating: 1, count: 3 * Int(report.dimensions[1].size)!), sizes: [3, Int(report.dimensions[1].size)!])
    let folder: String = try Files.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    _ = try Engine.export(model, to: "\(folder)/fixed.pt2", dimensions: try DimensionWish.parse("\(name):0=3,\(name):1=static"))
    let again: OpenModel = try Engine.open("\(folder)/fixed.pt2")
    let (first, second) = (try Engine.run(model, inputs: .tensors([tokens])), try Engine.run(again, inputs: .tensors([tokens])))
    #expect(try first.outputs.map { try $0.doubles() } == second.outputs.map { try $0.doubles() })
    let range: SizeRange? = try Engine.redimensioned(model.program, try DimensionWish.parse("\(name):1=seq(4..32)")).0.rangeConstraints.values.first { $0.maximum == 32 }
    #expect(range == SizeRange(minimum: 4, maximum: 32))
  }

  static let refused: [(String, String, String)] = [
    ("sum", "z:0=auto", "no input 'z'; its inputs are 'x', 'y'"), ("sum", "x:2=auto", "has 2 dimensions"), ("sum", "x:-1=auto", "none with the number -1"),
    ("sum", "x:0=auto,x:0=4", "both auto and 4"), ("sum", "x:0=a(2..9),y:0=a(2..8)", "two ranges"), ("joined", "x:0=a,y:0=a", "would be 5 elsewhere and 7"),
    ("joined", "x:0=2*a", "is 5, which is not 2*a"), ("sum", "x:0=6", "cannot be fixed at 6"), ("sum", "x:0=a(6..9)", "not in the range"),
    ("dense", "x:1=dynamic", "Constraints violated (x.size()[1])"), ("dense", "x:1=a", "Suggested fixes:\n  x:1=8"),
    ("rows", "x:0=n", "Suggested fixes:\n  x:0=4*_n"), ("sum", "x:0=a", "the program fixes it at 5"), ("table", "x:0=dynamic", "self.table[: x.shape[0]]"),
  ]
  @Test(arguments: refused)
  func wishesThatCannotBeAreRefused(_ name: String, _ text: String, _ words: String) throws {
    let program: ExportedProgram = try open(name).program
    let error: LatheError? = #expect(throws: LatheError.self) { _ = try Engine.redimensioned(program, try DimensionWish.parse(text)) }
    #expect(error?.kind == .badInput && error?.message.contains(words) == true, "\(String(describing: error))")
  }
}
