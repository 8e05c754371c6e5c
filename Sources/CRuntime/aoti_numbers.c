#include "lathe_tensor.h"

// The numbers of c10 (DeviceType.h, ScalarType.h, Layout.h, MemoryFormat.h), which never change.

#define NUMBER(name, value) int32_t aoti_torch_##name(void) { return value; }
NUMBER(device_type_cpu, 0)
NUMBER(device_type_cuda, 1)
NUMBER(device_type_xpu, 12)
NUMBER(device_type_mps, 13)
NUMBER(device_type_meta, 14)
NUMBER(device_type_privateuse1, 20)
NUMBER(layout_strided, 0)
NUMBER(layout_sparse_coo, 1)
NUMBER(layout_sparse_csr, 2)
NUMBER(layout__mkldnn, 3)
NUMBER(layout_sparse_csc, 4)
NUMBER(layout_sparse_bsr, 5)
NUMBER(layout_sparse_bsc, 6)
NUMBER(layout_jagged, 7)
NUMBER(memory_format_contiguous_format, 0)
NUMBER(memory_format_preserve_format, 1)
NUMBER(memory_format_channels_last, 2)
NUMBER(memory_format_channels_last_3d, 3)

// name, DType raw value, c10 number, bytes
#define DTYPES(X) \
  X(bool, 0, 11, 1) X(uint8, 1, 0, 1) X(int8, 2, 1, 1) X(int16, 3, 2, 2) X(int32, 4, 3, 4) X(int64, 5, 4, 8) \
  X(float16, 6, 5, 2) X(bfloat16, 7, 15, 2) X(float32, 8, 6, 4) X(float64, 9, 7, 8) \
  X(uint16, 10, 27, 2) X(uint32, 11, 28, 4) X(uint64, 12, 29, 8) \
  X(complex32, 13, 8, 4) X(complex64, 14, 9, 8) X(complex128, 15, 10, 16) \
  X(float8_e4m3fn, 16, 24, 1) X(float8_e5m2, 17, 23, 1) X(float8_e4m3fnuz, 18, 26, 1) X(float8_e5m2fnuz, 19, 25, 1) \
  X(float8_e8m0fnu, 20, 44, 1)

#define DTYPE_NUMBER(name, dtype, number, bytes) int32_t aoti_torch_dtype_##name(void) { return number; }
DTYPES(DTYPE_NUMBER)

size_t lathe_dtype_bytes(int32_t dtype) {
  switch (dtype) {
#define DTYPE_BYTES(name, dtype, number, bytes) case dtype: return bytes;
    DTYPES(DTYPE_BYTES)
    default: return 0;
  }
}

int32_t lathe_dtype_to_c10(int32_t dtype) {
  switch (dtype) {
#define DTYPE_TO(name, dtype, number, bytes) case dtype: return number;
    DTYPES(DTYPE_TO)
    default: return -1;
  }
}

int32_t lathe_dtype_from_c10(int32_t number) {
  switch (number) {
#define DTYPE_FROM(name, dtype, number, bytes) case number: return dtype;
    DTYPES(DTYPE_FROM)
    default: return -1;
  }
}

size_t aoti_torch_dtype_element_size(int32_t dtype) { return lathe_dtype_bytes(lathe_dtype_from_c10(dtype)); }

/// PyTorch 2.15, whose functions these are.
uint64_t aoti_torch_abi_version(void) { return 0x020f000000000000; }
