import Foundations

extension SafeTensors {
  /// Writes tensors, contiguous and little-endian, in the order the reference implementation uses: by element type, wide ones first,
  /// then by name.
  /// - Throws: `LatheError`: `unsupported` for an element type the format has not, `badInput` for a name that repeats, `system` when the
  ///   file cannot be written; a file that was there stays as it was then.
  package static func write(_ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:], path: String) throws {
    let order: [DType] = [.u64, .i64, .f64, .c64, .f32, .u32, .i32, .bf16, .f16, .u16, .i16, .f8e8m0fnu, .f8e4m3fn, .f8e5m2, .i8, .u8, .bool]
    func rank(_ dtype: DType) -> Int { order.firstIndex(of: dtype) ?? order.count }
    let ordered = tensors.sorted { (rank($0.tensor.dtype), $0.name) < (rank($1.tensor.dtype), $1.name) }
    var header = JSONWriter()
    header.beginObject()
    if !metadata.isEmpty {
      header.key("__metadata__")
      header.beginObject()
      for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
        header.key(key)
        header.value(value)
      }
      header.endObject()
    }
    var offset = 0
    var names: Set<String> = []
    for (name, tensor) in ordered {
      guard names.insert(name).inserted, name != "__metadata__" else { throw LatheError.badInput("two tensors are named '\(name)'") }
      guard let type = tensor.dtype.safeTensorsName else {
        throw LatheError.unsupported("the safetensors format has no element type \(tensor.dtype.torchName)")
      }
      let end = offset + tensor.elementCount * tensor.dtype.size
      header.key(name)
      header.beginObject()
      header.key("dtype")
      header.value(type)
      header.key("shape")
      header.beginArray()
      for size in tensor.sizes { header.value(size) }
      header.endArray()
      header.key("data_offsets")
      header.beginArray()
      header.value(offset)
      header.value(end)
      header.endArray()
      header.endObject()
      offset = end
    }
    header.endObject()
    try write(header: header.bytes, ordered.map(\.tensor), path: path)
  }

  private static func write(header: [UInt8], _ tensors: [Tensor], path: String) throws {
    let padded = header + Array(repeating: 0x20, count: (8 - header.count % 8) % 8)
    var file = try AtomicFile(path: path)
    try withUnsafeBytes(of: UInt64(padded.count).littleEndian) { try file.write($0) }
    try file.write(padded)
    for tensor in tensors {
      let dense = try tensor.contiguous()
      try file.write(UnsafeRawBufferPointer(start: dense.data, count: dense.elementCount * dense.dtype.size))
    }
    try file.commit()
  }
}
