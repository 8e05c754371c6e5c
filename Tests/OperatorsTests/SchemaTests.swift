import Foundations
import Graphs
import Operators
import Testing

@Suite struct SchemaTests {
  @Test func aSchemaIsReadInFull() throws {
    let schema = OperatorSchema("aten::add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1, float[]? scales=None, int[2] dims=[0, 1]) -> Tensor(a!)")
    #expect(schema.name == "aten.add_.Tensor")
    #expect(schema.parameters.map(\.name) == ["self", "other", "alpha", "scales", "dims"])
    #expect(schema.parameters.map(\.type) == ["Tensor", "Tensor", "Scalar", "float[]?", "int[2]"])
    #expect(schema.parameters.map(\.isKeywordOnly) == [false, false, true, true, true])
    #expect(schema.parameters.map(\.isWritten) == [true, false, false, false, false])
    #expect(schema.results == ["Tensor"])
    #expect(OperatorSchema("aten::relu(Tensor self) -> Tensor").name == "aten.relu.default")
    #expect(OperatorSchema("aten::max.dim(Tensor self, int dim) -> (Tensor values, Tensor indices)").results == ["Tensor", "Tensor"])
  }

  /// Each in-place form names a functional operator that exists and takes no argument it lacks.
  @Test func inPlaceFormsHaveFunctionalOnes() {
    for record in OperatorTable.standard.all {
      guard case .inPlace(let functional) = record.meaning else { continue }
      let target: OperatorRecord? = OperatorTable.standard[functional]
      #expect(target != nil, "\(record.name) needs \(functional)")
      #expect(record.schema.parameters.first?.isWritten == true, "\(record.name)")
    }
  }
}
