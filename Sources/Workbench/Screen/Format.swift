import Foundation

/// Numbers as the screens show them.
package enum Format {
  /// For example `124.4 M`.
  package static func count(_ value: Int) -> String {
    scaled(Double(value), units: ["", " k", " M", " G", " T"], step: 1000)
  }
  /// For example `9.8 MB`; a kilobyte is 1000 bytes.
  package static func bytes(_ value: Int) -> String {
    scaled(Double(value), units: [" B", " kB", " MB", " GB", " TB"], step: 1000)
  }
  /// For example `0.61 ms`.
  package static func seconds(_ value: Double) -> String {
    if value >= 1 { return String(format: "%.2f s", value) }
    if value >= 1e-3 { return String(format: "%.2f ms", value * 1e3) }
    return String(format: "%.1f µs", value * 1e6)
  }
  /// In thousands of millions with three digits, for example `201` and `33.8`.
  package static func billions(_ value: Double) -> String {
    let value = value / 1e9
    return String(format: value >= 99.95 ? "%.0f" : value >= 9.995 ? "%.1f" : "%.2f", value)
  }
  package static func percent(_ share: Double) -> String {
    let value = share * 100
    return value > 0 && value < 1 ? "<1%" : "\(Int(value.rounded()))%"
  }
  /// A tensor's value in at most seven significant digits.
  package static func value(_ value: Double?) -> String {
    guard let value else { return "–" }
    if value == value.rounded(), abs(value) < 1e7 { return "\(Int(value))" }
    return String(format: "%.6g", value)
  }

  private static func scaled(_ value: Double, units: [String], step: Double) -> String {
    var value = value
    var unit = 0
    while value >= step, unit + 1 < units.count {
      value /= step
      unit += 1
    }
    return (unit == 0 ? "\(Int(value))" : String(format: value < 99.95 ? "%.1f" : "%.0f", value)) + units[unit]
  }
}
