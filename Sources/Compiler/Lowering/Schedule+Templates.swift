import Foundations
import Graphs
import Operators

extension Schedule {
  /// Gives a kernel a sum at each point of its iteration space before its expressions: a matrix product or a convolution
  /// (`lathe_product.h`, `lathe_convolution_nhwc.h`).
  package struct Template: Sendable {
    package enum Computation: Sendable {
      case product(Product)
      case convolution(Convolution)
    }
    package var computation: Computation
    /// Stands for the sums in the kernel's expressions; it is never in memory.
    package var sums: BufferID
    /// The dimension of the iteration space that is the columns of the template's result; the others, in order, are its rows.
    package var columns: Int
  }

  /// sums[batch, m, n] = left[batch, m, k] right[batch, k, n]; strides are in elements.
  package struct Product: Sendable {
    package struct Operand: Sendable {
      package var access: Access
      package var row: SymbolicInt
      package var column: SymbolicInt
    }
    package struct Batch: Sendable {
      package var size: SymbolicInt
      package var left: SymbolicInt
      package var right: SymbolicInt
    }
    package var dtype: DType
    package var m: SymbolicInt
    package var n: SymbolicInt
    package var k: SymbolicInt
    package var left: Operand
    package var right: Operand
    /// The right operand in panels, where it is known before a call.
    package var packed: BufferID?
    package var batches: [Batch]
    package var choice = ProductChoice()
  }

  /// A convolution of channels-last images with packed weights (`lathe_nhwc_convolution`); pairs are of height and width.
  package struct Convolution: Sendable {
    /// [N, C, H, W], channels contiguous.
    package var input: View
    /// [N, O, H, W].
    package var output: [SymbolicInt]
    package var kernel: [Int]
    package var stride: [Int]
    package var padding: [Int]
    package var dilation: [Int]
    package var groups: Int
    package var choice: ConvolutionChoice
    package var packed: BufferID
  }

  /// A template that gives its result to memory, with nothing fused after it.
  package struct DirectTemplate: Sendable {
    package enum Computation: Sendable {
      /// softmax(scale query key^T + mask) value, of query, key, value and possibly a mask, over four dimensions each
      /// (`lathe_attention.h`).
      case attention(isCausal: Bool, scale: Double)
      /// Sliding windows over a channels-last image (`lathe_nhwc_pool`).
      case pool(TemplateForm.Pool)
    }
    package var node: Graph.NodeID
    package var computation: Computation
    package var operands: [View]
    package var result: View
    package var library: TemplateLibrary {
      switch computation {
      case .attention: .products
      case .pool: .convolutions
      }
    }
  }

  /// A constant in another form, made of it once before the first call.
  package struct Fold: Sendable {
    package enum Form: Sendable {
      /// The right operand of a product, in panels.
      case panels(Product)
      /// The weights of a convolution.
      case weights(Convolution)
    }
    package var form: Form
    package var source: BufferID
    package var result: BufferID
    package var node: Graph.NodeID
  }
}

/// A part of the artifacts' C that only programs with such templates need.
package enum TemplateLibrary: Hashable, Sendable { case products, convolutions }

extension Schedule.Template {
  package var library: TemplateLibrary {
    switch computation {
    case .product: .products
    case .convolution: .convolutions
    }
  }
  /// How names of its kernels begin.
  package var prefix: String {
    switch computation {
    case .product: "product"
    case .convolution: "convolution"
    }
  }
  /// The buffers that it reads.
  package var operands: [Schedule.BufferID] {
    switch computation {
    case .product(let product): [product.left.access.buffer, product.choice.library == 0 ? product.packed ?? product.right.access.buffer : product.right.access.buffer]
    case .convolution(let convolution): [convolution.input.buffer, convolution.packed]
    }
  }
}

extension Schedule.Kernel {
  /// Every buffer that it reads from memory.
  package func buffersRead(in schedule: Schedule) -> [Schedule.BufferID] {
    loads(in: schedule).map { schedule.accesses[$0].buffer }.filter { $0 != template?.sums } + (template?.operands ?? [])
  }
}
