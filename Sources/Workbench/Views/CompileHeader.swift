import Capture
import Engine
import Foundations
import Traces

/// The lines above the table of compilations: the stance selector and settings, or the trace that is looked at.
enum CompileHeader {
  static func draw(_ grid: inout Grid, _ model: Model, _ table: CompileTable, _ area: Rect) {
    guard !area.isEmpty else { return }
    if let trace = model.trace {
      drawTrace(&grid, model, trace, area)
    } else {
      drawSession(&grid, table, area)
    }
  }

  private static func drawSession(_ grid: inout Grid, _ table: CompileTable, _ area: Rect) {
    let choices: SessionChoices = table.choices
    let entries: Int = table.facts.entries.count
    let dynamic: String = "dynamic \(choices.dynamic.rawValue)"
    let settings: String = "\(area.height == 1 && choices.dynamic != .automatic ? dynamic + "  " : "")limit \(choices.recompileLimit)  entries \(entries)"
    let settingsWidth: Int = CharacterWidth.columns(of: settings)
    grid.writeRight(settings, end: area.maxX - 1, area.y, .number)
    let x: Int = area.x + 1 + (area.width >= 60 ? grid.write("Stance", area.x + 1, area.y, .label) + 2 : 0)
    drawStances(&grid, choices.stance, x, area.y, width: area.maxX - x - settingsWidth - 3)
    guard area.height > 1 else { return }
    grid.writeRight(dynamic, end: area.maxX - 1, area.y + 1, .number)
    drawNotes(&grid, table, Rect(x: area.x + 1, y: area.y + 1, width: area.width - 4 - dynamic.count, height: 1))
  }

  /// As many stances as there is room for; the one in force always.
  private static func drawStances(_ grid: inout Grid, _ now: StanceSetting, _ start: Int, _ y: Int, width: Int) {
    let all: [Stance] = Stance.allCases
    func columns(_ stances: [Stance]) -> Int { stances.reduce(0) { $0 + $1.rawValue.count + 4 } }
    var shown: [Stance] = all
    if columns(shown) > width {
      for count in stride(from: all.count - 1, through: 1, by: -1) {
        shown = Array(all.prefix(count))
        if !shown.contains(now.stance) { shown[count - 1] = now.stance }
        if columns(shown) + 9 <= width { break }
      }
    }
    var x: Int = start
    for stance in shown {
      let isNow: Bool = stance == now.stance
      x += grid.write("\(isNow ? "◉" : "○") \(stance.rawValue)", x, y, width: start + width - x, isNow ? .accent : .dim) + 2
    }
    if shown.count < all.count, x + 6 <= start + width { grid.write("○ more…", x, y, width: start + width - x, .dim) }
  }

  private static func drawNotes(_ grid: inout Grid, _ table: CompileTable, _ area: Rect) {
    let choices: SessionChoices = table.choices
    var parts: [(String, Role)] = []
    if choices.stance.skipsGuards { parts.append(("skip_guard_eval_unsafe", .warning)) }
    if let backend = choices.stance.forcedBackend { parts.append(("force_backend \(backend)", .warning)) }
    if let limit = table.limitReached { parts.append((limit, .warning)) }
    if !choices.marks.isEmpty { parts.append(("marks " + choices.marks.map { "\($0.input):\($0.dimension) \($0.mark.name)" }.joined(separator: ", "), .value)) }
    let eager: Int = table.calls.filter { !$0.isFailure }.reduce(0) { $0 + $1.count }
    if eager > 0 { parts.append(("\(eager) call\(eager == 1 ? "" : "s") ran eagerly", .value)) }
    parts.append((choices.stance.stance.summary, .dim))
    var x: Int = area.x
    for (number, part) in parts.enumerated() where x < area.maxX {
      if number > 0 { x += grid.write(" · ", x, area.y, width: area.maxX - x, .dim) }
      x += grid.write(part.0, x, area.y, width: area.maxX - x, part.1)
    }
  }

  private static func drawTrace(_ grid: inout Grid, _ model: Model, _ trace: TraceWatch, _ area: Rect) {
    guard let report = trace.table.report else { return }
    let follows: Bool = model.jobs.contains { $0.id == trace.job }
    let state: String = follows ? "follows" : "not followed"
    grid.writeRight(state, end: area.maxX - 1, area.y, follows ? .good : .warning)
    var x: Int = area.x + 1 + grid.write("Trace", area.x + 1, area.y, .label) + 2
    x += grid.write(trace.path, x, area.y, width: area.maxX - x - state.count - 3, .title) + 2
    let versions: [String] = Array(Set(report.processes.compactMap(\.torchVersion))).sorted().map { "PyTorch \($0)" }
    grid.write(versions.joined(separator: ", "), x, area.y, width: area.maxX - x - state.count - 3, .dim)
    guard area.height > 1 else { return }
    func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }
    let counts: [String] = [
      count(report.compiles.count, "compilation"), count(report.compiles.map(\.restarts).reduce(0, +), "restart"),
      count(report.compiles.map(\.breaks.count).reduce(0, +), "graph break"), Format.bytes(report.byteCount),
    ]
    x = area.x + 1 + grid.write(counts.joined(separator: " · "), area.x + 1, area.y + 1, width: area.width - 2, .value)
    if let problem = report.problems.last {
      let words: String = "\(count(report.problemCount, "problem")): \(problem.message)"
      grid.write(" · \(words)", x, area.y + 1, width: area.maxX - x - 1, .warning)
    }
  }
}
