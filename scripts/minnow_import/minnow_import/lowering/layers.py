"""minnow's layers, as the lowering makes them and the writer prints them."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class QuantizerType:
  """A quantizer in C++ and its state, the numbers that it gets from the file (None: it has no state)."""
  type: str
  state: np.ndarray = None
  lowest: float = None  # the value of the lowest code
  highest: float = None


@dataclass
class Layer:
  """One layer.

  kind     "conv", "depthwise_conv", "dense", "batch_norm", "bias", "quantize", "residual", …
  options  template arguments after the scheme, or all arguments of a layer without a scheme
  sources  names of the source's nodes
  module   the beginning of the tensors' names
  tensors  arrays by the last part of the tensor's name, in PyTorch's layout
  """
  kind: str
  options: list = field(default_factory=list)
  sources: list = field(default_factory=list)
  module: str = ""
  tensors: dict = field(default_factory=dict)
  size: int = 0  # filters or units of a product
  weights: QuantizerType = None  # of a product; None: floats
  inputs: QuantizerType = None  # of a product with a quantizer of its inputs; the quantizer of a quantize layer
  body: list = None  # layers of a residual or concatenated block
  shortcut: list = None
  carrier: object = None  # the quantize layer in front of a residual block
  clip: tuple = None  # the bounds of a clip that a quantizer has to absorb
  node: object = None
  quantizer_module: str = ""  # as module, for the quantizer of a product's inputs
  plain: bool = False  # True for a batch norm that only multiplies and adds constants

  def is_product(self):
    return self.kind in ("conv", "depthwise_conv", "dense")


@dataclass
class Lowered:
  """A network in minnow's layers.

  input          "image<C, H, W>", "signal<C, L>" or "features<N>"
  shape          (C, H, W)
  entry          nodes that only reorder the input before the first layer
  normalization  (mean, stddev) or None
  dropped        (node, reason) of nodes after the logits
  output         the value of the source that the C++ network computes
  """
  input: str
  shape: tuple
  layers: list
  entry: list
  normalization: tuple
  dropped: list
  output: str
  notes: list
  integers: tuple = None  # (scale, zero) of the source's input, or None, and of its output, if they are int8
  channels_last: bool = True  # False: the source's output is (N, C, H, W), and minnow's (N, H, W, C)
  entry_order: list = None  # the order of C, H and W after the entry nodes, without extents of 1
  scheme: str = ""  # the text of --scheme
  scheme_aliases: dict = field(default_factory=dict)  # scheme of a product: the ending of its name in C++
