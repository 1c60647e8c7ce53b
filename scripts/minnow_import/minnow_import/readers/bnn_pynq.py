"""Reads the parameters of BNN-PYNQ's networks CNV and LFC: packed weights and integer thresholds in a .tar.xz.

The archive holds FOLDER/LAYER-ENGINE-weights.bin and FOLDER/LAYER-ENGINE-thres.bin, one file for each processing
element, in words of 64 bits. Row r of a layer belongs to element r mod ELEMENTS. A word of weights holds the weights of
SIMD inputs, the first one in the lowest bits. A weight of one bit is -1 or +1, of two bits a two's complement number.
Inputs of a convolution are in the order row, column, channel. An output is the number of thresholds below its sum,
minus 1 if outputs have two bits. If weights and inputs both have one bit, a sum counts equal bits.

source  Xilinx/BNN-PYNQ: bnn/src/training/finnthesizer.py, bnn/src/network/*/hw/config.h and top.cpp
"""

import lzma
import re
import tarfile

import numpy as np

from ..failure import Refusal, require
from ..graph import Constant, Graph, Input, Node, Quantizer

CNV = [("conv", 3, 64), ("conv", 64, 64), ("pool",), ("conv", 64, 128), ("conv", 128, 128), ("pool",),
       ("conv", 128, 256), ("conv", 256, 256), ("dense", 256, 512), ("dense", 512, 512), ("dense", 512, 64)]
LFC = [("dense", 784, 1024), ("dense", 1024, 1024), ("dense", 1024, 1024), ("dense", 1024, 64)]
CLASSES = 10  # the last layer is padded to 64 rows
MOST_MEMBERS, MOST_MEMBER_BYTES = 4096, 1 << 22


