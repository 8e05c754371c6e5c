import CRuntime
import Foundation
import Testing

@Suite struct IndexTests {
  static func random(_ sizes: [Int], below limit: Int, _ dice: inout Dice, _ dtype: lathe_dtype = LATHE_I64) -> Strided {
    let it = Strided.random(dtype, sizes, &dice)
    for index in indices(sizes) { it[index] = Double(dice.below(limit)) }
    return it
  }

  @Test func gathersSelectionsAndEmbeddings() {
    var dice = Dice(81)
    for round in 0..<60 {
      var sizes = randomSizes(&dice, most: 1000)
      if sizes.isEmpty { sizes = [6] }
      let dtype = allTypes[round % 10], dimension = dice.below(sizes.count)
      let input = Strided.random(dtype, sizes, &dice)
      input.fillExactly(&dice)
      var error = lathe_index_error()
      let places = Self.random(replacing(sizes, dimension, 1 + dice.below(9)), below: sizes[dimension], &dice, dice.coin() ? LATHE_I64 : LATHE_I32)
      let gathered = Strided.random(dtype, places.sizes, &dice)
      var (i, p, g) = (input.view, places.view, gathered.view)
      #expect(lathe_gather(&i, Int32(dimension), &p, &g, &error) == 0)
      #expect(indices(places.sizes).allSatisfy { gathered[$0] == input[replacing($0, dimension, Int(places[$0]))] })
      let chosen = Self.random([4], below: sizes[dimension], &dice), selected = Strided.random(dtype, replacing(sizes, dimension, 4), &dice)
      var (c, s) = (chosen.view, selected.view)
      #expect(lathe_index_select(&i, Int32(dimension), &c, &s, &error) == 0)
      #expect(indices(selected.sizes).allSatisfy { selected[$0] == input[replacing($0, dimension, Int(chosen[[$0[dimension]]]))] })
      for bad in [-1, sizes[dimension]] {
        chosen[[2]] = Double(bad)
        #expect(lathe_index_select(&i, Int32(dimension), &c, &s, &error) == 1)
        #expect(error.value == Int64(bad) && error.dimension == Int32(dimension) && error.size == sizes[dimension])
      }
    }
    let table = Strided(LATHE_F32, [50, 64]), words = Self.random([3, 4], below: 50, &dice), output = Strided(LATHE_F32, [3, 4, 64])
    table.fill(&dice)
    var (t, w, o) = (table.view, words.view, output.view)
    #expect(lathe_embedding(&t, &w, &o, nil) == 0)
    #expect(indices([3, 4, 64]).allSatisfy { output[$0] == table[[Int(words[[$0[0], $0[1]]]), $0[2]]] })
  }

  @Test func scattersInEveryForm() {
    var dice = Dice(82)
    let ops: [(lathe_scatter_op, (Double, Double) -> Double, Double)] = [
      (LATHE_SCATTER_SET, { $1 }, 0), (LATHE_SCATTER_ADD, { $0 + $1 }, 0), (LATHE_SCATTER_MULTIPLY, { $0 * $1 }, 1),
      (LATHE_SCATTER_MIN, { min($0, $1) }, .infinity), (LATHE_SCATTER_MAX, { max($0, $1) }, -.infinity),
      (LATHE_SCATTER_MEAN, { $0 + $1 }, 0),
    ]
    for round in 0..<40 {
      var sizes = randomSizes(&dice, most: 600)
      if sizes.isEmpty { sizes = [6] }
      let dtype = [LATHE_F32, LATHE_F64, LATHE_I64, LATHE_I32][round % 4], dimension = dice.below(sizes.count)
      for (op, combine, start) in ops {
        for keep in [true, false] {
          let target = Strided.random(dtype, sizes, &dice)
          target.fillExactly(&dice, 3)
          let places = Self.random(replacing(sizes, dimension, 1 + dice.below(5)), below: sizes[dimension], &dice)
          let source = Strided.random(dtype, places.sizes, &dice)
          source.fillExactly(&dice, 3)
          var want: [Int: Double] = [:], counts: [Int: Int] = [:]
          for index in indices(places.sizes) {
            let place = target.place(replacing(index, dimension, Int(places[index])))
            let old = want[place] ?? (keep || op == LATHE_SCATTER_SET ? target[at: place] : start)
            want[place] = combine(old, source[index])
            counts[place, default: keep ? 1 : 0] += 1
          }
          var (t, p, s) = (target.view, places.view, source.view)
          #expect(lathe_scatter(op, keep, &t, Int32(dimension), &p, &s, nil) == 0)
          for (place, value) in want {
            var expected = value
            if op == LATHE_SCATTER_MEAN {
              expected = value / Double(counts[place]!)
              if !isFloating(dtype) { expected = expected.rounded(.down) }
            }
            #expect(agrees(target[at: place], expected, LATHE_F32), "\(op) \(dtype) keep \(keep) \(sizes)")
          }
        }
      }
    }
  }

