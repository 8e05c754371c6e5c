/// One process that wrote records: usually a file has one; logs that were put together have several.
package struct TraceProcess: Sendable {
  /// The file's number in the report.
  package let file: Int
  /// The system's number of it.
  package let identifier: Int
  /// Of a distributed run, from its records or the file's name.
  package internal(set) var rank: Int?
  /// Where the trace says.
  package internal(set) var torchVersion: String?
  /// Of its first and of its last record.
  package let started: TraceTime
  package internal(set) var lastSeen: TraceTime
  package internal(set) var recordCount: Int = 0
  /// Names it gave.
  var strings = TraceStrings()
  /// Records of no compilation.
  var extents: [TraceExtent] = []

  init(file: Int, identifier: Int, rank: Int?, time: TraceTime) {
    (self.file, self.identifier, self.rank) = (file, identifier, rank)
    (started, lastSeen) = (time, time)
  }
}
