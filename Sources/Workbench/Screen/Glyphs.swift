/// What stands for a drawing glyph on a terminal that has only ASCII; the widths are equal, so layouts do not move.
package enum Glyphs {
  package static func ascii(_ scalar: UInt32) -> UInt32 {
    guard scalar > 126 else { return scalar }
    return table[scalar] ?? UInt32(UInt8(ascii: "?"))
  }

  private static let table: [UInt32: UInt32] = {
    let pairs: [(String, String)] = [
      ("─━═", "-"), ("│┃║▏", "|"), ("┌┐└┘├┤┬┴┼╭╮╯╰╞╡", "+"), ("●◉", "*"), ("○◌◦", "o"), ("▸›→⇢", ">"), ("▾↓▼", "v"), ("▴↑▲", "^"), ("←⇠‹", "<"),
      ("…", "~"), ("×", "x"), ("·∙", "."), ("▌▐█", "#"), ("▇▆▓", "#"), ("▅▄▒", "="), ("▃▂▁░", "-"), ("✓", "y"), ("✗", "x"), ("▊▋▍▎▉", "#"),
      ("≤", "<"), ("≥", ">"), ("“”„", "\""), ("‘’", "'"), ("″", "\""), ("–—", "-"), ("⏎", "e"), ("⇥", "t"), ("∞", "8"), ("µ", "u"), ("±", "+"), ("≈", "~"), ("▣", "#"),
    ]
    var table: [UInt32: UInt32] = [:]
    for (from, to) in pairs { for scalar in from.unicodeScalars { table[scalar.value] = to.unicodeScalars.first?.value } }
    return table
  }()

  /// A glyph for each value: the mean is of medium height, and the full height is 1.6 times that or more.
  package static func trend(_ values: some Collection<Float>) -> String {
    let most = 1.6 * values.reduce(0, +) / Float(max(1, values.count))
    let glyphs: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    return String(values.map { glyphs[most > 0 ? max(0, min(7, Int(($0 / most * 8).rounded(.up)) - 1)) : 0] })
  }

  /// A horizontal bar of `columns` at most for a share of 0...1, in eighths.
  package static func bar(_ share: Double, columns: Int) -> String {
    guard columns > 0, share > 0 else { return "" }
    let eighths = Int((min(1, share) * Double(columns) * 8).rounded())
    let parts: [String] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
  }
}
