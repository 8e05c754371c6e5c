import CRuntime
import Foundations
import Graphs
import Synchronization
import Tensors
import Testing

@testable import Operators

/// The operator functions of PyTorch's stable C interface: what their words are read as, and what the functions give.
@Suite struct FallbackTests {
  /// Words of one call, and everything they point at.
  private final class Words {
    var words: [lathe_word] = []
    private var kept: [UnsafeMutableRawPointer] = []
    private var handles: [AtenTensorHandle] = []
    deinit {
      for handle in handles { aoti_torch_delete_tensor_object(handle) }
      for pointer in kept { pointer.deallocate() }
    }
    func place<Element>(_ elements: [Element]) -> UnsafeRawPointer {
      let pointer = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
      pointer.initialize(from: elements, count: elements.count)
      kept.append(UnsafeMutableRawPointer(pointer))
      return UnsafeRawPointer(pointer)
    }
    func handle(_ tensor: Tensor) throws -> AtenTensorHandle {
      let handle: AtenTensorHandle = try tensor.makeHandle()
      handles.append(handle)
      return handle
    }
    func push(_ pointer: UnsafeRawPointer?) { words.append(lathe_word(p: pointer)) }
    func push(_ number: Int) { words.append(lathe_word(i: Int64(number))) }
    func push(_ number: Double) { words.append(lathe_word(d: number)) }
  }

  /// An argument as C passes it, by the signature conventions of `torchgen/gen_aoti_c_shim.py`, and what the operator is to get.
  private static func pass(_ parameter: FallbackSignature.Parameter, number: Int, isThere: Bool, in words: Words) throws -> Value {
    func tensor(_ offset: Int) throws -> Tensor { try Tensor(scalar: .int(number * 10 + offset), .i64) }
    let isOptional: Bool = parameter.form == .optional || parameter.form == .optionalList
    if parameter.kind == .generator || (isOptional && !isThere) {
      words.push(nil)
      if parameter.form == .optionalList || parameter.kind == .device { words.push(0) }
      return .none
    }
    var values: [Value] = []
    var array: UnsafeRawPointer?
    let count: Int = parameter.form == .single || parameter.form == .optional ? 1 : 3
    switch parameter.kind {
    case .tensor, .written:
      let tensors: [Tensor] = try (0..<count).map(tensor)
      values = tensors.map { .tensor($0) }
      array = words.place(try tensors.map { UnsafeRawPointer(try words.handle($0)) })
      if parameter.form == .listOfOptionals {
        let pointers: UnsafePointer<UnsafeRawPointer> = array!.assumingMemoryBound(to: UnsafeRawPointer.self)
        array = words.place([UnsafeRawPointer(pointers), nil, UnsafeRawPointer(pointers + 2)] as [UnsafeRawPointer?])
        values[1] = .none
      }
    case .int:
      values = (0..<count).map { .integer(number * 100 + $0) }
      array = words.place((0..<count).map { Int64(number * 100 + $0) })
    case .double:
      values = (0..<count).map { .double(Double(number) + Double($0) / 8) }
      array = words.place((0..<count).map { Double(number) + Double($0) / 8 })
    case .bool:
      values = (0..<count).map { .bool($0 % 2 == number % 2) }
      array = words.place((0..<count).map { Int32($0 % 2 == number % 2 ? 1 : 0) })
    case .string:
      values = [.string("text\(number)")]
      array = words.place([words.place(Array("text\(number)".utf8CString))])
    case .dtype: (values, array) = ([.dtype(.f64)], words.place([aoti_torch_dtype_float64()]))
    case .layout: (values, array) = ([.layout("strided")], words.place([aoti_torch_layout_strided()]))
    case .device: (values, array) = ([.device("cpu")], words.place([aoti_torch_device_type_cpu()]))
    case .memoryFormat: (values, array) = ([.memoryFormat(.channelsLast)], words.place([aoti_torch_memory_format_channels_last()]))
    case .generator: break
    }
    switch parameter.form {
    case .single:
      switch (parameter.kind, values[0]) {
      case (.double, .double(let value)): words.push(value)
      case (.bool, .bool(let flag)): words.push(flag ? 1 : 0)
      case (.dtype, _), (.layout, _), (.device, _), (.memoryFormat, _): words.push(Int(array!.load(as: Int32.self)))
      case (.int, _): words.push(Int(array!.load(as: Int64.self)))
      default: words.push(array!.load(as: UnsafeRawPointer.self))
      }
      if parameter.kind == .device { words.push(-1) }
      return values[0]
    case .optional:
      words.push(array)
      if parameter.kind == .device { words.push(-1) }
      return values[0]
    case .list, .listOfOptionals:
      words.push(array)
      words.push(count)
    case .optionalList:
      words.push(words.place([array]))
      words.push(count)
    }
    return .list(values)
  }

