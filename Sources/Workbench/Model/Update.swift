import Engine
import Foundations

extension Model {
  /// The one way the model changes: takes an event and says what else is to be done.
  package mutating func update(_ event: WorkbenchEvent) -> [Effect] {
    var effects: [Effect]
    switch event {
    case .input(let input): effects = handle(input)
    case .message(let message): effects = handle(message)
    }
    let before = effects.count
    settle()
    if effects.count == before, effects.contains(where: { if case .quit = $0 { true } else { false } }) {
      effects.insert(contentsOf: jobs.map { .cancel($0.id) }, at: 0)
    }
    effects += readCompiles()
    effects += readArchive()
    return effects
  }

  /// Keeps cursors inside their lists and lists inside their panes.
  package mutating func settle() {
    let layout = ScreenLayout(self)
    modelList.settle(count: entries.count, height: layout.table.height - 2)
    logList.settle(count: shownLog.count, height: layout.body.height - 1)
    if let active {
      var view = documents[active].view
      let height = layout.height(of: .rows)
      view.rows.settle(count: view.layout.rows.count, height: height, step: height / 3)
      view.tree.settle(count: view.treeRows.count, height: layout.height(of: .tree))
      documents[active].view = view
      if view.pane == .inspector {
        let count = Inspector.lines(documents[active], width: layout.inspector.width).count
        documents[active].view.inspector.settle(count: count, height: layout.height(of: .inspector))
      }
      if var table = documents[active].kernels {
        table.list.settle(count: table.shown.count, height: layout.kernelTable.height - 2)
        table.code.settle(count: table.codeLines.count, height: layout.kernelCode.height - 1)
        table.follow(documents[active].levels[0].index)
        table.nodes.settle(count: table.provenance.count, height: layout.kernelNodes.height - 1)
        documents[active].kernels = table
      }
      documents[active].followKernels()
    }
    settleCompiles(layout)
    settleArchive(layout)
    if case .picker(var picker) = layer {
      picker.list.settle(count: picker.shown.count, height: LayerView.pickerHeight(self))
      layer = .picker(picker)
    }
  }

  private mutating func handle(_ input: Input) -> [Effect] {
    switch input {
    case .key(let key): return handle(key)
    case .mouse(let mouse): return saved.mouse ? handle(mouse) : []
    case .paste(let text): return paste(text)
    case .resize, .wake: return []
    case .suspend: return [.suspend]
    case .end: return [.quit]
    }
  }

  private mutating func handle(_ key: Key) -> [Effect] {
    if key.code == .control("z") || key.code == .control("l") || key.code == .control("c") {
      if let command = Commands.command(for: key, on: screen) { return perform(command.id) }
    }
    if layer != nil { return handleLayer(key) }
    if key.alt, case .character(let letter) = key.code, let menu = Menu.allCases.first(where: { $0.letter == letter }) {
      layer = .menu(MenuState(menu: menu))
      return []
    }
    if let command = Commands.command(for: key, on: screen) { return perform(command.id) }
    return []
  }

  private mutating func paste(_ text: String) -> [Effect] {
    let scalars = text.unicodeScalars.map { $0 == "\n" || $0 == "\r" ? " " : $0 }
    switch layer {
    case .prompt(var prompt):
      prompt.editor.insert(scalars)
      layer = .prompt(prompt)
      return promptChanged()
    case .picker(var picker):
      picker.editor.insert(scalars)
      layer = .picker(picker)
    case .run(var dialog):
      dialog.editor?.insert(scalars)
      layer = .run(dialog)
    case .form(var form):
      form.paste(scalars)
      check(&form)
      layer = .form(form)
      return foresee()
    default: tell(.info, "nothing here takes pasted text")
    }
    return []
  }

  // MARK: Messages

  private mutating func handle(_ message: Message) -> [Effect] {
    switch message {
    case .progress(let job, let done, let count, let what):
      guard let index = jobs.firstIndex(where: { $0.id == job }) else { return [] }
      (jobs[index].done, jobs[index].of, jobs[index].what) = (done, count, what)
      return []
    case .note(_, let text):
      record(.info, text)
      return []
    case .phase(let job, let name, let seconds):
      record(.info, "\(name) took \(Format.seconds(seconds))")
      if let index = jobs.firstIndex(where: { $0.id == job }) { jobs[index].phases.append((name, seconds)) }
      return []
    case .limits(let limits):
      self.limits = limits
      for index in documents.indices { documents[index].kernels?.use(limits) }
      return []
    case .compiled(let job, let report, let stages):
      guard let index = benchmarked(by: job) else { return [] }
      documents[index].use(stages)
      // Watching what is compiled already goes on with the table.
      if case .watch? = jobs.first(where: { $0.id == job })?.work, documents[index].kernels != nil { return [] }
      documents[index].kernels = KernelTable(report, last: documents[index].kernels, limits: limits)
      let calls = report.kernels.count(where: { $0.code == nil })
      record(.info, "\(documents[index].name) is compiled: \(report.kernels.count - calls) kernels in C, \(calls) operator calls")
      return []
    case .kernelTimes(let job, let calls, let times):
      if let index = benchmarked(by: job) { documents[index].kernels?.use(times, calls: calls) }
      return []
    case .session(let session, let news): return take(news, of: session)
    case .failedCalls(let job, let failed):
      guard let id = jobs.first(where: { $0.id == job })?.work.drivenDocument else { return [] }
      changeCompiles(of: .document(id)) { [clock] in $0.use(failed, of: job, clock: clock) }
      return []
    case .trace(let job, let report):
      take(report, ofJob: job)
      return []
    case .finished(let id, let outcome):
      guard let index = jobs.firstIndex(where: { $0.id == id }) else { return [] }
      let job = jobs.remove(at: index)
      return finish(job, outcome)
    }
  }

