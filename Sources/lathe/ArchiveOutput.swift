import Archives
import Engine
import Foundations

extension ArchiveSummary {
  /// What `lathe inspect` prints of an archive.
  func show() {
    Output.print("file         \(path), \(Output.bytes(bytes))")
    Output.print("kind         archive of compiled models, laid out for PyTorch \(layouts.joined(separator: " and "))")
    for model in models { model.show() }
  }
}

extension ArchiveSummary.Model {
  fileprivate func show() {
    Output.print("model        \(name), compiled by \(maker)\(isTrusted ? ", trusted" : ", not run here yet")")
    for entry in metadata { Output.print("  metadata   \(entry.key) = \(entry.value)") }
    if let target, let level { Output.print("  target     \(target) (\(level))") }
    for (title, values) in [("input", inputs), ("output", outputs)] {
      for value in values { Output.print("  \(title.padding(to: 11))\(value.name) \(value.path)  \(value.dtype.map { "\($0)[\(value.sizes.joined(separator: ", "))]" } ?? "None")") }
    }
    for (symbol, range) in ranges.sorted(by: { $0.key < $1.key }) {
      Output.print("  range      \(symbol) in [\(range.minimum.map(String.init) ?? "-∞"), \(range.maximum.map(String.init) ?? "∞")]")
    }
    if maker == "Lathe" {
      Output.print("  constants  \(constants.count) in \(Output.bytes(constantBytes))\(weights.map { ", \($0)" } ?? "")")
      for constant in constants { Output.print("    \(constant.name)  \(constant.kind)  \(constant.dtype)\(constant.sizes)") }
    }
    for name in operators { Output.print("  calls      \(name)") }
    for source in sources { Output.print("  source     \(source.name), \(Output.bytes(source.bytes))") }
    if let problem { Output.print("  problem    \(problem)") }
    guard let library else { return }
    Output.print("  code       \(library.member), \(Output.bytes(library.bytes)) for \(library.machine)")
    Output.print("  SHA-256    \(library.digest)")
    Output.print("  needs      \(library.needed.joined(separator: ", "))\(library.glibc.map { "; glibc \($0)" } ?? "")")
    for path in library.searchPaths { Output.print("  searches   \(path)") }
    for judgement in library.compatibility {
      Output.print("  PyTorch    \(judgement.version): \(judgement.isCompatible ? "has every function that it needs" : "lacks \(judgement.missing.joined(separator: ", "))")")
    }
    for origin in ["PyTorch", "libc or libm", "other"] {
      let found: [ArchiveSummary.Symbol] = library.symbols.filter { $0.origin == origin }
      if !found.isEmpty { Output.print("  imports    \(found.count) of \(origin): \(found.map { "\($0.name)\($0.isWeak ? " (optional)" : "")" }.joined(separator: ", "))") }
    }
  }
}

extension String {
  fileprivate func padding(to count: Int) -> String { self + String(repeating: " ", count: max(0, count - self.count)) }
}