  private static func text(_ value: Value) throws -> String {
    switch value {
    case .tensor(let tensor): "tensor \(try tensor.item().int)"
    case .list(let items): "[\(try items.map(text).joined(separator: ", "))]"
    default: "\(value)"
    }
  }

  @Test(arguments: [true, false]) func everyFunctionHandsItsArgumentsToTheOperator(optionalsAreThere: Bool) throws {
    let standard = FallbackOperators.standard
    var checked: Int = 0
    for (place, plan) in standard.plans.enumerated() {
      guard let plan else { continue }
      let seen = Mutex<[String: String]>([:])
      let results: [Value] = try plan.signature.resultsAreTensors.enumerated().map { $0.element ? .tensor(try Tensor(scalar: .int(7000 + $0.offset), .i64)) : .integer(7000 + $0.offset) }
      let targets: [Value] = try plan.parameters.contains(nil) ? [.tensor(Tensor(scalar: .int(8000), .i64))] : []
      let record = OperatorRecord(
        plan.record.schema.text,
        .kernel(
          shape: { _ in [] },
          run: { call, _ in
            let values: [String: String] = try Dictionary(uniqueKeysWithValues: zip(call.schema.parameters.map(\.name), call.values.map(FallbackTests.text)))
            seen.withLock { $0 = values }
            return results.isEmpty ? targets : results
          }))
      let recording = FallbackOperators(table: OperatorTable([[record]]))
      let words = Words()
      var expected: [String: String] = [:]
      var target: Value?
      for (number, parameter) in plan.signature.parameters.enumerated() {
        let value: Value = try FallbackTests.pass(parameter, number: number + 1, isThere: optionalsAreThere, in: words)
        if let name = plan.parameters[number] { expected[name] = try FallbackTests.text(value) } else if parameter.kind == .written { target = value }
      }
      let places = UnsafeMutablePointer<Int64>.allocate(capacity: results.count + 1)
      defer { places.deallocate() }
      for index in results.indices { words.push(UnsafeRawPointer(places + index)) }
      #expect(recording.run(place, words.words) == 0, "\(plan.function): \(String(cString: torch_exception_get_what()))")
      for (name, text) in expected { #expect(seen.withLock { $0[name] } == text, "\(plan.function), \(name)") }
      for (index, isTensor) in plan.signature.resultsAreTensors.enumerated() {
        if isTensor {
          let handle: AtenTensorHandle = UnsafeMutablePointer(bitPattern: Int(places[index]))!
          #expect(try Tensor(handle: handle)?.item().int == 7000 + index, "\(plan.function)")
          aoti_torch_delete_tensor_object(handle)
        } else {
          #expect(places[index] == Int64(7000 + index), "\(plan.function)")
        }
      }
      if let target = target?.tensor, results.isEmpty { #expect(try target.item().int == 8000, "\(plan.function) writes its result") }
      checked += 1
    }
    #expect(checked >= 80, "operator functions that Lathe computes")
  }

  private func function<Function>(_ name: String, as type: Function.Type = Function.self) throws -> Function {
    FallbackOperators.install()
    return unsafeBitCast(try #require(lathe_foreign_function(name)), to: type)
  }
  private func withHandles<Result>(_ tensors: [Tensor], _ body: ([AtenTensorHandle]) throws -> Result) throws -> Result {
    let handles: [AtenTensorHandle] = try tensors.map { try $0.makeHandle() }
    defer { for handle in handles { aoti_torch_delete_tensor_object(handle) } }
    return try body(handles)
  }
  private func take(_ handle: AtenTensorHandle?) throws -> Tensor {
    let handle: AtenTensorHandle = try #require(handle)
    defer { aoti_torch_delete_tensor_object(handle) }
    return try #require(Tensor(handle: handle))
  }
  private func tensor(_ numbers: [Double], _ sizes: [Int], _ dtype: DType = .f32) throws -> Tensor { try Tensor(numbers, sizes: sizes, dtype) }
  private func numbers(_ tensor: Tensor) throws -> [Double] {
    let dense: Tensor = try Tensor.empty(tensor.sizes, .f64)
    dense.copy(from: tensor)
    return Array(UnsafeBufferPointer(start: dense.storage.data.assumingMemoryBound(to: Double.self), count: dense.elementCount))
  }

  @Test func addmmWritesIntoItsFirstArgument() throws {
    typealias Function = @convention(c) (AtenTensorHandle?, AtenTensorHandle?, AtenTensorHandle?, AtenTensorHandle?, Double, Double) -> Int32
    let addmm: Function = try function("aoti_torch_cpu_addmm_out")
    let out: Tensor = try Tensor.empty([2, 2], .f32)
    try withHandles([out, tensor([10, 20], [2]), tensor([1, 2, 3, 4, 5, 6], [2, 3]), tensor([1, 0, 0, 1, 1, 1], [3, 2])]) {
      #expect(addmm($0[0], $0[1], $0[2], $0[3], 0.5, 2) == 0)
    }
    // 0.5 * [10, 20] + 2 * [[4, 5], [10, 11]]
    let expected: [Double] = [13, 20, 25, 32]
    #expect(try numbers(out) == expected)
  }

  @Test func convolutionTakesListsAndAnAbsentBias() throws {
    typealias Function = @convention(c) (
      AtenTensorHandle?, AtenTensorHandle?, UnsafePointer<AtenTensorHandle?>?, UnsafePointer<Int64>, Int64, UnsafePointer<Int64>, Int64, UnsafePointer<Int64>, Int64, Int32,
      UnsafePointer<Int64>, Int64, Int64, UnsafeMutablePointer<AtenTensorHandle?>
    ) -> Int32
    let convolution: Function = try function("aoti_torch_cpu_convolution")
    var result: AtenTensorHandle?
    try withHandles([tensor([1, 2, 3, 4, 5], [1, 1, 5]), tensor([1, 10], [1, 1, 2])]) {
      #expect(convolution($0[0], $0[1], nil, [2], 1, [1], 1, [1], 1, 0, [0], 1, 1, &result) == 0)
    }
    let found: Tensor = try take(result)
    #expect(found.sizes == [1, 1, 3])
    #expect(try numbers(found) == [10, 32, 54])
  }

  @Test func resultsThatAreSeveralComeOneByOne() throws {
    typealias Function = @convention(c) (
      AtenTensorHandle?, Int64, Int64, Int32, Int32, UnsafeMutablePointer<AtenTensorHandle?>, UnsafeMutablePointer<AtenTensorHandle?>
    ) -> Int32
    let topk: Function = try function("aoti_torch_cpu_topk")
    var (values, indices): (AtenTensorHandle?, AtenTensorHandle?) = (nil, nil)
    try withHandles([tensor([3, 9, 1, 7], [4])]) { #expect(topk($0[0], 2, -1, 1, 1, &values, &indices) == 0) }
    #expect(try numbers(take(values)) == [9, 7])
    #expect(try numbers(take(indices)) == [1, 3])
  }

  @Test func listsOfTensorsAndOptionalNumbers() throws {
    typealias Cat = @convention(c) (UnsafePointer<AtenTensorHandle?>, Int64, Int64, UnsafeMutablePointer<AtenTensorHandle?>) -> Int32
    typealias Sum = @convention(c) (AtenTensorHandle?, Int64, UnsafePointer<Int32>?, UnsafeMutablePointer<AtenTensorHandle?>) -> Int32
    let cat: Cat = try function("aoti_torch_cpu_cat")
    let cumsum: Sum = try function("aoti_torch_cpu_cumsum")
    var (joined, sum): (AtenTensorHandle?, AtenTensorHandle?) = (nil, nil)
    try withHandles([tensor([1, 2], [2], .i64), tensor([3], [1], .i64)]) { #expect(cat($0.map { $0 }, 2, 0, &joined) == 0) }
    let whole: Tensor = try take(joined)
    try withHandles([whole]) {
      var number: Int32 = aoti_torch_dtype_float64()
      #expect(cumsum($0[0], 0, &number, &sum) == 0)
    }
    let found: Tensor = try take(sum)
    #expect(found.dtype == .f64)
    #expect(try numbers(found) == [1, 3, 6])
  }

  @Test func olderNamesAndUndefinedIndices() throws {
    let target: Tensor = try Tensor.empty([2, 2], .f32)
    var whole: AtenTensorHandle?
    #expect(aoti_torch_new_uninitialized_tensor(&whole) == 0)
    defer { aoti_torch_delete_tensor_object(whole) }
    FallbackOperators.install()
    try withHandles([target, tensor([1, 2, 3, 4], [2, 2]), tensor([1], [1], .i64), tensor([9], [1])]) {
      #expect(aoti_torch_index_put_out($0[0], $0[1], [whole, $0[2]], 2, $0[3], false) == 0)
    }
    #expect(try numbers(target) == [1, 9, 3, 9])
  }

  @Test func aFailureNamesTheOperatorAndTheCause() throws {
    typealias Function = @convention(c) (AtenTensorHandle?, AtenTensorHandle?, AtenTensorHandle?) -> Int32
    let product: Function = try function("aoti_torch_cpu_mm_out")
    try withHandles([Tensor.empty([2, 2], .f32), tensor([1, 2], [2, 1]), tensor([1, 2], [2, 1])]) { #expect(product($0[0], $0[1], $0[2]) == 1) }
    #expect(String(cString: torch_exception_get_what()).contains("aten.mm.default: mat1 and mat2 shapes cannot be multiplied"))
  }
}
