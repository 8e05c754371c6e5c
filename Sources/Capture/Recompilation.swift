import Foundations

/// Why a call fits no cached entry, in PyTorch's words (`torch/_dynamo/guards.py`, `get_and_maybe_log_recompilation_reasons`).
package struct Recompilation: Sendable {
  package let code: Program.Code
  package let misses: [EntryMiss]

  package init(_ code: Program.Code, _ misses: [EntryMiss]) { (self.code, self.misses) = (code, misses) }

  /// The first failed guard of each entry, as PyTorch lists them: `0/0: tensor 'x' size mismatch at index 0. expected 3, actual 4`.
  package var reasons: [String] { misses.compactMap { miss in miss.failures.first.map { "\(miss.entry): \($0.text)" } } }

  /// As `TORCH_LOGS=recompiles` shows it.
  package var text: String {
    "Recompiling function \(code.function) in \(code.file):\(code.line)\n    triggered by the following guard failure(s):\n"
      + reasons.map { "    - \($0)" }.joined(separator: "\n")
  }

  /// The error of the stance `fail_on_recompile`.
  var forbidden: LatheError {
    var text: String =
      "Detected recompile when torch.compile stance is 'fail_on_recompile'. filename: '\(code.file)', function name: '\(code.function)', line number: \(code.line)"
    if !misses.isEmpty { text += "\n    triggered by the following guard failure(s):\n" + reasons.map { "    - \($0)" }.joined(separator: "\n") }
    return LatheError(.badInput, text)
  }
}
