import Foundations

/// A file of C: its name inside the folder it is compiled in, and its text.
package struct CSource: Hashable, Sendable {
  package var name: String
  package var text: String
  /// Whether it may use the instruction set of its artifact; what checks for that set may not.
  package var usesTarget: Bool
  package init(name: String, text: String, usesTarget: Bool = true) { (self.name, self.text, self.usesTarget) = (name, text, usesTarget) }
}

/// The fixed C part of every artifact: headers that generated code includes, and sources compiled beside it.
package enum ArtifactRuntime {
  /// The header of kernels and of the model's source, as an include directive.
  package static let include: String = "#include \"lathe_kernel.h\"\n"

  /// What is compiled and linked into artifacts for archives: PyTorch's container functions, constants in the artifact's own file, checks of
  /// inputs, graphs that calls run, parallel loops, the check of the CPU, and the templates that the model uses. For artifacts of its own process the host has all that.
  package static func sources(for use: ArtifactUse, _ libraries: Set<TemplateLibrary>) -> [CSource] {
    if use == .inProcess { return [] }
    // What takes longest to compile comes first.
    return (libraries.contains(.convolutions) ? [convolutions] : []) + (libraries.contains(.products) ? [products] : []) + [container, threads, inputs, graphs, constants, cpu, map]
  }

  /// Every file that a compilation may include.
  package static let headers: [CSource] = [
    file("lathe_kernel.h", PackageResources.lathe_kernel_h),
    file("lathe_model.h", PackageResources.lathe_model_h),
    file("lathe_container.h", PackageResources.lathe_container_h),
    file("lathe_container_answers.h", PackageResources.lathe_container_answers_h),
    file("lathe_archive.h", PackageResources.lathe_archive_h),
    first,
    file("lathe_aoti.h", PackageResources.lathe_aoti_h),
    file("lathe_threads.h", PackageResources.lathe_threads_h),
    file("lathe_threads.c", PackageResources.lathe_threads_c),
    file("lathe_cpu.h", PackageResources.lathe_cpu_h),
    file("lathe_libc.h", PackageResources.lathe_libc_h),
    file("lathe_isa.h", PackageResources.lathe_isa_h),
    file("lathe_convert.h", PackageResources.lathe_convert_h),
    file("lathe_half.h", PackageResources.lathe_half_h),
    file("lathe_vector_math.h", PackageResources.lathe_vector_math_h),
    file("lathe_scalar_math.h", PackageResources.lathe_scalar_math_h),
    file("lathe_lanes.h", PackageResources.lathe_lanes_h),
    file("lathe_functions.h", PackageResources.lathe_functions_h),
    file("lathe_across.h", PackageResources.lathe_across_h),
    file("lathe_sizes.h", PackageResources.lathe_sizes_h),
    file("lathe_view.h", PackageResources.lathe_view_h),
    file("lathe_scratch.h", PackageResources.lathe_scratch_h),
    file("lathe_epilogue.h", PackageResources.lathe_epilogue_h),
    file("lathe_product.h", PackageResources.lathe_product_h),
    file("lathe_attention.h", PackageResources.lathe_attention_h),
    file("lathe_gemm.h", PackageResources.lathe_gemm_h),
    file("gemm_table.h", PackageResources.gemm_table_h),
    file("gemm_template.h", PackageResources.gemm_template_h),
    file("gemm_blocks.h", PackageResources.gemm_blocks_h),
    file("gemm_pack_typed.h", PackageResources.gemm_pack_typed_h),
    file("gemm_finish_template.h", PackageResources.gemm_finish_template_h),
    file("gemm_block_typed.h", PackageResources.gemm_block_typed_h),
    file("gemm_run.c", PackageResources.gemm_run_c),
    file("product.c", PackageResources.product_c),
    file("lathe_rows_typed.h", PackageResources.lathe_rows_typed_h),
    file("attention_table.h", PackageResources.attention_table_h),
    file("attention_template.h", PackageResources.attention_template_h),
    file("attention_kernels_typed.h", PackageResources.attention_kernels_typed_h),
    file("attention.c", PackageResources.attention_c),
    file("lathe_scratch.c", PackageResources.lathe_scratch_c),
    file("lathe_convolution_nhwc.h", PackageResources.lathe_convolution_nhwc_h),
    file("nhwc_table.h", PackageResources.nhwc_table_h),
    file("nhwc_kernels.h", PackageResources.nhwc_kernels_h),
    file("nhwc_plan.h", PackageResources.nhwc_plan_h),
    file("nhwc_tile.h", PackageResources.nhwc_tile_h),
    file("nhwc_product.h", PackageResources.nhwc_product_h),
    file("nhwc_winograd.h", PackageResources.nhwc_winograd_h),
    file("nhwc_depthwise.h", PackageResources.nhwc_depthwise_h),
    file("nhwc_pool.h", PackageResources.nhwc_pool_h),
    file("nhwc_product.c", PackageResources.nhwc_product_c),
    file("nhwc_pack.c", PackageResources.nhwc_pack_c),
    file("nhwc_winograd.c", PackageResources.nhwc_winograd_c),
    file("convolution_nhwc.c", PackageResources.convolution_nhwc_c),
  ]

  /// The headers that sources include, and those that these include.
  package static func included(by sources: [CSource]) -> [CSource] {
    var (found, pending): ([CSource], [CSource]) = ([], sources)
    var names: Set<Substring> = []
    while let source = pending.popLast() {
      for line in source.text.utf8.split(separator: UInt8(ascii: "\n")) where line.starts(with: "#include \"".utf8) {
        let name: Substring = Substring(line).split(separator: "\"")[1]
        guard names.insert(name).inserted, let header = headers.first(where: { $0.name == name }) else { continue }
        found.append(header)
        pending.append(header)
      }
    }
    return found
  }

  /// Included before every file of an artifact for an archive.
  package static let first: CSource = file("lathe_old_libc.h", PackageResources.lathe_old_libc_h)
  private static let container: CSource = file("lathe_container.c", PackageResources.lathe_container_c, usesTarget: false)
  private static let map: CSource = file("lathe_artifact_map.c", PackageResources.lathe_artifact_map_c, usesTarget: false)
  private static let constants: CSource = file("lathe_artifact_constants.c", PackageResources.lathe_artifact_constants_c, usesTarget: false)
  private static let inputs: CSource = file("lathe_artifact_inputs.c", PackageResources.lathe_artifact_inputs_c, usesTarget: false)
  private static let graphs: CSource = file("lathe_artifact_graphs.c", PackageResources.lathe_artifact_graphs_c, usesTarget: false)
  private static let threads: CSource = file("lathe_artifact_threads.c", PackageResources.lathe_artifact_threads_c, usesTarget: false)
  private static let cpu: CSource = file("lathe_cpu.c", PackageResources.lathe_cpu_c, usesTarget: false)
  private static let products: CSource = file("lathe_artifact_products.c", PackageResources.lathe_artifact_products_c)
  private static let convolutions: CSource = file("lathe_artifact_convolutions.c", PackageResources.lathe_artifact_convolutions_c)

  /// The digest of all of it, part of every cache key.
  package static let digest: String = {
    var hash = SHA256()
    for source in headers + sources(for: .archive, [.products, .convolutions]) { hash.update(field: source.name); hash.update(field: source.text) }
    return hash.hexDigest()
  }()

  private static func file(_ name: String, _ bytes: [UInt8], usesTarget: Bool = true) -> CSource {
    CSource(name: name, text: String(decoding: bytes, as: UTF8.self), usesTarget: usesTarget)
  }
}

extension SHA256 {
  /// A text with its length before it, so that a list of texts has one reading.
  mutating func update(field: String) {
    update("\(field.utf8.count):")
    update(field)
  }
}
