/// The columns of the table of kernels that a width has room for, with the places where they end.
struct KernelColumns {
  enum Kind { case calls, total, mean, p99, share, bar, operations, bytes, limit, by, name, trend }
  struct Column {
    var kind: Kind
    /// From the pane's left edge; numbers end before `end`.
    var start: Int
    var end: Int
  }
  private(set) var columns: [Column] = []

  /// - Parameter width: of the pane.
  init(width: Int) {
    let widths: [(Kind, Int)]
    switch width {
    case 112...:
      widths = [(.calls, 9), (.total, 10), (.mean, 10), (.p99, 10), (.share, 6), (.bar, 7), (.operations, 8), (.bytes, 7), (.limit, 13)]
    case 96...: widths = [(.calls, 9), (.total, 10), (.mean, 10), (.share, 6), (.bar, 7), (.operations, 8), (.bytes, 7), (.limit, 13)]
    case 76...: widths = [(.calls, 8), (.total, 10), (.mean, 10), (.share, 6), (.operations, 8), (.bytes, 6), (.limit, 8)]
    case 56...: widths = [(.calls, 9), (.total, 10), (.mean, 10), (.share, 6), (.bar, 7)]
    default: widths = [(.calls, 8), (.total, 10), (.share, 6)]
    }
    var x = 0
    for (kind, width) in widths {
      columns.append(Column(kind: kind, start: x, end: x + width))
      x += width
    }
    columns.append(Column(kind: .by, start: x + 1, end: x + 3))
    let trendWidth = width >= 112 ? 16 : 0
    columns.append(Column(kind: .name, start: x + 4, end: width - 1 - (trendWidth > 0 ? trendWidth + 1 : 0)))
    if trendWidth > 0 { columns.append(Column(kind: .trend, start: width - 1 - trendWidth, end: width - 1)) }
  }
}
