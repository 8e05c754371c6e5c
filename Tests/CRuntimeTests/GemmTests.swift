import CRuntime
import Foundation
import Testing

@Suite struct GemmTests {
  struct Case {
    var m: Int, n: Int, k: Int
    var dtype: lathe_dtype
    var alpha = 1.0, beta = 0.0
    var bias: [Int]? = nil  // strides
    var activation = LATHE_ACTIVATION_NONE
    var aOrder = [0, 1], bOrder = [0, 1], cOrder = [0, 1]
    var gap = 1
  }

  static func activate(_ kind: lathe_activation, _ x: Double) -> Double {
    switch kind {
    case LATHE_ACTIVATION_RELU: return max(x, 0)
    case LATHE_ACTIVATION_CLAMP: return min(max(x, -0.5), 0.75)
    case LATHE_ACTIVATION_GELU: return x * 0.5 * (1 + erf(x / 2.0.squareRoot()))
    case LATHE_ACTIVATION_GELU_TANH:
      return 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case LATHE_ACTIVATION_SILU: return x / (1 + exp(-x))
    default: return x
    }
  }

  /// Runs one product and compares elements with sums in f64 over the same rounded operands.
  static func check(_ it: Case, _ dice: inout Dice, _ level: lathe_isa) {
    let a = Strided(it.dtype, [it.m, it.k], order: it.aOrder, gap: it.gap)
    let b = Strided(it.dtype, [it.k, it.n], order: it.bOrder, gap: it.gap)
    let c = Strided(it.dtype, [it.m, it.n], order: it.cOrder, gap: it.gap)
    let addend = Strided(it.dtype, [it.m, it.n], order: it.aOrder)
    let bias = Strided(it.dtype, [it.m + it.n + 1])
    for each in [a, b, c, addend, bias] { each.fill(&dice) }
    var call = lathe_gemm_call()
    call.dtype = Int32(it.dtype.rawValue)
    call.activation = Int32(it.activation.rawValue)
    (call.m, call.n, call.k) = (it.m, it.n, it.k)
    call.a = UnsafeRawPointer(a.memory)
    (call.a_row, call.a_column) = (a.strides[0], a.strides[1])
    call.b = UnsafeRawPointer(b.memory)
    (call.b_row, call.b_column) = (b.strides[0], b.strides[1])
    call.c = c.memory
    (call.c_row, call.c_column) = (c.strides[0], c.strides[1])
    (call.alpha, call.beta, call.low, call.high) = (it.alpha, it.beta, -0.5, 0.75)
    call.addend = UnsafeRawPointer(addend.memory)
    (call.addend_row, call.addend_column) = (addend.strides[0], addend.strides[1])
    if let strides = it.bias {
      call.bias = UnsafeRawPointer(bias.memory)
      (call.bias_row, call.bias_column) = (strides[0], strides[1])
    }
    lathe_gemm(&call)
    var worst = 0.0
    for index in samples([it.m, it.n], 120, &dice) {
      let (i, j) = (index[0], index[1])
      var sum = 0.0
      for k in 0..<it.k {
        sum += a[at: i * a.strides[0] + k * a.strides[1]] * b[at: k * b.strides[0] + j * b.strides[1]]
      }
      var want = it.alpha * sum + it.beta * addend[at: i * addend.strides[0] + j * addend.strides[1]]
      if let strides = it.bias { want += bias[at: i * strides[0] + j * strides[1]] }
      want = activate(it.activation, want)
      let error = abs(want - c[at: i * c.strides[0] + j * c.strides[1]]) / tolerance(it.dtype, want)
      worst = error <= worst ? worst : error
    }
    #expect(worst <= 1, "\(it) at \(String(cString: lathe_isa_name(level)))")
  }

  @Test func randomShapesLayoutsAndEpilogues() {
    var dice = Dice(1)
    let activations: [lathe_activation] = [
      LATHE_ACTIVATION_NONE, LATHE_ACTIVATION_RELU, LATHE_ACTIVATION_CLAMP, LATHE_ACTIVATION_GELU, LATHE_ACTIVATION_GELU_TANH,
      LATHE_ACTIVATION_SILU,
    ]
    atEveryLevel { level in
      for round in 0..<120 {
        var it = Case(m: 1 + dice.below(40), n: 1 + dice.below(70), k: dice.below(60), dtype: floatingTypes[round % 4])
        if dice.below(3) == 0 { it.m = 1 + dice.below(5) }
        if dice.below(4) == 0 { it.n = 1 + dice.below(5) }
        if dice.coin() { it.aOrder = [1, 0] }
        if dice.coin() { it.bOrder = [1, 0] }
        if dice.below(3) == 0 { it.cOrder = [1, 0] }
        if dice.below(5) == 0 { it.gap = 2 }
        if dice.coin() { it.alpha = 0.5 }
        if dice.coin() { it.beta = -1.5 }
        it.bias = [nil, [0, 1], [1, 0], [1, 1]][dice.below(4)]
        it.activation = activations[dice.below(6)]
        Self.check(it, &dice, level)
      }
    }
  }

