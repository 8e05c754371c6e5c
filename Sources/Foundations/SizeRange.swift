/// Smallest and largest value of a size or symbol; nil is unbounded.
package struct SizeRange: Hashable, Sendable {
  package var minimum: Int?
  package var maximum: Int?
  package init(minimum: Int?, maximum: Int?) { (self.minimum, self.maximum) = (minimum, maximum) }
  package func contains(_ value: Int) -> Bool { value >= minimum ?? Int.min && value <= maximum ?? Int.max }
}
