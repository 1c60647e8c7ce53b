"""The part of a reader that collects the nodes of a graph."""

from ..graph import Node


class Builder:
  """Collects the nodes and the constants of a graph, and the number of axes of each value without the batch."""

  def __init__(self, path):
    self.path = path
    self.nodes, self.constants, self.ranks = [], {}, {}

  def add(self, op, name, inputs, rank, **attributes):
    """Adds a node with one result, a value with `rank` axes without the batch. Returns the result's name."""
    node = Node(op, name, list(inputs), [f"{name}:{op}:{len(self.nodes)}"], attributes)
    self.nodes.append(node)
    self.ranks[node.outputs[0]] = rank
    return node.outputs[0]
