import Foundations
import Graphs
import Tensors

extension OperatorTable {
  private static let options: String = "*, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None"

  /// Operators that draw random numbers. Their types are known; their values cannot equal those of another program's generator, so
  /// running them is refused.
  static let random: [OperatorRecord] =
    [
      drawn("rand(SymInt[] size, \(options)) -> Tensor"), drawn("randn(SymInt[] size, \(options)) -> Tensor"),
      drawn("rand_like(Tensor self, \(options), MemoryFormat? memory_format=None) -> Tensor"),
      drawn("randn_like(Tensor self, \(options), MemoryFormat? memory_format=None) -> Tensor"),
      drawn("randint(SymInt high, SymInt[] size, *, ScalarType? dtype=long, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor"),
      drawn("randint.low(SymInt low, SymInt high, SymInt[] size, *, ScalarType? dtype=long, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor"),
      drawn("bernoulli(Tensor self, *, Generator? generator=None) -> Tensor"),
      drawn("bernoulli.p(Tensor self, float p, *, Generator? generator=None) -> Tensor"),
      refused("randperm(SymInt n, *, ScalarType? dtype=long, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor") { call in
        TensorType(dtype: try call.dtype("dtype") ?? .i64, sizes: [try call.size("n")])
      },
      refused("multinomial(Tensor self, SymInt num_samples, bool replacement=False, *, Generator? generator=None) -> Tensor") { call in
        TensorType(dtype: .i64, sizes: try call.type("self").sizes.dropLast() + [try call.size("num_samples")])
      },
    ]

  private static func drawn(_ schema: String) -> OperatorRecord {
    refused(schema) { call in
      if call.schema.index(of: "size") != nil { return TensorType(dtype: try call.dtype("dtype") ?? .f32, sizes: try call.sizes("size")) }
      var type: TensorType = laidOut(try call.type("self"), nil)
      if call.schema.index(of: "dtype") != nil { type.dtype = try call.dtype("dtype") ?? type.dtype }
      return type
    }
  }
  private static func refused(_ schema: String, _ type: @escaping @Sendable (OperatorCall) throws -> TensorType) -> OperatorRecord {
    filling(schema, type) { call, _ in
      throw LatheError.unsupported("\(call.schema.name) draws random numbers, which cannot equal those of PyTorch's generator")
    }
  }
}
