import Foundations
import Glibc

/// Tensors by name in the safetensors format: an 8-byte length, a JSON header, then the raw bytes.
///
/// Format: https://github.com/huggingface/safetensors. Reading maps the file; nothing is copied.
package struct SafeTensors: Sendable {
  /// In the order of the header.
  package var names: [String]
  package var tensors: [String: Tensor]
  /// The header's `__metadata__`.
  package var metadata: [String: String]

  private static let headerLimit: Int = 100_000_000

  /// - Throws: `LatheError` of kind `badFile` when the header or an offset is wrong, `system` when the file cannot be read.
  package static func read(path: String) throws -> SafeTensors {
    try SafeTensors(ByteRegion(MappedFile(path: path)), subject: path)
  }

  /// Whether the bytes begin as such a file does.
  package static func looksLikeIt(_ region: ByteRegion) -> Bool {
    guard region.count >= 10 else { return false }
    return region.withBytes { bytes in
      let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
      return length >= 2 && length <= UInt64(bytes.count - 8) && bytes[8] == UInt8(ascii: "{")
    }
  }

  package init(_ region: ByteRegion, subject: String) throws {
    (names, tensors, metadata) = ([], [:], [:])
    guard region.count >= 8 else { throw LatheError.badFile(subject, "is too short for a safetensors file") }
    let length = region.withBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= UInt64(SafeTensors.headerLimit), let header = region.slice(8, Int(length)),
      let data = region.slice(8 + Int(length), region.count - 8 - Int(length))
    else { throw LatheError.badFile(subject, "claims a header of \(length) bytes, which does not fit in the file's \(region.count)") }
    let members = try header.withText { try JSONValue.parse($0, subject: "\(subject), header").members }
    guard let members else { throw LatheError.badFile(subject, "has a header that is not an object") }
    for member in members {
      if member.key == "__metadata__" {
        for item in member.value.members ?? [] { metadata[item.key] = item.value.string }
        continue
      }
      guard tensors[member.key] == nil else { throw LatheError.badFile(subject, "has two tensors named '\(member.key)'") }
      tensors[member.key] = try SafeTensors.tensor(member.value, data, subject: "\(subject), '\(member.key)'")
      names.append(member.key)
    }
  }

  private static func tensor(_ value: JSONValue, _ data: ByteRegion, subject: String) throws -> Tensor {
    guard let name = value["dtype"]?.string, let shape = value["shape"]?.array, let offsets = value["data_offsets"]?.array?.compactMap(\.int),
      offsets.count == 2
    else { throw LatheError.badFile(subject, "lacks its dtype, shape or data_offsets") }
    let sizes = shape.compactMap(\.int)
    guard sizes.count == shape.count else { throw LatheError.badFile(subject, "has a size that is not a whole number") }
    guard let dtype = DType.allCases.first(where: { $0.safeTensorsName == name }) else {
      throw LatheError(.unsupported, subject: subject, "has the element type \(name), which Lathe does not read")
    }
    guard let part = data.slice(offsets[0], offsets[1].subtractingReportingOverflow(offsets[0]).partialValue) else {
      throw LatheError.badFile(subject, "has data_offsets \(offsets) outside the file's \(data.count) bytes of data")
    }
    guard sizes.allSatisfy({ $0 >= 0 }), let count = Tensor.checkedElementCount(sizes), !count.multipliedReportingOverflow(by: dtype.size).overflow else {
      throw LatheError.badFile(subject, "has sizes \(sizes) that are negative or overflow")
    }
    guard count * dtype.size == part.count else {
      throw LatheError.badFile(subject, "has \(part.count) bytes, but \(sizes) of \(name) takes \(count * dtype.size)")
    }
    return Tensor(storage: try part.storage(), dtype: dtype, sizes: sizes, strides: Tensor.contiguousStrides(sizes))
  }

}

extension DType {
  /// The name in a safetensors header; nil for a type the format has not.
  package var safeTensorsName: String? {
    switch self {
    case .bool: "BOOL"
    case .u8: "U8"
    case .i8: "I8"
    case .i16: "I16"
    case .i32: "I32"
    case .i64: "I64"
    case .u16: "U16"
    case .u32: "U32"
    case .u64: "U64"
    case .f16: "F16"
    case .bf16: "BF16"
    case .f32: "F32"
    case .f64: "F64"
    case .c64: "C64"
    case .f8e4m3fn: "F8_E4M3"
    case .f8e5m2: "F8_E5M2"
    case .f8e8m0fnu: "F8_E8M0"
    case .c32, .c128, .f8e4m3fnuz, .f8e5m2fnuz: nil
    }
  }
}