  @Test(arguments: [[130, 270, 70], [33, 40, 900], [300, 33, 500], [2, 1500, 300], [61, 129, 512]])
  func blockedShapes(_ sizes: [Int]) {
    var dice = Dice(2)
    atEveryLevel { level in
      for dtype in [LATHE_F32, LATHE_BF16] {
        for order in [[0, 1], [1, 0]] {
          let it = Case(m: sizes[0], n: sizes[1], k: sizes[2], dtype: dtype, bias: [0, 1], bOrder: order)
          Self.check(it, &dice, level)
        }
      }
    }
  }

  @Test func emptyProducts() {
    var dice = Dice(3)
    for (m, n, k) in [(0, 3, 4), (3, 0, 4), (3, 4, 0), (1, 1, 1)] {
      Self.check(Case(m: m, n: n, k: k, dtype: LATHE_F32, beta: 2, bias: [1, 0]), &dice, lathe_isa_level())
    }
  }

  @Test func betaZeroDoesNotReadTheAddend() {
    var (a, b, c): (Float, Float, Float) = (2, 3, .nan)
    withUnsafeMutablePointer(to: &c) { c in
      var call = lathe_gemm_call()
      call.dtype = Int32(LATHE_F32.rawValue)
      (call.m, call.n, call.k, call.alpha) = (1, 1, 1, 1)
      call.c = UnsafeMutableRawPointer(c)
      call.addend = UnsafeRawPointer(c)
      withUnsafePointer(to: &a) { a in
        withUnsafePointer(to: &b) { b in
          call.a = UnsafeRawPointer(a)
          call.b = UnsafeRawPointer(b)
          lathe_gemm(&call)
        }
      }
    }
    #expect(c == 6)
  }

  @Test(arguments: [LATHE_I64, LATHE_I32, LATHE_I16, LATHE_I8, LATHE_U8])
  func integersWrap(_ dtype: lathe_dtype) {
    var dice = Dice(4)
    let (m, n, k) = (3, 5, 7)
    let a = Strided(dtype, [m, k]), b = Strided(dtype, [k, n], order: [1, 0]), c = Strided(dtype, [m, n])
    for index in indices([m, k]) { a[index] = Double(dice.below(100)) }
    for index in indices([k, n]) { b[index] = Double(dice.below(100)) }
    var (av, bv, cv) = (a.view, b.view, c.view)
    lathe_gemm_batched(&cv, &av, &bv, 1, 0, nil, nil, LATHE_ACTIVATION_NONE)
    for index in indices([m, n]) {
      let sum = (0..<k).reduce(0) { $0 + Int(a[[index[0], $1]]) * Int(b[[$1, index[1]]]) }
      let want: Int
      switch dtype {
      case LATHE_I8: want = Int(Int8(truncatingIfNeeded: sum))
      case LATHE_U8: want = Int(UInt8(truncatingIfNeeded: sum))
      case LATHE_I16: want = Int(Int16(truncatingIfNeeded: sum))
      default: want = sum
      }
      #expect(Int(c[index]) == want)
    }
  }

  @Test(arguments: [[2, 3], [1, 4], [7, 1]])
  func batches(_ batch: [Int]) {
    var dice = Dice(5)
    let (m, n, k) = (9, 20, 17)
    for broadcastB in [false, true] {
      let a = Strided(LATHE_F32, batch + [m, k]), b = Strided(LATHE_F32, batch + [k, n], order: [0, 1, 3, 2])
      let c = Strided(LATHE_F32, batch + [m, n], order: [1, 0, 2, 3]), bias = Strided(LATHE_F32, batch + [m, n])
      for each in [a, b, bias] { each.fill(&dice) }
      let bStrides = broadcastB ? [0, 0] + b.strides[2...] : b.strides
      var (av, bv, cv, biasView) = (a.view, b.view(strides: bStrides), c.view, bias.view(strides: [0, 0, 0, 1]))
      lathe_gemm_batched(&cv, &av, &bv, 2, 0, nil, &biasView, LATHE_ACTIVATION_NONE)
      for index in indices(batch + [m, n]) {
        let (p, q, i, j) = (index[0], index[1], index[2], index[3])
        var want = bias[at: j]
        for x in 0..<k { want += 2 * a[[p, q, i, x]] * b[at: p * bStrides[0] + q * bStrides[1] + x * bStrides[2] + j * bStrides[3]] }
        #expect(abs(c[index] - want) <= tolerance(LATHE_F32, want))
      }
    }
  }
}
