import Archives
import Capture
import Foundation
import Foundations
import Graphs
import Operators

extension Engine {
  /// Writes a program with the dimensions that are wished for, so that `torch.export.load` reads it; dimensions nobody wishes for stay as
  /// they are.
  /// - Parameters:
  ///   - path: replaced only once the new file is whole.
  ///   - dimensions: at most one wish for each dimension of an input.
  ///   - layout: `legacy`, which PyTorch from 2.6 on loads, or `pt2`, which PyTorch from 2.8 on does.
  /// - Returns: what became of each wish, and why.
  /// - Throws: `LatheError`: `badInput` for a wish that cannot be fulfilled, `unsupported` for a program that the layout cannot hold, `system`
  ///   when the file cannot be written, `cancelled`.
  package static func export(
    _ model: OpenModel, to path: String, dimensions: [DimensionWish] = [], layout: ProgramLayout = .legacy, events: some EventSink = NoEvents(),
    cancellation: some Cancellation = NeverCancelled()
  ) throws -> ExportReport {
    var (program, report): (ExportedProgram, ExportReport)
    do {
      (program, report) = try redimensioned(model.program, dimensions)
    } catch let error as LatheError { throw error.about(model.path) }
    try program.write(to: path, layout: layout, events: events, cancellation: cancellation)
    report.path = path
    report.layout = layout.rawValue
    report.bytes = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    return report
  }

  /// The program with the wished dimensions, and what became of each; nothing is written.
  /// - Throws: as `export`.
  package static func redimensioned(_ program: ExportedProgram, _ wishes: [DimensionWish]) throws -> (ExportedProgram, ExportReport) {
    if wishes.isEmpty { return (program, ExportReport(path: "", layout: "", bytes: 0)) }
    var solver = DimensionSolver(try WishedDimensions(wishes, of: program), of: program)
    try solver.solve()
    return (try solver.rewritten(), solver.report)
  }
}

extension DimensionSolver {
  /// What became of each wish.
  var report: ExportReport {
    var report = ExportReport(path: "", layout: "", bytes: 0)
    for item in wished.items {
      let size: SymbolicInt = settled(item.size)
      let range: SizeRange? = range(of: size)
      var findings: [ExportReport.Finding] = item.reason.map { [ExportReport.Finding(text: $0, neededBy: "")] } ?? []
      if let reason = reason(for: item.size), item.reason == nil { findings.append(reason) }
      for symbol in size.symbols.sorted() { if let found = narrowing[symbol] { findings.append(found) } }
      report.dimensions.append(
        ExportReport.Dimension(
          input: item.wish.input, dimension: item.wish.dimension, wish: item.wish.text, size: size.description, isDynamic: !size.isConstant, minimum: range?.minimum,
          maximum: range?.maximum, reasons: findings))
    }
    // Sizes that turned out to be one.
    for (symbol, value) in solutions.sorted(by: { $0.key < $1.key }) where !value.isConstant {
      if let reason = reasons[symbol] { report.relations.append(reason) }
    }
    report.relations += relations.map { finding(text($0), $0) }
    report.notes = notes
    return report
  }

  private func range(of size: SymbolicInt) -> SizeRange? {
    guard let (symbol, coefficient, constant) = size.linear, coefficient > 0, let range = ranges[symbol] else { return nil }
    return SizeRange(minimum: range.minimum.map { $0 * coefficient + constant }, maximum: range.maximum.map { $0 * coefficient + constant })
  }
}
