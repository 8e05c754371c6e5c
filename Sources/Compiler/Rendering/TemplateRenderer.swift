import Foundations
import Graphs
import Operators

/// Writes the C structures that templates are called with.
struct TemplateRenderer {
  /// The C expression of a pointer to a buffer's first element.
  let pointer: (Schedule.BufferID) -> String

  /// The call of a template with an epilogue of that name.
  func run(_ template: Schedule.Template) throws -> String {
    switch template.computation {
    case .product(let product): "lathe_product_run(&(lathe_product)\(try self.product(product)), &epilogue)"
    case .convolution(let convolution):
      "lathe_nhwc_run(&(lathe_nhwc_convolution)\(try self.convolution(convolution)), \(try address(convolution.input)), \(pointer(convolution.packed)), &epilogue)"
    }
  }

  /// The number of floats of a folded constant.
  func elements(_ fold: Schedule.Fold) throws -> String {
    switch fold.form {
    case .panels(let product): "lathe_product_packed_elements(\(try CText.size(product.n)), \(try CText.size(product.k)))"
    case .weights(let convolution): "lathe_nhwc_packed_elements(&(lathe_nhwc_convolution)\(try weights(convolution)))"
    }
  }

  /// The call that makes a folded constant at `result`; `source` is the C of the tensor it is made of.
  func fold(_ fold: Schedule.Fold, of source: String, into result: String) throws -> String {
    switch fold.form {
    case .panels(let product):
      let right: Schedule.Product.Operand = product.right
      let (n, k): (String, String) = (try CText.size(product.n), try CText.size(product.k))
      return "lathe_product_pack(\(product.dtype.rawValue), \(n), \(k), \(try address(right.access)), \(try CText.size(right.row)), \(try CText.size(right.column)), \(result), LATHE_FORGETTING(\(source)))"
    case .weights(let convolution):
      return "lathe_nhwc_pack(&(lathe_nhwc_convolution)\(try weights(convolution)), \(pointer(fold.source)), \(result))"
    }
  }

  /// What the packing of weights depends on: nothing of the images.
  private func weights(_ convolution: Schedule.Convolution) throws -> String {
    let channels: [String] = [".channels = \(try CText.size(convolution.input.sizes[1]))", ".outputs = \(try CText.size(convolution.output[1]))"]
    return "{\((channels + [pair("kernel", convolution.kernel), ".groups = \(convolution.groups)", ".algorithm = \(convolution.choice.algorithm)"]).joined(separator: ", "))}"
  }

  private func convolution(_ convolution: Schedule.Convolution) throws -> String {
    let input: [String] = try convolution.input.sizes.map { try CText.size($0) }
    let strides: [String] = try convolution.input.strides.map { try CText.size($0) }
    let output: [String] = try convolution.output.map { try CText.size($0) }
    let fields: [String] = [
      ".images = \(input[0])", ".height = \(input[2])", ".width = \(input[3])", ".channels = \(input[1])", ".out_height = \(output[2])",
      ".out_width = \(output[3])", ".outputs = \(output[1])", ".image_stride = \(strides[0])", ".row_stride = \(strides[2])", ".pixel_stride = \(strides[3])",
      pair("kernel", convolution.kernel), pair("stride", convolution.stride), pair("padding", convolution.padding), pair("dilation", convolution.dilation),
      ".groups = \(convolution.groups)", ".algorithm = \(convolution.choice.algorithm)",
    ]
    return "{\((fields + blocks(convolution.choice.blockRows, convolution.choice.blockColumns)).joined(separator: ", "))}"
  }
  private func blocks(_ rows: Int, _ columns: Int) -> [String] {
    (rows == 0 ? [] : [".block_rows = \(rows)"]) + (columns == 0 ? [] : [".block_columns = \(columns)"])
  }

