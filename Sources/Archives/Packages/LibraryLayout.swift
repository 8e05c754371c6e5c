import Foundations
import Tensors

/// A shared object with its constants behind the code: the loader sees the code alone, and the code maps its constants from its own file
/// (`lathe_artifact_constants.c`), as PyTorch's does with large weights (`torch/csrc/inductor/aoti_runtime/model.h`, `USE_MMAP_SELF`).
///
///     code | zeros up to a multiple of 16384 | constants | magic, key, bytes of code, bytes of constants: 8 bytes each
package struct LibraryLayout: Sendable {
  package var code: ByteRegion
  package var constants: ByteRegion

  package static let alignment: Int = 16384
  static let magic: [UInt8] = Array("LATHECON".utf8)
  static let trailerBytes: Int = 32

  /// Takes a file apart; nil where no constants stand behind its code, which another program's file never has.
  package init?(_ region: ByteRegion) {
    guard region.count >= LibraryLayout.trailerBytes, let trailer = region.slice(region.count - LibraryLayout.trailerBytes, LibraryLayout.trailerBytes) else { return nil }
    let (isOurs, codeBytes, constantBytes): (Bool, Int?, Int?) = trailer.withBytes { bytes in
      func number(_ place: Int) -> Int? { Int(exactly: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))) }
      return (bytes.starts(with: LibraryLayout.magic), number(16), number(24))
    }
    guard isOurs, let codeBytes, let constantBytes, codeBytes <= region.count, constantBytes <= region.count else { return nil }
    let start: Int = LibraryLayout.aligned(codeBytes)
    guard start + constantBytes + LibraryLayout.trailerBytes == region.count, let code = region.slice(0, codeBytes), let constants = region.slice(start, constantBytes)
    else { return nil }
    (self.code, self.constants) = (code, constants)
  }

  /// What stands between the code and the constants, and behind these.
  static func frame(codeBytes: Int, constantBytes: Int, key: UInt64) -> (padding: [UInt8], trailer: [UInt8]) {
    var trailer: [UInt8] = magic
    for value in [key, UInt64(codeBytes), UInt64(constantBytes)] { for shift in 0..<8 { trailer.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * shift))) } }
    return ([UInt8](repeating: 0, count: aligned(codeBytes) - codeBytes), trailer)
  }

  private static func aligned(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }
}
