import CRuntime
import Foundation
import Testing

@Suite struct ReduceTests {
  /// The input's elements that make the result at `index` (zeros in reduced dimensions), row-major.
  static func members(_ input: Strided, _ dimensions: Set<Int>, _ index: [Int]) -> [Double] {
    indices(input.sizes.enumerated().map { dimensions.contains($0.offset) ? $0.element : 1 }).map { inner in
      input[zip(index, inner).map { $0 + $1 }]
    }
  }
  static func reducedSizes(_ sizes: [Int], _ dimensions: Set<Int>) -> [Int] {
    sizes.enumerated().map { dimensions.contains($0.offset) ? 1 : $0.element }
  }
  static func mask(_ dimensions: Set<Int>) -> UInt32 { dimensions.reduce(0) { $0 | 1 << UInt32($1) } }

  static let references: [(lathe_reduce_op, @Sendable ([Double]) -> Double)] = [
    (LATHE_REDUCE_SUM, { $0.reduce(0, +) }), (LATHE_REDUCE_NANSUM, { $0.reduce(0, +) }),
    (LATHE_REDUCE_MEAN, { $0.reduce(0, +) / Double($0.count) }),
    (LATHE_REDUCE_MAX, { $0.max()! }), (LATHE_REDUCE_MIN, { $0.min()! }),
    (LATHE_REDUCE_ANY, { $0.contains { $0 != 0 } ? 1 : 0 }), (LATHE_REDUCE_ALL, { $0.contains(0) ? 0 : 1 }),
    (LATHE_REDUCE_ARGMAX, { values in Double(values.firstIndex(of: values.max()!)!) }),
    (LATHE_REDUCE_ARGMIN, { values in Double(values.firstIndex(of: values.min()!)!) }),
    (LATHE_REDUCE_COUNT_NONZERO, { Double($0.filter { $0 != 0 }.count) }),
    (LATHE_REDUCE_LOGSUMEXP, { values in values.max()! + log(values.reduce(0) { $0 + exp($1 - values.max()!) }) }),
  ]

  @Test func everyReductionOverRandomDimensionsAndLayouts() {
    var dice = Dice(51)
    atEveryLevel { level in
      for round in 0..<50 {
        let sizes = randomSizes(&dice, most: 20000)
        let dtype = [LATHE_F32, LATHE_F64, LATHE_BF16, LATHE_F16, LATHE_I64, LATHE_U8][round % 6]
        let dimensions = Set(sizes.indices.filter { _ in dice.coin() })
        let input = Strided.random(dtype, sizes, &dice)
        input.fillExactly(&dice)
        for (op, reference) in Self.references {
          if op == LATHE_REDUCE_LOGSUMEXP && !isFloating(dtype) { continue }
          let kind = [LATHE_REDUCE_MEAN, LATHE_REDUCE_LOGSUMEXP].contains(op) ? LATHE_F64 : isFloating(dtype) ? LATHE_F64 : LATHE_I64
          let output = Strided.random(kind, Self.reducedSizes(sizes, dimensions), &dice)
          var (i, o) = (input.view, output.view)
          #expect(lathe_reduce(op, &i, Self.mask(dimensions), &o) == 0)
          for index in samples(output.sizes, 6, &dice) {
            let want = reference(Self.members(input, dimensions, index))
            if !agrees(output[index], want, LATHE_F32, scale: 0.1) {
              Issue.record("\(op) of \(sizes) \(input.strides) over \(dimensions) gave \(output[index]), not \(want), level \(level)")
            }
          }
        }
      }
    }
  }

