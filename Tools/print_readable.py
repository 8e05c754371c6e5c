"""Prints a saved program as PyTorch shows it: print_readable.py PROGRAM.pt2 > Tests/Fixtures/readable/VERSION-NAME.txt

Run it with the PyTorch release that wrote the program; the fixtures come from 2.6.0 and 2.15.0.
"""
import sys

import torch
import torch._higher_order_ops.wrap  # makes the operators that autocast and no_grad regions become known

print(torch.export.load(sys.argv[1]).graph_module.print_readable(print_output=False), end="")
