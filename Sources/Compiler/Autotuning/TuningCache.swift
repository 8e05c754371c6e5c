import CRuntime
import Foundation
import Foundations

/// Choices that were timed on this machine, with their times; a file each in the kernel cache's folder.
package struct TuningCache: Sendable {
  struct Entry<Choice: Codable>: Codable {
    var subject: String
    /// The fastest first.
    var candidates: [TuningReport.Candidate]
    var choice: Choice
  }
  private let folder: String
  /// What the times hold for besides the shape: the processor, its level, the threads, the templates.
  private let machine: [String]

  package init(_ cache: KernelCache) {
    folder = "\(cache.folder)/tuning"
    let processor: String = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n").first { $0.hasPrefix("model name") }.map(String.init) ?? ""
    machine = [processor, String(cString: lathe_isa_name(lathe_isa_level())), "\(lathe_thread_count())", ArtifactRuntime.digest]
  }

  func entry<Choice: Codable>(_ subject: String, _ type: Choice.Type) -> Entry<Choice>? {
    guard let data = FileManager.default.contents(atPath: place(subject)), let entry = try? JSONDecoder().decode(Entry<Choice>.self, from: data), entry.subject == subject
    else { return nil }
    return entry
  }

  /// Remembers an entry; a folder that cannot be written only costs the timing next time.
  func remember<Choice: Codable>(_ entry: Entry<Choice>) {
    guard (try? Files.makeFolder(folder)) != nil, let data = try? JSONEncoder().encode(entry) else { return }
    try? data.write(to: URL(fileURLWithPath: place(entry.subject)), options: .atomic)
  }

  private func place(_ subject: String) -> String {
    var hash = SHA256()
    for field in machine + [subject] { hash.update(field: field) }
    return "\(folder)/\(hash.hexDigest()).json"
  }
}
