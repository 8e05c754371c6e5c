import Foundation
import Foundations

/// Standard output, written in pieces; a reader that went away ends the program quietly.
enum Output {
  static func write(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { buffer in
      var rest: UnsafeRawBufferPointer.SubSequence = buffer[...]
      while !rest.isEmpty {
        let written: Int = Foundation.write(1, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if written < 0 {
          if errno == EINTR { continue }
          Foundation.exit(errno == EPIPE ? 0 : 1)
        }
        rest = rest.dropFirst(written)
      }
    }
  }
  static func print(_ line: String) { write(Array((line + "\n").utf8)) }

  /// An encodable value as indented JSON with sorted keys.
  static func print(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    write(Array(try encoder.encode(value)) + [0x0A])
  }

  /// An encodable value as JSON on one line, with sorted keys.
  static func print(jsonLine value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    write(Array(try encoder.encode(value)) + [0x0A])
  }

  /// For example `1.5 MB`.
  static func bytes(_ count: Int) -> String {
    let units: [String] = ["B", "kB", "MB", "GB", "TB"]
    var (value, unit): (Double, Int) = (Double(count), 0)
    while value >= 1000, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
    return unit == 0 ? "\(count) B" : String(format: "%.1f %@", value, units[unit])
  }
  /// A time with three significant digits, for example `1.24 ms`.
  static func duration(_ seconds: Double) -> String {
    seconds >= 1 ? String(format: "%.3g s", seconds) : seconds >= 1e-3 ? String(format: "%.3g ms", seconds * 1e3) : String(format: "%.3g µs", seconds * 1e6)
  }
}
