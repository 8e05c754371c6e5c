import CRuntime
import Foundations
import Glibc
import Synchronization
import Tensors

/// A compiled graph, loaded: a shared object with PyTorch's AOTInductor C interface, and one container of it.
///
/// Calls may come from many threads at once. Tensors go in and come out without copies.
package final class CompiledLibrary: @unchecked Sendable {
  // Safe to share: the container locks what calls and setters share; the profile is behind a Mutex.
  package let inputCount: Int
  package let outputCount: Int
  package let constants: [Constant]
  /// Names of kernels by index; empty for a library that Lathe did not make.
  package let kernelNames: [String]
  /// The tree specs of inputs and outputs, in PyTorch's JSON.
  package let inputSpec: String
  package let outputSpec: String
  package var path: String { library.shared.path }

  private let library: ContainerFunctions
  private let container: UnsafeMutableRawPointer
  private let run: Functions.Run
  private let delete: Functions.Delete
  private let lastError: Functions.GetLastError?
  private let profile = Mutex<ProfileBuffer?>(nil)
  /// Bytes that constants are in, which live as long as the library.
  private let held = Mutex<ByteRegion?>(nil)

  /// A weight, buffer or tensor constant of the program.
  package struct Constant: Hashable, Sendable {
    /// Its name in the graph, and in the model.
    package let name: String
    package let fqn: String
    package let dtype: DType
    /// Whether the program computes it itself, from others.
    package let isFolded: Bool
  }

  /// Loads the library and makes a container. Its constants are not set unless they are in the library.
  /// - Throws: `LatheError` of kind `badFile` when it is no such library, or needs what this program or machine lacks.
  /// - Parameter fromArchive: whether it asks for PyTorch's libraries, as those in archives do.
  package init(path: String, fromArchive: Bool = false) throws {
    let library = try ContainerFunctions(fromArchive ? SharedLibrary(compiledForPyTorch: path) : SharedLibrary(path: path))
    let delete: Functions.Delete = try library.required("AOTInductorModelContainerDelete")
    let run: Functions.Run = try library.required("AOTInductorModelContainerRun")
    let getOutputCount: Functions.GetCount = try library.required("AOTInductorModelContainerGetNumOutputs")
    let getConstantCount: Functions.GetCount = try library.required("AOTInductorModelContainerGetNumConstants")
    let getName: Functions.GetText = try library.required("AOTInductorModelContainerGetConstantName")
    let getFQN: Functions.GetText = try library.required("AOTInductorModelContainerGetConstantOriginalFQN")
    let getDType: Functions.GetNumber = try library.required("AOTInductorModelContainerGetConstantDtype")
    let getFolded: Functions.GetBool = try library.required("AOTInductorModelContainerGetConstantFromFolded")
    let getInputCount: Functions.GetCount = try library.required("AOTInductorModelContainerGetNumInputs")
    let getSpec: Functions.GetSpec = try library.required("AOTInductorModelContainerGetCallSpec")
    let lastError: Functions.GetLastError? = library.function("AOTInductorGetLastError")

    func check(_ status: Int32) throws {
      guard status == 0 else { throw LatheError.badFile(path, Functions.reason(lastError) ?? "cannot be made ready to run") }
    }
    lathe_aoti_forget_failure()
    var made: UnsafeMutableRawPointer?
    try check(library.create(&made))
    guard let container = made else { throw LatheError.badFile(path, "cannot be made ready to run") }
    do {
      var (inputCount, outputCount, constantCount): (Int, Int, Int) = (0, 0, 0)
      try check(getInputCount(container, &inputCount))
      try check(getOutputCount(container, &outputCount))
      try check(getConstantCount(container, &constantCount))
      (self.inputCount, self.outputCount) = (inputCount, outputCount)
      constants = try (0..<constantCount).map { index in
        var (name, fqn): (UnsafePointer<CChar>?, UnsafePointer<CChar>?) = (nil, nil)
        var (number, folded): (Int32, Bool) = (0, false)
        try check(getName(container, index, &name))
        try check(getFQN(container, index, &fqn))
        try check(getDType(container, index, &number))
        try check(getFolded(container, index, &folded))
        guard let name, let fqn, let dtype = DType(rawValue: UInt8(truncatingIfNeeded: lathe_dtype_from_c10(number))) else {
          throw LatheError.badFile(path, "has a constant of dtype number \(number), which Lathe does not have")
        }
        return Constant(name: String(cString: name), fqn: String(cString: fqn), dtype: dtype, isFolded: folded)
      }
      var (inputs, outputs): (UnsafePointer<CChar>?, UnsafePointer<CChar>?) = (nil, nil)
      try check(getSpec(container, &inputs, &outputs))
      inputSpec = inputs.map { String(cString: $0) } ?? ""
      outputSpec = outputs.map { String(cString: $0) } ?? ""
    } catch {
      _ = delete(container)
      throw error
    }
    let model: UnsafePointer<lathe_model_info>? = library.model
    if model == nil { library.shared.keepLoaded() }  // an output may be a constant
    if let model, model.pointee.struct_bytes == UInt32(MemoryLayout<lathe_model_info>.size) {
      kernelNames = (0..<Int(model.pointee.kernel_count)).map { String(cString: model.pointee.kernel_names[$0]!) }
    } else {
      kernelNames = []
    }
    (self.library, self.container, self.run, self.delete, self.lastError) = (library, container, run, delete, lastError)
  }

  deinit {
    _ = delete(container)
    profile.withLock { $0?.free() }
  }

  /// Hands constants over by name in the model; their storage is used in place and kept as long as the library uses it.
  /// - Parameter isFull: whether all constants have to be among them; else those that are not keep their values.
  /// - Throws: `LatheError` of kind `badInput` for an unknown name, another type, sizes or strides, or one that is missing.
  package func setConstants(_ tensors: [String: Tensor], isFull: Bool = true) throws {
    try update("AOTInductorModelContainerUpdateUserManagedConstantBufferPairs", tensors, inactive: false, isFull: isFull)
  }

  /// Copies constants into the set that calls do not use yet; those that are not given are the ones in use. `swapConstants` puts the set
  /// in use, between two calls.
  /// - Throws: as `setConstants`.
  package func prepareConstants(_ tensors: [String: Tensor], isFull: Bool = false) throws {
    try update("AOTInductorModelContainerUpdateConstantBufferPairs", tensors, inactive: true, isFull: isFull)
    let fold: Functions.Fold? = library.function("AOTInductorModelContainerRunConstantFolding")
    if let fold, fold(container, true, nil, nil) != 0 { throw failure() }
  }
  /// Puts the constants in use that `prepareConstants` was given; those that were in use go.
  package func swapConstants() throws {
    let swap: Functions.Act = try library.required("AOTInductorModelContainerSwapConstantBuffer")
    guard swap(container) == 0 else { throw failure() }
    let free: Functions.Act? = library.function("AOTInductorModelContainerFreeInactiveConstantBuffer")
    _ = free?(container)
  }

  /// Uses constants in place in these bytes, laid out as the library's table says.
  /// - Throws: `LatheError` of kind `badFile` where there are fewer bytes than the table needs.
  package func useConstants(in region: ByteRegion) throws {
    let getSize: Functions.GetBytes = try library.required("AOTInductorModelContainerGetConstantsBlobSize")
    let use: Functions.UseBytes = try library.required("AOTInductorModelUpdateConstantsFromBlob")
    var size: UInt64 = 0
    guard getSize(container, &size) == 0, size <= UInt64(region.count) else {
      throw LatheError.badFile(path, "has \(region.count) bytes of constants where \(size) are needed")
    }
    guard region.withBytes({ use(container, $0.baseAddress) }) == 0 else { throw failure() }
    held.withLock { $0 = region }
  }

  private func update(_ name: String, _ tensors: [String: Tensor], inactive: Bool, isFull: Bool) throws {
    guard let update: Functions.Update = library.function(name) else {
      throw LatheError.unsupported("\(path) takes its constants only from PyTorch")
    }
    let byName: [String: Constant] = Dictionary(constants.flatMap { [($0.name, $0), ($0.fqn, $0)] }, uniquingKeysWith: { first, _ in first })
    var pairs: [lathe_constant_pair] = []
    defer {
      for pair in pairs {
        free(UnsafeMutablePointer(mutating: pair.name))
        aoti_torch_delete_tensor_object(pair.handle)
      }
    }
    for (name, tensor) in tensors {
      if let constant = byName[name], constant.dtype != tensor.dtype {
        throw LatheError.badInput("constant '\(name)' is \(constant.dtype.torchName) but was given a tensor of \(tensor.dtype.torchName)")
      }
      let handle: AtenTensorHandle = try tensor.makeHandle()
      pairs.append(lathe_constant_pair(name: strdup(name), handle: handle))
    }
    guard update(container, pairs, pairs.count, inactive, isFull) == 0 else { throw failure() }
  }

  /// Runs the program on tensors in the order of its placeholders; gives its outputs in order.
  /// - Throws: `LatheError` of kind `badInput`; what `proxy` throws.
  package func callAsFunction(_ inputs: [Tensor], proxy: ProxyExecutor? = nil) throws -> [Tensor] {
    try call(inputs, proxy: proxy).enumerated().map { index, output in
      guard let output else { throw LatheError.badFile(path, "gave no tensor for output \(index)") }
      return output
    }
  }

  /// The same where an output may be None.
  package func call(_ inputs: [Tensor], proxy: ProxyExecutor? = nil) throws -> [Tensor?] {
    guard inputs.count == inputCount else {
      throw LatheError.badInput("the program takes \(inputCount) tensors but got \(inputs.count)")
    }
    return try withUnsafeTemporaryAllocation(of: AtenTensorHandle?.self, capacity: inputs.count + outputCount) { handles in
      handles.initialize(repeating: nil)
      defer {
        for case let handle? in handles { aoti_torch_delete_tensor_object(handle) }
      }
      lathe_aoti_forget_failure()
      for index in inputs.indices { handles[index] = try inputs[index].makeHandle() }
      guard let first = handles.baseAddress else { return [] }
      let outputs: UnsafeMutablePointer<AtenTensorHandle?> = first + inputCount
      if let proxy {
        let call = ProxyCall(proxy)
        let status: Int32 = call.withHandle { run(container, first, inputCount, outputs, outputCount, nil, $0) }
        if status != 0 { throw call.failure ?? failure() }
      } else if run(container, first, inputCount, outputs, outputCount, nil, nil) != 0 {
        throw failure()
      }
      return (0..<outputCount).map { index in outputs[index].flatMap { Tensor(handle: $0) } }
    }
  }

  private func failure() -> LatheError { LatheError.badInput(Functions.reason(lastError) ?? "the compiled program failed without a reason") }
}

