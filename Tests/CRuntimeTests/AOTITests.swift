import CRuntime
import Testing

/// The stable C functions, as a compiled graph calls them.
@Suite struct AOTITests {
  /// A handle that is deleted at the end.
  private final class Handle {
    var tensor: AtenTensorHandle?
    init(_ make: (UnsafeMutablePointer<AtenTensorHandle?>) -> Int32) { status = make(&tensor) }
    var status: Int32 = 0
    deinit { aoti_torch_delete_tensor_object(tensor) }
    var sizes: [Int] { Array(UnsafeBufferPointer(start: lathe_tensor_sizes(tensor!), count: Int(tensor!.pointee.view.rank))) }
    var strides: [Int] { Array(UnsafeBufferPointer(start: lathe_tensor_strides(tensor!), count: Int(tensor!.pointee.view.rank))) }
    var floats: UnsafeMutablePointer<Float> { tensor!.pointee.view.data.assumingMemoryBound(to: Float.self) }
  }
  private func empty(_ sizes: [Int64], _ strides: [Int64], _ dtype: Int32 = 6) -> Handle {
    Handle { aoti_torch_empty_strided(Int64(sizes.count), sizes, strides, dtype, 0, -1, $0) }
  }
  private var failure: String { String(cString: torch_exception_get_what_without_backtrace()) }

  @Test func dtypeNumbersGoBothWays() {
    let sizes: [Int] = [1, 1, 1, 2, 4, 8, 2, 2, 4, 8, 2, 4, 8, 4, 8, 16, 1, 1, 1, 1, 1]
    for dtype in 0..<Int32(21) {
      #expect(lathe_dtype_from_c10(lathe_dtype_to_c10(dtype)) == dtype)
      #expect(aoti_torch_dtype_element_size(lathe_dtype_to_c10(dtype)) == sizes[Int(dtype)])
    }
    #expect(lathe_dtype_from_c10(12) == -1)
    #expect(aoti_torch_dtype_float32() == 6)
    #expect(aoti_torch_dtype_bfloat16() == 15)
    #expect(aoti_torch_dtype_bool() == 11)
    #expect(aoti_torch_abi_version() == 0x020f_0000_0000_0000)
  }

  @Test func propertiesAreTheTensors() throws {
    let handle = empty([2, 3, 4], [20, 5, 1])
    let tensor = try #require(handle.tensor)
    var (dim, numel, storage, elements, offset, size, stride): (Int64, Int64, Int64, Int64, Int64, Int64, Int64) = (0, 0, 0, 0, 9, 0, 0)
    var (dtype, device, index, layout): (Int32, Int32, Int32, Int32) = (0, 9, 9, 9)
    var (contiguous, defined) = (true, false)
    #expect(aoti_torch_get_dim(tensor, &dim) == 0 && dim == 3)
    #expect(aoti_torch_get_numel(tensor, &numel) == 0 && numel == 24)
    #expect(aoti_torch_get_storage_size(tensor, &storage) == 0 && storage == 34 * 4)
    #expect(aoti_torch_get_storage_numel(tensor, &elements) == 0 && elements == 34)
    #expect(aoti_torch_get_storage_offset(tensor, &offset) == 0 && offset == 0)
    #expect(aoti_torch_get_size(tensor, -2, &size) == 0 && size == 3)
    #expect(aoti_torch_get_stride(tensor, 0, &stride) == 0 && stride == 20)
    #expect(aoti_torch_get_dtype(tensor, &dtype) == 0 && dtype == 6)
    #expect(aoti_torch_get_device_type(tensor, &device) == 0 && device == 0)
    #expect(aoti_torch_get_device_index(tensor, &index) == 0 && index == -1)
    #expect(aoti_torch_get_layout(tensor, &layout) == 0 && layout == 0)
    #expect(aoti_torch_is_contiguous(tensor, &contiguous) == 0 && !contiguous)
    #expect(aoti_torch_is_defined(tensor, &defined) == 0 && defined)
    #expect(aoti_torch_get_size(tensor, 3, &size) == 1)
    #expect(failure == "dimension 3 is out of range for a tensor of 3 dimensions")
  }

