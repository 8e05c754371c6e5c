import Foundations
import Graphs
import Tensors

extension ExportedProgram {
  /// Writes the program, so that `torch.export.load` reads it; a file that was there is replaced only once the new one is whole.
  ///
  /// The same program gives the same bytes. Weights go from their mapped file to the new one, without a copy in memory.
  /// - Throws: `LatheError`: `unsupported` for what the layout cannot hold, `system` when the file cannot be written or there is not
  ///   enough room for it, `cancelled`.
  package func write(
    to path: String, layout: ProgramLayout, events: some EventSink = NoEvents(), cancellation: some Cancellation = NeverCancelled()
  ) throws {
    events.report(.progress(job: 0, done: 0, of: 2, what: "graph"))
    let archive = ZipLayout(try members(layout, subject: path))
    events.report(.progress(job: 0, done: 1, of: 2, what: "weights"))
    try archive.write(to: path, cancellation: cancellation)
    events.report(.progress(job: 0, done: 2, of: 2, what: "done"))
  }

  private func members(_ layout: ProgramLayout, subject: String) throws -> [(name: String, content: ZipLayout.Content)] {
    let text: [UInt8] = try SchemaWriter.text(of: self, layout: layout, subject: subject)
    return try layout == .legacy ? legacyMembers(text, subject: subject) : archiveMembers(text, subject: subject)
  }

  // MARK: Tensors

  /// The tensors of `state` or `constants` in the file's order, then by name.
  func items(_ tensors: [String: Tensor], _ order: [String]) -> [Pickler.Item] {
    var types: [String: TensorType] = [:]
    var parameters: Set<String> = []
    for id in graph.placeholders {
      guard case .placeholder(let role) = graph[id].operation, let type = graph[id].type.tensor else { continue }
      switch role {
      case .parameter(let name):
        types[name] = type
        parameters.insert(name)
      case .buffer(let name, _), .tensorConstant(let name): types[name] = type
      default: continue
      }
    }
    let known: Set<String> = Set(order)
    let names: [String] = order.filter { tensors[$0] != nil } + tensors.keys.filter { !known.contains($0) }.sorted()
    return names.map { name in
      let holding = holdings[name] ?? Holding(isParameter: parameters.contains(name), requiresGradient: types[name]?.requiresGradient ?? false)
      return Pickler.Item(name: name, tensor: tensors[name]!, holding: holding, device: types[name]?.device ?? "cpu")
    }
  }
}
