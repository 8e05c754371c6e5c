/// When a record was written: the writer's local time, without a year, which the header does not have.
package struct TraceTime: Hashable, Comparable, Sendable, CustomStringConvertible {
  package var month: Int
  package var day: Int
  /// Since midnight.
  package var microseconds: Int

  package init(month: Int, day: Int, microseconds: Int) { (self.month, self.day, self.microseconds) = (month, day, microseconds) }

  package static func < (one: TraceTime, other: TraceTime) -> Bool { (one.month, one.day, one.microseconds) < (other.month, other.day, other.microseconds) }

  /// Seconds from `start` to this, which is taken to be the later one: a day or a year may have turned.
  package func seconds(since start: TraceTime) -> Double {
    var days: Int = dayOfYear - start.dayOfYear
    if days < 0 { days += 365 }
    return Double(days * 86_400_000_000 + microseconds - start.microseconds) * 1e-6
  }
  private var dayOfYear: Int {
    let before: [Int] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
    return before[min(max(month, 1), 12) - 1] + day
  }

  /// `21:15:04.143000`
  package var clock: String {
    let seconds: Int = microseconds / 1_000_000
    return "\(padded(seconds / 3600)):\(padded(seconds / 60 % 60)):\(padded(seconds % 60)).\(padded(microseconds % 1_000_000, 6))"
  }
  /// `11-22 21:15:04.143000`
  package var description: String { "\(padded(month))-\(padded(day)) \(clock)" }

  private func padded(_ number: Int, _ digits: Int = 2) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }
}
