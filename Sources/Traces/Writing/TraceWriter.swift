import Foundations
import Glibc
import Synchronization

/// Writes a trace file that PyTorch's tools read (`torch._logging._internal.trace_structured`).
///
/// The file is made at the first record, as `dedicated_log_torch_trace_[rank_N_]XXXXXXXX.log` with mode 0600, in a folder that is made
/// too where it is missing. A record is written whole or not at all, by one thread at a time. Where one cannot be written the trace
/// ends: `failure` says why, whoever made the writer is told once, and the program goes on.
package final class TraceWriter: Sendable {
  /// Whose records these are: one attempt of one compilation.
  package struct Attempt: Hashable, Sendable {
    package var id: TraceCompileID
    package var number: Int
    package init(_ id: TraceCompileID, attempt number: Int = 0) { (self.id, self.number) = (id, number) }
  }

  package enum Payload: Sendable {
    case text(String)
    /// A list, an element a line.
    case list([JSONValue])
    /// Any other value, a member a line.
    case json(JSONValue)
  }

  /// Where in a program a record was made, and when.
  package struct Origin: Sendable {
    package var path: String
    package var line: Int
    /// Seconds since 1970; nil is now.
    package var seconds: Double?
    package init(seconds: Double? = nil, path: String = #fileID, line: Int = #line) { (self.seconds, self.path, self.line) = (seconds, path, line) }
  }

  package let folder: String
  package let rank: Int?
  private let told: @Sendable (LatheError) -> Void
  private let state = Mutex(State())

  private struct State: ~Copyable {
    var descriptor: Int32 = -1
    var path: String?
    var size: Int = 0
    var strings = InternedStrings()
    var failure: LatheError?
    deinit { if descriptor >= 0 { close(descriptor) } }
  }

  /// - Parameters:
  ///   - rank: of a distributed run.
  ///   - told: called once, where the trace cannot be written.
  package init(folder: String, rank: Int? = nil, told: @escaping @Sendable (LatheError) -> Void = { _ in }) {
    (self.folder, self.rank, self.told) = (folder, rank, told)
  }

  /// The file; nil before its first record.
  package var path: String? { state.withLock { $0.path } }
  /// Why nothing is written any more.
  package var failure: LatheError? { state.withLock { $0.failure } }

  /// Appends a record, with records before it that give the names it refers to.
  /// - Parameters:
  ///   - event: the key, for example `dynamo_start`.
  ///   - attempt: nil for records of the whole process.
  ///   - metadata: the event's value; names are interned as it is made.
  package func write(
    _ event: String, of attempt: Attempt?, payload: Payload? = nil, at origin: Origin, metadata: (inout InternedStrings) -> JSONValue = { _ in .object([]) }
  ) {
    let text: String? = payload.map(TraceWriter.text)
    let failure: LatheError? = state.withLock { state in
      guard state.failure == nil else { return nil }
      let value: JSONValue = metadata(&state.strings)
      let header: String = TraceWriter.header(origin)
      var bytes: [UInt8] = []
      for (name, number) in state.strings.takeNew() {
        TraceWriter.append(header, [.init(key: "str", value: .array([.string(name), .int(number)]))], nil, &bytes)
      }
      TraceWriter.append(header, envelope(event, value, attempt, text), text, &bytes)
      do {
        if state.descriptor < 0 { (state.descriptor, state.path) = try create() }
        try TraceWriter.append(bytes, state.descriptor, size: state.size, path: state.path ?? folder)
        state.size += bytes.count
        return nil
      } catch {
        state.failure = (error as? LatheError) ?? LatheError(.system, subject: folder, "\(error)")
        return state.failure
      }
    }
    if let failure { told(failure) }
  }

  // MARK: A record's bytes

  private func envelope(_ event: String, _ value: JSONValue, _ attempt: Attempt?, _ text: String?) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = [.init(key: event, value: value)]
    func add(_ key: String, _ number: Int?) { if let number { members.append(.init(key: key, value: .int(number))) } }
    add("rank", rank)
    add("compiled_autograd_id", attempt?.id.autograd)
    add("frame_id", attempt?.id.frame)
    add("frame_compile_id", attempt?.id.compile)
    add("attempt", attempt?.number)
    if let text {
      var digest = MD5()
      digest.update(text)
      members.append(.init(key: "has_payload", value: .string(digest.hexDigest())))
    }
    return members
  }

  private static func append(_ header: String, _ members: [JSONValue.Member], _ text: String?, _ bytes: inout [UInt8]) {
    bytes += header.utf8
    PythonJSON.append(.object(members), .line, &bytes)
    if let text {
      bytes += [0x0A, 0x09]
      for byte in text.utf8 {
        bytes.append(byte)
        if byte == 0x0A { bytes.append(0x09) }
      }
    }
    bytes.append(0x0A)
  }

  static func text(_ payload: Payload) -> String {
    switch payload {
    case .text(let text): text
    case .list(let items): "[\n" + items.map { PythonJSON.text($0) }.joined(separator: ",\n") + "\n]"
    case .json(let value): PythonJSON.text(value, .lines)
    }
  }

  /// `V1122 21:15:04.143000 12126 torch/_dynamo/utils.py:1318] `, in local time.
  static func header(_ origin: Origin, process: Int32 = getpid()) -> String {
    let seconds: Double = origin.seconds ?? now()
    var whole = time_t(seconds.rounded(.down))
    let micros = min(Int((seconds - Double(whole)) * 1e6), 999_999)
    var parts = tm()
    localtime_r(&whole, &parts)
    let time = TraceTime(
      month: Int(parts.tm_mon) + 1, day: Int(parts.tm_mday), microseconds: ((Int(parts.tm_hour) * 60 + Int(parts.tm_min)) * 60 + Int(parts.tm_sec)) * 1_000_000 + micros)
    let day: String = String(10_000 + time.month * 100 + time.day).dropFirst().description
    // Readers take the path up to its first colon.
    let path = String(origin.path.map { $0 == ":" || $0.isNewline ? "_" : $0 })
    return "V\(day) \(time.clock) \(process) \(path):\(origin.line)] "
  }

  /// Seconds since 1970.
  package static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  // MARK: The file

  private func create() throws -> (Int32, String) {
    func failure(_ path: String) -> LatheError { LatheError(.system, subject: path, "the trace cannot be written: \(String(cString: strerror(errno)))") }
    var made: String = folder.hasPrefix("/") ? "/" : ""
    for part in folder.split(separator: "/") {
      made += made.isEmpty || made.hasSuffix("/") ? part : "/" + part
      if mkdir(made, 0o777) != 0, errno != EEXIST { throw failure(folder) }
    }
    let letters: [Character] = Array("abcdefghijklmnopqrstuvwxyz0123456789_")
    while true {
      let word = String((0..<8).map { _ in letters.randomElement() ?? "_" })
      let path: String = "\(folder)/\(TraceFile.namePrefix)\(rank.map { "rank_\($0)_" } ?? "")\(word).log"
      let descriptor: Int32 = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      if descriptor >= 0 { return (descriptor, path) }
      if errno != EEXIST { throw failure(folder) }
    }
  }

  static func append(_ bytes: [UInt8], _ descriptor: Int32, size: Int, path: String) throws {
    var done: Int = 0
    while done < bytes.count {
      let count: Int = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + done, bytes.count - done) }
      if count < 0, errno == EINTR { continue }
      if count <= 0 {
        let cause = String(cString: strerror(errno))
        // Half a record would be a broken trace: the file ends with the last whole one.
        _ = ftruncate(descriptor, off_t(size))
        throw LatheError(.system, subject: path, "the trace ends here, it cannot be written on: \(cause)")
      }
      done += count
    }
  }
}

/// Names that are written once, in records of their own, and referred to by number.
package struct InternedStrings: Sendable {
  private var numbers: [String: Int] = [:]
  private var new: [(String, Int)] = []

  mutating func number(_ name: String) -> Int {
    if let number = numbers[name] { return number }
    let number: Int = numbers.count
    numbers[name] = number
    new.append((name, number))
    return number
  }
  mutating func takeNew() -> [(String, Int)] {
    defer { new = [] }
    return new
  }

  /// Frames as records have them. A frame without a file is said to be of `(unknown)`: tlparse takes no negative number.
  package mutating func frames(_ frames: [SourceFrame]) -> JSONValue {
    .array(
      frames.map { frame in
        var members: [JSONValue.Member] = [
          .init(key: "line", value: .int(frame.line)), .init(key: "name", value: .string(frame.function)),
          .init(key: "filename", value: .int(number(frame.file.isEmpty ? "(unknown)" : frame.file))),
        ]
        if !frame.text.isEmpty { members.append(.init(key: "loc", value: .string(frame.text))) }
        return .object(members)
      })
  }
}
