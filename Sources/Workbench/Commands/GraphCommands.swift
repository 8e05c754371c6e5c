import Foundations

extension Commands {
  static let graphCommands: [Command] = [
    Command("graph.fold", "Fold or unfold", menu: .graph, keys: "Space", in: .graph, unless: needsGraph) { model in
      model.changeView { view, index, _ in
        guard let fold = view.foldAtCursor(index) else { return }
        view.setFolds(index) { $0.toggle(fold) }
      }
      return []
    },
    Command("graph.foldAll", "Fold all modules", menu: .graph, keys: "-", in: .graph, unless: needsGraph) { model in
      model.changeView { view, index, _ in view.setFolds(index) { $0.setAll(closed: true, in: index.modules) } }
      return []
    },
    Command("graph.unfoldAll", "Unfold all modules", menu: .graph, keys: "+", in: .graph, unless: needsGraph) { model in
      model.changeView { view, index, _ in view.setFolds(index) { $0.setAll(closed: false, in: index.modules) } }
      return []
    },
    Command("graph.filter", "Filter", menu: .graph, keys: "/", in: .graph, asks: true, unless: needsGraph) { model in
      let text = model.document?.view.filter.text ?? ""
      model.changeView { view, _, _ in view.remember() }
      model.layer = .prompt(Prompt(.filter(original: text), label: "Filter", text: text, hint: "words, op: shape: dtype: module:"))
      return []
    },
    Command("graph.onlyMatches", "Show only what the filter selects", menu: .graph, keys: "f", in: .graph, unless: { model in
      needsGraph(model) ?? (model.document?.view.filter.isEmpty == true ? "there is no filter" : nil)
    }) { model in
      model.changeView { view, index, _ in
        view.remember()
        view.setShowsOnlyMatches(!view.showsOnlyMatches, index)
      }
      return []
    },
    Command("graph.overlay", "Overlay: none, dtype, time, memory, kernel", menu: .graph, keys: "t", in: .graph, unless: needsGraph) { model in
      let hasTimes = model.document?.samples.isEmpty == false
      let hasKernels = model.document?.level.kernels != nil
      let overlays = GraphView.Overlay.allCases.filter { ($0 != .time || hasTimes) && ($0 != .kernel || hasKernels) }
      model.changeView { view, _, _ in
        view.remember()
        view.overlay = overlays[((overlays.firstIndex(of: view.overlay) ?? 0) + 1) % overlays.count]
      }
      let lacking = (hasTimes ? "" : " (time after a run)") + (hasKernels ? "" : " (kernel after c)")
      model.tell(.info, "overlay: \(model.document?.view.overlay.rawValue ?? "")\(lacking)")
      return []
    },
    Command("graph.stage", "The graph after a pass", menu: .graph, keys: "p", in: .graph, asks: true, unless: needsGraph) { $0.chooseStage() },
    Command("graph.previousStage", "The graph before the pass", menu: .graph, keys: ",", in: .graph, unless: needsGraph) { $0.stepStage(by: -1) },
    Command("graph.nextStage", "The graph after the next pass", menu: .graph, keys: ".", in: .graph, unless: needsGraph) { $0.stepStage(by: 1) },
    Command("graph.copy", "Copy the name and type", menu: .graph, keys: "y", in: .graph, unless: needsGraph) { model in
      guard let document = model.document else { return [] }
      let text = Inspector.copyText(document)
      model.tell(.info, "copied \(text)")
      return [.copy(text)]
    },
    Command("graph.undo", "Undo the last change of the view", menu: .graph, keys: "z", in: .graph, unless: { model in
      needsGraph(model) ?? (model.document?.view.canUndo == false ? "nothing was changed" : nil)
    }) { model in
      model.changeView { view, index, _ in view.undo(index) }
      return []
    },
    Command("graph.redo", "Redo", menu: .graph, keys: "Z", in: .graph, unless: { model in
      needsGraph(model) ?? (model.document?.view.canRedo == false ? "nothing was undone" : nil)
    }) { model in
      model.changeView { view, index, _ in view.redo(index) }
      return []
    },
  ]

