import Foundations

extension Commands {
  static let kernelCommands: [Command] = [
    Command("kernels.sort", "Sort the kernels by the next column", menu: .view, keys: "s", in: .kernels, unless: needsKernels) { model in
      model.changeKernels { $0.sort() }
      model.tell(.info, "sorted by \(model.document?.kernels?.column.rawValue ?? "")")
      return []
    },
    Command("kernels.filter", "Filter the kernels by name", menu: .view, keys: "/", in: .kernels, asks: true, unless: needsKernels) { model in
      let text = model.document?.kernels?.filter ?? ""
      model.layer = .prompt(Prompt(.kernelFilter(original: text), label: "Kernels named", text: text, hint: "a part of the name"))
      return []
    },
    Command("kernels.hold", "Hold the table, or follow the calls again", menu: .view, keys: "f", in: .kernels, unless: needsKernels) { model in
      model.changeKernels { $0.hold(!$0.isHeld) }
      model.tell(.info, model.document?.kernels?.isHeld == true ? "the table is held; f follows again" : "the table follows the calls")
      return []
    },
    Command("kernels.watch", "Call again and again, or stop", menu: .run, keys: "L", in: .kernels, unless: { model in
      needsDocument(model) ?? (model.isReadonly ? "started with --readonly, and compiling writes to the kernel cache" : nil)
    }) { $0.watchKernels() },
    Command("kernels.enter", "Open: the C, the node in the graph, or what its line gave", keys: "Enter", in: .kernels, unless: needsKernels) { $0.enterKernel() },
    Command("kernels.escape", "Out: back to the table, clear the filter", keys: "Esc", in: .kernels, unless: needsKernels) { model in
      model.changeKernels { table in
        if table.pane != .table { table.pane = .table } else { table.setFilter("") }
      }
      return []
    },
    Command("kernels.nextPane", "Next pane", keys: "Tab", in: .kernels, unless: needsKernels) { model in
      model.changeKernels { $0.pane = KernelTable.Pane(rawValue: ($0.pane.rawValue + 1) % 3) ?? .table }
      return []
    },
    Command("kernels.previousPane", "Previous pane", keys: "Shift-Tab", in: .kernels, unless: needsKernels) { model in
      model.changeKernels { $0.pane = KernelTable.Pane(rawValue: ($0.pane.rawValue + 2) % 3) ?? .table }
      return []
    },
    Command("kernels.left", "Scroll the C to the left", keys: "← h", in: .kernels, unless: needsKernels) { model in
      model.changeKernels { $0.codeColumn = max(0, $0.codeColumn - 8) }
      return []
    },
    Command("kernels.right", "Scroll the C to the right", keys: "→ l", in: .kernels, unless: needsKernels) { model in
      model.changeKernels { table in
        table.codeColumn = min(table.codeColumn + 8, max(0, (table.codeLines.map(\.count).max() ?? 0) - 8))
      }
      return []
    },
  ]

  private static func needsKernels(_ model: Model) -> String? {
    if let obstacle = needsDocument(model) { return obstacle }
    if model.screen != .kernels { return "only on the Kernels screen" }
    return model.document?.kernels == nil ? "the model is not compiled yet; c compiles it" : nil
  }
}

extension Model {
  /// Changes what is shown of the active document's kernels.
  mutating func changeKernels(_ change: (inout KernelTable) -> Void) {
    guard let active, var table = documents[active].kernels else { return }
    change(&table)
    documents[active].kernels = table
  }

  /// The job that compiles and times a document.
  package func benchmark(of document: Int) -> RunningJob? { jobs.first { $0.work.timedDocument == document } }

  /// Calls the program until told to stop, which is the same key.
  mutating func watchKernels() -> [Effect] {
    guard let document else { return [] }
    if let job = benchmark(of: document.id) {
      guard case .watch = job.work else {
        tell(.info, "\(job.title) is being done")
        return []
      }
      return [cancel(job)]
    }
    return [job("call \(document.name) again and again", .watch(document: document.id, document.opened, mode: document.kernels?.report.isTuned == true ? .autotuned : .compiled, measuresLimits: limits == nil))]
  }

  mutating func cancel(_ job: RunningJob) -> Effect {
    if let index = jobs.firstIndex(where: { $0.id == job.id }) { jobs[index].isCancelled = true }
    tell(.info, "\(job.title): cancelling")
    return .cancel(job.id)
  }

  mutating func go(toKernel kernel: Int) {
    screen = .kernels
    changeKernels { $0.choose(kernel) }
  }

  /// Goes to what was captured while a line of the model ran, which a filter then selects.
  mutating func showNodes(from frame: SourceFrame) -> [Effect] {
    screen = .graph
    let text = "source:\(frame.place)"
    changeView { view, index, _ in
      view.pane = .rows
      view.target = nil
      view.remember()
      view.setFilter(text, index)
    }
    if let view = document?.view, let node = view.currentNode, !view.matches.isEmpty, !view.matches[node] { goToMatch(forward: true) }
    let count = document?.view.matchCount ?? 0
    tell(.info, "\(count) node\(count == 1 ? " comes" : "s come") from \(frame.place)  \(frame.text)")
    return []
  }

  /// Moves the cursor of the focused pane of the Kernels screen.
  mutating func moveInKernels(by count: Int) {
    changeKernels { table in
      switch table.pane {
      case .table: table.select(table.list.index + count)
      case .code: table.code.index = max(0, min(table.code.index + count, table.codeLines.count - 1))
      case .nodes: table.nodes.index = max(0, min(table.nodes.index + count, table.provenance.count - 1))
      }
    }
  }

  mutating func enterKernel() -> [Effect] {
    guard let table = document?.kernels else { return [] }
    switch table.pane {
    case .table: changeKernels { $0.pane = .code }
    case .code: changeKernels { $0.pane = .nodes }
    case .nodes:
      guard table.provenance.indices.contains(table.nodes.index) else { return [] }
      switch table.provenance[table.nodes.index] {
      case .node(let node):
        screen = .graph
        navigate { $0.go(toProgramNode: node, height: $1) }
      case .tuning, .candidate: break
      case .source(let frame):
        if case .node(let node)? = table.provenance.first { navigate { $0.go(toProgramNode: node, height: $1) } }
        return showNodes(from: frame)
      }
    }
    return []
  }
}
