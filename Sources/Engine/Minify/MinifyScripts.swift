import Foundation

/// Scripts that reproduce a failure from the files beside them.
enum MinifyScripts {
  /// For Lathe. It ends with status 1 where the program still fails, with 0 where it does not.
  /// - Parameter environment: variables of Lathe in it, such as the compiler's, are part of the failure.
  static func shell(_ report: MinifyReport, environment: [String: String]) -> String {
    var lines: [String] = [
      "#!/bin/sh", "# \(oneLine(report.failure.sentence))", "# Ends with status 1 while it fails (\(report.fails)), with 0 once it does not. LATHE names the program, lathe where it is not set.",
      "cd \"$(dirname \"$0\")\" || exit 2",
    ]
    for (name, value) in environment.sorted(by: { $0.key < $1.key }) where name == "OMP_NUM_THREADS" || name.hasPrefix("LATHE_") {
      lines.append("export \(name)=\(quoted(value))")
    }
    lines.append(
      "exec \"${LATHE:-lathe}\" minify \(MinifyFiles.programName) --inputs minimal.inputs.safetensors --fails \(quoted(report.fails)) --mode \(report.mode) --run-once")
    return lines.joined(separator: "\n") + "\n"
  }

  private static func oneLine(_ text: String) -> String { text.split(whereSeparator: \.isNewline).joined(separator: " ") }
  private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }

  /// For PyTorch, 2.6 and later: whether its own compiler fails on the program, too.
  static func python(_ report: MinifyReport) -> String {
    """
    #!/usr/bin/env python3
    \"\"\"Runs the smallest program that fails in Lathe with PyTorch: eagerly, packaged by AOTInductor or through torch.compile, and compares.

    usage: python reproduce.py [--compiler aoti|inductor] [--seconds S]

    \(oneLine(report.failure.sentence).replacing("\\", with: "\\\\").replacing("\"", with: "'"))
    Ends with status 1 where PyTorch's compiled program fails, differs or, with --seconds, takes longer; with 0 where it does not.
    \"\"\"

    import argparse
    import json
    import pathlib
    import struct
    import sys
    import tempfile
    import time

    import torch

    HERE = pathlib.Path(__file__).resolve().parent
    TYPES = {
        "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
        "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
    }
    BOUNDS = {torch.float32: 1e-4, torch.float16: 1e-2, torch.bfloat16: 3e-2, torch.float64: 1e-9}


    def tensors(path):
        \"\"\"The tensors of a safetensors file that are keyed 0, 1, ….\"\"\"
        data = path.read_bytes()
        (length,) = struct.unpack("<Q", data[:8])
        header = json.loads(data[8 : 8 + length])
        found = []
        for key in sorted((key for key in header if key != "__metadata__"), key=int):
            entry = header[key]
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            bytes_ = torch.frombuffer(bytearray(data[begin:end] or b"\\0" * 16), dtype=torch.uint8)[: end - begin]
            found.append(bytes_.view(TYPES[entry["dtype"]]).reshape(entry["shape"]))
        return found


    def laid_out(tensor, example):
        \"\"\"The tensor with the strides that the program was captured with.\"\"\"
        strides = example.stride()
        if tensor.stride() == strides:
            return tensor
        if any(size > 1 and stride == 0 for size, stride in zip(tensor.shape, strides)):
            parts = tuple(slice(0, 1) if stride == 0 else slice(None) for stride in strides)
            return laid_out(tensor[parts], example[parts]).expand(tensor.shape)
        return torch.empty_strided(tensor.shape, strides, dtype=tensor.dtype).copy_(tensor)


    def main():
        parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
        parser.add_argument("--compiler", choices=["aoti", "inductor"], default="aoti")
        parser.add_argument("--seconds", type=float, help="fail where the fastest of three compiled calls takes longer")
        options = parser.parse_args()
        program = torch.export.load(HERE / "\(MinifyFiles.programName)")
        wanted = set(program.graph_signature.user_inputs)
        examples = [node.meta["val"] for node in program.graph.nodes if node.op == "placeholder" and node.name in wanted]
        inputs = [laid_out(tensor, example) for tensor, example in zip(tensors(HERE / "minimal.inputs.safetensors"), examples)]
        program.example_inputs = (tuple(inputs), {})

        def call(function):
            # Calls may write to their inputs.
            with torch.no_grad():
                results = function(*[tensor.clone(memory_format=torch.preserve_format) for tensor in inputs])
            return [results] if isinstance(results, torch.Tensor) else list(results)

        expected = call(program.module())
        with tempfile.TemporaryDirectory() as folder:
            try:
                if options.compiler == "aoti":
                    path = torch._inductor.aoti_compile_and_package(program, package_path=f"{folder}/minimal.pt2")
                    compiled = torch._inductor.aoti_load_package(path)
                else:
                    compiled = torch.compile(program.module())
                actual = call(compiled)
            except Exception as error:
                print(f"PyTorch {torch.__version__} fails: {error}")
                return 1
            for place, (result, reference) in enumerate(zip(actual, expected)):
                bound = BOUNDS.get(reference.dtype, 0)
                try:
                    torch.testing.assert_close(result, reference, rtol=bound, atol=bound, equal_nan=True)
                except AssertionError as error:
                    print(f"PyTorch {torch.__version__}: output {place} differs: {error}")
                    return 1
            if options.seconds is not None:
                times = []
                for _ in range(3):
                    start = time.perf_counter()
                    call(compiled)
                    times.append(time.perf_counter() - start)
                print(f"PyTorch {torch.__version__}: a call takes {min(times):.6f} s")
                return 1 if min(times) > options.seconds else 0
        print(f"PyTorch {torch.__version__} does not fail: {len(expected)} outputs agree with the eager ones")
        return 0


    if __name__ == "__main__":
        sys.exit(main())
    """ + "\n"
  }
}
