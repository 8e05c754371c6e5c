import CRuntime
import Foundations
import Graphs
import Tensors

/// How the words that a function of PyTorch's stable C interface was called with are read, from the letters of its table
/// (`Tools/make_shim_operators.py`; the conventions are `torchgen/gen_aoti_c_shim.py`'s).
struct FallbackSignature: Sendable {
  enum Kind: Character, Sendable {
    case tensor = "t", written = "o", int = "n", double = "d", bool = "b", string = "s", dtype = "y", layout = "w", device = "v", memoryFormat = "m", generator = "g"
  }
  enum Form: Sendable { case single, optional, list, listOfOptionals, optionalList }
  struct Parameter: Sendable {
    var name: String
    var kind: Kind
    var form: Form
    var wordCount: Int { form == .single || form == .optional ? (kind == .device ? 2 : 1) : 2 }
  }
  /// In the order of the C function.
  let parameters: [Parameter]
  /// Whether each result, whose place is a word behind the arguments, is a tensor or else an int.
  let resultsAreTensors: [Bool]

  init(_ text: String) {
    var parameters: [Parameter] = []
    var results: [Bool] = []
    for piece in text.split(separator: " ") {
      let parts: [Substring] = piece.split(separator: "=")
      let letters: Substring = parts[1]
      if parts[0] == "ret" {
        results.append(letters == "r")
        continue
      }
      let last: Character = letters.last!
      let form: Form =
        switch (letters.count, letters.first!, last.isUppercase) {
        case (1, _, false): .single
        case (1, _, true): .optional
        case (_, "L", _): .optionalList
        case (_, _, true): .listOfOptionals
        default: .list
        }
      parameters.append(Parameter(name: String(parts[0]), kind: Kind(rawValue: Character(last.lowercased()))!, form: form))
    }
    (self.parameters, resultsAreTensors) = (parameters, results)
  }
}

/// Reads the words of one call, one after the other.
struct FallbackWords {
  private var next: UnsafePointer<lathe_word>
  init(_ words: UnsafePointer<lathe_word>) { next = words }

  mutating func take() -> lathe_word {
    defer { next += 1 }
    return next.pointee
  }

  /// - Throws: `LatheError` of kind `badInput` for an undefined tensor, `unsupported` for a number that stands for nothing Lathe has.
  mutating func value(of parameter: FallbackSignature.Parameter) throws -> Value {
    let word: lathe_word = take()
    switch parameter.form {
    case .single:
      if parameter.kind == .device { _ = take() }
      return try FallbackWords.single(parameter, word)
    case .optional:
      if parameter.kind == .device { _ = take() }
      return try word.p.map { try FallbackWords.element(parameter, $0, 0) } ?? .none
    case .list: return try FallbackWords.list(parameter, word.p, Int(take().i))
    case .optionalList:
      let count: Int = Int(take().i)
      guard let pointer = word.p else { return .none }
      return try FallbackWords.list(parameter, pointer.load(as: UnsafeRawPointer?.self), count)
    case .listOfOptionals:
      let count: Int = Int(take().i)
      guard count > 0, let pointers = word.p?.assumingMemoryBound(to: UnsafeRawPointer?.self) else { return .list([]) }
      return .list(try (0..<count).map { place in try pointers[place].map { try FallbackWords.element(parameter, $0, 0) } ?? .none })
    }
  }

  private static func list(_ parameter: FallbackSignature.Parameter, _ elements: UnsafeRawPointer?, _ count: Int) throws -> Value {
    guard count > 0, let elements else { return .list([]) }
    return .list(try (0..<count).map { try element(parameter, elements, $0) })
  }

  /// The element at an index of an array; a boolean or a number that stands for something has 32 bits there, every other 64.
  private static func element(_ parameter: FallbackSignature.Parameter, _ elements: UnsafeRawPointer, _ index: Int) throws -> Value {
    var word = lathe_word()
    switch parameter.kind {
    case .bool, .dtype, .layout, .device, .memoryFormat: word.i = Int64(elements.load(fromByteOffset: 4 * index, as: Int32.self))
    default: word = elements.load(fromByteOffset: 8 * index, as: lathe_word.self)
    }
    if parameter.kind == .tensor, parameter.form == .optional || parameter.form == .listOfOptionals {
      return word.p.flatMap { Tensor(handle: handle($0)) }.map(Value.tensor) ?? .none
    }
    return try single(parameter, word)
  }

  private static func handle(_ pointer: UnsafeRawPointer) -> AtenTensorHandle {
    UnsafeMutableRawPointer(mutating: pointer).assumingMemoryBound(to: AtenTensorOpaque.self)
  }

  private static func single(_ parameter: FallbackSignature.Parameter, _ word: lathe_word) throws -> Value {
    switch parameter.kind {
    case .tensor, .written:
      guard let pointer = word.p, let tensor = Tensor(handle: handle(pointer)) else { throw LatheError.badInput("argument '\(parameter.name)' is an undefined tensor") }
      return .tensor(tensor)
    case .int: return .integer(Int(word.i))
    case .double: return .double(word.d)
    case .bool: return .bool(word.i != 0)
    case .string: return word.p.map { .string(String(cString: $0.assumingMemoryBound(to: CChar.self))) } ?? .none
    case .dtype:
      guard let dtype = DType(rawValue: UInt8(truncatingIfNeeded: lathe_dtype_from_c10(Int32(truncatingIfNeeded: word.i)))) else {
        throw LatheError.unsupported("dtype number \(word.i) is not known")
      }
      return .dtype(dtype)
    case .layout: return word.i == Int64(aoti_torch_layout_strided()) ? .layout("strided") : .opaque(tag: "layout", "\(word.i)")
    case .device:
      guard word.i == Int64(aoti_torch_device_type_cpu()) else { throw LatheError.unsupported("device type \(word.i) is not the CPU") }
      return .device("cpu")
    case .memoryFormat:
      let formats: [Int64: MemoryFormat] = [0: .contiguous, 1: .preserve, 2: .channelsLast, 3: .channelsLast3d]
      guard let format = formats[word.i] else { throw LatheError.unsupported("memory format number \(word.i) is not known") }
      return .memoryFormat(format)
    case .generator: throw LatheError.unsupported("a random number generator of the caller's own")
    }
  }
}