  static let goCommands: [Command] = [
    Command("go.definition", "Definition of the first argument", menu: .go, keys: "d", in: .graph, unless: needsGraph) { model in
      model.follow(obstacle: "it has no arguments") { node, index in
        index.arguments(of: node).first { index.isDrawn[Int($0)] }.map { Int($0) } ?? index.arguments(of: node).first.map { Int($0) }
      }
      return []
    },
    Command("go.users", "First user", menu: .go, keys: "u", in: .graph, unless: needsGraph) { model in
      model.follow(obstacle: "nothing uses it") { node, index in index.users(of: node).first.map { Int($0) } }
      return []
    },
    Command("go.name", "Go to a node by name", menu: .go, keys: "g", in: .graph, asks: true, unless: needsGraph) { model in
      model.layer = .prompt(Prompt(.goTo, label: "Go to", hint: "Tab completes"))
      return []
    },
    Command("go.kernel", "The kernel that the node ended in", menu: .go, keys: "K", in: .graph, unless: { model in
      needsGraph(model) ?? (model.document?.kernels == nil ? "the model is not compiled yet; c compiles it" : nil)
    }) { model in
      guard let document = model.document, let node = document.view.currentNode else { return [] }
      if let kernel = document.kernels(of: node).first {
        model.go(toKernel: kernel)
      } else {
        model.tell(.info, "\(document.index.graph.nodes[node].name) \(Inspector.fate(of: node, document))")
      }
      return []
    },
    Command("go.nextMatch", "Next match", menu: .go, keys: "n", in: .graph, unless: needsFilter) { model in
      model.goToMatch(forward: true)
      return []
    },
    Command("go.previousMatch", "Previous match", menu: .go, keys: "N", in: .graph, unless: needsFilter) { model in
      model.goToMatch(forward: false)
      return []
    },
    Command("go.back", "Back", menu: .go, keys: "[", in: .graph, unless: { model in
      needsGraph(model) ?? (model.document?.back.isEmpty == true ? "this is where it began" : nil)
    }) { model in
      model.navigate { $0.goBack(height: $1) }
      return []
    },
    Command("go.forward", "Forward", menu: .go, keys: "]", in: .graph, unless: { model in
      needsGraph(model) ?? (model.document?.forward.isEmpty == true ? "this is where it ended" : nil)
    }) { model in
      model.navigate { $0.goForward(height: $1) }
      return []
    },
  ]

  private static func needsFilter(_ model: Model) -> String? {
    if let obstacle = needsGraph(model) { return obstacle }
    guard let view = model.document?.view, !view.filter.isEmpty else { return "there is no filter; set one with /" }
    return view.matchCount == 0 ? "nothing matches '\(view.filter.text)'" : nil
  }
}

extension Model {
  /// Goes to the node that `choose` finds from the current one.
  mutating func follow(obstacle: String, _ choose: (Int, GraphIndex) -> Int?) {
    guard let document, let node = document.view.currentNode else { return }
    guard let target = choose(node, document.index) else {
      tell(.info, "\(document.index.graph.nodes[node].name): \(obstacle)")
      return
    }
    navigate { $0.go(to: target, height: $1) }
  }

  mutating func goToMatch(forward: Bool) {
    if let node = document?.view.nextMatch(forward: forward) { navigate { $0.go(to: node, height: $1) } }
  }
}

extension GraphView {
  /// The fold that the cursor of the focused pane stands on.
  package func foldAtCursor(_ index: GraphIndex) -> TreeRow.Item? {
    if pane == .tree { return treeRows[tree.index].item }
    guard let row = currentRow else { return nil }
    switch row.kind {
    case .header, .module: return .module(Int(row.reference))
    case .group: return .group(Int(row.reference))
    case .node:
      let module = Int(index.modules.moduleOfNode[Int(row.reference)])
      return module == 0 ? nil : .module(module)
    }
  }
}

extension Folds {
  package mutating func toggle(_ item: GraphView.TreeRow.Item) {
    switch item {
    case .module(0): break
    case .module(let module): closedModules[module].toggle()
    case .group(let group): closedGroups[group].toggle()
    }
  }
}
