/// One level of the module stack a node was captured under (`nn_module_stack` in PyTorch's metadata).
package struct ModuleScope: Hashable, Sendable {
  /// The module's qualified name from the root, for example `encoder.layer.0`; empty for the root.
  package var path: String
  /// Its class, for example `torch.nn.modules.linear.Linear`.
  package var type: String
  package init(path: String, type: String) { (self.path, self.type) = (path, type) }
  /// The class without its module.
  package var shortType: Substring { type.split(separator: ".").last ?? "" }
}

/// A line of the user's model.
package struct SourceFrame: Hashable, Sendable {
  package var file: String
  package var line: Int
  package var function: String
  package var text: String
  package init(file: String, line: Int, function: String, text: String) {
    (self.file, self.line, self.function, self.text) = (file, line, function, text)
  }

  /// The frames of a Python traceback (`File "m.py", line 3, in forward` followed by the source text), outermost first.
  package static func parse(trace: some StringProtocol) -> [SourceFrame] {
    var frames: [SourceFrame] = []
    var text = String(trace)
    text.withUTF8 { bytes in
      for line in bytes.split(separator: 0x0A) {
        let line = line.drop { $0 == 0x20 || $0 == 0x09 }
        if let frame = parse(header: line) {
          frames.append(frame)
        } else if !frames.isEmpty, frames[frames.count - 1].text.isEmpty,
          line.contains(where: { $0 != UInt8(ascii: "^") && $0 != UInt8(ascii: "~") && $0 != 0x20 })
        {
          frames[frames.count - 1].text = String(decoding: line, as: UTF8.self)
        }
      }
    }
    return frames
  }

  /// `File "m.py", line 3, in forward`, without its source text.
  private static func parse(header line: Slice<UnsafeBufferPointer<UInt8>>) -> SourceFrame? {
    let opening: StaticString = "File \""
    guard line.count > opening.utf8CodeUnitCount,
      line.prefix(opening.utf8CodeUnitCount).elementsEqual(UnsafeBufferPointer(start: opening.utf8Start, count: opening.utf8CodeUnitCount)),
      let close = line.dropFirst(opening.utf8CodeUnitCount).firstIndex(of: UInt8(ascii: "\""))
    else { return nil }
    var frame = SourceFrame(
      file: String(decoding: line[(line.startIndex + opening.utf8CodeUnitCount)..<close], as: UTF8.self), line: 0, function: "", text: "")
    for part in line[(close + 1)...].split(separator: UInt8(ascii: ",")) {
      let words = String(decoding: part, as: UTF8.self)
      if words.hasPrefix(" line ") { frame.line = Int(words.dropFirst(6)) ?? 0 }
      if words.hasPrefix(" in ") { frame.function = String(words.dropFirst(4)) }
    }
    return frame
  }
}