  @Test func varianceMeanAndNorms() {
    var dice = Dice(52)
    atEveryLevel { _ in
      for round in 0..<40 {
        let sizes = randomSizes(&dice, most: 20000)
        let dtype = [LATHE_F32, LATHE_F64][round % 2]
        let dimensions = Set(sizes.indices.filter { _ in dice.coin() })
        let input = Strided.random(dtype, sizes, &dice)
        input.fill(&dice)
        let small = Self.reducedSizes(sizes, dimensions)
        let deviation = Strided(dtype, small), mean = Strided(dtype, small), norm = Strided(dtype, small)
        let order = [0, 1, 2, 3.5, .infinity, -.infinity][dice.below(6)]
        var (i, d, m, n) = (input.view, deviation.view, mean.view, norm.view)
        lathe_reduce_variance(&i, Self.mask(dimensions), 1, true, &d, &m)
        #expect(lathe_reduce_norm(&i, Self.mask(dimensions), order, &n) == 0)
        for index in samples(small, 5, &dice) {
          let x = Self.members(input, dimensions, index)
          let average = x.reduce(0, +) / Double(x.count)
          let variance = x.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(x.count - 1)
          #expect(agrees(mean[index], average, dtype))
          #expect(agrees(deviation[index], x.count == 1 ? .nan : variance.squareRoot(), dtype))
          let absolute = x.map(abs)
          let want: Double =
            order == 0 ? Double(x.filter { $0 != 0 }.count) : order == .infinity ? absolute.max()!
            : order == -.infinity ? absolute.min()! : pow(absolute.reduce(0) { $0 + pow($1, order) }, 1 / order)
          #expect(agrees(norm[index], want, dtype))
        }
      }
    }
  }

  /// Large enough to be divided between threads and into segments.
  @Test func longReductions() {
    let n = 400_000
    let x = Strided(LATHE_F32, [n])
    var dice = Dice(53)
    x.fill(&dice)
    let sum = (0..<n).reduce(0.0) { $0 + x[[$1]] }
    atEveryLevel { _ in
      let total = Strided(LATHE_F32, [1]), place = Strided(LATHE_I64, [1])
      var (i, t, p) = (x.view, total.view, place.view)
      #expect(lathe_reduce(LATHE_REDUCE_SUM, &i, 1, &t) == 0)
      #expect(abs(total[[0]] - sum) < 1e-2)
      let rows = Strided(LATHE_F32, [1, 40])
      var matrix = lathe_view_make(x.memory, Int32(LATHE_F32.rawValue), 2, [n / 40, 40], [40, 1]), r = rows.view
      #expect(lathe_reduce(LATHE_REDUCE_SUM, &matrix, 1, &r) == 0)
      for c in 0..<40 {
        #expect(abs(rows[[0, c]] - stride(from: c, to: n, by: 40).reduce(0.0) { $0 + x[[$1]] }) < 1e-3)
      }
      let touched = [n - 7, n - 3, n / 2, n / 2 + 9], before = touched.map { x[[$0]] }
      x[[n - 7]] = 5
      x[[n - 3]] = 5
      #expect(lathe_reduce(LATHE_REDUCE_ARGMAX, &i, 1, &p) == 0)
      #expect(place[[0]] == Double(n - 7))
      x[[n / 2]] = .nan
      x[[n / 2 + 9]] = .nan
      #expect(lathe_reduce(LATHE_REDUCE_ARGMIN, &i, 1, &p) == 0)
      #expect(place[[0]] == Double(n / 2))
      for (at, value) in zip(touched, before) { x[[at]] = value }
    }
  }

  @Test func nothingToReduce() {
    let nothing = Strided(LATHE_F32, [0, 3]), output = Strided(LATHE_F32, [1, 3])
    var (i, o) = (nothing.view, output.view)
    #expect(lathe_reduce(LATHE_REDUCE_MAX, &i, 1, &o) == 1)
    #expect(lathe_reduce(LATHE_REDUCE_PROD, &i, 1, &o) == 0)
    #expect((0..<3).allSatisfy { output[[0, $0]] == 1 })
    #expect(lathe_reduce(LATHE_REDUCE_MEAN, &i, 1, &o) == 0)
    #expect(output[[0, 1]].isNaN)
    #expect(lathe_reduce(LATHE_REDUCE_LOGSUMEXP, &i, 1, &o) == 0)
    #expect(output[[0, 2]] == -.infinity)
  }

