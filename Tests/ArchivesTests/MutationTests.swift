import Foundations
import Glibc
import Graphs
import Tensors
import Testing

@testable import Archives

/// Seeded damage to files, the same on every run.
struct Mutator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  /// SplitMix64.
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(max(limit, 1))) }

  /// The file with one to eight bytes changed, cut off, or with a part of it copied, moved, erased, or repeated.
  mutating func damage(_ original: [UInt8]) -> [UInt8] {
    var bytes = original
    switch below(8) {
    case 0: bytes.removeLast(below(bytes.count))
    case 1:
      let (from, to) = (below(bytes.count), below(bytes.count))
      let count = min(1 + below(200), bytes.count - max(from, to))
      bytes.replaceSubrange(to..<(to + count), with: bytes[from..<(from + count)])
    case 2:
      let from = below(bytes.count)
      let part = bytes[from..<min(from + 1 + below(100), bytes.count)]
      bytes.insert(contentsOf: Array(part), at: below(bytes.count))
    case 3:
      let from = below(bytes.count)
      bytes.removeSubrange(from..<min(from + 1 + below(100), bytes.count))
    case 4:
      // A digit of a text becomes another, or many.
      let digits = (0..<64).map { _ in below(bytes.count) }.filter { bytes[$0] &- UInt8(ascii: "0") < 10 }
      for place in digits { bytes[place] = UInt8(ascii: "0") + UInt8(below(10)) }
      if let place = digits.first { bytes.insert(contentsOf: Array(repeating: UInt8(ascii: "9"), count: below(25)), at: place) }
    default:
      for _ in 0..<(1 + below(8)) { bytes[below(bytes.count)] = below(2) == 0 ? UInt8(below(256)) : bytes[below(bytes.count)] }
    }
    return bytes
  }
}

@Suite(.enabled(if: Corpus.isPresent, Corpus.absent))
struct MutationTests {
  /// Opens the file and looks at everything; a `LatheError` is fine, anything else is not.
  private func exercise(_ path: String) throws -> Bool {
    do {
      let program: ExportedProgram = try ExportedProgram.read(path: path)
      _ = program.graph.readable(ReadableOptions(showsLastUses: true))
      _ = program.graph.json()
      _ = program.graph.dot(showsParameters: true)
      _ = program.inputSpec.leafPaths()
      for tensor in program.state.values where tensor.elementCount > 0 {
        let last = zip(tensor.sizes, tensor.strides).reduce(0) { $0 + ($1.0 - 1) * $1.1 } + 1
        _ = tensor.data.load(fromByteOffset: last * tensor.dtype.size - 1, as: UInt8.self)
      }
      return true
    } catch is LatheError {
      return false
    }
  }

  @Test(arguments: ["models-2.6/mlp.pt2", "models-2.6/cond.pt2", "models-2.15/mlp.pt2"])
  func damagedFilesOpenOrSayWhy(_ name: String) throws {
    let original: [UInt8] = ByteRegion(try MappedFile(path: Corpus.path(name))).withBytes { Array($0) }
    var mutator = Mutator(seed: UInt64(original.count))
    var opened = 0
    for _ in 0..<334 {
      let file = try TemporaryFile(mutator.damage(original), name: "damaged")
      if try withExtendedLifetime(file, { try exercise(file.path) }) { opened += 1 }
    }
    // Both ends happen, or the damage is not worth the name.
    #expect(opened > 0 && opened < 334)
  }
}
