import Foundations

/// Parses the module stack that torch.export writes into a node's metadata.
///
/// Scopes are joined by `;`, each is `key,path,type`. Commas inside brackets do not separate (a path may end in
/// `slice(1, None, None)`). The key carries a call counter (`L__self__m.dropout@1`) and the path does not; older paths can start
/// with `L__self__` or `L['self']`, which name the root.
func parseModuleStack(_ text: String) -> [ModuleScope] {
  var scopes: [ModuleScope] = []
  for item in text.utf8.split(separator: UInt8(ascii: ";")) {
    let fields = splitOutsideBrackets(item)
    guard fields.count >= 2 else { continue }
    scopes.append(ModuleScope(path: modulePath(fields[1]), type: fields.count > 2 ? fields[2] : ""))
  }
  return scopes
}

private func splitOutsideBrackets(_ item: Substring.UTF8View) -> [String] {
  var fields: [String] = []
  var (start, level) = (item.startIndex, 0)
  for index in item.indices {
    switch item[index] {
    case UInt8(ascii: "("), UInt8(ascii: "["): level += 1
    case UInt8(ascii: ")"), UInt8(ascii: "]"): level -= 1
    case UInt8(ascii: ",") where level == 0:
      fields.append(String(Substring(item[start..<index])))
      start = item.index(after: index)
    default: break
    }
  }
  fields.append(String(Substring(item[start...])))
  return fields
}

private func modulePath(_ text: String) -> String {
  var path = Substring(text)
  for prefix in ["L__self__", "L['self']", "L[\"self\"]"] where path.hasPrefix(prefix) {
    path = path.dropFirst(prefix.count)
    if path.hasPrefix(".") || path.hasPrefix("_") { path = path.dropFirst() }
    break
  }
  if let at = path.lastIndex(of: "@"), at < path.index(before: path.endIndex), path[path.index(after: at)...].allSatisfy(\.isNumber) {
    path = path[..<at]
  }
  return String(path)
}
