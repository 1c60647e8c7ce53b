"""Makes fixtures/small.tflite and fixtures/tflite_outputs.json: hashes of the results of TensorFlow Lite's reference
kernels.

usage: make_tflite_outputs.py REFERENCE MODEL.tflite ...     (REFERENCE: tflite_reference.cpp, compiled)
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

INPUTS = 200


def inputs_of(shape):
  """The inputs of a network: random codes of int8."""
  return np.random.default_rng(12).integers(-128, 128, (INPUTS, *shape)).astype(np.int8)


def digest(values):
  """The hash of an array of int8 with the batch first."""
  return hashlib.sha256(np.ascontiguousarray(values, np.int8).tobytes()).hexdigest()


def main():
  import networks  # noqa: F401  (finds the package)
  import small_tflite
  from minnow_import.readers.read import read
  found = {}
  fixtures = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures")
  small = os.path.join(fixtures, "small.tflite")
  with open(small, "wb") as file:
    file.write(small_tflite.small())
  for path in [small, *sys.argv[2:]]:
    with tempfile.TemporaryDirectory() as folder:
      x = inputs_of(read(path).input.shape[1:])
      x.tofile(os.path.join(folder, "inputs"))
      subprocess.run([*sys.argv[1].split(), path, os.path.join(folder, "inputs"), folder], check=True)
      hashes = {
          int(name[:-4]): digest(np.fromfile(os.path.join(folder, name), np.int8))
          for name in os.listdir(folder) if name.endswith(".bin")
      }
      # ADD overwrites one of its inputs, so two tensors have its result. The later one is its own.
      last = {value: number for number, value in sorted(hashes.items())}
      found[os.path.basename(path)] = {str(number): value for value, number in sorted(last.items(), key=lambda e: e[1])}
  with open(os.path.join(fixtures, "tflite_outputs.json"), "w", encoding="utf-8") as file:
    json.dump(found, file, indent=1)
    file.write("\n")


if __name__ == "__main__":
  main()
