import Compiler
import Foundations
import Graphs
import Operators
import Tensors
import Testing

/// Arithmetic of generated kernels where types decide what comes out, against rules written out here.
@Suite struct NumberTests {
  /// Quotients and rests by numbers, as Python gives them; `fmod` and truncation as C does.
  @Test(arguments: [3, -3, 1, -1, 7, -1_000_000_007]) func integersAreDividedByNumbers(divisor: Int) throws {
    let numbers: [Int] = Array(-13...13) + [Int.max, Int.min + 1, 1_000_000_007, -1_000_000_007]
    let make = GraphMaker()
    let x: Value = make.input("x", 0, .i64, [SymbolicInt(numbers.count)])
    let outputs: [Value] = [
      try make("aten.floor_divide.Scalar", x, .integer(divisor)), try make("aten.remainder.Scalar", x, .integer(divisor)),
      try make("aten.fmod.Scalar", x, .integer(divisor)), try make("aten.div.Scalar_mode", x, .integer(divisor), .string("trunc")),
    ]
    let graph: Graph = try make.finish(outputs)
    let compiled: CompiledGraph = try graph.compiled(make.environment)
    #expect(compiled.rendered.artifact.kernels.allSatisfy { $0.text != nil }, "each is a kernel's work")
    let got: [[Int]] = try compiled([try Tensor(numbers, sizes: [numbers.count], .i64)]).map { try $0.integers() }
    let floors: [Int] = numbers.map { $0 / divisor - ($0 % divisor != 0 && ($0 < 0) != (divisor < 0) ? 1 : 0) }
    #expect(got[0] == floors)
    #expect(got[1] == zip(numbers, floors).map { $0 &- $1 &* divisor })
    #expect(got[2] == numbers.map { $0 % divisor })
    #expect(got[3] == numbers.map { $0 / divisor })
  }

  /// A conversion to bf16 rounds to the nearest, ties to even, though the kernel goes on in f32.
  @Test func conversionsRound() throws {
    let make = GraphMaker()
    let numbers: [Float] = (0..<1000).map { Float($0) * 0.37 - 91.3 } + [1 + 0x1p-8, 1 + 0x1p-7 + 0x1p-8, .infinity, 3.4e38, 0x1p-133]
    let x: Value = make.input("x", 0, .f32, [SymbolicInt(numbers.count)])
    let narrow: Value = try make("aten._to_copy.default", x, keywords: ["dtype": .dtype(.bf16)])
    let wide: Value = try make("aten._to_copy.default", narrow, keywords: ["dtype": .dtype(.f32)])
    let graph: Graph = try make.finish(try make("aten.mul.Scalar", wide, .double(2)))
    let compiled: CompiledGraph = try graph.compiled(make.environment)
    #expect(compiled.rendered.artifact.kernels.count == 1)
    let got: [Double] = try compiled([try Tensor(numbers.map { Double($0) }, sizes: [numbers.count], .f32)])[0].doubles()
    for (number, value) in zip(numbers, got) {
      let bits: UInt32 = number.bitPattern
      let rounded: UInt32 = number.isFinite ? (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000 : bits
      #expect(value == Double(Float(bitPattern: rounded)) * 2, "\(number)")
    }
  }

  /// What is stored in between makes no difference: every result is rounded to bf16 where the program's operators end.
  @Test func everyOperatorsResultIsRounded() throws {
    let make = GraphMaker()
    let x: Value = make.input("x", 0, .bf16, [257])
    let square: Value = try make("aten.mul.Tensor", x, x)
    let sum: Value = try make("aten.add.Tensor", square, x)
    let graph: Graph = try make.finish(try make("aten._to_copy.default", sum, keywords: ["dtype": .dtype(.f32)]))
    let compiled: CompiledGraph = try graph.compiled(make.environment)
    #expect(compiled.rendered.artifact.kernels.count == 1)
    func rounded(_ number: Float) -> Float { Float(bitPattern: (number.bitPattern &+ 0x7fff &+ (number.bitPattern >> 16 & 1)) & 0xffff_0000) }
    let numbers: [Float] = (0..<257).map { rounded(Float($0) * 0.0371 - 3.3) }
    let got: [Double] = try compiled([try Tensor(numbers.map { Double($0) }, sizes: [257], .bf16)])[0].doubles()
    #expect(got == numbers.map { Double(rounded(rounded($0 * $0) + $0)) })
  }
}
