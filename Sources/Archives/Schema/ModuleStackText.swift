import Foundations

/// Parses the module stack that torch.export writes into a node's metadata.
///
/// Scopes are joined by `;`, each is `key,path,type`. Commas inside brackets do not separate (a path may end in
/// `slice(1, None, None)`). The key carries a call counter (`L__self__m.dropout@1`) and the path does not; older paths can start
/// with `L__self__` or `L['self']`, which name the root.
func parseModuleStack(_ text: String) -> [ModuleScope] {
  var text = text
  return text.withUTF8 { bytes in
    bytes.split(separator: UInt8(ascii: ";")).compactMap { item in
      let fields = splitOutsideBrackets(UnsafeBufferPointer(rebasing: item))
      guard fields.count >= 2 else { return nil }
      return ModuleScope(path: modulePath(fields[1]), type: fields.count > 2 ? String(decoding: fields[2], as: UTF8.self) : "")
    }
  }
}

private func splitOutsideBrackets(_ item: UnsafeBufferPointer<UInt8>) -> [UnsafeBufferPointer<UInt8>] {
  var fields: [UnsafeBufferPointer<UInt8>] = []
  var (start, level) = (0, 0)
  for index in item.indices {
    switch item[index] {
    case UInt8(ascii: "("), UInt8(ascii: "["): level += 1
    case UInt8(ascii: ")"), UInt8(ascii: "]"): level -= 1
    case UInt8(ascii: ",") where level == 0:
      fields.append(UnsafeBufferPointer(rebasing: item[start..<index]))
      start = index + 1
    default: break
    }
  }
  fields.append(UnsafeBufferPointer(rebasing: item[start...]))
  return fields
}

private func modulePath(_ text: UnsafeBufferPointer<UInt8>) -> String {
  var path = text[...]
  for prefix: StaticString in ["L__self__", "L['self']", "L[\"self\"]"] where path.starts(with: UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount)) {
    path = path.dropFirst(prefix.utf8CodeUnitCount)
    if path.first == UInt8(ascii: ".") || path.first == UInt8(ascii: "_") { path = path.dropFirst() }
    break
  }
  if let at = path.lastIndex(of: UInt8(ascii: "@")), at + 1 < path.endIndex, path[(at + 1)...].allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }) {
    path = path[..<at]
  }
  return String(decoding: path, as: UTF8.self)
}
