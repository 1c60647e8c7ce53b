"""Turns a simplified graph into minnow's layers. A node without a counterpart is refused by name."""

import re

import numpy as np

from ..execute import shapes_of
from ..failure import Refusal, require
from .layers import Layer, Lowered
from .layout import Layout
from .products import ProductRules
from .quantizers import QuantizerRules
from .tflite import TfliteRules

# Nodes after the logits that a program does not need to find the class.
AFTER_LOGITS = {
    "Softmax": "its result has the logits' order; minnow's losses apply it",
    "ArgMax": "the class is the index of the largest logit",
    "TopK": "the class is the index of the largest logit"
}
AFTER_LOGITS["tflite.Softmax"] = AFTER_LOGITS["Softmax"]
AFTER_LOGITS["tflite.Dequantize"] = "the network returns values"
# Joins of two feature maps.
JOINS = ("Add", "Concat", "Sub", "Mul", "Div", "Max", "Min", "Pow", "MatMul", "Gemm")
ACTIVATIONS = {"Relu": "relu"}
# Operators that do not move numbers.
ELEMENT_WISE = ("Add", "Sub", "Mul", "Div", "Clip", "Relu", "qonnx.Quant", "qonnx.BipolarQuant", "QuantizeDequantize",
                "tflite.Quantize")


