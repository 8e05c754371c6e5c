import CRuntime
import Foundation
import Testing

@Suite struct TileTests {
  /// Distance in units of the last place of the f32 nearest to the f64 reference.
  static func ulps(_ got: Float, _ want: Double) -> Double {
    let nearest = Float(want)
    if nearest.isNaN { return got.isNaN ? 0 : .infinity }
    if got == nearest { return 0 }
    if !nearest.isFinite || !got.isFinite { return .infinity }
    return abs(Double(got) - want) / Double(max(nearest.ulp, Float.leastNonzeroMagnitude))
  }

  struct Function: CustomStringConvertible {
    var name: String, op: lathe_tile_op, bound: Double, scale: Double, reference: @Sendable (Double) -> Double
    var description: String { name }
  }
  static let functions: [Function] = [
    Function(name: "exp", op: LATHE_OP_EXP, bound: 2, scale: 30, reference: { exp($0) }),
    Function(name: "exp2", op: LATHE_OP_EXP2, bound: 1, scale: 30, reference: { exp2($0) }),
    Function(name: "expm1", op: LATHE_OP_EXPM1, bound: 1, scale: 30, reference: { expm1($0) }),
    Function(name: "log", op: LATHE_OP_LOG, bound: 1, scale: 1e6, reference: { log($0) }),
    Function(name: "log2", op: LATHE_OP_LOG2, bound: 1, scale: 100, reference: { log2($0) }),
    Function(name: "log10", op: LATHE_OP_LOG10, bound: 1, scale: 100, reference: { log10($0) }),
    Function(name: "log1p", op: LATHE_OP_LOG1P, bound: 1, scale: 2, reference: { log1p($0) }),
    Function(name: "rsqrt", op: LATHE_OP_RSQRT, bound: 2, scale: 100, reference: { 1 / $0.squareRoot() }),
    Function(name: "sin", op: LATHE_OP_SIN, bound: 1, scale: 1000, reference: { sin($0) }),
    Function(name: "cos", op: LATHE_OP_COS, bound: 1, scale: 1e5, reference: { cos($0) }),
    Function(name: "sin of large", op: LATHE_OP_SIN, bound: 2, scale: 1e9, reference: { sin($0) }),
    Function(name: "tan", op: LATHE_OP_TAN, bound: 1, scale: 100, reference: { tan($0) }),
    Function(name: "sinh", op: LATHE_OP_SINH, bound: 1, scale: 60, reference: { sinh($0) }),
    Function(name: "cosh", op: LATHE_OP_COSH, bound: 1, scale: 60, reference: { cosh($0) }),
    Function(name: "tanh", op: LATHE_OP_TANH, bound: 2, scale: 4, reference: { tanh($0) }),
    Function(name: "asinh", op: LATHE_OP_ASINH, bound: 1, scale: 1000, reference: { asinh($0) }),
    Function(name: "acosh", op: LATHE_OP_ACOSH, bound: 1, scale: 1000, reference: { acosh($0) }),
    Function(name: "atanh", op: LATHE_OP_ATANH, bound: 1, scale: 1.1, reference: { atanh($0) }),
    Function(name: "erf", op: LATHE_OP_ERF, bound: 2, scale: 3, reference: { erf($0) }),
    Function(name: "erfc", op: LATHE_OP_ERFC, bound: 4, scale: 3, reference: { erfc($0) }),
    Function(name: "sigmoid", op: LATHE_OP_SIGMOID, bound: 3, scale: 30, reference: { 1 / (1 + exp(-$0)) }),
    Function(name: "lgamma", op: LATHE_OP_LGAMMA, bound: 1, scale: 20, reference: { lgamma($0) }),
  ]

  @Test(arguments: functions)
  func unaryFunctionsStayWithinTheirBound(_ f: Function) {
    var dice = Dice(41)
    let edges: [Double] = [0, -0.0, .infinity, -.infinity, .nan, 1, -1, 1e-40, -1e-40, 1e-20, 88.7, -87.5, -103.9, 89, 3e38, 2.5]
    let n = 5000
    let x = Strided(LATHE_F32, [n]), y = Strided(LATHE_F32, [n])
    for i in 0..<n { x[[i]] = i < edges.count ? edges[i] : dice.unit() * f.scale * (i % 3 == 0 ? 1e-3 : 1) }
    atEveryLevel { level in
      #expect(TileProgram.single(f.op, LATHE_TILE_F32, operands: 1).run([(1, LATHE_TILE_F32)], [n], [y.view, x.view]) == 0)
      var worst = 0.0, at = 0.0
      for i in 0..<n {
        let error = Self.ulps(Float(y[[i]]), f.reference(x[[i]]))
        if !(error <= worst) { worst = error; at = x[[i]] }
      }
      #expect(worst <= f.bound, "\(f.name)(\(at)) is off by \(worst) ulp at level \(level)")
    }
  }