  private func product(_ product: Schedule.Product) throws -> String {
    var fields: [String] = [
      ".dtype = \(product.dtype.rawValue)", ".m = \(try CText.size(product.m))", ".n = \(try CText.size(product.n))", ".k = \(try CText.size(product.k))",
      ".a = \(try address(product.left.access))", ".a_row = \(try CText.size(product.left.row))", ".a_column = \(try CText.size(product.left.column))",
    ]
    if product.choice.library != 0 { fields.append(".library = \(product.choice.library)") }
    fields += blocks(product.choice.blockRows, product.choice.blockColumns)
    if let packed = product.packed, product.choice.library == 0 { fields.append(".packed = \(pointer(packed))") } else {
      fields += [
        ".b = \(try address(product.right.access))", ".b_row = \(try CText.size(product.right.row))", ".b_column = \(try CText.size(product.right.column))",
      ]
    }
    if !product.batches.isEmpty {
      fields.append(".batch_rank = \(product.batches.count)")
      fields.append(".batch_sizes = {\(try product.batches.map { try CText.size($0.size) }.joined(separator: ", "))}")
      fields.append(".a_batch = {\(try product.batches.map { try CText.size($0.left) }.joined(separator: ", "))}")
      fields.append(".b_batch = {\(try product.batches.map { try CText.size($0.right) }.joined(separator: ", "))}")
    }
    return "{\(fields.joined(separator: ", "))}"
  }

  /// The call of a template that gives its result to memory.
  func run(_ template: Schedule.DirectTemplate) throws -> String {
    switch template.computation {
    case .attention(let isCausal, let scale):
      var views: [String] = try ([template.result] + template.operands).map { try view($0) }
      if views.count < 5 { views.append("NULL") }
      return "lathe_attention(\(views.joined(separator: ", ")), \(isCausal), \(CText.number(scale, "")))"
    case .pool(let pool):
      let fields: String = try self.pool(pool, template.operands[0], template.result)
      let places: String = "\(try address(template.operands[0])), \(try address(template.result))"
      return pool.isMaximum
        ? "lathe_nhwc_max_pool(&(lathe_nhwc_pool)\(fields), \(places))"
        : "lathe_nhwc_average_pool(&(lathe_nhwc_pool)\(fields), \(pool.countsPadding), \(pool.divisor), \(places))"
    }
  }

  private func pool(_ pool: TemplateForm.Pool, _ input: Schedule.View, _ output: Schedule.View) throws -> String {
    let (sizes, out): ([String], [String]) = (try input.sizes.map { try CText.size($0) }, try output.sizes.map { try CText.size($0) })
    let (strides, outStrides): ([String], [String]) = (try input.strides.map { try CText.size($0) }, try output.strides.map { try CText.size($0) })
    let fields: [String] = [
      ".images = \(sizes[0])", ".height = \(sizes[2])", ".width = \(sizes[3])", ".channels = \(sizes[1])", ".out_height = \(out[2])", ".out_width = \(out[3])",
      ".image_stride = \(strides[0])", ".row_stride = \(strides[2])", ".pixel_stride = \(strides[3])", ".out_image_stride = \(outStrides[0])",
      ".out_row_stride = \(outStrides[2])", ".out_pixel_stride = \(outStrides[3])", pair("kernel", pool.kernel), pair("stride", pool.stride),
      pair("padding", pool.padding), pair("dilation", pool.dilation),
    ]
    return "{\(fields.joined(separator: ", "))}"
  }
  private func pair(_ name: String, _ values: [Int]) -> String { ".\(name) = {\(values[0]), \(values[1])}" }

  private func view(_ view: Schedule.View) throws -> String {
    let sizes: String = try view.sizes.map { try CText.size($0) }.joined(separator: ", ")
    let strides: String = try view.strides.map { try CText.size($0) }.joined(separator: ", ")
    return
      "&(lathe_view){.data = (void *)(\(try address(view))), .dtype = \(view.dtype.rawValue), .rank = \(view.sizes.count), .sizes = {\(sizes)}, .strides = {\(strides)}}"
  }

  private func address(_ view: Schedule.View) throws -> String {
    try address(Schedule.Access(buffer: view.buffer, dtype: view.dtype, strides: [], offset: view.offset))
  }
  private func address(_ access: Schedule.Access) throws -> String {
    let base: String = "(\(CText.storage(access.dtype)) *)\(pointer(access.buffer))"
    return access.offset == 0 ? base : "\(base) + \(try CText.size(access.offset))"
  }
}
