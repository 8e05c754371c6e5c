import Foundations

extension TraceReport {
  /// What a payload may have at most that is read while records pass.
  private static var payloadLimit: Int { 256 << 10 }

  /// Takes one record in.
  mutating func take(_ record: TraceRecord, file: Int, _ changes: inout [TraceChange]) {
    recordCount += 1
    let process: Int = processNumber(of: record, file: file, &changes)
    do {
      switch record.envelope.event {
      case "str":
        try record.withMetadata { try processes[process].strings.take(&$0) }
        return
      default: try place(record, file: file, process: process, &changes)
      }
    } catch {
      let cause: String = (error as? LatheError)?.message ?? "\(error)"
      report(.badRecord, path: files[file].path, offset: record.offset, line: record.line, "the \(record.envelope.event) record cannot be understood: \(cause)", &changes)
    }
  }

  private mutating func processNumber(of record: TraceRecord, file: Int, _ changes: inout [TraceChange]) -> Int {
    let key = ProcessKey(file: file, identifier: record.header.process)
    let number: Int
    if let known = processNumbers[key] {
      number = known
    } else {
      number = processes.count
      processNumbers[key] = number
      processes.append(TraceProcess(file: file, identifier: key.identifier, rank: files[file].rank, time: record.header.time))
      changes.append(.process(number))
    }
    processes[number].recordCount += 1
    processes[number].lastSeen = record.header.time
    if let rank = record.envelope.rank { processes[number].rank = rank }
    return number
  }

  private mutating func place(_ record: TraceRecord, file: Int, process: Int, _ changes: inout [TraceChange]) throws {
    let envelope: TraceEnvelope = record.envelope
    if !TraceEventNames.known.contains(envelope.event), unknownEvents[envelope.event] != nil || unknownEvents.count < TraceReport.problemLimit {
      unknownEvents[envelope.event, default: 0] += 1
      if unknownEvents[envelope.event] == 1 {
        report(.unknownEvent, path: files[file].path, offset: record.offset, line: record.line, "the event '\(envelope.event)' is not known here; its records are listed by name alone", &changes)
      }
    }
    var artifact: String?
    if envelope.event == "artifact" { artifact = try record.withMetadata { try TraceReport.artifact(&$0).name } }
    guard !envelope.id.isEmpty else {
      processes[process].extents.add(record)
      if artifact == "torch_version", let payload = record.payload {
        processes[process].torchVersion = TraceReport.version(in: try files[file].text(of: payload, limit: TraceReport.payloadLimit))
      }
      return
    }
    var phase: ChromiumEvent?
    if envelope.event == "chromium_event", let payload = record.payload, payload.length <= TraceReport.payloadLimit {
      // One that cannot be read is told where its MD5 is right; else that was told.
      let bytes: [UInt8] = try files[file].bytes(of: payload)
      do { phase = try ChromiumEvent(bytes, keepsArguments: false) } catch { if payload.isIntact { throw error } }
    }
    let number: Int = compileNumber(of: record, process: process, phase: phase, artifact: artifact, &changes)
    compiles[number].lastSeen = record.header.time
    compiles[number].extents.add(record)
    if let attempt = envelope.attempt, attempt >= compiles[number].attempts, attempt < 1 << 20 {
      compiles[number].attempts = attempt + 1
      changes.append(.restarted(compile: number, attempt: attempt))
    }
    try update(number, record, file: file, process: process, phase: phase, artifact: artifact, &changes)
  }

