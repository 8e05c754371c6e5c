import Foundations
import Graphs
import LoopIR

/// An operator as expressions over a domain of points, of which some dimensions are reduced: the form that a compiler fuses.
///
/// Every reduction inside the expressions is over all the reduced dimensions at once.
package struct Reduction {
  /// One result of the operator.
  package struct Result {
    package var value: LoopExpression
    /// For each dimension of the result the domain's dimensions that it runs through, row-major; none for one of size 1. A result that
    /// runs through no reduced dimension has one value for all points that differ in these.
    package var dimensions: [[Int]]
  }
  package var domain: [SymbolicInt]
  package var reduced: Set<Int>
  package var results: [Result]

  package init(domain: [SymbolicInt], reduced: Set<Int>, results: [Result]) {
    (self.domain, self.reduced, self.results) = (domain, reduced, results)
  }
}

/// What a reduction is written with.
package struct ReductionContext {
  package let call: OperatorCall
  package let builder: LoopBuilder
  private let loadElement: (_ name: String, _ sizes: [SymbolicInt], _ frame: Frame) throws -> LoopExpression?
  private let makePosition: (_ strides: [SymbolicInt], _ offset: SymbolicInt) -> LoopExpression

  /// A domain and its reduced dimensions.
  package struct Frame {
    package var sizes: [SymbolicInt]
    package var reduced: Set<Int>
    package init(_ sizes: [SymbolicInt], reduced: Set<Int>) { (self.sizes, self.reduced) = (sizes, reduced) }
    /// How many points the reduced dimensions have.
    package var count: SymbolicInt { reduced.sorted().map { sizes[$0] }.product }
  }

  package init(
    call: OperatorCall, builder: LoopBuilder, load: @escaping (String, [SymbolicInt], Frame) throws -> LoopExpression?,
    position: @escaping ([SymbolicInt], SymbolicInt) -> LoopExpression
  ) {
    (self.call, self.builder, loadElement, makePosition) = (call, builder, load, position)
  }

  /// The element of a tensor argument at the domain's point, the argument seen under sizes that broadcast to the domain's; in the type
  /// its storage type computes in. Nil where it cannot be seen so.
  package func load(_ name: String, as sizes: [SymbolicInt], in frame: Frame) throws -> LoopExpression? { try loadElement(name, sizes, frame) }

  /// The row-major place of a point among those that differ from it in reduced dimensions only.
  package func position(in frame: Frame) -> LoopExpression {
    var (strides, next): ([SymbolicInt], SymbolicInt) = (Array(repeating: 0, count: frame.sizes.count), 1)
    for dimension in frame.reduced.sorted().reversed() {
      strides[dimension] = next
      next *= frame.sizes[dimension]
    }
    return makePosition(strides, 0)
  }

  /// A size as a number of the type.
  package func number(_ size: SymbolicInt, _ type: LoopType, in frame: Frame) -> LoopExpression {
    if let constant = size.constant { return builder.constant(.int(constant), type) }
    return makePosition(Array(repeating: 0, count: frame.sizes.count), size).cast(to: type)
  }
}
