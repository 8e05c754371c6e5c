import Engine
import Foundation
import Foundations
import Synchronization

/// Messages from jobs and sessions to the UI thread; what is only of use until something newer comes is replaced by that.
package final class Inbox: Sendable {
  private enum Source: Hashable {
    case progress(UInt32), calls(UInt32), trace(UInt32)
    case compileProgress(ObjectIdentifier), eagerCalls(ObjectIdentifier)
    /// Nothing else may come for long after it.
    var wakesAlways: Bool { if case .trace = self { true } else { false } }
  }
  private struct State {
    var messages: [Message] = []
    /// The newest of those that replace one another.
    var newest: [Source: Message] = [:]
    var lastWake: [Source: ContinuousClock.Instant] = [:]
  }
  private let state = Mutex(State())
  private let waker: Mutex<@Sendable () -> Void> = Mutex({})

  package init() {}
  package func setWaker(_ wake: @escaping @Sendable () -> Void) { waker.withLock { $0 = wake } }

  /// What a message's newer ones replace; nil where each one counts.
  private static func source(of message: Message) -> Source? {
    switch message {
    case .progress(let job, _, _, _): .progress(job)
    case .failedCalls(let job, _): .calls(job)
    case .trace(let job, _): .trace(job)
    case .session(let session, .progress): .compileProgress(session)
    case .session(let session, .eagerCalls): .eagerCalls(session)
    default: nil
    }
  }

  /// What newer messages replace wakes the UI thread at most every 50 ms a source, everything else at once.
  package func post(_ message: Message) {
    let wakes = state.withLock { state in
      if let source = Inbox.source(of: message) {
        state.newest[source] = message
        let now = ContinuousClock.now
        if !source.wakesAlways, let last = state.lastWake[source], now - last < .milliseconds(50) { return false }
        state.lastWake[source] = now
        return true
      }
      if case .finished(let job, _) = message {
        state.newest[.progress(job)] = nil
        for source in [Source.progress(job), .calls(job), .trace(job)] { state.lastWake[source] = nil }
      }
      state.messages.append(message)
      return true
    }
    if wakes { waker.withLock { $0 }() }
  }

  package func drain() -> [Message] {
    state.withLock { state in
      let messages = Array(state.newest.values) + state.messages
      state.newest = [:]
      state.messages = []
      return messages
    }
  }
}

/// Set by the UI thread, asked by a job.
package final class CancelFlag: Cancellation {
  private let flag = Atomic(false)
  package init() {}
  package var isCancelled: Bool { flag.load(ordering: .relaxed) }
  package func cancel() { flag.store(true, ordering: .relaxed) }
}

/// Passes a job's events on to the inbox and gathers its timings.
private final class JobEvents: EventSink {
  private let job: UInt32
  private let inbox: Inbox
  private let samples: Mutex<[UInt32: Float]> = Mutex([:])
  init(job: UInt32, inbox: Inbox) { (self.job, self.inbox) = (job, inbox) }

  func report(_ event: Event) {
    switch event {
    case .progress(_, let done, let count, let what): inbox.post(.progress(job: job, done: done, of: count, what: what))
    case .operatorSample(let node, let time):
      let seconds = Float(time / .seconds(1))
      samples.withLock { $0[node] = seconds }
    case .phase(_, let name, let time):
      inbox.post(.phase(job: job, name: name, seconds: time / .seconds(1)))
    case .kernelTimes(let calls, let times): inbox.post(.kernelTimes(job: job, calls: calls, times))
    case .notice(let text): inbox.post(.note(job: job, text))
    case .phaseBegan, .compile: break
    }
  }
  func samples(count: Int) -> [Float] {
    samples.withLock { table in
      if table.isEmpty { return [] }
      var list: [Float] = Array(repeating: 0, count: count)
      for (node, seconds) in table where Int(node) < count { list[Int(node)] = seconds }
      return list
    }
  }
}

