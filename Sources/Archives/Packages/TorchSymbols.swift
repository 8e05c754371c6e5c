import Foundations
import Graphs

/// Which functions of the stable C ABI the versions of PyTorch export (`Tools/torch_symbols.py` made the list).
package struct TorchSymbols: Sendable {
  /// The versions that are known, earliest first.
  package let versions: [String]
  /// One flag a version.
  private let exports: [String: [Bool]]

  package static let standard = TorchSymbols(String(decoding: PackageResources.torch_symbols_txt, as: UTF8.self))

  private init(_ text: String) {
    let lines: [Substring] = text.split(separator: "\n")
    versions = lines.first.map { $0.split(separator: " ").map(String.init) } ?? []
    var exports: [String: [Bool]] = [:]
    for line in lines.dropFirst() {
      let words: [Substring] = line.split(separator: " ")
      exports[String(words[0])] = words[1].map { $0 == "+" }
    }
    self.exports = exports
  }

  /// Whether any version exports it.
  package func knows(_ name: String) -> Bool { exports[name] != nil }
  /// Whether the version exports it.
  package func exports(_ name: String, in version: String) -> Bool {
    guard let place = versions.firstIndex(of: version), let flags = exports[name] else { return false }
    return flags[place]
  }

  /// The function of an operator on the CPU, where every version exports it (`torchgen/gen_aoti_c_shim.py`).
  package func function(of operation: OperatorName) -> String? {
    let name: String = "aoti_torch_cpu_\(operation.base)_\(operation.overload)"
    return operation.namespace == "aten" && versions.allSatisfy { exports(name, in: $0) } ? name : nil
  }

  /// Versions whose proxy executor finds only operators without a name of their overload: it refuses the dot between the two
  /// (`oss_proxy_executor.cpp` of 2.6).
  private static let withoutOverloads: Set<String> = ["2.6"]

  /// Which of these operators a version cannot call for a model.
  package func uncallable(_ operators: [String]) -> [(version: String, operation: String)] {
    versions.filter { TorchSymbols.withoutOverloads.contains($0) }.flatMap { version in
      Set(operators).sorted().filter { !["", "default"].contains(OperatorName($0).overload) && function(of: OperatorName($0)) == nil }.map { (version, $0) }
    }
  }
}
