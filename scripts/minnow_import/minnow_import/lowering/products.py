"""Rules for products, pools, norms and element-wise constants."""

import numpy as np

from .layers import Layer
from .layout import Layout
from ..operators.onnx import padding_of

MINNOW_EPSILON = 1e-5
# A variance for which minnow's batch norm multiplies by exactly gamma: sqrt(variance + 1e-5) is 1 in 32-bit floats.
UNIT_VARIANCE = 1 - MINNOW_EPSILON


class ProductRules:
  """The part of Lowering that needs weights and windows."""

  def weights_of(self, node, name):
    found = self.graph.constants.get(name)
    if found is None:
      self.refuse(node, f"expected constant weights, found '{name}', which depends on the input")
    return found

  def product(self, node, value, layout, layers):
    """Lowers Conv, Gemm and MatMul, with a bias as a layer of its own."""
    bias = None
    if node.op == "Conv":
      layer, layout = self.conv(node, layout, layers)
      if len(node.inputs) > 2:
        bias = self.weights_of(node, node.inputs[2]).values
    else:
      layer, layout, bias = self.dense(node, value, layout)
    layers.append(layer)
    if bias is not None and np.any(bias):
      layers.append(Layer("bias", sources=[], module=layer.module, tensors={"bias": bias}, node=node))
    return layout

  def window(self, node, layout, kernel, padding_default):
    """Returns the kernel, the stride, the padding's options and the output's height and width of a window."""
    attributes = node.attributes
    extents = [layout.extents[label] for label in ("HW" if len(kernel) == 2 else "W")]
    strides = attributes.get("strides") or [1] * len(kernel)
    dilations = attributes.get("dilations") or [1] * len(kernel)
    if any(d != 1 for d in dilations):
      self.refuse(node, f"expected dilations of 1, found {dilations}")
    before, after = padding_of(attributes.get("auto_pad"), attributes.get("pads"), extents, kernel, strides, dilations)
    if layout.extents["H"] == 1 and len(kernel) == 1:
      kernel, strides, before, after = [1, *kernel], [1, *strides], [0, *before], [0, *after]
      extents = [1, *extents]
    before, after = list(before), list(after)
    out = [(e + b + a - k) // s + 1 for e, b, a, k, s in zip(extents, before, after, kernel, strides)]
    options = []
    default = [k // 2 for k in kernel] if padding_default == "half" else [0, 0]
    total = [max(0, (-(-e // s) - 1) * s + k - e) for e, k, s in zip(extents, kernel, strides)]
    same = [t // 2 for t in total]
    if before == default and after == default:
      pass
    elif before == same and after == [t - s for t, s in zip(total, same)]:
      options.append("same")
    else:
      options.append(padding_option(before, after))
    return kernel, strides, options, out

  def conv(self, node, layout, layers):
    found = self.weights_of(node, node.inputs[1])
    weight = found.values
    if not layout.is_map() or weight.ndim - 2 not in (1, 2):
      self.refuse(node, "expected a feature map with the axes channels, rows, columns")
    pending = layers.pop() if layers and layers[-1].kind == "pad" else None
    if pending is not None:
      pads = node.attributes.get("pads") or [0] * len(pending.options)
      if node.attributes.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        self.refuse(node, "expected 'auto_pad' NOTSET after a Pad")
      node.attributes = {
          **node.attributes, "auto_pad": "NOTSET",
          "pads": [p + q for p, q in zip(pads, pending.options)]
      }
    group, filters = node.attributes.get("group", 1), weight.shape[0]
    depthwise = group > 1 and group == layout.extents["C"] == filters
    options, out = self.conv_options(node, layout, list(weight.shape[2:]), group, depthwise)
    quantizer, values = self.weight_quantizer(node, found, 0)
    layer = Layer("depthwise_conv" if depthwise else "conv",
                  options, [node.name] if pending is None else [*pending.sources, node.name],
                  self.module_of(node, [(node.inputs[1], ".weight")]), {"weight": values},
                  size=filters,
                  weights=quantizer,
                  node=node)
    return layer, layout.with_extents(C=filters, H=out[0], W=out[1])

  def conv_options(self, node, layout, kernel, group, depthwise):
    """Returns the template arguments of a convolution after its scheme, and the output's height and width."""
    kernel, strides, padding, out = self.window(node, layout, kernel, "half")
    options = [] if kernel == [3, 3] else [extent_option("kernel", kernel)]
    if strides != [1, 1]:
      options.append(extent_option("stride", strides))
    options += padding
    if group > 1 and not depthwise:
      options.append(f"groups<{group}>")
    return options, out

  def in_layers_order(self, values, layout):
    """Reorders the columns of a dense layer's weights (units, columns) to channels, rows, columns."""
    order = layout.order()
    wanted = [label for label in "CHW" if label in order]
    if order == wanted:
      return values
    parts = values.reshape(len(values), *(layout.extents[label] for label in order))
    return parts.transpose(0, *(1 + order.index(label) for label in wanted)).reshape(values.shape)

  def pool_options(self, kernel, strides, padding):
    """Returns the template arguments of a pool."""
    size = kernel[0]
    options = [str(size)]
    if kernel != [size, size]:
      options.append(extent_option("kernel", kernel))
    if strides != [size, size]:
      options.append(extent_option("stride", strides))
    return options + padding

  def dense(self, node, value, layout):
    """Lowers Gemm and MatMul. Their columns are reordered to channels, rows, columns."""
    attributes = node.attributes
    if node.inputs[0] != value:
      self.refuse(node, "expected the feature map as the first input and weights as the second")
    if len(layout.axes) > 1 and len([axis for axis in layout.axes if any(layout.extents[l] > 1 for l in axis)]) > 1 \
        or len(self.shapes[value]) != 2:
      self.refuse(node, f"expected a flat feature map, found the shape {list(self.shapes[value])}")
    found = self.weights_of(node, node.inputs[1])
    if found.values.ndim != 2:
      self.refuse(node, f"expected weights of 2 extents, found {list(found.values.shape)}")
    if attributes.get("transA", 0) or attributes.get("alpha", 1.0) != 1 or attributes.get("beta", 1.0) != 1:
      self.refuse(node, "expected transA 0, alpha 1 and beta 1")
    units_axis = 0 if attributes.get("transB", 0) else 1
    quantizer, values = self.weight_quantizer(node, found, units_axis)
    if units_axis == 1:
      values = values.T
    values, units = self.in_layers_order(values, layout), len(values)
    bias = None
    if node.op == "Gemm" and len(node.inputs) > 2 and node.inputs[2]:
      bias = self.weights_of(node, node.inputs[2]).values
      if bias.size not in (1, units) or bias.size == units and bias.shape[-1] != units:
        self.refuse(node, f"expected a bias of {units} numbers, found the shape {list(bias.shape)}")
      bias = np.broadcast_to(bias.reshape(-1), (units,))
    layer = Layer("dense", [], [node.name],
                  self.module_of(node, [(node.inputs[1], ".weight")]), {"weight": values},
                  size=units,
                  weights=quantizer,
                  node=node)
    return layer, Layout.of_shape((units,)), bias

  def pool(self, node, value, layout, layers):
    shape = self.shapes[value]
    if node.op == "ReduceMean":
      axes = []
      if len(node.inputs) > 1:
        axes = sorted(int(a) % len(shape) for a in self.constant(node.inputs[1]).reshape(-1))
      channel = layout.channel_axis()
      if channel is None or axes != [at + 1 for at in range(len(layout.axes)) if at != channel]:
        self.refuse(node, f"expected the mean over rows and columns, found the axes {axes}")
    elif not layout.is_map():
      self.refuse(node, "expected a feature map with the axes channels, rows, columns")
    if node.op in ("ReduceMean", "GlobalAveragePool"):
      layers.append(Layer("global_average_pool", sources=[node.name], node=node))
      if node.attributes.get("keepdims", 1):
        return layout.with_extents(H=1, W=1)
      return Layout.of_shape((layout.extents["C"],))
    kernel, strides, padding, out = self.window(node, layout, list(node.attributes["kernel_shape"]), "none")
    average = node.op == "AveragePool"
    if average and padding and not node.attributes.get("count_include_pad", 0):
      self.refuse(node, "expected 'count_include_pad' 1 or no padding: minnow's average pool counts padding as zeros")
    if average and padding == ["same"]:
      extents = [layout.extents["H"], layout.extents["W"]]
      total = [max(0, (-(-e // s) - 1) * s + k - e) for e, k, s in zip(extents, kernel, strides)]
      padding = [padding_option([t // 2 for t in total], [t - t // 2 for t in total])]
    options = self.pool_options(kernel, strides, padding)
    layer = Layer("average_pool" if average else "max_pool", options, [node.name], node=node)
    # Quantizers do not decrease, so a maximum may come first, next to the product.
    if not average and layers and layers[-1].kind == "quantize":
      layers.insert(len(layers) - 1, layer)
    else:
      layers.append(layer)
    return layout.with_extents(H=out[0], W=out[1])

  def pad(self, node, layout, layers):
    """Lowers zero padding of rows and columns, which the next convolution takes, and of channels."""
    pads = self.constant(node.inputs[1]) if len(node.inputs) > 1 else None
    fill = self.constant(node.inputs[2]) if len(node.inputs) > 2 and node.inputs[2] else np.zeros(())
    if pads is None or fill is None or fill.item() != 0 or not layout.is_map():
      self.refuse(node, "expected constant padding with zeros of a feature map")
    rank = len(layout.axes) + 1
    before, after = pads[:rank].tolist(), pads[rank:].tolist()
    if before[0] or after[0] or before[1]:
      self.refuse(node, f"expected padding of rows, columns or at the channels' end, found {pads.tolist()}")
    if after[1]:
      if any(before[2:]) or any(after[2:]):
        self.refuse(node, "expected padding either of channels or of rows and columns, found both")
      channels = layout.extents["C"] + after[1]
      layers.append(Layer("pad_channels", [str(channels)], [node.name], node=node))
      return layout.with_extents(C=channels)
    layers.append(Layer("pad", before[2:] + after[2:], [node.name], node=node))
    # The next convolution adds this padding to its own, so the layout keeps its extents.
    return layout

  # --- norms and constants -------------------------------------------------------------------------------------------

  def batch_norm(self, node, layout, layers):
    if layout.channel_axis() is None or layout.channel_axis() != 0:
      self.refuse(node, "expected a feature map with the channels as its first axis")
    parts = [self.constant(name) for name in node.inputs[1:]]
    if any(part is None for part in parts):
      self.refuse(node, "expected constant scale, bias, mean and variance")
    gamma, beta, mean, variance = (np.asarray(part, np.float64) for part in parts)
    sources = [node.name]
    if layers and layers[-1].kind == "bias" and layers[-1].tensors["bias"].size in (1, mean.size):
      removed = layers.pop()
      mean = mean - removed.tensors["bias"]
      sources = removed.sources + sources
    variance = variance + (node.attributes.get("epsilon", 1e-5) - MINNOW_EPSILON)
    if (variance < 0).any():
      gamma, variance = gamma / np.sqrt(variance + MINNOW_EPSILON), np.full(mean.shape, UNIT_VARIANCE)
    module = self.module_of(node, [(node.inputs[1], ".weight"), (node.inputs[1], ".gamma"), (node.inputs[1], ".scale")])
    layers.append(
        Layer("batch_norm", [],
              sources,
              module, {
                  "weight": gamma,
                  "bias": beta,
                  "running_mean": mean,
                  "running_var": variance
              },
              node=node))

  def affine_node(self, node, value, layout, layers):
    """Lowers Add, Sub, Mul and Div with a constant: x * factor + offset."""
    at = node.inputs.index(value)
    constant = self.channel_constant(node, self.constant(node.inputs[1 - at]), layout)
    factor, offset = np.ones(1), np.zeros(1)
    if node.op == "Add":
      offset = constant
    elif node.op == "Sub":
      factor, offset = (np.ones(1), -constant) if at == 0 else (-np.ones(1), constant)
    elif node.op == "Mul":
      factor = constant
    else:
      if at != 0:
        self.refuse(node, "expected the feature map as the dividend")
      factor = 1 / constant
    channels = layout.extents["C"]
    if self.at_input(layers) and (factor > 0).all():
      mean, stddev = self.normalization or (np.zeros(1), np.ones(1))
      # (x - mean) / stddev * factor + offset
      mean, stddev = mean - offset * stddev / factor, stddev / factor
      self.normalization = (mean, stddev)
      self.entry.append(node)
      return
    last = layers[-1] if layers else None
    if last is not None and last.plain:
      # Two factors and offsets in a row.
      last.tensors["weight"] = last.tensors["weight"] * factor
      last.tensors["bias"] = last.tensors["bias"] * factor + offset
      last.sources.append(node.name)
      return
    if last is not None and last.kind == "bias" and "bias" in last.tensors:
      layers.pop()
      offset = last.tensors["bias"] * factor + offset
      sources, module = last.sources + [node.name], last.module
    else:
      sources, module = [node.name], None
    if (factor == 1).all():
      if module is None:
        module = self.module_of(node, [(node.inputs[1 - at], ".bias")])
      layers.append(Layer("bias", [], sources, module, {"bias": np.broadcast_to(offset, (channels,)).copy()},
                          node=node))
      return
    layer = Layer("batch_norm", [],
                  sources,
                  self.module_of(node), {
                      "weight": np.broadcast_to(factor, (channels,)).copy(),
                      "bias": np.broadcast_to(offset, (channels,)).copy(),
                      "running_mean": np.zeros(channels),
                      "running_var": np.full(channels, UNIT_VARIANCE)
                  },
                  node=node,
                  plain=True)
    layers.append(layer)


def extent_option(name, extents):
  return f"{name}<{extents[0]}>" if extents[0] == extents[1] else f"{name}<{extents[0]}, {extents[1]}>"


def padding_option(before, after):
  if before != after:
    return f"padding<{before[0]}, {before[1]}, {after[0]}, {after[1]}>"
  return extent_option("padding", before)
