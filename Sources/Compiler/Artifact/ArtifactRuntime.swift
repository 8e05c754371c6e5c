import Foundations

/// A file of C: its name inside the folder it is compiled in, and its text.
package struct CSource: Hashable, Sendable {
  package var name: String
  package var text: String
  package init(name: String, text: String) { (self.name, self.text) = (name, text) }
}

/// The fixed C part of every artifact: headers that generated code includes, and sources compiled beside it.
package enum ArtifactRuntime {
  /// The header of kernels and of the model's source, as an include directive.
  package static let include: String = "#include \"lathe_kernel.h\"\n"

  /// Every file that a compilation may include.
  package static let headers: [CSource] = [
    file("lathe_kernel.h", PackageResources.lathe_kernel_h),
    file("lathe_model.h", PackageResources.lathe_model_h),
    file("lathe_aoti.h", PackageResources.lathe_aoti_h),
    file("lathe_threads.h", PackageResources.lathe_threads_h),
    file("lathe_threads.c", PackageResources.lathe_threads_c),
    file("lathe_cpu.h", PackageResources.lathe_cpu_h),
    file("lathe_isa.h", PackageResources.lathe_isa_h),
    file("lathe_convert.h", PackageResources.lathe_convert_h),
    file("lathe_half.h", PackageResources.lathe_half_h),
    file("lathe_vector_math.h", PackageResources.lathe_vector_math_h),
    file("lathe_scalar_math.h", PackageResources.lathe_scalar_math_h),
    file("lathe_lanes.h", PackageResources.lathe_lanes_h),
    file("lathe_across.h", PackageResources.lathe_across_h),
    file("lathe_sizes.h", PackageResources.lathe_sizes_h),
  ]

  /// What is compiled and linked into every artifact: PyTorch's container functions, parallel loops, the check of the CPU.
  package static let sources: [CSource] = [
    file("lathe_container.c", PackageResources.lathe_container_c),
    file("lathe_artifact_threads.c", PackageResources.lathe_artifact_threads_c),
    file("lathe_cpu.c", PackageResources.lathe_cpu_c),
  ]

  /// The digest of all of it, part of every cache key.
  package static let digest: String = {
    var hash = SHA256()
    for source in headers + sources { hash.update(field: source.name); hash.update(field: source.text) }
    return hash.hexDigest()
  }()

  private static func file(_ name: String, _ bytes: [UInt8]) -> CSource { CSource(name: name, text: String(decoding: bytes, as: UTF8.self)) }
}

extension SHA256 {
  /// A text with its length before it, so that a list of texts has one reading.
  mutating func update(field: String) {
    update("\(field.utf8.count):")
    update(field)
  }
}
