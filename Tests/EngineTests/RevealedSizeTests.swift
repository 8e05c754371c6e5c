import Archives
import Engine
import Foundation
import Foundations
import Graphs
import Tensors
import Testing

/// Programs with sizes and numbers that only a run reveals, exported by two versions of PyTorch: checked against what PyTorch gave eagerly.
@Suite struct RevealedSizeTests {
  private static let fixtures: String = "\(Files.checkout)/Tests/Fixtures/revealed"
  private static let programs: [String] = ["2.6", "2.15"].flatMap { version -> [String] in
    ["slice", "pick", "masked", "expert", "counted", "scaled", "made", "chosen"].map { "\(version)/\($0)" }
  } + ["2.15/between", "2.15/clamped"]

  /// The second inputs reveal other numbers: most of them no element at all, those of `clamped` a bound beyond the tensor.
  @Test(arguments: programs) func everyModeGivesWhatPyTorchGave(name: String) throws {
    for verification in [Verification(mode: .eager), Verification(mode: .compiled), Verification(packaging: PackageOptions())] {
      var passed: Int = 0
      try verification.run(["\(RevealedSizeTests.fixtures)/\(name).pt2"]) { result in
        #expect(result.outcome == .passed, "\(result.name)")
        passed += 1
      }
      #expect(passed == 2)
    }
  }

  /// A compiled program's own assertions are checked in every call, before anything is read where it is not.
  @Test(arguments: [
    ("2.6/slice", 400_000, "Runtime assertion failed for expression u0 <= 10 on node 'le_1' (u0 = 400000)"),
    ("2.15/slice", -3, "Runtime assertion failed for expression u0 >= 0 on node 'ge_1' (u0 = -3)"),
    ("2.15/pick", 10, "Runtime assertion failed for expression u0 <= 9"),
  ]) func assertionsAreChecked(name: String, number: Int, message: String) throws {
    let folder: String = try Files.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let model: OpenModel = try Engine.open("\(RevealedSizeTests.fixtures)/\(name).pt2")
    _ = try Engine.package([PackageItem(name: "model", model: model)], to: "\(folder)/packaged.pt2")
    let packaged: PackagedModel = try Engine.load("\(folder)/packaged.pt2", trust: .own)
    let rows: Tensor = try .empty([10, 4], .f32)
    rows.fill(.double(1))
    let error = #expect(throws: LatheError.self) { try packaged.call([rows, try Tensor(scalar: .int(number), .i64)]) }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "no error")")
    #expect(try packaged.call([rows, try Tensor(scalar: .int(2), .i64)]).isEmpty == false)
  }

  /// A program that writes to its input is handed a copy of what a file holds.
  @Test func packagedModelsMayWriteToTheirInputs() throws {
    let folder: String = try Files.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let original: OpenModel = try Engine.open("\(RevealedSizeTests.fixtures)/2.6/scaled.pt2")
    var program: ExportedProgram = original.program
    let product: Int = try #require(program.graph.nodes.firstIndex { $0.operation == .call("aten.mul.Tensor") })
    program.graph.nodes[product].operation = .call("aten.mul_.Tensor")
    let model = OpenModel(at: "writing.pt2", program: program, summary: original.summary)
    _ = try Engine.package([PackageItem(name: "model", model: model)], to: "\(folder)/packaged.pt2")
    let packaged: PackagedModel = try Engine.load("\(folder)/packaged.pt2", trust: .own)
    let result: RunResult = try Engine.run(packaged, inputs: .file("\(RevealedSizeTests.fixtures)/2.6/scaled.inputs.safetensors"))
    let expected: [Double] = try #require(try SafeTensors.read(path: "\(RevealedSizeTests.fixtures)/2.6/scaled.expected.safetensors").tensors["0"]).doubles()
    for (got, wanted) in zip(try result.outputs[0].doubles(), expected) { #expect(abs(got - wanted) < 1e-4) }
  }
}
