import CRuntime
import Foundations
import Glibc

/// A program to run: its arguments, the first of which is its path, and the folder it runs in.
package struct ChildProcess: Sendable {
  package var arguments: [String]
  package var folder: String?

  package init(arguments: [String], folder: String? = nil) { (self.arguments, self.folder) = (arguments, folder) }

  package enum Status: Hashable, Sendable {
    case exited(Int32)
    case killed(signal: Int32)
  }
  /// What it wrote to standard output and error together, and how it ended.
  package struct Result: Sendable {
    package var output: String
    package var status: Status
  }

  /// Runs them, at most `width` at once, and calls `ended` with the index and result of each as it ends. Where `ended` throws or the
  /// work is cancelled, those still running are killed with their own children.
  /// - Throws: what `ended` throws; `LatheError` of kind `cancelled`; of kind `system` when a program cannot be started.
  package static func run(
    _ children: [ChildProcess], width: Int, cancellation: some Cancellation = NeverCancelled(), ended: (Int, Result) throws -> Void
  ) throws {
    var running: [Running] = []
    defer { for child in running { child.kill() } }
    var next: Int = 0
    while next < children.count || !running.isEmpty {
      try cancellation.check()
      while next < children.count && running.count < max(width, 1) {
        running.append(try Running(children[next], index: next))
        next += 1
      }
      var polls: [pollfd] = running.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
      poll(&polls, nfds_t(polls.count), 20)
      for (place, answer) in polls.enumerated().reversed() where answer.revents != 0 {
        guard let result = running[place].read() else { continue }
        let child: Running = running.remove(at: place)
        try ended(child.index, result)
      }
    }
  }
}

/// A started program, in a process group of its own.
private final class Running {
  let index: Int
  let descriptor: Int32
  private let process: pid_t
  private var output: [UInt8] = []

  init(_ child: ChildProcess, index: Int) throws {
    let arguments: [UnsafeMutablePointer<CChar>?] = child.arguments.map { strdup($0) } + [nil]
    defer { for text in arguments { free(text) } }
    var (output, process): (Int32, Int32) = (-1, 0)
    let code: Int32 = lathe_spawn(arguments, child.folder, &output, &process)
    guard code == 0 else {
      throw LatheError(.system, subject: child.arguments[0], "cannot be run: \(String(cString: strerror(code)))")
    }
    (self.index, self.process, descriptor) = (index, process, output)
  }

  /// Takes what has been written; the result, once all writers are gone.
  func read() -> ChildProcess.Result? {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count: Int = Glibc.read(descriptor, &buffer, buffer.count)
    if count < 0 && errno == EINTR { return nil }
    if count > 0 {
      output += buffer[..<count]
      return nil
    }
    close(descriptor)
    return ChildProcess.Result(output: String(decoding: output, as: UTF8.self), status: reap())
  }

  /// Ends it and all it started.
  func kill() {
    Glibc.kill(-process, SIGKILL)
    close(descriptor)
    _ = reap()
  }

  private func reap() -> ChildProcess.Status {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    let signal: Int32 = status & 0x7f
    return signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal)
  }
}
