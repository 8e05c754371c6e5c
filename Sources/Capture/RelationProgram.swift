import Foundations

/// A relation between sizes as code for a small stack machine.
struct RelationProgram: Sendable {
  private enum Instruction: Sendable {
    case constant(Int)
    case symbol(Int)
    case add, multiply, floorDivide, modulo, maximum, minimum, power
    /// A symbol with no place to read it from, or a function nobody knows: the relation cannot be checked and does not hold.
    case unknown
  }
  private var instructions: [Instruction] = []
  private var depth: Int = 0
  private var comparison: ShapeComparison = .equal
  /// For a range: the bounds; what is on the stack is one number.
  private var range: (minimum: Int, maximum: Int)?

  /// - Parameter slots: where each symbol's value lies.
  init(_ relation: ShapeRelation, slots: [String: Int]) {
    switch relation.form {
    case .compare(let a, let comparison, let b):
      emit(a, slots)
      emit(b, slots)
      self.comparison = comparison
    case .range(let size, let minimum, let maximum):
      emit(size, slots)
      range = (minimum ?? .min, maximum ?? .max)
    }
    depth = max(instructions.count, 1)
  }

  func holds(_ values: UnsafeBufferPointer<Int>) -> Bool {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: depth) { stack in
      var top: Int = 0
      for instruction in instructions {
        switch instruction {
        case .constant(let value):
          stack[top] = value
          top += 1
        case .symbol(let slot):
          stack[top] = values[slot]
          top += 1
        case .unknown: return false
        default:
          top -= 1
          guard let value = RelationProgram.apply(instruction, stack[top - 1], stack[top]) else { return false }
          stack[top - 1] = value
        }
      }
      if let range { return stack[0] >= range.minimum && stack[0] <= range.maximum }
      return comparison.holds(stack[0], stack[1])
    }
  }

  private static func apply(_ instruction: Instruction, _ a: Int, _ b: Int) -> Int? {
    switch instruction {
    case .add:
      let (sum, overflow) = a.addingReportingOverflow(b)
      return overflow ? nil : sum
    case .multiply:
      let (product, overflow) = a.multipliedReportingOverflow(by: b)
      return overflow ? nil : product
    case .floorDivide: return b == 0 ? nil : a.floorDivided(by: b)
    case .modulo: return b == 0 ? nil : a.floorModulo(b)
    case .maximum: return max(a, b)
    case .minimum: return min(a, b)
    case .power: return SymbolicInt.constant(a).power(.constant(b)).evaluate { _ in nil }
    case .constant, .symbol, .unknown: return nil
    }
  }

  private mutating func emit(_ size: SymbolicInt, _ slots: [String: Int]) {
    guard case .expression(let expression) = size else { return instructions.append(.constant(size.constant ?? 0)) }
    instructions.append(.constant(expression.constant))
    for term in expression.terms {
      instructions.append(.constant(term.coefficient))
      for factor in term.factors {
        emit(factor, slots)
        instructions.append(.multiply)
      }
      instructions.append(.add)
    }
  }

  private mutating func emit(_ atom: SymbolicExpression.Atom, _ slots: [String: Int]) {
    func both(_ a: SymbolicInt, _ b: SymbolicInt, _ instruction: Instruction, _ program: inout RelationProgram) {
      program.emit(a, slots)
      program.emit(b, slots)
      program.instructions.append(instruction)
    }
    switch atom {
    case .symbol(let name): instructions.append(slots[name].map { .symbol($0) } ?? .unknown)
    case .floorDivide(let a, let b): both(a, b, .floorDivide, &self)
    case .modulo(let a, let b): both(a, b, .modulo, &self)
    case .maximum(let a, let b): both(a, b, .maximum, &self)
    case .minimum(let a, let b): both(a, b, .minimum, &self)
    case .power(let a, let b): both(a, b, .power, &self)
    case .other: instructions.append(.unknown)
    }
  }
}
