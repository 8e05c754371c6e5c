import Foundation
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Discrete Fourier transforms of real or complex tensors (`ATen/native/SpectralOps.cpp`), and the real parts of complex tensors.
  static let fourierTransforms: [OperatorRecord] = [("fft_fftn", false), ("fft_ifftn", true)].map { name, isInverse in
    transform("\(name)(Tensor self, SymInt[1]? s=None, int[1]? dim=None, str? norm=None) -> Tensor", isInverse)
  } + [("fft_fft2", false), ("fft_ifft2", true)].map { name, isInverse in
    transform("\(name)(Tensor self, SymInt[1]? s=None, int[1] dim=[-2, -1], str? norm=None) -> Tensor", isInverse)
  } + [("fft_fft", false), ("fft_ifft", true)].map { name, isInverse in
    transform("\(name)(Tensor self, SymInt? n=None, int dim=-1, str? norm=None) -> Tensor", isInverse)
  } + [
    part("real(Tensor(a) self) -> Tensor(a)", place: 0), part("imag(Tensor(a) self) -> Tensor(a)", place: 1),
    part("view_as_real(Tensor(a) self) -> Tensor(a)", place: nil),
  ]

  private static func complexType(_ dtype: DType) -> DType { dtype == .f64 || dtype == .c128 ? .c128 : .c64 }

  private static func transform(_ schema: String, _ isInverse: Bool) -> OperatorRecord {
    filling(schema) { call in
      let type: TensorType = try call.type("self")
      guard type.dtype.isComputable || type.dtype == .c64 || type.dtype == .c128, type.dtype != .f16, type.dtype != .bf16 else {
        throw LatheError.unsupported("\(call.schema.name) on \(type.dtype.torchName)")
      }
      var sizes: [SymbolicInt] = type.sizes
      for (dim, length) in try lengths(call, type) { sizes[dim] = length }
      return TensorType(dtype: complexType(type.dtype), sizes: sizes)
    } _: { call, result in
      let source: Tensor = try call.tensor("self")
      var grid: ComplexGrid = try ComplexGrid(source)
      var scale: Double = 1
      for (dim, length) in try lengths(call, TensorType(source)) {
        let count: Int = length.constant ?? 0
        grid = grid.transformed(dim, length: count, isInverse: isInverse)
        scale *= Double(count)
      }
      switch try call.optionalString("norm") {
      case "ortho": scale = 1 / scale.squareRoot()
      case "forward": scale = isInverse ? 1 : 1 / scale
      case nil, "backward": scale = isInverse ? 1 / scale : 1
      case let other?: throw call.failure("Invalid normalization mode: \"\(other)\"")
      }
      grid.store(into: result, scale: scale)
    }
  }

  /// The transformed dimensions with their lengths.
  private static func lengths(_ call: OperatorCall, _ type: TensorType) throws -> [(dim: Int, length: SymbolicInt)] {
    let isSingle: Bool = call.schema.index(of: "n") != nil
    let given: [SymbolicInt]? = try call.optionalSizes(isSingle ? "n" : "s")
    guard type.rank > 0 else { throw call.failure("Dimension specified but tensor has no dimensions") }
    var dims: [Int] = try call.dimensions("dim", rank: type.rank)
    if call.value("dim").isNone, let given, given.count > type.rank { throw call.failure("Got shape with \(given.count) values but input tensor only has \(type.rank) dimensions.") }
    if call.value("dim").isNone, let given { dims = Array(type.rank - given.count..<type.rank) }
    guard given.map({ $0.count == dims.count }) ?? true else { throw call.failure("When given, dim and shape arguments must have the same length") }
    return try dims.enumerated().map { place, dim in
      let length: SymbolicInt = given.map { $0[place] == -1 ? type.sizes[dim] : $0[place] } ?? type.sizes[dim]
      if call.environment.isLess(length, 1) { throw call.failure("Invalid number of data points (\(length)) specified") }
      return (dim, length)
    }
  }

  /// One part of a complex tensor, or both along a new last dimension, as a view of the same memory.
  private static func part(_ schema: String, place: Int?) -> OperatorRecord {
    @Sendable func viewed(_ call: OperatorCall) throws -> TensorType {
      var type: TensorType = try call.type("self")
      guard type.dtype == .c64 || type.dtype == .c128 else {
        if place == 0, !type.dtype.isComplex { return type }
        throw call.failure("\(call.schema.name.base) is not implemented for tensors with non-complex dtypes.")
      }
      type.dtype = type.dtype == .c64 ? .f32 : .f64
      type.strides = type.strides.map { $0 * 2 }
      if place == nil {
        type.sizes.append(2)
        type.strides.append(1)
      }
      return type
    }
    return OperatorRecord("aten::\(schema)", .kernel(
      shape: { [.tensor(try viewed($0))] },
      run: { call, types in
        let (source, type): (Tensor, TensorType) = (try call.tensor("self"), types[0].tensor!)
        if type.dtype == source.dtype { return [.tensor(source)] }
        return [.tensor(Tensor(
          storage: source.storage, dtype: type.dtype, sizes: type.sizes.compactMap(\.constant), strides: type.strides.compactMap(\.constant),
          offset: source.offset * 2 + (place ?? 0)))]
      }))
  }
}

