import Foundations
import Testing

@testable import Compiler

@Suite struct IndexMapTests {
  /// Every element of the view is the element that the map says, counted out over memory.
  private func check(_ sizes: [Int], _ strides: [Int], _ offset: Int, of viewed: [Int], _ viewedStrides: [Int]) throws {
    func symbolic(_ values: [Int]) -> [SymbolicInt] { values.map { SymbolicInt($0) } }
    let map = try #require(
      IndexMap.view(
        sizes: symbolic(sizes), strides: symbolic(strides), offset: SymbolicInt(offset), of: symbolic(viewed), symbolic(viewedStrides)))
    for number in 0..<sizes.reduce(1, *) {
      var (index, rest): ([Int], Int) = (Array(repeating: 0, count: sizes.count), number)
      for dimension in sizes.indices.reversed() { (rest, index[dimension]) = rest.quotientAndRemainder(dividingBy: sizes[dimension]) }
      let place: Int = offset + zip(index, strides).map(*).reduce(0, +)
      let old: [Int] = viewed.indices.map { old in
        map.starts[old].constant! + zip(index, map.factors[old]).map { $0 * $1.constant! }.reduce(0, +)
      }
      #expect(zip(old, viewedStrides).map(*).reduce(0, +) == place)
      for (position, size) in zip(old, viewed) { #expect(position >= 0 && position < size) }
    }
  }

  @Test func viewsAreElementsOfWhatTheyView() throws {
    try check([4, 3], [1, 4], 0, of: [3, 4], [4, 1])  // transposed
    try check([2, 3, 4], [12, 4, 1], 0, of: [6, 4], [4, 1])  // split
    try check([3], [4], 2, of: [3, 4], [4, 1])  // a column
    try check([2, 2], [4, 2], 5, of: [3, 4], [4, 1])  // every second element from (1, 1)
    try check([5, 3, 2], [0, 2, 1], 0, of: [3, 2], [2, 1])  // expanded
    try check([2, 3, 4], [1, 8, 2], 0, of: [3, 4, 2], [8, 2, 1])
  }

  @Test func whatWalksAlongTwoDimensionsIsNoMap() {
    #expect(IndexMap.view(sizes: [12], strides: [1], offset: 0, of: [3, 4], [4, 1]) == nil)
  }
}

