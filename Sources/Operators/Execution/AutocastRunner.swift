import Foundations
import Graphs

/// Runs operators as inside `torch.autocast("cpu", dtype)`: those of the lower-precision list get their floating-point tensors in
/// that type, those of the float32 list in float32, and those that mix tensors the widest of their types
/// (`aten/src/ATen/autocast_mode.cpp`, AutocastCPU). float64 tensors are left alone.
package final class AutocastRunner: OperatorRunner {
  /// The runner outside the region.
  package let base: any OperatorRunner
  package let dtype: DType
  package var environment: ShapeEnvironment { base.environment }

  package init(_ base: any OperatorRunner, dtype: DType) {
    self.base = AutocastRunner.outside(base)
    self.dtype = dtype
  }

  /// The runner that no region surrounds.
  package static func outside(_ runner: any OperatorRunner) -> any OperatorRunner { (runner as? AutocastRunner)?.base ?? runner }

  package func plan(for subgraph: SubgraphReference) -> GraphPlan { base.plan(for: subgraph) }
  package func meaning(of name: OperatorName) -> OperatorRecord? { base.meaning(of: name) }

  package func run(_ subgraph: SubgraphReference, _ operands: [Value]) throws -> [Value] {
    try base.plan(for: subgraph).run(operands, runner: self)
  }

  package func run(_ name: OperatorName, _ arguments: [(name: String, value: Value)]) throws -> [Value] {
    let base: String = String(name.base)
    if AutocastRunner.lowerPrecision.contains(base) { return try self.base.run(name, try arguments.map { ($0.name, try cast($0.value, to: dtype)) }) }
    if AutocastRunner.float32.contains(base) { return try self.base.run(name, try arguments.map { ($0.name, try cast($0.value, to: .f32)) }) }
    if AutocastRunner.promoted.contains(base) {
      let widest: Bool = arguments.contains { AutocastRunner.holdsFloat32($0.value) }
      return try self.base.run(name, widest ? try arguments.map { ($0.name, try cast($0.value, to: .f32)) } : arguments)
    }
    // Operators that PyTorch writes with others of the lists, and regions: what they call is cast in its turn.
    guard AutocastRunner.transparent.contains(base) || name.namespace == "higher_order", let record = meaning(of: name) else {
      return try self.base.run(name, arguments)
    }
    switch record.meaning {
    case .composite(let compose), .region(let compose), .higherOrder(let compose):
      return try compose(Composer(call: try OperatorCall(record.schema, arguments, environment: environment), runner: self))
    default: return try self.base.run(name, arguments)
    }
  }

  private func cast(_ value: Value, to dtype: DType) throws -> Value {
    if case .list(let items) = value { return .list(try items.map { try cast($0, to: dtype) }) }
    guard let type = value.tensorType, type.dtype.isFloatingPoint, type.dtype != .f64, type.dtype != dtype else { return value }
    return try base.run("aten.to.dtype", [("", value), ("", .dtype(dtype))])[0]
  }
  private static func holdsFloat32(_ value: Value) -> Bool {
    if case .list(let items) = value { return items.contains(where: holdsFloat32) }
    return value.tensorType?.dtype == .f32
  }

  /// `lstm` and the plain recurrent layers run in the lower precision through their kernel's entry of the list.
  private static let lowerPrecision: Set<String> = [
    "conv1d", "conv2d", "conv3d", "conv_tbc", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "_convolution", "mm", "bmm", "addmm", "addbmm",
    "baddbmm", "_addmm_activation", "linear", "matmul", "linalg_vecdot", "linalg_matmul", "prelu", "scaled_dot_product_attention",
    "_native_multi_head_attention", "mkldnn_rnn_layer", "lstm", "rnn_tanh", "rnn_relu",
  ]
  private static let float32: Set<String> = [
    "adaptive_avg_pool3d", "adaptive_max_pool3d", "avg_pool3d", "max_pool3d", "max_unpool2d", "max_unpool3d", "fractional_max_pool2d", "fractional_max_pool3d",
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cosine_embedding_loss", "cross_entropy_loss", "ctc_loss", "hinge_embedding_loss",
    "huber_loss", "kl_div", "l1_loss", "margin_ranking_loss", "mse_loss", "multi_margin_loss", "multilabel_margin_loss", "multilabel_margin_loss_forward",
    "nll_loss", "nll_loss2d", "poisson_nll_loss", "smooth_l1_loss", "soft_margin_loss", "triplet_margin_loss", "cdist", "grid_sampler", "grid_sampler_2d",
    "_grid_sampler_2d_cpu_fallback", "grid_sampler_3d", "prod", "quantile", "nanquantile", "trace", "reflection_pad1d", "reflection_pad2d",
    "replication_pad1d", "replication_pad2d", "replication_pad3d", "cholesky", "cholesky_inverse", "cholesky_solve", "inverse", "pinverse", "_lu_with_info",
    "lu_solve", "qr", "svd", "geqrf", "orgqr", "ormqr", "triangular_solve", "stft", "polar", "view_as_complex", "fake_quantize_per_tensor_affine",
    "linalg_cholesky", "linalg_cholesky_ex", "linalg_cond", "linalg_eig", "linalg_eigh", "linalg_eigvals", "linalg_eigvalsh", "linalg_householder_product",
    "linalg_inv", "linalg_inv_ex", "linalg_lstsq", "linalg_matrix_rank", "linalg_qr", "linalg_solve", "linalg_svd", "linalg_svdvals", "linalg_tensorinv",
    "linalg_tensorsolve", "fft_fft", "fft_ifft", "fft_fft2", "fft_ifft2", "fft_fftn", "fft_ifftn", "fft_rfft", "fft_irfft", "fft_rfft2", "fft_irfft2",
    "fft_rfftn", "fft_irfftn", "fft_hfft", "fft_ihfft",
  ]
  private static let promoted: Set<String> = ["stack", "cat", "index_copy"]
  private static let transparent: Set<String> = [
    "einsum", "tensordot", "inner", "chain_matmul", "linalg_multi_dot", "lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell", "nll_loss_nd", "pad",
  ]
}
