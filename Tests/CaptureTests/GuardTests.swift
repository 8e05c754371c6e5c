import Capture
import Foundations
import Graphs
import Operators
import Tensors
import Testing

/// Guards as tables and guards as reasons must agree, whatever they are asked.
@Suite struct GuardTests {
  /// Numbers from a seed, so that a failure can be repeated.
  private struct Numbers {
    var generator: SplitMix64
    mutating func below(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }
    mutating func pick<Item>(_ items: [Item]) -> Item { items[below(items.count)] }
  }

  @Test(arguments: 0..<200) func tablesAndReasonsAgree(seed: UInt64) throws {
    var numbers = Numbers(generator: SplitMix64(state: seed))
    let sources: [Source] = [.local("x"), .local("y"), .local("k")]
    let state = DispatchState(threadCount: 2)
    let sizes: [SymbolicInt] = [SymbolicInt(symbol: "a"), SymbolicInt(symbol: "b")]
    let bindings: [SymbolBinding] = [
      SymbolBinding(symbol: "a", source: .size(sources[0], dimension: 0), place: .size(input: 0, dimension: 0)),
      SymbolBinding(symbol: "b", source: sources[2], place: .number(input: 2)),
    ]
    func tensorGuard() -> TensorGuard {
      let isOpen: Bool = numbers.below(2) == 0
      return TensorGuard(
        dtype: numbers.pick([.f32, .f64]), requiresGradient: numbers.below(4) == 0, sizes: [isOpen ? nil : numbers.below(3) + 1, 2],
        strides: [isOpen ? nil : 2, 1], strideOf: [isOpen ? 1 : -1, -1])
    }
    var guards: [Guard] = [.state(state), .tensor(sources[0], tensorGuard()), .tensor(sources[1], tensorGuard()), .number(sources[2], .int)]
    if numbers.below(2) == 0 { guards.append(.distinct([sources[0], sources[1]])) }
    if numbers.below(4) == 0 { guards.append(.same(sources[0], sources[1])) }
    let bound: Int = numbers.below(4) + 1
    let forms: [ShapeRelation.Form] = [
      .range(sizes[0], minimum: bound, maximum: nil), .range(sizes[1], minimum: nil, maximum: bound),
      .compare(sizes[0].modulo(2), .equal, 0), .compare(sizes[0] * 3 + sizes[1], .less, .constant(4 * bound)),
      .compare(.maximum(sizes[0], sizes[1]), .greaterOrEqual, 2), .compare(sizes[0].floorDivided(by: 2), .notEqual, sizes[1]),
    ]
    for form in forms where numbers.below(2) == 0 { guards.append(.relation(ShapeRelation(form, neededBy: "", line: nil))) }
    let set = GuardSet(guards, bindings: bindings, sources: sources)

    var agreed: (holds: Int, fails: Int) = (0, 0)
    for _ in 0..<100 {
      let first: Tensor = try Tensor.empty([numbers.below(4) + 1, 2], numbers.pick([.f32, .f64]))
      let second: Tensor = numbers.below(3) == 0 ? first : try Tensor.empty([numbers.below(4) + 1, 2], numbers.pick([.f32, .f64]))
      let arguments = CallArguments(
        [.tensor(first), .tensor(second), numbers.below(8) == 0 ? .double(1) : .integer(numbers.below(5))],
        requiresGradient: [numbers.below(4) == 0, numbers.below(4) == 0])
      var now: DispatchState = state
      if numbers.below(6) == 0 { now.gradMode = false }
      let holds: Bool = set.hold(for: arguments, state: now, marks: DimensionMarks())
      let misses: [GuardMiss] = set.misses(for: arguments, state: now, marks: DimensionMarks()).map(\.miss)
      #expect(holds == misses.isEmpty, "\(misses.map(\.text))")
      if holds { agreed.holds += 1 } else { agreed.fails += 1 }
    }
    #expect(agreed.fails > 0)
  }

  /// A reason says what was expected, what came, and what would have avoided it.
  @Test func reasonsNameCauseAndFix() throws {
    let x: Source = .local("x")
    let set = GuardSet(
      [
        .tensor(x, TensorGuard(dtype: .f32, requiresGradient: false, sizes: [3, nil], strides: [4, 1])),
        .relation(ShapeRelation(.compare(SymbolicInt(symbol: "s").modulo(8), .equal, 0), neededBy: "view", line: SourceFrame(file: "m.py", line: 7, function: "f", text: "x.view(-1, 8)"))),
      ],
      bindings: [SymbolBinding(symbol: "s", source: .size(x, dimension: 1), place: .size(input: 0, dimension: 1))], sources: [x])
    let tensor: Tensor = try Tensor.empty([5, 4], .f64)
    let misses: [GuardMiss] = set.misses(for: CallArguments([.tensor(tensor)]), state: DispatchState(threadCount: 1), marks: DimensionMarks()).map(\.miss)
    #expect(misses.map(\.text) == [
      "tensor 'x' dtype mismatch. expected Float, actual Double", "tensor 'x' size mismatch at index 0. expected 3, actual 5", "(x.size()[1] % 8) == 0",
    ])
    #expect(misses.map(\.source) == ["L['x'].dtype", "L['x'].size()[0]", "L['x'].size()[1]"])
    #expect(misses.map(\.remedies) == [
      [.convert(input: "x", to: .f32)], [.markDynamic(input: "x", dimension: 0)], [.pad(input: "x", dimension: 1, toMultipleOf: 8)],
    ])
    #expect(misses[2].neededBy?.line == 7 && misses[2].actual == "x.size()[1] = 4")
  }
}
