import Engine
import Foundations
import Graphs

// The graphs that the compiler's passes left.
extension Model {
  /// Asks which pass, once they have run.
  mutating func chooseStage() -> [Effect] {
    guard let document else { return [] }
    if document.stages.areKnown {
      pickStage()
      return []
    }
    return runPasses(asks: true)
  }

  private mutating func runPasses(asks: Bool) -> [Effect] {
    guard let document else { return [] }
    let isRunning = jobs.contains { if case .passes(document.id, _, _) = $0.work { true } else { false } }
    return isRunning ? [] : [job("passes of \(document.name)", .passes(document: document.id, document.opened, asks: asks))]
  }

  /// Takes what the passes left and goes on with what they were run for.
  mutating func takePasses(_ job: RunningJob, _ found: GraphStages) -> [Effect] {
    guard case .passes(let id, _, let asks) = job.work, let index = documents.firstIndex(where: { $0.id == id }) else { return [] }
    documents[index].use(found)
    guard active == index, screen == .graph, layer == nil else { return [] }
    if !asks { return stepStage(by: 1) }
    pickStage()
    return []
  }

  mutating func pickStage() {
    guard let document else { return }
    let items = document.stages.all.enumerated().map { number, stage in
      let took = stage.pass.isEmpty ? "" : ", \(Format.seconds(stage.seconds))"
      return Picker.Item(id: "\(number)", title: stage.pass.isEmpty ? "the program" : "after \(stage.pass)", keys: "\(stage.graph.nodes.count) nodes\(took)", obstacle: nil)
    }
    var picker = Picker(purpose: .stage, title: "The graph after a pass", items: items)
    picker.list.index = document.stage
    layer = .picker(picker)
  }

  /// Goes on to the next pass that changed something, or back.
  mutating func stepStage(by count: Int) -> [Effect] {
    guard let document else { return [] }
    if count < 0, (document.wantedStage ?? document.stage) == 0 {
      tell(.info, "this is the program's own graph")
      return []
    }
    guard document.stages.areKnown else { return runPasses(asks: false) }
    let stage = (document.wantedStage ?? document.stage) + count
    if document.stages.all.indices.contains(stage) { return show(stage: stage) }
    tell(.info, "no later pass changes anything")
    return []
  }

  /// Shows a stage, once its graph is laid out.
  mutating func show(stage: Int) -> [Effect] {
    guard let active, let document, document.stages.all.indices.contains(stage) else { return [] }
    documents[active].wantedStage = document.stages.all[stage].level == nil ? stage : nil
    if document.stages.all[stage].level != nil {
      navigate { $0.show(stage: stage, height: $1) }
      return []
    }
    let isRunning = jobs.contains { if case .layOut(document.id, stage, _, _) = $0.work { true } else { false } }
    if isRunning { return [] }
    let found = document.stages.all[stage]
    return [
      job("the graph after \(found.pass)", .layOut(document: document.id, stage: stage, found.graph, hints: document.opened.program.symbolHints), isVisible: false)
    ]
  }

  /// Takes a stage that was laid out, and shows it where it is still the one asked for.
  mutating func takeStage(_ id: Int, _ stage: Int, _ levels: [GraphLevel], _ operators: [OperatorName: OperatorFacts]) {
    guard let index = documents.firstIndex(where: { $0.id == id }) else { return }
    documents[index].add(levels, stage: stage, operators: operators)
    guard documents[index].wantedStage == stage else { return }
    documents[index].wantedStage = nil
    documents[index].show(stage: stage, height: ScreenLayout(self).height(of: .rows))
  }
}
