import CRuntime
import Foundation
import Testing

@Suite struct CopyTests {
  @Test func everyPairOfDtypesInRandomLayouts() {
    var dice = Dice(31)
    atEveryLevel { level in
      for from in allTypes {
        for to in allTypes {
          let sizes = randomSizes(&dice)
          let source = Strided.random(from, sizes, &dice), destination = Strided.random(to, sizes, &dice)
          source.fillExactly(&dice)
          if to == LATHE_U8 { for index in indices(sizes) { source[index] = abs(source[index]) } }
          var (s, d) = (source.view, destination.view)
          lathe_copy(&d, &s)
          let wrong = indices(sizes).first { index in
            let x = source[index]
            let want = to == LATHE_BOOL ? (x != 0 ? 1 : 0) : isFloating(to) ? x : x.rounded(.towardZero)
            return destination[index] != want
          }
          #expect(wrong == nil, "\(from) to \(to), \(sizes), level \(level)")
        }
      }
    }
  }

  /// Transposes of every element size, with edges that do not fill a square.
  @Test(arguments: [LATHE_U8, LATHE_BF16, LATHE_F32, LATHE_F64])
  func transposes(_ dtype: lathe_dtype) {
    var dice = Dice(32)
    atEveryLevel { _ in
      for sizes in [[129, 70], [64, 64], [8, 200], [3, 65, 33]] {
        let source = Strided(dtype, sizes, order: Array(sizes.indices.reversed())), destination = Strided(dtype, sizes)
        source.fillExactly(&dice)
        var (s, d) = (source.view, destination.view)
        lathe_copy(&d, &s)
        #expect(indices(sizes).allSatisfy { destination[$0] == source[$0] })
      }
    }
  }

  @Test func repeatsAndReverses() {
    let source = Strided(LATHE_I32, [5]), destination = Strided(LATHE_I32, [3, 5])
    for i in 0..<5 { source[[i]] = Double(i) }
    var d = destination.view
    var reversed = lathe_view_make(source.memory + 16, Int32(LATHE_I32.rawValue), 2, [3, 5], [0, -1])
    lathe_copy(&d, &reversed)
    #expect(indices([3, 5]).allSatisfy { destination[$0] == Double(4 - $0[1]) })
  }

  /// Every f16 value through f32 and back, and f32 values between two f16 or bf16 neighbours: the even one takes a tie.
  @Test func halvesRoundToNearestEven() {
    let bits = Strided(LATHE_F16, [65536]), wide = Strided(LATHE_F32, [65536]), back = Strided(LATHE_F16, [65536])
    for i in 0..<65536 { bits.memory.storeBytes(of: UInt16(i), toByteOffset: 2 * i, as: UInt16.self) }
    atEveryLevel { _ in
      var (b, w, r) = (bits.view, wide.view, back.view)
      lathe_copy(&w, &b)
      lathe_copy(&r, &w)
      for i in 0..<65536 {
        let half = Float16(bitPattern: UInt16(i))
        if half.isNaN { #expect(back[[i]].isNaN) } else { #expect(back[[i]] == Double(half)) }
      }
    }
    let ties: [Float] = [2049, 2051, 65519, 65520, 1e-8, 2.98e-8, 2.99e-8, 1.00390625, 1.01171875, -1.00390625]
    let source = Strided(LATHE_F32, [ties.count]), half = Strided(LATHE_F16, [ties.count])
    let brain = Strided(LATHE_BF16, [ties.count])
    for (i, x) in ties.enumerated() { source[[i]] = Double(x) }
    atEveryLevel { _ in
      var (s, h, b) = (source.view, half.view, brain.view)
      lathe_copy(&h, &s)
      lathe_copy(&b, &s)
      for (i, x) in ties.enumerated() { #expect(half[[i]] == Double(Float16(x)), "\(x)") }
      #expect(brain[[7]] == 1 && brain[[8]] == 1.015625 && brain[[9]] == -1)
    }
  }

  @Test func fillsConvert() {
    for dtype in allTypes {
      let target = Strided.init(dtype, [3, 4], order: [1, 0], gap: 2)
      var view = target.view
      lathe_fill(&view, lathe_scalar_float(2.5))
      let want = dtype == LATHE_BOOL ? 1 : isFloating(dtype) ? 2.5 : 2
      #expect(indices([3, 4]).allSatisfy { target[$0] == want })
    }
    let whole = Strided(LATHE_I64, [2])
    var view = whole.view
    lathe_fill(&view, lathe_scalar_integer(Int64.max))
    #expect(whole.memory.load(as: Int64.self) == Int64.max)
  }

  @Test func emptyAndScalarViews() {
    let nothing = Strided(LATHE_F32, [0, 3]), scalar = Strided(LATHE_F32, []), other = Strided(LATHE_F64, [])
    scalar[[]] = 4
    var (n, s, o) = (nothing.view, scalar.view, other.view)
    lathe_copy(&n, &n)
    lathe_copy(&o, &s)
    #expect(other[[]] == 4)
  }
}
