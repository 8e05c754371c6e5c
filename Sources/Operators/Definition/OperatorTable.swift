import Foundations
import Graphs

/// Every operator Lathe knows, by name.
package struct OperatorTable: Sendable {
  private let records: [OperatorName: OperatorRecord]

  /// - Precondition: no two records have one name.
  package init(_ families: [[OperatorRecord]]) {
    var records: [OperatorName: OperatorRecord] = [:]
    for record in families.joined() {
      precondition(records.updateValue(record, forKey: record.name) == nil, "\(record.name) is recorded once")
    }
    self.records = records
  }

  package subscript(name: OperatorName) -> OperatorRecord? { records[name] }
  package var all: [OperatorRecord] { records.values.sorted { $0.name.text < $1.name.text } }

  /// The operators that come with Lathe; a family is a file under `Records`.
  package static let standard = OperatorTable([
    elementwiseArithmetic, elementwiseFunctions, elementwiseComparison, activations, views, creation, conversions, sizesAndNumbers, higherOrder, inPlaceForms,
    matrixProducts, convolutions, softmaxes, normalizations, batchNormalizations, dropouts, attention, embeddings, recurrent, productCompositions,
    losses, classLosses, distances, resampling, imageRearrangements, gridSampling, decompositions, groupedProducts,
    reductions, statistics, scans, joining, rearranging, padding, sequences, indexing, scattering, sorting, selection, pooling, gradients, random, fourierTransforms, smallFamilies, aliases,
  ])
}
