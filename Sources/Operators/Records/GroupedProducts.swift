import Foundations
import Graphs
import Tensors

extension OperatorTable {
  /// Products of runs of rows with a matrix each, as mixtures of experts use them (`transformers/integrations/moe.py`,
  /// the operator programs carry where `torch._grouped_mm` does not apply).
  static let groupedProducts: [OperatorRecord] = [
    OperatorRecord(
      "transformers::grouped_mm_fallback.default(Tensor input, Tensor weight, Tensor offs) -> Tensor",
      .kernel(
        shape: { call in
          let (input, weight, ends): (TensorType, TensorType, TensorType) = (try call.type("input"), try call.type("weight"), try call.type("offs"))
          guard input.rank == 2, weight.rank == 3, ends.rank == 1 else {
            throw call.failure("input must be 2D, weight 3D and offs 1D, but got \(input.sizes), \(weight.sizes) and \(ends.sizes)")
          }
          guard call.isEqual(ends.sizes[0], weight.sizes[0]) else {
            throw call.failure("offs length \(ends.sizes[0]) must match number of experts \(weight.sizes[0])")
          }
          guard call.isEqual(input.sizes[1], weight.sizes[1]) else {
            throw call.failure("input_dim mismatch: input has \(input.sizes[1]), weight has \(weight.sizes[1])")
          }
          try call.requireOneType(["input", "weight"])
          return [.tensor(TensorType(dtype: input.dtype, sizes: [input.sizes[0], weight.sizes[2]]))]
        },
        run: { call, types in
          let result: Tensor = try Tensor.empty(types[0])
          result.fill(.int(0))
          let (input, weight): (Tensor, Tensor) = (try call.tensor("input"), try call.tensor("weight"))
          var start: Int = 0
          for (expert, end) in try call.tensor("offs").integers().enumerated() where end != start {
            guard end > start, end <= input.sizes[0] else { throw call.failure("offs [\(start), \(end)) lies outside the \(input.sizes[0]) rows") }
            let matrix: Tensor = weight.viewed(Array(weight.sizes.dropFirst()), Array(weight.strides.dropFirst()), offset: expert * weight.strides[0])
            multiply(input.narrowed(0, start, end - start), matrix, into: result.narrowed(0, start, end - start))
            start = end
          }
          return [.tensor(result)]
        }))
  ]
}
