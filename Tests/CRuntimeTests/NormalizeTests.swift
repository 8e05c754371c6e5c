import CRuntime
import Foundation
import Testing

@Suite struct NormalizeTests {
  @Test func softmaxAlongAnyDimension() {
    var dice = Dice(61)
    atEveryLevel { level in
      for round in 0..<60 {
        var sizes = randomSizes(&dice)
        if sizes.isEmpty { sizes = [5] }
        let dtype = floatingTypes[round % 4], dimension = dice.below(sizes.count)
        let order = Array(sizes.indices).shuffled(using: &dice)
        let input = Strided(dtype, sizes, order: order), output = Strided(dtype, sizes, order: order)
        input.fillExactly(&dice, 9)
        for logarithm in [false, true] {
          var (i, o) = (input.view, output.view)
          if logarithm { lathe_log_softmax(&i, Int32(dimension), &o) } else { lathe_softmax(&i, Int32(dimension), &o) }
          for index in samples(sizes, 8, &dice) {
            let line = (0..<sizes[dimension]).map { input[replacing(index, dimension, $0)] }
            let top = line.max()!, total = line.reduce(0) { $0 + exp($1 - top) }
            let want = logarithm ? input[index] - top - log(total) : exp(input[index] - top) / total
            #expect(agrees(output[index], want, dtype), "\(sizes) along \(dimension), level \(level)")
          }
        }
      }
    }
  }

  @Test func softmaxOfInfinitiesIsNaN() {
    let x = Strided(LATHE_F32, [3])
    for i in 0..<3 { x[[i]] = -.infinity }
    var v = x.view
    lathe_softmax(&v, 0, &v)
    #expect((0..<3).allSatisfy { x[[$0]].isNaN })
  }

  @Test func layerAndRMSNorm() {
    var dice = Dice(62)
    atEveryLevel { level in
      for round in 0..<60 {
        var sizes = randomSizes(&dice)
        if sizes.isEmpty { sizes = [40] }
        let dtype = floatingTypes[round % 4], trailing = 1 + dice.below(sizes.count), outer = sizes.count - trailing
        let input = Strided.random(dtype, sizes, &dice), output = Strided.random(dtype, sizes, &dice)
        let shape = Array(sizes[outer...]), weight = Strided.random(dtype, shape, &dice), bias = Strided.random(dtype, shape, &dice)
        let small = Array(sizes[..<outer]) + shape.map { _ in 1 }, mean = Strided(LATHE_F64, small), rstd = Strided(LATHE_F64, small)
        for it in [input, weight, bias] { it.fill(&dice) }
        for centered in [true, false] {
          var (i, o, w, b, m, r) = (input.view, output.view, weight.view, bias.view, mean.view, rstd.view)
          if centered { lathe_layer_norm(&i, Int32(trailing), &w, &b, 1e-2, &o, &m, &r) }
          else { lathe_rms_norm(&i, Int32(trailing), &w, 1e-2, &o, &r) }
          for index in samples(sizes, 5, &dice) {
            let row = indices(shape).map { input[Array(index[..<outer]) + $0] }
            let average = centered ? row.reduce(0, +) / Double(row.count) : 0
            let scale = 1 / (row.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(row.count) + 1e-2).squareRoot()
            let inner = Array(index[outer...]), at = Array(index[..<outer]) + shape.map { _ in 0 }
            let want = (input[index] - average) * scale * weight[inner] + (centered ? bias[inner] : 0)
            #expect(agrees(output[index], want, dtype, scale: 4), "\(sizes), last \(trailing), level \(level)")
            #expect(agrees(rstd[at], scale, LATHE_F32))
            if centered { #expect(agrees(mean[at], average, LATHE_F32)) }
          }
        }
      }
    }
  }

  @Test func groupAndBatchNormInBothLayouts() {
    var dice = Dice(63)
    atEveryLevel { level in
      for round in 0..<40 {
        let dtype = floatingTypes[round % 4], groups = 1 + dice.below(4), channels = groups * (1 + dice.below(5))
        let sizes = [1 + dice.below(3), channels, 1 + dice.below(9), 1 + dice.below(9)]
        let order = dice.coin() ? [0, 1, 2, 3] : [0, 2, 3, 1]
        let input = Strided(dtype, sizes, order: order), output = Strided(dtype, sizes, order: order)
        let parameters = (0..<4).map { _ in Strided(dtype, [channels]) }
        for it in [input] + parameters { it.fill(&dice) }
        for c in 0..<channels { parameters[3][[c]] = abs(parameters[3][[c]]) + 0.5 }
        let means = Strided(LATHE_F64, [sizes[0], groups]), rstds = Strided(LATHE_F64, [sizes[0], groups])
        var (i, o, w, b, m, v) = (input.view, output.view, parameters[0].view, parameters[1].view, parameters[2].view, parameters[3].view)
        var (gm, gr) = (means.view, rstds.view)
        lathe_group_norm(&i, Int32(groups), &w, &b, 1e-3, &o, &gm, &gr)
        let each = channels / groups
        for index in samples(sizes, 6, &dice) {
          let group = index[1] / each
          let row = indices([each, sizes[2], sizes[3]]).map { input[[index[0], group * each + $0[0], $0[1], $0[2]]] }
          let average = row.reduce(0, +) / Double(row.count)
          let scale = 1 / (row.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(row.count) + 1e-3).squareRoot()
          let want = (input[index] - average) * scale * parameters[0][[index[1]]] + parameters[1][[index[1]]]
          // few elements with nearly one value: the scale magnifies the rounding of the mean
          #expect(agrees(output[index], want, dtype, scale: 10 + scale), "\(sizes) \(order), level \(level)")
          #expect(agrees(means[[index[0], group]], average, LATHE_F32))
        }
        lathe_batch_norm(&i, &m, &v, &w, &b, 1e-3, &o)
        let (mean, variance) = (Strided(LATHE_F64, [channels]), Strided(LATHE_F64, [channels]))
        var (sm, sv) = (mean.view, variance.view)
        lathe_batch_norm_statistics(&i, &sm, &sv)
        for index in samples(sizes, 6, &dice) {
          let c = [index[1]]
          let want = (input[index] - parameters[2][c]) / (parameters[3][c] + 1e-3).squareRoot() * parameters[0][c] + parameters[1][c]
          #expect(agrees(output[index], want, dtype, scale: 2))
          let row = indices([sizes[0], sizes[2], sizes[3]]).map { input[[$0[0], c[0], $0[1], $0[2]]] }
          let average = row.reduce(0, +) / Double(row.count)
          #expect(agrees(mean[c], average, LATHE_F32))
          #expect(agrees(variance[c], row.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(row.count), LATHE_F32))
        }
      }
    }
  }
}
