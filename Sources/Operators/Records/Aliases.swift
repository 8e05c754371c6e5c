import Foundations
import Graphs

extension OperatorTable {
  /// Operators that PyTorch keeps under a second name (`native_functions.yaml`: "alias for"), by the operator they are.
  private static let secondNames: [(alias: String, name: String)] =
    [
      ("absolute", "abs"), ("negative", "neg"), ("arccos", "acos"), ("arccosh", "acosh"), ("arcsin", "asin"), ("arcsinh", "asinh"),
      ("arctan", "atan"), ("arctanh", "atanh"), ("arctan2", "atan2"), ("clip", "clamp"), ("divide", "div"), ("multiply", "mul"), ("subtract", "sub"),
      ("greater", "gt"), ("greater_equal", "ge"), ("less", "lt"), ("less_equal", "le"), ("not_equal", "ne"), ("concat", "cat"),
      ("concatenate", "cat"), ("row_stack", "vstack"), ("moveaxis", "movedim"), ("special_logsumexp", "logsumexp"), ("special_exp2", "exp2"),
      ("special_expm1", "expm1"), ("special_log1p", "log1p"), ("special_round", "round"), ("special_sinc", "sinc"), ("special_i0", "i0"),
      ("special_erfc", "erfc"), ("special_erfinv", "erfinv"), ("special_gammaln", "lgamma"), ("special_digamma", "digamma"), ("special_psi", "digamma"),
      ("special_logit", "logit"), ("special_polygamma", "polygamma"), ("special_gammainc", "igamma"), ("special_gammaincc", "igammac"),
      ("special_xlogy", "xlogy"), ("_adaptive_avg_pool2d", "adaptive_avg_pool2d"), ("_adaptive_avg_pool3d", "adaptive_avg_pool3d"),
      ("_logcumsumexp", "logcumsumexp"), ("argwhere", "nonzero"), ("_unsafe_index", "index"), ("_unsafe_index_put", "index_put"),
    ]

  /// One record for each overload of each second name: the same parameters and the same meaning, in place too where that exists.
  static let aliases: [OperatorRecord] = {
    let originals: [OperatorRecord] = [
      elementwiseArithmetic, elementwiseFunctions, elementwiseComparison, views, inPlaceForms, reductions, scans, joining, selection, indexing, pooling,
    ].flatMap { $0 }
    var byName: [Substring: [OperatorRecord]] = [:]
    for record in originals { byName[record.name.base, default: []].append(record) }
    let recorded: Set<OperatorName> = Set(originals.map(\.name))
    return secondNames.flatMap { alias, name -> [OperatorRecord] in
      ["", "_"].flatMap { suffix -> [OperatorRecord] in
        (byName[Substring(name + suffix)] ?? []).map { original in
          let parameters: Substring = original.schema.text.dropFirst("aten::\(name)\(suffix)".count)
          return OperatorRecord("aten::\(alias)\(suffix)\(parameters)", original.meaning)
        }
      }
    }.filter { !recorded.contains($0.name) }
  }()
}
