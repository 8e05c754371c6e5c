import Foundations

/// A dialog of fields that says, while one types, what they mean or what is wrong with them.
package struct Form: Sendable {
  package enum Purpose: Hashable, Sendable { 
    case drive, mark
    /// The program of a document, by its id; the first fields are the dimensions of its inputs.
    case export(Int)
    /// The first fields are the programs, by the ids of their documents.
    case package([Int])
    /// A model of an open archive, by its id and the model's number.
    case runArchive(Int, Int)
    /// The program of a document, by its id.
    case minify(Int)
  }
  package struct Field: Sendable {
    package enum Kind: Sendable {
      case text(LineEditor)
      case choice([String], chosen: Int)
      /// A choice and the text that goes with it: arrows change the one, typing the other.
      case variant([String], chosen: Int, LineEditor)
    }
    package var label: String
    package var kind: Kind

    package init(_ label: String, text: String) { (self.label, kind) = (label, .text(LineEditor(text))) }
    package init(_ label: String, choice: [String], chosen: Int = 0) { (self.label, kind) = (label, .choice(choice, chosen: chosen)) }

    package init(_ label: String, variant: [String], chosen: Int = 0, text: String = "") {
      (self.label, kind) = (label, .variant(variant, chosen: chosen, LineEditor(text)))
    }

    /// What is typed, or chosen where nothing is typed.
    package var value: String {
      switch kind {
      case .text(let editor), .variant(_, _, let editor): editor.string
      case .choice(let options, let chosen): options.indices.contains(chosen) ? options[chosen] : ""
      }
    }
    /// Of a choice, its number.
    package var option: Int? {
      switch kind {
      case .text: nil
      case .choice(_, let chosen), .variant(_, let chosen, _): chosen
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
  /// What was found out about it meanwhile by a job.
  package var outlook: [String] = []
  package var problem: String?

  package init(_ purpose: Purpose, title: String, action: String, fields: [Field]) {
    (self.purpose, self.title, self.action, self.fields) = (purpose, title, action, fields)
  }

  package subscript(label: String) -> String { fields.first { $0.label == label }?.value.trimmed ?? "" }
  /// Everything that is chosen and typed, to tell whether something changed.
  package var content: [String] { fields.map { "\($0.option ?? -1) \($0.value)" } }
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
    case .variant(let options, let chosen, var editor):
      let step: Int = key.code == .left ? -1 : key.code == .right ? 1 : 0
      if step == 0, !editor.handle(key) { return false }
      fields[focus].kind = .variant(options, chosen: (chosen + step + options.count) % max(1, options.count), editor)
    }
    return true
  }
  package mutating func paste(_ scalars: some Sequence<Unicode.Scalar>) {
    guard fields.indices.contains(focus) else { return }
    switch fields[focus].kind {
    case .text(var editor):
      editor.insert(scalars)
      fields[focus].kind = .text(editor)
    case .variant(let options, let chosen, var editor):
      editor.insert(scalars)
      fields[focus].kind = .variant(options, chosen: chosen, editor)
    case .choice: break
    }
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
