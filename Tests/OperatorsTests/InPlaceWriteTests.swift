import Foundations
import Graphs
import Operators
import Tensors
import Testing

/// Which results go over the first argument: what PyTorch 2.6 answered for the same calls.
@Suite struct InPlaceWriteTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var name: OperatorName
    var dtype: DType
    var others: [Value] = []
    /// Nil where PyTorch writes.
    var refusal: String?
    var testDescription: String { "\(name) over \(dtype.torchName)" }
  }
  static let matrix = TensorType(dtype: .i32, sizes: [2, 3])
  static let cases: [Case] = [
    Case(name: "aten.expm1_.default", dtype: .i32, refusal: "result type Float can't be cast to the desired output type Int"),
    Case(name: "aten.mul_.Scalar", dtype: .i32, others: [.double(1.5)], refusal: "result type Float can't be cast to the desired output type Int"),
    Case(name: "aten.clamp_.default", dtype: .i32, others: [.double(0.5)], refusal: "result type Float can't be cast to the desired output type Int"),
    Case(name: "aten.add_.Scalar", dtype: .bool, others: [.integer(1)], refusal: "result type Long can't be cast to the desired output type Bool"),
    Case(name: "aten.eq_.Scalar", dtype: .i32, others: [.double(1.5)]),
    Case(name: "aten.logical_not_.default", dtype: .f32),
    Case(name: "aten.mul_.Scalar", dtype: .bf16, others: [.double(1.5)]),
    Case(name: "aten.fill_.Scalar", dtype: .i32, others: [.double(1.5)]),
    Case(name: "aten.fill_.Scalar", dtype: .bool, others: [.integer(3)]),
    Case(name: "aten.zero_.default", dtype: .bool),
    Case(name: "aten.add_.Tensor", dtype: .i32, others: [.abstract(matrix)], refusal: "doesn't match the"),
  ]

  @Test(arguments: cases) func isRefusedAsInPyTorch(_ it: Case) throws {
    let abstract: Value = .abstract(TensorType(dtype: it.dtype, sizes: [3]))
    try check(it) { try ShapeRunner(environment: ShapeEnvironment()).run(it.name, ([abstract] + it.others).map { ("", $0) }) }
    let others: [Value] = try it.others.map { $0.tensorType == nil ? $0 : .tensor(try zeros([2, 3], .i32)) }
    let target: Tensor = try zeros([3], it.dtype)
    try check(it) { try EagerRunner().run(it.name, ([.tensor(target)] + others).map { ("", $0) }) }
  }
  private func zeros(_ sizes: [Int], _ dtype: DType) throws -> Tensor {
    let tensor: Tensor = try .empty(sizes, dtype)
    tensor.fill(.int(0))
    return tensor
  }
  private func check(_ it: Case, _ run: () throws -> [Value]) throws {
    guard let refusal = it.refusal else {
      #expect(try run()[0].tensorType?.dtype == it.dtype)
      return
    }
    let error: LatheError? = #expect(throws: LatheError.self) { try run() }
    #expect(error?.message.contains(refusal) == true, "\(error?.message ?? "no error")")
  }

  /// Without a rounding mode integers are divided truly, as `torch.div(a, b, rounding_mode=None)`.
  @Test func divisionWithoutARoundingModeIsTrue() throws {
    let (a, b): (Tensor, Tensor) = (try Tensor([7, -7, 0], sizes: [3], .i32), try Tensor([2, 2, 0], sizes: [3], .i32))
    let result: Tensor? = try EagerRunner().run("aten.div.Tensor_mode", [("", .tensor(a)), ("", .tensor(b)), ("rounding_mode", .none)])[0].tensor
    #expect(result?.dtype == .f32)
    let values: [Double] = try #require(result).doubles()
    #expect(values[0] == 3.5 && values[1] == -3.5 && values[2].isNaN)
    let floored: Tensor? = try EagerRunner().run("aten.div.Scalar_mode", [("", .tensor(a)), ("", .integer(2)), ("rounding_mode", .string("floor"))])[0].tensor
    #expect(floored?.dtype == .i32)
    #expect(try floored?.doubles() == [3, -4, 0])
  }

  /// Gradients and indices of another shape than the pooled one would be scattered from memory that they do not have.
  @Test(arguments: [
    ("the gradient's sizes", [2, 3, 4, 3], DType.f32, [2, 3, 4, 4], DType.i64), ("the gradient's rank", [], .f32, [2, 3, 4, 4], .i64),
    ("the gradient's type", [2, 3, 4, 4], .f64, [2, 3, 4, 4], .i64), ("the indices' type", [2, 3, 4, 4], .f32, [2, 3, 4, 4], .i32),
    ("the indices' sizes", [2, 3, 4, 4], .f32, [1, 3, 4, 4], .i64),
  ] as [(String, [Int], DType, [Int], DType)]) func poolingsGradientsMustFit(_ what: String, _ gradient: [Int], _ type: DType, _ indices: [Int], _ index: DType) throws {
    func pair(_ numbers: Int...) -> Value { .list(numbers.map { .integer($0) }) }
    func gradients(_ gradient: Tensor, _ indices: Tensor) throws -> [Value] {
      let arguments: [Value] = [
        .tensor(gradient), .tensor(try zeros([2, 3, 8, 8], .f32)), pair(2, 2), pair(2, 2), pair(0, 0), pair(1, 1), .bool(false), .tensor(indices),
      ]
      return try EagerRunner().run("aten.max_pool2d_with_indices_backward.default", arguments.map { ("", $0) })
    }
    #expect(throws: LatheError.self, "\(what)") { try gradients(try zeros(gradient, type), try zeros(indices, index)) }
    #expect(try gradients(try zeros([2, 3, 4, 4], .f32), try zeros([2, 3, 4, 4], .i64))[0].tensor?.sizes == [2, 3, 8, 8])
  }
}
