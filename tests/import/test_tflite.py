"""8-bit networks of TensorFlow Lite: all integers equal the results of its reference kernels (make_tflite_outputs.py)."""

import json
import os
import unittest

import networks
import numpy as np
from make_tflite_outputs import digest, inputs_of
from minnow_import.execute import run
from minnow_import.failure import Refusal
from minnow_import.lowering.lower import lower
from minnow_import.readers.read import read
from minnow_import.simplify import simplify
from minnow_import.readers.tflite import Reader

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures")
with open(os.path.join(FIXTURES, "tflite_outputs.json"), encoding="utf-8") as file:
  EXPECTED = json.load(file)


class Reference(unittest.TestCase):

  def compare(self, path):
    reader = Reader(path)
    graph = reader.read()
    x = inputs_of(graph.input.shape[1:])
    expected = EXPECTED[os.path.basename(path)]
    found = {number: [] for number in expected}
    for begin in range(0, len(x), 25):
      values = run(graph, x[begin:begin + 25].astype(np.float64), keep=None)
      for number, parts in found.items():
        value = values[reader.values[int(number)]]
        parts.append(np.moveaxis(value, 1, -1) if value.ndim > 2 else value)
    for number, parts in sorted(found.items(), key=lambda entry: int(entry[0])):
      self.assertEqual(digest(np.concatenate(parts)), expected[number], f"{path}: {reader.tensors[int(number)].name}")

  def test_small_network(self):
    self.compare(os.path.join(FIXTURES, "small.tflite"))

  def test_max_pool_after_add_is_refused(self):
    with self.assertRaisesRegex(Refusal, "'max_pool_2d_4': expected a convolution in front of a max pool"):
      lower(simplify(read(os.path.join(FIXTURES, "small.tflite"))))

  @unittest.skipUnless(os.path.isdir(networks.MODELS), "MINNOW_MODELS names no folder of published networks")
  def test_published_networks(self):
    for name in EXPECTED:
      path = os.path.join(networks.MODELS, "mlperf-tiny", name)
      if os.path.exists(path):
        with self.subTest(name):
          self.compare(path)


if __name__ == "__main__":
  unittest.main()
