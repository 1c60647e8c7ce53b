"""Builds a small int8 network of TensorFlow Lite: every integer operator that the importer knows. Needs flatbuffers.

source  tensorflow/lite/schema/schema.fbs for the numbers of fields
"""

import flatbuffers
import numpy as np

FLOAT, INT32, INT8 = 0, 2, 9


class Builder:
  """Collects tensors and operators, then writes the file."""

  def __init__(self, seed):
    self.random = np.random.default_rng(seed)
    self.tensors, self.operators, self.codes = [], [], []

  def tensor(self, shape, kind, scales=(), zero=0, axis=0, values=None):
    self.tensors.append((list(shape), kind, list(scales), zero, axis, values))
    return len(self.tensors) - 1

  def map(self, shape, scale, zero):
    return self.tensor(shape, INT8, [scale], zero)

  def product(self, code, source, in_scale, weight_shape, axis, filters, out_shape, out_scale, zero, options,
              options_type):
    """Adds CONV_2D, DEPTHWISE_CONV_2D or FULLY_CONNECTED with random weights and a bias."""
    scales = self.random.uniform(0.004, 0.02, filters if axis is not None else 1).astype(np.float32)
    weights = self.tensor(weight_shape, INT8, scales, 0, axis or 0,
                          self.random.integers(-127, 128, weight_shape).astype(np.int8))
    bias = self.tensor([filters], INT32, scales * np.float32(in_scale), 0, 0,
                       self.random.integers(-3000, 3000, filters).astype(np.int32))
    out = self.map(out_shape, out_scale, zero)
    self.operator(code, [source, weights, bias], out, options, options_type)
    return out

  def operator(self, code, inputs, out, options, options_type):
    if code not in self.codes:
      self.codes.append(code)
    self.operators.append((self.codes.index(code), inputs, out, options, options_type))

  def bytes(self, source, out):
    """Returns the file. Options are lists of (field, kind, value)."""
    b = flatbuffers.Builder(1 << 16)

    def table(fields):
      b.StartObject(max([field for field, _, _ in fields], default=0) + 1)
      for field, kind, value in fields:
        if kind == "offset":
          b.PrependUOffsetTRelativeSlot(field, value, 0)
        else:
          getattr(b, f"Prepend{kind}Slot")(field, value, 0)
      return b.EndObject()

    def offsets(items):
      b.StartVector(4, len(items), 4)
      for item in reversed(items):
        b.PrependUOffsetTRelative(item)
      return b.EndVector()

    numbers = lambda values, dtype: b.CreateNumpyVector(np.asarray(values, dtype))
    buffers, tensors = [table([])], []
    for number, (shape, kind, scales, zero, axis, values) in enumerate(self.tensors):
      if values is not None:
        buffers.append(table([(0, "offset", numbers(np.frombuffer(values.tobytes(), np.uint8), np.uint8))]))
      name, extents = b.CreateString(f"t{number}"), numbers(shape, np.int32)
      fields = [(0, "offset", extents), (1, "Int8", kind), (2, "Uint32", len(buffers) - 1 if values is not None else 0),
                (3, "offset", name)]
      if len(scales):
        quantization = [(2, "offset", numbers(scales, np.float32)),
                        (3, "offset", numbers([zero] * len(scales), np.int64)), (6, "Int32", axis)]
        fields.append((4, "offset", table(quantization)))
      tensors.append(table(fields))
    operators = []
    for code, inputs, result, options, options_type in self.operators:
      settings = table(options)
      operators.append(
          table([(0, "Uint32", code), (1, "offset", numbers(inputs, np.int32)),
                 (2, "offset", numbers([result], np.int32)), (3, "Uint8", options_type), (4, "offset", settings)]))
    tensor_list, operator_list = offsets(tensors), offsets(operators)
    graph = table([(0, "offset", tensor_list), (1, "offset", numbers([source], np.int32)),
                   (2, "offset", numbers([out], np.int32)), (3, "offset", operator_list)])
    codes = offsets([table([(0, "Int8", code), (2, "Int32", 1), (3, "Int32", code)]) for code in self.codes])
    graphs, buffer_list = offsets([graph]), offsets(buffers)
    b.Finish(table([(0, "Uint32", 3), (1, "offset", codes), (2, "offset", graphs), (4, "offset", buffer_list)]),
             file_identifier=b"TFL3")
    return bytes(b.Output())


def small():
  """A residual network on 9x8 images with 3 channels."""
  net = Builder(13)
  x = net.map([1, 9, 8, 3], 0.02, 5)
  conv = [(0, "Int8", 0), (1, "Int32", 2), (2, "Int32", 1), (3, "Int8", 1)]  # same, stride 1x2, relu
  a = net.product(3, x, 0.02, [6, 3, 3, 3], 0, 6, [1, 9, 4, 6], 0.05, -128, conv, 1)
  depthwise = [(0, "Int8", 0), (1, "Int32", 1), (2, "Int32", 1), (3, "Int32", 1), (4, "Int8", 3)]  # relu6
  d = net.product(4, a, 0.05, [1, 3, 3, 6], 3, 6, [1, 9, 4, 6], 0.04, -100, depthwise, 2)
  one = [(0, "Int8", 0), (1, "Int32", 1), (2, "Int32", 1)]
  c = net.product(3, d, 0.04, [6, 1, 1, 6], 0, 6, [1, 9, 4, 6], 0.03, 11, one, 1)
  added = net.map([1, 9, 4, 6], 0.06, -7)
  net.operator(0, [a, c], added, [(0, "Int8", 0)], 11)
  pooled = net.map([1, 9, 2, 6], 0.06, -7)
  net.operator(17, [added], pooled, [(0, "Int8", 1), (1, "Int32", 2), (2, "Int32", 1), (3, "Int32", 2),
                                     (4, "Int32", 1)], 5)
  means = net.map([1, 3, 1, 6], 0.06, -7)
  net.operator(1, [pooled], means, [(0, "Int8", 1), (1, "Int32", 2), (2, "Int32", 3), (3, "Int32", 2), (4, "Int32", 3)],
               5)
  shape = net.tensor([2], INT32, values=np.array([1, 18], np.int32))
  flat = net.map([1, 18], 0.06, -7)
  net.operator(22, [means, shape], flat, [], 17)
  logits = net.product(9, flat, 0.06, [5, 18], None, 5, [1, 5], 0.08, 3, [(0, "Int8", 0)], 8)
  out = net.map([1, 5], 1 / 256, -128)
  net.operator(25, [logits], out, [(0, "Float32", 1.0)], 9)
  return net.bytes(x, out)
