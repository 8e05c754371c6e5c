import Foundations

/// The functions and classes a pickle may name: PyTorch's list for `torch.load(weights_only=True)` (`torch/_weights_only_unpickler.py`).
enum PickleGlobal {
  /// An element type.
  case dtype(DType)
  /// A typed storage class, or the untyped one.
  case storageClass(DType?)
  /// Something that is called by its name.
  case callable(String)

  /// nil for what is not on the list.
  init?(module: String, name: String) {
    let full = "\(module).\(name)"
    if module == "torch" || module == "torch.storage" {
      if let type = PickleGlobal.storageTypes[name] {
        self = .storageClass(type)
        return
      }
    }
    if name == "UntypedStorage" || name == "TypedStorage", module == "torch" || module == "torch.storage" {
      self = .storageClass(nil)
      return
    }
    if module == "torch", let type = DType.allCases.first(where: { $0.torchName == name }) ?? PickleGlobal.aliases[name] {
      self = .dtype(type)
      return
    }
    guard PickleGlobal.callables.contains(full) || (module.hasPrefix("torch") && name.hasSuffix("Tensor") && PickleGlobal.tensorModules.contains(module))
    else { return nil }
    self = .callable(full)
  }

  /// Modules that PyTorch never loads anything of, even when allowed by the user.
  static let blockedModules: Set<String> = ["sys", "os", "posix", "nt"]

  private static let tensorModules: Set<String> = ["torch", "torch.cuda", "torch.sparse", "torch.cuda.sparse"]
  private static let aliases: [String: DType] = ["float": .f32, "double": .f64, "half": .f16, "int": .i32, "long": .i64, "short": .i16]
  private static let storageTypes: [String: DType] = [
    "DoubleStorage": .f64, "FloatStorage": .f32, "HalfStorage": .f16, "LongStorage": .i64, "IntStorage": .i32, "ShortStorage": .i16,
    "CharStorage": .i8, "ByteStorage": .u8, "BoolStorage": .bool, "BFloat16Storage": .bf16, "ComplexDoubleStorage": .c128,
    "ComplexFloatStorage": .c64,
  ]
  private static let callables: Set<String> = [
    "collections.OrderedDict", "collections.Counter", "_codecs.encode", "builtins.bytearray", "builtins.set", "builtins.complex",
    "__builtin__.bytearray", "__builtin__.set", "__builtin__.complex", "torch.Size", "torch.device", "torch.nn.parameter.Parameter",
    "torch.serialization._get_layout", "torch._tensor._rebuild_from_type_v2", "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_tensor_v3", "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
    "torch._utils._rebuild_qtensor", "torch._utils._rebuild_sparse_tensor", "torch._utils._rebuild_meta_tensor_no_storage",
    "torch._utils._rebuild_nested_tensor", "torch._utils._rebuild_wrapper_subclass", "torch._utils._rebuild_device_tensor_from_numpy",
    "torch._utils._rebuild_device_tensor_from_cpu_tensor", "torch.per_tensor_affine", "torch.per_channel_affine", "torch.per_tensor_symmetric",
    "torch.per_channel_symmetric", "torch.per_channel_affine_float_qparams",
  ]
}