class Lowering(ProductRules, QuantizerRules, TfliteRules):
  """Lowers one graph."""

  def __init__(self, graph):
    self.graph = graph
    self.path = graph.path
    self.shapes = shapes_of(graph)
    self.consumers = graph.consumers()
    self.modules = set()
    self.entry = []
    self.normalization = None
    self.dequantize_input = None  # (scale, zero) of an input of integers
    self.quantization = None  # (scale, zero) of the last operator on integers
    self.notes = []

  def refuse(self, node, text):
    raise Refusal(f"{self.path}: {node}: {text}")

  def constant(self, name):
    """Returns a constant's array, or None for a value that depends on the input."""
    found = self.graph.constants.get(name)
    return None if found is None else found.values

  def dynamic_inputs(self, node):
    return [name for name in node.inputs if name and name not in self.graph.constants]

  def module_of(self, node, suffixes=(), ending=""):
    """Returns the beginning of the names of a node's tensors: the source's name of its parameters, or the node's."""
    name = node.name
    for value, suffix in suffixes:
      if value.endswith(suffix) and len(value) > len(suffix):
        name = value[:-len(suffix)]
        break
    name = (re.sub(r"[^A-Za-z0-9_./:-]", "_", name) or node.op) + ending
    unique, number = name, 2
    while unique in self.modules or unique == "normalization":
      unique, number = f"{name}_{number}", number + 1
    self.modules.add(unique)
    return unique

  # --- the walk ------------------------------------------------------------------------------------------------------

  def run(self):
    graph = self.graph
    dropped = []
    output = graph.outputs[0]
    producers = graph.producers()
    while output in producers and producers[output].op in AFTER_LOGITS:
      node = producers[output]
      require(len(self.consumers.get(output, [])) == 0, f"{self.path}: {node}: expected that it is the last node")
      dropped.append((node, AFTER_LOGITS[node.op]))
      graph.nodes.remove(node)
      output = node.inputs[0]
    graph.outputs = [output]
    graph.remove_unread()
    self.consumers = graph.consumers()
    layout = self.input_layout()
    self.input_shape = layout
    self.entry_order = layout.order()
    layers = []
    end, layout = self.walk(graph.input.name, layout, layers)
    if end is not None:
      node = self.consumers[end][0]
      self.refuse(node, "expected that its two inputs come from one feature map, found inputs that do not")
    for layer in layers_of(layers):
      if layer.kind == "clip":
        self.refuse(layer.node,
                    f"expected the bounds 0 and 6, -1 and 1, or a quantizer within them, found {layer.clip}")
      if layer.kind == "pad":
        self.refuse(layer.node, "expected a convolution after it, found none")
    require(any(layer.is_product() for layer in layers_of(layers)),
            f"{self.path}: expected a Conv, Gemm or MatMul, found none")
    order = "".join(layout.order())
    first, last = ("".join(label for label in labels if label in order) for labels in ("CHW", "HWC"))
    require(order in (first, last),
            f"{self.path}: expected an output with its channels first or last, found the order {order}")
    channels, height, width = self.input_shape.shape()
    kind = f"image<{channels}, {height}, {width}>" if height > 1 else \
        f"signal<{channels}, {width}>" if width > 1 else f"features<{channels}>"
    integers = (self.dequantize_input, self.quantization) if self.quantization else None
    return Lowered(kind, (channels, height, width), merged(layers), self.entry, self.normalization, dropped, output,
                   self.notes, integers, order == last, self.entry_order)

  def input_layout(self):
    """Returns the layout of the input. The first Transpose can tell that the source has its channels last."""
    shape = self.graph.input.shape[1:]
    readers = self.consumers.get(self.graph.input.name, [])
    while len(readers) == 1 and readers[0].op in ELEMENT_WISE and len(self.dynamic_inputs(readers[0])) == 1:
      readers = self.consumers.get(readers[0].outputs[0], [])
    if len(readers) == 1 and readers[0].op == "Transpose":
      perm = readers[0].attributes.get("perm")
      if perm == [0, 3, 1, 2]:
        return Layout([("H",), ("W",), ("C",)], {"H": shape[0], "W": shape[1], "C": shape[2]})
      if perm == [0, 2, 1]:
        return Layout([("W",), ("C",)], {"H": 1, "W": shape[0], "C": shape[1]})
    return Layout.of_shape(shape)

  def walk(self, value, layout, layers):
    """Lowers the nodes from a value on. Returns the value that a join reads, or None at the output, and its layout."""
    while True:
      readers = self.consumers.get(value, [])
      if value in self.graph.outputs:
        require(not readers,
                f"{self.path}: expected that nothing reads the output, found {readers[0] if readers else ''}")
        return None, layout
      require(readers, f"{self.path}: value '{value}': expected a node that reads it")
      if len(readers) > 1:
        value, layout = self.fork(value, readers, layout, layers)
      elif len(self.dynamic_inputs(readers[0])) > 1:
        return value, layout
      else:
        value, layout = self.node(readers[0], value, layout, layers)

  def fork(self, value, readers, layout, layers):
    """Lowers the two branches from a value that two nodes read, up to the node that joins them."""
    if len(readers) > 2:
      self.refuse(readers[2],
                  f"expected a feature map that at most two nodes read, found '{value}' with {len(readers)}")
    if self.at_input(layers):
      layers.append(Layer("identity"))  # so that no branch changes the input's shape
    branches = []
    for reader in readers:
      body = []
      if len(self.dynamic_inputs(reader)) > 1:
        end, shape = value, layout
      else:
        body.append(Layer("identity"))
        end, shape = self.node(reader, value, layout, body)
        end, shape = self.walk(end, shape, body)
        body = [layer for layer in body if layer.kind != "identity"]
      if end is None:
        self.refuse(reader, "expected that its result joins the other branch of its input, found that it is the output")
      branches.append((end, shape, body, reader))
    joins = [next(n for n in self.consumers[end] if len(self.dynamic_inputs(n)) > 1) for end, _, _, _ in branches]
    node = joins[0]
    if joins[0] is not joins[1]:
      self.refuse(joins[1],
                  f"expected that it joins two branches of '{value}', found that {joins[0]} joins one of them")
    if node.op not in ("Add", "Concat", "tflite.Add"):
      self.refuse(node, "expected Add or Concat as the join of two branches")
    (first, shape, a, _), (second, other, b, _) = branches
    if len(set(node.inputs)) != 2 or len(node.inputs) != 2 or {first, second} != set(node.inputs):
      self.refuse(node, "expected two inputs, the ends of two branches")
    require(shape.axes == other.axes, f"{self.path}: {node}: expected two branches with their axes in the same order")
    if node.op in ("Add", "tflite.Add"):
      require(shape.extents == other.extents, f"{self.path}: {node}: expected two branches of one shape")
      body, shortcut = (a, b) if len(a) >= len(b) else (b, a)
      layers.append(Layer("residual", sources=[node.name], body=body, shortcut=shortcut, node=node))
      if node.op == "tflite.Add":
        self.finish(node, layers, shape)
      return node.outputs[0], shape
    axis = node.attributes["axis"] % (len(shape.axes) + 1)
    if axis == 0 or axis - 1 != shape.channel_axis():
      self.refuse(node, f"expected a concatenation of channels, found axis {node.attributes['axis']}")
    kept, made = (a, b) if node.inputs[0] == first else (b, a)
    if kept:
      self.refuse(node, "expected the fork's own channels as the first input, found a branch")
    layers.append(Layer("concatenated", sources=[node.name], body=made, node=node))
    total = shape.extents["C"] + other.extents["C"]
    return node.outputs[0], shape.with_extents(C=total)

  @staticmethod
  def at_input(layers):
    return not layers

  # --- single nodes --------------------------------------------------------------------------------------------------

  def node(self, node, value, layout, layers):
    """Lowers one node that reads one feature map. Returns its result and the result's layout."""
    op = node.op
    if op in ("Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze"):
      layout = self.view(node, value, layout, layers)
    elif op in ("Conv", "MatMul", "Gemm"):
      layout = self.product(node, value, layout, layers)
    elif op in ("MaxPool", "AveragePool", "GlobalAveragePool", "ReduceMean"):
      layout = self.pool(node, value, layout, layers)
    elif op == "Pad":
      layout = self.pad(node, layout, layers)
    elif op == "BatchNormalization":
      self.batch_norm(node, layout, layers)
    elif op in ("Add", "Sub", "Mul", "Div"):
      self.affine_node(node, value, layout, layers)
    elif op in ACTIVATIONS:
      layers.append(Layer(ACTIVATIONS[op], sources=[node.name], node=node))
    elif op == "Clip":
      self.clip(node, layers)
    elif op in ("qonnx.Quant", "qonnx.BipolarQuant", "QuantizeDequantize"):
      self.quantize(node, layout, layers)
    elif op == "qonnx.MultiThreshold":
      self.multi_threshold(node, layout, layers)
    elif op.startswith("tflite."):
      layout = self.tflite(node, value, layout, layers)
    else:
      self.refuse(node, "expected an operator that minnow has a layer for; this one only runs in the importer")
    return node.outputs[0], layout

  def view(self, node, value, layout, layers):
    """Lowers a node that only moves numbers."""
    extents = self.shapes[node.outputs[0]][1:]
    if node.op == "Transpose":
      moved = layout.moved(node.attributes["perm"], f"{self.path}: {node}")
    else:
      moved = layout.reshaped(extents)
    if self.at_input(layers):
      self.entry.append(node)
      if moved is None and 1 <= len(extents) <= 3:
        # The network begins here: what the source reshapes before it is the caller's input.
        if self.normalization is not None and (self.normalization[0].size > 1 or self.normalization[1].size > 1):
          self.refuse(node, "expected one factor and one offset for the whole input in front of it")
        moved = Layout.of_shape(extents)
        self.input_shape = moved
      if moved is not None:
        self.entry_order = moved.order()
    if moved is None:
      self.refuse(
          node, f"expected a Reshape that flattens a feature map, found {list(self.shapes[value])} to "
          f"{list(self.shapes[node.outputs[0]])}")
    return moved

  def clip(self, node, layers):
    bounds = [
        None if len(node.inputs) <= at or not node.inputs[at] else self.constant(node.inputs[at]) for at in (1, 2)
    ]
    low, high = (float(b.item()) if b is not None else fallback for b, fallback in zip(bounds, (-np.inf, np.inf)))
    names = {(0, np.inf): "relu", (0, 6): "relu6", (-1, 1): "hard_tanh"}
    kind = names.get((low, high), "clip")
    layers.append(Layer(kind, sources=[node.name], clip=(low, high), node=node))

  def channel_constant(self, node, array, layout):
    """Returns a constant that broadcasts against a feature map as one number or one for each channel."""
    if array.size == 1:
      return array.reshape(1).astype(np.float64)
    axis = layout.channel_axis()
    rank = len(layout.axes) + 1
    shape = (1,) * (rank - array.ndim) + array.shape
    wanted = None if axis is None else tuple(layout.extents["C"] if at == axis + 1 else 1 for at in range(rank))
    if shape != wanted:
      self.refuse(
          node,
          f"expected one number, or one for each of {layout.extents['C']} channels, found the shape {list(array.shape)}"
      )
    return array.reshape(-1).astype(np.float64)


def layers_of(layers):
  """Yields all layers, also inside blocks."""
  for layer in layers:
    yield layer
    yield from layers_of(layer.body or [])
    yield from layers_of(layer.shortcut or [])


def merged(layers):
  """Joins a quantize layer and the product or the block that it precedes: scheme<Inputs, Weights>, and the carrier."""
  result = []
  for layer in layers:
    if layer.kind == "identity":
      continue
    if layer.body is not None:
      layer.body = merged(layer.body)
    if layer.shortcut is not None:
      layer.shortcut = merged(layer.shortcut)
    if result and result[-1].kind == "quantize":
      if layer.is_product():
        quantizer = result.pop()
        layer.inputs = quantizer.inputs
        layer.sources = quantizer.sources + layer.sources
        layer.quantizer_module = quantizer.module
      elif layer.kind == "residual":
        layer.carrier = result.pop()
    result.append(layer)
  return result


def lower(graph):
  """Returns the Lowered form of a simplified graph. The graph loses the nodes after its logits."""
  return Lowering(graph).run()