/// Does jobs, each on a thread of its own (summaries share one); what they end with comes back through the inbox.
package final class JobRunner<Services: WorkbenchServices>: Sendable {
  let services: Services
  let inbox: Inbox
  private let themes: ThemeLibrary
  private let paths: UserPaths
  /// Facts about the listed files are read one file at a time.
  private let summaries = DispatchQueue(label: "lathe.summaries", qos: .utility)

  package init(services: Services, inbox: Inbox, themes: ThemeLibrary, paths: UserPaths) {
    (self.services, self.inbox, self.themes, self.paths) = (services, inbox, themes, paths)
  }

  package func start(_ job: Job, cancellation: CancelFlag) {
    let work: @Sendable () -> Void = { [self] in
      let outcome: Outcome
      do {
        outcome = try perform(job, cancellation: cancellation)
      } catch let error as LatheError {
        outcome = .failed(error)
      } catch {
        outcome = .failed(LatheError(.system, "\(job.title): \(error)"))
      }
      inbox.post(.finished(job: job.id, outcome))
    }
    if case .summarize = job.work { return summaries.async(execute: work) }
    let thread = Thread(block: work)
    thread.stackSize = 16 << 20
    thread.start()
  }

  private func perform(_ job: Job, cancellation: CancelFlag) throws -> Outcome {
    switch job.work {
    case .open(let path):
      if let archive = try services.inspect(path) { return .openedArchive(archive) }
      let model = try services.open(path, events: JobEvents(job: job.id, inbox: inbox), cancellation: cancellation)
      try cancellation.check()
      SessionFeed(model.session, inbox: inbox)
      let levels = GraphLevel.all(model.program.graph, hints: model.program.symbolHints)
      return .opened(model, levels, operators: services.operators(of: model.program.graph))
    case .run(let document, let model, let inputs, let repeats, let mode):
      let events = JobEvents(job: job.id, inbox: inbox)
      let result = try services.run(model, inputs: inputs, repeats: repeats, mode: mode, events: events, cancellation: cancellation)
      return .ran(document: document, result, samples: events.samples(count: model.program.graph.nodes.count))
    case .benchmark(_, let model, let mode):
      let events = try compile(model, mode, job, cancellation: cancellation)
      return .benchmarked(try services.bench(model, mode: mode, events: events, cancellation: cancellation))
    case .watch(_, let model, let mode, let measuresLimits):
      let events = try compile(model, mode, job, cancellation: cancellation)
      if measuresLimits { inbox.post(.limits(services.measureLimits())) }
      return .watched(calls: try services.watch(model, mode: mode, events: events, cancellation: cancellation))
    case .drive(_, let model, let sweep, let cycles, let mode):
      let events = JobEvents(job: job.id, inbox: inbox)
      return .driven(try drive(model, sweep, cycles: cycles, mode: mode, job: job.id, events: events, cancellation: cancellation))
    case .session(_, let model, let task): return .session(try perform(task, on: model.session))
    case .follow(let path):
      try follow(path, job: job.id, cancellation: cancellation)
      return .followed
    case .traceDetails(_, let report, let number): return .traceDetails(try report.details(of: report.compiles[number]))
    case .compileText(_, _, _, let item): return .compileText(try item.lines())
    case .passes(_, let model, _):
      let passes = try services.passes(of: model, events: JobEvents(job: job.id, inbox: inbox), cancellation: cancellation)
      return .passes(GraphStages(model.program.graph, passes: passes))
    case .layOut(let document, let stage, let graph, let hints):
      return .laidOut(document: document, stage: stage, GraphLevel.all(graph, hints: hints), operators: services.operators(of: graph))
    case .archiveSource(let source, let path): return .archiveSource(try text(of: source, in: path))
    case .foresee(let request, _, _): return .foreseen(try outlook(of: request))
    case .write(let request): return try write(request, events: JobEvents(job: job.id, inbox: inbox), cancellation: cancellation)
    case .tryPackage(let items):
      return .compared(try services.tryPackaging(items, options: PackageOptions(), events: JobEvents(job: job.id, inbox: inbox), cancellation: cancellation))
    case .callArchive(let call): return try self.call(call, events: JobEvents(job: job.id, inbox: inbox), cancellation: cancellation)
    case .minify(let model, let options):
      return .minified(try services.minify(model, options, events: JobEvents(job: job.id, inbox: inbox), cancellation: cancellation))
    case .list(let folder): return .listed(folder: folder, try services.listModels(folder))
    case .summarize(let path):
      if let archive = try services.inspect(path) { return .summarizedArchive(archive) }
      return .summarized(path: path, try services.open(path, events: NoEvents(), cancellation: cancellation).summary)
    case .complete(let prefix): return .completed(prefix: prefix, PathCompletion.candidates(for: prefix))
    case .theme(let name):
      let (theme, problems) = try themes.load(name)
      return .theme(theme, problems: problems)
    case .saveState(let state):
      try state.write(folder: paths.state)
      return .saved(path: nil)
    case .save(let path, let text):
      do {
        try Data(text.utf8).write(to: URL(fileURLWithPath: PathCompletion.expanded(path)), options: .atomic)
      } catch {
        throw LatheError(.system, subject: path, "cannot be written: \(error.localizedDescription)")
      }
      return .saved(path: path)
    }
  }

  /// Compiles a program, tells what became of it, and gives the sink for what follows.
  private func compile(_ model: OpenModel, _ mode: ExecutionMode, _ job: Job, cancellation: CancelFlag) throws -> JobEvents {
    let events = JobEvents(job: job.id, inbox: inbox)
    let report = try services.compile(model, mode: mode, events: events, cancellation: cancellation)
    inbox.post(.compiled(job: job.id, report, GraphStages(model.program.graph, passes: report.passes)))
    try cancellation.check()
    return events
  }
}

/// Completes a path that is being typed.
package enum PathCompletion {
  /// `~` at the front stands for the home directory.
  package static func expanded(_ path: String) -> String { path.hasPrefix("~") ? NSString(string: path).expandingTildeInPath : path }

  /// Folders (with `/`) and files that begin with the prefix, sorted; hidden ones only where the prefix asks for them.
  package static func candidates(for prefix: String) -> [String] {
    let slash = prefix.lastIndex(of: "/")
    let folder = slash.map { String(prefix[...$0]) } ?? ""
    let start = slash.map { String(prefix[prefix.index(after: $0)...]) } ?? prefix
    let place = folder.isEmpty ? "." : expanded(folder)
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []).sorted()
    var candidates: [String] = []
    for name in names where name.hasPrefix(start) && (start.hasPrefix(".") || !name.hasPrefix(".")) {
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: place + "/" + name, isDirectory: &isFolder)
      candidates.append(folder + name + (isFolder.boolValue ? "/" : ""))
      if candidates.count == 200 { break }
    }
    return candidates
  }

  /// The longest beginning all candidates share.
  package static func sharedPrefix(_ candidates: [String]) -> String {
    guard var shared = candidates.first else { return "" }
    for candidate in candidates.dropFirst() { while !candidate.hasPrefix(shared) { shared.removeLast() } }
    return shared
  }
}
