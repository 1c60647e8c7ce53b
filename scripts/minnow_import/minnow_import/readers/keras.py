"""Reads Keras models (.h5 and .keras, Keras 2 and 3), with the layers of QKeras and Larq by name.

Feature maps of Keras have their channels last. The reader inserts a Transpose at the input and around layers that
flatten or reshape. Layers with code of their own (Lambda, custom classes) are refused; nothing of the file is ever run.
source  keras.io/api/layers, docs.larq.dev/larq/api/layers, QKeras: qkeras/qlayers.py and qconvolutional.py
"""

import dataclasses
from collections import Counter

import numpy as np

from ..failure import Refusal, check_extents, require
from ..graph import Constant, Graph, Input
from .builder import Builder
from .keras_files import ERRORS, open_model
from .keras_quantizers import is_quantizer, named, quantize_map, quantized_weights
from .keras_settings import Settings

ACTIVATIONS = {"relu": "Relu", "softmax": "Softmax", "sigmoid": "Sigmoid", "tanh": "Tanh"}
CLIPS = {"relu6": (0.0, 6.0), "hard_tanh": (-1.0, 1.0)}
# The functions of Reader, by the class of a layer.
LAYERS = {
    **{kind: "conv" for kind in ("Conv1D", "Conv2D", "DepthwiseConv2D", "QConv1D", "QConv2D", "QDepthwiseConv2D",
                                 "QuantConv1D", "QuantConv2D", "QuantDepthwiseConv2D")},
    **{kind: "dense" for kind in ("Dense", "QDense", "QuantDense")},
    **{kind: "pool" for kind in ("MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D")},
    **{kind: "quantizer_layer" for kind in ("SteSign", "ApproxSign", "SwishSign", "SteTern", "NoOp")},
    "InputLayer": "input_layer",
    "BatchNormalization": "batch_norm",
    "QBatchNormalization": "batch_norm",
    "Activation": "activation_layer",
    "QActivation": "activation_layer",
    "ReLU": "relu",
    "Softmax": "softmax",
    "GlobalAveragePooling1D": "global_pool",
    "GlobalAveragePooling2D": "global_pool",
    "Flatten": "flatten",
    "Reshape": "reshape",
    "ZeroPadding2D": "zero_padding",
    "Rescaling": "rescaling",
    "Dropout": "dropout",
    "SpatialDropout2D": "dropout",
    "Add": "join",
    "Concatenate": "join"
}
# The packages whose layers the importer knows.
PACKAGES = ("keras", "tf_keras", "tensorflow", "qkeras", "larq", "builtins")


