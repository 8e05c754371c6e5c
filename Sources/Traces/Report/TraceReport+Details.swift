import Foundations

extension TraceReport {
  /// Reads everything that a trace has about one compilation.
  /// - Throws: `LatheError` where the file cannot be read, or was cut since.
  package func details(of compile: TraceCompile) throws -> TraceDetails {
    let process: TraceProcess = processes[compile.process]
    var builder = DetailsBuilder(file: files[process.file], strings: process.strings)
    try scan(files[process.file], compile.extents) { record in
      if record.header.process == process.identifier, record.envelope.id == compile.id { try builder.take(record) }
    }
    return builder.finish()
  }

  /// Texts of a process that belong to no compilation, for example its version.
  /// - Throws: `LatheError` where the file cannot be read, or was cut since.
  package func artifacts(ofProcess number: Int) throws -> [TraceArtifact] {
    let process: TraceProcess = processes[number]
    var builder = DetailsBuilder(file: files[process.file], strings: process.strings)
    try scan(files[process.file], process.extents) { record in
      if record.header.process == process.identifier, record.envelope.id.isEmpty { try builder.take(record) }
    }
    return builder.finish().artifacts
  }

  /// The whole JSON of one `compilation_metrics` record.
  /// - Throws: `LatheError` where the file cannot be read, or was cut since.
  package func json(of metrics: TraceMetrics, in compile: TraceCompile) throws -> JSONValue {
    var result: JSONValue = .null
    try scan(file(of: compile), [TraceExtent(start: metrics.record.lowerBound, end: metrics.record.upperBound)]) { record in
      result = try record.withMetadata { try $0.readValue() }
    }
    return result
  }

  private func scan(_ file: TraceFile, _ extents: [TraceExtent], _ body: (TraceRecord) throws -> Void) throws {
    for extent in extents {
      var scanner = TraceScanner(offset: extent.start)
      while scanner.offset < extent.end {
        let chunk: [UInt8] = try file.read(at: scanner.offset, count: min(1 << 20, extent.end - scanner.offset))
        chunk.withUnsafeBytes { scanner.scan($0) }
        if scanner.offset >= extent.end { scanner.finish() }
        for record in scanner.take().records { try body(record) }
      }
    }
  }
}

/// Collects a compilation's records; one that cannot be understood was told when it was first read, and is passed over.
private struct DetailsBuilder {
  private let file: TraceFile
  private let strings: TraceStrings
  private var details = TraceDetails()
  private var phases = PhaseBuilder()
  private var backwardMetrics: [JSONValue] = []

  init(file: TraceFile, strings: TraceStrings) { (self.file, self.strings) = (file, strings) }

  mutating func finish() -> TraceDetails {
    details.phases = phases.finish()
    details.instants = phases.instants
    details.metrics += backwardMetrics
    return details
  }

  mutating func take(_ record: TraceRecord) throws {
    let attempt: Int = record.envelope.attempt ?? 0
    switch record.envelope.event {
    case "chromium_event":
      guard let payload = record.payload else { return }
      let bytes: [UInt8] = try file.bytes(of: payload)
      if let event = try? ChromiumEvent(bytes, keepsArguments: true) { phases.take(event, attempt: attempt) }
    case "dynamo_start": details.stack = (try? record.withMetadata { try strings.stack(&$0) }) ?? []
    case "compilation_metrics":
      if let metrics = try? record.withMetadata({ try $0.readValue() }) { details.metrics.append(metrics) }
    case "bwd_compilation_metrics", "aot_autograd_backward_compilation_metrics":
      if let metrics = try? record.withMetadata({ try $0.readValue() }) { backwardMetrics.append(metrics) }
    case "create_symbol", "create_unbacked_symbol":
      if let symbol = try? record.withMetadata({ try TraceSymbol(&$0, strings, attempt: attempt) }) { details.symbols.append(symbol) }
    case "describe_tensor":
      if let tensor = try? record.withMetadata({ try TraceTensor(&$0, attempt: attempt) }) { details.tensors.append(tensor) }
    case "describe_source": try? record.withMetadata { try takeSource(&$0) }
    default:
      guard let payload = record.payload else { return }
      var (name, encoding, generated): (String, String?, String?) = (record.envelope.event, nil, nil)
      if name == "artifact", let artifact = try? record.withMetadata({ try TraceReport.artifact(&$0) }) { (name, encoding) = artifact }
      if name == "inductor_output_code" || name == "graph_dump" {
        generated = (try? record.withMetadata { try $0.readValue() })?["filename"]?.string
      }
      details.artifacts.append(
        TraceArtifact(
          name: name, kind: TraceArtifact.kind(name), attempt: attempt, time: record.header.time, encoding: encoding, file: generated, payload: payload))
    }
  }

  /// The source of a tensor that was described just before.
  private mutating func takeSource(_ cursor: inout JSONCursor) throws {
    let value: JSONValue = try cursor.readValue()
    guard let describer = value["describer_id"]?.int, let number = value["id"]?.int,
      let place = details.tensors.lastIndex(where: { $0.describer == describer && $0.number == number })
    else { return }
    details.tensors[place].source = value["source"]?.string
  }
}

extension TraceSymbol {
  fileprivate init(_ cursor: inout JSONCursor, _ strings: TraceStrings, attempt: Int) throws {
    (name, self.attempt, userStack) = ("", attempt, [])
    var scope = try cursor.beginObject()
    while let key = try cursor.nextKey(&scope) {
      if cursor.takeNull() { continue }
      switch key {
      case "symbol": name = try cursor.readString()
      case "val": value = try cursor.readScalarText()
      case "vr": range = try cursor.readScalarText()
      case "source": source = try cursor.readScalarText()
      case "user_stack": userStack = try strings.frames(&cursor)
      default: try cursor.skipValue()
      }
    }
  }
}

extension TraceTensor {
  fileprivate init(_ cursor: inout JSONCursor, attempt: Int) throws {
    (describer, number, self.attempt) = (0, 0, attempt)
    var scope = try cursor.beginObject()
    while let key = try cursor.nextKey(&scope) {
      if cursor.takeNull() { continue }
      switch key {
      case "describer_id": describer = try cursor.readInt()
      case "id": number = try cursor.readInt()
      case "dtype": dtype = try cursor.readString()
      case "device":
        // `device(type='cuda', index=0)`: the type.
        let text: String = try cursor.readString()
        device = text.split(separator: "'").dropFirst().first.map(String.init) ?? text
      case "size": sizes = try cursor.readScalarTexts()
      case "stride": strides = try cursor.readScalarTexts()
      case "requires_grad": requiresGrad = try cursor.readBool()
      default: try cursor.skipValue()
      }
    }
  }
}

extension JSONCursor {
  /// A string's text, or a number or word as it stands.
  fileprivate mutating func readScalarText() throws -> String {
    peek() == UInt8(ascii: "\"") ? try readString() : String(decoding: try skipValue(), as: UTF8.self)
  }
  fileprivate mutating func readScalarTexts() throws -> [String] {
    var texts: [String] = []
    var scope = try beginArray()
    while try nextElement(&scope) { texts.append(try readScalarText()) }
    return texts
  }
}
