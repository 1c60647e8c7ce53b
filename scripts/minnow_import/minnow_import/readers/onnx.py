"""Reads ONNX files: float networks, QONNX, FINN's MultiThreshold, QuantizeLinear and DequantizeLinear.

Nodes of all operator sets from 7 to 21 are brought to one form: attributes that later became inputs are inputs.
source  onnx.ai/onnx/operators, and docs/qonnx-custom-ops of fastmachinelearning/qonnx
"""

import math
import warnings

import numpy as np

from ..execute import check_node
from ..failure import Refusal, check_extents, read_file, require
from ..graph import Constant, Graph, Input, Node, Quantizer

OPSETS = range(7, 22)
# Domains whose operators are QONNX's: of Brevitas, QONNX and FINN.
QONNX_DOMAINS = ("onnx.brevitas", "qonnx.custom_op.general", "finn.custom_op.general")
QONNX_OPERATORS = {
    "BipolarQuant": "qonnx.BipolarQuant",
    "Quant": "qonnx.Quant",
    "IntQuant": "qonnx.Quant",
    "Trunc": "qonnx.Trunc",
    "MultiThreshold": "qonnx.MultiThreshold"
}
# The domain of ONNX's operators whose first input, weights and result have the channels last.
CHANNELS_LAST = "qonnx.custom_op.channels_last"
CHANNELS_LAST_OPERATORS = ("Conv", "MaxPool", "AveragePool", "BatchNormalization")

# ONNX's number types: name, numpy type in raw_data, field of TensorProto that holds them otherwise.
TYPES = {
    1: ("float", "<f4", "float_data"),
    2: ("uint8", "<u1", "int32_data"),
    3: ("int8", "<i1", "int32_data"),
    4: ("uint16", "<u2", "int32_data"),
    5: ("int16", "<i2", "int32_data"),
    6: ("int32", "<i4", "int32_data"),
    7: ("int64", "<i8", "int64_data"),
    9: ("bool", "<u1", "int32_data"),
    10: ("float16", "<f2", "int32_data"),
    11: ("double", "<f8", "double_data"),
    12: ("uint32", "<u4", "uint64_data"),
    21: ("uint4", None, "int32_data"),
    22: ("int4", None, "int32_data")
}


