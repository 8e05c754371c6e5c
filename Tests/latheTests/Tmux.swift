import Foundation
import Testing

/// The checkout's top folder.
let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

/// A tmux server of its own with one window in which a shell runs.
final class Tmux {
  static let path: String? = ["/usr/bin/tmux", "/usr/local/bin/tmux", "/bin/tmux"].first { FileManager.default.isExecutableFile(atPath: $0) }
  /// The `lathe` that was built together with the tests.
  static let binary: String = {
    let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    for argument in [CommandLine.arguments.first ?? "", folder.path] + CommandLine.arguments where argument.contains(".xctest") || argument.contains("/debug/") || argument.contains("/release/") {
      let candidate = URL(fileURLWithPath: argument).deletingLastPathComponent().appendingPathComponent("lathe").path
      if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
    }
    return checkout + "/.build/debug/lathe"
  }()

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  let lathe: String
  private let socket: String
  private let state: String

  init(width: Int, height: Int, folder: String) throws {
    socket = "lathe-test-\(UUID().uuidString.prefix(8))"
    state = NSTemporaryDirectory() + "/" + socket
    lathe = Tmux.binary
    // A shell without its own start files, so that the prompt is known.
    let shell = "cd '\(folder)' && exec env LC_ALL=C.UTF-8 PS1='$ ' XDG_STATE_HOME='\(state)' XDG_CONFIG_HOME='\(state)' bash --norc --noprofile"
    try run(["-f", "/dev/null", "new-session", "-d", "-s", "w", "-x", "\(width)", "-y", "\(height)", shell])
    try wait(for: "$")
  }

  deinit {
    _ = try? run(["kill-server"])
    try? FileManager.default.removeItem(atPath: state)
  }

  /// Runs a tmux command and returns what it wrote. Not Foundation's `Process`: it takes a child for running as long as anybody
  /// holds a descriptor it was given, and the server that `new-session` starts does.
  @discardableResult
  private func run(_ arguments: [String]) throws -> String {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Failure(description: "no pipe can be made") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    // The thread of a test blocks signals; what runs in the terminal must not inherit that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let words = ([Tmux.path ?? "tmux", "-L", socket] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    let status = posix_spawn(&child, Tmux.path ?? "tmux", &actions, &attributes, words, environ)
    close(ends[1])
    guard status == 0 else { throw Failure(description: "tmux cannot be started") }
    // The command ends by itself; the server it may start keeps the pipe, so reading stops when the command is over.
    var text: [UInt8] = []
    var buffer: [UInt8] = Array(repeating: 0, count: 65536)
    if arguments.first == "capture-pane" || arguments.first == "display-message" {
      while true {
        let count = read(ends[0], &buffer, buffer.count)
        if count <= 0 { break }
        text += buffer[..<count]
      }
    }
    var code: Int32 = 0
    waitpid(child, &code, 0)
    return String(decoding: text, as: UTF8.self)
  }

  /// Keys by tmux's names; a text that is no name is typed.
  func send(_ keys: String...) throws { try run(["send-keys", "-t", "w"] + keys) }
  func type(_ text: String) throws { try run(["send-keys", "-t", "w", "-l", text]) }
  func resize(_ width: Int, _ height: Int) throws { try run(["resize-window", "-t", "w", "-x", "\(width)", "-y", "\(height)"]) }
  func format(_ text: String) throws -> String {
    try run(["display-message", "-p", "-t", "w", text]).trimmingCharacters(in: .whitespacesAndNewlines)
  }
  /// What runs in the window's shell.
  func foregroundProcess() throws -> pid_t {
    let shell = try format("#{pane_pid}")
    let children = try String(contentsOfFile: "/proc/\(shell)/task/\(shell)/children", encoding: .utf8)
    guard let child = children.split(separator: " ").first.flatMap({ pid_t($0) }) else { throw Failure(description: "the shell runs nothing") }
    return child
  }
  func screen() throws -> String { try run(["capture-pane", "-p", "-t", "w"]) }

  /// Reads the screen until it shows the text (or the other one) and the condition no longer holds.
  @discardableResult
  func wait(for text: String, orElse other: String? = nil, while isWaiting: () -> Bool = { false }) throws -> String {
    let deadline = Date().addingTimeInterval(60)
    var screen = ""
    repeat {
      screen = try self.screen()
      if screen.contains(text) || other.map({ screen.contains($0) }) == true, !isWaiting() { return screen }
    } while Date() < deadline
    throw Failure(description: "the screen never showed '\(text)':\n\(screen)")
  }
}
