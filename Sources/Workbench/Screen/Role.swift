/// What a cell means; themes say how that looks. A role a theme leaves out looks like its parent.
package enum Role: UInt8, CaseIterable, Sendable {
  case text, dim, title, accent, border, separator
  case bar, barKey, barTitle, menuItem, menuDisabled, breadcrumb, facts, hint, hintKey
  case status, good, warning, error, progress, progressRest
  case cursor, cursorInactive, match, panel, input, button, buttonActive
  case paneTitle, paneTitleActive, heading, label, value, number, unit, link
  case module, moduleClass, fold, op, opView, name, type, dynamicDimension, source, sourceLine
  case lane1, lane2, lane3, lane4, lane5, lane6, jump
  case dtypeFloat, dtypeHalf, dtypeInteger, dtypeBool, dtypeOther
  case heat0, heat1, heat2, heat3, heat4

  /// The name in a theme file, for example `pane-title-active`.
  package var name: String {
    var name = ""
    for character in "\(self)" {
      if character.isUppercase { name += "-" }
      name += character.lowercased()
    }
    return name
  }
  package static let byName: [String: Role] = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })

  /// What it falls back to; `text` is its own.
  package var parent: Role {
    switch self {
    case .text, .dim, .title, .accent, .bar, .cursor, .match, .panel, .good, .warning, .error: .text
    case .border, .separator, .hint, .facts, .unit, .label, .moduleClass, .sourceLine, .menuDisabled, .heat0, .progressRest, .opView: .dim
    case .barKey, .barTitle: .bar
    case .menuItem, .input, .button: .panel
    case .cursorInactive, .buttonActive: .cursor
    case .paneTitleActive, .hintKey, .link, .fold, .jump, .progress, .heading: .accent
    case .breadcrumb, .status, .value, .name, .op, .number, .type, .source, .paneTitle, .dtypeFloat, .dtypeOther: .text
    case .module: .title
    case .dynamicDimension: .accent
    case .dtypeHalf, .lane2, .lane5: .good
    case .dtypeInteger, .lane3, .lane6: .warning
    case .dtypeBool: .link
    case .lane1, .lane4: .accent
    case .heat1: .good
    case .heat2, .heat3: .warning
    case .heat4: .error
    }
  }
}
