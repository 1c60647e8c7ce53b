"""Where the channels, rows and columns of a feature map are in an array of the source."""

import math

from ..failure import require


class Layout:
  """The axes of an array after the batch. Each axis is a tuple of the labels C, H and W, the slowest one first."""

  def __init__(self, axes, extents):
    self.axes = tuple(tuple(axis) for axis in axes)
    self.extents = dict(extents)

  @classmethod
  def of_shape(cls, shape):
    """The layout of an input (C), (C, L) or (C, H, W)."""
    labels = {1: "C", 2: "CW", 3: "CHW"}[len(shape)]
    extents = {"C": 1, "H": 1, "W": 1, **dict(zip(labels, shape))}
    return cls([(label,) for label in labels], extents)

  def shape(self):
    return self.extents["C"], self.extents["H"], self.extents["W"]

  def order(self):
    """The labels with more than one element, the slowest one first."""
    return [label for axis in self.axes for label in axis if self.extents[label] > 1]

  def is_map(self):
    """True if the axes are channels, rows and columns, apart from axes with one element."""
    wide = [[label for label in axis if self.extents[label] > 1] for axis in self.axes]
    wide = [axis for axis in wide if axis]
    return all(len(axis) == 1 for axis in wide) and [axis[0] for axis in wide
                                                    ] == [label for label in "CHW" if self.extents[label] > 1]

  def channel_axis(self):
    """The index of the axis that holds only channels, counted without the batch; None if there is none."""
    for at, axis in enumerate(self.axes):
      if [label for label in axis if self.extents[label] > 1] == ["C"]:
        return at
    if self.extents["C"] == 1:
      return 0
    return None

  def moved(self, perm, what):
    """The layout after a Transpose of all axes, the batch included."""
    require(perm[0] == 0, f"{what}: expected that the batch stays the first axis, found perm {list(perm)}")
    return Layout([self.axes[p - 1] for p in perm[1:]], self.extents)

  def reshaped(self, extents):
    """The layout after a Reshape to these extents after the batch; None if an axis would have to be split."""
    labels = self.order()
    axes, at = [], 0
    for extent in extents:
      axis, product = [], 1
      while product < extent and at < len(labels):
        axis.append(labels[at])
        product *= self.extents[labels[at]]
        at += 1
      if product != extent:
        return None
      axes.append(tuple(axis))
    return Layout(axes, self.extents) if at == len(labels) else None

  def with_extents(self, **extents):
    return Layout(self.axes, {**self.extents, **extents})

  def size(self):
    return math.prod(self.extents.values())
