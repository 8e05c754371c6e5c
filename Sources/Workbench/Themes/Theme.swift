/// The looks of the roles, for terminals of every colour depth.
package struct Theme: Sendable {
  /// What a theme says of one role.
  package struct Entry: Hashable, Sendable {
    package var style: Style = Style()
    /// Replace parts of `style` on terminals of 256 and of 16 colours.
    package var on256: Style = Style()
    package var on16: Style = Style()
    package var mono: Attributes?
    package init(style: Style = Style(), mono: Attributes? = nil) { (self.style, self.mono) = (style, mono) }

    package func style(at depth: ColorDepth) -> Style {
      switch depth {
      case .c256: on256.filled(from: style)
      case .c16: on16.filled(from: style)
      case .mono: Style(attributes: mono ?? style.attributes)
      }
    }
  }

  package var name: String
  package var description: String
  package var entries: [Role: Entry]

  package init(name: String, description: String = "", entries: [Role: Entry] = [:]) {
    (self.name, self.description, self.entries) = (name, description, entries)
  }

  /// What a role looks like once its parents have filled it up.
  package func style(of role: Role, at depth: ColorDepth) -> Style {
    var style = entries[role]?.style(at: depth) ?? Style()
    var ancestor = role
    while ancestor != .text {
      ancestor = ancestor.parent
      // Text's own background and attributes would paint over grounds and parents, so only its colour is inherited.
      let inherited = entries[ancestor]?.style(at: depth) ?? Style()
      style = style.filled(from: ancestor == .text ? Style(foreground: inherited.foreground) : inherited)
    }
    return style
  }

  /// The look without any theme file: attributes alone, which every terminal has.
  package static let fallback = Theme(
    name: "built-in", description: "Bold, reverse and underline alone",
    entries: [
      .dim: Entry(style: Style(attributes: .dim)), .title: Entry(style: Style(attributes: .bold)), .accent: Entry(style: Style(attributes: .bold)),
      .bar: Entry(style: Style(attributes: .reverse)), .barKey: Entry(style: Style(attributes: [.reverse, .underline])),
      .cursor: Entry(style: Style(attributes: .reverse)), .cursorInactive: Entry(style: Style(attributes: .underline)),
      .match: Entry(style: Style(attributes: [.bold, .underline])), .buttonActive: Entry(style: Style(attributes: .reverse)),
      .input: Entry(style: Style(attributes: .underline)), .paneTitleActive: Entry(style: Style(attributes: [.bold, .reverse])),
      .error: Entry(style: Style(attributes: .bold)), .warning: Entry(style: Style(attributes: .bold)),
      .dynamicDimension: Entry(style: Style(attributes: .underline)), .link: Entry(style: Style(attributes: .underline)),
    ])
}

/// The colours and attributes of every pairing of role and ground, worked out once for a theme and a depth.
package struct ResolvedTheme: Sendable {
  package struct Look: Hashable, Sendable {
    /// Colour numbers, -1 for the terminal's own.
    package var foreground: Int
    package var background: Int
    package var attributes: Attributes
  }
  private var looks: [Look]

  package init(_ theme: Theme, depth: ColorDepth) {
    let roles = Role.allCases
    let styles = roles.map { theme.style(of: $0, at: depth) }
    let own = roles.map { theme.entries[$0]?.style(at: depth) ?? Style() }
    let text = styles[0]
    looks = []
    looks.reserveCapacity(roles.count * roles.count)
    for role in roles.indices {
      for ground in roles.indices {
        var style = styles[role].filled(from: text)
        if ground != 0 {
          if let background = styles[ground].background { style.background = background }
          if let foreground = own[ground].foreground { style.foreground = foreground }
          style.attributes = (style.attributes ?? []).union(styles[ground].attributes ?? [])
        }
        looks.append(
          Look(
            foreground: (style.foreground ?? .terminal).number(at: depth), background: (style.background ?? .terminal).number(at: depth),
            attributes: style.attributes ?? []))
      }
    }
  }
  package func look(_ role: Role, on ground: Role) -> Look { looks[Int(role.rawValue) * Role.allCases.count + Int(ground.rawValue)] }
}