class Reader:
  """Reads one archive."""

  def __init__(self, path):
    self.path = path
    self.words = {}  # (layer, element, "weights" or "thres"): 64-bit words
    self.constants = {}
    self.nodes = []

  def read(self):
    name = self.read_archive()
    found = re.fullmatch(r"(cnv|lfc)W([12])A([12])", name)
    require(found, f"{self.path}: expected a folder cnvW1A1, cnvW1A2, cnvW2A2, lfcW1A1 or lfcW1A2, found '{name}'")
    network, weight_bits, bits = found[1], int(found[2]), int(found[3])
    image = (None, 3, 32, 32) if network == "cnv" else (None, 1, 28, 28)
    # Bytes become numbers from -1 to 1, then bits (LFC) or 8-bit integers (CNV).
    value = self.add("Mul", "to_range", "image", self.constant("range.scale", 2.0))
    value = self.add("Sub", "to_signed", value, self.constant("range.offset", 1.0))
    if network == "cnv":
      value = self.add("qonnx.Quant", "input_quantizer", value, self.constant("input.scale", 1 / 128),
                       self.constant("input.zero", 0.0), self.constant("input.bits", 8.0))
    else:
      value = self.add("Flatten", "flatten", value)
      value = self.add("qonnx.BipolarQuant", "input_quantizer", value, self.constant("input.scale", 1.0))
    layer = 0
    topology = CNV if network == "cnv" else LFC
    for at, entry in enumerate(topology):
      if entry[0] == "pool":
        value = self.add("MaxPool", f"pool{layer}", value, kernel_shape=[2, 2], strides=[2, 2])
        continue
      kind, columns, rows = entry
      if network == "cnv" and kind == "dense" and topology[at - 1][0] == "conv":
        value = self.add("Flatten", "flatten", value)
      first, last = layer == 0, at == len(topology) - 1
      value = self.layer(value, layer, kind, columns, rows, weight_bits, bits, first, last, network)
      layer += 1
    graph = Graph(self.path, "BNN-PYNQ", Input("image", image), [value], self.nodes, self.constants)
    graph.sort()
    return graph

  def read_archive(self):
    """Reads the members of the archive into memory. Returns the name of their folder."""
    folder = None
    try:
      with tarfile.open(self.path, "r:xz") as archive:
        for number, member in enumerate(archive):
          require(number < MOST_MEMBERS, f"{self.path}: expected at most {MOST_MEMBERS} members")
          found = re.fullmatch(r"([\w-]+)/(\d+)-(\d+)-(weights|thres)\.bin", member.name)
          if not found or not member.isfile():
            continue
          require(member.size <= MOST_MEMBER_BYTES and member.size % 8 == 0,
                  f"{self.path}: {member.name}: expected words of 64 bits, found {member.size} bytes")
          require(folder in (None, found[1]), f"{self.path}: expected one folder, found '{folder}' and '{found[1]}'")
          folder = found[1]
          contents = archive.extractfile(member).read()
          require(
              len(contents) == member.size,
              f"{self.path}: {member.name}: expected {member.size} bytes, found {len(contents)}")
          self.words[int(found[2]), int(found[3]), found[4]] = np.frombuffer(contents, "<u8")
    except (tarfile.TarError, lzma.LZMAError, EOFError, OSError) as error:
      raise Refusal(f"{self.path}: expected an archive .tar.xz, found {str(error).split(chr(10))[0]}") from None
    require(folder, f"{self.path}: expected members FOLDER/LAYER-ENGINE-weights.bin, found none")
    return folder

  def constant(self, name, values, quantizer=None):
    self.constants[name] = Constant(np.asarray(values, np.float64), quantizer)
    return name

  def add(self, op, name, *inputs, **attributes):
    self.nodes.append(Node(op, name, list(inputs), [name + ".result"], attributes))
    return name + ".result"

  def engines(self, layer, what):
    """Returns the words of a layer's processing elements: (elements, words of each)."""
    elements = sum(1 for key in self.words if key[0] == layer and key[2] == what)
    parts = [self.words.get((layer, element, what)) for element in range(elements)]
    require(
        parts and all(part is not None and len(part) == len(parts[0]) and len(part) for part in parts),
        f"{self.path}: layer {layer}: expected files {layer}-ENGINE-{what}.bin of one size, numbered from 0, found "
        f"others"
    )
    return np.stack(parts)

  def weights(self, layer, rows, columns, weight_bits):
    """Returns a layer's weights (rows, columns)."""
    words = self.engines(layer, "weights")
    elements, depth = words.shape
    require(
        rows % elements == 0 and depth % (rows // elements) == 0,
        f"{self.path}: layer {layer}: expected the words of {rows} rows, found {depth} in each of {elements} files")
    groups = depth // (rows // elements)  # words of a row
    require(columns % groups == 0 and columns // groups * weight_bits <= 64,
            f"{self.path}: layer {layer}: expected {columns} weights a row, found {groups} words")
    simd = columns // groups
    words = words.reshape(elements, rows // elements, groups).transpose(1, 0, 2).reshape(rows, groups, 1)
    shifts = (np.arange(simd) * weight_bits).astype(np.uint64)
    codes = ((words >> shifts) & np.uint64((1 << weight_bits) - 1)).astype(np.int64).reshape(rows, columns)
    return np.where(codes, 1, -1) if weight_bits == 1 else (codes ^ 2) - 2

  def layer(self, value, layer, kind, columns, rows, weight_bits, bits, first, last, network):
    """Adds a product and its thresholds. Returns the result's name."""
    taps = 9 if kind == "conv" else 1
    padded = 832 if columns == 784 else columns * taps  # rows of 784 inputs are padded to words of 64
    weights = self.weights(layer, rows, padded, weight_bits)
    count = columns * taps
    # Padded inputs of the first layer are -1.
    offset = -weights[:, count:].sum(axis=1)
    if last:
      weights, offset, rows = weights[:CLASSES], offset[:CLASSES], CLASSES
    weights = weights[:, :count]
    quantizer = Quantizer("bipolar", np.ones(()), np.zeros(()), -1, 1, 1) if weight_bits == 1 else \
        Quantizer("integer", np.ones(()), np.zeros(()), -1, 1, 2)
    require(weight_bits == 1 or (weights >= -1).all(),
            f"{self.path}: layer {layer}: expected weights from -1 to 1, found -2")
    if kind == "conv":
      weights = weights.reshape(rows, 3, 3, columns).transpose(0, 3, 1, 2)
      value = self.add("Conv", f"conv{layer}", value, self.constant(f"conv{layer}.weight", weights, quantizer))
    else:
      value = self.add("MatMul", f"dense{layer}", value, self.constant(f"dense{layer}.weight", weights.T, quantizer))
    if last and network == "cnv":
      return value
    thresholds, step, lowest = self.thresholds(layer, rows, bits, last)
    if first and network == "cnv":
      thresholds = (thresholds // 2 + 1) / 128  # thresholds have 8 fractional bits, inputs 7
    elif weight_bits == 1 and bits == 1:
      thresholds = 2 * (thresholds + 1) - count  # from the number of equal bits to a sum of -1 and +1
    else:
      thresholds = thresholds + 1 - offset[:, None]
    if last:
      # The device sets a bit for every class whose sum reaches its threshold. The distance to it tells more.
      return self.add("Sub", f"margin{layer}", value, self.constant(f"margin{layer}.thresholds", thresholds[:, 0]))
    return self.add("qonnx.MultiThreshold",
                    f"threshold{layer}",
                    value,
                    self.constant(f"threshold{layer}.thresholds", thresholds),
                    out_scale=float(step),
                    out_bias=float(lowest))

  def thresholds(self, layer, rows, bits, last):
    """Returns a layer's thresholds (rows, count), and the step and the lowest value of its outputs."""
    words = self.engines(layer, "thres").view(np.int64)
    elements, depth = words.shape
    count = depth * elements // (64 if last else rows)
    expected = 1 if bits == 1 or last else 2
    require(
        count == expected and depth * elements == count * (64 if last else rows),
        f"{self.path}: layer {layer}: expected {expected} thresholds for each row, found {depth * elements} for {rows} "
        f"rows"
    )
    values = words.reshape(elements, -1, count).transpose(1, 0, 2).reshape(-1, count)[:rows]
    if last:
      return values, 1, 0
    return (values, 2, -1) if bits == 1 else (values, 1, -1)
