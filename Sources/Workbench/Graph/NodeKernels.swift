import Engine
import Foundations
import Graphs

/// Which kernels compute each node of a graph, in compressed rows.
package struct NodeKernels: Sendable {
  /// Tells compilations apart.
  package let compilation: Int
  private let start: [Int32]
  private let kernels: [Int32]
  /// Nodes that each kernel computes.
  private let counts: [Int32]

  /// - Parameter nodes: the nodes of each kernel, by kernel number.
  package init(nodeCount: Int, nodes: [[Int]], compilation: Int) {
    var start: [Int32] = Array(repeating: 0, count: nodeCount + 1)
    for list in nodes { for node in list where node < nodeCount { start[node + 1] += 1 } }
    for node in 0..<nodeCount { start[node + 1] += start[node] }
    var next = start
    var kernels: [Int32] = Array(repeating: 0, count: Int(start[nodeCount]))
    for (kernel, list) in nodes.enumerated() {
      for node in list where node < nodeCount {
        kernels[Int(next[node])] = Int32(kernel)
        next[node] += 1
      }
    }
    (self.start, self.kernels, self.compilation) = (start, kernels, compilation)
    counts = nodes.map { Int32($0.count) }
  }

  /// For a graph between the program's own and the last: each node is taken to end where the program's node it comes from does.
  package init(_ graph: Graph, program: NodeKernels) {
    var start: [Int32] = [0]
    var kernels: [Int32] = []
    var counts: [Int32] = Array(repeating: 0, count: program.counts.count)
    start.reserveCapacity(graph.nodes.count + 1)
    for node in graph.nodes.indices {
      let origin = Int(graph.nodes[node].origin)
      if origin >= 0, GraphIndex.isComputed(graph.nodes[node].operation) {
        for kernel in program.kernels(of: origin) {
          kernels.append(kernel)
          counts[Int(kernel)] += 1
        }
      }
      start.append(Int32(kernels.count))
    }
    (self.start, self.kernels, self.counts, compilation) = (start, kernels, counts, program.compilation)
  }

  package func kernels(of node: Int) -> ArraySlice<Int32> { node + 1 < start.count ? kernels[Int(start[node])..<Int(start[node + 1])] : [] }

  /// The seconds of each kernel in a call of the program, spread evenly over the nodes that it computes.
  /// - Parameter seconds: by kernel.
  package func spread(_ seconds: [Double]) -> [Float] {
    var samples: [Float] = Array(repeating: 0, count: start.count - 1)
    let shares = counts.indices.map { seconds.indices.contains($0) && counts[$0] > 0 ? Float(seconds[$0] / Double(counts[$0])) : 0 }
    for node in samples.indices {
      for position in Int(start[node])..<Int(start[node + 1]) { samples[node] += shares[Int(kernels[position])] }
    }
    return samples
  }
}

extension GraphIndex {
  /// Whether an operation computes something, as placeholders and the output do not.
  package static func isComputed(_ operation: Graph.Operation) -> Bool {
    switch operation {
    case .call, .getItem: true
    case .placeholder, .output: false
    }
  }
}
