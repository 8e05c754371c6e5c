import Foundations

/// A line of source in a pane: comments dim, the chosen one on the cursor's ground.
enum CodeLineView {
  /// - Parameters:
  ///   - column: columns that are scrolled out at the left.
  ///   - neededBy: the line of the model that it comes from, written behind it.
  static func draw(_ grid: inout Grid, _ text: Substring, column: Int, neededBy frame: SourceFrame? = nil, _ area: Rect, isChosen: Bool) {
    let ground: Role = isChosen ? .cursor : .text
    if isChosen { grid.tint(area, ground: .cursor) }
    let start = text.drop { $0 == " " }
    let isComment = start.hasPrefix("//") || start.hasPrefix("#")
    let used = grid.write(text.dropFirst(column), area.x + 1, area.y, width: area.width - 1, isComment ? .dim : .source, on: ground)
    if let frame {
      grid.write("# \(frame.place)  \(frame.text)", area.x + used + 3, area.y, width: area.width - used - 3, .sourceLine, on: ground)
    }
  }
}
