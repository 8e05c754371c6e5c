import Foundations

/// How a program reached a value, starting from what its caller passed (`torch/_guards.py`, `Source`).
package indirect enum Source: Hashable, Sendable {
  /// An argument, by its name.
  case local(String)
  case global(String)
  case attribute(Source, String)
  case item(Source, Int)
  case key(Source, String)
  case size(Source, dimension: Int)
  case stride(Source, dimension: Int)
  case storageOffset(Source)

  /// As PyTorch's guards write it: `L['x'].size()[0]`.
  package var text: String { written { "L['\($0)']" } }
  /// As PyTorch's recompile reasons write it since 2.7: `x.size()[0]`.
  package var shortText: String { written { $0 } }

  private func written(_ local: (String) -> String) -> String {
    switch self {
    case .local(let name): local(name)
    case .global(let name): "G['\(name)']"
    case .attribute(let base, let name): "\(base.written(local)).\(name)"
    case .item(let base, let index): "\(base.written(local))[\(index)]"
    case .key(let base, let key): "\(base.written(local))['\(key)']"
    case .size(let base, let dimension): "\(base.written(local)).size()[\(dimension)]"
    case .stride(let base, let dimension): "\(base.written(local)).stride()[\(dimension)]"
    case .storageOffset(let base): "\(base.written(local)).storage_offset()"
    }
  }
}
