"""Reads Keras models (.h5, Keras 2), with layers of Larq whose quantizer is ste_sign.

Feature maps of Keras have their channels last. The reader inserts a Transpose at the input and around layers that
flatten or reshape. Layers with code of their own (Lambda, custom classes) are refused; nothing of the file is ever run.
source  keras.io/api/layers, docs.larq.dev/larq/api/layers
"""

import json

import numpy as np

from ..failure import Refusal, check_extents, require
from ..graph import Constant, Graph, Input
from .builder import Builder

# Entries of a layer's configuration that change nothing at inference.
IGNORED = {
    "name", "trainable", "dtype", "batch_input_shape", "batch_shape", "sparse", "ragged", "filters", "units", "axis",
    "momentum", "noise_shape", "seed", "rate", "data_format", "keepdims", "synchronized", "ndim", "groups_are_default",
    "batch_size", "input_spec", "module", "registered_name", "build_config", "fused", "renorm", "virtual_batch_size",
    "metrics", "kernel_clip", "pad_values"
}
TRAINING = ("_initializer", "_regularizer", "_constraint")
ACTIVATIONS = {"relu": "Relu", "softmax": "Softmax", "sigmoid": "Sigmoid", "tanh": "Tanh"}


class Reader(Builder):
  """Reads one file."""

  def read(self):
    try:
      import h5py
    except ImportError:
      raise Refusal(f"{self.path}: reading Keras models needs Python's h5py: run scripts/setup --import") from None
    try:
      with h5py.File(self.path, "r") as file:
        require("model_config" in file.attrs,
                f"{self.path}: expected a model saved with its architecture, found only weights")
        text = file.attrs["model_config"]
        config = json.loads(text.decode() if isinstance(text, bytes) else text)
        self.h5py, self.weights = h5py, file["model_weights"] if "model_weights" in file else file
        return self.model(config)
    except Refusal:
      raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, IndexError, RecursionError,
            UnicodeDecodeError, MemoryError) as error:
      text = str(error).split("\n")[0] or type(error).__name__
      raise Refusal(f"{self.path}: expected a Keras model in HDF5, found {text}") from None

  # --- the model -----------------------------------------------------------------------------------------------------

  def model(self, config):
    kind, body = config.get("class_name"), config.get("config")
    require(kind in ("Functional", "Model", "Sequential"),
            f"{self.path}: expected a Functional or Sequential model, found {kind}")
    layers = body["layers"] if isinstance(body, dict) else body
    require(isinstance(layers, list) and layers, f"{self.path}: expected layers, found none")
    self.values = {}  # layer: its result
    previous = None
    if kind == "Sequential" and layers[0]["class_name"] != "InputLayer":
      shape = layers[0]["config"].get("batch_input_shape")
      require(shape, f"{self.path}: layer '{layers[0]['config'].get('name')}': expected the input's shape")
      previous = self.input_layer("input", shape)
    for layer in layers:
      name, settings = layer["config"]["name"], layer["config"]
      if layer["class_name"] == "InputLayer":
        previous = self.values[name] = self.input_layer(
            name,
            settings.get("batch_input_shape") or settings.get("batch_shape"))
        continue
      if kind == "Sequential":
        inputs = [previous]
      else:
        inbound = layer["inbound_nodes"]
        require(
            len(inbound) == 1,
            f"{self.path}: layer '{name}': expected that it is used once, found {len(inbound)} times")
        sources = [source[0] for source in inbound[0]]
        missing = [source for source in sources if source not in self.values]
        require(not missing,
                f"{self.path}: layer '{name}': expected an earlier layer as its input, found {missing[:1]}")
        inputs = [self.values[source] for source in sources]
      previous = self.values[name] = self.layer(layer["class_name"], name, settings, inputs)
    if kind != "Sequential":
      outputs = body["output_layers"]
      require(len(outputs) == 1, f"{self.path}: expected one output, found {len(outputs)}")
      previous = self.values[outputs[0][0]]
    if self.ranks[previous] > 1:
      previous = self.channels_last(previous, "output")
    graph = Graph(self.path, "Keras", self.input, [previous], self.nodes, self.constants)
    graph.sort()
    return graph

  def input_layer(self, name, shape):
    require(not hasattr(self, "input"), f"{self.path}: expected one input, found a second one, '{name}'")
    require(
        isinstance(shape, list) and 2 <= len(shape) <= 4 and all(isinstance(e, int) and e > 0 for e in shape[1:]),
        f"{self.path}: input '{name}': expected a batch and 1 to 3 fixed extents, found {shape}")
    check_extents(shape[1:], f"{self.path}: input '{name}'")
    self.input = Input(name, (None, *shape[1:]))
    self.ranks[name] = len(shape) - 1
    return self.channels_first(name, "input") if len(shape) > 2 else name

  # --- nodes ---------------------------------------------------------------------------------------------------------

  def constant(self, name, values):
    self.constants[name] = Constant(np.asarray(values,
                                               np.int64 if np.asarray(values).dtype.kind == "i" else np.float64))
    return name

  def channels_first(self, value, name):
    rank = self.ranks[value]
    return self.add("Transpose", name, [value], rank, perm=[0, rank, *range(1, rank)])

  def channels_last(self, value, name):
    rank = self.ranks[value]
    return self.add("Transpose", name, [value], rank, perm=[0, *range(2, rank + 1), 1])

  def arrays(self, name):
    """Returns a layer's arrays by the last part of their names."""
    found = {}

    def take(path, item):
      if isinstance(item, self.h5py.Dataset):
        what = f"{self.path}: layer '{name}'"
        require(item.external is None and not item.is_virtual, f"{what}: expected weights inside the file")
        check_extents(item.shape, what)
        require(item.dtype.kind == "f", f"{what}: expected floats, found {item.dtype}")
        key = path.split("/")[-1].split(":")[0]
        require(key not in found, f"{what}: expected one array '{key}', found two")
        found[key] = np.array(item, np.float64)
        require(np.isfinite(found[key]).all(), f"{what}: expected finite numbers in '{key}'")

    if name in self.weights:
      self.weights[name].visititems(take)
    return found

  def array(self, arrays, key, shape, name):
    require(key in arrays,
            f"{self.path}: layer '{name}': expected an array '{key}', found {', '.join(arrays) or 'none'}")
    found = arrays[key]
    require(
        len(found.shape) == len(shape) and all(w in (None, f) for w, f in zip(shape, found.shape)),
        f"{self.path}: layer '{name}': expected {key} of the shape {list(shape)}, found {list(found.shape)}")
    return found

  # --- layers --------------------------------------------------------------------------------------------------------

  def layer(self, kind, name, settings, inputs):
    """Adds the nodes of a layer. Returns its result."""
    self.where = f"{self.path}: layer '{name}' ({kind})"
    handlers = {
        "Conv2D": self.conv,
        "Conv1D": self.conv,
        "DepthwiseConv2D": self.conv,
        "Dense": self.dense,
        "QuantConv2D": self.conv,
        "QuantConv1D": self.conv,
        "QuantDepthwiseConv2D": self.conv,
        "QuantDense": self.dense,
        "BatchNormalization": self.batch_norm,
        "Activation": self.activation_layer,
        "ReLU": self.relu,
        "Softmax": lambda n, s, i: self.activation(i[0], n,
                                                   s.take("axis", -1) and "softmax"),
        "MaxPooling2D": self.pool,
        "AveragePooling2D": self.pool,
        "MaxPooling1D": self.pool,
        "AveragePooling1D": self.pool,
        "GlobalAveragePooling2D": self.global_pool,
        "GlobalAveragePooling1D": self.global_pool,
        "Flatten": self.flatten,
        "Reshape": self.reshape,
        "ZeroPadding2D": self.zero_padding,
        "Dropout": lambda n, s, i: i[0],
        "SpatialDropout2D": lambda n, s, i: i[0],
        "Add": self.join,
        "Concatenate": self.join
    }
    require(kind in handlers, f"{self.where}: expected a layer that the importer knows, found {kind}")
    require(kind in ("Add", "Concatenate") or len(inputs) == 1,
            f"{self.where}: expected one input, found {len(inputs)}")
    taken = Settings(settings, self.where)
    require(
        taken.values.get("data_format", "channels_last") in ("channels_last", None),
        f"{self.where}: expected channels_last")
    result = handlers[kind](name, taken, inputs)
    taken.check()
    return result

  def activation(self, value, name, kind):
    if isinstance(kind, dict):
      kind = kind.get("class_name")
    if kind in (None, "linear"):
      return value
    if kind in ("ste_sign",):
      return self.add("qonnx.BipolarQuant", name, [value, self.constant(f"{name}.sign.scale", 1.0)], self.ranks[value])
    if kind == "relu6":
      return self.add("Clip", name,
                      [value, self.constant(f"{name}.low", 0.0),
                       self.constant(f"{name}.high", 6.0)], self.ranks[value])
    require(kind in ACTIVATIONS,
            f"{self.where}: expected an activation {', '.join(ACTIVATIONS)}, relu6 or linear, found {kind}")
    attributes = {"axis": -1} if kind == "softmax" else {}
    require(kind != "softmax" or self.ranks[value] == 1, f"{self.where}: expected softmax of a flat feature map")
    return self.add(ACTIVATIONS[kind], name, [value], self.ranks[value], **attributes)

  def quantized(self, value, name, settings, key):
    """Applies Larq's quantizer of inputs or kernels."""
    kind = settings.take(key, None)
    if isinstance(kind, dict):
      kind = kind.get("class_name")
    if kind is None:
      return value
    require(str(kind).lower().replace("_", "") == "stesign", f"{self.where}: expected {key} ste_sign, found {kind}")
    self.ranks.setdefault(value, 0)
    return self.add("qonnx.BipolarQuant", f"{name}.{key}", [value, self.constant(f"{name}.{key}.scale", 1.0)],
                    self.ranks[value])

  def padding(self, settings):
    padding = settings.take("padding", "valid")
    require(padding in ("valid", "same"), f"{self.where}: expected padding valid or same, found {padding}")
    return "SAME_UPPER" if padding == "same" else "VALID"

  def conv(self, name, settings, inputs):
    arrays = self.arrays(name)
    value = self.quantized(inputs[0], name, settings, "input_quantizer")
    rank = self.ranks[value]
    kernel = settings.take("kernel_size")
    depthwise = "depth_multiplier" in settings.values
    require(len(kernel) == rank - 1, f"{self.where}: expected a window of {rank - 1} extents, found {kernel}")
    bias = settings.take("use_bias", True)
    if depthwise:
      multiplier = settings.take("depth_multiplier")
      weight = self.array(arrays, "depthwise_kernel", [*kernel, None, multiplier], name)
      channels = weight.shape[-2]
      settings.take("groups", 1)
      groups = channels
      weight = weight.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, *kernel)
    else:
      groups = settings.take("groups", 1)
      weight = self.array(arrays, "kernel", [*kernel, None, settings.take("filters")], name)
      weight = weight.transpose(rank, rank - 1, *range(rank - 1))
    key = "depthwise_quantizer" if depthwise else "kernel_quantizer"
    weight = self.quantized(self.constant(f"{name}.weight", weight), name, settings, key)
    tensors = [value, weight]
    if bias:
      tensors.append(self.constant(f"{name}.bias", self.array(arrays, "bias", [None], name)))
    out = self.add("Conv",
                   name,
                   tensors,
                   rank,
                   auto_pad=self.padding(settings),
                   strides=settings.take("strides", [1] * len(kernel)),
                   dilations=settings.take("dilation_rate", [1] * len(kernel)),
                   group=groups)
    return self.activation(out, f"{name}.activation", settings.take("activation", "linear"))

  def dense(self, name, settings, inputs):
    arrays = self.arrays(name)
    value = self.quantized(inputs[0], name, settings, "input_quantizer")
    require(self.ranks[value] == 1, f"{self.where}: expected a flat feature map")
    weight = self.constant(f"{name}.weight", self.array(arrays, "kernel", [None, settings.take("units")], name))
    weight = self.quantized(weight, name, settings, "kernel_quantizer")
    tensors = [value, weight]
    if settings.take("use_bias", True):
      tensors.append(self.constant(f"{name}.bias", self.array(arrays, "bias", [None], name)))
    out = self.add("Gemm", name, tensors, 1)
    return self.activation(out, f"{name}.activation", settings.take("activation", "linear"))

  def batch_norm(self, name, settings, inputs):
    arrays = self.arrays(name)
    axis = settings.values.get("axis")
    axis = axis[0] if isinstance(axis, list) else axis
    rank = self.ranks[inputs[0]]
    require(axis in (None, -1, rank), f"{self.where}: expected the channels' axis, found {axis}")
    mean = self.array(arrays, "moving_mean", [None], name)
    center, scale = settings.take("center", True), settings.take("scale", True)
    gamma = self.array(arrays, "gamma", mean.shape, name) if scale else np.ones(mean.shape)
    beta = self.array(arrays, "beta", mean.shape, name) if center else np.zeros(mean.shape)
    tensors = [
        self.constant(f"{name}.{key}", array)
        for key, array in (("weight", gamma), ("bias", beta), ("running_mean", mean),
                           ("running_var", self.array(arrays, "moving_variance", mean.shape, name)))
    ]
    return self.add("BatchNormalization", name, [inputs[0], *tensors], rank, epsilon=settings.take("epsilon", 1e-3))

  def activation_layer(self, name, settings, inputs):
    return self.activation(inputs[0], name, settings.take("activation"))

  def relu(self, name, settings, inputs):
    most = settings.take("max_value", None)
    require(not settings.take("negative_slope", 0) and not settings.take("threshold", 0),
            f"{self.where}: expected negative_slope 0 and threshold 0")
    require(most in (None, 6), f"{self.where}: expected max_value None or 6, found {most}")
    return self.activation(inputs[0], name, "relu" if most is None else "relu6")

  def pool(self, name, settings, inputs):
    size = settings.take("pool_size")
    size = size if isinstance(size, list) else [size]
    op = "MaxPool" if "MaxPooling" in self.where.split("(")[-1] else "AveragePool"
    strides = settings.take("strides", None)
    strides = size if strides is None else strides if isinstance(strides, list) else [strides]
    return self.add(op,
                    name,
                    inputs,
                    self.ranks[inputs[0]],
                    kernel_shape=size,
                    strides=strides,
                    auto_pad=self.padding(settings))

  def global_pool(self, name, settings, inputs):
    require(not settings.values.get("keepdims", False), f"{self.where}: expected keepdims False")
    rank = self.ranks[inputs[0]]
    axes = self.constant(f"{name}.axes", np.arange(2, rank + 1))
    return self.add("ReduceMean", name, [inputs[0], axes], 1, keepdims=0)

  def flatten(self, name, settings, inputs):
    value = inputs[0]
    if self.ranks[value] > 1:
      value = self.channels_last(value, name)
    return self.add("Flatten", name, [value], 1, axis=1)

  def reshape(self, name, settings, inputs):
    target = settings.take("target_shape")
    require(
        isinstance(target, list) and 1 <= len(target) <= 3 and all(isinstance(e, int) and e > 0 for e in target),
        f"{self.where}: expected 1 to 3 fixed extents, found {target}")
    value = inputs[0]
    if self.ranks[value] > 1:
      value = self.channels_last(value, name)
    value = self.add("Reshape", name, [value, self.constant(f"{name}.shape", np.array([-1, *target]))], len(target))
    return self.channels_first(value, name) if len(target) > 1 else value

  def zero_padding(self, name, settings, inputs):
    (top, bottom), (left, right) = settings.take("padding")
    pads = self.constant(f"{name}.pads", np.array([0, 0, top, left, 0, 0, bottom, right]))
    return self.add("Pad", name, [inputs[0], pads], 3)

  def join(self, name, settings, inputs):
    require(len(inputs) == 2, f"{self.where}: expected two inputs, found {len(inputs)}")
    rank = self.ranks[inputs[0]]
    if "(Add)" in self.where:
      return self.add("Add", name, inputs, rank)
    axis = settings.values.get("axis", -1)
    require(axis in (-1, rank), f"{self.where}: expected a concatenation of channels, found axis {axis}")
    return self.add("Concat", name, inputs, rank, axis=1)


class Settings:
  """A layer's configuration, of which every entry has to be understood."""

  def __init__(self, values, where):
    self.values, self.where = values, where
    self.taken = set()

  def take(self, key, *fallback):
    self.taken.add(key)
    if key in self.values:
      return self.values[key]
    require(fallback, f"{self.where}: expected the setting '{key}', found none")
    return fallback[0]

  def check(self):
    for key, value in self.values.items():
      known = key in self.taken or key in IGNORED or key.endswith(TRAINING)
      require(known, f"{self.where}: expected a setting that the importer knows, found '{key}'")


__all__ = ["Reader"]
