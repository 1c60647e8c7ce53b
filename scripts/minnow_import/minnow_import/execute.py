"""Runs a graph in double precision. It is the reference that the C++ network is compared with."""

import math
import warnings

import numpy as np

from .operators import quantized, tflite  # noqa: F401  (they register their operators)
from .failure import MOST_ELEMENTS, Refusal, require
from .operators.onnx import OPERATORS


def check_node(path, node):
  """Refuses operators, attributes and numbers of inputs that the importer does not know."""
  require(node.op in OPERATORS,
          f"{path}: node '{node.name}': expected an operator that the importer knows, found {node.op}")
  known = OPERATORS[node.op]
  for name in node.attributes:
    require(name in known.attributes, f"{path}: {node}: expected an attribute that the importer knows, found '{name}'")
  given = len(node.inputs)
  require(known.fewest <= given <= known.most and all(node.inputs[:known.fewest]),
          f"{path}: {node}: expected {known.fewest} to {known.most} inputs, found {given}")


def run_node(path, node, inputs):
  """Returns the results of a node for arrays; an input that is not given is None."""
  check_node(path, node)
  try:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
      warnings.simplefilter("ignore")
      results = OPERATORS[node.op].run(*inputs, **node.attributes)
  except Refusal as error:
    raise Refusal(f"{path}: {node}: {error}") from None
  except (ValueError, TypeError, IndexError, AttributeError, OverflowError, ZeroDivisionError, MemoryError) as error:
    text = str(error).split("\n")[0] or type(error).__name__
    raise Refusal(f"{path}: {node}: expected inputs and attributes that the operator takes, found {text}") from None
  results = results if isinstance(results, tuple) else (results,)
  require(
      len(node.outputs) <= len(results),
      f"{path}: {node}: expected at most {len(results)} results, found {len(node.outputs)}")
  return results


def run(graph, x, keep=()):
  """Returns a dictionary of the graph's outputs, and of the values named in `keep`, for an input with a batch.

  Values are dropped after the last node that reads them. keep=None keeps all values.
  """
  values = {graph.input.name: x}
  last = {}
  for at, node in enumerate(graph.nodes):
    for name in node.inputs:
      last[name] = at
  kept = set(graph.outputs) | set(keep or ())
  results = {}
  for at, node in enumerate(graph.nodes):
    inputs = [
        graph.constants[name].values if name in graph.constants else values[name] if name else None
        for name in node.inputs
    ]
    for name, value in zip(node.outputs, run_node(graph.path, node, inputs)):
      values[name] = value
      if keep is None or name in kept:
        results[name] = value
    for name in node.inputs:
      if last.get(name) == at:
        values.pop(name, None)
  for name in graph.outputs:
    if name not in results:
      results[name] = graph.constants[name].values if name in graph.constants else values.get(name, x)
  return results


def run_batches(graph, x, batch=100, progress=None):
  """Returns the first output for many inputs, computed `batch` inputs at a time."""
  parts = []
  for begin in range(0, len(x), batch):
    part = run(graph, np.asarray(x[begin:begin + batch], np.float64))[graph.outputs[0]]
    require(part.ndim > 0 and len(part) == len(x[begin:begin + batch]),
            f"{graph.path}: expected one result for each input, found the shape {list(part.shape)}")
    parts.append(part)
    if progress:
      progress(begin + len(part))
  return np.concatenate(parts)


def shapes_of(graph, batch=1):
  """Returns the shape of every value, by running the graph on zeros."""
  shape = [batch, *graph.input.shape[1:]]
  require(
      math.prod(shape) <= MOST_ELEMENTS,
      f"{graph.path}: input '{graph.input.name}': expected at most {MOST_ELEMENTS} elements, found {shape}")
  values = run(graph, np.zeros(shape), keep=None)
  shapes = {name: value.shape for name, value in values.items()}
  shapes[graph.input.name] = tuple(shape)
  return shapes
