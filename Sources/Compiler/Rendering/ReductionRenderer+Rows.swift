import Foundations
import LoopIR

/// Lanes along a row: a work item is a row; partial results in lanes and in several accumulators are combined at the row's end.
extension ReductionRenderer {
  /// Vectors that a pass takes at a time, each with accumulators of its own: more where little is done with them.
  private func width(_ pass: Int) -> Int {
    if plan.reductions(pass).isEmpty { return 1 }
    let cost: Int = plan.elementValues(pass, kernel).map { schedule.arena[$0].operation.cost }.reduce(0, +)
    return cost <= 8 ? 4 : cost <= 24 ? 2 : 1
  }

  func rowBody() throws -> [String] {
    var lines: [String] = []
    for (index, type) in plan.rowBuffers.enumerated() {
      lines.append("\(type == .double ? "double" : "float") row\(index)[\(try CText.size(laneSize)) + LANES] __attribute__((aligned(64)));")
    }
    lines += try rowValues(after: 0)
    if split != nil { return lines + accumulators(1, width(1)) + (try pass(1)) + merged(1) + partials(1) { "s\($0)_0" } }
    for pass in stride(from: 1, through: plan.passCount, by: 1) {
      lines += accumulators(pass, width(pass))
      lines += try self.pass(pass)
      lines += merged(pass)
      lines += results(pass)
      lines += try rowValues(after: pass)
    }
    lines += try rowStores()
    return lines
  }

  /// The row's results of its chunks' partial ones.
  func rowFinish() throws -> [String] {
    var lines: [String] = try rowValues(after: 0)
    lines += accumulators(1, 1)
    lines += ["for (intptr_t part = 0; part < c->chunks; part++) {", "const \(KernelRenderer.name)_partial *x = &c->partials[item * c->chunks + part];"]
    lines += plan.reductions(1).map { value in
      let number: Int = numbers[value]!
      if isBlocked(value) { return "t\(number) += x->t\(number);" }
      return position(value)
        ? taken(value, "s\(number)_0", "w\(number)_0", "x->s\(number)", "x->w\(number)") : combined(value, "s\(number)_0", "x->s\(number)")
    }
    return lines + ["}"] + results(1) + (try rowValues(after: 1)) + (try rowStores())
  }

  /// What is the same for a row and known after a pass.
  func rowValues(after pass: Int) throws -> [String] {
    try plan.rowValues(after: pass).compactMap { value in
      if schedule.arena[value].operation.isReduction { return nil }
      return "const \(schedule.arena[value].type.lanes) \(name(value)) = \(try text(value, nil, inSteps: false));"
    }
  }
  func rowStores() throws -> [String] {
    try kernel.stores.indices.filter { plan.storePasses[$0] == nil }.map { try store($0, "1", inSteps: false) }
  }

  func accumulators(_ pass: Int, _ width: Int) -> [String] {
    plan.reductions(pass).flatMap { value in
      let number: Int = numbers[value]!
      let lanes: String = accumulated(value).lanes
      var lines: [String] = (0..<width).map { "\(lanes) s\(number)_\($0) = \(identity(value));" }
      if isBlocked(value) { lines.append("lanes_d t\(number) = {0};") }
      if position(value) { lines += (0..<width).map { "lanes_i w\(number)_\($0) = GREATEST_I;" } }
      return lines
    }
  }

  private func steps(_ pass: Int, _ accumulator: Int, _ count: String?) -> [String] {
    plan.reductions(pass).map { value in
      let number: Int = numbers[value]!
      let suffix: String = accumulated(value).suffix
      let operand: String = count.map { "select_\(suffix)(first_lanes(\($0)), \(self.operand(value)), \(identity(value)))" } ?? self.operand(value)
      let sum: String = "s\(number)_\(accumulator)"
      guard position(value) else { return combined(value, sum, operand) }
      let place: String = self.operand(value, 1)
      return taken(value, sum, "w\(number)_\(accumulator)", operand, count.map { "select_i(first_lanes(\($0)), \(place), GREATEST_I)" } ?? place)
    }
  }
  private func vector(_ pass: Int, _ accumulator: Int, _ at: String, _ count: String?) throws -> [String] {
    var lines: [String] = ["const intptr_t at = \(at);", "(void)at;"]
    if count == nil, pass == fetchingPass { lines += try fetches() }
    lines += try elements(pass, count)
    lines += try plan.stores(pass).map { try store($0, count, inSteps: true) }
    return lines + steps(pass, accumulator, count)
  }

  /// f32 sums go on to f64.
  private func flush(_ pass: Int) -> [String] {
    let width: Int = width(pass)
    return plan.reductions(pass).filter(isBlocked).flatMap { value -> [String] in
      let number: Int = numbers[value]!
      let sums: [String] = (0..<width).map { "s\(number)_\($0)" }
      let total: String = width == 4 ? "(\(sums[0]) + \(sums[1])) + (\(sums[2]) + \(sums[3]))" : sums.joined(separator: " + ")
      return ["t\(number) += D_FROM_F(\(total));"] + sums.map { "\($0) = (lanes_f){0};" }
    }
  }

  func pass(_ pass: Int) throws -> [String] {
    let width: Int = width(pass)
    let flush: [String] = flush(pass)
    var body: [String] = ["intptr_t j = \(split != nil && steps.isEmpty ? "from" : "0");"]
    if width > 1 || !flush.isEmpty {
      body.append("while (j + \(width) * LANES <= n) {")
      if flush.isEmpty { body.append("const intptr_t stop = n;") } else {
        body.append("const intptr_t stop = n - j < \(width * ReductionRenderer.block) * LANES ? n : j + \(width * ReductionRenderer.block) * LANES;")
      }
      body.append("for (; j + \(width) * LANES <= stop; j += \(width) * LANES) {")
      for part in 0..<width { body += ["{"] + (try vector(pass, part, part == 0 ? "j" : "j + \(part) * LANES", nil)) + ["}"] }
      body.append("}")
      body += flush
      body.append("}")
    }
    if width > 1 || flush.isEmpty { body += ["for (; j + LANES <= n; j += LANES) {"] + (try vector(pass, 0, "j", nil)) + ["}"] }
    body += ["if (j < n) {", "const int count = (int)(n - j);"] + (try vector(pass, 0, "j", "count")) + ["}"]
    body += flush
    return ["{"] + (try stepping(body)) + ["}"]
  }

  /// The accumulators of a pass brought together in the first.
  private func merged(_ pass: Int) -> [String] {
    plan.reductions(pass).filter { !isBlocked($0) }.flatMap { value -> [String] in
      let number: Int = numbers[value]!
      return (1..<max(width(pass), 1)).map { part in
        position(value)
          ? taken(value, "s\(number)_0", "w\(number)_0", "s\(number)_\(part)", "w\(number)_\(part)")
          : combined(value, "s\(number)_0", "s\(number)_\(part)")
      }
    }
  }

  /// The reductions of a pass, of what their first accumulators hold.
  private func results(_ pass: Int) -> [String] {
    plan.reductions(pass).map { value in
      let number: Int = numbers[value]!
      if isBlocked(value) { return "const lanes_f \(name(value)) = F_FROM_D(sum_across_d(t\(number)));" }
      guard position(value) else { return "const \(schedule.arena[value].type.lanes) \(name(value)) = \(acrossLanes(value, "s\(number)_0"));" }
      let which: String = schedule.arena[value].operation == .reducePositionOfMaximum ? "maximum" : "minimum"
      return "const lanes_i \(name(value)) = position_of_\(which)_\(accumulated(value).suffix)(s\(number)_0, w\(number)_0);"
    }
  }
}
