import CRuntime
import Foundations
import Tensors

extension TensorSummary {
  /// Looks at every element once.
  package init(of tensor: Tensor, name: String) throws {
    self.init(of: name, dtype: tensor.dtype.torchName, sizes: tensor.sizes, minimum: nil, maximum: nil, mean: nil, nanCount: 0)
    guard tensor.dtype.isComputable else { return }
    var (low, high, sum, count): (Double, Double, Double, Int) = (.infinity, -.infinity, 0, 0)
    // In pieces: as doubles a large output takes twice its memory.
    let (whole, piece): (Tensor, Int) = (try tensor.contiguous(), 1 << 16)
    for start in stride(from: 0, to: whole.elementCount, by: piece) {
      let size: Int = min(piece, whole.elementCount - start)
      let part = Tensor(storage: whole.storage, dtype: whole.dtype, sizes: [size], strides: [1], offset: whole.offset + start)
      for value in try part.doubles() {
        if value.isNaN {
          nanCount += 1
          continue
        }
        low = min(low, value)
        high = max(high, value)
        sum += value
        count += 1
      }
    }
    if count > 0 { (minimum, maximum, mean) = (low, high, sum / Double(count)) }
  }
}
