import Foundations
import Graphs

extension OperatorTable {
  /// Dropout (`ATen/native/Dropout.cpp`): outside training it passes its input on; in training only what draws no random numbers runs.
  static let dropouts: [OperatorRecord] =
    ["dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"].flatMap { name in
      [
        OperatorRecord("aten::\(name)(Tensor input, float p, bool train) -> Tensor", .composite { c in
          guard try drops(c) else { return [c["input"]] }
          return [try c("aten.mul.Scalar", c["input"], .double(0))]
        }),
        OperatorRecord("aten::\(name)_(Tensor(a!) self, float p, bool train) -> Tensor(a!)", .composite { c in
          guard try drops(c) else { return [c["self"]] }
          return [try c("aten.mul_.Scalar", c["self"], .double(0))]
        }),
      ]
    }
    + [
      OperatorRecord("aten::native_dropout(Tensor input, float p, bool? train) -> (Tensor, Tensor)", .composite { c in
        let keywords: KeyValuePairs<String, Value> = ["dtype": .dtype(.bool)]
        guard try drops(c) else { return [try c("aten.clone.default", c["input"]), try c("aten.ones_like.default", c["input"], keywords: keywords)] }
        return [try c("aten.mul.Scalar", c["input"], .double(0)), try c("aten.zeros_like.default", c["input"], keywords: keywords)]
      })
    ]

  /// Whether everything is dropped; false where nothing is.
  private static func drops(_ c: Composer) throws -> Bool {
    let p: Double = try c.call.double("p")
    guard p >= 0, p <= 1 else { throw c.call.failure("dropout probability has to be between 0 and 1, but got \(p)") }
    let trains: Bool = c["train"].isNone ? true : try c.call.flag("train")
    if p == 0 || !trains { return false }
    if p == 1 { return true }
    throw LatheError.unsupported(
      "\(c.call.schema.name) in training mode drops elements at random (p = \(p)); export the program in evaluation mode (model.eval()) to run it")
  }
}
