"""Chooses the reader of a file."""

import os

from ..failure import Refusal, require


def read(path):
  """Returns the Graph of a file, by the ending of its name. A Graph has passed no pass yet."""
  ending = os.path.splitext(path)[1].lower()
  require(os.path.isfile(path), f"{path}: expected a file, found none")
  if ending == ".onnx":
    from .onnx import Reader
  elif ending == ".tflite":
    from .tflite import Reader
  elif ending in (".h5", ".hdf5", ".keras"):
    from .keras import Reader
  elif path.lower().endswith(".tar.xz"):
    from .bnn_pynq import Reader
  else:
    raise Refusal(f"{path}: expected a file that ends in .onnx, .tflite, .h5, .keras or .tar.xz")
  return Reader(path).read()
