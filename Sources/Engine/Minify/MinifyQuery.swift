import Archives
import Compiler
import Foundation
import Foundations
import Graphs
import Tensors

/// A question about one program at one call's inputs, as one process of Lathe asks another: whether it fails.
///
/// It lies in a folder: `query.json`, the graph as JSON of torch.export's schema, and the bytes of all tensors in a file that queries
/// share. Strides and offsets are kept, and what tensors share.
struct MinifyQuery: Codable {
  /// A tensor in the file of tensors.
  struct Place: Codable {
    /// Where its storage begins and how long it is.
    var byte: Int
    var count: Int
    var dtype: UInt8
    var sizes: [Int]
    var strides: [Int]
    var offset: Int
  }
  var fails: MinifyFailure
  var mode: String
  /// Seconds for a compilation.
  var limit: Double
  /// One a placeholder.
  var tensors: [Place]

  static let name: String = "query.json"
  static let graphName: String = "graph.json"
  static let tensorsName: String = "tensors"
  static let answerName: String = "answer.json"
  /// Exists from when the compiled code runs, and from when it has run.
  static let runningName: String = "running"
  static let ranName: String = "ran"
  static let cacheName: String = "cache"

  /// The program in question.
  /// - Throws: `LatheError` of kinds `badFile` and `system`.
  func graphCase(in folder: String) throws -> GraphCase {
    let path: String = "\(folder)/\(MinifyQuery.graphName)"
    let program = try ExportedProgram(text: ByteRegion(try MappedFile(path: path)), subject: path)
    let file = ByteRegion(try MappedFile(path: "\(folder)/\(MinifyQuery.tensorsName)"))
    var storages: [Int: Storage] = [:]
    let inputs: [Tensor] = try tensors.map { place in
      if storages[place.byte] == nil || storages[place.byte]!.byteCount < place.count {
        guard let bytes = file.slice(place.byte, place.count) else { throw LatheError.badFile(folder, "has no bytes for a tensor of the query") }
        storages[place.byte] = place.count == 0 ? try Storage.allocate(byteCount: 0) : try bytes.storage()
      }
      guard let dtype = DType(rawValue: place.dtype) else { throw LatheError.badFile(folder, "has a tensor of an unknown element type") }
      return try Tensor(checking: storages[place.byte]!, dtype: dtype, sizes: place.sizes, strides: place.strides, offset: place.offset, subject: folder)
    }
    return GraphCase(graph: program.graph, inputs: inputs)
  }
}

/// The file of tensors that queries share: each storage is written once.
final class MinifyTensors {
  private let path: String
  private let handle: FileHandle
  private var end: Int = 0
  /// Storages stay alive, so that none is taken for another at the same address.
  private var places: [OpaquePointer: (byte: Int, storage: Storage)] = [:]

  /// - Throws: `LatheError` of kind `system` when the file cannot be written.
  init(path: String) throws {
    guard FileManager.default.createFile(atPath: path, contents: nil), let handle = FileHandle(forWritingAtPath: path) else {
      throw LatheError(.system, subject: path, "cannot be written")
    }
    (self.path, self.handle) = (path, handle)
  }
  deinit { try? handle.close() }

  func place(of tensor: Tensor) throws -> MinifyQuery.Place {
    let byte: Int
    if let known = places[tensor.storage.handle] {
      byte = known.byte
    } else {
      byte = end
      do {
        let count: Int = tensor.storage.byteCount
        try handle.write(contentsOf: Data(bytesNoCopy: tensor.storage.data, count: count, deallocator: .none))
        // The next one begins at a multiple of 64, as kernels like it.
        let gap: Int = (64 - count % 64) % 64
        try handle.write(contentsOf: Data(count: gap))
        end += count + gap
      } catch { throw LatheError(.system, subject: path, "cannot be written; is the disk full?") }
      places[tensor.storage.handle] = (byte, tensor.storage)
    }
    return MinifyQuery.Place(
      byte: byte, count: tensor.storage.byteCount, dtype: tensor.dtype.rawValue, sizes: tensor.sizes, strides: tensor.strides, offset: tensor.offset)
  }
}
