import Foundations

/// What became of packaging.
package struct PackageReport: Hashable, Sendable, Codable {
  package struct Phase: Hashable, Sendable, Codable {
    package var name: String
    package var seconds: Double
  }
  package struct Model: Hashable, Sendable, Codable {
    package var name: String
    /// The program's file.
    package var file: String
    package var kernels: Int
    /// Of the code alone, and of the constants.
    package var codeBytes: Int
    package var constantBytes: Int
    /// The SHA-256 of the code.
    package var code: String
    /// Operators that the program which loads the model runs, in the order of their calls.
    package var operators: [String]
    /// What the code counts on of sizes beyond what the program says; calls with other sizes are refused.
    package var conditions: [String]
    /// What the user should know.
    package var notes: [String]
    package var phases: [Phase]
  }
  package var path: String
  package var bytes: Int
  package var target: String
  /// The instruction set of the code.
  package var level: String
  package var weights: String
  package var seconds: Double
  package var models: [Model]
}
