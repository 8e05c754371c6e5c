import CRuntime
import Foundation
import Testing

@Suite struct AttentionTests {
  struct Case {
    var batch = 1
    var heads: Int, keyHeads: Int, queries: Int, keys: Int, width: Int, valueWidth: Int
    var dtype = LATHE_F32
    var mask: lathe_dtype?
    var causal = false
    var headsInside = false  // [B, L, H, E] in memory, as a projection leaves it
    var gap = 1
  }

  static func check(_ it: Case, _ dice: inout Dice, _ level: lathe_isa) {
    let order = it.headsInside ? [0, 2, 1, 3] : [0, 1, 2, 3]
    let q = Strided(it.dtype, [it.batch, it.heads, it.queries, it.width], order: order, gap: it.gap)
    let k = Strided(it.dtype, [it.batch, it.keyHeads, it.keys, it.width], order: order, gap: it.gap)
    let v = Strided(it.dtype, [it.batch, it.keyHeads, it.keys, it.valueWidth], order: order, gap: it.gap)
    let output = Strided(it.dtype, [it.batch, it.heads, it.queries, it.valueWidth], order: order)
    for each in [q, k, v, output] { each.fill(&dice) }
    let mask = Strided(it.mask ?? LATHE_F32, [it.queries, it.keys])
    if it.mask == LATHE_BOOL {
      for index in indices(mask.sizes) { mask[index] = dice.below(3) == 0 ? 0 : 1 }
      for j in 0..<it.keys { mask[[it.queries / 2, j]] = 0 }  // a query that may see nothing
    } else {
      mask.fill(&dice)
    }
    let scale = 1.7
    var (qv, kv, vv, ov) = (q.view, k.view, v.view, output.view)
    var maskView = lathe_view_make(
      mask.memory, Int32(mask.dtype.rawValue), 4, [it.batch, it.heads, it.queries, it.keys], [0, 0] + mask.strides)
    withUnsafePointer(to: &maskView) {
      lathe_attention(&ov, &qv, &kv, &vv, it.mask == nil ? nil : $0, it.causal, scale)
    }
    var worst = 0.0
    for row in samples([it.batch, it.heads, it.queries], 16, &dice) + [[0, 0, it.queries / 2]] {
      let (n, group, i) = (row[0], row[1] / (it.heads / it.keyHeads), row[2])
      let (qAt, kAt, vAt) = (q.place(row + [0]), k.place([n, group, 0, 0]), v.place([n, group, 0, 0]))
      let scores = (0..<it.keys).map { j -> Double in
        if it.causal && j > i { return -.infinity }
        var sum = 0.0
        for e in 0..<it.width { sum += q[at: qAt + e * q.strides[3]] * k[at: kAt + j * k.strides[2] + e * k.strides[3]] }
        guard it.mask != nil else { return scale * sum }
        let value = mask[at: i * it.keys + j]
        return it.mask == LATHE_BOOL ? (value == 0 ? -.infinity : scale * sum) : scale * sum + value
      }
      let top = scores.max() ?? -.infinity
      let weights = scores.map { top == -.infinity ? 0 : exp($0 - top) }
      let total = weights.reduce(0, +)
      for e in 0..<it.valueWidth {
        var want = 0.0
        for j in 0..<it.keys where weights[j] != 0 {
          want += weights[j] * v[at: vAt + j * v.strides[2] + e * v.strides[3]] / total
        }
        let error = abs(want - output[row + [e]]) / tolerance(it.dtype, want)
        worst = error <= worst ? worst : error
      }
    }
    #expect(worst <= 1, "\(it) at \(String(cString: lathe_isa_name(level)))")
  }

  @Test func randomShapesMasksAndLayouts() {
    var dice = Dice(21)
    atEveryLevel { level in
      for round in 0..<60 {
        let keyHeads = 1 + dice.below(3)
        var it = Case(
          heads: keyHeads * (1 + dice.below(3)), keyHeads: keyHeads, queries: 1 + dice.below(70), keys: 1 + dice.below(50),
          width: 1 + dice.below(40), valueWidth: 1 + dice.below(40))
        if dice.below(3) == 0 { it.queries = 1 + dice.below(4) }
        it.batch = 1 + dice.below(2)
        it.dtype = floatingTypes[round % 4]
        it.mask = [nil, LATHE_BOOL, LATHE_F32, it.dtype][dice.below(4)]
        it.causal = dice.below(3) == 0
        it.headsInside = dice.coin()
        if dice.below(4) == 0 { it.gap = 2 }
        Self.check(it, &dice, level)
      }
    }
  }

  /// More keys than one block, so that the online softmax rescales what it has.
  @Test(arguments: [false, true])
  func manyKeys(_ causal: Bool) {
    var dice = Dice(22)
    atEveryLevel { level in
      for queries in [2, 70, 1100] where queries < 1000 || causal {
        var it = Case(heads: 1, keyHeads: 1, queries: queries, keys: 1100, width: 8, valueWidth: 4)
        it.causal = causal
        if !causal { it.mask = LATHE_F32 }
        Self.check(it, &dice, level)
      }
    }
  }

  @Test func noKeysGiveZeros() {
    let q = Strided(LATHE_F32, [1, 2, 3, 4]), k = Strided(LATHE_F32, [1, 2, 0, 4]), output = Strided(LATHE_F32, [1, 2, 3, 4])
    var dice = Dice(23)
    output.fill(&dice)
    var (qv, kv, vv, ov) = (q.view, k.view, k.view, output.view)
    lathe_attention(&ov, &qv, &kv, &vv, nil, false, 1)
    #expect(indices(output.sizes).allSatisfy { output[$0] == 0 })
  }

  @Test func aNaNScoreIsNotMistakenForAMaskedOne() {
    let q = Strided(LATHE_F32, [1, 1, 1, 1]), output = Strided(LATHE_F32, [1, 1, 1, 1])
    q[[0, 0, 0, 0]] = .nan
    var (qv, ov) = (q.view, output.view)
    var kv = qv
    lathe_attention(&ov, &qv, &kv, &kv, nil, false, 1)
    #expect(output[[0, 0, 0, 0]].isNaN)
  }
}