  private mutating func finish(_ job: RunningJob, _ outcome: Outcome) -> [Effect] {
    switch outcome {
    case .opened(let opened, let levels, let operators):
      add(opened, levels, operators: operators)
      tell(.info, "opened \(PathText.name(opened.path)): \(levels[0].index.drawnCount) nodes, \(Format.count(opened.summary.parameterCount)) parameters")
      return saveState()
    case .openedArchive(let summary): return add(summary)
    case .summarizedArchive(let summary): setSummary(summary)
    case .archiveSource(let lines): if case .archiveSource(let source, _) = job.work { shelf.keep(lines, of: source) }
    case .foreseen(let outlook): return finishOutlook(job, outlook)
    case .exported(let report): finishExport(job, report)
    case .packaged(let report, let summary, let comparisons): return finishPackage(report, summary, comparisons)
    case .compared(let comparisons):
      if case .callArchive(let call) = job.work { shelf.trust(call.digest) }
      show(comparisons, of: job)
    case .minified(let report): finishMinifying(job, report)
    case .archiveRan(let result): finishCall(job, result)
    case .ran(let id, let result, let samples):
      finishRun(job, id, result, samples)
      if case .run(_, _, _, _, let mode) = job.work, mode != .eager { return look(at: id) }
    case .benchmarked(let result): finishBenchmark(job, result)
    case .watched(let calls): tell(.info, "\(job.title): stopped after \(calls) call\(calls == 1 ? "" : "s")")
    case .driven(let summary): return finishDrive(job, summary)
    case .session(let facts): return finishSession(job, facts)
    case .followed: tell(.info, "\(job.title): stopped")
    case .traceDetails, .compileText: finishReading(job, outcome)
    case .passes(let stages): return takePasses(job, stages)
    case .laidOut(let id, let stage, let levels, let operators): takeStage(id, stage, levels, operators)
    case .listed(let folder, let files): return list(files, of: folder)
    case .summarized(let path, let summary): setSummary(summary, path: path)
    case .completed(let prefix, let candidates): complete(prefix, candidates)
    case .theme(let theme, let problems):
      for problem in problems { tell(.warning, problem) }
      self.theme = theme.name
      return [.useTheme(theme)]
    case .saved(let path): if let path { tell(.info, "wrote \(path)") }
    case .failed(let error): fail(job, error)
    }
    return []
  }

  private mutating func fail(_ job: RunningJob, _ error: LatheError) {
    if error.kind == .cancelled {
      tell(.info, "\(job.title): cancelled")
      return
    }
    switch job.work {
    case .summarize(let path):
      record(.warning, error.description)
      if let index = entries.firstIndex(where: { $0.file.path == path }) { entries[index].problem = error.description }
    case .traceDetails, .compileText, .session(_, _, .look): failReading(job, error)
    case .archiveSource(let source, _): shelf.keep(["✗ \(error.description)"], of: source)
    case .follow:
      tell(.error, error.description)
      if trace?.job == job.id, trace?.table.count == 0 { trace = nil }
    default:
      tell(.error, error.description)
      offerMinifying(job, error)
    }
  }

  private mutating func finishRun(_ job: RunningJob, _ id: Int, _ result: RunResult, _ samples: [Float]) {
    guard let index = documents.firstIndex(where: { $0.id == id }) else { return }
    documents[index].lastRun = RunReport(outputs: result.summaries, seconds: result.seconds, inputs: job.title)
    if !samples.isEmpty { documents[index].useSamples(samples) }
    let best = result.seconds.min() ?? 0
    tell(.info, "\(job.title): done, \(Format.seconds(best))\(result.seconds.count > 1 ? " at best of \(result.seconds.count)" : "")")
    if active == index, layer == nil { layer = .result }
  }

  /// The index of the document that a job compiles and times; nil once it is closed.
  private func benchmarked(by job: UInt32) -> Int? {
    guard let id = jobs.first(where: { $0.id == job })?.work.timedDocument else { return nil }
    return documents.firstIndex { $0.id == id }
  }

  private mutating func finishBenchmark(_ job: RunningJob, _ result: BenchResult) {
    guard case .benchmark(let id, _, _) = job.work, let index = documents.firstIndex(where: { $0.id == id }) else { return }
    documents[index].kernels?.use(result)
    if let limits = result.limits { self.limits = limits }
    guard let medians = documents[index].kernels?.medians else { return }
    tell(.info, "\(job.title): a call takes \(Format.seconds(medians.compiled)), eagerly \(Format.seconds(medians.eager))")
  }

  private mutating func list(_ files: [ModelFile], of folder: String) -> [Effect] {
    let known = Set(entries.map { absolute($0.file.path) })
    let kept = Set(files.map(\.path))
    let isRecent = entries.map { saved.recent.contains(absolute($0.file.path)) }
    entries = zip(entries, isRecent).filter { PathText.folder($0.file.path) != folder || kept.contains($0.file.path) || $1 }.map(\.0)
    let added = files.filter { !known.contains(absolute($0.path)) }
    entries += added.map { ModelEntry(file: $0) }
    return added.map { job("summarize \($0.path)", .summarize($0.path), isVisible: false) }
  }

  /// Writes the state, except where nothing may be written.
  package mutating func saveState() -> [Effect] {
    isReadonly ? [] : [job("save the state", .saveState(saved), isVisible: false)]
  }
}
