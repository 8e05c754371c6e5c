import Compiler
import Foundation
import Foundations
import Graphs
import Operators
import Tensors

/// Many drawn graphs, compiled and compared, several at once.
struct FuzzRun: Sendable {
  enum Outcome: Sendable {
    case agrees(compared: Int, undetermined: Int)
    /// The compiler says that it cannot compile this.
    case refused(String)
    /// A report with the seed, what is wrong and the shrunk graph.
    case failed(String)
  }
  struct Summary: Sendable {
    var graphs: Int = 0
    var nodes: Int = 0
    var compared: Int = 0
    var undetermined: Int = 0
    var operators: Set<String> = []
    var refusals: [String: Int] = [:]
    var failures: [(seed: UInt64, report: String)] = []

    var description: String {
      let all: Set<String> = Set(FuzzGenerator.records.map(\.name.text))
      let missing: [String] = all.subtracting(operators).sorted()
      var lines: [String] = [
        "\(graphs) graphs of \(nodes) calls; \(compared) elements compared, \(undetermined) undetermined; \(failures.count) failures",
        "\(operators.count) of \(all.count) operators met; not met: \(missing.prefix(100).joined(separator: ", "))\(missing.count > 100 ? ", …" : "")",
      ]
      for (text, count) in refusals.sorted(by: { $0.value > $1.value }) { lines.append("refused \(count) times: \(text)") }
      return lines.joined(separator: "\n")
    }
  }

  let toolchain: Toolchain
  let cache: KernelCache
  /// Candidates that shrinking one failure may try.
  var shrinkLimit: Int = 150

  init(folder: String) throws {
    toolchain = Toolchain(compiler: try CCompiler.find(), width: 1)
    cache = KernelCache(folder: folder, capacity: 100_000_000, temporaryFolder: NSTemporaryDirectory())
  }

  /// - Parameter report: told each graph's outcome as it is known.
  func run(_ seeds: some Sequence<UInt64>, report: @escaping @Sendable (UInt64, Outcome) -> Void = { _, _ in }) async -> Summary {
    var summary = Summary()
    await withTaskGroup(of: (UInt64, Outcome, [String]).self) { group in
      var waiting = Array(seeds)[...]
      for _ in 0..<ProcessInfo.processInfo.activeProcessorCount {
        if let seed = waiting.popFirst() { group.addTask { run(seed) } }
      }
      for await (seed, outcome, operators) in group {
        if let seed = waiting.popFirst() { group.addTask { run(seed) } }
        report(seed, outcome)
        summary.graphs += 1
        summary.nodes += operators.count
        summary.operators.formUnion(operators)
        switch outcome {
        case .agrees(let compared, let undetermined):
          summary.compared += compared
          summary.undetermined += undetermined
        case .refused(let text): summary.refusals[text.replacing(#/node \w+: ?|node \w+ |[0-9]+/#, with: ""), default: 0] += 1
        case .failed(let report): summary.failures.append((seed, report))
        }
      }
    }
    return summary
  }

  /// Draws the graph of a seed and checks it.
  func run(_ seed: UInt64) -> (UInt64, Outcome, [String]) {
    FuzzTrace.say("seed \(seed)")
    var generator = FuzzGenerator(seed: seed)
    let draw: FuzzGenerator.Draw
    do { draw = try generator.draw() } catch let error as LatheError where error.kind == .unsupported {
      return (seed, .refused("\(error)"), [])
    } catch {
      return (seed, .failed("seed \(seed): a shape rule refuses what runs eagerly: \(error)\n\(generator.graph.calls.map { "\($0.record.name)" })"), [])
    }
    return (seed, outcome(of: draw, "seed \(seed)"), draw.first.graph.operators)
  }

  func outcome(of draw: FuzzGenerator.Draw, _ title: String) -> Outcome {
    let verdict: GraphVerdict = draw.first.check(toolchain: toolchain, cache: cache)
    switch verdict {
    case .agrees(var compared, var undetermined):
      guard let second = draw.second else { return .agrees(compared: compared, undetermined: undetermined) }
      switch checkSecond(second, compiledFor: draw.first) {
      case .agrees(let more, let unsure)?: (compared, undetermined) = (compared + more, undetermined + unsure)
      case let verdict? where verdict.failure != nil:
        return .failed(shrunk(draw.first, verdict, title + " at its second sizes") { smaller in
          guard let other = second.restricted(to: smaller) else { return nil }
          return checkSecond(other, compiledFor: smaller)
        })
      default: break
      }
      return .agrees(compared: compared, undetermined: undetermined)
    case .refused(let text): return .refused(text)
    case .invalid(let text): return .failed("\(title): the eager run fails: \(text)\n\(draw.first.description)")
    case .doesNotCompile, .doesNotRun, .differs: return .failed(shrunk(draw.first, verdict, title) { $0.check(toolchain: toolchain, cache: cache) })
    }
  }

  /// Runs what was compiled for one set of sizes at another; nil where that broke a decision that the compiler took on sizes.
  private func checkSecond(_ second: GraphCase, compiledFor first: GraphCase) -> GraphVerdict? {
    guard let compiled = try? GraphCase.Compiled(first, toolchain: toolchain, cache: cache) else { return nil }
    for decision in compiled.environment.decisions {
      guard let left = decision.left.evaluate({ second.hints[$0] }), let right = decision.right.evaluate({ second.hints[$0] }) else { return nil }
      let holds: Bool =
        switch decision.relation {
        case .equal: left == right
        case .notEqual: left != right
        case .less: left < right
        case .greaterOrEqual: left >= right
        }
      if !holds { return nil }
    }
    let verdict: GraphVerdict = second.check(compiled)
    if case .invalid = verdict { return nil }
    return verdict
  }

  private func shrunk(_ start: GraphCase, _ verdict: GraphVerdict, _ title: String, _ check: (GraphCase) -> GraphVerdict?) -> String {
    var last: GraphVerdict = verdict
    let small: GraphCase? = withoutActuallyEscaping(check) { check in
      try? GraphShrinker.shrink(start, limit: shrinkLimit) { candidate in
        guard let found = check(candidate), found.failure == verdict.failure else { return false }
        last = found
        return true
      }
    }
    return "\(title): \(verdict.sentence)\nshrunk from \(start.callCount) to \(small?.callCount ?? start.callCount) calls: \(last.sentence)\n\((small ?? start).description)"
  }
}

extension GraphCase {
  /// This case's inputs for the inputs that a shrunk graph still has, by name; nil where the shrunk one has others.
  fileprivate func restricted(to smaller: GraphCase) -> GraphCase? {
    let known: [String: Tensor] = inputsByName
    var result: GraphCase = smaller
    result.hints = hints
    for (place, id) in smaller.graph.placeholders.enumerated() {
      guard let tensor = known[smaller.graph[id].name] else { return nil }
      result.inputs[place] = tensor
    }
    return result
  }
}
