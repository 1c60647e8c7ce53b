"""Compiles a program that loads an imported network, and compares its logits with the importer's."""

import os
import subprocess
import tempfile

import numpy as np

from .execute import run_batches, run_node
from .failure import Refusal, require

PROGRAM = """#include "NAME.hpp"

#include <cstdio>
#include <minnow/exchange/npy.hpp>

int main(int, char** argv) try {
  mn::network<NAME> network;
  mn::load_imported(network, argv[1], NAME_names);
  const auto packed = mn::PACK(network);
  mn::tensor images = mn::load_npy(argv[2]);
  const auto count = static_cast<std::uint64_t>(images.shape.at(0));
  const mn::dataset<float> data(mn::shape{HEIGHT, WIDTH, CHANNELS}, std::move(images.values), {});
  const auto write = [&](const std::vector<float>& logits, const char* path) {
    mn::save_npy({{count, logits.size() / count}, logits}, path);
  };
  write(mn::logits(network, data), argv[3]);
  write(mn::logits(packed, data), argv[4]);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\\n", error.what());
  return 1;
}
"""


def network_inputs(graph, lowered, x):
  """Returns inputs of the source in the layout of the C++ network: (N, H, W, C)."""
  for node in lowered.entry:
    if node.op in ("Mul", "Add", "Sub", "Div"):
      continue  # the normalization, which the network does itself
    inputs = [x] + [graph.constants[name].values for name in node.inputs[1:]]
    x = run_node(graph.path, node, inputs)[0]
  if lowered.integers and lowered.integers[0]:
    scale, zero = lowered.integers[0]
    x = np.float32(scale) * (x - zero)
  extents = dict(zip("CHW", lowered.shape))
  x = x.reshape(len(x), *(extents[label] for label in lowered.entry_order))
  wanted = [label for label in "HWC" if label in lowered.entry_order]
  x = x.transpose(0, *(1 + lowered.entry_order.index(label) for label in wanted))
  return x.reshape(len(x), extents["H"], extents["W"], extents["C"])


def include_folders(extra):
  """Returns the folders of headers: the given ones, and the folders of the repository that this package is part of."""
  root = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
  folders = [*extra, os.path.join(root, "include")]
  system = os.path.join(root, "build", "deps", "usr", "include")
  return [f"-I{folder}" for folder in folders] + ([f"-isystem{system}"] if os.path.isdir(system) else [])


def run_program(command, what):
  try:
    result = subprocess.run(command, capture_output=True, text=True)
  except OSError as error:
    raise Refusal(f"{command[0]}: {error.strerror}") from None
  lines = [line for line in result.stderr.splitlines() if "error" in line] or result.stderr.splitlines()
  require(result.returncode == 0, f"{what} failed: {lines[0] if lines else 'exit code ' + str(result.returncode)}")


def openmp_option(compiler):
  """[-fopenmp] if the compiler has OpenMP's header, else []: clang's header and library are a package of their own."""
  try:
    command = [*compiler.split(), "-fopenmp", "-fsyntax-only", "-x", "c++", "-"]
    result = subprocess.run(command, input="#include <omp.h>\n", capture_output=True, text=True)
  except OSError:
    return []
  return ["-fopenmp"] if result.returncode == 0 else []


def compile_command(compiler):
  """Returns the compiler and its options. Options in `compiler`, such as -O0, come last."""
  program, *options = compiler.split() or [""]
  return [program, "-std=c++20", "-O1", "-march=native", *openmp_option(compiler), *options]


def compiled_logits(name, folder, lowered, images, include, compiler):
  """Returns the logits of the C++ network and of its packed form, two arrays of doubles (N, …).

  images  of the C++ network: (N, H, W, C)
  """
  pack = "pack<mn::tflite_fixed_point>" if lowered.integers else "pack"
  channels, height, width = lowered.shape
  with tempfile.TemporaryDirectory() as place:
    program, inputs = os.path.join(place, "check.cpp"), os.path.join(place, "images.npy")
    text = PROGRAM
    for key, value in (("NAME", name), ("HEIGHT", height), ("WIDTH", width), ("CHANNELS", channels), ("PACK", pack)):
      text = text.replace(key, str(value))
    with open(program, "w", encoding="utf-8") as file:
      file.write(text)
    np.save(inputs, images.astype(np.float32))
    executable = os.path.join(place, "check")
    run_program([*compile_command(compiler), f"-I{folder}", *include_folders(include), program, "-o", executable],
                f"{name}.hpp: the compilation")
    outputs = [os.path.join(place, which + ".npy") for which in ("network", "packed")]
    run_program([executable, os.path.join(folder, name + ".safetensors"), inputs, *outputs], f"{name}: the program")
    return [np.load(output, allow_pickle=False).astype(np.float64) for output in outputs]


def check(name, folder, graph, lowered, x, include, compiler):
  """Returns 0 if the logits of the C++ network and of its packed form equal the importer's within 1e-4 of the largest
  logit. Of a network of 8-bit integers, the packed form has to give the same integers."""
  expected = run_batches(graph, x)
  if not lowered.channels_last:
    expected = np.moveaxis(expected, 1, -1)
  expected = codes = expected.reshape(len(x), -1)
  if lowered.integers:
    scale, zero = lowered.integers[1]
    expected = np.float64(np.float32(scale)) * (codes - zero)
  found = compiled_logits(name, folder, lowered, network_inputs(graph, lowered, x), include, compiler)
  limit = 1e-4 * max(1.0, float(np.abs(expected).max()))
  bad = False
  for which, logits in zip(("network", "packed"), found):
    require(logits.shape == expected.shape,
            f"{name}: expected logits of the shape {list(expected.shape)}, found {list(logits.shape)}")
    difference = np.abs(logits - expected).max(axis=1)
    classes = int((logits.argmax(axis=1) != expected.argmax(axis=1)).sum())
    print(
        f"{which}: {len(x)} inputs, largest difference {difference.max():.3g} of logits up to "
        f"{np.abs(expected).max():.4g}, "
        f"{int((difference > limit).sum())} inputs beyond {limit:.3g}, {classes} with another class")
    # Only the packed form of a network of TensorFlow Lite rounds as TensorFlow Lite does.
    if not lowered.integers:
      bad = bad or not (difference <= limit).all()
    elif which == "packed":
      other = int((np.rint(logits / np.float64(np.float32(scale))) + zero != codes).any(axis=1).sum())
      print(f"packed: the integers of {len(x) - other} inputs of {len(x)} equal the importer's")
      bad = bad or other > 0
  equal = np.array_equal(found[0], found[1])
  print("network and packed: " +
        ("the same bits" if equal else f"largest difference {np.abs(found[0] - found[1]).max():.3g}"))
  return 1 if bad else 0
