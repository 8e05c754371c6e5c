import Engine
import Foundations
import Graphs
import Traces

/// What the UI thread reacts to.
package enum WorkbenchEvent: Sendable {
  case input(Input)
  case message(Message)
}

/// What jobs tell the UI thread.
package enum Message: Sendable {
  case progress(job: UInt32, done: Int, of: Int, what: String)
  case note(job: UInt32, String)
  /// A named part of a job ended.
  case phase(job: UInt32, name: String, seconds: Double)
  case compiled(job: UInt32, CompilationReport, GraphStages)
  case limits(MachineLimits)
  case kernelTimes(job: UInt32, calls: Int, [KernelTime])
  /// What the session of an open program tells.
  case session(ObjectIdentifier, SessionNews)
  /// All calls of a drive that failed so far; newer ones replace it.
  case failedCalls(job: UInt32, [UncompiledCalls])
  /// A trace as far as it was read; a newer one replaces it.
  case trace(job: UInt32, TraceReport)
  case finished(job: UInt32, Outcome)
}

/// What a job ended with.
package enum Outcome: Sendable {
  case openedArchive(ArchiveSummary)
  case summarizedArchive(ArchiveSummary)
  case archiveSource([Substring])
  case foreseen(WriteOutlook)
  case exported(ExportReport)
  case packaged(PackageReport, ArchiveSummary, [PackageComparison])
  /// Models and their programs were called with the same inputs.
  case compared([PackageComparison])
  case archiveRan(RunResult)
  case minified(MinifyReport)
  case opened(OpenModel, [GraphLevel], operators: [OperatorName: OperatorFacts])
  /// Seconds by node index, empty where no call was timed.
  case ran(document: Int, RunResult, samples: [Float])
  case benchmarked(BenchResult)
  /// Calls were made until the job was cancelled.
  case watched(calls: Int)
  case driven(DriveSummary)
  /// A session was changed or looked at.
  case session(SessionFacts)
  /// A trace was followed until the job was cancelled.
  case followed
  case traceDetails(TraceDetails)
  case compileText([Substring])
  case passes(GraphStages)
  /// A stage of a document, with the graphs in it.
  case laidOut(document: Int, stage: Int, [GraphLevel], operators: [OperatorName: OperatorFacts])
  case listed(folder: String, [ModelFile])
  case summarized(path: String, ModelSummary)
  case completed(prefix: String, [String])
  case theme(Theme, problems: [String])
  case saved(path: String?)
  case failed(LatheError)
}

/// What the update asks for; the loop does it.
package enum Effect: Sendable {
  case start(Job)
  case cancel(UInt32)
  case copy(String)
  case useTheme(Theme)
  case useMouse(Bool)
  case suspend, redraw, quit
}

/// Work for another thread.
package struct Job: Sendable {
  package enum Work: Sendable {
    case open(String)
    case run(document: Int, OpenModel, InputSource, repeats: Int, mode: ExecutionMode)
    /// Compiles the program and times it.
    case benchmark(document: Int, OpenModel, mode: ExecutionMode)
    /// Compiles the program, and calls it until the job is cancelled.
    case watch(document: Int, OpenModel, mode: ExecutionMode, measuresLimits: Bool)
    /// Calls the program by a schedule.
    case drive(document: Int, OpenModel, Sweep, cycles: Int, mode: ExecutionMode)
    case session(document: Int, OpenModel, SessionTask)
    /// Reads a trace and what comes to it until the job is cancelled.
    case follow(String)
    /// Reads everything that a trace has of one compilation.
    case traceDetails(CompileOwner, TraceReport, Int)
    /// Writes out a text of a compilation, by its row and number.
    case compileText(CompileOwner, CompileTable.Subject, Int, CompileTextItem)
    /// Runs the compiler's passes, and then asks which one to look at, or goes on to the first.
    case passes(document: Int, OpenModel, asks: Bool)
    /// Lays out the graph that a pass left.
    case layOut(document: Int, stage: Int, Graph, hints: [String: Int])
    /// Reads a source that is kept in an archive.
    case archiveSource(ArchiveShelf.Source, path: String)
    /// Finds out what writing would come to, for a form of that content; `asks` where the user wants it written.
    case foresee(WriteRequest, form: [String], asks: Bool)
    case write(WriteRequest)
    /// Packages on trial and compares with eager execution.
    case tryPackage([PackageItem])
    /// Loads a model of an archive and calls it.
    case callArchive(ArchiveCall)
    /// Makes a program that fails smaller.
    case minify(OpenModel, MinifyOptions)
    case list(String)
    case summarize(String)
    case complete(String)
    case theme(String)
    case saveState(SavedState)
    case save(path: String, text: String)

    /// Whether it goes on until it is told to stop and needs nothing of the user meanwhile.
    package var isBackground: Bool { if case .follow = self { true } else { false } }
    /// Whether it writes a program or an archive, or tries one.
    package var isWriting: Bool {
      switch self {
      case .write, .tryPackage, .callArchive, .minify: true
      default: false
      }
    }
    /// The programs that a package or an archive's model is compared with, in order.
    package var comparedPrograms: [OpenModel] {
      switch self {
      case .write(let request): if case .package(let items, _, _) = request.content { items.map(\.model) } else { [] }
      case .tryPackage(let items): items.map(\.model)
      case .callArchive(let call): if case .compare(let program) = call.task { [program] } else { [] }
      default: []
      }
    }
    package var isOutlook: Bool { if case .foresee = self { true } else { false } }
    /// The document that it drives.
    package var drivenDocument: Int? { if case .drive(let document, _, _, _, _) = self { document } else { nil } }
    /// The document whose kernels it times.
    package var timedDocument: Int? {
      switch self {
      case .benchmark(let document, _, _), .watch(let document, _, _, _): document
      default: nil
      }
    }
  }
  package var id: UInt32
  package var title: String
  package var work: Work
  /// Shown in the status line and asked about at quitting; short housekeeping is not.
  package var isVisible: Bool
}

/// A running job as the screen shows it.
package struct RunningJob: Sendable {
  package var id: UInt32
  package var title: String
  package var work: Job.Work
  package var isVisible: Bool
  package var done: Int = 0
  package var of: Int = 0
  package var what: String = ""
  package var isCancelled: Bool = false
  /// The parts that ended, and what they took.
  package var phases: [(name: String, seconds: Double)] = []
}