/// Complex numbers in row-major order, for transforms along one dimension after the other.
private struct ComplexGrid {
  var sizes: [Int]
  var real: [Double]
  var imaginary: [Double]

  init(_ tensor: Tensor) throws {
    sizes = tensor.sizes
    guard tensor.dtype.isComplex else {
      real = try tensor.doubles()
      imaginary = Array(repeating: 0, count: real.count)
      return
    }
    let component: DType = tensor.dtype == .c64 ? .f32 : .f64
    func part(_ place: Int) throws -> [Double] {
      try Tensor(storage: tensor.storage, dtype: component, sizes: tensor.sizes, strides: tensor.strides.map { $0 * 2 }, offset: tensor.offset * 2 + place)
        .doubles()
    }
    (real, imaginary) = (try part(0), try part(1))
  }

  /// Along `dim`, cut off or filled with zeros to `length`.
  func transformed(_ dim: Int, length: Int, isInverse: Bool) -> ComplexGrid {
    var result: ComplexGrid = self
    result.sizes[dim] = length
    let inner: Int = sizes[(dim + 1)...].reduce(1, *)
    let outer: Int = sizes[..<dim].reduce(1, *)
    let old: Int = sizes[dim]
    result.real = Array(repeating: 0, count: outer * length * inner)
    result.imaginary = result.real
    let angle: Double = (isInverse ? 2 : -2) * Double.pi / Double(length)
    let roots: [(Double, Double)] = (0..<length).map { (cos(angle * Double($0)), sin(angle * Double($0))) }
    for line in 0..<(outer * inner) {
      let (block, column): (Int, Int) = (line / inner, line % inner)
      let values: [(Double, Double)] = (0..<length).map { place in
        guard place < old else { return (0, 0) }
        let at: Int = (block * old + place) * inner + column
        return (real[at], imaginary[at])
      }
      for (place, value) in ComplexGrid.transform(values, roots, rootStride: 1).enumerated() {
        let at: Int = (block * length + place) * inner + column
        (result.real[at], result.imaginary[at]) = value
      }
    }
    return result
  }

  /// Cooley and Tukey's division by the smallest prime factor; a prime length is summed directly.
  private static func transform(_ values: [(Double, Double)], _ roots: [(Double, Double)], rootStride: Int) -> [(Double, Double)] {
    let count: Int = values.count
    if count == 1 { return values }
    let factor: Int = (2...count).first { count % $0 == 0 }!
    let width: Int = count / factor
    let parts: [[(Double, Double)]] = (0..<factor).map { first in
      transform(stride(from: first, to: count, by: factor).map { values[$0] }, roots, rootStride: rootStride * factor)
    }
    return (0..<count).map { place in
      var sum: (Double, Double) = (0, 0)
      for (number, part) in parts.enumerated() {
        let root: (Double, Double) = roots[(number * place % count) * rootStride]
        let value: (Double, Double) = part[place % width]
        sum.0 += value.0 * root.0 - value.1 * root.1
        sum.1 += value.0 * root.1 + value.1 * root.0
      }
      return sum
    }
  }

  func store(into target: Tensor, scale: Double) {
    if target.dtype == .c64 {
      let places = target.data.assumingMemoryBound(to: Float.self)
      for index in real.indices { (places[2 * index], places[2 * index + 1]) = (Float(real[index] * scale), Float(imaginary[index] * scale)) }
    } else {
      let places = target.data.assumingMemoryBound(to: Double.self)
      for index in real.indices { (places[2 * index], places[2 * index + 1]) = (real[index] * scale, imaginary[index] * scale) }
    }
  }
}
