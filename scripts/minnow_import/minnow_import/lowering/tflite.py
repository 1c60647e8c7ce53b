"""Rules for TensorFlow Lite's 8-bit integers.

Every feature map of int8 becomes values scale * (q - zero) of a quantizer given_affine<8>, whose zero is that of bytes:
zero + 128. pack<tflite_fixed_point> computes the same integers as TensorFlow Lite.
"""

import numpy as np

from .layers import Layer, QuantizerType

# A 32-bit bias is exact as one 32-bit float below this.
MOST_BIAS = 1 << 23


class TfliteRules:
  """The part of Lowering for operators named tflite.*."""

  def affine(self, node, scale, zero, ending=".output"):
    quantizer = QuantizerType("given_affine<8>", np.array([scale, zero + 128.0]), scale * (-128 - zero),
                              scale * (127 - zero))
    return Layer("quantize", [], [], self.module_of(node, ending=ending), inputs=quantizer, node=node)

  def begin(self, node, layers, scale, zero):
    """Adds the quantizer of the network's input, whose integers become values."""
    if self.at_input(layers):
      layers.append(self.affine(node, scale, zero, ".input"))
      self.dequantize_input = (scale, zero)

  def finish(self, node, layers, layout):
    """Adds the fused activation and the quantizer of an operator's result."""
    attributes = node.attributes
    kind = attributes["activation"]
    if kind != "none":
      layers.append(Layer({"relu": "relu", "relu6": "relu6", "relu_n1_to_1": "hard_tanh"}[kind], sources=[], node=node))
    layers.append(self.affine(node, attributes["out_scale"], attributes["out_zero"]))
    self.quantization = (attributes["out_scale"], attributes["out_zero"])
    return layout

  def tflite(self, node, value, layout, layers):
    op, attributes = node.op, node.attributes
    if op == "tflite.Quantize":
      layers.append(self.affine(node, attributes["scale"], attributes["zero"]))
      layers[-1].sources = [node.name]
      return layout
    if op in ("tflite.Conv", "tflite.Dense"):
      self.begin(node, layers, attributes["in_scale"], attributes["in_zero"])
      return self.tflite_product(node, value, layout, layers)
    if op in ("tflite.AveragePool", "tflite.MaxPool"):
      self.begin(node, layers, attributes["scale"], attributes["zero"])
      if not layout.is_map():
        self.refuse(node, "expected a feature map with the axes channels, rows, columns")
      if attributes["activation"] != "none":
        self.refuse(node, "expected no fused activation")
      return self.tflite_pool(node, layout, layers)
    self.refuse(node, "expected an operator that minnow has a layer for; this one only runs in the importer")

  def tflite_product(self, node, value, layout, layers):
    attributes = node.attributes
    weight = self.weights_of(node, node.inputs[1]).values
    scales = np.array(attributes["weight_scales"], np.float32).astype(np.float64)
    if weight.min() < -127:
      self.refuse(node, "expected weights with codes from -127 to 127, found -128")
    values = weight * scales.reshape(-1, *([1] * (weight.ndim - 1)))
    quantizer = QuantizerType(
        "given_integer<-127, 127, per_channel>" if scales.size > 1 else "given_integer<-127, 127>", scales)
    module = self.module_of(node)
    filters = weight.shape[0]
    if node.op == "tflite.Dense":
      values = self.in_layers_order(values, layout)
      layer = Layer("dense", [], [node.name], module, {"weight": values}, size=filters, weights=quantizer, node=node)
      layout = type(layout).of_shape((filters,))
    else:
      if not layout.is_map():
        self.refuse(node, "expected a feature map with the axes channels, rows, columns")
      group = attributes["group"]
      depthwise = group > 1 and group == layout.extents["C"] == filters
      options, out = self.conv_options(node, layout, list(weight.shape[2:]), group, depthwise)
      layer = Layer("depthwise_conv" if depthwise else "conv",
                    options, [node.name],
                    module, {"weight": values},
                    size=filters,
                    weights=quantizer,
                    node=node)
      layout = layout.with_extents(C=filters, H=out[0], W=out[1])
    layers.append(layer)
    if len(node.inputs) > 2:
      codes = self.weights_of(node, node.inputs[2]).values
      unit = np.broadcast_to(attributes["in_scale"] * scales, codes.shape)
      layers.append(Layer("bias", [], [], module, {"bias": codes * unit}, node=node))
      if np.abs(codes).max() >= MOST_BIAS:
        # minnow rounds the 32-bit float to a multiple of the unit; a second bias adds the rest.
        rest = codes - np.rint(np.float64(np.float32(codes * unit)) / unit)
        layers.append(Layer("bias", [], [], self.module_of(node, ending=".bias_rest"), {"bias": rest * unit}, node=node))
    return self.finish(node, layers, layout)

  def tflite_pool(self, node, layout, layers):
    attributes = node.attributes
    kernel, strides, padding, out = self.window(node, layout, attributes["kernel_shape"], "none")
    average = node.op == "tflite.AveragePool"
    ends = ("quantize", "relu", "relu6", "hard_tanh", "bias", "max_pool")
    before = [layer for layer in layers if layer.kind not in ends]
    if average and padding:
      self.refuse(node, "expected an average pool without padding")
    options = self.pool_options(kernel, strides, padding)
    layer = Layer("average_pool" if average else "max_pool", options, [node.name], node=node)
    if not average and before and before[-1].is_product() and layers[-1].kind == "quantize":
      layers.insert(len(layers) - 1, layer)
    else:
      # Both sides have one scale and zero point, so the values of the codes do not change.
      layers += [layer, self.affine(node, attributes["scale"], attributes["zero"])]
    return layout.with_extents(H=out[0], W=out[1])

  def tflite_add(self, node, layers, layout):
    """Adds the layers after the join of two branches of int8."""
    return self.finish(node, layers, layout)