  @Test func powHandlesEverySpecialCase() {
    let values: [Double] = [0, -0.0, .infinity, -.infinity, .nan, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 1e10, 0.1, 7.7, -7.7, 1e-40]
    let n = values.count
    let x = Strided(LATHE_F32, [n]), y = Strided(LATHE_F32, [n]), z = Strided(LATHE_F32, [n, n])
    for i in 0..<n { x[[i]] = values[i]; y[[i]] = values[i] }
    let xv = lathe_view_make(x.memory, Int32(LATHE_F32.rawValue), 2, [n, n], [1, 0])
    let yv = lathe_view_make(y.memory, Int32(LATHE_F32.rawValue), 2, [n, n], [0, 1])
    atEveryLevel { _ in
      #expect(TileProgram.single(LATHE_OP_POW, LATHE_TILE_F32, operands: 2).run([(2, LATHE_TILE_F32)], [n, n], [z.view, xv, yv]) == 0)
      for i in 0..<n {
        for j in 0..<n {
          #expect(Self.ulps(Float(z[[i, j]]), pow(x[[i]], y[[j]])) <= 1, "\(x[[i]]) ^ \(y[[j]]) gave \(z[[i, j]])")
        }
      }
    }
  }

  /// PyTorch's torch.special and torch.igamma in f64 (version 2.6), quoted to twelve digits.
  @Test func specialFunctionsInF64() {
    let cases: [(lathe_tile_op, [Double], Double)] = [
      (LATHE_OP_DIGAMMA, [0.3], -3.502524222200), (LATHE_OP_DIGAMMA, [-1.5], 0.703156640645),
      (LATHE_OP_ERFINV, [0.7], 0.732869077959), (LATHE_OP_I0, [2.0], 2.279585302336), (LATHE_OP_I1, [2.0], 1.590636854637),
      (LATHE_OP_I0E, [40.0], 0.063278279875), (LATHE_OP_IGAMMA, [2.0, 1.5], 0.442174599629),
      (LATHE_OP_IGAMMAC, [2.0, 1.5], 0.557825400371), (LATHE_OP_ZETA, [2.0, 1.0], 1.644934066848),
      (LATHE_OP_POLYGAMMA, [1.0, 2.0], 0.644934066848),
    ]
    for (op, arguments, want) in cases {
      let inputs = arguments.map { value in
        let it = Strided(LATHE_F64, [])
        it[[]] = value
        return it
      }
      let output = Strided(LATHE_F64, [])
      let program = TileProgram.single(op, LATHE_TILE_F64, operands: arguments.count)
      #expect(program.run([(arguments.count, LATHE_TILE_F64)], [], [output.view] + inputs.map(\.view)) == 0)
      #expect(abs(output[[]] - want) < 1e-11, "\(op) of \(arguments)")
    }
  }