  @Test func scansKeepRunningValuesAndPlaces() {
    var dice = Dice(54)
    for round in 0..<40 {
      var sizes = randomSizes(&dice)
      if sizes.isEmpty { sizes = [7] }
      let dtype = [LATHE_F32, LATHE_F64, LATHE_I64, LATHE_I32][round % 4]
      let dimension = dice.below(sizes.count)
      let input = Strided.random(dtype, sizes, &dice), output = Strided.random(LATHE_F64, sizes, &dice)
      let places = Strided(LATHE_I64, sizes)
      input.fillExactly(&dice, 9)
      for op in [LATHE_SCAN_SUM, LATHE_SCAN_MAX, LATHE_SCAN_MIN, LATHE_SCAN_LOGSUMEXP] {
        if op == LATHE_SCAN_LOGSUMEXP && !isFloating(dtype) { continue }
        var (i, o, p) = (input.view, output.view, places.view)
        if op == LATHE_SCAN_MAX || op == LATHE_SCAN_MIN { lathe_scan(op, &i, Int32(dimension), &o, &p) }
        else { lathe_scan(op, &i, Int32(dimension), &o, nil) }
        for index in samples(sizes, 8, &dice) {
          let line = (0...index[dimension]).map { input[replacing(index, dimension, $0)] }
          switch op {
          case LATHE_SCAN_SUM: #expect(output[index] == line.reduce(0, +))
          case LATHE_SCAN_LOGSUMEXP: #expect(abs(output[index] - log(line.reduce(0) { $0 + exp($1) })) < 1e-9)
          default:
            let best = op == LATHE_SCAN_MAX ? line.max()! : line.min()!
            #expect(output[index] == best && places[index] == Double(line.lastIndex(of: best)!))
          }
        }
      }
    }
  }

  @Test func sortsAreStableAndPutNaNLast() {
    var dice = Dice(55)
    for round in 0..<30 {
      var sizes = randomSizes(&dice)
      if sizes.isEmpty { sizes = [1] }
      if round == 0 { sizes = [2, 3000] }
      let dtype = [LATHE_F32, LATHE_BF16, LATHE_I32, LATHE_U8, LATHE_F64][round % 5], dimension = dice.below(sizes.count)
      let input = Strided.random(dtype, sizes, &dice), values = Strided.random(dtype, sizes, &dice), places = Strided(LATHE_I64, sizes)
      input.fillExactly(&dice, 6)
      if isFloating(dtype) { for index in samples(sizes, 5, &dice) { input[index] = .nan } }
      let taken = 1 + dice.below(sizes[dimension])
      let top = Strided(dtype, replacing(sizes, dimension, taken)), topPlaces = Strided(LATHE_I64, top.sizes)
      for descending in [false, true] {
        var (i, v, p, t, tp) = (input.view, values.view, places.view, top.view, topPlaces.view)
        lathe_sort(&i, Int32(dimension), descending, &v, &p)
        lathe_topk(&i, Int32(dimension), descending, &t, &tp)
        for start in samples(replacing(sizes, dimension, 1), 4, &dice) {
          let line = (0..<sizes[dimension]).map { input[replacing(start, dimension, $0)] }
          let greater: (Double, Double) -> Bool = { $0.isNaN ? !$1.isNaN : $0 > $1 }
          let order = line.indices.sorted { a, b in
            if descending ? greater(line[a], line[b]) : greater(line[b], line[a]) { return true }
            if descending ? greater(line[b], line[a]) : greater(line[a], line[b]) { return false }
            return a < b
          }
          for (k, want) in order.enumerated() {
            let index = replacing(start, dimension, k)
            #expect(places[index] == Double(want) && agrees(values[index], line[want], LATHE_F64))
            if k < taken { #expect(topPlaces[index] == Double(want) && agrees(top[index], line[want], LATHE_F64)) }
          }
        }
      }
    }
  }
}
