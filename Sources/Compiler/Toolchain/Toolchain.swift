import CRuntime
import Foundation
import Foundations

/// Makes shared objects of C sources with a compiler and options.
package struct Toolchain: Sendable {
  package let compiler: CCompiler
  package let flags: CompilerFlags
  package let isa: lathe_isa
  package let use: ArtifactUse
  /// The linker, nil where there is none: the compiler links then, which takes as long as compiling. It does so for archives, which have
  /// more in them than this process would find.
  let linker: String?
  /// Compilers that run at once.
  package var width: Int

  /// Kernels are compiled for `isa`, by default the level of this process (`lathe_isa_level`).
  package init(
    compiler: CCompiler, isa: lathe_isa = lathe_isa_level(), use: ArtifactUse = .inProcess, width: Int = ProcessInfo.processInfo.activeProcessorCount
  ) {
    (self.compiler, self.isa, self.use, self.width) = (compiler, isa, use, width)
    linker = CCompiler.program("ld")
    flags = CompilerFlags(family: compiler.family, isa: isa, use: use)
  }

  /// A compiler that gave no output: the file it was about (nil when linking) and all it said.
  package struct Failure: Error, Sendable {
    package let source: CSource?
    package let compiler: CCompiler
    package let output: String
    package let status: ChildProcess.Status

    /// One clause: the first error line, or how the compiler ended.
    package var reason: String {
      if case .killed(let signal) = status {
        return signal == 9 ? "the compiler was killed (out of memory?)" : "the compiler was ended by signal \(signal)"
      }
      let lines: [Substring] = output.split(separator: "\n")
      let marks: [String] = ["error: ", "undefined reference", "undefined symbol"]
      let line: Substring? = lines.first { line in marks.contains { line.contains($0) } } ?? lines.first
      return line.map(String.init) ?? "the compiler gave no reason"
    }
    /// Whether the disk was full.
    package var isFullDisk: Bool { output.contains("No space left on device") }
  }

  /// Writes the sources into `folder`, beside the headers that they include, and compiles each to `NAME.o` there, in parallel.
  /// - Throws: `Failure` for the first that fails; `FileFailure`; `LatheError` of kinds `system` and `cancelled`.
  package func compile(
    _ sources: [CSource], in folder: String, cancellation: some Cancellation = NeverCancelled(),
    progress: (_ done: Int, _ of: Int, _ what: String) -> Void = { _, _, _ in }
  ) throws -> [String] {
    let first: [CSource] = use == .archive ? [ArtifactRuntime.first] : []
    for file in first + ArtifactRuntime.included(by: sources) + sources { try Files.write(file.text, to: "\(folder)/\(file.name)") }
    let objects: [String] = sources.map { "\($0.name).o" }
    let children: [ChildProcess] = zip(sources, objects).map { source, object in
      let prefix: String = "-ffile-prefix-map=\(folder)=."
      let options: [String] = flags.compile + (source.usesTarget ? flags.target : [])
      return ChildProcess(arguments: [compiler.path] + options + [prefix, "-I.", "-c", source.name, "-o", object], folder: folder)
    }
    var done: Int = 0
    try ChildProcess.run(children, width: width, cancellation: cancellation) { index, result in
      guard result.status == .exited(0) else {
        throw Failure(source: sources[index], compiler: compiler, output: result.output, status: result.status)
      }
      done += 1
      progress(done, sources.count, sources[index].name)
    }
    return objects.map { "\(folder)/\($0)" }
  }

  /// Links objects to the shared object `folder/name`. `needed` are names of libraries that it asks the loader for, which need not be
  /// on this machine: `libtorch_cpu.so` for one that PyTorch is to load.
  /// - Throws: `Failure`; `FileFailure`; `LatheError` of kinds `system` and `cancelled`.
  package func link(
    _ objects: [String], name: String, in folder: String, needed: [String] = [], cancellation: some Cancellation = NeverCancelled()
  ) throws -> String {
    let inside: [String] = objects.map { $0.hasPrefix("\(folder)/") ? String($0.dropFirst(folder.count + 1)) : $0 }
    let stubs: [String] = try needed.map { try stub($0, of: inside[inside.count - 1], in: folder, cancellation) }
    let own: [String] = stubs.isEmpty ? [] : ["--no-as-needed"] + stubs + ["--as-needed"]
    let command: [String] =
      // What a process of Lathe has is found when the artifact is loaded; but libm's functions have several versions.
      if let linker, use == .inProcess { [linker, "-shared"] + inside + own + flags.link + ["-l:libm.so.6"] }
      else { [compiler.path, "-shared"] + inside + (own + flags.link).map { $0.hasPrefix("-") ? "-Wl,\($0)" : $0 } + ["-lm"] }
    try run(ChildProcess(arguments: command + ["-o", name], folder: folder), cancellation)
    return "\(folder)/\(name)"
  }

  /// A shared object with that name for the loader, of which nothing else is used; linkers want some object to make it of.
  private func stub(_ library: String, of object: String, in folder: String, _ cancellation: some Cancellation) throws -> String {
    let name: String = "stub-\(library)"
    let options: [String] = ["--build-id=none", "-soname=\(library)"]
    let command: [String] = linker.map { [$0, "-shared"] + options } ?? [compiler.path, "-shared", "-nostdlib"] + options.map { "-Wl,\($0)" }
    try run(ChildProcess(arguments: command + [object, "-o", name], folder: folder), cancellation)
    return name
  }

  private func run(_ child: ChildProcess, _ cancellation: some Cancellation) throws {
    try ChildProcess.run([child], width: 1, cancellation: cancellation) { _, result in
      guard result.status == .exited(0) else { throw Failure(source: nil, compiler: compiler, output: result.output, status: result.status) }
    }
  }
}
