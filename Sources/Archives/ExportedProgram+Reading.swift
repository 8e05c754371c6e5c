import Foundations
import Graphs
import Operators
import Tensors

extension ExportedProgram {
  /// Opens a program that `torch.export.save` wrote, in either container; its weights stay in the mapped file.
  /// - Throws: `LatheError`: `system` for a missing file or a directory, `badFile` for one that is damaged, of another schema or not a
  ///   program, `cancelled`.
  package static func read(
    path: String, events: some EventSink = NoEvents(), cancellation: some Cancellation = NeverCancelled()
  ) throws -> ExportedProgram {
    try read(ByteRegion(try MappedFile(path: path)), subject: path, events: events, cancellation: cancellation)
  }

  /// Opens a program whose bytes lie in a larger file; `subject` is what errors call it.
  package static func read(
    _ region: ByteRegion, subject path: String, events: some EventSink = NoEvents(), cancellation: some Cancellation = NeverCancelled()
  ) throws -> ExportedProgram {
    guard region.count > 0 else { throw LatheError.badFile(path, "is empty") }
    guard ZipArchive.isZip(region) else {
      let what = SafeTensors.looksLikeIt(region) ? "holds tensors in the safetensors format" : "is not a zip archive"
      throw LatheError.badFile(path, "\(what), so it is not a program of torch.export")
    }
    let archive = try ZipArchive(region, subject: path)
    let context = ReadingContext(archive: archive, events: events, cancellation: { try cancellation.check() })
    switch FileKind.detect(archive) {
    case .legacyProgram: return try context.readLegacy()
    case .pt2Program: return try context.readPT2()
    case .compiledPackage:
      throw LatheError(.unsupported, subject: path, "is an AOTInductor package, compiled code without the program it came from")
    case .torchZip: throw LatheError.badFile(path, "was written by torch.save; it holds values but no program of torch.export")
    case .torchScript: throw LatheError(.unsupported, subject: path, "is a TorchScript archive; Lathe opens programs of torch.export")
    default: throw LatheError.badFile(path, "is a zip archive but not a program of torch.export")
    }
  }
}

/// What reading one program needs along the way.
struct ReadingContext {
  let archive: ZipArchive
  let events: any EventSink
  let cancellation: () throws -> Void

  func report(_ done: Int, _ what: String) { events.report(.progress(job: 0, done: done, of: 3, what: what)) }

  /// Parses a program's JSON in the member.
  func readProgram(_ member: String, name: String, container: ExportedProgram.Container) throws -> ExportedProgram {
    report(0, "graph")
    let text = try archive.read(member)
    guard text.count > 0 else { throw LatheError.badFile(archive.subject(of: member), "is empty") }
    var reader = ProgramReader(text, subject: archive.subject(of: member), cancellation: cancellation)
    var program = try reader.read(name: name, container: container)
    if !program.statesKeywords {
      program.graph.markKeywords { operation in
        let parameters = OperatorTable.standard[operation]?.schema.parameters ?? []
        return Set(parameters.filter { $0.isKeywordOnly || $0.defaultValue != nil }.map(\.name))
      }
    }
    return program
  }

  /// Checks that every lifted tensor of the graph is there and has the type the graph says.
  func checkLifted(_ program: ExportedProgram) throws {
    for id in program.graph.placeholders {
      let node = program.graph[id]
      guard case .placeholder(let role) = node.operation else { continue }
      let (name, tensor): (String, Tensor?)
      switch role {
      case .parameter(let target): (name, tensor) = (target, program.state[target])
      case .buffer(let target, let persistent): (name, tensor) = (target, persistent ? program.state[target] : program.constants[target])
      case .tensorConstant(let target): (name, tensor) = (target, program.constants[target] ?? program.state[target])
      default: continue
      }
      guard let tensor else { throw LatheError.badFile(archive.subject, "has no weights for '\(name)', which its graph takes") }
      guard let type = node.type.tensor, type.sizes.allSatisfy(\.isConstant) else { continue }
      guard type.dtype == tensor.dtype, type.sizes.map({ $0.constant! }) == tensor.sizes else {
        throw LatheError.badFile(
          archive.subject, "has \(tensor.dtype.torchName)\(tensor.sizes) as weights of '\(name)', but its graph takes \(type.shortDescription)")
      }
    }
  }
}
