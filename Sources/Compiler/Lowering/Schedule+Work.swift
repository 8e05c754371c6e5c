import Foundations
import LoopIR

extension Schedule {
  /// What a step has to do at least: arithmetic operations (a fused multiply-add is two, a function one), and bytes of memory read and
  /// written once each.
  package struct Work: Sendable {
    package var operations: SymbolicInt
    package var bytes: SymbolicInt
  }

  package func work(of step: Step) -> Work {
    switch step {
    case .kernel(let kernel): work(of: kernel)
    case .template(let template): work(of: template)
    case .call(let call):
      Work(operations: 0, bytes: (call.tensors.map { $0.sizes.product * SymbolicInt($0.dtype.size) } + call.results.map { self[$0].type.bytes }).total)
    }
  }

  private func work(of kernel: Kernel) -> Work {
    let points: SymbolicInt = kernel.sizes.product
    let count: Int = LoopArena.reachable(in: arena, from: kernel.stores.map(\.value)).filter { arena[$0].operation.isArithmetic }.count
    func traffic(_ access: Access) -> SymbolicInt {
      kernel.sizes.indices.reduce(SymbolicInt(access.dtype.size)) { access.strides[$1] == 0 ? $0 : $0 * kernel.sizes[$1] }
    }
    let loads: [Access] = kernel.loads(in: self).map { accesses[$0] }.filter { $0.buffer != kernel.template?.sums }
    var result = Work(operations: points * SymbolicInt(count), bytes: (loads + kernel.stores.map(\.access)).map(traffic).total)
    switch kernel.template?.computation {
    case .product(let product)?:
      let batch: SymbolicInt = product.batches.map(\.size).product
      result.operations += 2 * batch * product.m * product.n * product.k
      result.bytes += SymbolicInt(product.dtype.size) * (batch * product.m * product.k + (product.packed == nil ? batch : 1) * product.n * product.k)
    case .convolution(let convolution)?:
      let window: SymbolicInt = SymbolicInt(convolution.kernel[0] * convolution.kernel[1]) * convolution.input.sizes[1].floorDivided(by: SymbolicInt(convolution.groups))
      result.operations += 2 * points * window
      result.bytes += 4 * (convolution.input.sizes.product + convolution.output[1] * window)
    case nil: break
    }
    return result
  }

  private func work(of template: DirectTemplate) -> Work {
    let bytes: SymbolicInt = (template.operands + [template.result]).map { view in
      view.sizes.indices.reduce(SymbolicInt(view.dtype.size)) { view.strides[$1] == 0 ? $0 : $0 * view.sizes[$1] }
    }.total
    let result: SymbolicInt = template.result.sizes.product
    switch template.computation {
    case .attention:
      let (query, key): ([SymbolicInt], [SymbolicInt]) = (template.operands[0].sizes, template.operands[1].sizes)
      return Work(operations: 2 * key[2] * (query.product + result), bytes: bytes)
    case .pool(let pool): return Work(operations: result * SymbolicInt(pool.kernel[0] * pool.kernel[1]), bytes: bytes)
    }
  }
}

extension LoopOperation {
  fileprivate var isArithmetic: Bool {
    switch self {
    case .constant, .load, .index, .cast: false
    default: true
    }
  }
}

extension [SymbolicInt] {
  fileprivate var total: SymbolicInt { reduce(0) { $0 + $1 } }
}