  @Test func undefinedTensorsAreErrorsUntilAssigned() throws {
    let handle = Handle { aoti_torch_new_uninitialized_tensor($0) }
    let tensor = try #require(handle.tensor)
    var (defined, dim) = (true, Int64(0))
    #expect(aoti_torch_is_defined(tensor, &defined) == 0 && !defined)
    #expect(aoti_torch_get_dim(tensor, &dim) == 1)
    #expect(failure == "aoti_torch_get_dim was called on an undefined tensor")
    let source = empty([2], [1])
    #expect(aoti_torch_assign_tensors(source.tensor, tensor) == 0)
    #expect(handle.floats == source.floats)
    let second = Handle { aoti_torch_new_tensor_handle(tensor, $0) }
    #expect(second.floats == source.floats)
  }

  @Test func viewsShareBytesAndCountFromTheirBase() throws {
    let base = empty([4, 3], [3, 1])
    for i in 0..<12 { base.floats[i] = Float(i) }
    let row = Handle { aoti_torch__reinterpret_tensor(base.tensor, 1, [3], [1], 6, $0) }
    #expect(row.floats[0] == 6)
    let element = Handle { aoti_torch__reinterpret_tensor(row.tensor, 0, nil, nil, 1, $0) }
    var (value, offset): (Float, Int64) = (0, 0)
    #expect(aoti_torch_item_float32(element.tensor, &value) == 0 && value == 7)
    #expect(aoti_torch_get_storage_offset(element.tensor, &offset) == 0 && offset == 7)
    let transposed = Handle { aoti_torch_as_strided(base.tensor, [3, 4], [1, 3], $0) }
    #expect(transposed.floats[1 * 3 + 2] == 5)
    let pooled = Handle { aoti_torch__alloc_from_pool(base.tensor, 16, 7, 1, [2], [1], $0) }
    #expect(UnsafeMutableRawPointer(pooled.floats) == UnsafeMutableRawPointer(base.floats + 4))
    let odd = Handle { aoti_torch__alloc_from_pool(base.tensor, 4, 7, 1, [2], [1], $0) }
    #expect(odd.status == 1)
  }

  @Test func clonesKeepTheOrderOfDimensions() throws {
    let base = empty([2, 3, 4], [12, 1, 3])  // channels last
    for i in 0..<24 { base.floats[i] = Float(i) }
    let clone = Handle { aoti_torch_clone(base.tensor, $0) }
    #expect(clone.strides == [12, 1, 3])
    #expect((0..<24).allSatisfy { clone.floats[$0] == Float($0) })
    let gappy = Handle { aoti_torch__reinterpret_tensor(base.tensor, 2, [2, 3], [12, 2], 1, $0) }
    let dense = Handle { aoti_torch_clone(gappy.tensor, $0) }
    #expect(dense.strides == [3, 1])
    #expect((0..<6).map { dense.floats[$0] } == [1, 3, 5, 13, 15, 17])
    let same = Handle { aoti_torch_clone_preserve_strides(gappy.tensor, $0) }
    #expect(same.strides == [12, 2])
    #expect(same.floats[12 + 4] == 17)
  }

  @Test func copiesConvertAndBroadcast() throws {
    let target = empty([2, 3], [3, 1], 7)
    let row = empty([3], [1])
    for i in 0..<3 { row.floats[i] = Float(i) + 0.5 }
    #expect(aoti_torch_copy_(target.tensor, row.tensor, 0) == 0)
    let doubles = target.tensor!.pointee.view.data.assumingMemoryBound(to: Double.self)
    #expect((0..<6).map { doubles[$0] } == [0.5, 1.5, 2.5, 0.5, 1.5, 2.5])
    #expect(aoti_torch_zero_(target.tensor) == 0)
    #expect((0..<6).allSatisfy { doubles[$0] == 0 })
    #expect(aoti_torch_copy_(row.tensor, target.tensor, 0) == 1)
    #expect(failure == "a copy between tensors whose sizes do not agree")
  }

