import Foundations
import Testing

@testable import Workbench

@Suite struct ThemeTests {
  private func load(_ text: String, others: [String: String] = [:]) throws -> (theme: Theme, problems: [String], folder: String) {
    let folder = TemporaryFolder()
    try folder.write(text, to: "mine.toml")
    for (name, text) in others { try folder.write(text, to: name + ".toml") }
    let (theme, problems) = try ThemeLibrary(folders: [folder.path, checkout + "/themes"]).load("mine")
    return (theme, problems, folder.path)
  }

  @Test func theShippedOnesAreWithoutFault() throws {
    let library = ThemeLibrary(folders: [checkout + "/themes"])
    #expect(library.names() == ["colorblind", "contrast", "default", "dusk", "mono", "paper"])
    for name in library.names() { #expect(try library.load(name).problems.isEmpty) }
  }

  @Test func rolesFallBackToTheirParents() throws {
    let theme = try load("[palette]\nsea = \"#005f87\"\n[roles]\naccent = { fg = \"sea\", attr = \"bold\" }\nfold = { fg = \"red\" }\n").theme
    #expect(theme.style(of: .fold, at: .c256) == Style(foreground: .index(1), attributes: .bold))
    #expect(theme.style(of: .heading, at: .c256).foreground == .rgb(0, 0x5f, 0x87))
    #expect(ResolvedTheme(theme, depth: .c256).look(.heading, on: .text).foreground == 24)
    #expect(ResolvedTheme(theme, depth: .mono).look(.heading, on: .text) == .init(foreground: -1, background: -1, attributes: .bold))
  }

  @Test func depthsHaveTheirOwn() throws {
    let theme = try load("[roles]\ncursor = { bg = \"#3a4a6b\", c16 = { bg = \"blue\" }, mono = [\"reverse\", \"bold\"] }\n").theme
    #expect(ResolvedTheme(theme, depth: .c16).look(.text, on: .cursor).background == 4)
    #expect(ResolvedTheme(theme, depth: .mono).look(.text, on: .cursor).attributes == [.reverse, .bold])
  }

  @Test func inheritsAnotherAndReplacesParts() throws {
    let theme = try load("inherits = \"base\"\n[roles]\ngood = { attr = \"bold\" }\n", others: ["base": "[roles]\ngood = { fg = 40 }\nwarning = { fg = 200 }\n"]).theme
    #expect(theme.style(of: .good, at: .c256) == Style(foreground: .index(40), attributes: .bold))
    #expect(theme.style(of: .warning, at: .c256).foreground == .index(200))
  }

  @Test(arguments: [
    ("colour = 1\n", 1, "unknown key 'colour'"),
    ("\n[palette]\nred2 = \"#12345\"\n", 3, "'#12345' is not a colour"),
    ("[roles]\n\naccemt = { fg = \"red\" }\n", 3, "unknown role 'accemt'"),
    ("[roles]\naccent = { fg = \"rosy\" }\n", 2, "'rosy' is neither a colour nor in the palette"),
    ("[roles]\ndim = {}\naccent = { attr = \"blink\" }\n", 3, "'blink' is not an attribute"),
    ("[roles.accent]\nfg = \"red\"\nweight = 3\n", 3, "unknown key 'weight' in role 'accent'"),
    ("[roles]\naccent = \"red\"\n", 2, "role 'accent' is not a table"),
    ("[roles]\naccent = { fg = 256 }\n", 2, "256 is not a colour number"),
    ("inherits = \"nowhere\"\n", 1, "no theme is named 'nowhere'"),
  ]) func aBadKeyIsNamedWithItsLine(text: String, line: Int, message: String) throws {
    let (_, problems, folder) = try load(text)
    #expect(problems.count == 1)
    #expect(problems.first?.hasPrefix("\(folder)/mine.toml:\(line): \(message)") == true, "\(problems)")
  }

  @Test func whatIsNotTOMLSaysWhere() throws {
    let error = #expect(throws: LatheError.self) { try load("[roles]\naccent = {\n= 3\n") }
    #expect(error?.kind == .badFile && error?.subject.contains("mine.toml:") == true)
  }

  @Test func inheritingInACircleIsAnError() throws {
    let error = #expect(throws: LatheError.self) { try load("inherits = \"other\"\n", others: ["other": "inherits = \"mine\"\n"]) }
    #expect(error?.message.contains("inherits from itself") == true)
  }

  @Test func aThemeThatIsMissingNamesThoseThatAreThere() {
    let error = #expect(throws: LatheError.self) { try ThemeLibrary(folders: [checkout + "/themes"]).load("../etc/passwd") }
    #expect(error?.message.contains("dusk") == true)
  }
}
