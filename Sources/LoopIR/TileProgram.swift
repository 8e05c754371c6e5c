import CRuntime
import Foundations

/// A loop expression as straight-line code over registers, which CRuntime runs in tiles (`lathe_tile_run`).
package final class TileProgram: @unchecked Sendable {
  // Safe to share: nothing changes after init.
  private let code: UnsafeMutableBufferPointer<lathe_tile_instruction>
  private let results: UnsafeMutableBufferPointer<UInt16>
  private let resultTypes: UnsafeMutableBufferPointer<UInt8>
  private let program: lathe_tile_program
  package let inputCount: Int

  /// Allocates registers for `outputs` and what they need, each register reused after its value's last use.
  /// - Throws: `LatheError` of kind `unsupported` when more than 64 registers are needed at once.
  package init(_ arena: LoopArena, outputs: [LoopValue], inputCount: Int) throws {
    var lastUse: [UInt32: Int] = [:]
    let order: [LoopValue] = LoopArena.reachable(in: arena, from: outputs)
    for (position, value) in order.enumerated() { for operand in arena[value].operands { lastUse[operand.id] = position } }
    for output in outputs { lastUse[output.id] = Int.max }

    var registerOf: [UInt32: UInt16] = [:]
    var free: [UInt16] = []
    var registerCount: UInt16 = 0
    var instructions: [lathe_tile_instruction] = []
    for (position, value) in order.enumerated() {
      let node: LoopArena.Node = arena[value]
      let operands: [LoopValue] = node.operands
      var instruction = lathe_tile_instruction()
      instruction.op = node.operation.rawValue
      instruction.type = node.type.rawValue
      instruction.from = operands.last.map { arena[$0].type.rawValue } ?? node.type.rawValue
      if operands.count > 0 { instruction.a = registerOf[operands[0].id]! }
      if operands.count > 1 { instruction.b = registerOf[operands[1].id]! }
      if operands.count > 2 { instruction.c = registerOf[operands[2].id]! }
      switch node.operation {
      case .load: instruction.a = UInt16(node.immediate)
      case .constant: instruction.immediate.i = Int64(bitPattern: node.immediate)
      default: break
      }
      let register: UInt16 = free.popLast() ?? registerCount
      if register == registerCount { registerCount += 1 }
      instruction.d = register
      registerOf[value.id] = register
      for operand in Set(operands) where lastUse[operand.id] == position { free.append(registerOf[operand.id]!) }
      instructions.append(instruction)
    }
    guard registerCount <= 64 else { throw LatheError.unsupported("an elementwise expression needs \(registerCount) registers; 64 is the most") }

    code = .allocate(capacity: instructions.count)
    _ = code.initialize(from: instructions)
    results = .allocate(capacity: outputs.count)
    _ = results.initialize(from: outputs.map { registerOf[$0.id]! })
    resultTypes = .allocate(capacity: outputs.count)
    _ = resultTypes.initialize(from: outputs.map { arena[$0].type.rawValue })
    self.inputCount = inputCount
    program = lathe_tile_program(
      code: code.baseAddress, count: Int32(instructions.count), registers: Int32(registerCount), inputs: Int32(inputCount),
      outputs: Int32(outputs.count), results: results.baseAddress, result_types: resultTypes.baseAddress)
  }

  deinit {
    code.deallocate()
    results.deallocate()
    resultTypes.deallocate()
  }

  /// Runs over `sizes`; `views` are the outputs, then the inputs, each with these sizes (stride 0 where broadcast).
  /// - Throws: `LatheError` of kind `badInput` when an integer is divided by zero (PyTorch: `ZeroDivisionError`), `unsupported` for an
  ///   operation that has no meaning for its operands' type (the negative of a truth value).
  package func run(sizes: [Int], views: [lathe_view]) throws {
    let status: Int32 = withUnsafePointer(to: program) { program in
      views.withUnsafeBufferPointer { lathe_tile_run(program, Int32(sizes.count), sizes, $0.baseAddress) }
    }
    if status == 2 { throw LatheError.unsupported("one of its operations is not implemented for this element type") }
    if status != 0 { throw LatheError.badInput("integer division by zero") }
  }
}
