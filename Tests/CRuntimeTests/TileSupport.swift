import CRuntime

/// A tile program under construction.
struct TileProgram {
  var code: [lathe_tile_instruction] = []
  var inputs = 0

  static func instruction(
    _ op: lathe_tile_op, _ type: lathe_tile_type, d: Int, a: Int = 0, b: Int = 0, c: Int = 0, from: lathe_tile_type? = nil
  ) -> lathe_tile_instruction {
    var it = lathe_tile_instruction()
    it.op = UInt8(op.rawValue)
    it.type = UInt8(type.rawValue)
    it.from = UInt8((from ?? type).rawValue)
    (it.d, it.a, it.b, it.c) = (UInt16(d), UInt16(a), UInt16(b), UInt16(c))
    return it
  }

  /// Loads inputs 0 ..< operands into registers and applies one operation to them.
  static func single(_ op: lathe_tile_op, _ type: lathe_tile_type, operands: Int, result: lathe_tile_type? = nil) -> TileProgram {
    var program = TileProgram()
    program.inputs = operands
    for k in 0..<operands { program.code.append(instruction(LATHE_OP_LOAD, type, d: k, a: k)) }
    program.code.append(
      instruction(op, result ?? type, d: operands, a: 0, b: min(1, operands - 1), c: min(2, operands - 1), from: type))
    return program
  }

  func run(_ results: [(register: Int, type: lathe_tile_type)], _ sizes: [Int], _ views: [lathe_view]) -> Int32 {
    let registers = results.map { UInt16($0.register) }, types = results.map { UInt8($0.type.rawValue) }
    return code.withUnsafeBufferPointer { code in
      registers.withUnsafeBufferPointer { registers in
        types.withUnsafeBufferPointer { types in
          var program = lathe_tile_program(
            code: code.baseAddress, count: Int32(code.count), registers: 64, inputs: Int32(inputs),
            outputs: Int32(results.count), results: registers.baseAddress, result_types: types.baseAddress)
          return lathe_tile_run(&program, Int32(sizes.count), sizes, views)
        }
      }
    }
  }
}
