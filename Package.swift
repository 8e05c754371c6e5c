// swift-tools-version: 6.1
import PackageDescription

/// Strict throughout: warnings are errors in every Swift target.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6), .unsafeFlags(["-warnings-as-errors", "-Wwarning", "DeprecatedDeclaration"]),
]
/// Kernels are optimised in debug builds too, or tests of real models would take minutes.
let kernels: [CSetting] = [.unsafeFlags(["-O3", "-fno-math-errno", "-ffp-contract=off", "-Wall", "-Werror"])]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, swiftSettings: strict)
}

let package = Package(
  name: "lathe",
  products: [.executable(name: "lathe", targets: ["lathe"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
  ],
  targets: [
    .target(name: "CRuntime", cSettings: kernels, linkerSettings: [.linkedLibrary("m"), .linkedLibrary("pthread")]),
    tests("CRuntime"),
    library("Foundations"),
    library("Tensors", ["Foundations", "CRuntime"]),
    library("Graphs", ["Foundations"]),
    library("LoopIR", ["Foundations"]),
    library("Operators", ["Foundations", "Tensors", "Graphs", "LoopIR", "CRuntime"]),
  ]
)
