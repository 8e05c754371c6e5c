import Testing

@testable import Foundations

/// Tables that PyTorch 2.6 printed.
struct TypePromotionTests {
  private static func type(_ name: some StringProtocol) -> DType { DType.allCases.first { "\($0)" == name }! }

  /// `torch.promote_types(row, column)` with the columns in the order of the rows; `-` where PyTorch refuses.
  static let promotions: String = """
    bool: bool u8 i8 i16 i32 i64 f16 bf16 f32 f64 - - - c32 c64 c128 - - - -
    u8: u8 u8 i16 i16 i32 i64 f16 bf16 f32 f64 - - - c32 c64 c128 - - - -
    i8: i8 i16 i8 i16 i32 i64 f16 bf16 f32 f64 - - - c32 c64 c128 - - - -
    i16: i16 i16 i16 i16 i32 i64 f16 bf16 f32 f64 - - - c32 c64 c128 - - - -
    i32: i32 i32 i32 i32 i32 i64 f16 bf16 f32 f64 - - - c32 c64 c128 - - - -
    i64: i64 i64 i64 i64 i64 i64 f16 bf16 f32 f64 - - - c32 c64 c128 - - - -
    f16: f16 f16 f16 f16 f16 f16 f16 f32 f32 f64 f16 f16 f16 c32 c64 c128 - - - -
    bf16: bf16 bf16 bf16 bf16 bf16 bf16 f32 bf16 f32 f64 bf16 bf16 bf16 c64 c64 c128 - - - -
    f32: f32 f32 f32 f32 f32 f32 f32 f32 f32 f64 f32 f32 f32 c64 c64 c128 - - - -
    f64: f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 c128 c128 c128 - - - -
    u16: - - - - - - f16 bf16 f32 f64 u16 - - - - - - - - -
    u32: - - - - - - f16 bf16 f32 f64 - u32 - - - - - - - -
    u64: - - - - - - f16 bf16 f32 f64 - - u64 - - - - - - -
    c32: c32 c32 c32 c32 c32 c32 c32 c64 c64 c128 - - - c32 c64 c128 - - - -
    c64: c64 c64 c64 c64 c64 c64 c64 c64 c64 c128 - - - c64 c64 c128 - - - -
    c128: c128 c128 c128 c128 c128 c128 c128 c128 c128 c128 - - - c128 c128 c128 - - - -
    f8e4m3fn: - - - - - - - - - - - - - - - - f8e4m3fn - - -
    f8e5m2: - - - - - - - - - - - - - - - - - f8e5m2 - -
    f8e4m3fnuz: - - - - - - - - - - - - - - - - - - f8e4m3fnuz -
    f8e5m2fnuz: - - - - - - - - - - - - - - - - - - - f8e5m2fnuz
    """

  @Test func promotesAsPyTorch() {
    let rows = TypePromotionTests.promotions.split(separator: "\n").map { $0.split(whereSeparator: { $0 == " " || $0 == ":" }) }
    var compared = 0
    for row in rows {
      for (column, expected) in zip(rows.map { $0[0] }, row.dropFirst()) where expected != "-" {
        let result = TypePromotion.promote(TypePromotionTests.type(row[0]), TypePromotionTests.type(column))
        #expect("\(result)" == expected, "\(row[0]) with \(column)")
        compared += 1
      }
    }
    #expect(compared == 200)
  }

  /// `torch.result_type(ones([2], a), ones([], b))` as a,b,result.
  static let withZeroDimensional: String = """
    bool,bool,bool bool,u8,u8 bool,i8,i8 bool,i16,i16 bool,i32,i32 bool,i64,i64 bool,f16,f16 bool,bf16,bf16 bool,f32,f32 bool,f64,f64
    bool,c64,c64 u8,bool,u8 u8,u8,u8 u8,i8,u8 u8,i16,u8 u8,i32,u8 u8,i64,u8 u8,f16,f16 u8,bf16,bf16 u8,f32,f32 u8,f64,f64 u8,c64,c64
    i8,bool,i8 i8,u8,i8 i8,i8,i8 i8,i16,i8 i8,i32,i8 i8,i64,i8 i8,f16,f16 i8,bf16,bf16 i8,f32,f32 i8,f64,f64 i8,c64,c64 i16,bool,i16
    i16,u8,i16 i16,i8,i16 i16,i16,i16 i16,i32,i16 i16,i64,i16 i16,f16,f16 i16,bf16,bf16 i16,f32,f32 i16,f64,f64 i16,c64,c64 i32,bool,i32
    i32,u8,i32 i32,i8,i32 i32,i16,i32 i32,i32,i32 i32,i64,i32 i32,f16,f16 i32,bf16,bf16 i32,f32,f32 i32,f64,f64 i32,c64,c64 i64,bool,i64
    i64,u8,i64 i64,i8,i64 i64,i16,i64 i64,i32,i64 i64,i64,i64 i64,f16,f16 i64,bf16,bf16 i64,f32,f32 i64,f64,f64 i64,c64,c64 f16,bool,f16
    f16,u8,f16 f16,i8,f16 f16,i16,f16 f16,i32,f16 f16,i64,f16 f16,f16,f16 f16,bf16,f16 f16,f32,f16 f16,f64,f16 f16,c64,c32 bf16,bool,bf16
    bf16,u8,bf16 bf16,i8,bf16 bf16,i16,bf16 bf16,i32,bf16 bf16,i64,bf16 bf16,f16,bf16 bf16,bf16,bf16 bf16,f32,bf16 bf16,f64,bf16
    bf16,c64,c64 f32,bool,f32 f32,u8,f32 f32,i8,f32 f32,i16,f32 f32,i32,f32 f32,i64,f32 f32,f16,f32 f32,bf16,f32 f32,f32,f32 f32,f64,f32
    f32,c64,c64 f64,bool,f64 f64,u8,f64 f64,i8,f64 f64,i16,f64 f64,i32,f64 f64,i64,f64 f64,f16,f64 f64,bf16,f64 f64,f32,f64 f64,f64,f64
    f64,c64,c128 c64,bool,c64 c64,u8,c64 c64,i8,c64 c64,i16,c64 c64,i32,c64 c64,i64,c64 c64,f16,c64 c64,bf16,c64 c64,f32,c64 c64,f64,c64
    """