class Reader(Builder):
  """Reads one file."""

  def read(self):
    return open_model(self.path, self.model)

  # --- the model -----------------------------------------------------------------------------------------------------

  def model(self, config, weights):
    """Returns the graph of a model. `weights` makes the reader of its arrays from the layers' names and classes."""
    require(isinstance(config, dict), f"{self.path}: expected the configuration of a model, found {str(config)[:80]}")
    kind, body = config.get("class_name"), config.get("config")
    require(kind in ("Functional", "Model", "Sequential"),
            f"{self.path}: expected a Functional or Sequential model, found {kind}")
    layers = body.get("layers") if isinstance(body, dict) else body
    require(isinstance(layers, list) and layers, f"{self.path}: expected layers, found none")
    for number, layer in enumerate(layers):
      settings = layer.get("config") if isinstance(layer, dict) else None
      name = settings.get("name") if isinstance(settings, dict) else None
      require(isinstance(name, str) and name and "class_name" in layer,
              f"{self.path}: layer {number}: expected a class, a configuration and a name, found {str(layer)[:80]}")
    entries = [(layer["config"]["name"], self.kind(layer), layer) for layer in layers]
    twice = next((name for name, times in Counter(name for name, _, _ in entries).items() if times > 1), None)
    require(twice is None, f"{self.path}: layer '{twice}': expected a name that no other layer has")
    self.weights = weights([(name, layer_kind) for name, layer_kind, _ in entries])
    self.values = {}  # layer: its result
    previous = None
    if kind == "Sequential" and entries[0][1] != "InputLayer":
      shape = layers[0]["config"].get("batch_input_shape") or layers[0]["config"].get("batch_shape")
      shape = shape or (body.get("build_input_shape") if isinstance(body, dict) else None)
      require(shape, f"{self.path}: layer '{entries[0][0]}': expected the input's shape")
      previous = self.input_layer("input", shape)
    for name, layer_kind, layer in entries:
      settings = layer["config"]
      if layer_kind == "InputLayer":
        previous = self.values[name] = self.input_layer(
            name,
            settings.get("batch_input_shape") or settings.get("batch_shape"))
        continue
      try:
        inputs = [previous] if kind == "Sequential" else self.inputs_of(name, layer["inbound_nodes"])
        previous = self.values[name] = self.layer(layer_kind, name, settings, inputs)
      except ERRORS as error:
        text = str(error).split("\n")[0] or type(error).__name__
        raise Refusal(f"{self.path}: layer '{name}' ({layer_kind}): expected settings that the layer takes, found "
                      f"{text}") from None
    if kind != "Sequential":
      outputs = body.get("output_layers")
      outputs = [outputs] if outputs and isinstance(outputs, list) and isinstance(outputs[0], str) else outputs
      require(isinstance(outputs, list) and len(outputs) == 1 and isinstance(outputs[0], list) and outputs[0],
              f"{self.path}: expected one output, found {str(outputs)[:80]}")
      require(str(outputs[0][0]) in self.values, f"{self.path}: expected a layer as the output, found '{outputs[0][0]}'")
      previous = self.values[outputs[0][0]]
    if self.ranks[previous] > 1:
      previous = self.channels_last(previous, "output")
    graph = Graph(self.path, "Keras", self.input, [previous], self.nodes, self.constants)
    graph.sort()
    return graph

  def kind(self, layer):
    """Returns a layer's class. Classes of unknown packages are refused."""
    kind = layer["class_name"]
    package = str(layer.get("module") or "keras").split(".")[0]
    require(
        package in PACKAGES and isinstance(kind, str),
        f"{self.path}: layer '{layer['config'].get('name')}': expected a layer of Keras, QKeras or Larq, found "
        f"{layer.get('module')}.{kind}")
    kind = kind.split(">")[-1]
    require(
        kind in LAYERS, f"{self.path}: layer '{layer['config'].get('name')}' ({kind}): expected a layer that the "
        f"importer knows, found {kind}")
    return kind

  def inputs_of(self, name, nodes):
    """Returns the values that a layer reads, from the form of Keras 2 (lists) or of Keras 3 (serialized tensors)."""
    where = f"{self.path}: layer '{name}'"
    require(len(nodes) == 1, f"{where}: expected that it is used once, found {len(nodes)} times")
    node, sources = nodes[0], []

    def tensors(item, found):
      if isinstance(item, dict) and item.get("class_name") == "__keras_tensor__":
        found.append(item["config"]["keras_history"])
      elif isinstance(item, (list, dict)):
        for part in item.values() if isinstance(item, dict) else item:
          tensors(part, found)
      return found

    if isinstance(node, dict):
      sources = tensors(node["args"], [])
      require(not tensors(node.get("kwargs"), []), f"{where}: expected feature maps as positional arguments")
    else:
      sources = node
      require(all(len(source) < 4 or not tensors(source[3], []) for source in sources),
              f"{where}: expected no feature maps as named arguments")
    missing = [source[0] for source in sources if source[0] not in self.values]
    require(sources and not missing, f"{where}: expected an earlier layer as its input, found {missing[:1]}")
    require(all(source[1] == 0 and source[2] == 0 for source in sources),
            f"{where}: expected the first result of each layer as its input")
    return [self.values[source[0]] for source in sources]

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

  def constant(self, name, values, quantizer=None):
    values, wanted = np.asarray(values), name
    while name in self.constants:
      name = f"{wanted}:{len(self.constants)}"
    self.constants[name] = Constant(values.astype(np.int64 if values.dtype.kind == "i" else np.float64), quantizer)
    return name

  def channels_first(self, value, name):
    rank = self.ranks[value]
    return self.add("Transpose", name, [value], rank, perm=[0, rank, *range(1, rank)])

  def channels_last(self, value, name):
    rank = self.ranks[value]
    return self.add("Transpose", name, [value], rank, perm=[0, *range(2, rank + 1), 1])

  def array(self, arrays, key, shape, name):
    require(key in arrays,
            f"{self.path}: layer '{name}': expected an array '{key}', found {', '.join(arrays) or 'none'}")
    found = arrays[key]
    require(
        len(found.shape) == len(shape) and all(w in (None, f) for w, f in zip(shape, found.shape)),
        f"{self.path}: layer '{name}': expected {key} of the shape {list(shape)}, found {list(found.shape)}")
    return found

  def quantized_map(self, value, name, settings, key):
    """Applies the quantizer of a setting to a feature map."""
    entry = settings.take(key, None)
    return value if entry is None else quantize_map(self, value, f"{name}.{key}", entry)

  def weight(self, name, array, settings, key, move):
    """Adds a layer's weights, quantized by the setting `key`. `move` returns an array in ONNX's layout."""
    values, quantizer = quantized_weights(f"{self.where}: {key}", settings.take(key, None), array)
    if quantizer is not None:
      quantizer = dataclasses.replace(quantizer, scale=move(quantizer.scale))
    return self.constant(f"{name}.weight", move(values), quantizer)

  def bias(self, name, arrays, settings):
    """Returns a list of the layer's bias, empty without one."""
    quantizer = settings.take("bias_quantizer", None)
    if not settings.take("use_bias", True):
      return []
    array = self.array(arrays, "bias", [None], name)
    values, _ = quantized_weights(f"{self.where}: bias_quantizer", quantizer, array, False)
    return [self.constant(f"{name}.bias", values)]

  # --- layers --------------------------------------------------------------------------------------------------------

  def layer(self, kind, name, settings, inputs):
    """Adds the nodes of a layer. Returns its result."""
    self.where = f"{self.path}: layer '{name}' ({kind})"
    require(kind in ("Add", "Concatenate") or len(inputs) == 1,
            f"{self.where}: expected one input, found {len(inputs)}")
    require(isinstance(settings, dict), f"{self.where}: expected a configuration, found {str(settings)[:80]}")
    taken = Settings(settings, self.where)
    require(
        taken.values.get("data_format", "channels_last") in ("channels_last", None),
        f"{self.where}: expected channels_last")
    result = getattr(self, LAYERS[kind])(name, taken, inputs)
    taken.check()
    return result

  def activation(self, value, name, entry):
    kind, _ = named(self.where, entry)
    if is_quantizer(kind):
      return quantize_map(self, value, name, entry)
    if kind in (None, "linear"):
      return value
    if kind in CLIPS:
      low, high = (self.constant(f"{name}.{key}", bound) for key, bound in zip(("low", "high"), CLIPS[kind]))
      return self.add("Clip", name, [value, low, high], self.ranks[value])
    require(kind in ACTIVATIONS,
            f"{self.where}: expected an activation {', '.join([*ACTIVATIONS, *CLIPS])} or linear, found {kind}")
    attributes = {"axis": -1} if kind == "softmax" else {}
    require(kind != "softmax" or self.ranks[value] == 1, f"{self.where}: expected softmax of a flat feature map")
    return self.add(ACTIVATIONS[kind], name, [value], self.ranks[value], **attributes)

  def padding(self, settings):
    padding = str(settings.take("padding", "valid")).lower()
    require(padding in ("valid", "same"), f"{self.where}: expected padding valid or same, found {padding}")
    # Larq pads with another number than 0 only if the padding is "same".
    require(padding == "valid" or not settings.values.get("pad_values"),
            f"{self.where}: expected pad_values 0, found {settings.values.get('pad_values')}")
    settings.take("pad_values", 0)
    return "SAME_UPPER" if padding == "same" else "VALID"

  def conv(self, name, settings, inputs):
    value = self.quantized_map(inputs[0], name, settings, "input_quantizer")
    rank = self.ranks[value]
    kernel = settings.take("kernel_size")
    require(
        isinstance(kernel, list) and len(kernel) == rank - 1,
        f"{self.where}: expected a window of {rank - 1} extents, found {kernel}")
    depthwise = "depth_multiplier" in settings.values
    key = "depthwise_kernel" if depthwise else "kernel"
    arrays = self.weights.arrays(name, [key, "bias"] if settings.values.get("use_bias", True) else [key])
    settings.expect("mask", None)
    if depthwise:
      multiplier = settings.take("depth_multiplier")
      weight = self.array(arrays, key, [*kernel, None, multiplier], name)
      groups = weight.shape[-2]
      settings.take("groups", 1)
      move = lambda array: array.transpose(2, 3, 0, 1).reshape(groups * multiplier, 1, *kernel)
    else:
      groups = settings.take("groups", 1)
      weight = self.array(arrays, key, [*kernel, None, settings.take("filters")], name)
      move = lambda array: array.transpose(rank, rank - 1, *range(rank - 1))
    quantizer = "depthwise_quantizer" if depthwise else "kernel_quantizer"
    tensors = [value, self.weight(name, weight, settings, quantizer, move), *self.bias(name, arrays, settings)]
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
    value = self.quantized_map(inputs[0], name, settings, "input_quantizer")
    require(self.ranks[value] == 1, f"{self.where}: expected a flat feature map")
    arrays = self.weights.arrays(name, ["kernel", "bias"] if settings.values.get("use_bias", True) else ["kernel"])
    settings.expect("quantization_config", None)
    weight = self.array(arrays, "kernel", [None, settings.take("units")], name)
    tensors = [value, self.weight(name, weight, settings, "kernel_quantizer", lambda array: array)]
    out = self.add("Gemm", name, tensors + self.bias(name, arrays, settings), 1)
    return self.activation(out, f"{name}.activation", settings.take("activation", "linear"))

  def batch_norm(self, name, settings, inputs):
    center, scale = settings.take("center", True), settings.take("scale", True)
    arrays = self.weights.arrays(name, ["gamma"] * bool(scale) + ["beta"] * bool(center) +
                                 ["moving_mean", "moving_variance"])
    axis = settings.values.get("axis")
    axis = axis[0] if isinstance(axis, list) else axis
    rank = self.ranks[inputs[0]]
    require(axis in (None, -1, rank), f"{self.where}: expected the channels' axis, found {axis}")
    mean = self.array(arrays, "moving_mean", [None], name)

    def part(key, quantizer, fallback=None):
      array = fallback if fallback is not None else self.array(arrays, key, mean.shape, name)
      entry = settings.take(f"{quantizer}_quantizer", None)
      # QKeras measures the scales of these two by the parameters.
      values, _ = quantized_weights(f"{self.where}: {quantizer}_quantizer", entry, array,
                                    quantizer in ("gamma", "variance"))
      return array if fallback is not None else values

    gamma = part("gamma", "gamma", None if scale else np.ones(mean.shape))
    beta = part("beta", "beta", None if center else np.zeros(mean.shape))
    mean, variance = part("moving_mean", "mean"), part("moving_variance", "variance")
    epsilon = settings.take("epsilon", 1e-3)
    inverse = settings.take("inverse_quantizer", None)
    if inverse is not None:
      require((variance + epsilon > 0).all(), f"{self.where}: expected variances above 0")
      factor, _ = quantized_weights(f"{self.where}: inverse_quantizer", inverse, gamma / np.sqrt(variance + epsilon),
                                    False)
      gamma, variance, epsilon = factor, np.ones(mean.shape), 0.0
    tensors = [
        self.constant(f"{name}.{key}", array)
        for key, array in (("weight", gamma), ("bias", beta), ("running_mean", mean), ("running_var", variance))
    ]
    return self.add("BatchNormalization", name, [inputs[0], *tensors], rank, epsilon=epsilon)

  def activation_layer(self, name, settings, inputs):
    return self.activation(inputs[0], name, settings.take("activation"))

  def dropout(self, name, settings, inputs):
    return inputs[0]

  def softmax(self, name, settings, inputs):
    settings.expect("axis", -1, self.ranks[inputs[0]])
    return self.activation(inputs[0], name, "softmax")

  def quantizer_layer(self, name, settings, inputs):
    """A quantizer of Larq as a layer."""
    settings.taken.update(settings.values)
    kind = self.where.split("(")[-1].rstrip(")")
    return quantize_map(self, inputs[0], name, {"class_name": kind, "config": settings.values})

  def rescaling(self, name, settings, inputs):
    value, rank = inputs[0], self.ranks[inputs[0]]
    for op, key, neutral in (("Mul", "scale", 1.0), ("Add", "offset", 0.0)):
      number = settings.take(key, neutral)
      require(isinstance(number, (int, float)), f"{self.where}: expected one number as {key}, found {str(number)[:80]}")
      value = self.add(op, f"{name}.{key}", [value, self.constant(f"{name}.{key}", float(number))], rank)
    return value

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


__all__ = ["Reader"]
