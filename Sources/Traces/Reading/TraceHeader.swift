/// What stands before a record's JSON: `V1122 21:15:04.143000 12126 torch/_dynamo/utils.py:1318] `.
package struct TraceHeader: Hashable, Sendable {
  package var time: TraceTime
  package var process: Int
  /// Where in the writer's source the record was made.
  package var path: String
  package var line: Int
}

extension TraceHeader {
  /// Finds the first header in a line, as tlparse does, which lets anything stand before it.
  /// - Returns: the header, where it begins and where its JSON begins.
  static func find(in line: UnsafeRawBufferPointer, from start: Int = 0, limit: Int = .max) -> (header: TraceHeader, start: Int, end: Int)? {
    // V1122 21:15:04.143000 is 22 bytes with the space after it; then a process, a path and a line number follow.
    guard line.count >= 22 else { return nil }
    var index: Int = start
    let last: Int = min(line.count - 22, limit)
    while index <= last {
      switch line[index] {
      case UInt8(ascii: "V"), UInt8(ascii: "I"), UInt8(ascii: "W"), UInt8(ascii: "E"), UInt8(ascii: "C"):
        if let (header, end) = parse(line, at: index) { return (header, index, end) }
      default: break
      }
      index += 1
    }
    return nil
  }

  private static func parse(_ line: UnsafeRawBufferPointer, at start: Int) -> (TraceHeader, Int)? {
    func number(_ offset: Int, _ count: Int) -> Int? {
      var value: Int = 0
      for index in (start + offset)..<(start + offset + count) {
        guard case let digit = line[index] &- UInt8(ascii: "0"), digit < 10 else { return nil }
        value = value * 10 + Int(digit)
      }
      return value
    }
    func has(_ offset: Int, _ byte: UInt8) -> Bool { line[start + offset] == byte }
    guard has(5, 0x20), has(8, UInt8(ascii: ":")), has(11, UInt8(ascii: ":")), has(14, UInt8(ascii: ".")), has(21, 0x20),
      let month = number(1, 2), let day = number(3, 2), let hour = number(6, 2), let minute = number(9, 2), let second = number(12, 2),
      let fraction = number(15, 6)
    else { return nil }
    var index: Int = start + 22
    guard let process = digits(line, &index), index < line.count, line[index] == 0x20 else { return nil }
    let path: Int = index + 1
    guard let colon = line[path...].prefix(4096).firstIndex(of: UInt8(ascii: ":")), colon > path else { return nil }
    index = colon + 1
    guard let number = digits(line, &index), index + 2 < line.count, line[index] == UInt8(ascii: "]"), line[index + 1] == 0x20 else { return nil }
    let time = TraceTime(month: month, day: day, microseconds: ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction)
    return (TraceHeader(time: time, process: process, path: String(decoding: line[path..<colon], as: UTF8.self), line: number), index + 2)
  }

  private static func digits(_ line: UnsafeRawBufferPointer, _ index: inout Int) -> Int? {
    let start: Int = index
    var value: Int = 0
    while index < line.count, index - start < 18, case let digit = line[index] &- UInt8(ascii: "0"), digit < 10 {
      value = value * 10 + Int(digit)
      index += 1
    }
    return index > start ? value : nil
  }
}
