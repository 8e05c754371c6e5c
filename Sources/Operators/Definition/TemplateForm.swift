import Foundations

/// What a call is to a compiler that has templates for the heavy operators; operands are named by their parameters.
package enum TemplateForm: Sendable {
  case product(Product)
  case convolution(Convolution)
  case attention(Attention)
  case pool(Pool)

  /// alpha (left right) + beta addend, with leading dimensions as `torch.matmul` has them; `left` [..., m, k], `right` [..., k, n], or
  /// [..., n, k] where it is transposed; `addend` is broadcast to the result.
  package struct Product: Sendable {
    package var left: String
    package var right: String
    package var isRightTransposed: Bool = false
    package var addend: String?
    package var alpha: Double = 1
    package var beta: Double = 1
  }

  /// A forward convolution over two dimensions of `input` [N, C, H, W] with `weight` [O, C / groups, h, w] and `bias` [O].
  package struct Convolution: Sendable {
    package var input: String
    package var weight: String
    package var bias: String
    package var stride: [Int]
    package var padding: [Int]
    package var dilation: [Int]
    package var groups: Int
  }

  /// softmax(scale query key^T + mask) value over [B, H, L, E], [B, G, S, E], [B, G, S, V], where G divides H; `mask`, if there is one,
  /// is broadcast to [B, H, L, S], and a truth value in it says what is kept.
  package struct Attention: Sendable {
    package var query: String
    package var key: String
    package var value: String
    package var mask: String
    package var isCausal: Bool
    package var scale: Double
  }

  /// The largest or mean element of sliding windows over two dimensions of `input` [N, C, H, W]. A mean's sum is divided by `divisor`
  /// where that is not 0, else by the number of elements, those of the padding among them if `countsPadding`.
  package struct Pool: Sendable {
    package var input: String
    package var isMaximum: Bool
    package var kernel: [Int]
    package var stride: [Int]
    package var padding: [Int]
    package var dilation: [Int]
    package var countsPadding: Bool = false
    package var divisor: Int = 0
  }
}
