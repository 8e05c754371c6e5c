import Foundations

/// What a call of a compiled program does (`torch.compiler.set_stance`; those of the newest PyTorch).
package enum Stance: String, Sendable, CaseIterable {
  case `default` = "default"
  /// Nothing is looked up or compiled.
  case forceEager = "force_eager"
  /// Cached entries serve; a call that fits none runs eagerly.
  case eagerOnRecompile = "eager_on_recompile"
  /// Cached entries serve; a call that fits none is an error.
  case failOnRecompile = "fail_on_recompile"
  /// The first call runs eagerly; the second compiles, with what differed between them dynamic.
  case eagerThenCompile = "eager_then_compile"
  /// The first call is compiled with the backend `aot_eager`; the next compilation has what differed dynamic.
  case aotEagerThenCompile = "aot_eager_then_compile"

  /// - Throws: `LatheError` of kind `badInput` that lists the stances.
  package init(named name: String) throws {
    guard let stance = Stance(rawValue: name) else {
      throw LatheError.badInput("there is no stance '\(name)'; the stances are \(Stance.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    self = stance
  }

  /// One sentence for people.
  package var summary: String {
    switch self {
    case .default: "compile where no cached entry fits"
    case .forceEager: "run operator by operator, look nothing up, compile nothing"
    case .eagerOnRecompile: "use cached entries; run eagerly where none fits"
    case .failOnRecompile: "use cached entries; fail where none fits"
    case .eagerThenCompile: "run the first call eagerly, compile at the second with what changed dynamic"
    case .aotEagerThenCompile: "compile the first call with aot_eager, later ones with what changed dynamic"
    }
  }
}

/// A stance with its options.
package struct StanceSetting: Hashable, Sendable, CustomStringConvertible {
  package var stance: Stance
  /// At a lookup only guards that tell entries apart are checked: tensors, and guards that failed before.
  package var skipsGuards: Bool
  /// Replaces the backend of every compiled program.
  package var forcedBackend: String?

  /// - Throws: `LatheError` of kind `badInput` where a backend is forced under another stance than the default.
  package init(_ stance: Stance = .default, skipsGuards: Bool = false, forcedBackend: String? = nil) throws {
    if forcedBackend != nil, stance != .default { throw LatheError.badInput("non-default stance cannot have force_backend set") }
    (self.stance, self.skipsGuards, self.forcedBackend) = (stance, skipsGuards, forcedBackend)
  }
  private init() { (stance, skipsGuards, forcedBackend) = (.default, false, nil) }
  package static let standard = StanceSetting()

  package var description: String {
    stance.rawValue + (skipsGuards ? ", skip_guard_eval_unsafe" : "") + (forcedBackend.map { ", force_backend \($0)" } ?? "")
  }
}
