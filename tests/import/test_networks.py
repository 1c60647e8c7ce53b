"""Whole networks: the importer's executor against PyTorch, the layers that nodes become, and refusals by name."""

import contextlib
import io
import json
import os
import tempfile
import unittest

import networks
import numpy as np
from minnow_import.check import network_inputs
from minnow_import.command import main
from minnow_import.execute import run_batches
from minnow_import.failure import Refusal
from minnow_import.lowering.lower import lower
from minnow_import.lowering.paths import names_and_tensors, type_of, with_repeats
from minnow_import.lowering.scheme import with_scheme
from minnow_import.readers.read import read
from minnow_import.simplify import simplify
from networks import Onnx

try:
  import torch
  from torch.nn import functional
except ImportError:
  torch = None


class Case(unittest.TestCase):

  def setUp(self):
    self.folder = tempfile.TemporaryDirectory()
    self.addCleanup(self.folder.cleanup)

  def graph(self, net, **settings):
    return simplify(read(net.save(self.folder.name, "net", **settings)))

  def types(self, net):
    return [type_of(layer) for layer in with_repeats(lower(self.graph(net)).layers)]

  def inputs(self, *shape):
    return np.random.default_rng(2).random(shape)


@unittest.skipIf(torch is None, "PyTorch is missing")
class AgainstTorch(Case):

  def test_small_float_network(self):
    net = networks.small_float()
    w = {i.name: torch.tensor(networks.numpy_helper.to_array(i).astype(np.float64)) for i in net.initializers}
    x = self.inputs(3, 3, 12, 10)

    def norm(t, name):
      return functional.batch_norm(t, w[name + ".running_mean"], w[name + ".running_var"], w[name + ".weight"],
                                   w[name + ".bias"])

    t = functional.relu(norm(functional.conv2d(torch.tensor(x), w["stem.weight"], w["stem.bias"], padding=1), "norm"))
    t = (norm(functional.conv2d(t, w["a.weight"], padding=1, groups=8), "norm_a") + t).clamp(0, 6)
    t = functional.max_pool2d(functional.conv2d(functional.pad(t, (0, 1, 0, 1)), w["b.weight"], w["b.bias"], 2), 2)
    t = functional.linear(t.flatten(1), w["fc.weight"], w["fc.bias"])
    np.testing.assert_allclose(run_batches(self.graph(net), x, 2), t.numpy(), rtol=0, atol=1e-10)

  def test_small_quantized_network(self):
    net = networks.small_qonnx()
    w = {i.name: torch.tensor(networks.numpy_helper.to_array(i).astype(np.float64)) for i in net.initializers}
    x = self.inputs(4, 2, 9, 9)

    def norm(t, name):
      return functional.batch_norm(t, w[name + ".running_mean"], w[name + ".running_var"], w[name + ".weight"],
                                   w[name + ".bias"])

    def sign(t):
      return torch.where(t >= 0, 1.0, -1.0).double()

    def fake(t, scale, low, high):
      return torch.fake_quantize_per_tensor_affine(t, scale, 0, low, high)

    t = functional.conv2d(sign(torch.tensor(x) * 2 - 1), sign(w["w0"]))
    t = functional.max_pool2d(fake(norm(t, "norm0"), 1.0, -1, 1), 2)
    t = fake(functional.relu(norm(functional.conv2d(t, fake(w["w1"], 0.25, -1, 1)), "norm1")), 0.125, 0, 15).flatten(1)
    scales = w["four_w2.scale"]
    t = t @ ((w["w2"] / scales).round().clamp(-7, 7) * scales) + w["fc_bias"]
    np.testing.assert_allclose(run_batches(self.graph(net), x, 3), t.numpy(), rtol=0, atol=1e-10)

  def test_export_of_torch(self):
    torch.manual_seed(4)
    block = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.BatchNorm2d(8), torch.nn.ReLU6(),
                                torch.nn.Conv2d(8, 8, 3, 2, 1, groups=8), torch.nn.Hardtanh(),
                                torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Dropout(),
                                torch.nn.Linear(8, 5), torch.nn.Softmax(1)).eval()
    path = os.path.join(self.folder.name, "torch.onnx")
    for opset in (9, 13):
      with contextlib.redirect_stdout(io.StringIO()):
        torch.onnx.export(block,
                          torch.zeros(1, 3, 10, 10),
                          path,
                          opset_version=opset,
                          dynamic_axes={"input": {
                              0: "n"
                          }},
                          input_names=["input"])
      x = self.inputs(5, 3, 10, 10)
      graph = simplify(read(path))
      with torch.no_grad():
        expected = block.double()(torch.tensor(x)).numpy()
      block.float()
      np.testing.assert_allclose(run_batches(graph, x, 2), expected, rtol=0, atol=1e-6)
      # Exports without training fold the norm into the convolution.
      self.assertEqual([type_of(layer) for layer in lower(graph).layers], [
          "conv<8>", "bias", "relu6", "depthwise_conv<real, stride<2>>", "bias", "hard_tanh", "global_average_pool",
          "dense<5>", "bias"
      ])


