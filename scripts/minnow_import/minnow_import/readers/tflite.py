"""Reads TensorFlow Lite files: floats, and 8-bit integers (int8 feature maps and weights).

source  tensorflow/lite/schema/schema.fbs for the numbers of fields; TensorFlow Lite's 8-bit quantization specification
"""

import math

import numpy as np

from ..failure import Refusal, check_extents, read_file, require
from ..graph import Constant, Graph, Input
from ..operators.tflite import multiplier_of
from .builder import Builder
from .flatbuffer import Buffer

TYPES = {
    0: ("float", "<f4"),
    1: ("float16", "<f2"),
    2: ("int32", "<i4"),
    3: ("uint8", "<u1"),
    4: ("int64", "<i8"),
    9: ("int8", "<i1")
}
OPERATORS = {
    0: "ADD",
    1: "AVERAGE_POOL_2D",
    2: "CONCATENATION",
    3: "CONV_2D",
    4: "DEPTHWISE_CONV_2D",
    6: "DEQUANTIZE",
    9: "FULLY_CONNECTED",
    17: "MAX_POOL_2D",
    19: "RELU",
    21: "RELU6",
    22: "RESHAPE",
    25: "SOFTMAX",
    34: "PAD",
    40: "MEAN",
    114: "QUANTIZE"
}
ACTIVATIONS = {0: "none", 1: "relu", 2: "relu_n1_to_1", 3: "relu6"}


class Tensor:
  """A tensor of the file."""

  def __init__(self, reader, table, number):
    self.name = f"{number}:{table.text(3)}"
    self.what = f"{reader.path}: tensor '{self.name}'"
    kind = table.number(1, "b")
    require(kind in TYPES, f"{self.what}: expected numbers of 32 bits or int8, found TensorFlow Lite's type {kind}")
    self.type, self.numpy = TYPES[kind]
    self.shape = check_extents(table.numbers(0, "i"), self.what)
    buffer = table.number(2, "I")
    require(buffer < len(reader.buffers), f"{self.what}: expected a buffer below {len(reader.buffers)}, found {buffer}")
    self.data = reader.buffers[buffer]
    require(table.number(5, "b") == 0, f"{self.what}: expected no variable tensor")
    require(table.place(6) is None, f"{self.what}: expected a dense tensor, found a sparse one")
    quantization = table.table(4)
    self.scales = quantization.numbers(2, "f") if quantization else []
    self.zeros = quantization.numbers(3, "q") if quantization else []
    self.axis = quantization.number(6, "i") if quantization else 0
    self.given = False

  def values(self):
    """Returns a constant's numbers, or None."""
    if not len(self.data):
      return None
    size = np.dtype(self.numpy).itemsize
    require(
        len(self.data) == math.prod(self.shape) * size,
        f"{self.what}: expected {math.prod(self.shape) * size} bytes for the shape {list(self.shape)}, found "
        f"{len(self.data)}"
    )
    values = np.frombuffer(self.data, self.numpy).reshape(self.shape)
    require(np.isfinite(values).all(), f"{self.what}: expected finite numbers, found NaN or infinity")
    return values.astype(np.float64 if values.dtype.kind == "f" else np.int64)

  def quantization(self):
    """Returns the scale and the zero point of a feature map of int8."""
    require(
        len(self.scales) == 1 and len(self.zeros) <= 1 and self.scales[0] > 0 and math.isfinite(self.scales[0]),
        f"{self.what}: expected one scale above 0 and one zero point, found {len(self.scales)} and {len(self.zeros)}")
    zero = self.zeros[0] if self.zeros else 0
    require(-128 <= zero <= 127, f"{self.what}: expected a zero point from -128 to 127, found {zero}")
    return self.scales[0], zero


