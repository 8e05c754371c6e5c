"""Writes which functions of the stable C ABI each version of PyTorch exports, for `lathe inspect`.

usage: python Tools/torch_symbols.py 2.6=DIR 2.15=DIR > Sources/Archives/Packages/Symbols/torch_symbols.txt

DIR is the `torch/lib` of an installation; its libtorch_cpu.so is read with `nm`. The first line names the versions, every other line a
function and the versions that have it, as a row of + and - in their order.
"""

import re
import subprocess
import sys

STABLE = re.compile(r" T ((?:aoti_torch_|torch_)\w+)$", re.MULTILINE)


def functions(folder):
    listing = subprocess.run(
        ["nm", "-D", "--defined-only", f"{folder}/libtorch_cpu.so"], capture_output=True, text=True, check=True
    )
    return set(STABLE.findall(listing.stdout))


def main():
    given = [argument.split("=", 1) for argument in sys.argv[1:]]
    if not given or any(len(pair) != 2 for pair in given):
        sys.exit(__doc__)
    exports = [functions(folder) for _, folder in given]
    print(" ".join(version for version, _ in given))
    for name in sorted(set().union(*exports)):
        print(name, "".join("+" if name in found else "-" for found in exports))


if __name__ == "__main__":
    main()
