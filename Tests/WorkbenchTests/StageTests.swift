import Engine
import Foundations
import Graphs
import Testing

@testable import Workbench

/// What is known of the graphs that passes leave, against searches written out.
@Suite struct StageTests {
  private let graph = Fixture.transformer(blocks: 4)

  @Test func lostNodesAreThoseThatNothingComesFrom() throws {
    let passes = Fixture.passes(of: graph)
    let stages = GraphStages(graph, passes: passes)
    #expect(stages.all.map(\.pass) == ["", "first", "last"] && stages.areKnown && !GraphStages(graph).areKnown)
    let last = try #require(passes[2].graph)
    for node in graph.nodes.indices {
      #expect((stages.pass(thatLost: node) == "last") == !last.nodes.contains { Int($0.origin) == node }, "node \(node)")
    }
  }

  @Test func kernelsOfNodesAreThoseThatListThem() throws {
    let report = Fixture.compilation(of: graph)
    let last = try #require(report.passes[2].graph)
    let program = NodeKernels(nodeCount: graph.nodes.count, nodes: report.kernels.map(\.nodes), compilation: 1)
    let final = NodeKernels(nodeCount: last.nodes.count, nodes: report.kernels.map(\.lastNodes), compilation: 1)
    for node in graph.nodes.indices {
      #expect(program.kernels(of: node).map { Int($0) } == report.kernels.indices.filter { report.kernels[$0].nodes.contains(node) })
    }
    for node in last.nodes.indices {
      #expect(final.kernels(of: node).map { Int($0) } == report.kernels.indices.filter { report.kernels[$0].lastNodes.contains(node) })
    }
    let first = try #require(report.passes[0].graph)
    let middle = NodeKernels(first, program: program)
    for node in first.nodes.indices where GraphIndex.isComputed(first.nodes[node].operation) {
      #expect(middle.kernels(of: node) == program.kernels(of: Int(first.nodes[node].origin)))
    }
    // What is spread over the nodes is what the kernels took.
    let seconds = report.kernels.indices.map { Double($0 + 1) * 1e-4 }
    for kernels in [program, middle] { #expect(abs(Double(kernels.spread(seconds).reduce(0, +)) - seconds.reduce(0, +)) < 1e-6) }
  }

  @Test func foldsAreTakenOverByPath() throws {
    let first = try #require(Fixture.passes(of: graph)[0].graph)
    let (index, later) = (GraphIndex(graph), GraphIndex(first))
    var folds = Folds(index)
    folds.setAll(closed: false, in: index.modules)
    folds.closedModules[try #require(index.modules.module(at: "h.2"))] = true
    var taken = Folds(later)
    taken.take(folds, of: index.modules, in: later.modules)
    for (number, module) in later.modules.modules.enumerated() { #expect(taken.closedModules[number] == (module.path == "h.2")) }
    #expect(!taken.closedGroups.contains(true))
  }

  @Test func aTrendIsTheMeanBetweenReports() {
    var trend = KernelTrend()
    trend.add(KernelTime(name: "k", calls: 10, nanoseconds: 1000), after: nil)
    trend.add(KernelTime(name: "k", calls: 14, nanoseconds: 3000), after: KernelTime(name: "k", calls: 10, nanoseconds: 1000))
    trend.add(KernelTime(name: "k", calls: 14, nanoseconds: 3000), after: KernelTime(name: "k", calls: 14, nanoseconds: 3000))
    #expect(trend.means == [100e-9, 500e-9])
    #expect(Glyphs.trend([1, 1, 1] as [Float]) == "▅▅▅" && Glyphs.trend([1, 9] as [Float]) == "▁█" && Glyphs.trend([0, 0] as [Float]) == "▁▁")
    for _ in 0..<100 { trend.add(KernelTime(name: "k", calls: 1, nanoseconds: 1), after: nil) }
    #expect(trend.means.count == KernelTrend.length)
  }

  @Test func sourceFiltersSelectWhatALineGave() {
    let index = GraphIndex(graph)
    for (text, isMatch) in [("source:tiny.py:12", true), ("source:tiny.py:1", false), ("source:tiny.py", true), ("source:linear.py:125", true), ("source:other.py", false)] {
      #expect(GraphFilter(text).matches(index) == graph.nodes.indices.map { index.isDrawn[$0] && graph.nodes[$0].stackTrace >= 0 && isMatch }, "\(text)")
    }
  }
}
