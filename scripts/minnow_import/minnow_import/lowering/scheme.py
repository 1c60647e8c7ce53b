"""Puts minnow's own quantizers into a network of floats or of 8-bit integers, for --scheme W-I.

W-I, such as 4-8, means weights of W bits and inputs of I bits. The first, the depthwise and the last product, and the
inputs of residual blocks, have 8 bits. Quantizers of the source are removed: the weights are its dequantized floats.
"""

import re

from ..failure import Refusal, require
from .layers import Layer, QuantizerType
from .paths import scheme_of

# Layers whose results are never negative, and layers that keep this property of their inputs.
POSITIVE = ("relu", "relu6")
KEEPS_SIGN = ("max_pool", "average_pool", "global_average_pool", "pad_channels", "identity")


def parse(text):
  """Returns (bits of weights, bits of inputs) of a scheme's text."""
  found = re.fullmatch(r"([1-8])-([1-8])", text)
  require(found, f"--scheme: expected the bits of weights and inputs, such as 4-8, found '{text}'")
  return int(found[1]), int(found[2])


def weight_type(bits):
  return "scaled_sign<>" if bits == 1 else f"integer<{bits}, per_channel>"


def input_type(bits, positive):
  return "sign" if bits == 1 else f"unsigned_integer<{bits}>" if positive else f"integer<{bits}>"


def is_wide(quantizer):
  """True for a quantizer with 8-bit codes, which is a rounding and no activation."""
  found = re.match(r"given_integer<(-?\d+), (\d+)", quantizer.type)
  return quantizer.type == "given_affine<8>" or bool(found) and int(found[2]) - int(found[1]) >= 254


class Scheme:
  """Rewrites the layers of one network."""

  def __init__(self, path, bits):
    self.path, (self.weights, self.inputs) = path, bits
    self.aliases = {}  # scheme: the ending of its name

  def rewrite(self, layers):
    # An image of bytes with the zero point 0 is never negative.
    image = layers[0].inputs if layers and layers[0].kind == "quantize" or layers[0].is_product() else None
    positive = image is not None and image.lowest == 0
    layers, _ = self.floats(layers, positive)
    products = [layer for layer in self.all(layers) if layer.is_product()]
    self.first, self.last = products[0], products[-1]
    self.quantize(layers, positive)
    return layers

  def all(self, layers):
    """Yields all layers in the order in which they run."""
    for layer in layers:
      yield from self.all(layer.shortcut or [])
      yield from self.all(layer.body or [])
      yield layer

  def sign_after(self, layer, positive):
    """Returns whether the results of a layer that has no body are never negative."""
    return layer.kind in POSITIVE or positive and layer.kind in KEEPS_SIGN

  def check(self, quantizer, layer):
    if quantizer is not None and not is_wide(quantizer):
      name = layer.sources[0] if layer.sources else layer.module
      raise Refusal(f"{self.path}: node '{name}': expected floats or 8-bit integers for --scheme, found "
                    f"{quantizer.type}")

  def floats(self, layers, positive):
    """Removes the quantizers. Returns the layers, and whether their results are never negative."""
    result = []
    for layer in layers:
      if layer.kind == "multi_threshold":
        raise Refusal(f"{self.path}: node '{layer.sources[0]}': expected no thresholds for --scheme")
      before = layer if layer.kind == "quantize" else layer.carrier or (layer if layer.is_product() else None)
      if before is not None and before.inputs is not None:
        self.check(before.inputs, layer)
        # The lowest level 0 was also the activation.
        if before.inputs.lowest == 0 and not positive:
          result.append(Layer("relu"))
          positive = True
        before.inputs, layer.carrier = None, None
      if layer.kind == "quantize":
        continue
      self.check(layer.weights, layer)
      layer.weights = None
      if layer.body is None:
        positive = self.sign_after(layer, positive)
      else:
        layer.body, body = self.floats(layer.body, positive)
        layer.shortcut, other = self.floats(layer.shortcut or [], positive)
        positive = body and other
      result.append(layer)
    return result, positive

  def quantize(self, layers, positive, carried=False):
    """Gives each product a scheme. Returns whether the results are never negative.

    carried  True if the first layer reads codes of 8 bits
    """
    for layer in list(layers):
      if layer.body is not None:
        residual = layer.kind == "residual"
        if residual:
          layer.carrier = Layer("quantize", inputs=QuantizerType(input_type(8, positive)))
        body = self.quantize(layer.body, positive, residual)
        positive = self.quantize(layer.shortcut or [], positive, residual) and body
        continue
      if layer.is_product():
        outer = layer is self.first or layer is self.last or layer.kind == "depthwise_conv"
        weights, inputs = (8, 8) if outer else (self.weights, self.inputs)
        layer.weights = QuantizerType(weight_type(weights))
        layer.inputs = QuantizerType(input_type(inputs, positive))
        at = next(at for at, other in enumerate(layers) if other is layer)
        if carried and at == 0 and inputs == 8:
          layer.inputs = None
        if inputs == 1 and at > 0 and layers[at - 1].kind == "relu":
          layers.pop(at - 1)  # sign(relu(x)) is sign(x), whose gradient is not 0 for x < 0
        ending = "outer" if outer and (self.weights, self.inputs) != (8, 8) else "inner"
        if layer.inputs is None:
          self.aliases[layer.weights.type] = f"{ending}_weights"
        else:
          unsigned = layer.inputs.type.startswith("unsigned")
          self.aliases[scheme_of(layer)] = f"{ending}_after_relu" if unsigned else ending
      positive = self.sign_after(layer, positive)
    return positive


def with_scheme(path, lowered, text):
  """Rewrites a lowered network in a scheme's quantizers."""
  scheme = Scheme(path, parse(text))
  lowered.layers = scheme.rewrite(lowered.layers)
  lowered.scheme, lowered.scheme_aliases, lowered.integers = text, scheme.aliases, None
  lowered.notes.append(f"The scheme is {text}: weights of {scheme.weights} bits, inputs of {scheme.inputs} bits; the "
                       "first, the depthwise and the last layers have 8 bits. The tensors are the weights of the float "
                       "network: calibrate and train before packing.")
  return lowered