class Reader(Builder):
  """Reads one file."""

  def __init__(self, path):
    super().__init__(path)
    self.values = {}  # tensor number: value in the graph, channels first

  def read(self):
    contents = read_file(self.path)
    require(contents[4:8] == b"TFL3", f"{self.path}: expected a TensorFlow Lite model, version 3")
    model = Buffer(self.path, contents).root()
    codes = [max(table.number(0, "b"), table.number(3, "i")) for table in model.tables(1)]
    subgraphs = model.tables(2)
    require(len(subgraphs) == 1, f"{self.path}: expected one subgraph, found {len(subgraphs)}")
    self.buffers = [table.bytes(0) for table in model.tables(4)]
    graph = subgraphs[0]
    self.tensors = [Tensor(self, table, number) for number, table in enumerate(graph.tables(0))]
    inputs, outputs = graph.numbers(1, "i"), graph.numbers(2, "i")
    for what, numbers in (("input", inputs), ("output", outputs)):
      require(
          len(numbers) == 1 and 0 <= numbers[0] < len(self.tensors),
          f"{self.path}: expected one {what}, found {len(numbers)}")
    source = self.tensors[inputs[0]]
    require(2 <= len(source.shape) <= 4 and source.shape[0] == 1 and source.type in ("float", "int8", "uint8"),
            f"{source.what}: expected an input of 2 to 4 extents with a batch of 1, float or int8")
    self.input = Input(source.name, (None, *source.shape[1:]), source.type)
    self.ranks[source.name] = len(source.shape) - 1
    self.values[inputs[0]] = self.channels_first(source.name) if len(source.shape) > 2 else source.name
    for number, table in enumerate(graph.tables(3)):
      self.operator(number, table, codes)
    require(outputs[0] in self.values, f"{self.path}: expected an output that an operator writes")
    out = self.values[outputs[0]]
    if self.ranks[out] > 1:
      rank = self.ranks[out]
      out = self.add("Transpose", "output", [out], rank, perm=[0, *range(2, rank + 1), 1])
    integer = any(node.op.startswith("tflite.") for node in self.nodes)
    result = Graph(self.path, "TensorFlow Lite, int8" if integer else "TensorFlow Lite", self.input, [out], self.nodes,
                   self.constants)
    result.sort()
    return result

  # --- helpers -------------------------------------------------------------------------------------------------------

  def constant(self, name, values):
    name = f"{name}:{len(self.constants)}"
    self.constants[name] = Constant(np.asarray(values))
    return name

  def channels_first(self, value):
    rank = self.ranks[value]
    return self.add("Transpose", value, [value], rank, perm=[0, rank, *range(1, rank)])

  def flat(self, value):
    rank = self.ranks[value]
    if rank == 1:
      return value
    value = self.add("Transpose", value, [value], rank, perm=[0, *range(2, rank + 1), 1])
    return self.add("Flatten", value, [value], 1, axis=1)

  def operator(self, number, table, codes):
    code = table.number(0, "I")
    require(code < len(codes),
            f"{self.path}: operator {number}: expected an operator code below {len(codes)}, found {code}")
    inputs, outputs = table.numbers(1, "i"), table.numbers(2, "i")
    require(
        codes[code] in OPERATORS, f"{self.path}: operator {number}: expected an operator that the importer knows "
        f"({', '.join(OPERATORS.values())}), found TensorFlow Lite's number {codes[code]}")
    self.kind = OPERATORS[codes[code]]
    require(
        len(outputs) == 1 and all(-1 <= i < len(self.tensors) for i in inputs) and 0 <= outputs[0] < len(self.tensors),
        f"{self.path}: {self.kind} {number}: expected tensors below {len(self.tensors)} and one result")
    self.out = self.tensors[outputs[0]]
    self.name = f"{self.kind.lower()}_{number}"
    self.where = f"{self.path}: {self.kind} '{self.name}' ({self.out.name})"
    require(outputs[0] not in self.values, f"{self.where}: expected a result that no other operator writes")
    self.input_numbers = inputs
    options = table.table(4)
    handlers = {
        "CONV_2D": self.conv,
        "DEPTHWISE_CONV_2D": self.conv,
        "FULLY_CONNECTED": self.dense,
        "ADD": self.join,
        "CONCATENATION": self.join,
        "AVERAGE_POOL_2D": self.pool,
        "MAX_POOL_2D": self.pool,
        "RESHAPE": self.reshape,
        "SOFTMAX": self.softmax,
        "MEAN": self.mean,
        "PAD": self.pad,
        "RELU": self.relu,
        "RELU6": self.relu,
        "QUANTIZE": self.quantize,
        "DEQUANTIZE": self.dequantize
    }
    self.values[outputs[0]] = handlers[self.kind](options)

  def map(self, at):
    """Returns the tensor and the value of the operator's input `at`, a feature map."""
    require(at < len(self.input_numbers) and self.input_numbers[at] in self.values,
            f"{self.where}: expected a feature map as input {at}")
    number = self.input_numbers[at]
    return self.tensors[number], self.values[number]

  def given(self, at):
    """Returns the tensor and the numbers of the operator's input `at`, a constant; (None, None) if there is none."""
    if at >= len(self.input_numbers) or self.input_numbers[at] < 0:
      return None, None
    tensor = self.tensors[self.input_numbers[at]]
    values = tensor.values()
    require(values is not None, f"{self.where}: expected a constant as input {at}, found '{tensor.name}'")
    return tensor, values

  def option(self, options, field, kind, fallback=0):
    return fallback if options is None else options.number(field, kind, fallback)

  def padding(self, options):
    padding = self.option(options, 0, "b")
    require(padding in (0, 1), f"{self.where}: expected padding SAME or VALID, found {padding}")
    return "VALID" if padding else "SAME_UPPER"

  def activation_of(self, number):
    require(number in ACTIVATIONS,
            f"{self.where}: expected an activation {', '.join(ACTIVATIONS.values())}, found {number}")
    return ACTIVATIONS[number]

  def bounds(self, activation):
    """Returns the lowest and the highest code after a fused activation."""
    scale, zero = self.out.quantization()
    low, high = {"none": (None, None), "relu": (0, None), "relu6": (0, 6), "relu_n1_to_1": (-1, 1)}[activation]
    code = lambda x: zero + int(math.copysign(math.floor(abs(np.float32(x) / np.float32(scale)) + 0.5), x))
    return (-128 if low is None else max(-128, code(low))), (127 if high is None else min(127, code(high)))

  def activated(self, value, activation):
    rank = self.ranks[value]
    if activation == "none":
      return value
    if activation == "relu":
      return self.add("Relu", self.name, [value], rank)
    low, high = (0.0, 6.0) if activation == "relu6" else (-1.0, 1.0)
    return self.add("Clip", self.name, [value, self.constant("low", low), self.constant("high", high)], rank)

  def integer(self, tensor):
    """True for int8, False for float; other types are refused."""
    require(tensor.type in ("int8", "float"), f"{self.where}: expected float or int8, found {tensor.type}")
    return tensor.type == "int8"

  # --- operators -----------------------------------------------------------------------------------------------------

  def product_parameters(self, tensor, weight, bias, filters, filter_axis, dense):
    """Returns the multipliers of int8 products and the other attributes of the operator."""
    in_scale, in_zero = tensor.quantization()
    out_scale, out_zero = self.out.quantization()
    require(weight.type == "int8" and not any(weight.zeros),
            f"{self.where}: expected int8 weights with the zero point 0")
    require(
        len(weight.scales) in ((1,) if dense else
                               (1, filters)) and all(s > 0 and math.isfinite(s) for s in weight.scales),
        f"{self.where}: expected 1 or {filters} scales of weights above 0, found {len(weight.scales)}")
    require(len(weight.scales) == 1 or weight.axis == filter_axis, f"{self.where}: expected a scale for each filter")
    require(bias is None or bias.type == "int32", f"{self.where}: expected a bias of 32-bit integers")
    scales = weight.scales * (filters // len(weight.scales))
    if dense:  # TensorFlow Lite multiplies these two scales as 32-bit floats.
      reals = [float(np.float32(in_scale) * np.float32(s)) / out_scale for s in scales]
    else:
      reals = [in_scale * s / out_scale for s in scales]
    pairs = [multiplier_of(real) for real in reals]
    return dict(in_scale=in_scale,
                in_zero=in_zero,
                out_scale=out_scale,
                out_zero=out_zero,
                weight_scales=list(weight.scales),
                multipliers=[q for q, _ in pairs],
                shifts=[s for _, s in pairs])

  def conv(self, options):
    tensor, value = self.map(0)
    weight, values = self.given(1)
    bias, offsets = self.given(2)
    require(weight is not None and values.ndim == 4 and self.ranks[value] == 3,
            f"{self.where}: expected weights of 4 extents")
    depthwise = self.kind == "DEPTHWISE_CONV_2D"
    channels = tensor.shape[3]
    at = 4 if depthwise else 3  # the field of the activation
    strides = [self.option(options, 2, "i", 1), self.option(options, 1, "i", 1)]
    dilations = [self.option(options, at + 2, "i", 1), self.option(options, at + 1, "i", 1)]
    activation = self.activation_of(self.option(options, at, "b"))
    if depthwise:
      multiplier = self.option(options, 3, "i", 1)
      require(values.shape[0] == 1 and values.shape[3] == channels * multiplier,
              f"{self.where}: expected {channels} x {multiplier} filters")
      values, group, axis = values.transpose(3, 0, 1, 2), channels, 3
    else:
      require(values.shape[3] > 0 and channels % values.shape[3] == 0,
              f"{self.where}: expected weights of {channels} channels")
      values, group, axis = values.transpose(0, 3, 1, 2), channels // values.shape[3], 0
    attributes = dict(auto_pad=self.padding(options), strides=strides, dilations=dilations, group=group)
    tensors = [value, self.constant(self.name + ".weight", values)]
    if bias is not None:
      tensors.append(self.constant(self.name + ".bias", offsets.astype(np.float64)))
    if not self.integer(tensor):
      return self.activated(self.add("Conv", self.name, tensors, 3, **attributes), activation)
    low, high = self.bounds(activation)
    attributes.update(self.product_parameters(tensor, weight, bias, values.shape[0], axis, False))
    self.constants[tensors[1]].values = values.astype(np.float64)
    return self.add("tflite.Conv", self.name, tensors, 3, low=low, high=high, activation=activation, **attributes)

  def dense(self, options):
    tensor, value = self.map(0)
    weight, values = self.given(1)
    bias, offsets = self.given(2)
    require(weight is not None and values.ndim == 2, f"{self.where}: expected weights of 2 extents")
    require(self.option(options, 1, "b") == 0, f"{self.where}: expected weights in the default format")
    activation = self.activation_of(self.option(options, 0, "b"))
    tensors = [self.flat(value), self.constant(self.name + ".weight", values)]
    if bias is not None:
      tensors.append(self.constant(self.name + ".bias", offsets.astype(np.float64)))
    if not self.integer(tensor):
      return self.activated(self.add("Gemm", self.name, tensors, 1, transB=1), activation)
    low, high = self.bounds(activation)
    self.constants[tensors[1]].values = values.astype(np.float64)
    return self.add("tflite.Dense",
                    self.name,
                    tensors,
                    1,
                    low=low,
                    high=high,
                    activation=activation,
                    **self.product_parameters(tensor, weight, bias, values.shape[0], 0, True))

  def join(self, options):
    (first, a), (second, b) = self.map(0), self.map(1)
    require(len(self.input_numbers) == 2 and self.ranks[a] == self.ranks[b], f"{self.where}: expected two feature maps")
    rank = self.ranks[a]
    if self.kind == "CONCATENATION":
      require(not self.integer(first), f"{self.where}: expected floats")
      axis = self.option(options, 0, "i")
      require(axis in (-1, rank), f"{self.where}: expected a concatenation of channels, found axis {axis}")
      return self.activated(self.add("Concat", self.name, [a, b], rank, axis=1),
                            self.activation_of(self.option(options, 1, "b")))
    activation = self.activation_of(self.option(options, 0, "b"))
    if not self.integer(first):
      return self.activated(self.add("Add", self.name, [a, b], rank), activation)
    (scale, zero), (other,
                    other_zero), (out_scale,
                                  out_zero) = first.quantization(), second.quantization(), self.out.quantization()
    low, high = self.bounds(activation)
    return self.add("tflite.Add",
                    self.name, [a, b],
                    rank,
                    scales=[scale, other],
                    zeros=[zero, other_zero],
                    out_scale=out_scale,
                    out_zero=out_zero,
                    low=low,
                    high=high,
                    activation=activation)

  def pool(self, options):
    tensor, value = self.map(0)
    strides = [self.option(options, 2, "i", 1), self.option(options, 1, "i", 1)]
    kernel = [self.option(options, 4, "i", 1), self.option(options, 3, "i", 1)]
    activation = self.activation_of(self.option(options, 5, "b"))
    attributes = dict(kernel_shape=kernel, strides=strides, auto_pad=self.padding(options))
    op = "AveragePool" if self.kind == "AVERAGE_POOL_2D" else "MaxPool"
    if not self.integer(tensor):
      return self.activated(self.add(op, self.name, [value], 3, **attributes), activation)
    require(tensor.quantization() == self.out.quantization(),
            f"{self.where}: expected one scale and zero point on both sides")
    scale, zero = self.out.quantization()
    low, high = self.bounds(activation)
    return self.add("tflite." + op,
                    self.name, [value],
                    3,
                    low=low,
                    high=high,
                    scale=scale,
                    zero=zero,
                    activation=activation,
                    **attributes)

  def reshape(self, options):
    tensor, value = self.map(0)
    target = self.out.shape
    require(
        len(target) in (2, 3, 4) and target[0] == 1 and math.prod(target) == math.prod(tensor.shape),
        f"{self.where}: expected the {math.prod(tensor.shape)} elements of {list(tensor.shape)}, found {list(target)}")
    value = self.flat(value)
    if len(target) == 2:
      return value
    value = self.add("Reshape", self.name, [value, self.constant("shape", np.array([-1, *target[1:]]))],
                     len(target) - 1)
    return self.channels_first(value)

  def softmax(self, options):
    tensor, value = self.map(0)
    beta = self.option(options, 0, "f", 0.0)
    require(self.ranks[value] == 1, f"{self.where}: expected a flat feature map")
    if not self.integer(tensor):
      require(beta == 1, f"{self.where}: expected beta 1, found {beta:g}")
      return self.add("Softmax", self.name, [value], 1, axis=-1)
    require(self.out.quantization() == (1 / 256, -128),
            f"{self.where}: expected the result's scale 1/256 and zero point -128")
    return self.add("tflite.Softmax", self.name, [value], 1, in_scale=tensor.quantization()[0], beta=beta)

  def mean(self, options):
    tensor, value = self.map(0)
    _, axes = self.given(1)
    require(not self.integer(tensor), f"{self.where}: expected floats")
    require(axes is not None and self.ranks[value] == 3 and sorted(int(a) % 4 for a in axes.reshape(-1)) == [1, 2],
            f"{self.where}: expected the mean over rows and columns")
    keep = self.option(options, 0, "b")
    return self.add("ReduceMean",
                    self.name, [value, self.constant("axes", np.array([2, 3]))],
                    3 if keep else 1,
                    keepdims=int(bool(keep)))

  def pad(self, options):
    tensor, value = self.map(0)
    _, pads = self.given(1)
    require(not self.integer(tensor), f"{self.where}: expected floats")
    require(pads is not None and pads.shape == (4, 2) and self.ranks[value] == 3,
            f"{self.where}: expected padding of 4 axes")
    order = [0, 3, 1, 2]
    return self.add("Pad", self.name,
                    [value, self.constant("pads", np.concatenate([pads[order, 0], pads[order, 1]]))], 3)

  def relu(self, options):
    tensor, value = self.map(0)
    require(not self.integer(tensor), f"{self.where}: expected floats")
    return self.activated(value, self.kind.lower())

  def quantize(self, options):
    tensor, value = self.map(0)
    scale, zero = self.out.quantization()
    require(self.out.type == "int8" and tensor.type in ("float", "int8"), f"{self.where}: expected a result of int8")
    if tensor.type == "float":
      return self.add("tflite.Quantize",
                      self.name, [value],
                      self.ranks[value],
                      scale=scale,
                      zero=zero,
                      low=-128,
                      high=127)
    in_scale, in_zero = tensor.quantization()
    return self.add("tflite.Requantize",
                    self.name, [value],
                    self.ranks[value],
                    in_scale=in_scale,
                    in_zero=in_zero,
                    scale=scale,
                    zero=zero,
                    low=-128,
                    high=127)

  def dequantize(self, options):
    tensor, value = self.map(0)
    require(tensor.type == "int8", f"{self.where}: expected an input of int8, found {tensor.type}")
    scale, zero = tensor.quantization()
    return self.add("tflite.Dequantize", self.name, [value], self.ranks[value], scale=scale, zero=zero)


__all__ = ["Reader", "Refusal"]
