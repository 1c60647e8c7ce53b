"""Rules for quantizers of weights and inputs, and for thresholds."""

import numpy as np

from .layers import Layer, QuantizerType
from ..operators.quantized import code_range, whole_bits


def integer_type(lowest, highest, granularity=""):
  return f"given_integer<{lowest}, {highest}{granularity}>"


class QuantizerRules:
  """The part of Lowering that needs quantizers."""

  def weight_quantizer(self, node, found, filter_axis):
    """Returns the quantizer of a product's weights and their values, scale times code, as 32-bit floats.

    filter_axis  the axis of the filters or units
    """
    quantizer, values = found.quantizer, found.values
    if quantizer is None:
      return None, values
    if quantizer.kind == "integer" and quantizer.rounding != "ROUND":
      # Constants are quantized already, so their codes do not depend on the rounding.
      pass
    if np.any(quantizer.zero):
      self.refuse(node, f"expected weights with the zero point 0, found {np.unique(quantizer.zero)[0]:g}")
    scale = np.asarray(quantizer.scale, np.float64)
    others = tuple(axis for axis in range(values.ndim) if axis != filter_axis)
    if scale.size > 1:
      full = np.broadcast_to(scale, values.shape)
      per_filter = full.min(axis=others)
      if not np.array_equal(full.max(axis=others), per_filter):
        self.refuse(node, "expected one scale for all weights or one for each filter, found others")
      scale = per_filter if per_filter.min() != per_filter.max() else per_filter[:1]
    scale = scale.reshape(-1).astype(np.float32).astype(np.float64)
    shape = [1] * values.ndim
    shape[filter_axis] = scale.size
    codes = np.rint(values / scale.reshape(shape))
    values = codes * scale.reshape(shape)
    granularity = ", per_channel" if scale.size > 1 else ""
    if quantizer.kind == "bipolar":
      if scale.size == 1 and scale[0] == 1:
        return QuantizerType("sign_nonnegative"), values
      return QuantizerType(f"given_sign<{granularity[2:]}>", scale), values
    lowest, highest = int(quantizer.lowest), int(quantizer.highest)
    if codes.size and (codes.min() < -127 or codes.max() > 127):
      self.refuse(node, f"expected weights with codes from -127 to 127, found {codes.min():g} to {codes.max():g}")
    lowest, highest = max(lowest, -127), min(highest, 127)
    if lowest == 0:
      lowest = -highest
    return QuantizerType(integer_type(lowest, highest, granularity), scale), values

  def single(self, node, array, what):
    if array is None or array.size != 1:
      self.refuse(node, f"expected one constant {what} for the whole feature map")
    return float(array.reshape(-1)[0])

  def quantize(self, node, layout, layers):
    """Lowers a quantizer of a feature map."""
    parameters = [self.constant(name) for name in node.inputs[1:]]
    scale = self.single(node, parameters[0], "scale")
    if node.attributes.get("zero_negative", 0):
      if scale != 1:
        self.refuse(node, f"expected the scale 1 of a sign that is -1 at 0, found {scale:g}")
      quantizer = QuantizerType("sign", None, -1, 1)
    elif node.op == "qonnx.BipolarQuant":
      quantizer = QuantizerType("sign_nonnegative", None, -scale, scale) if scale == 1 else \
          QuantizerType("given_sign<>", np.array([scale]), -scale, scale)
    else:
      zero = self.single(node, parameters[1], "zero point")
      bits = whole_bits(parameters[2])
      attributes = node.attributes
      rounding = attributes.get("rounding_mode", "ROUND").upper()
      if rounding not in ("ROUND", "HALF_EVEN"):
        self.refuse(node, f"expected 'rounding_mode' ROUND, found {rounding}")
      lowest, highest = code_range(bits, attributes.get("signed", 1), attributes.get("narrow", 0))
      quantizer = self.input_quantizer(node, scale, zero, bits, lowest, highest)
    self.absorb_clip(quantizer, layers)
    layers.append(Layer("quantize", [], [node.name], self.module_of(node), inputs=quantizer, node=node))

  def input_quantizer(self, node, scale, zero, bits, lowest, highest):
    if bits > 8:
      self.refuse(node, f"expected at most 8 bits, found {bits}")
    low, high = (lowest - zero) * scale, (highest - zero) * scale
    if zero == 0 and (lowest >= -127 and highest <= 127 or lowest == 0 and highest <= 255):
      return QuantizerType(integer_type(lowest, highest), np.array([scale]), low, high)
    moved = zero - lowest
    if highest - lowest != (1 << bits) - 1:
      self.refuse(node,
                  f"expected all {1 << bits} codes of {bits} bits with a zero point, found {highest - lowest + 1}")
    if moved != int(moved) or not 0 <= moved < 1 << bits:
      self.refuse(node, f"expected a zero point from {lowest} to {highest}, found {zero:g}")
    if node.op == "qonnx.Quant" and zero % 2:
      # Quant rounds after it adds the zero point, minnow before; ties to even differ for odd zero points.
      self.refuse(node, f"expected an even zero point, found {zero:g}")
    return QuantizerType(f"given_affine<{bits}>", np.array([scale, moved]), low, high)

  def absorb_clip(self, quantizer, layers):
    """Removes a clip in front of a quantizer that clips to the same range or to a smaller one."""
    if layers and layers[-1].kind in ("clip", "hard_tanh", "relu6"):
      low, high = layers[-1].clip
      if low <= quantizer.lowest and quantizer.highest <= high:
        layers.pop()

  def multi_threshold(self, node, layout, layers):
    """Lowers thresholds to a layer, followed by the quantizer whose values they produce."""
    thresholds = self.constant(node.inputs[1])
    if thresholds is None:
      self.refuse(node, "expected constant thresholds")
    step, offset = float(node.attributes.get("out_scale", 1.0)), float(node.attributes.get("out_bias", 0.0))
    rank = len(layout.axes) + 1
    layout_name = node.attributes.get("data_layout", "NCHW")
    axis = rank - 2 if layout_name.endswith("C") and rank > 2 else 0
    if layout.channel_axis() != axis and thresholds.shape[0] != 1:
      self.refuse(node, "expected thresholds along the channels")
    count = thresholds.shape[1]
    if not 1 <= count <= 255:
      self.refuse(node, f"expected 1 to 255 thresholds, found {count}")
    if step <= 0:
      self.refuse(node, f"expected 'out_scale' above 0, found {step:g}")
    quantizer = self.threshold_values(node, step, offset, count)
    module = self.module_of(node)
    if not (quantizer.type == "sign_nonnegative" and not thresholds.any()):
      channels = layout.extents["C"]
      full = np.clip(np.sort(np.broadcast_to(thresholds, (channels, count)), axis=1), -1e30, 1e30)
      layers.append(
          Layer("multi_threshold", [str(count)], [node.name],
                module, {
                    "thresholds": full,
                    "step": np.array([step]),
                    "offset": np.array([offset])
                },
                node=node))
    alone = not layers or layers[-1].node is not node
    layers.append(Layer("quantize", [], [node.name] if alone else [], module, inputs=quantizer, node=node))

  def threshold_values(self, node, step, offset, count):
    """Returns the quantizer whose values are offset + step * k for k from 0 to count."""
    high = offset + step * count
    if count == 1 and offset == -high:
      return QuantizerType("sign_nonnegative", None, -1, 1) if high == 1 else \
          QuantizerType("given_sign<>", np.array([high]), -high, high)
    lowest = offset / step
    if lowest != int(lowest):
      self.refuse(node, f"expected 'out_bias' to be a multiple of 'out_scale', found {offset:g} and {step:g}")
    lowest = int(lowest)
    highest = lowest + count
    if not lowest <= 0 < highest or not (lowest >= -127 and highest <= 127 or lowest == 0 and highest <= 255):
      self.refuse(
          node,
          f"expected values from at least -127 to at most 127 steps, or from 0 to 255, found {lowest} to {highest}")
    return QuantizerType(integer_type(lowest, highest), np.array([step]), offset, high)