  @Test func integerDivisionFollowsItsRounding() {
    let a: [Int] = [7, -7, 7, -7, 0, 9], b: [Int] = [2, 2, -2, -2, 3, -3]
    let x = Strided(LATHE_I32, [6]), y = Strided(LATHE_I32, [6]), z = Strided(LATHE_I64, [6])
    for i in 0..<6 { x[[i]] = Double(a[i]); y[[i]] = Double(b[i]) }
    let floored = a.indices.map { Int((Double(a[$0]) / Double(b[$0])).rounded(.down)) }
    let wants: [(lathe_tile_op, (Int) -> Int)] = [
      (LATHE_OP_DIVIDE_TRUNC, { a[$0] / b[$0] }), (LATHE_OP_DIVIDE_FLOOR, { floored[$0] }),
      (LATHE_OP_FMOD, { a[$0] % b[$0] }), (LATHE_OP_REMAINDER, { a[$0] - floored[$0] * b[$0] }),
    ]
    for (op, want) in wants {
      let program = TileProgram.single(op, LATHE_TILE_I64, operands: 2)
      #expect(program.run([(2, LATHE_TILE_I64)], [6], [z.view, x.view, y.view]) == 0)
      for i in 0..<6 { #expect(z[[i]] == Double(want(i))) }
      y[[4]] = 0
      #expect(program.run([(2, LATHE_TILE_I64)], [6], [z.view, x.view, y.view]) == 1)
      y[[4]] = 3
    }
  }

  /// (a + b) and the linear index, over views that are permuted, repeated and of mixed dtypes.
  @Test func loopsInAnyLayoutKeepTheIndex() {
    var dice = Dice(42)
    var program = TileProgram()
    program.inputs = 2
    program.code = [
      TileProgram.instruction(LATHE_OP_LOAD, LATHE_TILE_F32, d: 0, a: 0), TileProgram.instruction(LATHE_OP_LOAD, LATHE_TILE_F32, d: 1, a: 1),
      TileProgram.instruction(LATHE_OP_INDEX, LATHE_TILE_I64, d: 2),
      TileProgram.instruction(LATHE_OP_CAST, LATHE_TILE_F32, d: 3, a: 2, from: LATHE_TILE_I64),
      TileProgram.instruction(LATHE_OP_ADD, LATHE_TILE_F32, d: 0, a: 0, b: 1), TileProgram.instruction(LATHE_OP_ADD, LATHE_TILE_F32, d: 3, a: 0, b: 3),
    ]
    atEveryLevel { level in
      for _ in 0..<60 {
        let sizes = randomSizes(&dice)
        let kinds: [lathe_dtype] = [LATHE_F32, LATHE_BF16, LATHE_I32, LATHE_U8]
        let a = Strided.random(kinds[dice.below(4)], sizes, &dice), b = Strided.random(kinds[dice.below(4)], sizes, &dice)
        let sum = Strided.random(LATHE_F32, sizes, &dice), both = Strided.random(LATHE_F64, sizes, &dice)
        a.fillExactly(&dice)
        b.fillExactly(&dice)
        let repeated = b.strides.map { dice.below(3) == 0 ? 0 : $0 }
        let views = [sum.view, both.view, a.view, b.view(strides: repeated)]
        #expect(program.run([(0, LATHE_TILE_F32), (3, LATHE_TILE_F32)], sizes, views) == 0)
        var linear = 0.0
        for index in indices(sizes) {
          let want = a[index] + b[at: zip(index, repeated).reduce(0) { $0 + $1.0 * $1.1 }]
          if sum[index] != want || both[index] != want + linear {
            Issue.record("\(sizes) \(a.strides) \(repeated) \(sum.strides) at \(index), level \(level)")
            break
          }
          linear += 1
        }
      }
    }
  }

  /// The first output is the input's memory, and the second one still needs the old values.
  @Test func anOutputOverItsInput() {
    var dice = Dice(43)
    let n = 3000
    let x = Strided(LATHE_F32, [n]), product = Strided(LATHE_F32, [n])
    x.fill(&dice)
    let old = (0..<n).map { x[[$0]] }
    var program = TileProgram()
    program.inputs = 1
    program.code = [
      TileProgram.instruction(LATHE_OP_LOAD, LATHE_TILE_F32, d: 0, a: 0), TileProgram.instruction(LATHE_OP_ADD, LATHE_TILE_F32, d: 1, a: 0, b: 0),
      TileProgram.instruction(LATHE_OP_MULTIPLY, LATHE_TILE_F32, d: 2, a: 0, b: 1),
    ]
    #expect(program.run([(1, LATHE_TILE_F32), (2, LATHE_TILE_F32)], [n], [x.view, product.view, x.view]) == 0)
    for i in 0..<n {
      #expect(x[[i]] == 2 * old[i])
      #expect(product[[i]] == Double(Float(old[i]) * Float(2 * old[i])))
    }
  }

  @Test func comparisonsAndSelections() {
    let x = Strided(LATHE_F64, [4]), y = Strided(LATHE_F64, [4]), least = Strided(LATHE_F64, [4])
    for (i, pair) in [(1.0, 2.0), (3, 2), (.nan, 1), (2, 2)].enumerated() { x[[i]] = pair.0; y[[i]] = pair.1 }
    var program = TileProgram.single(LATHE_OP_LT, LATHE_TILE_F64, operands: 2, result: LATHE_TILE_BOOL)
    program.code.append(TileProgram.instruction(LATHE_OP_SELECT, LATHE_TILE_F64, d: 3, a: 2, b: 0, c: 1))
    #expect(program.run([(3, LATHE_TILE_F64)], [4], [least.view, x.view, y.view]) == 0)
    #expect((0..<4).map { least[[$0]] } == [1, 2, 1, 2])
    #expect(TileProgram.single(LATHE_OP_MAXIMUM, LATHE_TILE_F64, operands: 2).run([(2, LATHE_TILE_F64)], [4], [least.view, x.view, y.view]) == 0)
    #expect(least[[2]].isNaN && least[[1]] == 3)
  }
}
