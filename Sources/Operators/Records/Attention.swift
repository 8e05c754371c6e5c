import CRuntime
import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Scaled dot-product attention (`ATen/native/transformers/attention.cpp`).
  static let attention: [OperatorRecord] = [
    OperatorRecord(
      "aten::scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float dropout_p=0., bool is_causal=False, *, float? scale=None, bool enable_gqa=False) -> Tensor",
      .kernel(shape: { [.tensor(try attentionType($0))] }, run: attend)
    ).template { call in
      let (query, key, value): (TensorType, TensorType, TensorType) = (try call.type("query"), try call.type("key"), try call.type("value"))
      guard query.rank == 4, key.rank == 4, value.rank == 4, let width = query.sizes[3].constant else { return nil }
      let isSame: Bool = query.sizes[0] == key.sizes[0] && key.sizes[0] == value.sizes[0] && key.sizes[1] == value.sizes[1]
      guard isSame, try query.sizes[1] == key.sizes[1] || isGrouped(call) else { return nil }
      return .attention(.init(
        query: "query", key: "key", value: "value", mask: "attn_mask", isCausal: try call.flag("is_causal"),
        scale: try call.optionalDouble("scale") ?? 1 / Double(width).squareRoot()))
    },
    OperatorRecord(
      "aten::_scaled_dot_product_flash_attention_for_cpu(Tensor query, Tensor key, Tensor value, float dropout_p=0., bool is_causal=False, *, Tensor? attn_mask=None, float? scale=None) -> (Tensor output, Tensor logsumexp)",
      .composite { c in
        let output: Value = try c(
          "aten.scaled_dot_product_attention.default", c["query"], c["key"], c["value"], c["attn_mask"], c["dropout_p"], c["is_causal"],
          keywords: ["scale": c["scale"]])
        return [output, try c("aten.logsumexp.default", try scores(c), .ints([-1]))]
      }),
    OperatorRecord(
      "aten::_scaled_dot_product_attention_math(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float dropout_p=0., bool is_causal=False, Tensor? dropout_mask=None, *, float? scale=None, bool enable_gqa=False) -> (Tensor, Tensor)",
      .composite { c in
        let output: Value = try c(
          "aten.scaled_dot_product_attention.default", c["query"], c["key"], c["value"], c["attn_mask"], c["dropout_p"], c["is_causal"],
          keywords: ["scale": c["scale"], "enable_gqa": c["enable_gqa"]])
        return [output, try c("aten._safe_softmax.default", try scores(c), .integer(-1))]
      }),
  ]

  @Sendable private static func attentionType(_ call: OperatorCall) throws -> TensorType {
    let (query, key, value): (TensorType, TensorType, TensorType) = (try call.type("query"), try call.type("key"), try call.type("value"))
    guard query.rank >= 2, key.rank >= 2, value.rank >= 2 else {
      throw call.failure("Expected query, key, and value to all be at least 2 dimensional, but got query.dim(): \(query.rank), key.dim(): \(key.rank) and value.dim(): \(value.rank)")
    }
    guard query.dtype == key.dtype, query.dtype == value.dtype else {
      throw call.failure(
        "Expected query, key, and value to have the same dtype, but got query.dtype: \(query.dtype.torchName) key.dtype: \(key.dtype.torchName) and value.dtype: \(value.dtype.torchName) instead.")
    }
    guard query.dtype.isFloatingPoint, query.dtype.isComputable else { throw LatheError.unsupported("\(call.schema.name) on \(query.dtype.torchName)") }
    if try call.double("dropout_p") > 0 {
      throw LatheError.unsupported("\(call.schema.name) with dropout_p = \(try call.double("dropout_p")) drops weights at random; export the program in evaluation mode to run it")
    }
    guard call.isEqual(query.sizes[query.rank - 1], key.sizes[key.rank - 1]) else {
      throw call.failure("query and key differ in their last dimension: \(query.sizes) and \(key.sizes)")
    }
    guard call.isEqual(key.sizes[key.rank - 2], value.sizes[value.rank - 2]) else {
      throw call.failure("key and value differ in their number of positions: \(key.sizes) and \(value.sizes)")
    }
    if try call.flag("is_causal"), !call.value("attn_mask").isNone {
      throw call.failure("Explicit attn_mask should not be set when is_causal=True")
    }
    let last: SymbolicInt = value.sizes[value.rank - 1]
    if try isGrouped(call), query.rank >= 3 {
      return TensorType(dtype: query.dtype, sizes: Array(query.sizes.dropLast()) + [last])
    }
    let leading: [SymbolicInt]
    do {
      let parts: [[SymbolicInt]] = [query, key, value].map { Array($0.sizes.dropLast(2)) }
      leading = try Broadcasting.shape(parts, call.environment)
    } catch let error as LatheError { throw call.failure(error.message) }
    let type = TensorType(dtype: query.dtype, sizes: leading + [query.sizes[query.rank - 2], last])
    let sameHeads: Bool = query.rank == 4 && key.rank == 4 && value.rank == 4 && query.sizes[0..<2] == key.sizes[0..<2] && key.sizes[0..<2] == value.sizes[0..<2]
    return sameHeads && call.isEqual(query.sizes[3], last) ? flashLayout(query, call.environment) : type
  }
  private static func isGrouped(_ call: OperatorCall) throws -> Bool { call.schema.index(of: "enable_gqa") == nil ? false : try call.flag("enable_gqa") }
  /// The flash kernel lays its result out as the query, dense in the order of the query's strides.
  private static func flashLayout(_ query: TensorType, _ environment: ShapeEnvironment) -> TensorType {
    let strides: [Int] = query.strides.compactMap { $0.evaluate { environment.hints[$0] } }
    var result = TensorType(dtype: query.dtype, sizes: query.sizes)
    guard strides.count == query.rank else { return result }
    var next: SymbolicInt = 1
    for dimension in query.sizes.indices.sorted(by: { (strides[$0], -$0) < (strides[$1], -$1) }) {
      result.strides[dimension] = next
      next *= query.sizes[dimension] == 0 ? 1 : query.sizes[dimension]
    }
    return result
  }

  @Sendable private static func attend(_ call: OperatorCall, _ types: [ValueType]) throws -> [Value] {
    let (query, key, value): (Tensor, Tensor, Tensor) = (try call.tensor("query"), try call.tensor("key"), try call.tensor("value"))
    let result: Tensor = try Tensor.empty(types[0])
    if result.elementCount == 0 { return [.tensor(result)] }
    let leading: [Int] = Array(result.sizes.dropLast(2))
    let isGrouped: Bool = try isGrouped(call)
    /// As [B, H, rows, columns], stretched over the leading dimensions; those beyond two become the batch.
    func fourDimensional(_ tensor: Tensor, keepsHeads: Bool = false) throws -> Tensor {
      let matrix: [Int] = Array(tensor.sizes.suffix(2))
      if keepsHeads { return tensor.padded(toRank: 4).expanded(to: Array(([1, 1] + leading.dropLast()).suffix(1)) + Array(tensor.padded(toRank: 4).sizes.suffix(3))) }
      let stretched: Tensor = tensor.expanded(to: leading + matrix)
      if leading.count <= 2 { return stretched.padded(toRank: 4) }
      return try stretched.reshaped([leading.dropLast().reduce(1, *), leading[leading.count - 1]] + matrix)
    }
    var mask: Tensor? = try call.optionalTensor("attn_mask")
    if let given = mask {
      let (rows, columns): (Int, Int) = (query.sizes[query.rank - 2], key.sizes[key.rank - 2])
      let whole: [Int] = try Broadcasting.shape([given.sizes, leading + [rows, columns]], call.environment)
      guard whole == leading + [rows, columns] else {
        throw call.failure("a mask of size \(given.sizes) does not fit scores of size \(leading + [rows, columns])")
      }
      mask = try fourDimensional(given.expanded(to: given.rank < 2 ? [rows, columns] : given.sizes.dropLast(2) + [rows, columns]))
      if let dtype = mask?.dtype, dtype != .bool && !dtype.isFloatingPoint {
        throw call.failure("Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: \(dtype.torchName)")
      }
    }
    let scale: Double = try call.optionalDouble("scale") ?? 1 / Double(query.sizes[query.rank - 1]).squareRoot()
    let isCausal: Bool = try call.flag("is_causal")
    if isGrouped && query.rank != 4 { throw LatheError.unsupported("\(call.schema.name) with enable_gqa takes 4-dimensional tensors") }
    let output: Tensor = leading.count <= 2 ? result.padded(toRank: 4) : try Tensor.empty([leading.dropLast().reduce(1, *), leading[leading.count - 1]] + result.sizes.suffix(2), result.dtype)
    let (k, v): (Tensor, Tensor) = (try fourDimensional(key, keepsHeads: isGrouped), try fourDimensional(value, keepsHeads: isGrouped))
    if isGrouped, k.sizes[1] == 0 || v.sizes[1] != k.sizes[1] || output.sizes[1] % k.sizes[1] != 0 {
      throw call.failure("Number of heads in key and value must divide the number of heads in query, but got \(query.sizes), \(key.sizes) and \(value.sizes)")
    }
    withViews([output, try fourDimensional(query), k, v, mask]) { views in
      lathe_attention(views[0], views[1], views[2], views[3], views[4], isCausal, scale)
    }
    if leading.count > 2 { result.copy(from: output.viewed(result.sizes, Tensor.contiguousStrides(result.sizes))) }
    return [.tensor(result)]
  }

  /// scale q k^T + mask.
  private static func scores(_ c: Composer) throws -> Value {
    let query: TensorType = try c.call.type("query")
    let key: TensorType = try c.call.type("key")
    guard let width = query.sizes[query.rank - 1].constant else { throw c.call.failure("its head size is not known") }
    let scale: Double = try c.call.optionalDouble("scale") ?? 1 / Double(width).squareRoot()
    let product: Value = try c("aten.matmul.default", c["query"], try c("aten.transpose.int", c["key"], .integer(-2), .integer(-1)))
    var result: Value = try c("aten.mul.Scalar", product, .double(scale))
    let sizes: Value = .list([.int(query.sizes[query.rank - 2]), .int(key.sizes[key.rank - 2])])
    var mask: Value = c["attn_mask"]
    if try c.call.flag("is_causal") { mask = try c("aten.tril.default", try c("aten.ones.default", sizes, keywords: ["dtype": .dtype(.bool)])) }
    if mask.isNone { return result }
    if try c.type(mask).dtype == .bool {
      result = try c("aten.masked_fill.Scalar", result, try c("aten.logical_not.default", mask), .double(-Double.infinity))
    } else {
      result = try c("aten.add.Tensor", result, mask)
    }
    return result
  }
}
