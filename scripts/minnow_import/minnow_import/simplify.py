"""Passes over a graph: constants are computed, nodes that compute nothing are removed, reshapes keep the batch."""

import dataclasses

import numpy as np

from .execute import run_node, shapes_of
from .failure import Refusal, require
from .graph import Constant
from .operators.quantized import INTEGERS, quantizer_of

# Operators that move numbers. A constant's quantizer moves with them.
MOVES = ("Identity", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze")
# Operators whose result can depend on the batch only by its extent.
SHAPES = ("Shape",)


def moved(graph, node, parameter, inputs):
  """Returns a quantizer's scale or zero after a node that moves the values."""
  if parameter.size == 1:
    return parameter.reshape(())
  full = np.broadcast_to(parameter, inputs[0].shape)
  return run_node(graph.path, node, [full, *inputs[1:]])[0]


def folded_quantizer(graph, node, inputs):
  """Returns the quantizer of a node's constant result, or None."""
  found = quantizer_of(node, inputs)
  if found is None and node.op in MOVES:
    before = graph.constants[node.inputs[0]].quantizer
    if before is not None:
      found = dataclasses.replace(before,
                                  scale=moved(graph, node, before.scale, inputs),
                                  zero=moved(graph, node, before.zero, inputs))
  return found


def fold_constants(graph):
  """Computes nodes that read only constants. Quantized constants keep their quantizer."""
  for node in list(graph.nodes):
    if not node.inputs or not all(not name or name in graph.constants for name in node.inputs):
      continue
    inputs = [graph.constants[name].values if name else None for name in node.inputs]
    results = run_node(graph.path, node, inputs)
    quantizer = folded_quantizer(graph, node, inputs)
    for name, value in zip(node.outputs, results):
      require(np.isfinite(value).all(), f"{graph.path}: {node}: expected finite numbers, found NaN or infinity")
      graph.constants[name] = Constant(value, quantizer)
    graph.remove(node, "constant: computed at import")


def remove_identities(graph):
  """Removes nodes that return their input."""
  for node in list(graph.nodes):
    op, inputs = node.op, node.inputs
    same = op in ("Identity", "Dropout") or (op == "Cast" and node.attributes.get("to") in (1, 11))
    perm = node.attributes.get("perm")
    same = same or (op == "Transpose" and isinstance(perm, list) and perm == list(range(len(perm))))
    same = same or (op == "Pad" and inputs[1] in graph.constants and not graph.constants[inputs[1]].values.any())
    kept = inputs[0]
    if op in ("Mul", "Div", "Add", "Sub"):
      neutral = 1 if op in ("Mul", "Div") else 0
      for at in (0, 1):
        constant = graph.constants.get(inputs[at])
        commutes = at == 1 or op in ("Mul", "Add")
        if constant is not None and constant.values.size == 1 and constant.values.ndim <= 1 and commutes \
            and constant.values.item() == neutral and inputs[1 - at] not in graph.constants:
          same, kept = True, inputs[1 - at]
    if same and kept not in graph.constants:
      graph.rename(node.outputs[0], kept)
      graph.remove(node, "returns its input")


def join_negated_signs(graph):
  """Joins Neg, BipolarQuant and Neg, which export_qonnx writes for a sign of 0 that is -1, to one quantizer."""
  readers, producers = graph.consumers(), graph.producers()
  for node in list(graph.nodes):
    before, after = producers.get(node.inputs[0]), readers.get(node.outputs[0], [])
    if node.op == "qonnx.BipolarQuant" and before is not None and before.op == "Neg" \
        and len(readers[before.outputs[0]]) == 1 and len(after) == 1 and after[0].op == "Neg" \
        and not {before.outputs[0], node.outputs[0]} & set(graph.outputs):
      node.inputs[0], node.outputs = before.inputs[0], after[0].outputs
      node.attributes["zero_negative"] = 1
      for each in (before, after[0]):
        graph.remove(each, f"part of {node.name}")


def keep_batch(graph):
  """Gives every Reshape a constant shape that keeps the batch, so that the graph runs for any number of inputs."""
  batch = graph.input.shape[0] or 1
  shapes = shapes_of(graph, batch)
  of_shapes = set(graph.constants)  # values that are computed from the extents of feature maps only
  for node in graph.nodes:
    if node.op in SHAPES or all(not name or name in of_shapes for name in node.inputs):
      of_shapes.update(node.outputs)
    if node.op not in ("Reshape", "Flatten", "Squeeze", "Unsqueeze") or node.inputs[0] in of_shapes:
      continue
    before, after = shapes[node.inputs[0]], shapes[node.outputs[0]]
    if node.op == "Squeeze" and len(node.inputs) < 2 or node.op == "Reshape":
      pass
    elif after and before and after[0] == before[0] == batch:
      continue
    require(
        len(after) >= 1 and after[0] == batch and before[0] == batch,
        f"{graph.path}: {node}: expected that the batch stays the first extent, found {list(before)} to {list(after)}")
    name = node.outputs[0] + ".shape"
    require(name not in graph.constants, f"{graph.path}: {node}: expected that '{name}' names no constant")
    graph.constants[name] = Constant(np.array([-1, *after[1:]], np.int64))
    node.op, node.attributes, node.inputs = "Reshape", {}, [node.inputs[0], name]
  graph.input.shape = (None, *graph.input.shape[1:])


def join_quantize_and_dequantize(graph):
  """Joins QuantizeLinear and the DequantizeLinear nodes that read it to one quantizer if their parameters are equal."""
  readers = graph.consumers()
  for node in list(graph.nodes):
    if node.op != "QuantizeLinear" or node.outputs[0] in graph.outputs:
      continue
    after = readers.get(node.outputs[0], [])
    parameters = [[graph.constants.get(name) for name in each.inputs[1:]] for each in (node, *after)]
    if not after or any(each.op != "DequantizeLinear" for each in after) or any(None in each for each in parameters) \
        or any(len(each) != len(parameters[0]) for each in parameters) or parameters[0][0].values.size != 1:
      continue
    if not all(np.array_equal(a.values, b.values) for each in parameters for a, b in zip(each, parameters[0])):
      continue
    lowest, highest = INTEGERS[node.attributes["datatype"]]
    zero = parameters[0][1].values if len(parameters[0]) > 1 else np.zeros(())
    names = []
    for key, value in (("scale", parameters[0][0].values), ("zero", zero), ("bits",
                                                                            float((highest - lowest).bit_length()))):
      names.append(f"{node.outputs[0]}.{key}")
      graph.constants[names[-1]] = Constant(np.asarray(value, np.float64))
    joined = after[0].outputs[0]
    for each in after:
      graph.rename(each.outputs[0], joined)
      graph.remove(each, f"part of {node.name}")
    node.op, node.inputs, node.outputs = "QuantizeDequantize", [node.inputs[0], *names], [joined]
    node.attributes = {"signed": int(lowest < 0)}


def simplify(graph):
  """Runs all passes. Returns the graph."""
  fold_constants(graph)
  remove_identities(graph)
  graph.remove_unread()
  require(graph.nodes, f"{graph.path}: expected a network that computes something, found only constants and copies")
  require(graph.outputs[0] not in graph.constants, f"{graph.path}: expected an output that depends on the input")
  join_quantize_and_dequantize(graph)
  join_negated_signs(graph)
  keep_batch(graph)
  graph.remove_unread()
  if any(node.op in SHAPES for node in graph.nodes):
    node = next(node for node in graph.nodes if node.op in SHAPES)
    raise Refusal(f"{graph.path}: {node}: expected that only a Reshape reads the shape of a feature map")
  fold_constants(graph)
  graph.remove_unread()
  return graph
