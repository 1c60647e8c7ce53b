"""Keras models: the files' forms, the layers of QKeras and Larq by name, and refusals."""

import contextlib
import io
import json
import os
import tempfile
import unittest
import zipfile

import networks  # noqa: F401  (finds the package)
import numpy as np
from minnow_import.command import main
from minnow_import.execute import run_batches
from minnow_import.failure import Refusal
from minnow_import.lowering.lower import lower
from minnow_import.lowering.paths import names_and_tensors, type_of
from minnow_import.readers.keras_quantizers import call_of, quantized_weights
from minnow_import.readers.read import read
from minnow_import.simplify import simplify

try:
  import h5py
  import torch
  from torch.nn import functional
  from keras_files import Model
  missing = ""
except ImportError as error:
  missing = str(error)

random = np.random.default_rng(9)


def draw(*shape, low=-1.0, high=1.0):
  return random.uniform(low, high, shape).astype(np.float32)


def norm(channels):
  return {
      "gamma": draw(channels, low=0.5),
      "beta": draw(channels),
      "moving_mean": draw(channels),
      "moving_variance": draw(channels, low=0.5)
  }


def conv(kind, name, **settings):
  return (kind, {"name": name, "kernel_size": [3, 3], "strides": [1, 1], "padding": "same", "use_bias": False,
                 "activation": "linear", "dilation_rate": [1, 1], **settings})


def normed(t, arrays, epsilon=1e-3):
  """Batch norm of a map with its channels first."""
  parts = [torch.tensor(arrays[key]).double() for key in ("moving_mean", "moving_variance", "gamma", "beta")]
  return functional.batch_norm(t, *parts, eps=epsilon)


def filters(kernel):
  return torch.tensor(np.asarray(kernel, np.float64)).permute(3, 2, 0, 1)


@unittest.skipIf(missing, missing)
class Case(unittest.TestCase):

  def setUp(self):
    self.folder = tempfile.TemporaryDirectory()
    self.addCleanup(self.folder.cleanup)

  def place(self, name):
    return os.path.join(self.folder.name, name)

  def forms(self, model):
    """Yields a model in all files: its simplified graph."""
    for path in (model.h5(self.place("net.h5")), model.keras(self.place("net3.keras")),
                 model.keras(self.place("net2.keras"), 2)):
      yield simplify(read(path))

  def same(self, model, x, expected, types):
    for graph in self.forms(model):
      np.testing.assert_allclose(run_batches(graph, x), expected.numpy(), rtol=0, atol=1e-12)
      lowered = lower(graph)
      self.assertEqual([type_of(layer) for layer in lowered.layers], types)
    return names_and_tensors(lowered.layers)[1]


