"""Operators against PyTorch, and quantizers against their documentation's tables and formulas."""

import unittest

import networks  # noqa: F401  (finds the package)
import numpy as np
from minnow_import.execute import run_node
from minnow_import.failure import Refusal
from minnow_import.graph import Node
from minnow_import.operators.tflite import exp_of_negative, multiplier_of, rounded_shift, scaled

try:
  import torch
  from torch.nn import functional
except ImportError:
  torch = None


def run(op, *inputs, **attributes):
  return run_node("test", Node(op, "n", [f"i{i}" for i in range(len(inputs))], ["o"], attributes), list(inputs))[0]


@unittest.skipIf(torch is None, "PyTorch is missing")
class AgainstTorch(unittest.TestCase):

  def setUp(self):
    self.random = np.random.default_rng(3)

  def draw(self, *shape):
    return self.random.uniform(-2, 2, shape)

  def same(self, found, expected):
    np.testing.assert_allclose(found, expected.numpy(), rtol=0, atol=1e-12)

  def test_conv(self):
    for channels, filters, group, stride, pads, dilation in [(3, 5, 1, 1, (0, 0), 1), (4, 6, 2, 2, (1, 2), 1),
                                                             (6, 6, 6, 1, (1, 1), 1), (2, 4, 1, 1, (2, 1), 2)]:
      x, w, b = self.draw(2, channels, 9, 8), self.draw(filters, channels // group, 3, 2), self.draw(filters)
      expected = functional.conv2d(torch.tensor(x), torch.tensor(w), torch.tensor(b), stride, pads, dilation, group)
      self.same(run("Conv", x, w, b, group=group, strides=[stride] * 2, pads=[*pads, *pads], dilations=[dilation] * 2),
                expected)

  def test_conv_of_integers_is_exact(self):
    x, w = self.random.integers(-127, 128, (1, 64, 6, 6)), self.random.integers(-127, 128, (8, 64, 3, 3))
    expected = functional.conv2d(torch.tensor(x), torch.tensor(w))
    self.assertTrue(np.array_equal(run("Conv", x.astype(float), w.astype(float)), expected.numpy()))

  def test_conv_of_signals(self):
    x, w = self.draw(2, 3, 11), self.draw(4, 3, 5)
    self.same(run("Conv", x, w, pads=[2, 2], strides=[3]),
              functional.conv1d(torch.tensor(x), torch.tensor(w), None, 3, 2))

  def test_pools(self):
    x = self.draw(2, 3, 8, 7)
    t = torch.tensor(x)
    self.same(run("MaxPool", x, kernel_shape=[3, 2], strides=[2, 2], pads=[1, 1, 1, 1]),
              functional.max_pool2d(t, (3, 2), 2, 1))
    for count in (0, 1):
      expected = functional.avg_pool2d(t, 3, 2, 1, count_include_pad=bool(count))
      self.same(run("AveragePool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=count),
                expected)
    self.same(run("GlobalAveragePool", x), t.mean((2, 3), keepdim=True))

  def test_batch_norm(self):
    x, g, b, m, v = self.draw(2, 3, 4, 5), self.draw(3), self.draw(3), self.draw(3), np.abs(self.draw(3))
    expected = functional.batch_norm(*(torch.tensor(a) for a in (x, m, v, g, b)), eps=1e-3)
    self.same(run("BatchNormalization", x, g, b, m, v, epsilon=1e-3), expected)

  def test_gemm_and_matmul(self):
    x, w, b = self.draw(4, 6), self.draw(5, 6), self.draw(5)
    self.same(run("Gemm", x, w, b, transB=1), functional.linear(*(torch.tensor(a) for a in (x, w, b))))
    self.same(run("MatMul", x, w.T.copy()), functional.linear(torch.tensor(x), torch.tensor(w)))

  def test_activations(self):
    x = self.draw(3, 7)
    t = torch.tensor(x)
    for op, expected in (("Relu", functional.relu(t)), ("Sigmoid", t.sigmoid()), ("Tanh", t.tanh()), ("Softmax",
                                                                                                      t.softmax(-1)),
                         ("HardSigmoid", (t * 0.2 + 0.5).clamp(0, 1)), ("LeakyRelu", functional.leaky_relu(t, 0.01))):
      self.same(run(op, x), expected)

  def test_fake_quantization(self):
    x = self.draw(5, 6)
    expected = torch.fake_quantize_per_tensor_affine(torch.tensor(x), 0.03125, 7, -128, 127)
    codes = run("QuantizeLinear", x, np.array(0.03125), np.array(7), datatype="int8")
    self.same(run("DequantizeLinear", codes, np.array(0.03125), np.array(7)), expected)


class Quantizers(unittest.TestCase):

  def test_rounding_modes(self):
    # The table in the documentation of QONNX's IntQuant.
    values = np.array([5.5, 2.5, 1.6, 1.1, 1.0, -1.0, -1.1, -1.6, -2.5, -5.5])
    table = {
        "ROUND": [6, 2, 2, 1, 1, -1, -1, -2, -2, -6],
        "CEIL": [6, 3, 2, 2, 1, -1, -1, -1, -2, -5],
        "FLOOR": [5, 2, 1, 1, 1, -1, -2, -2, -3, -6],
        "UP": [6, 3, 2, 2, 1, -1, -2, -2, -3, -6],
        "DOWN": [5, 2, 1, 1, 1, -1, -1, -1, -2, -5],
        "HALF_UP": [6, 3, 2, 1, 1, -1, -1, -2, -3, -6],
        "HALF_DOWN": [5, 2, 2, 1, 1, -1, -1, -2, -2, -5]
    }
    for mode, expected in table.items():
      found = run("qonnx.Quant", values, np.array(1.0), np.array(0.0), np.array(8.0), rounding_mode=mode)
      self.assertEqual(found.tolist(), expected, mode)

  def test_code_ranges(self):
    x = np.array([-1e9, 1e9])
    for signed, narrow, expected in ((1, 1, [-127, 127]), (1, 0, [-128, 127]), (0, 1, [0, 254]), (0, 0, [0, 255])):
      found = run("qonnx.Quant", x, np.array(1.0), np.array(0.0), np.array(8.0), signed=signed, narrow=narrow)
      self.assertEqual(found.tolist(), expected)

  def test_zero_becomes_plus_one(self):
    self.assertEqual(run("qonnx.BipolarQuant", np.array([-0.1, 0.0, 0.1]), np.array(2.0)).tolist(), [-2, 2, 2])

  def test_multi_threshold_counts_thresholds_that_are_reached(self):
    x = np.array([[0.0, 4.9], [1.0, 5.0]])
    thresholds = np.array([[0.0, 1.0], [4.0, 5.0]])
    found = run("qonnx.MultiThreshold", x, thresholds, out_scale=2.0, out_bias=-1.0)
    self.assertEqual(found.tolist(), [[1, 1], [3, 3]])

  def test_trunc(self):
    found = run("qonnx.Trunc", np.array([7.0, -7.0]), np.array(0.5), np.array(0.0), np.array(8.0), np.array(6.0))
    self.assertEqual(found.tolist(), [np.floor(14 / 4) * 0.5, np.floor(-14 / 4) * 0.5])

  def test_bad_parameters_are_refused(self):
    for scale, bits in ((0.0, 4.0), (-1.0, 4.0), (np.inf, 4.0), (1.0, 2.5), (1.0, 0.0), (1.0, 64.0)):
      with self.assertRaises(Refusal):
        run("qonnx.Quant", np.ones(3), np.array(scale), np.array(0.0), np.array(bits))


class FixedPoint(unittest.TestCase):

  def test_multiplication_is_near_the_real_product(self):
    random = np.random.default_rng(5)
    x = random.integers(-(1 << 20), 1 << 20, 2000)
    for real in (0.75, 0.001, 1e-6, 3.5, 0.5, 1 / 3):
      found = scaled(x, *multiplier_of(real))
      self.assertLessEqual(np.abs(found - x * real).max(), 1.0)

  def test_shift_rounds_ties_away_from_zero(self):
    self.assertEqual(rounded_shift(np.array([2, 6, -2, -6, 5, -5]), 2).tolist(), [1, 2, -1, -2, 1, -1])

  def test_exponential(self):
    a = -np.arange(0, 1 << 31, 12345679, dtype=np.int64)
    expected = np.exp(a / 2.0**26) * 2.0**31
    self.assertLess(np.abs(exp_of_negative(a) - expected).max(), 2**31 * 1e-6)

  def test_softmax_is_near_the_formula(self):
    x = np.random.default_rng(6).integers(-128, 128, (50, 12)).astype(float)
    z = np.exp((x - x.max(1, keepdims=True)) * 0.07)
    expected = z / z.sum(1, keepdims=True) * 256 - 128
    found = run("tflite.Softmax", x, in_scale=0.07, beta=1.0)
    self.assertLessEqual(np.abs(found - np.minimum(expected, 127)).max(), 1.0)


if __name__ == "__main__":
  unittest.main()
