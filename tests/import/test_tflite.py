"""8-bit networks of TensorFlow Lite: all integers equal the results of its reference kernels (make_tflite_outputs.py)."""

import json
import os
import unittest

import networks
import numpy as np
from make_tflite_outputs import digest, inputs_of
from minnow_import.execute import run
from minnow_import.lowering.lower import lower
from minnow_import.lowering.paths import type_of
from minnow_import.readers.read import read
from minnow_import.simplify import simplify
from minnow_import.readers.tflite import Reader

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures")
with open(os.path.join(FIXTURES, "tflite_outputs.json"), encoding="utf-8") as file:
  EXPECTED = json.load(file)


WEIGHTS = "given_integer<-127, 127, per_channel>"


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

  def test_layers(self):
    layers = lower(simplify(read(os.path.join(FIXTURES, "small.tflite")))).layers
    # The max pool follows a sum, so it reads codes.
    self.assertEqual([type_of(layer) for layer in layers[3:]], [
        f"residual<chain<depthwise_conv<{WEIGHTS}>, bias, relu6, conv<6, scheme<given_affine<8>, {WEIGHTS}>, kernel<1>>, "
        "bias, quantize<given_affine<8>>>, chain<>, given_affine<8>>", "quantize<given_affine<8>>",
        "max_pool<1, kernel<1, 2>, stride<1, 2>>", "quantize<given_affine<8>>",
        "average_pool<3, kernel<3, 2>, stride<3, 2>>",
        "dense<5, scheme<given_affine<8>, given_integer<-127, 127>>>", "bias", "quantize<given_affine<8>>"
    ])

  def test_biases_beyond_23_bits(self):
    graph = simplify(read(os.path.join(FIXTURES, "small.tflite")))
    node = graph.nodes[1]
    codes = np.random.default_rng(4).integers(-(1 << 30), 1 << 30, 6).astype(np.float64)
    graph.constants[node.inputs[2]].values = codes
    layers = lower(graph).layers
    self.assertEqual([layer.kind for layer in layers[:4]], ["conv", "bias", "bias", "relu"])
    unit = node.attributes["in_scale"] * layers[0].weights.state
    # pack rounds each 32-bit float to a multiple of the unit.
    self.assertEqual(
        sum(np.rint(np.float32(layer.tensors["bias"]).astype(np.float64) / unit) for layer in layers[1:3]).tolist(),
        codes.tolist())

  @unittest.skipUnless(os.path.isdir(networks.MODELS), "MINNOW_MODELS names no folder of published networks")
  def test_published_networks(self):
    for name in EXPECTED:
      path = os.path.join(networks.MODELS, "mlperf-tiny", name)
      if os.path.exists(path):
        with self.subTest(name):
          self.compare(path)


if __name__ == "__main__":
  unittest.main()
