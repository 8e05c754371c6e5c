import Foundations

/// Marks on dimensions of a program's inputs.
package struct DimensionMarks: Hashable, Sendable {
  private var marks: [Source: [Int: DimensionMark]] = [:]
  package init() {}

  @inline(__always) var isEmpty: Bool { marks.isEmpty }
  package subscript(source: Source) -> [Int: DimensionMark] { marks.isEmpty ? [:] : marks[source] ?? [:] }

  /// - Throws: `LatheError` of kind `badInput` where the dimension has a mark that contradicts it, or bounds that nothing fits.
  package mutating func set(_ mark: DimensionMark, on source: Source, dimension: Int) throws {
    let old: DimensionMark? = marks[source]?[dimension]
    if let old, (old == .fixed) != (mark == .fixed) {
      throw LatheError.badInput("dimension \(dimension) of \(source.shortText) is marked \(old.name) and cannot be marked \(mark.name) as well")
    }
    if case .dynamic(let minimum?, let maximum?) = mark, minimum > maximum {
      throw LatheError.badInput("dimension \(dimension) of \(source.shortText) cannot be in the range [\(minimum), \(maximum)], which holds nothing")
    }
    marks[source, default: [:]][dimension] = mark
  }
  package mutating func clear(_ source: Source, dimension: Int) {
    marks[source]?[dimension] = nil
    if marks[source]?.isEmpty == true { marks[source] = nil }
  }

  /// In PyTorch's words: what of the marks is not as it was when the graph was compiled.
  static func difference(_ current: [Int: DimensionMark], from known: [Int: DimensionMark]) -> String {
    if known.isEmpty { return "_has_dynamo_dim_marking is present on runtime tensor but was absent at compile time" }
    let ranges: [String] = known.sorted { $0.key < $1.key }.compactMap { dimension, mark in
      guard case .dynamic(let minimum, let maximum) = mark, minimum != nil || maximum != nil else { return nil }
      return "_DimRange(dim=\(dimension), min=\(minimum.map(String.init) ?? "None"), max=\(maximum.map(String.init) ?? "None"))"
    }
    if !ranges.isEmpty { return "_dynamo_dynamic_range mismatch: expected {\(ranges.joined(separator: ", "))}" }
    let names: [String] = current.sorted { $0.key < $1.key }.filter { known[$0.key] != $0.value }.map { "dimension \($0.key) \($0.value.name)" }
    return "marks changed: \(names.joined(separator: ", "))"
  }

  /// Whether a graph that was compiled under `known` serves a call with `current`: it was compiled with every mark there is.
  static func isCovered(_ current: [Int: DimensionMark], by known: [Int: DimensionMark]) -> Bool {
    current.allSatisfy { known[$0.key] == $0.value }
  }
}

extension DimensionMark {
  package var name: String {
    switch self {
    case .dynamic(nil, nil): "dynamic"
    case .dynamic(let minimum, let maximum): "dynamic in [\(minimum.map(String.init) ?? "0"), \(maximum.map(String.init) ?? "∞")]"
    case .maybeDynamic: "maybe dynamic"
    case .fixed: "static"
    case .unbacked: "unbacked"
    }
  }
}
