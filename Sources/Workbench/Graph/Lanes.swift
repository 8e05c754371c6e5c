/// The lanes at the left of a graph's rows, as in `git log --graph`: a value that is still needed has a lane from its row to its last use.
///
/// The state between two rows is kept every `stride` rows, so that any window is drawn by walking at most that many rows.
/// Values that find no free lane below `cap` have none; rows that use them name them instead.
package struct Lanes: Sendable {
  package static let cap = 10
  static let stride = 256

  private let inputStart: [Int32]
  private let inputs: [Int32]
  /// The last row that uses a row's value, -1 for none.
  package private(set) var lastUse: [Int32]
  /// `cap` values for each multiple of `stride`: the row whose value is in the lane above that row, or -1.
  private var checkpoints: [Int32] = []
  /// Lanes that are ever taken.
  package private(set) var width: Int = 0

  /// What to draw at one row.
  package struct Drawing: Hashable, Sendable {
    /// The lane of the row's own node; `cap` where there was none left, -1 for a header.
    package var node: Int
    /// The row whose value is in each lane above the row, -1 for free ones.
    package var above: [Int32]
    /// The same below the row.
    package var below: [Int32]
    /// Lanes from which the row takes a value.
    package var taken: [Int]
    /// Rows it takes values from that have no lane.
    package var jumps: [Int]
  }

  init(inputStart: [Int32], inputs: [Int32], rowCount: Int) {
    (self.inputStart, self.inputs) = (inputStart, inputs)
    lastUse = Array(repeating: -1, count: rowCount)
    for row in 0..<rowCount { for position in Int(inputStart[row])..<Int(inputStart[row + 1]) { lastUse[Int(inputs[position])] = Int32(row) } }
    var state: [Int32] = Array(repeating: -1, count: Lanes.cap)
    var widest = 0
    checkpoints.reserveCapacity((rowCount / Lanes.stride + 1) * Lanes.cap)
    for row in 0..<rowCount {
      if row % Lanes.stride == 0 { checkpoints += state }
      widest = max(widest, advance(&state, row) + 1)
    }
    width = min(widest, Lanes.cap)
  }

  package func inputs(of row: Int) -> ArraySlice<Int32> { inputs[Int(inputStart[row])..<Int(inputStart[row + 1])] }

  /// Moves the state past a row and returns the lane of the row's node; -1 for a row without edges.
  private func advance(_ state: inout [Int32], _ row: Int) -> Int {
    let (start, end) = (Int(inputStart[row]), Int(inputStart[row + 1]))
    let isUsed = lastUse[row] >= 0
    if start == end && !isUsed { return -1 }
    return state.withUnsafeMutableBufferPointer { state in
      var lane = Lanes.cap
      for position in start..<end where lastUse[Int(inputs[position])] == Int32(row) {
        let input = inputs[position]
        for candidate in 0..<Lanes.cap where state[candidate] == input {
          state[candidate] = -1
          lane = min(lane, candidate)
          break
        }
      }
      if lane == Lanes.cap { lane = state.firstIndex(of: -1) ?? Lanes.cap }
      if lane < Lanes.cap, isUsed { state[lane] = Int32(row) }
      return lane
    }
  }

  /// The drawings of a window of rows.
  package func drawings(_ window: Range<Int>) -> [Drawing] {
    let window = window.clamped(to: 0..<lastUse.count)
    guard !window.isEmpty else { return [] }
    let checkpoint = window.lowerBound / Lanes.stride
    var state = Array(checkpoints[checkpoint * Lanes.cap..<(checkpoint + 1) * Lanes.cap])
    for row in checkpoint * Lanes.stride..<window.lowerBound { _ = advance(&state, row) }
    return window.map { row in
      let above = state
      let node = advance(&state, row)
      var taken: [Int] = []
      var jumps: [Int] = []
      for input in inputs(of: row) { if let lane = above.firstIndex(of: input) { taken.append(lane) } else { jumps.append(Int(input)) } }
      return Drawing(node: node, above: above, below: state, taken: taken, jumps: jumps)
    }
  }
}

extension Lanes.Drawing {
  /// The glyph of each lane and of the gap to its right, for the first `count` lanes; `mark` stands for the node.
  package func glyphs(count: Int, mark: Unicode.Scalar) -> [(Unicode.Scalar, lane: Int)] {
    let ends = taken + (node >= 0 ? [node] : [])
    let (low, high) = (ends.min() ?? 0, ends.max() ?? -1)
    var result: [(Unicode.Scalar, lane: Int)] = []
    for lane in 0..<count {
      let isHorizontal = taken.count > 0 && lane >= low && lane <= high
      let isAbove = lane < above.count && above[lane] >= 0
      let isBelow = lane < below.count && below[lane] >= 0
      if lane == node {
        result.append((mark, lane))
      } else if taken.contains(lane) {
        let goesOn = isBelow && below[lane] == above[lane]
        let glyph: Unicode.Scalar =
          if lane > node { lane == high ? (goesOn ? "┤" : "╯") : (goesOn ? "┼" : "┴") } else { lane == low ? (goesOn ? "├" : "╰") : (goesOn ? "┼" : "┴") }
        result.append((glyph, lane))
      } else if isAbove && isBelow {
        result.append(("│", lane))
      } else {
        result.append((isHorizontal ? "─" : " ", node))
      }
      result.append((taken.count > 0 && lane >= low && lane < high ? "─" : " ", node))
    }
    return result
  }
}