class Files(Case):

  def test_sequential(self):
    arrays = {
        "stem": {"kernel": draw(3, 3, 2, 4), "bias": draw(4)},
        "norm": norm(4),
        "depthwise": {"depthwise_kernel": draw(3, 3, 4, 1)},
        "conv": {"kernel": draw(1, 1, 4, 4)},
        "fc": {"kernel": draw(16, 3)},
        "head": {"kernel": draw(3, 2), "bias": draw(2)}
    }
    model = Model([("InputLayer", {"name": "in", "batch_input_shape": [None, 8, 7, 2]}),
                   conv("Conv2D", "stem", filters=4, strides=[2, 2], use_bias=True, groups=1),
                   ("BatchNormalization", {"name": "norm", "axis": [3], "epsilon": 0.001, "center": True,
                                           "scale": True}),
                   ("Activation", {"name": "act", "activation": "relu"}),
                   conv("DepthwiseConv2D", "depthwise", depth_multiplier=1),
                   conv("Conv2D", "conv", filters=4, kernel_size=[1, 1]),
                   ("MaxPooling2D", {"name": "pool", "pool_size": [2, 2], "strides": [2, 2], "padding": "valid"}),
                   ("Flatten", {"name": "flat"}),
                   ("Dense", {"name": "fc", "units": 3, "activation": "relu", "use_bias": False}),
                   ("Dense", {"name": "head", "units": 2, "activation": "softmax", "use_bias": True})], arrays)
    x = np.random.default_rng(2).random((3, 8, 7, 2))
    t = torch.tensor(x).permute(0, 3, 1, 2)
    # TensorFlow pads 8 rows at stride 2 only at the bottom, and 7 columns on both sides.
    t = functional.conv2d(functional.pad(t, (1, 1, 0, 1)), filters(arrays["stem"]["kernel"]),
                          torch.tensor(arrays["stem"]["bias"]).double(), 2)
    t = functional.conv2d(normed(t, arrays["norm"]).relu(),
                          torch.tensor(arrays["depthwise"]["depthwise_kernel"]).double().permute(2, 3, 0, 1),
                          padding=1, groups=4)
    t = functional.max_pool2d(functional.conv2d(t, filters(arrays["conv"]["kernel"])), 2)
    t = (t.permute(0, 2, 3, 1).flatten(1) @ torch.tensor(arrays["fc"]["kernel"]).double()).relu()
    t = t @ torch.tensor(arrays["head"]["kernel"]).double() + torch.tensor(arrays["head"]["bias"]).double()
    tensors = self.same(model, x, t.softmax(1), [
        "conv<4, real, stride<2>, same>", "batch_norm", "relu", "depthwise_conv<>", "conv<4, real, kernel<1>>",
        "max_pool<2>", "dense<3>", "relu", "dense<2>", "bias"
    ])
    expected = arrays["fc"]["kernel"].reshape(2, 2, 4, 3).transpose(3, 2, 0, 1).reshape(3, 16)
    np.testing.assert_array_equal(tensors["fc.weight"], expected)

  def functional(self):
    arrays = {"a": {"kernel": draw(3, 3, 2, 2)}, "b": {"kernel": draw(3, 3, 2, 2)}, "fc": {"kernel": draw(2, 3)}}
    model = Model([("InputLayer", {"name": "in", "batch_input_shape": [None, 5, 5, 2]}),
                   (*conv("Conv2D", "a", filters=2), ["in"]), (*conv("Conv2D", "b", filters=2), ["a"]),
                   ("Add", {"name": "add"}, ["b", "a"]),
                   ("GlobalAveragePooling2D", {"name": "mean", "keepdims": False}, ["add"]),
                   ("Dense", {"name": "fc", "units": 3, "use_bias": False}, ["mean"])], arrays)
    return model, arrays

  def test_functional(self):
    model, arrays = self.functional()
    x = np.random.default_rng(2).random((3, 5, 5, 2))
    a = functional.conv2d(torch.tensor(x).permute(0, 3, 1, 2), filters(arrays["a"]["kernel"]), padding=1)
    t = (functional.conv2d(a, filters(arrays["b"]["kernel"]), padding=1) + a).mean((2, 3))
    self.same(model, x, t @ torch.tensor(arrays["fc"]["kernel"]).double(),
              ["conv<2>", "residual<chain<conv<2>>>", "global_average_pool", "dense<3>"])

  def refused(self, path, *words):
    """The command fails with one sentence that contains the file and the words."""
    error = io.StringIO()
    with contextlib.redirect_stderr(error), contextlib.redirect_stdout(io.StringIO()):
      self.assertEqual(main([path, "--name", "net", "--out", self.place("out")]), 1)
    self.assertEqual(error.getvalue().count("\n"), 1, error.getvalue())
    for word in (os.path.basename(path), *words):
      self.assertIn(word, error.getvalue())

  def archive(self, **members):
    """Writes the functional model with other members; None leaves one out."""
    model, _ = self.functional()
    contents = {"config.json": json.dumps(model.config(3)), "model.weights.h5": model.weights(3)}
    contents.update({name.replace("__", "."): value for name, value in members.items()})
    path = self.place("bad.keras")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
      for name, value in contents.items():
        if value is not None:
          archive.writestr(name, value)
    return path

  def test_damaged_archives(self):
    with open(self.archive(), "rb") as file:
      whole = file.read()
    for length in (1, 30, len(whole) // 2, len(whole) - 1):
      with open(self.place("cut.keras"), "wb") as file:
        file.write(whole[:length])
      self.refused(self.place("cut.keras"))
    generator = np.random.default_rng(7)
    for _ in range(150):
      damaged = bytearray(whole)
      for at in generator.integers(0, len(damaged), 3):
        damaged[at] = generator.integers(0, 256)
      with open(self.place("damaged.keras"), "wb") as file:
        file.write(damaged)
      error = io.StringIO()
      with contextlib.redirect_stderr(error), contextlib.redirect_stdout(io.StringIO()):
        status = main([self.place("damaged.keras"), "--name", "net", "--out", self.place("out")])
      self.assertEqual(error.getvalue().count("\n"), status, error.getvalue())

  def test_damaged_configurations(self):
    """A configuration with one other or missing entry is imported, or refused with one sentence."""
    quantizer = {"class_name": "quantized_bits", "config": {"bits": 4, "integer": 0, "alpha": "auto"}}
    model = Model([("InputLayer", {"name": "in", "batch_input_shape": [None, 4]}),
                   ("QActivation", {"name": "act", "activation": "quantized_relu(4)"}, ["in"]),
                   ("QDense", {"name": "fc", "units": 3, "use_bias": False, "kernel_quantizer": quantizer}, ["act"])],
                  {"fc": {"kernel": draw(4, 3)}})

    def places(item, path=()):
      yield path
      entries = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
      for key, part in entries:
        yield from places(part, (*path, key))

    whole, generator = json.dumps(model.config(3)), np.random.default_rng(3)
    others = [None, -1, 3.5, 1e300, float("inf"), 10**400, "", "auto_po2", "binary(alpha=2)", [], [[1]], {}, True]
    for path in [path for path in places(json.loads(whole)) if path]:
      config = json.loads(whole)
      item = config
      for key in path[:-1]:
        item = item[key]
      at = int(generator.integers(len(others) + 1))
      if at < len(others):
        item[path[-1]] = others[at]
      else:
        del item[path[-1]]
      error, members = io.StringIO(), {"config__json": json.dumps(config), "model__weights__h5": model.weights(3)}
      with contextlib.redirect_stderr(error), contextlib.redirect_stdout(io.StringIO()):
        status = main([self.archive(**members), "--name", "net", "--out", self.place("out")])
      self.assertEqual(error.getvalue().count("\n"), status, error.getvalue())

  def test_missing_and_large_members(self):
    self.refused(self.archive(config__json=None), "config.json")
    self.refused(self.archive(model__weights__h5=None), "model.weights.h5")
    self.refused(self.archive(model__weights__h5=b"not HDF5"), "Keras")
    self.refused(self.archive(config__json="["), "Keras")
    self.refused(self.archive(config__json=b" " * ((1 << 26) + 1)), "at most")
    self.refused(self.archive(config__json="[" * 100000), "Keras")

  def test_code_is_refused(self):
    model, _ = self.functional()
    config = model.config(3)
    config["config"]["layers"][2].update(class_name="Lambda")
    self.refused(self.archive(config__json=json.dumps(config)), "'b'", "Lambda")
    config["config"]["layers"][2].update(class_name="Conv2D", module="my_package.layers")
    self.refused(self.archive(config__json=json.dumps(config)), "'b'", "my_package")
    config["config"]["layers"][2].update(module="keras.layers", class_name="Functional")
    self.refused(self.archive(config__json=json.dumps(config)), "'b'", "Functional")

  def test_weights_that_do_not_fit(self):
    def changed(change):
      model, arrays = self.functional()
      contents = io.BytesIO(model.weights(3))
      with h5py.File(contents, "r+") as file:
        change(file)
      return self.archive(model__weights__h5=contents.getvalue())

    def link(file, target):
      del file["layers/conv2d_1"]
      file["layers/conv2d_1"] = target

    self.refused(changed(lambda file: file.pop("layers/conv2d_1/vars/0")), "'b'", "kernel")
    self.refused(changed(lambda file: file.pop("layers/conv2d_1")), "'a'", "conv2d")
    self.refused(changed(lambda file: file.pop("layers")), "'layers'")
    self.refused(changed(lambda file: file.create_dataset("layers/dense/vars/1", data=[1.0])), "'fc'", "kernel")
    self.refused(changed(lambda file: link(file, h5py.ExternalLink("/etc/passwd", "/"))), "link")
    self.refused(changed(lambda file: link(file, h5py.SoftLink("/layers/conv2d"))), "link")

  def test_graphs_that_do_not_fit(self):
    for change, words in ((lambda layers: layers[2]["inbound_nodes"].clear(), ["'b'", "used once"]),
                          (lambda layers: layers[2]["inbound_nodes"].append(layers[2]["inbound_nodes"][0]), ["'b'"]),
                          (lambda layers: layers[2]["inbound_nodes"][0].update(args=[]), ["'b'", "earlier layer"]),
                          (lambda layers: layers[2]["config"].update(name="a"), ["'a'", "no other layer"]),
                          (lambda layers: layers[3]["inbound_nodes"][0].update(
                              kwargs=layers[2]["inbound_nodes"][0]), ["'add'", "positional"])):
      model, _ = self.functional()
      config = model.config(3)
      change(config["config"]["layers"])
      self.refused(self.archive(config__json=json.dumps(config)), *words)


class QKeras(Case):

  def test_network(self):
    arrays = {
        "conv": {"kernel": draw(3, 3, 2, 4), "bias": draw(4)},
        "norm": norm(4),
        "depthwise": {"depthwise_kernel": draw(3, 3, 4, 1)},
        "fc": {"kernel": draw(4, 3), "bias": draw(3)}
    }
    bits = lambda **settings: {"class_name": "quantized_bits",
                               "config": {"bits": 4, "integer": 0, "symmetric": 1, "keep_negative": True,
                                          "alpha": 1.0, "use_stochastic_rounding": False, "qnoise_factor": 1.0,
                                          "post_training_scale": None, **settings}}
    model = Model([("InputLayer", {"name": "in", "batch_input_shape": [None, 6, 6, 2]}),
                   ("QActivation", {"name": "in_bits", "activation": "quantized_bits(8, 0, alpha=1)"}),
                   conv("QConv2D", "conv", filters=4, use_bias=True, kernel_quantizer=bits(), bias_quantizer=bits(
                       bits=8, integer=1), kernel_range=None, bias_range=None, mask=None),
                   ("QBatchNormalization", {"name": "norm", "axis": [3], "epsilon": 0.001, "center": True,
                                            "scale": True, "gamma_quantizer": None, "variance_quantizer": None,
                                            "beta_quantizer": bits(bits=8), "mean_quantizer": bits(bits=8),
                                            "inverse_quantizer": None, "gamma_range": None, "beta_range": None}),
                   ("QActivation", {"name": "relu", "activation": {
                       "class_name": "quantized_relu", "config": {"bits": 3, "integer": 1, "use_sigmoid": 0,
                                                                  "negative_slope": 0.0, "relu_upper_bound": None}}}),
                   conv("QDepthwiseConv2D", "depthwise", depth_multiplier=1, padding="VALID", depthwise_quantizer={
                       "class_name": "ternary", "config": {"alpha": 0.5, "threshold": 0.25}},
                       activation="binary(alpha=1)"),
                   ("GlobalAveragePooling2D", {"name": "mean"}),
                   ("QDense", {"name": "fc", "units": 3, "use_bias": True, "activation": "linear",
                               "kernel_quantizer": {"class_name": "binary", "config": {"alpha": "auto"}},
                               "bias_quantizer": None})], arrays)
    x = np.random.default_rng(2).uniform(-1, 1, (3, 6, 6, 2))

    def fixed(a, count, integer, low, high):
      step = 2.0**(integer + 1 - count)
      return np.clip(np.rint(np.asarray(a, np.float64) / step), low, high) * step

    t = torch.tensor(fixed(x, 8, 0, -128, 127)).permute(0, 3, 1, 2)
    t = functional.conv2d(t, filters(fixed(arrays["conv"]["kernel"], 4, 0, -7, 7)),
                          torch.tensor(fixed(arrays["conv"]["bias"], 8, 1, -127, 127)), padding=1)
    quantized = {**arrays["norm"], **{k: fixed(arrays["norm"][k], 8, 0, -127, 127) for k in ("beta", "moving_mean")}}
    t = (normed(t, quantized) / 0.25).round().clamp(0, 7) * 0.25
    kernel = arrays["depthwise"]["depthwise_kernel"].astype(np.float64)
    kernel = np.where(np.abs(kernel) >= 0.25, np.sign(kernel), 0) * 0.5
    t = functional.conv2d(t, torch.tensor(kernel).permute(2, 3, 0, 1), groups=4)
    t = torch.where(t >= 0, 1.0, -1.0).double().mean((2, 3))
    kernel = arrays["fc"]["kernel"].astype(np.float64)
    scale = np.abs(kernel).mean(0) / (1 + 1e-7)
    t = t @ torch.tensor(np.where(kernel >= 0, 1, -1) * scale) + torch.tensor(arrays["fc"]["bias"]).double()
    tensors = self.same(model, x, t, [
        "conv<4, scheme<given_affine<8>, given_integer<-7, 7>>>", "batch_norm",
        "depthwise_conv<scheme<given_integer<0, 7>, given_integer<-1, 1>>, padding<0>>",
        "quantize<sign_nonnegative>", "global_average_pool", "dense<3, given_sign<per_channel>>", "bias"
    ])
    np.testing.assert_allclose(tensors["fc.state"], scale, rtol=1e-6)
    self.assertEqual(tensors["conv.state"].tolist(), [0.125])

  def weights(self, quantizer, values, trainable=True):
    return quantized_weights("here", quantizer, np.asarray(values, np.float64), trainable)

  def test_measured_scales(self):
    x = draw(5, 3).astype(np.float64) * [0.3, 1, 4]
    values, quantizer = self.weights("quantized_bits(4, 1, 1, alpha='auto')", x)
    scale = np.abs(x).max(0) / 7
    codes = np.sign(x) * np.minimum(np.floor(np.abs(x) / scale + 0.5), 7)
    np.testing.assert_allclose(values, codes * scale)
    np.testing.assert_allclose(quantizer.scale[0], scale)
    # Without alpha, kernels have powers of two and other arrays have the scale 1.
    values, quantizer = self.weights("quantized_bits(4, 0)", x)
    logs = np.log2(quantizer.scale[0])
    self.assertTrue(np.array_equal(logs, np.rint(logs)) and len(set(logs)) > 1)
    self.assertLess(np.abs(values - x).max(0).max() / 4, 0.2)
    values, quantizer = self.weights("quantized_bits(4, 0)", x, False)
    self.assertEqual(quantizer.scale.max(), 0.125)
    self.assertEqual((quantizer.lowest, quantizer.highest), (-8, 7))
    values, quantizer = self.weights("ternary", x)
    self.assertEqual(set(np.unique(values / quantizer.scale)), {-1, 0, 1})

  def test_powers_of_two(self):
    x = np.array([[0.8, -0.3], [0.3, 0.06], [-1.9, 0.02], [0.0, 1e-9]])
    values, quantizer = self.weights("quantized_po2(4, 1)", x.reshape(-1))
    self.assertEqual(values.tolist(), [1, -0.25, 0.25, 0.0625, -1, 2**-6, 2**-8, 2**-8])
    # 1 and 2^-8 have no common integers of 7 bits, 0.25 and 2^-8 have.
    with self.assertRaisesRegex(Refusal, "differ by at most 64"):
      self.weights("quantized_po2(4, 1)", x[:, :1])
    values, quantizer = self.weights("quantized_po2(4, 1)", x[:, 1:])
    self.assertEqual((quantizer.scale[0, 0], quantizer.lowest, quantizer.highest), (2**-8, -64, 64))
    values, _ = self.weights("quantized_relu_po2(6, quadratic_approximation=True)", [0.3, 1.2, 5.0, -1.0])
    self.assertEqual(values.tolist(), [0.25, 1.0, 4.0, 2.0**-32])

  def test_text_of_quantizers(self):
    self.assertEqual(call_of("here", "quantized_bits(4, 0, alpha='auto')"),
                     ("quantized_bits", {"bits": 4, "integer": 0, "alpha": "auto"}))
    for text in ("__import__('os').system('true')", "binary(alpha=__import__('os'))", "binary(*[1])", "binary(1, 2",
                 "quantized_relu(4, bits=3)", "lambda: 1", "(" * 900, "binary(**{})"):
      with self.assertRaises(Refusal):
        call_of("here", text)

  def test_refusals_name_the_quantizer(self):
    kernel = {"fc": {"kernel": draw(4, 2)}}
    for quantizer, word in (("stochastic_binary()", "stochastic_binary"), ("quantized_bits(4, unknown=1)", "unknown"),
                            ("quantized_bits(4, qnoise_factor=0.5)", "qnoise_factor"), ("quantized_bits(0)", "bits"),
                            ("quantized_bits(4, scale_axis=0)", "scale_axis"), ("binary(alpha=-1)", "alpha"),
                            ({"class_name": "Custom>mine", "config": {}}, "mine")):
      model = Model([("InputLayer", {"name": "in", "batch_input_shape": [None, 4]}),
                     ("QDense", {"name": "fc", "units": 2, "use_bias": False, "kernel_quantizer": quantizer})], kernel)
      with self.assertRaisesRegex(Refusal, f"'fc'.*{word}"):
        read(model.h5(self.place("net.h5")))
    for activation, word in (("quantized_po2(4)", "quantized_po2"), ("quantized_bits(4, alpha='auto')", "alpha"),
                             ("quantized_relu(4, negative_slope=0.25)", "negative_slope"),
                             ("quantized_tanh(4)", "quantized_tanh"), ("quantized_relu(4, 0, 1)", "use_sigmoid")):
      model = Model([("InputLayer", {"name": "in", "batch_input_shape": [None, 4]}),
                     ("QActivation", {"name": "act", "activation": activation})], {})
      with self.assertRaisesRegex(Refusal, f"'act'.*{word}"):
        read(model.h5(self.place("net.h5")))


class Larq(Case):

  def test_network(self):
    arrays = {
        "stem": {"kernel": draw(3, 3, 2, 4)},
        "norm": norm(4),
        "conv": {"kernel": draw(3, 3, 4, 4)},
        "depthwise": {"depthwise_kernel": draw(3, 3, 4, 1)},
        "fc": {"kernel": draw(4, 3)}
    }
    larq = lambda name, **config: {"class_name": name, "config": {"name": "q", "trainable": True, "dtype": "float32",
                                                                  **config}}
    model = Model([("InputLayer", {"name": "in", "batch_input_shape": [None, 6, 6, 2]}),
                   conv("QuantConv2D", "stem", filters=4, input_quantizer=None, pad_values=0.0,
                        kernel_quantizer=larq("SteSign", clip_value=1.0)),
                   ("BatchNormalization", {"name": "norm", "axis": [3], "epsilon": 0.001, "center": True,
                                           "scale": True}),
                   conv("QuantConv2D", "conv", filters=4, pad_values=0.0, input_quantizer="approx_sign",
                        kernel_quantizer=larq("MagnitudeAwareSign", clip_value=1.0), activation="hard_tanh"),
                   conv("QuantDepthwiseConv2D", "depthwise", depth_multiplier=1, padding="valid", pad_values=1.0,
                        input_quantizer=larq("SteTern", threshold_value=0.5, ternary_weight_networks=False),
                        depthwise_quantizer="ste_sign"),
                   ("GlobalAveragePooling2D", {"name": "mean"}), ("SteSign", {"name": "sign", "clip_value": 1.0}),
                   ("QuantDense", {"name": "fc", "units": 3, "use_bias": False, "input_quantizer": None,
                                   "kernel_quantizer": larq("SteTern", threshold_value=0.05,
                                                            ternary_weight_networks=True, clip_value=1.0)})], arrays)
    x = np.random.default_rng(2).uniform(-1, 1, (3, 6, 6, 2))
    one = lambda a: torch.where(a >= 0, 1.0, -1.0).double()
    t = functional.conv2d(torch.tensor(x).permute(0, 3, 1, 2), one(filters(arrays["stem"]["kernel"])), padding=1)
    kernel = filters(arrays["conv"]["kernel"])
    scale = kernel.abs().mean((1, 2, 3), keepdim=True)
    t = functional.conv2d(one(normed(t, arrays["norm"])), one(kernel) * scale, padding=1).clamp(-1, 1)
    t = (t >= 0.5).double() - (t <= -0.5).double()
    t = functional.conv2d(t, one(torch.tensor(arrays["depthwise"]["depthwise_kernel"]).permute(2, 3, 0, 1)), groups=4)
    kernel = torch.tensor(arrays["fc"]["kernel"]).double()
    kernel = torch.where(kernel.abs() >= 0.7 * kernel.abs().mean(), kernel.sign(), 0.0).double()
    self.same(model, x, one(t.mean((2, 3))) @ kernel, [
        "conv<4, sign_nonnegative>", "batch_norm", "conv<4, scheme<sign_nonnegative, given_sign<per_channel>>>",
        "hard_tanh", "multi_threshold<2>",
        "depthwise_conv<scheme<given_integer<-1, 1>, sign_nonnegative>, padding<0>>", "global_average_pool",
        "dense<3, scheme<sign_nonnegative, given_integer<-1, 1>>>"
    ])

  def test_refusals(self):
    kernel = {"conv": {"kernel": draw(3, 3, 2, 2)}}
    for settings, word in (({"pad_values": 1.0}, "pad_values 0, found 1.0"),
                           ({"input_quantizer": "magnitude_aware_sign"}, "magnitude_aware_sign"),
                           ({"kernel_quantizer": "dorefa_quantizer"}, "dorefa_quantizer"),
                           ({"kernel_quantizer": "ste_heaviside"}, "ste_heaviside")):
      model = Model([("InputLayer", {"name": "in", "batch_input_shape": [None, 6, 6, 2]}),
                     conv("QuantConv2D", "conv", filters=2, **settings)], kernel)
      with self.assertRaisesRegex(Refusal, f"'conv'.*{word}"):
        read(model.h5(self.place("net.h5")))


if __name__ == "__main__":
  unittest.main()
