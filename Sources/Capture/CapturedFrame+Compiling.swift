import Compiler
import Foundations
import Graphs
import Operators
import Tensors

extension CapturedFrame {
  /// Compiles for the arguments and puts the entry in front. The compile lock is held.
  /// - Parameters:
  ///   - compiler: the backend that compiles.
  ///   - identity: the backend that the entry counts as compiled with.
  func compile(
    _ arguments: CallArguments, _ dispatch: DispatchState, compiler: String, identity: String, _ misses: [EntryMiss], _ cancellation: some Cancellation
  ) throws -> CacheEntry {
    let backend: any Backend = try context.backend(named: compiler)
    let (first, observed, marks): (CompileID, AutomaticDynamic, DimensionMarks) = cache.withLock { cache in
      let frame: Int = cache.frame ?? context.nextFrame()
      cache.frame = frame
      for (source, value) in zip(sources, arguments.values) { cache.observed.observe(value, at: source) }
      cache.compileCount += 1
      return (CompileID(frame: frame, compile: cache.compileCount - 1), cache.observed, cache.marks)
    }
    var id: CompileID = first
    let clock = ContinuousClock()
    let start: ContinuousClock.Instant = clock.now
    func report(_ event: CompileEvent) { context.events.report(.compile(event)) }
    var replacements: [String: SymbolicInt] = [:]
    do {
      while true {
        try cancellation.check()
        let specializer = Specializer(
          program: program, inputs: inputs.required, sources: sources, dynamic: settings.dynamic, marks: marks, observed: observed, replacements: replacements)
        let special: Specialization = try specializer.specialize(arguments, state: dispatch)
        if id.restart == 0 {
          report(
            .started(
              id,
              CompileStart(
                function: program.code.function, file: program.code.file, line: program.code.line, trigger: misses.isEmpty ? .firstCall : .recompilation(misses),
                backend: backend.name, inputs: special.inputs)))
        }
        let environment = ShapeEnvironment(hints: special.hints, ranges: special.ranges)
        if let found = try solutions(special, environment), id.restart < 16 {
          try checkStaysDynamic(found, special)
          replacements.merge(found) { $1 }
          id.restart += 1
          report(.restarted(id, reason: found.sorted { $0.key < $1.key }.map { "\($0.key) is \($0.value)" }.joined(separator: ", ")))
          continue
        }
        let entry: CacheEntry = try context.compiling {
          try build(id, special, environment, backend, identity, cancellation)
        }
        cache.withLock { $0.entries.insert(entry, at: 0) }
        reportMade(entry, special)
        report(
          .finished(
            id,
            CompileResult(
              duration: clock.now - start, kernelCount: entry.code.kernelCount, nodeCount: program.graph.nodes.count, guardCount: entry.guards.guards.count,
              shapeGuardCount: entry.guards.relationCount, symbols: symbols(special, environment))))
        return entry
      }
    } catch {
      let failure: LatheError = inputs.explained(error as? LatheError ?? LatheError(.system, "\(error)"), arguments.values)
      report(.finished(id, CompileResult(duration: clock.now - start, failure: failure)))
      throw failure
    }
  }

  /// What the graph's shapes say that symbols are: numbers, or other symbols; nil where they say nothing.
  private func solutions(_ special: Specialization, _ environment: ShapeEnvironment) throws -> [String: SymbolicInt]? {
    if special.hints.isEmpty { return nil }
    _ = try GraphPass.run(named: ["decompose"], on: special.graph, PassContext(environment: environment, table: .standard, given: program.known))
    let found: [String: SymbolicInt] = SymbolSolution.all(of: environment.decisions).mapValues(\.value)
    return found.isEmpty ? nil : found
  }

  private func checkStaysDynamic(_ found: [String: SymbolicInt], _ special: Specialization) throws {
    for (symbol, size) in found {
      if let name = special.mustStayDynamic[symbol], let value = size.constant { throw Specializer.violation(name, value) }
    }
  }

  private func build(
    _ id: CompileID, _ special: Specialization, _ environment: ShapeEnvironment, _ backend: any Backend, _ identity: String, _ cancellation: some Cancellation
  ) throws -> CacheEntry {
    let code: any BackendCode = try backend.compile(
      BackendRequest(
        program: program, graph: special.graph, environment: environment, state: state, cancellation: cancellation,
        events: CompilationEvents(id: id, base: context.events)))
    let guards: [Guard] = special.guards + relations(special, environment).map { .relation($0) }
    return CacheEntry(
      id: id, guards: GuardSet(guards, bindings: special.bindings, sources: sources, firstUse: firstUse), code: code, backend: identity, inputs: special.inputs)
  }