class Lowering(Case):

  def test_small_float_network(self):
    self.assertEqual(self.types(networks.small_float()), [
        "conv<8>", "batch_norm", "relu", "residual<chain<depthwise_conv<>, batch_norm>>", "relu6",
        "conv<6, real, stride<2>, same>", "bias", "max_pool<2>", "dense<5>", "bias"
    ])

  def test_small_quantized_network(self):
    self.assertEqual(self.types(networks.small_qonnx()), [
        "conv<16, scheme<sign_nonnegative, sign_nonnegative>, padding<0>>", "batch_norm", "max_pool<2>",
        "conv<12, scheme<given_integer<-1, 1>, given_integer<-1, 1>>, padding<0>>", "batch_norm", "relu",
        "dense<7, scheme<given_integer<0, 15>, given_integer<-7, 7, per_channel>>>", "bias"
    ])

  def test_weights_are_codes_times_scales(self):
    lowered = lower(self.graph(networks.small_qonnx()))
    names, tensors = names_and_tensors(lowered.layers)
    codes = tensors["fc.weight"] / tensors["fc.state"][:, None]
    self.assertEqual(tensors["fc.state"].shape, (7,))
    self.assertTrue(np.array_equal(codes, np.rint(codes)) and np.abs(codes).max() == 7)
    self.assertEqual(names["6.inputs"], "unsigned")
    self.assertEqual(tensors["unsigned.state"].tolist(), [0.125])
    mean, stddev = lowered.normalization
    self.assertEqual((mean.tolist(), stddev.tolist()), ([0.5], [0.5]))

  def test_scale_of_a_norm_with_another_epsilon(self):
    net = Onnx(["N", 4])
    x = net.add("MatMul", "input", net.weights("w", 4, 3))
    parts = [net.constant(n, v) for n, v in (("g", [2, 3, 4]), ("b", [1, 1, 1]), ("m", [0, 1, 2]), ("v", [1e-7, 1, 4]))]
    for epsilon in (1e-3, 1e-7):
      net.nodes = net.nodes[:1]
      net.add("BatchNormalization", x, *parts, epsilon=epsilon, name="norm")
      _, tensors = names_and_tensors(lower(self.graph(net)).layers)
      got = tensors["norm.weight"] / np.sqrt(tensors["norm.running_var"] + 1e-5)
      np.testing.assert_allclose(got, np.array([2, 3, 4]) / np.sqrt(np.array([1e-7, 1, 4]) + epsilon), rtol=1e-6)

  def test_thresholds(self):
    net = Onnx(["N", 4])
    x = net.add("MatMul", "input", net.weights("w", 4, 3))
    x = net.add("MultiThreshold",
                x,
                net.constant("t", [[0, 1, 2], [1, 2, 3], [2, 3, 4]]),
                name="steps",
                out_scale=0.5,
                out_bias=-0.5,
                domain="finn.custom_op.general")
    net.add("MatMul", x, net.weights("v", 3, 2))
    self.assertEqual(self.types(net),
                     ["dense<3>", "multi_threshold<3>", "dense<2, scheme<given_integer<-1, 2>, real>>"])

  def test_quantize_and_dequantize_linear(self):
    net = Onnx(["N", 4])

    def pair(x, name, scale, zero, dtype):
      s, z = net.constant(name + ".scale", scale), net.constant(name + ".zero", zero, dtype)
      return net.add("DequantizeLinear", net.add("QuantizeLinear", x, s, z, name=name), s, z, name=name + "_back")

    x = pair("input", "in", 0.02, 3, np.int8)
    w = net.add("DequantizeLinear",
                net.constant("w",
                             np.arange(-6, 6).reshape(3, 4), np.int8),
                net.constant("w.scale", [0.1, 0.2, 0.3]),
                net.constant("w.zero", [0, 0, 0], np.int8),
                axis=0)
    net.add("Gemm", x, w, net.weights("b", 3), transB=1)
    lowered = lower(self.graph(net))
    self.assertEqual([type_of(layer) for layer in lowered.layers],
                     ["dense<3, scheme<given_affine<8>, given_integer<-127, 127, per_channel>>>", "bias"])
    _, tensors = names_and_tensors(lowered.layers)
    self.assertEqual(tensors["in.state"].tolist(), [float(np.float32(0.02)), 131])

  def test_channels_last(self):
    net = Onnx(["N", 8, 7, 3])
    x = net.quant("input", "bytes", 1 / 255, 8, signed=0, narrow=0)
    x = net.add("Transpose", x, perm=[0, 3, 1, 2])
    x = net.add("Conv", x, net.weights("w", 4, 3, 3, 3), pads=[1, 1, 1, 1])
    x = net.add("Transpose", x, perm=[0, 2, 3, 1])
    x = net.add("Mul", x, net.constant("factor", [1, 2, 3, 4]))
    net.add("ReduceMean", x, axes=[1, 2], keepdims=0)
    net.add("MatMul", net.last, net.weights("v", 4, 5))
    lowered = lower(self.graph(net))
    self.assertEqual(lowered.input, "image<3, 8, 7>")
    self.assertEqual([type_of(layer) for layer in lowered.layers], [
        "conv<4, scheme<given_integer<0, 255>, real>>", "batch_norm", "global_average_pool", "dense<5>"
    ])

  def test_operators_with_channels_last(self):
    results = []
    for last in (False, True):
      net = Onnx(["N", 8, 7, 3] if last else ["N", 3, 8, 7])
      domain = "qonnx.custom_op.channels_last" if last else ""
      x = net.quant("input", "in", 0.125, 4)
      w = net.random.uniform(-1, 1, (4, 3, 3, 2))
      w = net.constant("w", np.moveaxis(w, 1, -1) if last else w)
      w = net.quant(w, "weights", 0.25, 4)
      x = net.add("Conv", x, w, domain=domain, kernel_shape=[3, 2], pads=[1, 1, 1, 0])
      x = net.batch_norm(x, 4, "norm")
      net.nodes[-1].domain = domain
      x = net.add("MaxPool", x, domain=domain, kernel_shape=[2, 2], strides=[2, 2])
      if not last:
        x = net.add("Transpose", x, perm=[0, 2, 3, 1])
      net.add("MatMul", net.add("Flatten", x), net.weights("v", 4 * 4 * 3, 5), name="fc")
      model = net.model()
      model.opset_import.add(domain="qonnx.custom_op.channels_last", version=1)
      path = os.path.join(self.folder.name, "net.onnx")
      with open(path, "wb") as file:
        file.write(model.SerializeToString())
      graph = simplify(read(path))
      x = self.inputs(2, 3, 8, 7)
      found = run_batches(graph, np.moveaxis(x, 1, -1) if last else x)
      lowered = lower(graph)
      results.append((found.tolist(), [type_of(layer) for layer in lowered.layers], lowered.input))
    self.assertEqual(*results)

  def test_inputs_of_the_network_are_channels_last(self):
    x = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5).astype(float)
    for first in (True, False):  # channels first and last in the source
      for flat in (True, False):
        net = Onnx(["N", 3, 4, 5] if first else ["N", 4, 5, 3])
        value = net.add("Add", "input", net.constant("offset", -1))
        if not first:
          value = net.add("Transpose", value, perm=[0, 3, 1, 2])
        if flat:
          if not first:
            value = net.add("Transpose", value, perm=[0, 2, 3, 1])
          value = net.add("Flatten", value)
          net.add("MatMul", value, net.weights("w", 60, 2))
        else:
          net.add("Conv", value, net.weights("w", 2, 3, 3, 3))
        graph = self.graph(net)
        lowered = lower(graph)
        self.assertEqual(lowered.input, "image<3, 4, 5>")
        last = np.moveaxis(x, 1, -1)
        np.testing.assert_array_equal(network_inputs(graph, lowered, x if first else last), last)

  def test_normalization_of_channels(self):
    net = Onnx(["N", 3, 6, 6])
    x = net.add("Sub", "input", net.constant("mean", np.reshape([0.5, 0.4, 0.3], (3, 1, 1))))
    x = net.add("Div", x, net.constant("stddev", np.reshape([0.2, 0.25, 0.5], (1, 3, 1, 1))))
    net.add("Conv", x, net.weights("w", 4, 3, 3, 3))
    lowered = lower(self.graph(net))
    self.assertEqual([type_of(layer) for layer in lowered.layers], ["conv<4, real, padding<0>>"])
    np.testing.assert_allclose(lowered.normalization, [[0.5, 0.4, 0.3], [0.2, 0.25, 0.5]], rtol=1e-6)

  def test_signals(self):
    net = Onnx(["N", 2, 20])
    x = net.add("Conv", "input", net.weights("w", 4, 2, 5), pads=[2, 2], strides=[2])
    x = net.add("MaxPool", net.add("Relu", x), kernel_shape=[2], strides=[2])
    x = net.add("Flatten", x)
    net.add("MatMul", x, net.weights("v", 20, 3))
    lowered = lower(self.graph(net))
    self.assertEqual(lowered.input, "signal<2, 20>")
    self.assertEqual([type_of(layer) for layer in lowered.layers], [
        "conv<4, real, kernel<1, 5>, stride<1, 2>>", "relu", "max_pool<1, kernel<1, 2>, stride<1, 2>>", "dense<3>"
    ])

  def scheme(self, net, text):
    lowered = with_scheme("net.onnx", lower(self.graph(net)), text)
    return [type_of(layer) for layer in with_repeats(lowered.layers)]

  def test_schemes(self):
    outer = "scheme<integer<8>, integer<8, per_channel>>"
    block = "residual<chain<depthwise_conv<integer<8, per_channel>>, batch_norm>, chain<>, unsigned_integer<8>>"
    for text, inner in (("4-8", "scheme<unsigned_integer<8>, integer<4, per_channel>>"),
                        ("2-4", "scheme<unsigned_integer<4>, integer<2, per_channel>>"),
                        ("8-8", "scheme<unsigned_integer<8>, integer<8, per_channel>>"),
                        ("1-1", "scheme<sign, scaled_sign<>>")):
      self.assertEqual(self.scheme(networks.small_float(), text), [
          f"conv<8, {outer}>", "batch_norm", "relu", block, "relu6", f"conv<6, {inner}, stride<2>, same>", "bias",
          "max_pool<2>", f"dense<5, {outer}>", "bias"
      ])
    for text in ("4", "9-8", "0-8", "4-8-8", "real"):
      with self.assertRaisesRegex(Refusal, "--scheme"):
        self.scheme(networks.small_float(), text)
    with self.assertRaisesRegex(Refusal, "'sign_in'.*expected floats or 8-bit integers"):
      self.scheme(networks.small_qonnx(), "4-8")

  def test_scheme_of_an_8_bit_network(self):
    net = Onnx(["N", 4])
    x = net.quant("input", "in", 0.01, 8, signed=0, narrow=0)
    w = net.quant(net.weights("w", 4, 3), "weights", 0.01, 8)
    x = net.quant(net.add("MatMul", x, w, name="first"), "middle", 0.1, 8, signed=0, narrow=0)
    x = net.add("MatMul", x, net.quant(net.weights("v", 3, 3), "more", 0.01, 8), name="second")
    net.add("MatMul", net.quant(x, "last", 0.1, 8), net.weights("u", 3, 2), name="third")
    # The quantizer with the lowest level 0 was also a relu.
    self.assertEqual(self.scheme(net, "4-8"), [
        "dense<3, scheme<unsigned_integer<8>, integer<8, per_channel>>>", "relu",
        "dense<3, scheme<unsigned_integer<8>, integer<4, per_channel>>>",
        "dense<2, scheme<integer<8>, integer<8, per_channel>>>"
    ])

  def test_repeated_blocks(self):
    net = Onnx(["N", 4])
    x = "input"
    for k in range(4):
      x = net.add("Relu", net.batch_norm(net.add("MatMul", x, net.weights(f"w{k}", 4, 4), name=f"fc{k}"), 4, f"n{k}"))
    net.add("MatMul", x, net.weights("out", 4, 2), name="head")
    layers = with_repeats(lower(self.graph(net)).layers)
    self.assertEqual([type_of(layer) for layer in layers], ["repeat<4, chain<dense<4>, batch_norm, relu>>", "dense<2>"])
    names, _ = names_and_tensors(layers)
    self.assertEqual({path: name for path, name in names.items() if path[0] == "0"},
                     {f"0.{k}.{j}": name for k in range(4) for j, name in ((0, f"fc{k}"), (1, f"n{k}"))})

  def refused(self, net, *words):
    out, error = os.path.join(self.folder.name, "out"), io.StringIO()
    path = net.save(self.folder.name, "net")
    with contextlib.redirect_stderr(error), contextlib.redirect_stdout(io.StringIO()):
      self.assertEqual(main([path, "--name", "net", "--out", out]), 1)
    with open(os.path.join(out, "net.md"), encoding="utf-8") as file:
      report = file.read()
    self.assertEqual(os.listdir(out), ["net.md"])
    self.assertIn("Refused", report)
    for word in words:
      self.assertIn(word, error.getvalue())
      self.assertIn(word.replace("|", "/"), report)
    # The executor still runs.
    x = np.zeros((1, *net.shape[1:]))
    run_batches(self.graph(net), x)

  def test_refusals_name_the_node(self):

    def conv(**attributes):
      net = Onnx(["N", 2, 8, 8])
      net.add("Conv", "input", net.weights("w", 3, 2, 3, 3), name="odd", **attributes)
      return net

    self.refused(conv(dilations=[2, 2]), "'odd'", "dilations")
    for op, attributes in (("LeakyRelu", {}), ("Sigmoid", {}), ("AveragePool", {
        "kernel_shape": [3, 3],
        "pads": [1, 1, 1, 1]
    })):
      net = conv()
      net.nodes[0].name = "conv"
      net.add(op, net.last, name="strange", **attributes)
      net.add("Conv", net.last, net.weights("v", 3, 3, 1, 1))
      self.refused(net, "'strange'")
    net = conv()
    net.add("Clip", net.last, net.constant("low", -3), net.constant("high", 3), name="bounds")
    self.refused(net, "'bounds'")
    net = Onnx(["N", 2, 8, 8])
    w = net.quant(net.weights("w", 3, 2, 3, 3), "shifted", 0.1, 4, zero=1.0)
    net.add("Conv", "input", w, name="odd")
    self.refused(net, "'odd'", "zero point")
    net = Onnx(["N", 2, 8, 8])
    x = net.quant("input", "floor", 0.1, 4, rounding_mode="FLOOR")
    net.add("Conv", x, net.weights("w", 3, 2, 3, 3))
    self.refused(net, "'floor'", "rounding_mode")
    net = conv()
    a = net.add("Relu", net.last, name="a")
    b = net.add("Conv", net.nodes[0].output[0], net.weights("v", 3, 3, 1, 1), name="b")
    net.add("Mul", a, b, name="gate")
    self.refused(net, "'gate'")

  def test_report_lists_every_node(self):
    net = networks.small_float()
    out = os.path.join(self.folder.name, "out")
    with contextlib.redirect_stdout(io.StringIO()):
      self.assertEqual(main([net.save(self.folder.name, "net"), "--name", "net", "--out", out]), 0)
    with open(os.path.join(out, "net.md"), encoding="utf-8") as file:
      report = file.read()
    for node in net.nodes:
      self.assertIn(f"| {node.name} | {node.op_type} |", report)
    self.assertNotIn("not reached", report)
    with open(os.path.join(out, "net.safetensors"), "rb") as file:
      header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    self.assertEqual(header["stem.weight"]["shape"], [8, 3, 3, 3])


@unittest.skipUnless(os.path.isdir(networks.MODELS), "MINNOW_MODELS names no folder of published networks")
class Published(Case):

  def model(self, *parts):
    return os.path.join(networks.MODELS, *parts)

  def test_finn(self):
    graph = simplify(read(self.model("finn", "model.onnx")))
    found = run_batches(graph, np.load(self.model("finn", "input.npy"), allow_pickle=False))
    expected = np.load(self.model("finn", "expected_output.npy"), allow_pickle=False)
    self.assertTrue(np.array_equal(found.reshape(-1), expected.reshape(-1)))

  def test_every_model_is_read_and_lowered_or_refused(self):
    for folder in ("qonnx", "finn", "bnn-pynq", "mlperf-tiny"):
      for name in sorted(os.listdir(self.model(folder))):
        if name.endswith((".onnx", ".h5", ".tflite", ".tar.xz")):
          self.assertTrue(lower(simplify(read(self.model(folder, name)))).layers, name)


if __name__ == "__main__":
  unittest.main()
