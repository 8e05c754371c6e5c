import CRuntime
import Foundations
import Tensors

/// Runs the operator of an external node, which generated code does not compute itself: the node's index, its integers in the order of
/// its arguments, its tensors; the results in order. It is called in the thread of the call.
package typealias ProxyExecutor = (_ node: Int, _ integers: [Int], _ tensors: [Tensor]) throws -> [Tensor]

/// One call's executor as the C functions see it, and the error it threw.
final class ProxyCall {
  private let executor: ProxyExecutor
  private(set) var failure: (any Error)?

  init(_ executor: @escaping ProxyExecutor) { self.executor = executor }

  /// Calls `body` with a handle that is valid until it returns.
  func withHandle<Result>(_ body: (OpaquePointer?) throws -> Result) rethrows -> Result {
    var proxy = lathe_proxy_executor(
      callback: { context, node, integerCount, integers, tensorCount, tensors in
        Unmanaged<ProxyCall>.fromOpaque(context!).takeUnretainedValue().run(
          node, UnsafeBufferPointer(start: integers, count: Int(integerCount)), UnsafeBufferPointer(start: tensors, count: Int(tensorCount)))
      }, context: Unmanaged.passUnretained(self).toOpaque())
    return try withUnsafeMutablePointer(to: &proxy) { try body(OpaquePointer($0)) }
  }

  /// The undefined tensors at the end are the results' places.
  private func run(_ node: Int32, _ integers: UnsafeBufferPointer<Int64>, _ handles: UnsafeBufferPointer<AtenTensorHandle?>) -> Int32 {
    do {
      var inputs: [Tensor] = []
      for handle in handles {
        guard let tensor = Tensor(handle: handle!) else { break }
        inputs.append(tensor)
      }
      let results: [Tensor] = try executor(Int(node), integers.map(Int.init), inputs)
      guard results.count == handles.count - inputs.count else {
        throw LatheError.badInput("external node \(node) gave \(results.count) tensors where \(handles.count - inputs.count) were asked for")
      }
      for (result, handle) in zip(results, handles.dropFirst(inputs.count)) { try result.assign(to: handle!) }
      return 0
    } catch {
      failure = error
      return lathe_aoti_fail_text("\(error)")
    }
  }
}
