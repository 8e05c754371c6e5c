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
    for raw in trace.split(separator: "\n") {
      let line = raw.drop { $0 == " " || $0 == "\t" }
      if line.hasPrefix("File \""), let close = line.dropFirst(6).firstIndex(of: "\"") {
        let file = String(line.dropFirst(6)[..<close])
        let rest = line[line.index(after: close)...]
        let number = rest.split(separator: ",").first { $0.hasPrefix(" line ") }.flatMap { Int($0.dropFirst(6)) }
        let function = rest.split(separator: ",").last { $0.hasPrefix(" in ") }.map { String($0.dropFirst(4)) }
        frames.append(SourceFrame(file: file, line: number ?? 0, function: function ?? "", text: ""))
      } else if !frames.isEmpty, frames[frames.count - 1].text.isEmpty, line.contains(where: { $0 != "^" && $0 != "~" && $0 != " " }) {
        frames[frames.count - 1].text = String(line)
      }
    }
    return frames
  }
}