extension CompiledLibrary {
  /// From now on kernels are timed, from zero.
  package func startProfiling() { _ = swapProfile(ProfileBuffer(count: kernelNames.count)) }
  /// Ends timing; the times since it began, by kernel. Empty where it had not begun.
  package func stopProfiling() -> [KernelTime] { swapProfile(nil) }
  /// The times so far, by kernel; calls may run meanwhile. Empty where timing has not begun.
  package var profileSoFar: [KernelTime] { profile.withLock { $0?.times(kernelNames) ?? [] } }

  /// Waits for running calls, so that nobody writes to the buffer before.
  private func swapProfile(_ buffer: ProfileBuffer?) -> [KernelTime] {
    guard let set: Functions.SetProfile = library.function("LatheSetProfile") else { return [] }
    return profile.withLock { current in
      _ = set(container, buffer?.nanoseconds.counters, buffer?.calls.counters)
      defer { current = buffer }
      guard let last = current else { return [] }
      defer { last.free() }
      return last.times(kernelNames)
    }
  }
}

/// Counters by kernel that the artifact adds to.
private struct ProfileBuffer: @unchecked Sendable {
  // Safe to send: only the artifact writes, and both sides go through atomics; it is freed after the artifact let it go.
  let nanoseconds: UnsafeMutablePointer<Atomic<UInt64>>
  let calls: UnsafeMutablePointer<Atomic<UInt64>>

  init(count: Int) {
    (nanoseconds, calls) = (.allocate(capacity: max(count, 1)), .allocate(capacity: max(count, 1)))
    for index in 0..<count {
      (nanoseconds + index).initialize(to: Atomic(0))
      (calls + index).initialize(to: Atomic(0))
    }
  }
  func times(_ names: [String]) -> [KernelTime] {
    names.indices.map {
      KernelTime(name: names[$0], calls: Int(calls[$0].load(ordering: .relaxed)), nanoseconds: Int(nanoseconds[$0].load(ordering: .relaxed)))
    }
  }
  func free() {
    nanoseconds.deallocate()
    calls.deallocate()
  }
}

extension UnsafeMutablePointer where Pointee == Atomic<UInt64> {
  /// The same memory as the artifact's C sees it.
  fileprivate var counters: UnsafeMutablePointer<UInt64> { UnsafeMutableRawPointer(self).assumingMemoryBound(to: UInt64.self) }
}
