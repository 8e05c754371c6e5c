import Foundation
import Testing

/// The real binary in a real terminal, driven and read through tmux. Waits are for texts on the screen, with a deadline.
@Suite(.serialized, .enabled(if: Tmux.path != nil, "tmux is not installed")) struct TmuxTests {
  @Test func aSessionWithTheDemoModels() throws {
    let tmux = try Tmux(width: 120, height: 40, folder: checkout)
    try tmux.send("echo ready", "Enter")
    try tmux.wait(for: "\nready")
    try tmux.send(tmux.lathe + " open demo-models", "Enter")
    try tmux.wait(for: "gpt.pt2")
    try tmux.wait(for: "Facts")

    // Open by typing a path.
    try tmux.send("o")
    try tmux.wait(for: "Open: ")
    try tmux.type("demo-models/gp")
    try tmux.send("Tab")
    try tmux.wait(for: "demo-models/gpt.")
    try tmux.type("pt2")
    try tmux.send("Enter")
    try tmux.wait(for: "Graph › gpt.pt2")
    try tmux.wait(for: "opened gpt.pt2")

    // Unfold, filter, inspect.
    try tmux.send("+", "/")
    try tmux.wait(for: "Filter: ")
    try tmux.type("op:layer_norm")
    try tmux.send("Enter")
    try tmux.wait(for: "match 'op:layer_norm'")
    try tmux.send("Enter")
    try tmux.wait(for: "torch.ops.aten.layer_norm.default")
    try tmux.wait(for: "normalized_")

    // Run.
    try tmux.send("r")
    try tmux.wait(for: "[ Run ]")
    try tmux.send("Enter")
    try tmux.wait(for: "Result")
    try tmux.wait(for: "float32[")
    try tmux.send("Escape")
    try tmux.wait(for: "Enter open")

    // Compile and time, and go from a kernel to its node.
    try tmux.send("4")
    try tmux.wait(for: "gpt.pt2 is not compiled yet.")
    try tmux.send("c")
    try tmux.wait(for: "compile and time gpt.pt2: a call takes")
    try tmux.send("/")
    try tmux.wait(for: "Kernels named: ")
    try tmux.type("gelu")
    try tmux.send("Enter")
    try tmux.wait(for: "= torch.ops.aten.gelu.default")
    try tmux.send("Tab", "Tab", "Enter")
    try tmux.wait(for: "Graph › gpt.pt2 › transformer")

    // Change the theme.
    try tmux.send("T")
    try tmux.wait(for: "colorblind")
    try tmux.type("contrast")
    try tmux.send("Enter")
    try tmux.wait(for: "theme contrast")

    // Small and back, with everything between.
    for (width, height) in [(40, 10), (1, 1), (30, 5), (200, 3), (40, 10)] { try tmux.resize(width, height) }
    try tmux.wait(for: "/3 ─")
    try tmux.resize(120, 40)
    try tmux.wait(for: " Node ")

    try tmux.send("q")
    try tmux.send("stty -a", "Enter")
    let screen = try tmux.wait(for: "icanon")
    #expect(screen.contains("ready") && !screen.contains("-icanon") && !screen.contains("-echo "))
    #expect(try tmux.format("#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{mouse_button_flag}") == "0 1 0 0")
  }

  @Test func aProgramIsDrivenUnderTwoStances() throws {
    let tmux = try Tmux(width: 120, height: 40, folder: checkout)
    try tmux.send(tmux.lathe + " open demo-models/perceptron.pt2", "Enter")
    try tmux.wait(for: "opened perceptron.pt2")
    try tmux.send("3")
    try tmux.wait(for: "perceptron.pt2 was not compiled yet")
    try tmux.send("D")
    try tmux.wait(for: "[ Drive ]")
    try tmux.send("C-u")
    try tmux.type("features:0=3,4,5")
    try tmux.wait(for: "f32[3, 24] → f32[4, 24] → f32[5, 24]")
    try tmux.send("Enter")
    try tmux.wait(for: "3 calls: 1 from cached graphs, 2 compiled")
    let screen = try tmux.wait(for: "✗ tensor 'features' size mismatch at index 0")
    #expect(screen.contains(" 0/0 ") && screen.contains(" 0/1 ") && screen.contains("features.size()[0] 3 → 4") && screen.contains("s0 in [2, 64]"))
    try tmux.send("s")
    try tmux.wait(for: "Stance of perceptron.pt2")
    try tmux.type("fail_on")
    try tmux.send("Enter")
    try tmux.wait(for: "◉ fail_on_recompile")
    try tmux.send("D")
    try tmux.wait(for: "[ Drive ]")
    try tmux.send("C-u")
    try tmux.type("features:dtype=bfloat16")
    try tmux.send("Enter")
    try tmux.wait(for: "1 call: 1 failed")
    try tmux.wait(for: "Detected recompile when torch.compile stance is 'fail_on_recompile'")
    try tmux.send("q")
    try tmux.wait(for: "$")
  }

  @Test(arguments: ["[", "O"]) func cursorKeysCountInBothForms(introducer: String) throws {
    let tmux = try Tmux(width: 120, height: 40, folder: checkout)
    try tmux.send(tmux.lathe + " open demo-models/gpt.pt2", "Enter")
    try tmux.wait(for: "opened gpt.pt2")
    try tmux.send("+")
    try tmux.wait(for: " 1/")
    for (final, place) in [("F", 120), ("A", 119), ("B", 120), ("H", 1), ("B", 2)] {
      try tmux.type("\u{1b}\(introducer)\(final)")
      try tmux.wait(for: " \(place)/120 rows")
    }
    // Right leads to the inspector and left back to the rows, where down goes on.
    try tmux.type("\u{1b}\(introducer)C")
    try tmux.type("\u{1b}\(introducer)D")
    try tmux.type("\u{1b}\(introducer)B")
    try tmux.wait(for: " 3/120 rows")
  }

  @Test func suspendsAndComesBack() throws {
    let tmux = try Tmux(width: 80, height: 24, folder: checkout)
    try tmux.send(tmux.lathe + " open --ascii demo-models/perceptron.pt2", "Enter")
    let drawn = try tmux.wait(for: "opened perceptron.pt2")
    #expect(drawn.utf8.allSatisfy { $0 < 127 })
    try tmux.send("C-z")
    try tmux.wait(for: "Stopped")
    #expect(try tmux.format("#{alternate_on} #{mouse_any_flag}") == "0 0")
    try tmux.send("fg", "Enter")
    try tmux.wait(for: "perceptron.pt2 >", orElse: "Graph > perceptron.pt2")
    #expect(try tmux.format("#{alternate_on}") == "1")
    try tmux.send("C-c")
    try tmux.send("echo over $((6 * 7))", "Enter")
    try tmux.wait(for: "over 42")
  }

  @Test func aCrashAndASignalGiveTheTerminalBack() throws {
    for signal in [SIGSEGV, SIGTERM] {
      let tmux = try Tmux(width: 80, height: 24, folder: checkout)
      try tmux.send(tmux.lathe + " open demo-models", "Enter")
      try tmux.wait(for: "Facts")
      #expect(kill(try tmux.foregroundProcess(), signal) == 0)
      try tmux.wait(for: "$", while: { (try? tmux.format("#{alternate_on}")) == "1" })
      try tmux.send("stty -a", "Enter")
      let screen = try tmux.wait(for: "icanon")
      #expect(!screen.contains("-icanon") && !screen.contains("-echo "), "after \(signal)")
      #expect(try tmux.format("#{mouse_any_flag} #{cursor_flag}") == "0 1")
    }
  }

  @Test func compilingIsFollowedOnTheTerminalAndTakenAway() throws {
    let tmux = try Tmux(width: 100, height: 24, folder: checkout)
    let cache = NSTemporaryDirectory() + "/lathe-test-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: cache) }
    try tmux.send("XDG_CACHE_HOME=\(cache) \(tmux.lathe) run --mode compiled demo-models/resnet.pt2", "Enter")
    try tmux.wait(for: "\ncompile", orElse: "\n1/2 ")
    let screen = try tmux.wait(for: "1 call ")
    #expect(!screen.contains("\ncompile") && !screen.contains("\n1/2 "))
  }

  @Test func withoutATerminalItSaysSo() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Tmux.binary)
    process.arguments = ["open"]
    let errors = Pipe()
    (process.standardInput, process.standardOutput, process.standardError) = (FileHandle.nullDevice, Pipe(), errors)
    try process.run()
    process.waitUntilExit()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(process.terminationStatus != 0 && text.contains("not a terminal"))
  }
}