  private mutating func update(
    _ number: Int, _ record: TraceRecord, file: Int, process: Int, phase: ChromiumEvent?, artifact: String?, _ changes: inout [TraceChange]
  ) throws {
    switch record.envelope.event {
    case "chromium_event":
      guard let phase else { return }
      if phase.phase == "B", compiles[number].openPhases.count < 1000 { compiles[number].openPhases.append(phase.name) }
      if phase.phase == "E", let place = compiles[number].openPhases.lastIndex(of: phase.name) { compiles[number].openPhases.removeSubrange(place...) }
      let wasEnded: Bool = compiles[number].hasEnded
      compiles[number].hasEnded = compiles[number].openPhases.isEmpty && phase.phase == "E"
      let isEnd: Bool = compiles[number].hasEnded && !wasEnded && compiles[number].id.frame == nil
      if isEnd { changes.append(.finished(compile: number)) } else { advanced(number, &changes) }
    case "dynamo_start":
      compiles[number].hasStarted = true
      compiles[number].place = try record.withMetadata { try processes[process].strings.stack(&$0) }.last
      advanced(number, &changes)
    case "compilation_metrics", "bwd_compilation_metrics", "aot_autograd_backward_compilation_metrics":
      let isForward: Bool = record.envelope.event == "compilation_metrics"
      var metrics: TraceMetrics = try record.withMetadata { try TraceMetrics(&$0, isForward: isForward) }
      if metrics.isRuntime { return }
      metrics.record = record.offset..<record.end
      if let version = metrics.torchVersion, processes[process].torchVersion == nil { processes[process].torchVersion = version }
      if isForward {
        compiles[number].metrics = metrics
        if compiles[number].reasons.isEmpty, let reason = metrics.recompileReason { compiles[number].reasons = [TraceRecompileReason(line: reason)] }
        compiles[number].attempts = max(compiles[number].attempts, metrics.restartReasons.count + 1)
        changes.append(.finished(compile: number))
      } else {
        compiles[number].backwards.append(metrics)
        changes.append(.backwardFinished(compile: number, number: compiles[number].backwards.count - 1))
      }
    case "artifact":
      try update(number, record, file: file, artifact: artifact ?? "", &changes)
    default: advanced(number, &changes)
    }
  }

  private mutating func update(_ number: Int, _ record: TraceRecord, file: Int, artifact: String, _ changes: inout [TraceChange]) throws {
    guard let payload = record.payload else { return }
    switch artifact {
    case "recompile_reasons":
      compiles[number].reasons = TraceRecompileReason.parse(payload: try files[file].text(of: payload, limit: TraceReport.payloadLimit))
      changes.append(.recompileReasons(compile: number))
    case "dynamo_graph_break_reason":
      let text: String = try files[file].text(of: payload, limit: TraceReport.payloadLimit)
      compiles[number].breaks.append(TraceGraphBreak(text: text, attempt: record.envelope.attempt ?? 0, time: record.header.time, payload: payload))
      changes.append(.graphBreak(compile: number, number: compiles[number].breaks.count - 1))
    default: advanced(number, &changes)
    }
  }

  /// Tells it once for several records in a row.
  private func advanced(_ number: Int, _ changes: inout [TraceChange]) {
    if changes.last?.compile != number { changes.append(.advanced(compile: number)) }
  }

  /// The compilation that a record belongs to: the latest with its id, or a new one.
  private mutating func compileNumber(
    of record: TraceRecord, process: Int, phase: ChromiumEvent?, artifact: String?, _ changes: inout [TraceChange]
  ) -> Int {
    let key = CompileKey(process: process, id: record.envelope.id)
    var generation: Int = 0
    if let known = latest[key] {
      // A process that starts over counts from 0 again: what only ever comes first tells that from a late record.
      let compile: TraceCompile = compiles[known]
      let isStart: Bool = record.envelope.event == "dynamo_start"
      let isBeginning: Bool = isStart || artifact == "recompile_reasons" || (phase?.phase == "B" && phase?.name == "dynamo")
      guard isBeginning, compile.metrics != nil || (compile.hasStarted && (record.envelope.attempt ?? 0) == 0) else { return known }
      generation = compile.generation + 1
    }
    latest[key] = compiles.count
    compiles.append(TraceCompile(id: key.id, process: process, generation: generation, time: record.header.time))
    changes.append(.started(compile: compiles.count - 1))
    return compiles.count - 1
  }

  /// The name, the encoding and other members of an artifact's metadata.
  static func artifact(_ cursor: inout JSONCursor) throws -> (name: String, encoding: String?) {
    var result: (name: String, encoding: String?) = ("", nil)
    var scope = try cursor.beginObject()
    while let key = try cursor.nextKey(&scope) {
      switch key {
      case "name": result.name = try cursor.readString()
      case "encoding": result.encoding = try cursor.readString()
      default: try cursor.skipValue()
      }
    }
    return result
  }

  /// From the payload of the artifact `torch_version`.
  private static func version(in text: String) -> String? {
    (try? JSONValue.parse(text, subject: ""))?["pytorch_version"]?.string
  }
}

extension TraceStrings {
  /// The frames of `{"stack": […]}`.
  func stack(_ cursor: inout JSONCursor) throws -> [SourceFrame] {
    var frames: [SourceFrame] = []
    var scope = try cursor.beginObject()
    while let key = try cursor.nextKey(&scope) {
      if cursor.takeNull() { continue }
      if case "stack" = key { frames = try self.frames(&cursor) } else { try cursor.skipValue() }
    }
    return frames
  }
}