  /// x[rows, columns] with negative indices, read and written, over a trailing dimension kept whole.
  @Test func advancedIndexing() {
    var dice = Dice(83)
    let sizes = [5, 7, 3], space = [4, 6, 3]
    for dtype in allTypes {
      let x = Strided.random(dtype, sizes, &dice)
      x.fillExactly(&dice)
      let rows = Strided(LATHE_I64, [4]), columns = Strided(LATHE_I64, [6])
      for i in 0..<4 { rows[[i]] = Double(dice.below(10) - 5) }
      for i in 0..<6 { columns[[i]] = Double(dice.below(14) - 7) }
      func over(_ index: Strided, _ dimension: Int, _ strides: [Int]) -> lathe_index_operand {
        var it = lathe_index_operand()
        it.indices = lathe_view_make(index.memory, Int32(LATHE_I64.rawValue), 3, space, strides)
        (it.size, it.stride, it.dimension) = (sizes[dimension], x.strides[dimension], Int32(dimension))
        return it
      }
      let operands = [over(rows, 0, [1, 0, 0]), over(columns, 1, [0, 1, 0])]
      var base = lathe_view_make(x.memory, Int32(dtype.rawValue), 3, space, [0, 0, x.strides[2]])
      func place(_ index: [Int]) -> [Int] {
        let row = Int(rows[[index[0]]]), column = Int(columns[[index[1]]])
        return [row < 0 ? row + 5 : row, column < 0 ? column + 7 : column, index[2]]
      }
      let output = Strided(dtype, space)
      var o = output.view, error = lathe_index_error()
      #expect(lathe_index_gather(&base, 2, operands, &o, &error) == 0)
      #expect(indices(space).allSatisfy { output[$0] == x[place($0)] })
      let values = Strided(dtype, space)
      values.fillExactly(&dice)
      var v = values.view, last: [[Int]: Double] = [:]
      for index in indices(space) { last[place(index)] = values[index] }
      #expect(lathe_index_put(&base, 2, operands, &v, false, &error) == 0)
      #expect(last.allSatisfy { x[$0.key] == $0.value })
      columns[[3]] = 7
      #expect(lathe_index_gather(&base, 2, operands, &o, &error) == 1)
      #expect(error.value == 7 && error.dimension == 1 && error.size == 7)
    }
  }

  @Test func accumulatingPutsAddUp() {
    let x = Strided(LATHE_F32, [3]), places = Strided(LATHE_I64, [5]), values = Strided(LATHE_F32, [5])
    for (i, at) in [0, 2, -1, 0, 0].enumerated() { places[[i]] = Double(at); values[[i]] = Double(i + 1) }
    var operand = lathe_index_operand()
    operand.indices = places.view
    (operand.size, operand.stride) = (3, 1)
    var base = lathe_view_make(x.memory, Int32(LATHE_F32.rawValue), 1, [5], [0]), v = values.view
    #expect(lathe_index_put(&base, 1, &operand, &v, true, nil) == 0)
    #expect((0..<3).map { x[[$0]] } == [10, 0, 5])
  }

  @Test func masksInRowMajorOrder() {
    var dice = Dice(84)
    for round in 0..<40 {
      let sizes = randomSizes(&dice), dtype = allTypes[round % 10]
      let x = Strided.random(dtype, sizes, &dice), mask = Strided.random(LATHE_BOOL, sizes, &dice)
      x.fillExactly(&dice)
      mask.fillExactly(&dice)
      let set = indices(sizes).filter { mask[$0] != 0 }
      var (xv, m) = (x.view, mask.view)
      #expect(lathe_nonzero_count(&m) == set.count)
      let coordinates = Strided(LATHE_I64, [set.count, sizes.count]), chosen = Strided(dtype, [set.count], gap: 2)
      var (cv, o) = (coordinates.view, chosen.view)
      lathe_nonzero_fill(&m, &cv)
      lathe_masked_select(&xv, &m, &o)
      for (k, index) in set.enumerated() {
        #expect(chosen[[k]] == x[index] && sizes.indices.allSatisfy { coordinates[[k, $0]] == Double(index[$0]) })
      }
      chosen.fillExactly(&dice)
      #expect(lathe_masked_scatter(&xv, &m, &o) == 0)
      #expect(set.enumerated().allSatisfy { x[$0.element] == chosen[[$0.offset]] })
      if set.count > 0 {
        let few = Strided(dtype, [set.count - 1])
        var short = few.view
        #expect(lathe_masked_scatter(&xv, &m, &short) == 1)
      }
    }
  }

  @Test func searchesSortedRows() {
    var dice = Dice(85)
    for round in 0..<20 {
      let dtype = [LATHE_F32, LATHE_I64][round % 2], sorted = Strided(dtype, [3, 20]), values = Strided(dtype, [3, 9]), found = Strided(LATHE_I64, [3, 9])
      sorted.fillExactly(&dice, 8)
      values.fillExactly(&dice, 10)
      for r in 0..<3 { for (i, x) in (0..<20).map({ sorted[[r, $0]] }).sorted().enumerated() { sorted[[r, i]] = x } }
      for right in [false, true] {
        var (s, v, f) = (sorted.view, values.view, found.view)
        #expect(lathe_searchsorted(&s, nil, &v, right, &f, nil) == 0)
        for index in indices([3, 9]) {
          let below = (0..<20).filter { right ? sorted[[index[0], $0]] <= values[index] : sorted[[index[0], $0]] < values[index] }
          #expect(found[index] == Double(below.count))
        }
      }
    }
  }
}
