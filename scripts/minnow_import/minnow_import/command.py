"""The command minnow-import."""

import argparse
import os
import sys

import numpy as np

from .failure import Refusal, require
from .readers.read import read
from .simplify import simplify

DESCRIPTION = """Converts a trained network (QONNX, ONNX, TensorFlow Lite, Keras .h5 and .keras, BNN-PYNQ .tar.xz) to
minnow: NET.hpp, a description; NET.safetensors, its weights, norms, scales and thresholds; NET.md, a report of what
each node became."""


def load_inputs(path, graph):
  """Returns the inputs of a .npy file as (N, …), in the layout of the source."""
  try:
    x = np.load(path, allow_pickle=False)
  except (OSError, ValueError, EOFError):
    raise Refusal(f"{path}: expected an array in a .npy file") from None
  wanted = graph.input.shape[1:]
  require(x.dtype.kind in "fiub" and x.ndim >= 1, f"{path}: expected numbers, found {x.dtype}")
  require(x.shape[1:] == wanted, f"{path}: expected the shape (N, {', '.join(map(str, wanted))}), found {x.shape}")
  return x.astype(np.float64)


def random_inputs(graph, count):
  """Returns random inputs in the range of the source's input type."""
  random = np.random.default_rng(1)
  shape = (count, *graph.input.shape[1:])
  ranges = {"uint8": (0, 256), "int8": (-128, 128)}
  if graph.input.datatype in ranges:
    return random.integers(*ranges[graph.input.datatype], shape).astype(np.float64)
  return random.random(shape, np.float32).astype(np.float64)


def run(options):
  graph = read(options.file)
  originals = [(node.name, node.op) for node in graph.nodes]
  simplify(graph)
  if options.run:
    from .execute import run_batches
    outputs = run_batches(graph, load_inputs(options.run, graph))
    if options.outputs:
      np.save(options.outputs, outputs)
      print(f"{options.outputs}: {list(outputs.shape)}")
    else:
      print(np.array2string(outputs, threshold=1000, precision=6))
  if not options.name:
    return 0
  from .lowering.lower import lower
  from .lowering.scheme import parse, with_scheme
  from .write import check_name, write
  check_name(options.name)
  if options.scheme:
    parse(options.scheme)
  checked = None
  if options.check is not None:
    from .execute import run_batches
    checked = random_inputs(graph, 32) if options.check == "" else load_inputs(options.check, graph)
  try:
    lowered = lower(graph)
    if options.scheme:
      lowered = with_scheme(graph.path, lowered, options.scheme)
  except Refusal as refusal:
    for path in write(options.name, options.out, graph, originals, None, str(refusal)):
      print(path)
    raise
  for path in write(options.name, options.out, graph, originals, lowered):
    print(path)
  if checked is not None:
    from .check import check
    return check(options.name, options.out, graph, lowered, checked, options.include, options.compiler)
  return 0


def main(arguments=None):
  parser = argparse.ArgumentParser(prog="minnow-import", description=DESCRIPTION)
  parser.add_argument("file", metavar="FILE", help="a network: .onnx, .tflite, .h5, .keras or .tar.xz")
  parser.add_argument("--name", metavar="NET", help="the C++ name of the network")
  parser.add_argument("--out", metavar="FOLDER", default=".", help="where to write NET.hpp, NET.safetensors and NET.md")
  parser.add_argument("--scheme",
                      metavar="W-I",
                      help="write minnow's quantizers, with weights of W bits and inputs of I bits, to train further")
  parser.add_argument("--run",
                      metavar="INPUTS.npy",
                      help="run the network in double precision on inputs in the source's layout")
  parser.add_argument("--outputs", metavar="OUTPUTS.npy", help="write the results of --run")
  parser.add_argument(
      "--check",
      metavar="INPUTS.npy",
      nargs="?",
      const="",
      help="compile the network and compare its logits with the importer's; random inputs without a file")
  parser.add_argument("--include",
                      metavar="FOLDER",
                      action="append",
                      default=[],
                      help="a folder of headers for --check")
  parser.add_argument("--compiler", default=os.environ.get("CXX", "g++"), help="the compiler of --check")
  options = parser.parse_args(arguments)
  try:
    require(options.run or options.name, "expected --name or --run")
    require(options.check is None or options.name, "--check: expected --name")
    require(not options.scheme or options.name, "--scheme: expected --name")
    require(options.check is None or not options.scheme,
            "--check: expected no --scheme, whose network is to be calibrated first")
    return run(options)
  except Refusal as refusal:
    print(f"minnow-import: {refusal}", file=sys.stderr)
    return 1
  except RecursionError:
    print(f"minnow-import: {options.file}: expected blocks that are nested less deeply", file=sys.stderr)
    return 1
