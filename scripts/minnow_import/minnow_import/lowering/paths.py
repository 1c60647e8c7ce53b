"""Paths and C++ types of layers, and blocks that repeat."""

import re
from dataclasses import dataclass

from .layers import Layer

NAMES = re.compile(r"\b(conv|depthwise_conv|dense|batch_norm|bias|relu6|relu|hard_tanh|quantize|max_pool|average_pool"
                   r"|global_average_pool|pad_channels|multi_threshold|kernel|stride|padding|same|groups|image|signal"
                   r"|features|scheme|real|sign|integer|unsigned_integer|scaled_sign|sign_nonnegative|given_sign|given_integer|given_affine|per_channel|chain"
                   r"|residual|concatenated|repeat|model)\b")


def qualified(text):
  """Puts mn:: in front of minnow's names."""
  return NAMES.sub(r"mn::\1", text)


@dataclass
class Repeat:
  """A block of layers that occurs several times in a row."""
  blocks: list  # lists of layers with the same types


def scheme_of(layer):
  """Returns the template argument of a product that names its quantizers, "" for floats."""
  weights = layer.weights.type if layer.weights else "real"
  if layer.inputs:
    return f"scheme<{layer.inputs.type}, {weights}>"
  return weights if layer.weights else ""


def type_of(layer):
  """Returns a layer's type without mn::, on one line."""
  if isinstance(layer, Repeat):
    return f"repeat<{len(layer.blocks)}, {chain_of(layer.blocks[0])}>"
  if layer.kind in ("residual", "concatenated"):
    parts = [f"chain<{', '.join(type_of(part) for part in layer.body)}>"]
    if layer.kind == "residual" and (layer.shortcut or layer.carrier):
      parts.append(f"chain<{', '.join(type_of(part) for part in layer.shortcut)}>")
    if layer.carrier:
      parts.append(layer.carrier.inputs.type)
    return f"{layer.kind}<{', '.join(parts)}>"
  arguments = list(layer.options)
  if layer.is_product():
    scheme = scheme_of(layer)
    if scheme or (arguments and layer.kind != "dense"):
      arguments.insert(0, scheme or "real")
    if layer.kind != "depthwise_conv":
      arguments.insert(0, str(layer.size))
  elif layer.kind == "quantize":
    arguments = [layer.inputs.type]
  if layer.kind == "depthwise_conv" and not arguments:
    return "depthwise_conv<>"
  return layer.kind + (f"<{', '.join(arguments)}>" if arguments else "")


def chain_of(layers):
  types = ", ".join(type_of(layer) for layer in layers)
  return types if len(layers) == 1 else f"chain<{types}>"


def with_repeats(layers):
  """Replaces the longest sequences of equal blocks with Repeat, from the front."""
  types = [type_of(layer) for layer in layers]
  result, at = [], 0
  while at < len(layers):
    best = (0, 1, 1)  # (layers covered, period, count)
    for period in range(1, (len(layers) - at) // 2 + 1):
      block = types[at:at + period]
      count = 1
      while types[at + count * period:at + (count + 1) * period] == block:
        count += 1
      begins = layers[at].is_product() or layers[at].body is not None
      if begins and count > 1 and period * count > best[0]:
        best = (period * count, period, count)
    covered, period, count = best
    if count >= 3 or covered >= 8:
      result.append(Repeat([layers[at + k * period:at + (k + 1) * period] for k in range(count)]))
      at += covered
    else:
      result.append(layers[at])
      at += 1
  return result


def paths_of(layers):
  """Yields (path, layer) for every layer, as minnow numbers them."""
  for number, layer in enumerate(layers):
    yield from paths_at(str(number), layer)


def paths_at(path, layer):
  if isinstance(layer, Repeat):
    for k, block in enumerate(layer.blocks):
      if len(block) == 1:
        yield from paths_at(f"{path}.{k}", block[0])
      else:
        for j, part in enumerate(block):
          yield from paths_at(f"{path}.{k}.{j}", part)
    return
  if layer.carrier:
    yield f"{path}.carrier", layer.carrier
  for j, part in enumerate(layer.shortcut or []):
    yield from paths_at(f"{path}.shortcut.{j}", part)
  for j, part in enumerate(layer.body or []):
    yield from paths_at(f"{path}.body.{j}", part)
  yield path, layer


def names_and_tensors(layers):
  """Returns minnow's paths with the beginning of their tensors' names, and all tensors."""
  names, tensors = {}, {}
  for path, layer in paths_of(layers):
    if layer.kind == "quantize":
      if layer.inputs.state is not None:
        names[path] = layer.module
        tensors[layer.module + ".state"] = layer.inputs.state
      continue
    if layer.tensors:
      names[path] = layer.module
      for suffix, array in layer.tensors.items():
        tensors[f"{layer.module}.{suffix}"] = array
    if layer.weights and layer.weights.state is not None:
      tensors[layer.module + ".state"] = layer.weights.state
    if layer.inputs and layer.inputs.state is not None:
      module = layer.quantizer_module or layer.module + ".inputs"
      names[path + ".inputs"] = module
      tensors[module + ".state"] = layer.inputs.state
  return names, tensors


__all__ = ["Layer", "Repeat", "names_and_tensors", "paths_of", "qualified", "type_of", "with_repeats"]