  @Test func complexNumbersAreCopiedWhole() throws {
    let source = Handle { aoti_torch_scalar_to_tensor_complex128(lathe_complex128(real: 1, imaginary: 2), $0) }
    let clone = Handle { aoti_torch_clone(source.tensor, $0) }
    let parts = clone.tensor!.pointee.view.data.assumingMemoryBound(to: Double.self)
    #expect(parts[0] == 1 && parts[1] == 2)
    let single = Handle { aoti_torch_scalar_to_tensor_complex64(lathe_complex64(real: 3, imaginary: 4), $0) }
    var value = lathe_complex64()
    #expect(aoti_torch_item_complex64(single.tensor, &value) == 0)
    #expect(value.real == 3 && value.imaginary == 4)
  }

  @Test func numbersGoInAndOutOfTensors() throws {
    let integer = Handle { aoti_torch_scalar_to_tensor_int64(-5, $0) }
    var (wide, narrow): (Int64, Int32) = (0, 0)
    #expect(integer.sizes.isEmpty)
    #expect(aoti_torch_item_int64(integer.tensor, &wide) == 0 && wide == -5)
    #expect(aoti_torch_item_int32(integer.tensor, &narrow) == 1)
    let flag = Handle { aoti_torch_scalar_to_tensor_bool(true, $0) }
    var truth = false
    #expect(aoti_torch_item_bool(flag.tensor, &truth) == 0 && truth)
    let many = empty([2], [1])
    var float: Float = 0
    #expect(aoti_torch_item_float32(many.tensor, &float) == 1)
    #expect(failure == "a tensor of 2 elements has no single one")
  }

  @Test(arguments: [([Int64(-1)], [Int64(1)]), ([2], [-1]), ([1 << 40, 1 << 40], [1 << 40, 1])])
  func impossibleSizesAreErrors(_ sizes: [Int64], _ strides: [Int64]) {
    #expect(empty(sizes, strides).status == 1)
    #expect(empty([Int64](repeating: 1, count: 17), [Int64](repeating: 1, count: 17)).status == 1)
    #expect(empty([1], [1], 12).status == 1)
    #expect(Handle { aoti_torch_empty_strided(0, nil, nil, 6, 1, 0, $0) }.status == 1)
  }

  @Test func aBlobIsUsedInPlace() throws {
    var numbers: [Float] = [1, 2, 3, 4]
    try numbers.withUnsafeMutableBufferPointer { numbers in
      let handle = Handle {
        aoti_torch_create_tensor_from_blob_v2(numbers.baseAddress, 1, [2], [1], 2, 6, 0, -1, $0, aoti_torch_layout_strided(), nil, 0)
      }
      _ = try #require(handle.tensor)
      #expect(handle.floats == numbers.baseAddress! + 2)
      handle.floats[1] = 9
    }
    #expect(numbers == [1, 2, 3, 9])
  }

  @Test func handlesHoldTheirStorage() throws {
    let storage = try #require(lathe_storage_allocate(64))
    let handle = try #require(lathe_tensor_make(storage, 8, 1, [4], [1], 2))
    lathe_storage_release(storage)
    #expect(handle.pointee.storage == storage)
    #expect(handle.pointee.view.data == lathe_storage_data(storage) + 8)
    aoti_torch_delete_tensor_object(handle)
  }

  @Test func theGradientModeIsKept() {
    #expect(aoti_torch_grad_mode_is_enabled())
    aoti_torch_grad_mode_set_enabled(false)
    #expect(!aoti_torch_grad_mode_is_enabled())
    aoti_torch_grad_mode_set_enabled(true)
  }
}
