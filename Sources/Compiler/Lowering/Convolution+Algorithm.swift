import CRuntime
import Foundations
import Operators

extension Schedule.Convolution {
  /// The algorithm that the cost model expects to be fastest for the sizes as they are, or as an example has them (`lathe_nhwc_choose`);
  /// nil where a size has no example.
  func chosenAlgorithm(_ environment: ShapeEnvironment) -> Int32? {
    geometry(environment).map { withUnsafePointer(to: $0) { lathe_nhwc_choose($0) } }
  }

  /// The convolution of a dense image with the sizes as they are, or as an example has them; nil where a size has no example.
  func geometry(_ environment: ShapeEnvironment) -> lathe_nhwc_convolution? {
    let sizes: [Int] = (input.sizes + output).compactMap { size in size.constant ?? size.evaluate { environment.hints[$0] } }
    guard sizes.count == 8 else { return nil }
    var plan = lathe_nhwc_convolution()
    (plan.images, plan.channels, plan.height, plan.width) = (sizes[0], sizes[1], sizes[2], sizes[3])
    (plan.outputs, plan.out_height, plan.out_width) = (sizes[5], sizes[6], sizes[7])
    (plan.pixel_stride, plan.row_stride, plan.image_stride) = (sizes[1], sizes[1] * sizes[3], sizes[1] * sizes[3] * sizes[2])
    (plan.kernel, plan.stride) = ((kernel[0], kernel[1]), (stride[0], stride[1]))
    (plan.padding, plan.dilation) = ((padding[0], padding[1]), (dilation[0], dilation[1]))
    plan.groups = groups
    (plan.algorithm, plan.block_rows, plan.block_columns) = (choice.algorithm, choice.blockRows, choice.blockColumns)
    return plan
  }
}
