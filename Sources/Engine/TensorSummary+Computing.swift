import CRuntime
import Foundations
import Tensors

extension TensorSummary {
  /// Looks at every element once.
  package init(of tensor: Tensor, name: String) throws {
    self.init(of: name, dtype: tensor.dtype.torchName, sizes: tensor.sizes, minimum: nil, maximum: nil, mean: nil, nanCount: 0)
    guard tensor.dtype.isComputable else { return }
    var (low, high, sum, count): (Double, Double, Double, Int) = (.infinity, -.infinity, 0, 0)
    for value in try tensor.doubles() {
      if value.isNaN {
        nanCount += 1
        continue
      }
      low = min(low, value)
      high = max(high, value)
      sum += value
      count += 1
    }
    if count > 0 { (minimum, maximum, mean) = (low, high, sum / Double(count)) }
  }
}
