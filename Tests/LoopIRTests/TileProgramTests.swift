import CRuntime
import Foundations
import LoopIR
import Tensors
import Testing

@Suite struct TileProgramTests {
  /// Equal values have one handle.
  @Test func valuesAreInterned() {
    let builder = LoopBuilder()
    let x = builder.load(.f32)
    #expect((x + 1).value == (x + 1).value)
    #expect((x + 1).value != (x + 2).value)
    #expect((x < 1).type == .bool)
  }

  /// A program with many values needs few registers, and gives what the same sums give in Swift.
  @Test func longChainsReuseRegisters() throws {
    let builder = LoopBuilder()
    let x = builder.load(.f32)
    var value = x
    for step in 1...200 { value = value * 0.5 + Double(step % 7) }
    let program = try TileProgram(builder.arena, outputs: [value.value], inputCount: 1)
    let input = try Tensor((0..<3000).map { Double($0 % 17) }, sizes: [3000])
    let output = try Tensor.empty([3000], .f32)
    try program.run(sizes: [3000], views: [output.view, input.view])
    for (start, actual) in zip(try input.doubles(), try output.doubles()) {
      var expected = Float(start)
      for step in 1...200 { expected = expected * 0.5 + Float(step % 7) }
      #expect(actual == Double(expected))
    }
  }

  @Test func tooManyLiveValuesAreRefused() {
    let builder = LoopBuilder()
    let loads = (0..<70).map { _ in builder.load(.f32) }
    let sum = loads.dropFirst().reduce(loads[0]) { $0 + $1 }
    #expect(throws: LatheError.self) { try TileProgram(builder.arena, outputs: [sum.value], inputCount: 70) }
  }
}
