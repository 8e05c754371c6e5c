import Foundations
import TOMLKit

/// Reads one theme file: `inherits`, `[palette]` and `[roles]`; see Documentation/Workbench.md for the format.
struct ThemeReader {
  /// What a file holds, before the theme it inherits from fills it up.
  struct Contents {
    var name: String?
    var description: String?
    var inherits: String?
    var palette: [String: Color] = [:]
    var entries: [Role: Theme.Entry] = [:]
    /// Bad keys and values: sentences naming file and line. The rest of the theme stands.
    var problems: [String] = []
  }

  private let file: String
  private let lines: TOMLLines
  private var contents = Contents()

  /// - Parameter palette: the colours of the theme inherited from, which the file's own replace.
  /// - Throws: `LatheError` of kind `badFile` naming file and line where the text is not TOML.
  static func read(_ text: String, file: String, parent: (String) throws -> Contents?) throws -> Contents {
    let table: TOMLTable
    do {
      table = try TOMLTable(string: text)
    } catch let error as TOMLParseError {
      throw LatheError.badFile("\(file):\(error.source.begin.line)", "not a TOML file: \(error.description)")
    }
    var reader = ThemeReader(file: file, lines: TOMLLines(text))
    try reader.readTop(table, parent)
    return reader.contents
  }

  private init(file: String, lines: TOMLLines) { (self.file, self.lines) = (file, lines) }

  private mutating func problem(_ path: [String], _ message: String) {
    contents.problems.append("\(file):\(lines.line(of: path)): \(message)")
  }

  private mutating func readTop(_ table: TOMLTable, _ parent: (String) throws -> Contents?) throws {
    for key in table.keys {
      switch key {
      case "name": contents.name = text(table[key], at: [key])
      case "description": contents.description = text(table[key], at: [key])
      case "inherits": contents.inherits = text(table[key], at: [key])
      case "palette", "roles":
        if table[key]?.table == nil { problem([key], "'\(key)' is not a table") }
      default: problem([key], "unknown key '\(key)'")
      }
    }
    if let inherits = contents.inherits {
      if let base = try parent(inherits) {
        (contents.palette, contents.entries) = (base.palette, base.entries)
        contents.problems = base.problems + contents.problems
      } else {
        problem(["inherits"], "no theme is named '\(inherits)'")
      }
    }
    if let palette = table["palette"]?.table { readPalette(palette) }
    if let roles = table["roles"]?.table { readRoles(roles) }
  }

  private mutating func readPalette(_ table: TOMLTable) {
    for key in table.keys {
      guard let value = text(table[key], at: ["palette", key]) else { continue }
      if let color = Color(value) { contents.palette[key] = color } else { problem(["palette", key], "'\(value)' is not a colour") }
    }
  }

  private mutating func readRoles(_ table: TOMLTable) {
    for key in table.keys {
      guard let role = Role.byName[key] else {
        problem(["roles", key], "unknown role '\(key)'")
        continue
      }
      guard let fields = table[key]?.table else {
        problem(["roles", key], "role '\(key)' is not a table such as { fg = \"red\" }")
        continue
      }
      var entry = contents.entries[role] ?? Theme.Entry()
      for field in fields.keys {
        let path = ["roles", key, field]
        switch field {
        case "fg", "bg", "attr": readStyle(fields[field], field, into: &entry.style, at: path)
        case "c256", "c16":
          guard let inner = fields[field]?.table else {
            problem(path, "'\(field)' is not a table such as { fg = \"red\" }")
            continue
          }
          for name in inner.keys {
            if field == "c256" {
              readStyle(inner[name], name, into: &entry.on256, at: path)
            } else {
              readStyle(inner[name], name, into: &entry.on16, at: path)
            }
          }
        case "mono": entry.mono = attributes(fields[field], at: path)
        default: problem(path, "unknown key '\(field)' in role '\(key)'")
        }
      }
      contents.entries[role] = entry
    }
  }

  private mutating func readStyle(_ value: (any TOMLValueConvertible)?, _ field: String, into style: inout Style, at path: [String]) {
    switch field {
    case "fg": if let color = color(value, at: path) { style.foreground = color }
    case "bg": if let color = color(value, at: path) { style.background = color }
    case "attr": if let attributes = attributes(value, at: path) { style.attributes = attributes }
    default: problem(path, "unknown key '\(field)'")
    }
  }

  private mutating func color(_ value: (any TOMLValueConvertible)?, at path: [String]) -> Color? {
    if let number = value?.int {
      if let index = UInt8(exactly: number) { return .index(index) }
      problem(path, "\(number) is not a colour number of 0 to 255")
      return nil
    }
    guard let name = text(value, at: path) else { return nil }
    if let color = contents.palette[name] ?? Color(name) { return color }
    problem(path, "'\(name)' is neither a colour nor in the palette")
    return nil
  }

  private mutating func attributes(_ value: (any TOMLValueConvertible)?, at path: [String]) -> Attributes? {
    var names: [String] = []
    if let list = value?.array {
      for item in list { if let name = text(item, at: path) { names.append(name) } }
    } else if let name = text(value, at: path) {
      names = [name]
    } else {
      return nil
    }
    var result: Attributes = []
    for name in names {
      if let attribute = Attributes.byName[name] { result.formUnion(attribute) } else { problem(path, "'\(name)' is not an attribute") }
    }
    return result
  }

  private mutating func text(_ value: (any TOMLValueConvertible)?, at path: [String]) -> String? {
    if let text = value?.string { return text }
    problem(path, "'\(path.last ?? "")' is not a text")
    return nil
  }
}

/// Finds the line a key stands on, which the TOML library does not tell.
struct TOMLLines {
  private var lines: [String: Int] = [:]

  init(_ text: String) {
    var section = ""
    var number = 0
    for raw in text.split(separator: "\n", omittingEmptySubsequences: false) {
      number += 1
      let line = raw.drop { $0 == " " || $0 == "\t" }
      if line.hasPrefix("["), let end = line.firstIndex(of: "]") {
        section = line[line.index(after: line.startIndex)..<end].filter { $0 != "\"" && $0 != " " }
        lines[section, default: number] = number
      } else if let equals = line.firstIndex(of: "="), !line.hasPrefix("#") {
        let key = line[..<equals].filter { $0 != "\"" && $0 != " " && $0 != "\t" }
        lines[section.isEmpty ? key : "\(section).\(key)", default: number] = number
      }
    }
  }

  /// The line of the key or, where that is inside an inline table, of the innermost outer key that has one.
  func line(of path: [String]) -> Int {
    var path = path
    while !path.isEmpty {
      if let line = lines[path.joined(separator: ".")] { return line }
      path.removeLast()
    }
    return 1
  }
}