  /// The line that first uses an input.
  private var firstUse: @Sendable (Source) -> SourceFrame? {
    { [graph = program.graph, inputs = inputs.required] source in
      guard let input = inputs.first(where: { $0.source == source })?.node else { return nil }
      let user: Int? = graph.nodes.firstIndex { node in
        var isUsed: Bool = false
        for argument in node.arguments { argument.value.forEachNode { isUsed = isUsed || $0 == input } }
        return isUsed
      }
      return user.flatMap { graph.sourceFrames(of: Graph.NodeID($0)).last }
    }
  }

  /// What must hold of sizes: the symbols' ranges, as far as anything narrowed them, and what the graph's shapes were found to need.
  private func relations(_ special: Specialization, _ environment: ShapeEnvironment) -> [ShapeRelation] {
    let narrowing: [String: ShapeEnvironment.Decision] = environment.narrowing
    let ranges: [String: ClosedRange<Int>] = environment.ranges
    var relations: [ShapeRelation] = []
    for relation in special.checkedRanges {
      guard case .range(let size, let minimum, let maximum) = relation.form, let symbol = size.symbolName, let decision = narrowing[symbol], let range = ranges[symbol]
      else {
        relations.append(relation)
        continue
      }
      let low: Int? = range.lowerBound == special.ranges[symbol]?.lowerBound ? minimum : range.lowerBound
      let high: Int? = range.upperBound == .max ? maximum : range.upperBound
      relations.append(ShapeRelation(.range(size, minimum: low, maximum: high), neededBy: decision.neededBy, line: line(of: decision)))
    }
    let ranged: Set<String> = Set(special.checkedRanges.compactMap { if case .range(let size, _, _) = $0.form { size.symbolName } else { nil } })
    for (symbol, decision) in narrowing.sorted(by: { $0.key < $1.key }) where !ranged.contains(symbol) && special.hints[symbol] != nil {
      guard let range = ranges[symbol] else { continue }
      let low: Int? = range.lowerBound == special.ranges[symbol]?.lowerBound ? nil : range.lowerBound
      relations.append(
        ShapeRelation(
          .range(SymbolicInt(symbol: symbol), minimum: low, maximum: range.upperBound == .max ? nil : range.upperBound), neededBy: decision.neededBy,
          line: line(of: decision)))
    }
    for decision in environment.decisions {
      let difference: SymbolicInt = decision.left - decision.right
      if difference.linear != nil, decision.relation != .notEqual { continue }
      guard difference.symbols.isSubset(of: special.hints.keys) else { continue }
      relations.append(
        ShapeRelation(
          .compare(decision.left, ShapeComparison(rawValue: decision.relation.rawValue)!, decision.right), neededBy: decision.neededBy, line: line(of: decision)))
    }
    return relations
  }

  /// The user's line, where the graph has it.
  private func line(of decision: ShapeEnvironment.Decision) -> SourceFrame? {
    decision.node < 0 || Int(decision.node) >= program.graph.nodes.count ? nil : program.graph.sourceFrames(of: Graph.NodeID(Int(decision.node))).last
  }

  private func symbols(_ special: Specialization, _ environment: ShapeEnvironment) -> [CompileSymbol] {
    let ranges: [String: ClosedRange<Int>] = environment.ranges
    return special.hints.sorted { $0.key < $1.key }.map { symbol, value in
      let range: ClosedRange<Int> = ranges[symbol] ?? 0...Int.max
      return CompileSymbol(
        name: symbol, value: value, minimum: range.lowerBound == .min ? nil : range.lowerBound, maximum: range.upperBound == .max ? nil : range.upperBound,
        source: special.bindings.first { $0.symbol == symbol }?.source.text)
    }
  }

  private func reportMade(_ entry: CacheEntry, _ special: Specialization) {
    func report(_ kind: CompileText.Kind, _ name: String, _ text: @escaping @Sendable () -> String) {
      context.events.report(.compile(.made(entry.id, CompileText(kind, name: name, text: text))))
    }
    report(.guards, "guards") { entry.guards.treeText }
    let code: Program.Code = program.code
    report(.capturedGraph, code.function) { special.graph.readable() }
    guard let compiled = entry.code.compiled?.compiled else { return }
    for pass in compiled.rendered.passes {
      if let graph = pass.graph { report(.passGraph, pass.name) { graph.readable() } }
    }
    report(.finalGraph, "final") { compiled.graph.readable() }
    report(.code, compiled.file.path.split(separator: "/").last.map(String.init) ?? "model.c") { compiled.rendered.artifact.source.text }
  }
}

/// Gives the events of a backend's work the number of its compilation.
struct CompilationEvents: EventSink {
  let id: CompileID
  let base: any EventSink

  func report(_ event: Event) {
    base.report(event)
    switch event {
    case .phaseBegan(_, let name): base.report(.compile(.phaseBegan(id, name: name)))
    case .phase(_, let name, let duration): base.report(.compile(.phaseEnded(id, name: name, duration)))
    default: break
    }
  }
}