def array_of(tensor, what):
  """Returns a tensor's numbers, as doubles or 64-bit integers, and the name of their type."""
  require(tensor.data_type in TYPES, f"{what}: expected a tensor of numbers, found ONNX's type {tensor.data_type}")
  require(not tensor.external_data and tensor.data_location == 0,
          f"{what}: expected its numbers inside the file, found a reference to another file")
  name, kind, field = TYPES[tensor.data_type]
  extents = check_extents(tensor.dims, what)
  count = math.prod(extents)
  if tensor.HasField("raw_data"):
    raw = tensor.raw_data
    if kind is None:
      require(
          len(raw) == (count + 1) // 2,
          f"{what}: expected {(count + 1) // 2} bytes for the shape {list(extents)}, found {len(raw)}")
      pairs = np.frombuffer(raw, np.uint8)
      values = np.stack([pairs & 15, pairs >> 4], axis=1).reshape(-1)[:count].astype(np.int64)
    else:
      size = np.dtype(kind).itemsize
      require(
          len(raw) == count * size,
          f"{what}: expected {count * size} bytes for the shape {list(extents)}, found {len(raw)}")
      values = np.frombuffer(raw, kind)
  else:
    stored = getattr(tensor, field)
    require(
        len(stored) == (count if kind is not None else (count + 1) // 2),
        f"{what}: expected {count} numbers for the shape {list(extents)}, found {len(stored)}")
    values = np.array(stored)
    if name == "float16":
      values = values.astype(np.uint16).view(np.float16)
    if kind is None:
      pairs = values.astype(np.uint8)
      values = np.stack([pairs & 15, pairs >> 4], axis=1).reshape(-1)[:count].astype(np.int64)
  if name == "int4":
    values = (values ^ 8) - 8
  values = np.array(values, np.float64 if name in ("float", "float16", "double") else np.int64).reshape(extents)
  require(np.isfinite(values).all(), f"{what}: expected finite numbers, found NaN or infinity")
  return values, name


def text_of(name):
  """Returns a name as text. protobuf returns names that are not UTF-8 as bytes."""
  return name.decode("utf-8", "replace") if isinstance(name, bytes) else name


class Reader:
  """Reads one file."""

  def __init__(self, path):
    self.path = path
    self.constants = {}
    self.datatypes = {}  # the number type of constants and of results of QuantizeLinear
    self.opset = None
    self.qonnx_version = 1

  def read(self):
    try:
      import onnx
      from google.protobuf.message import DecodeError
    except ImportError:
      raise Refusal(f"{self.path}: reading ONNX needs Python's onnx: run scripts/setup --import") from None
    model = onnx.ModelProto()
    contents = read_file(self.path)
    try:
      with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")  # protobuf only warns of bytes that it does not convert
        model.ParseFromString(contents)
      require(not found, f"{self.path}: expected an ONNX model, found bytes that are none")
    except (DecodeError, RuntimeError, ValueError):
      raise Refusal(f"{self.path}: expected an ONNX model, found bytes that are none") from None
    require(model.HasField("graph") and model.graph.node, f"{self.path}: expected an ONNX model with nodes, found none")
    require(not model.functions, f"{self.path}: expected a model without local functions, found {len(model.functions)}")
    for entry in model.opset_import:
      if entry.domain in ("", "ai.onnx"):
        self.opset = entry.version
      elif entry.domain in QONNX_DOMAINS:
        self.qonnx_version = max(self.qonnx_version, entry.version)
    require(self.opset in OPSETS,
            f"{self.path}: expected ONNX's operator set {OPSETS[0]} to {OPSETS[-1]}, found {self.opset}")
    graph = model.graph
    require(not graph.sparse_initializer, f"{self.path}: expected dense initializers, found sparse ones")
    for tensor in graph.initializer:
      name = text_of(tensor.name)
      require(name not in self.constants, f"{self.path}: expected one initializer '{name}', found two")
      self.add_constant(name, *array_of(tensor, f"{self.path}: initializer '{name}'"))
    self.read_annotations(graph)
    inputs = [value for value in graph.input if text_of(value.name) not in self.constants]
    require(
        len(inputs) == 1, f"{self.path}: expected one input, found {len(inputs)}" +
        (f" ({', '.join(text_of(value.name) for value in inputs[:4])})" if inputs else ""))
    require(len(graph.output) == 1, f"{self.path}: expected one output, found {len(graph.output)}")
    self.rank = len(inputs[0].type.tensor_type.shape.dim)
    nodes = [node for number, proto in enumerate(graph.node) for node in self.node(proto, number)]
    kinds = {node.op for node in nodes}
    source = "QONNX" if any(op.startswith("qonnx.") for op in kinds) else \
        "ONNX with QuantizeLinear" if "QuantizeLinear" in kinds or "DequantizeLinear" in kinds else "ONNX"
    result = Graph(self.path, source, self.input(inputs[0]), [text_of(graph.output[0].name)], nodes, self.constants)
    result.sort()
    for node in nodes:
      check_node(self.path, node)
    return result

  def add_constant(self, name, values, datatype):
    self.constants[name] = Constant(values)
    self.datatypes[name] = datatype

  def read_annotations(self, graph):
    """Reads FINN's data types of constants."""
    for annotation in graph.quantization_annotation:
      name_of_tensor = text_of(annotation.tensor_name)
      constant = self.constants.get(name_of_tensor)
      kind = {entry.key: entry.value for entry in annotation.quant_parameter_tensor_names}.get("finn_datatype")
      if constant is None or kind is None:
        continue
      if kind == "BIPOLAR":
        lowest, highest, bits, name = -1, 1, 1, "bipolar"
      elif kind == "TERNARY":
        lowest, highest, bits, name = -1, 1, 2, "integer"
      elif kind.startswith("INT") and kind[3:].isdigit() and 2 <= int(kind[3:]) <= 8:
        bits, name = int(kind[3:]), "integer"
        lowest, highest = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
      else:
        continue
      values = constant.values
      allowed = np.array_equal(values, np.rint(values)) and (values >= lowest).all() and (values <= highest).all() \
          and not (name == "bipolar" and (values == 0).any())
      require(allowed, f"{self.path}: initializer '{name_of_tensor}': expected numbers of the type {kind}")
      constant.quantizer = Quantizer(name, np.ones(()), np.zeros(()), lowest, highest, bits)

  def input(self, value):
    name = text_of(value.name)
    what = f"{self.path}: input '{name}'"
    require(
        value.type.HasField("tensor_type") and value.type.tensor_type.HasField("shape"),
        f"{what}: expected a tensor with a shape")
    kind = value.type.tensor_type.elem_type
    require(kind in TYPES, f"{what}: expected a tensor of numbers, found ONNX's type {kind}")
    extents = [
        d.dim_value if d.HasField("dim_value") and d.dim_value > 0 else None for d in value.type.tensor_type.shape.dim
    ]
    require(2 <= len(extents) <= 4, f"{what}: expected 2 to 4 extents, found {len(extents)}")
    require(all(e is not None for e in extents[1:]), f"{what}: expected fixed extents after the batch, found {extents}")
    check_extents([e or 1 for e in extents], what)
    return Input(name, tuple(extents), TYPES[kind][0])

  def node(self, proto, number):
    """Returns the nodes that a node of the file becomes: none for a Constant, else one, or more with the Transpose nodes
    around an operator with its channels last."""
    kind, domain = text_of(proto.op_type), text_of(proto.domain)
    name = text_of(proto.name) or f"{kind}_{number}"
    what = f"{self.path}: {kind} node '{name}'"
    attributes = {}
    for attribute in proto.attribute:
      attributes[text_of(attribute.name)] = self.attribute(attribute, what)
    inputs, outputs = [text_of(name) for name in proto.input], [text_of(name) for name in proto.output]
    while inputs and not inputs[-1]:
      inputs.pop()
    require(outputs and outputs[0], f"{what}: expected a result, found none")
    if domain in ("", "ai.onnx"):
      op = kind
    elif domain in QONNX_DOMAINS:
      require(kind in QONNX_OPERATORS, f"{what}: expected one of {', '.join(QONNX_OPERATORS)} in the domain {domain}")
      require(kind != "Trunc" or self.qonnx_version < 2, f"{what}: expected version 1 of Trunc")
      op = QONNX_OPERATORS[kind]
    elif domain == CHANNELS_LAST:
      require(kind in CHANNELS_LAST_OPERATORS,
              f"{what}: expected one of {', '.join(CHANNELS_LAST_OPERATORS)} in the domain {domain}")
      op = kind
    else:
      raise Refusal(f"{what}: expected a domain of ONNX or QONNX, found '{domain}'")
    if op == "Constant":
      self.constant(outputs[0], attributes, what)
      return []
    node = Node(op, name, inputs, outputs, attributes)
    self.to_one_form(node, what)
    if domain != CHANNELS_LAST:
      return [node]
    moved = 2 if op == "Conv" else 1  # inputs with the channels last: Conv's weights, too
    require(len(node.inputs) >= moved and len(outputs) == 1, f"{what}: expected {moved} inputs and one result")
    kernel = attributes.get("kernel_shape")
    rank = len(kernel) + 2 if isinstance(kernel, list) else self.rank
    nodes = []
    for at in range(moved):
      result = f"{outputs[0]}:channels_first:{at}"
      perm = [0, rank - 1, *range(1, rank - 1)]
      nodes.append(Node("Transpose", f"{name}:first:{at}", [inputs[at]], [result], {"perm": perm}))
      node.inputs[at] = result
    node.outputs = [f"{outputs[0]}:result"]
    last = Node("Transpose", f"{name}:last", list(node.outputs), outputs, {"perm": [0, *range(2, rank), 1]})
    return [*nodes, node, last]

  def attribute(self, attribute, what):
    kinds = {
        1: lambda a: a.f,
        2: lambda a: a.i,
        3: lambda a: a.s.decode("utf-8", "replace"),
        4: lambda a: array_of(a.t, f"{what}: attribute '{a.name}'"),
        6: lambda a: list(a.floats),
        7: lambda a: list(a.ints)
    }
    require(
        attribute.type in kinds and not attribute.ref_attr_name,
        f"{what}: attribute '{attribute.name}': expected numbers, text or a tensor, found ONNX's type {attribute.type}")
    return kinds[attribute.type](attribute)

  def constant(self, name, attributes, what):
    require(len(attributes) == 1, f"{what}: expected one attribute, found {len(attributes)}")
    (key, value), = attributes.items()
    require(key in ("value", "value_float", "value_floats", "value_int", "value_ints"),
            f"{what}: expected an attribute that the importer knows, found '{key}'")
    require(name not in self.constants, f"{what}: expected a new name for its result, found '{name}' a second time")
    if key == "value":
      require(isinstance(value, tuple), f"{what}: expected a tensor")
      self.add_constant(name, *value)
    elif "float" in key:
      self.add_constant(name, np.array(value, np.float64), "float")
    else:
      self.add_constant(name, np.array(value, np.int64), "int64")

  def to_input(self, node, position, name, values, datatype="int64"):
    """Turns an attribute into an input, as newer operator sets have it."""
    while len(node.inputs) < position:
      node.inputs.append("")
    constant = f"{node.outputs[0]}.{name}"
    require(constant not in self.constants, f"{self.path}: {node}: expected that '{constant}' names no constant")
    self.add_constant(constant, np.array(values), datatype)
    node.inputs.append(constant)

  def to_one_form(self, node, what):
    """Brings a node of an older operator set to the form of newer ones."""
    attributes, op = node.attributes, node.op
    for name, value in attributes.items():
      if isinstance(value, tuple):
        attributes[name] = value[0]
    if op in ("Squeeze", "Unsqueeze") and self.opset < 13 and "axes" in attributes:
      self.to_input(node, 1, "axes", attributes.pop("axes"))
    elif op == "ReduceMean" and self.opset < 18 and "axes" in attributes:
      self.to_input(node, 1, "axes", attributes.pop("axes"))
    elif op == "Clip" and self.opset < 11:
      for position, name in ((1, "min"), (2, "max")):
        if name in attributes:
          self.to_input(node, position, name, float(attributes.pop(name)), "float")
    elif op == "Pad" and self.opset < 11:
      self.to_input(node, 1, "pads", attributes.pop("pads", []))
      self.to_input(node, 2, "value", float(attributes.pop("value", 0.0)), "float")
    elif op == "TopK" and self.opset < 10:
      self.to_input(node, 1, "k", [attributes.pop("k", 1)])
    elif op == "Slice" and self.opset < 10:
      require("starts" in attributes and "ends" in attributes, f"{what}: expected the attributes 'starts' and 'ends'")
      for position, name in ((1, "starts"), (2, "ends"), (3, "axes")):
        if name in attributes:
          self.to_input(node, position, name, attributes.pop(name))
    elif op == "Dropout":
      attributes.pop("ratio", None)
    elif op == "Softmax" and self.opset < 13:
      attributes.setdefault("axis", 1)
      attributes["coerced"] = 1
    elif op == "QuantizeLinear":
      kind = self.datatypes.get(node.inputs[2]) if len(node.inputs) > 2 else None
      stated = TYPES.get(attributes.get("output_dtype", 0), (None,))[0]
      attributes["datatype"] = kind or stated or "uint8"
      require(attributes["datatype"] in ("int4", "uint4", "int8", "uint8", "int16", "uint16"),
              f"{what}: expected a constant zero point of 4, 8 or 16 bits, found {attributes['datatype']}")
      self.datatypes[node.outputs[0]] = attributes["datatype"]
    elif op == "DequantizeLinear":
      kind = self.datatypes.get(node.inputs[0]) if node.inputs else None
      attributes["datatype"] = kind or "int8"
