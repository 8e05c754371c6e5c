import Foundation
import Foundations
import Tensors

/// What Lathe keeps beside a compiled model in an archive (`NAME.lathe.json`), so that the model is known without loading its code.
/// PyTorch takes no notice of it.
package struct ModelFacts: Hashable, Codable, Sendable {
  /// A tensor that goes in or comes out.
  package struct Value: Hashable, Codable, Sendable {
    package var name: String
    /// Its place in the nested arguments or results, for example `args[0]['mask']`.
    package var path: String
    /// For example `float32`; nil for a result that is None.
    package var dtype: String?
    /// Numbers, and expressions over symbols such as `2*s0`.
    package var sizes: [String]
    /// Elements are below this number where they choose rows of a table.
    package var bound: Int?
    /// Whether the program has a number there; models take and give tensors.
    package var isNumber: Bool?
    package init(name: String, path: String, dtype: String?, sizes: [String], bound: Int? = nil, isNumber: Bool? = nil) {
      (self.name, self.path, self.dtype, self.sizes, self.bound, self.isNumber) = (name, path, dtype, sizes, bound, isNumber)
    }
  }
  package struct Range: Hashable, Codable, Sendable {
    package var minimum: Int?
    package var maximum: Int?
    package init(minimum: Int?, maximum: Int?) { (self.minimum, self.maximum) = (minimum, maximum) }
  }
  /// A parameter, buffer or tensor constant; `offset` and `bytes` say where its storage lies among the constants' bytes.
  package struct Constant: Hashable, Codable, Sendable {
    package var name: String
    package var dtype: String
    package var sizes: [Int]
    package var strides: [Int]
    /// `parameter`, `buffer` or `constant`.
    package var kind: String
    package var offset: Int
    package var bytes: Int
    package init(name: String, dtype: String, sizes: [Int], strides: [Int], kind: String, offset: Int, bytes: Int) {
      (self.name, self.dtype, self.sizes, self.strides) = (name, dtype, sizes, strides)
      (self.kind, self.offset, self.bytes) = (kind, offset, bytes)
    }
  }
  /// Where the constants' bytes are.
  package enum Placement: String, Hashable, Codable, Sendable, CaseIterable {
    /// Behind the code, in its file.
    case inline
    /// In a member of their own beside it.
    case external
  }

  /// Of this description; Lathe reads those up to `current`.
  package var version: Int = ModelFacts.current
  /// The machine as `uname -m` has it.
  package var machine: String
  /// What was asked for: `native`, `x86-64-v3`, `x86-64-v4`.
  package var target: String
  /// The instruction set that the kernels need, as CRuntime names it: `baseline`, `avx2`, `avx512`, `avx512_bf16`.
  package var level: String
  /// The SHA-256 of the shared object without constants.
  package var code: String
  package var weights: Placement
  package var constantBytes: Int
  package var inputs: [Value]
  package var outputs: [Value]
  package var inputSpec: String
  package var outputSpec: String
  package var ranges: [String: Range]
  /// The sizes seen at export, by symbol.
  package var hints: [String: Int]
  package var constants: [Constant]
  /// The operators that the program which loads the model has to run.
  package var operators: [String]

  package static let current: Int = 1

  package init(
    machine: String, target: String, level: String, code: String, weights: Placement, constantBytes: Int, inputs: [Value], outputs: [Value], inputSpec: String, outputSpec: String,
    ranges: [String: Range], hints: [String: Int], constants: [Constant], operators: [String]
  ) {
    (self.machine, self.target, self.level, self.code, self.weights) = (machine, target, level, code, weights)
    (self.constantBytes, self.inputs, self.outputs, self.inputSpec, self.outputSpec) = (constantBytes, inputs, outputs, inputSpec, outputSpec)
    (self.ranges, self.hints, self.constants, self.operators) = (ranges, hints, constants, operators)
  }

  /// As JSON with sorted keys, the same for the same facts.
  package var json: [UInt8] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return Array(try encoder.encode(self))
    }
  }

  /// - Throws: `LatheError` of kind `badFile` for a text that is no such description, or one of a newer version.
  static func read(_ region: ByteRegion, subject: String) throws -> ModelFacts {
    struct Version: Decodable { var version: Int }
    let data: Data = region.withBytes { Data($0) }
    let decoder = JSONDecoder()
    guard let version = try? decoder.decode(Version.self, from: data).version else { throw LatheError.badFile(subject, "does not describe a model as Lathe does") }
    guard version <= current else {
      throw LatheError.badFile(subject, "is of version \(version), which a newer Lathe wrote; this one reads versions up to \(current)")
    }
    guard let facts = try? decoder.decode(ModelFacts.self, from: data), facts.constantBytes >= 0, facts.constants.allSatisfy(facts.holds) else {
      throw LatheError.badFile(subject, "does not describe a model as Lathe does")
    }
    return facts
  }

  private func holds(_ constant: Constant) -> Bool {
    constant.offset >= 0 && constant.bytes >= 0 && constant.offset <= constantBytes && constant.bytes <= constantBytes - constant.offset
      && constant.sizes.count == constant.strides.count
  }
}
