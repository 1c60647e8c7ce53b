"""The representation of a network between reading and writing: nodes with ONNX's operators, and constants.

Feature maps are (N, C, H, W), (N, C, L) or (N, C), as in ONNX; a reader of a format with channels last inserts
Transpose nodes. Floats are doubles and integers have 64 bits, so that no step of the importer rounds.
"""

from dataclasses import dataclass, field

import numpy as np

from .failure import Refusal, require


@dataclass
class Quantizer:
  """A quantizer of constants: values = scale * (codes - zero), where lowest <= codes <= highest.

  kind     "bipolar" (codes -1 and +1, 0 becomes +1) or "integer"
  scale    an array that broadcasts against the values
  zero     as scale
  bits     the number of bits of the source
  rounding the rounding mode: only "ROUND" (ties to even) changes no value of minnow's quantizers
  """
  kind: str
  scale: np.ndarray
  zero: np.ndarray
  lowest: int
  highest: int
  bits: int
  rounding: str = "ROUND"


@dataclass
class Constant:
  """An array that does not depend on the network's input. `quantizer` is None for floats and plain integers."""
  values: np.ndarray
  quantizer: Quantizer = None


@dataclass
class Node:
  """One operation. An empty name in `inputs` is an optional input that is not given."""
  op: str
  name: str
  inputs: list
  outputs: list
  attributes: dict = field(default_factory=dict)

  def __str__(self):
    return f"{self.op} node '{self.name}'"


@dataclass
class Input:
  """The network's input. shape[0] is the batch; None is an extent that the caller chooses."""
  name: str
  shape: tuple
  datatype: str = "float"


@dataclass
class Graph:
  """A network with one input."""
  path: str
  source: str  # the name of the format, for the report
  input: Input
  outputs: list
  nodes: list
  constants: dict  # name: Constant
  removed: list = field(default_factory=list)  # (node, reason) of nodes that a pass removed
  notes: list = field(default_factory=list)  # sentences for the report

  def consumers(self):
    """Returns the nodes that read each value, by the value's name."""
    readers = {}
    for node in self.nodes:
      for name in dict.fromkeys(node.inputs):
        if name:
          readers.setdefault(name, []).append(node)
    return readers

  def producers(self):
    """Returns the node that writes each value, by the value's name."""
    return {name: node for node in self.nodes for name in node.outputs if name}

  def rename(self, old, new):
    """Replaces a value in all places that read it."""
    for node in self.nodes:
      node.inputs = [new if name == old else name for name in node.inputs]
    self.outputs = [new if name == old else name for name in self.outputs]

  def remove(self, node, reason):
    """Removes a node and records why."""
    self.nodes.remove(node)
    self.removed.append((node, reason))

  def remove_unread(self):
    """Removes nodes whose results nothing reads."""
    while True:
      read = {name for node in self.nodes for name in node.inputs} | set(self.outputs)
      unread = [node for node in self.nodes if not any(name in read for name in node.outputs)]
      if not unread:
        break
      for node in unread:
        self.remove(node, "nothing reads its result")
    self.constants = {name: value for name, value in self.constants.items() if name in read}

  def sort(self):
    """Checks that every value is written once and before it is read, and puts the nodes into such an order."""
    written = {self.input.name: None}
    for name in self.constants:
      require(name not in written, f"{self.path}: expected one value '{name}', found an input and a constant")
      written[name] = None
    for node in self.nodes:
      for name in node.outputs:
        if not name:
          continue
        require(name not in written,
                f"{self.path}: {node}: expected a new name for its result, found '{name}' a second time")
        written[name] = node
    for node in self.nodes:
      for name in node.inputs:
        require(not name or name in written,
                f"{self.path}: {node}: expected an input that a node or a constant provides, found '{name}'")
    for name in self.outputs:
      require(name in written, f"{self.path}: expected an output that a node writes, found '{name}'")
    # Kahn's algorithm, in the file's order.
    missing = {
        id(node): sum(1 for name in set(node.inputs) if name and written[name] is not None) for node in self.nodes
    }
    readers = self.consumers()
    ready = [node for node in self.nodes if missing[id(node)] == 0]
    sorted_nodes = []
    at = 0
    while at < len(ready):
      node = ready[at]
      at += 1
      sorted_nodes.append(node)
      for name in node.outputs:
        for reader in readers.get(name, []):
          missing[id(reader)] -= 1
          if missing[id(reader)] == 0:
            ready.append(reader)
    if len(sorted_nodes) < len(self.nodes):
      stuck = next(node for node in self.nodes if missing[id(node)] > 0)
      raise Refusal(f"{self.path}: {stuck}: expected a network without cycles, found a cycle through this node")
    self.nodes = sorted_nodes
