import Compiler
import Foundation
import Foundations
import Graphs
import Operators
import Tensors
import Testing

/// Weights that are packed for the kernels before the first call.
@Suite struct PackedWeightTests {
  /// Numbers that know when the last reference to them goes.
  private final class Owner {
    let numbers: UnsafeMutableBufferPointer<Float>
    init(_ count: Int, _ value: (Int) -> Float) {
      numbers = .allocate(capacity: count)
      for index in 0..<count { numbers.initializeElement(at: index, to: value(index)) }
    }
    deinit { numbers.deallocate() }
    func tensor(_ sizes: [Int]) throws -> Tensor {
      let storage = try Storage.borrow(UnsafeRawBufferPointer(numbers), writable: false, owner: self)
      return Tensor(storage: storage, dtype: .f32, sizes: sizes, strides: Tensor.contiguousStrides(sizes))
    }
  }
  private static let (inner, outer): (Int, Int) = (24, 40)
  private static func weight(_ scale: Float) -> Owner { Owner(inner * outer) { Float($0 % 13 - 6) * scale } }
  private static var x: Tensor { get throws { try .counting([3, inner], by: 0.25) } }

  /// x W^T; with W too where `givesWeight`.
  private static func compiled(givesWeight: Bool) throws -> CompiledGraph {
    let make = GraphMaker()
    let weight: Value = make.tracer.placeholder(
      Graph.Node(operation: .placeholder(.parameter("w")), name: "w", type: .tensor(TensorType(dtype: .f32, sizes: [SymbolicInt(outer), SymbolicInt(inner)]))))
    let x: Value = make.input("x", 0, .f32, [3, SymbolicInt(inner)])
    let product: Value = try make("aten.linear.default", x, weight)
    return try make.finish(givesWeight ? [product, try make("aten.neg.default", weight)] : [product]).compiled(make.environment)
  }
  private static func expected(_ scale: Float) throws -> [Double] {
    let x: [Double] = try self.x.doubles()
    return (0..<3 * outer).map { (place: Int) -> Double in
      (0..<inner).reduce(0.0) { (sum: Double, k: Int) -> Double in
        sum + x[place / outer * inner + k] * Double(Float((place % outer * inner + k) % 13 - 6) * scale)
      }
    }
  }

  @Test func isLetGoOfOnceItIsPackedWhereNothingElseReadsIt() throws {
    for givesWeight in [false, true] {
      let graph: CompiledGraph = try PackedWeightTests.compiled(givesWeight: givesWeight)
      weak var owner: Owner?
      func give(_ scale: Float) throws {
        let numbers: Owner = PackedWeightTests.weight(scale)
        owner = numbers
        try graph.setConstants(["w": try numbers.tensor([PackedWeightTests.outer, PackedWeightTests.inner])])
      }
      // Given again, it is packed again.
      for scale: Float in [1, 0.5] {
        try give(scale)
        #expect(owner != nil)
        for _ in 0..<2 {
          let results: [Tensor] = try graph([try PackedWeightTests.x])
          for (value, expected) in zip(try results[0].doubles(), try PackedWeightTests.expected(scale)) { #expect(abs(value - expected) <= 1e-4 + 1e-5 * abs(expected)) }
          if givesWeight { #expect(try results[1].doubles()[1] == Double(5 * scale)) }
          #expect((owner != nil) == givesWeight)
        }
      }
      // Later calls may give only some constants; the rest keep their values.
      try graph.setConstants([:])
      #expect(try graph([try PackedWeightTests.x])[0].doubles()[1] == PackedWeightTests.expected(0.5)[1])
    }
  }

  /// Bytes of the process's memory that its mapping of a file takes.
  private static func resident(_ path: String) throws -> Int {
    guard let file = fopen("/proc/self/smaps", "r") else { throw LatheError(.system, "/proc/self/smaps cannot be read") }
    defer { fclose(file) }
    var (isInside, buffer): (Bool, [CChar]) = (false, Array(repeating: 0, count: 4096))
    while fgets(&buffer, Int32(buffer.count), file) != nil {
      let line = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      if line.contains(path) { isInside = true }
      if isInside, line.hasPrefix("Rss:") { return Int(line.split(separator: " ")[1])! * 1024 }
    }
    Issue.record("\(path) is not mapped")
    return 0
  }

  @Test func aMappedFilesPagesLeaveMemoryAndComeBack() throws {
    let folder = try ScratchFolder()
    let (path, count): (String, Int) = (folder.path + "/weights", 1 << 20)
    let bytes = Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) })
    try bytes.write(to: URL(fileURLWithPath: path))
    let storage: Storage = try ByteRegion(try MappedFile(path: path)).storage()
    #expect(Data(bytes: storage.data, count: count) == bytes)
    #expect(try PackedWeightTests.resident(path) == count)
    storage.forget()
    #expect(try PackedWeightTests.resident(path) == 0)
    #expect(Data(bytes: storage.data, count: count) == bytes)
    // Memory of other kinds has no file to come back from.
    let copied: Storage = try ByteRegion.make(count: count) { bytes.copyBytes(to: $0) }.storage()
    copied.forget()
    #expect(Data(bytes: copied.data, count: count) == bytes)
  }
}