  @Test func aZeroDimensionalTensorMattersOnlyByItsCategory() {
    for entry in TypePromotionTests.withZeroDimensional.split(whereSeparator: \.isWhitespace) {
      let types = entry.split(separator: ",").map(TypePromotionTests.type)
      let result = TypePromotion.resultType([.tensor(types[0], rank: 1), .tensor(types[1], rank: 0)])
      #expect(result == types[2], "\(entry)")
    }
  }

  /// `torch.result_type(ones of type a and the rank, number)` as a,number,result,rank; numbers are b: True, i: 3, d: 2.5.
  static let withNumbers: String = """
    bool,b,bool,1 bool,b,bool,0 bool,i,i64,1 bool,i,i64,0 bool,d,f32,1 bool,d,f32,0 u8,b,u8,1 u8,b,u8,0 u8,i,u8,1 u8,i,u8,0 u8,d,f32,1
    u8,d,f32,0 i8,b,i8,1 i8,b,i8,0 i8,i,i8,1 i8,i,i8,0 i8,d,f32,1 i8,d,f32,0 i16,b,i16,1 i16,b,i16,0 i16,i,i16,1 i16,i,i16,0 i16,d,f32,1
    i16,d,f32,0 i32,b,i32,1 i32,b,i32,0 i32,i,i32,1 i32,i,i32,0 i32,d,f32,1 i32,d,f32,0 i64,b,i64,1 i64,b,i64,0 i64,i,i64,1 i64,i,i64,0
    i64,d,f32,1 i64,d,f32,0 f16,b,f16,1 f16,b,f16,0 f16,i,f16,1 f16,i,f16,0 f16,d,f16,1 f16,d,f16,0 bf16,b,bf16,1 bf16,b,bf16,0
    bf16,i,bf16,1 bf16,i,bf16,0 bf16,d,bf16,1 bf16,d,bf16,0 f32,b,f32,1 f32,b,f32,0 f32,i,f32,1 f32,i,f32,0 f32,d,f32,1 f32,d,f32,0
    f64,b,f64,1 f64,b,f64,0 f64,i,f64,1 f64,i,f64,0 f64,d,f64,1 f64,d,f64,0
    """

  @Test func aNumberMattersOnlyByItsCategory() {
    let numbers: [Substring: Scalar] = ["b": .bool(true), "i": .int(3), "d": .double(2.5)]
    for entry in TypePromotionTests.withNumbers.split(whereSeparator: \.isWhitespace) {
      let fields = entry.split(separator: ",")
      let operand = TypePromotion.Operand.tensor(TypePromotionTests.type(fields[0]), rank: Int(fields[3])!)
      let result = TypePromotion.resultType([operand, .scalar(numbers[fields[1]]!.dtype)])
      #expect("\(result)" == fields[2], "\(entry)")
    }
  }

  /// `torch.can_cast(row, column)` for the types of the rows: those that a row can become.
  static let casts: String = """
    bool: bool u8 i8 i16 i32 i64 f16 bf16 f32 f64 c64 c128 u16 f8e5m2
    u8: u8 i8 i16 i32 i64 f16 bf16 f32 f64 c64 c128 u16 f8e5m2
    i8: u8 i8 i16 i32 i64 f16 bf16 f32 f64 c64 c128 u16 f8e5m2
    i16: u8 i8 i16 i32 i64 f16 bf16 f32 f64 c64 c128 u16 f8e5m2
    i32: u8 i8 i16 i32 i64 f16 bf16 f32 f64 c64 c128 u16 f8e5m2
    i64: u8 i8 i16 i32 i64 f16 bf16 f32 f64 c64 c128 u16 f8e5m2
    f16: f16 bf16 f32 f64 c64 c128 f8e5m2
    bf16: f16 bf16 f32 f64 c64 c128 f8e5m2
    f32: f16 bf16 f32 f64 c64 c128 f8e5m2
    f64: f16 bf16 f32 f64 c64 c128 f8e5m2
    c64: c64 c128
    c128: c64 c128
    u16: u8 i8 i16 i32 i64 f16 bf16 f32 f64 c64 c128 u16 f8e5m2
    f8e5m2: f16 bf16 f32 f64 c64 c128 f8e5m2
    """

  @Test func castsAsPyTorchSays() {
    let rows: [(from: String, to: [Substring])] = TypePromotionTests.casts.split(separator: "\n").map { line in
      let parts = line.split(separator: ":")
      return (String(parts[0]), parts[1].split(separator: " "))
    }
    for row in rows {
      for column in rows {
        let isExpected: Bool = row.to.contains { $0 == column.from }
        #expect(TypePromotion.canCast(Self.type(row.from), to: Self.type(column.from)) == isExpected, "\(row.from) to \(column.from)")
      }
    }
  }
}
