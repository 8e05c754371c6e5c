import Foundations

/// A dialog of fields that says, while one types, what they mean or what is wrong with them.
package struct Form: Sendable {
  package enum Purpose: Hashable, Sendable { case drive, mark }
  package struct Field: Sendable {
    package enum Kind: Sendable {
      case text(LineEditor)
      case choice([String], chosen: Int)
    }
    package var label: String
    package var kind: Kind

    package init(_ label: String, text: String) { (self.label, kind) = (label, .text(LineEditor(text))) }
    package init(_ label: String, choice: [String], chosen: Int = 0) { (self.label, kind) = (label, .choice(choice, chosen: chosen)) }

    package var value: String {
      switch kind {
      case .text(let editor): editor.string
      case .choice(let options, let chosen): options.indices.contains(chosen) ? options[chosen] : ""
      }
    }
  }
  package var purpose: Purpose
  package var title: String
  /// What the button that does it says.
  package var action: String
  package var fields: [Field]
  /// A field, or the two buttons after them.
  package var focus = 0
  /// What the fields mean, where nothing is wrong with them.
  package var meaning: [String] = []
  package var problem: String?

  package init(_ purpose: Purpose, title: String, action: String, fields: [Field]) {
    (self.purpose, self.title, self.action, self.fields) = (purpose, title, action, fields)
  }

  package subscript(label: String) -> String { fields.first { $0.label == label }?.value.trimmed ?? "" }
  package var isOnCancel: Bool { focus == fields.count + 1 }

  package mutating func step(by count: Int) { focus = (focus + count + fields.count + 2) % (fields.count + 2) }

  /// Returns whether the key changed a field.
  package mutating func handle(_ key: Key) -> Bool {
    guard fields.indices.contains(focus) else {
      if key.code == .left || key.code == .right { focus = isOnCancel ? fields.count : fields.count + 1 }
      return false
    }
    switch fields[focus].kind {
    case .text(var editor):
      guard editor.handle(key) else { return false }
      fields[focus].kind = .text(editor)
    case .choice(let options, let chosen):
      let step: Int = key.code == .left ? -1 : key.code == .right || key.code == .character(" ") ? 1 : 0
      if step == 0 || options.isEmpty { return false }
      fields[focus].kind = .choice(options, chosen: (chosen + step + options.count) % options.count)
    }
    return true
  }
  package mutating func paste(_ scalars: some Sequence<Unicode.Scalar>) {
    guard fields.indices.contains(focus), case .text(var editor) = fields[focus].kind else { return }
    editor.insert(scalars)
    fields[focus].kind = .text(editor)
  }
}

extension String {
  /// Without blanks around it.
  var trimmed: String {
    var rest: Substring = self[...]
    while rest.first == " " { rest.removeFirst() }
    while rest.last == " " { rest.removeLast() }
    return String(rest)
  }
}
