import Foundations
import LoopIR

/// Lanes across rows, each a row of its own: a work item is a piece of several vectors of rows that are walked together.
extension ReductionRenderer {
  private var width: Int { ReductionRenderer.pieceVectors }

  func columnBody() throws -> [String] {
    var lines: [String] = try rowLines(after: 0)
    if split != nil {
      return lines + columnAccumulators(1) + (try columnPass(1)) + ["for (int u = 0; u < used; u++) {"] + partials(1) { "s\($0)[u]" } + ["}"]
    }
    for pass in stride(from: 1, through: plan.passCount, by: 1) {
      lines += columnAccumulators(pass)
      lines += try columnPass(pass)
      lines += columnResults(pass)
      lines += try rowLines(after: pass)
    }
    return lines + (try columnStores())
  }
  private func columnStores() throws -> [String] {
    try perVector { count in try kernel.stores.indices.filter { plan.storePasses[$0] == nil }.map { try store($0, count, inSteps: false) } }
  }

  /// The results of a piece's rows of its chunks' partial ones.
  func columnFinish() throws -> [String] {
    var lines: [String] = try rowLines(after: 0)
    lines += columnAccumulators(1)
    lines += ["for (intptr_t part = 0; part < c->chunks; part++) {", "const \(KernelRenderer.name)_partial *x = &c->partials[item * c->chunks + part];"]
    lines.append("for (int u = 0; u < used; u++) {")
    lines += plan.reductions(1).map { value in
      let number: Int = numbers[value]!
      if isBlocked(value) { return "t\(number)[u] += x->t\(number)[u];" }
      return position(value)
        ? taken(value, "s\(number)[u]", "w\(number)[u]", "x->s\(number)[u]", "x->w\(number)[u]") : combined(value, "s\(number)[u]", "x->s\(number)[u]")
    }
    return lines + ["}", "}"] + columnResults(1) + (try rowLines(after: 1)) + (try columnStores())
  }

  /// A loop over the piece's whole vectors, then what is left of the last; nothing for an empty body.
  private func perVector(_ body: (String?) throws -> [String]) throws -> [String] {
    let whole: [String] = try body(nil)
    if whole.isEmpty { return [] }
    return ["for (int u = 0; u < vectors; u++) {", "const intptr_t at = u * LANES;", "(void)at;"] + whole
      + ["}", "if (count > 0) {", "const int u = vectors;", "const intptr_t at = u * LANES;", "(void)at;"] + (try body("count")) + ["}"]
  }

  private func rowLines(after pass: Int) throws -> [String] {
    let values: [LoopValue] = plan.rowValues(after: pass).filter { !schedule.arena[$0].operation.isReduction }
    var lines: [String] = try values.filter { !differsByLane($0) }.map {
      "const \(schedule.arena[$0].type.lanes) \(name($0)) = \(try text($0, nil, inSteps: false));"
    }
    let each: [LoopValue] = values.filter { differsByLane($0) }
    lines += each.map { "\(schedule.arena[$0].type.lanes) v\(numbers[$0]!)[\(width)];" }
    return lines + (try perVector { count in try each.map { "\(name($0)) = \(try text($0, count, inSteps: false));" } })
  }

  func columnAccumulators(_ pass: Int) -> [String] {
    var (lines, starts): ([String], [String]) = ([], [])
    for value in plan.reductions(pass) {
      let number: Int = numbers[value]!
      lines.append("\(accumulated(value).lanes) s\(number)[\(width)];")
      starts.append("s\(number)[u] = \(identity(value));")
      if isBlocked(value) {
        lines.append("lanes_d t\(number)[\(width)];")
        starts.append("t\(number)[u] = (lanes_d){0};")
      }
      if position(value) {
        lines.append("lanes_i w\(number)[\(width)];")
        starts.append("w\(number)[u] = GREATEST_I;")
      }
    }
    if starts.isEmpty { return [] }
    return lines + ["for (int u = 0; u < \(width); u++) {"] + starts + ["}"]
  }

  private func flush(_ pass: Int) -> [String] {
    plan.reductions(pass).filter(isBlocked).flatMap { value -> [String] in
      let number: Int = numbers[value]!
      return ["t\(number)[u] += D_FROM_F(s\(number)[u]);", "s\(number)[u] = (lanes_f){0};"]
    }
  }

  func columnPass(_ pass: Int) throws -> [String] {
    var body: [String] = try perVector { count in
      var lines: [String] = try elements(pass, count)
      lines += try plan.stores(pass).map { try store($0, count, inSteps: true) }
      return lines + plan.reductions(pass).map { value in
        let number: Int = numbers[value]!
        return position(value)
          ? taken(value, "s\(number)[u]", "w\(number)[u]", operand(value), operand(value, 1)) : combined(value, "s\(number)[u]", operand(value))
      }
    }
    let flush: [String] = flush(pass)
    let all: [String] = ["for (int u = 0; u < used; u++) {"] + flush + ["}"]
    if !flush.isEmpty, !steps.isEmpty {
      body += ["if (++terms == \(ReductionRenderer.block)) {", "terms = 0;"] + all + ["}"]
    }
    let loops: [String] = try stepping(body)
    return flush.isEmpty ? ["{"] + loops + ["}"] : ["{", "int terms = 0;", "(void)terms;"] + loops + all + ["}"]
  }

  func columnResults(_ pass: Int) -> [String] {
    plan.reductions(pass).map { value in
      let number: Int = numbers[value]!
      let result: String = "v\(number)[\(width)]"
      let source: String = isBlocked(value) ? "F_FROM_D(t\(number)[u])" : position(value) ? "w\(number)[u]" : "s\(number)[u]"
      return "\(schedule.arena[value].type.lanes) \(result); for (int u = 0; u < used; u++) v\(number)[u] = \(source);"
    }
  }
}
