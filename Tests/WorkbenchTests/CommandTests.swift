import Testing

@testable import Workbench

@Suite struct CommandTests {
  @Test func idsAreUniqueAndKeysWereAllRead() {
    #expect(Set(Commands.all.map(\.id)).count == Commands.all.count)
    for command in Commands.all where command.menu != nil { #expect(!command.keys.isEmpty, "\(command.id)") }
  }

  @Test(arguments: ScreenID.allCases) func noKeyMeansTwoThingsOnAScreen(screen: ScreenID) {
    var seen: [Key: Command] = [:]
    for command in Commands.all where command.applies(to: screen) {
      for key in command.keys {
        if let other = seen[key] { #expect(other.scope != command.scope, "\(key.description): \(other.id), \(command.id)") }
        seen[key] = command
      }
    }
  }

  @Test(arguments: ["Ctrl-P", "Alt-f", "F10", "Enter", "PgUp", "?", ":", "Shift-Tab", "Space"]) func keysReadAsTheyAreWritten(name: String) {
    #expect(Key(name)?.description == name)
  }

  @Test func nothingIsAKeyByMistake() {
    #expect(Key("Hyper-x") == nil && Key("") == nil)
  }
}
