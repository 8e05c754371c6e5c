// swift-tools-version: 6.1
import PackageDescription

/// Strict throughout: warnings are errors in every Swift target.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6), .unsafeFlags(["-warnings-as-errors", "-Wwarning", "DeprecatedDeclaration"]),
]
/// Kernels are optimised in debug builds too, or tests of real models would take minutes.
let kernels: [CSetting] = [.unsafeFlags(["-O3", "-fno-math-errno", "-ffp-contract=off", "-Wall", "-Werror"])]

/// Compiled graphs find the stable C functions in the program that loads them.
let exports: LinkerSetting = .unsafeFlags(["-Xlinker", "--dynamic-list=\(Context.packageDirectory)/Sources/CRuntime/exported_symbols.list"])

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}
func tests(_ name: String, _ dependencies: [String], data: [String] = []) -> Target {
  .testTarget(name: "\(name)Tests", dependencies: ([name] + dependencies).map { .byName(name: $0) }, exclude: data, swiftSettings: strict)
}

/// One test target each; add the folder `Tests/NAMETests` and the name here.
let testTargets: [Target] = [
  tests("CRuntime", []),
  tests("Foundations", []),
  tests("Tensors", ["Foundations", "CRuntime"]),
  tests("Graphs", ["Foundations"]),
  tests("LoopIR", ["Foundations", "Tensors", "CRuntime"]),
  tests("Operators", ["Foundations", "Tensors", "Graphs", "LoopIR"]),
  tests("Compiler", ["Foundations", "Tensors", "Graphs", "LoopIR", "Operators", "CRuntime"]),
  tests("Archives", ["Foundations", "Tensors", "Graphs", "Operators", "CZip"]),
  tests("Capture", ["Foundations", "Tensors", "Graphs", "Operators", "Compiler", "Archives", "Engine"], data: ["Conformance"]),
  tests("Engine", ["Foundations", "Tensors", "Graphs", "Operators", "Compiler", "Capture", "Archives", "Traces", "CRuntime"]),
  tests("Traces", ["Foundations"]),
  tests("Workbench", ["Foundations", "Tensors", "Graphs", "Archives", "Capture", "Traces", "Engine"], data: ["Goldens"]),
  tests("lathe", ["Foundations", "Tensors", "Graphs", "Operators", "Compiler", "Archives", "Engine"]),
]

let package = Package(
  name: "lathe",
  products: [.executable(name: "lathe", targets: ["lathe"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
  ],
  targets: [
    .target(
      name: "CRuntime", exclude: ["exported_symbols.list", "shim_functions.list", "shim_operators.list"], cSettings: kernels,
      linkerSettings: [.linkedLibrary("m"), .linkedLibrary("pthread"), exports]),
    .systemLibrary(name: "CZip"),
    .target(name: "CTerminal", linkerSettings: [.linkedLibrary("ncursesw")]),
    library("Foundations"),
    library("Tensors", ["Foundations", "CRuntime"]),
    library("Graphs", ["Foundations"]),
    library("LoopIR", ["Foundations", "CRuntime"]),
    library("Operators", ["Foundations", "Tensors", "Graphs", "LoopIR", "CRuntime"]),
    .target(
      name: "Compiler", dependencies: ["Foundations", "Tensors", "Graphs", "LoopIR", "Operators", "CRuntime"],
      resources: [.embedInCode("Artifact/Runtime")], swiftSettings: strict),
    .target(
      name: "Archives", dependencies: ["Foundations", "Tensors", "Graphs", "Operators", "CZip"], resources: [.embedInCode("Packages/Symbols")],
      swiftSettings: strict),
    library("Traces", ["Foundations"]),
    library("Capture", ["Foundations", "Tensors", "Graphs", "Operators", "Compiler", "CRuntime"]),
    library("Engine", ["Foundations", "Tensors", "Graphs", "Operators", "Compiler", "Capture", "Archives", "Traces", "CRuntime"]),
    library("Workbench", ["Foundations", "Tensors", "Graphs", "Operators", "Archives", "Capture", "Traces", "Engine", "CTerminal", "TOMLKit"]),
    .executableTarget(
      name: "lathe",
      dependencies: ["Workbench", "Engine", "Capture", "Archives", "Compiler", "Traces", .product(name: "ArgumentParser", package: "swift-argument-parser")], swiftSettings: strict),
  ] + testTargets
)
