"""Quantizers of QKeras and Larq, by name: of a layer's weights, whose codes are computed here, and of feature maps.

Arrays have Keras's layout, with the filters as the last axis. Scales that QKeras measures from the weights ("auto",
"auto_po2", and magnitude-aware signs) are computed in doubles; QKeras computes them in 32-bit floats.
source  QKeras: qkeras/quantizers.py; Larq: docs.larq.dev/larq/api/quantizers
"""

import ast
import math

import numpy as np

from ..failure import Refusal, require
from ..graph import Quantizer
from .keras_settings import Settings

EPSILON = 1e-7  # of Keras
QKERAS = {
    "quantized_bits": [
        "bits", "integer", "symmetric", "keep_negative", "alpha", "use_stochastic_rounding", "scale_axis",
        "qnoise_factor", "var_name", "use_ste", "use_variables", "elements_per_scale", "min_po2_exponent",
        "max_po2_exponent", "post_training_scale"
    ],
    "quantized_relu": [
        "bits", "integer", "use_sigmoid", "negative_slope", "use_stochastic_rounding", "relu_upper_bound",
        "is_quantized_clip", "qnoise_factor", "var_name", "use_ste", "use_variables", "enable_fast_inference"
    ],
    "binary": ["use_01", "alpha", "use_stochastic_rounding", "scale_axis", "elements_per_scale", "min_po2_exponent",
               "max_po2_exponent"],
    "ternary": ["alpha", "threshold", "use_stochastic_rounding", "number_of_unrolls"],
    "quantized_po2": [
        "bits", "max_value", "use_stochastic_rounding", "quadratic_approximation", "log2_rounding", "qnoise_factor",
        "var_name", "use_ste", "use_variables"
    ],
    "quantized_relu_po2": [
        "bits", "max_value", "negative_slope", "use_stochastic_rounding", "quadratic_approximation", "log2_rounding",
        "qnoise_factor", "var_name", "use_ste", "use_variables"
    ]
}
# Larq's names: of the class, and its alias. Only the gradient tells the signs apart.
SIGNS = {"SteSign", "ste_sign", "ApproxSign", "approx_sign", "SwishSign", "swish_sign"}
MAGNITUDE = {"MagnitudeAwareSign", "magnitude_aware_sign"}
TERNARY = {"SteTern", "ste_tern"}
NONE = {"NoOp", "NoOpQuantizer"}
LARQ = SIGNS | MAGNITUDE | TERNARY | NONE
# Entries that change gradients or nothing: stochastic rounding is for training only.
IGNORED = {
    "name", "trainable", "dtype", "metrics", "clip_value", "beta", "precision", "use_stochastic_rounding", "var_name",
    "use_ste", "use_variables"
}


def call_of(where, text):
  """Returns (name, settings) of a quantizer as text: quantized_bits(4, 0, alpha=1.0)."""
  require(len(text) <= 1000, f"{where}: expected a quantizer of at most 1000 characters")
  try:
    tree = ast.parse(text.strip(), mode="eval").body
    if isinstance(tree, ast.Name):
      return tree.id, {}
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
      name, arguments = tree.func.id, [ast.literal_eval(argument) for argument in tree.args]
      settings = {keyword.arg: ast.literal_eval(keyword.value) for keyword in tree.keywords}
      names = QKERAS.get(name, [])
      if len(arguments) <= len(names) and None not in settings and not set(settings) & set(names[:len(arguments)]):
        return name, {**dict(zip(names, arguments)), **settings}
  except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
    pass
  raise Refusal(f"{where}: expected the name of a quantizer and its arguments, found {text[:80]}")


def named(where, entry):
  """Returns (name, settings) of a function or a quantizer in a configuration: text, or its serialized form."""
  if isinstance(entry, dict):
    name, settings = entry.get("class_name"), entry.get("config")
    if name == "function" and isinstance(settings, str):
      return settings.split(">")[-1], {}
    require(isinstance(name, str) and isinstance(settings, (dict, type(None))),
            f"{where}: expected a class and its configuration, found {str(entry)[:80]}")
    return name.split(">")[-1], settings or {}
  require(isinstance(entry, (str, type(None))), f"{where}: expected the name of a function, found {str(entry)[:80]}")
  return call_of(where, entry) if entry and "(" in entry else (entry, {})


def whole(settings, key, fallback, lowest, highest):
  """Takes an integer within limits."""
  value = settings.take(key, fallback)
  require(
      isinstance(value, (int, float)) and lowest <= value <= highest and value == int(value),
      f"{settings.where}: expected {key} from {lowest} to {highest}, found {value}")
  return int(value)


def positive(settings, key, fallback):
  """Takes a number above 0."""
  value = settings.take(key, fallback)
  require(
      isinstance(value, (int, float)) and math.isfinite(value) and value > 0,
      f"{settings.where}: expected {key} above 0, found {str(value)[:80]}")
  return float(value)


def settings_of(where, name, values):
  settings = Settings(values, f"{where}: {name}", IGNORED)
  settings.expect("qnoise_factor", 1)
  for key in ("scale_axis", "elements_per_scale", "min_po2_exponent", "max_po2_exponent", "post_training_scale"):
    settings.expect(key, None)
  return settings


# --- weights ---------------------------------------------------------------------------------------------------------


def filters_mean(values):
  """The mean over all axes but the last one; of one axis, each number is its own mean."""
  return values.mean(axis=tuple(range(values.ndim - 1)), keepdims=True) if values.ndim > 1 else values


def power_of_two(scale):
  return 2.0**np.rint(np.log2(scale + EPSILON))


def least_squares(kind, x, codes):
  """Returns the scale with the least squared error, rounded to a power of two if kind is auto_po2."""
  scale = filters_mean(x * codes) / (filters_mean(codes * codes) + EPSILON)
  return power_of_two(scale) if kind == "auto_po2" else scale


def alpha_of(settings, trainable):
  """Takes alpha: a number, "auto" or "auto_po2". QKeras measures kernels (`trainable`) without one by auto_po2."""
  alpha = settings.take("alpha", None)
  if alpha is None:
    return "auto_po2" if trainable else 1.0
  return alpha if alpha in ("auto", "auto_po2") else positive(settings, "alpha", 1.0)


def quantized_bits(settings, x, trainable):
  bits, integer = whole(settings, "bits", 8, 1, 31), whole(settings, "integer", 0, -30, 30)
  symmetric, signed = whole(settings, "symmetric", 0, 0, 1), whole(settings, "keep_negative", 1, 0, 1)
  alpha, step = alpha_of(settings, trainable), 2.0**(integer - bits + signed)
  if isinstance(alpha, str):
    most = (1 << (bits - 1)) - 1
    require(most > 0, f"{settings.where}: expected at least 2 bits with alpha {alpha}, found {bits}")
    x = x / 2.0**integer
    largest = np.abs(x).max(axis=tuple(range(x.ndim - 1)) if x.ndim > 1 else 0, keepdims=True)
    scale = largest / most
    codes = lambda: np.sign(x) * np.minimum(np.floor(np.abs(x) / scale + 0.5), most)
    if alpha == "auto_po2":
      scale = power_of_two(scale)
      for _ in range(5):
        scale = least_squares(alpha, x, codes())
    require((scale > 0).all(), f"{settings.where}: expected weights other than 0 in each filter")
    return codes(), scale * 2.0**integer, "integer", -most, most
  if bits == signed:
    return np.where(x >= 0, 1.0, -1.0), alpha, "bipolar", -1, 1
  low, high = (symmetric - (1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
  return np.clip(np.rint(x / step), low, high), step * alpha, "integer", low, high


def quantized_relu(settings, x, trainable):
  bits, step = relu_step(settings)
  return np.clip(np.rint(x / step), 0, (1 << bits) - 1), step, "integer", 0, (1 << bits) - 1


def binary(settings, x, trainable):
  alpha, unsigned = alpha_of(settings, trainable), bool(settings.take("use_01", False))
  codes = np.where(x >= 0, 1.0, 0.0 if unsigned else -1.0)
  scale = least_squares(alpha, x, codes) if isinstance(alpha, str) else alpha
  return (codes, scale, "integer", 0, 1) if unsigned else (codes, scale, "bipolar", -1, 1)


def ternary(settings, x, trainable):
  alpha = alpha_of(settings, trainable)
  unrolls = whole(settings, "number_of_unrolls", 5, 1, 100)
  if not isinstance(alpha, str):
    threshold = positive(settings, "threshold", 0.33) if settings.values.get("threshold") is not None else 0.33
    settings.take("threshold", None)
    return np.where(np.abs(x) >= np.float32(threshold), np.sign(x), 0.0), alpha, "integer", -1, 1
  settings.expect("threshold", None)
  scale = 2 * np.abs(x).max(axis=tuple(range(x.ndim - 1)) if x.ndim > 1 else None, keepdims=True) / 3
  scale = power_of_two(scale) if alpha == "auto_po2" else scale
  for _ in range(unrolls):
    require((scale > 0).all(), f"{settings.where}: expected weights other than 0 in each filter")
    codes = np.where(np.abs(np.rint(x / scale)) >= 0.5, np.sign(x), 0.0)
    scale = least_squares(alpha, x, codes)
  return codes, scale, "integer", -1, 1


def exponents(settings, magnitude, low, high):
  """Returns the exponents of magnitudes, rounded to powers of two from 2^low to 2^high."""
  most = settings.take("max_value", None)
  if most is not None:
    magnitude = np.minimum(magnitude, positive(settings, "max_value", 1.0))
  squared = bool(settings.take("quadratic_approximation", False))
  settings.expect("log2_rounding", "rnd", "floor")
  rounding = np.floor if settings.take("log2_rounding", "rnd") == "floor" else np.rint
  logs = np.log2(np.maximum(magnitude, EPSILON))
  if squared:
    high, logs = 2 * (high // 2), logs / 2
  # QKeras does not double the exponent of numbers that are next to 0.
  return np.where(magnitude < EPSILON, low, (2 if squared else 1) * np.clip(rounding(logs), low, high))


def exponent_bits(settings, bits):
  """Returns the bits of the exponent's magnitude. Exponents have a sign unless max_value is at most 1."""
  most = settings.values.get("max_value")
  return bits - (1 if most is None or most > 1 else 0)


def quantized_po2(settings, x, trainable):
  bits = exponent_bits(settings, whole(settings, "bits", 8, 2, 8) - 1)
  powers = exponents(settings, np.abs(x), -2**bits, 2**bits - 1)
  return np.where(x >= 0, 1.0, -1.0) * 2.0**powers, 1.0, "power", 0, 0


def quantized_relu_po2(settings, x, trainable):
  settings.expect("negative_slope", 0)
  bits = exponent_bits(settings, whole(settings, "bits", 8, 1, 8))
  return 2.0**exponents(settings, np.maximum(x, 0), -2**bits, 2**bits - 1), 1.0, "power", 0, 0


def sign(settings, x, trainable):
  return np.where(x >= 0, 1.0, -1.0), 1.0, "bipolar", -1, 1


def magnitude_aware_sign(settings, x, trainable):
  return np.where(x >= 0, 1.0, -1.0), filters_mean(np.abs(x)), "bipolar", -1, 1


def ste_tern(settings, x, trainable):
  threshold = settings.take("threshold_value", 0.05)
  if settings.take("ternary_weight_networks", False):
    threshold = 0.7 * np.abs(x).mean()
  require(threshold > 0, f"{settings.where}: expected a threshold above 0, found {threshold}")
  return np.where(np.abs(x) >= np.float32(threshold), np.sign(x), 0.0), 1.0, "integer", -1, 1


WEIGHTS = {
    **{name: globals()[name] for name in QKERAS},
    **{name: sign for name in SIGNS},
    **{name: magnitude_aware_sign for name in MAGNITUDE},
    **{name: ste_tern for name in TERNARY}
}


def powers_as_integers(where, values):
  """Returns (codes, scale, lowest, highest) of powers of two: integer codes, with a scale for each filter if needed."""
  magnitudes = np.abs(values)
  for axes in (None, tuple(range(values.ndim - 1))):
    scale = magnitudes.min(axis=axes, keepdims=True)
    codes = values / scale
    most = int(np.abs(codes).max())
    if most <= 64:
      return codes, scale, -most, most
  raise Refusal(f"{where}: quantized_po2: expected weights whose powers of two differ by at most 64 in each filter")


def quantized_weights(where, entry, values, trainable=True):
  """Returns the values of weights after a quantizer in a configuration, and their Quantizer, None without one.

  trainable  True if QKeras chooses the scale of a quantizer without alpha by the weights
  """
  name, config = named(where, entry)
  if name is None or name in NONE:
    return values, None
  require(name in WEIGHTS, f"{where}: expected a quantizer {', '.join([*QKERAS, *sorted(LARQ)])}, found {name}")
  settings = settings_of(where, name, config)
  codes, scale, kind, lowest, highest = WEIGHTS[name](settings, values, trainable)
  settings.check()
  quantized = codes * scale
  if kind == "power":
    if values.ndim < 2:
      return quantized, None
    codes, scale, lowest, highest = powers_as_integers(where, quantized)
  scale = np.broadcast_to(np.asarray(scale, np.float64), values.shape)
  require(np.isfinite(scale).all() and (scale > 0).all(), f"{where}: {name}: expected weights other than 0")
  bits = int(highest - lowest).bit_length()
  return quantized, Quantizer("bipolar" if kind == "bipolar" else "integer", scale, np.zeros(()), lowest, highest, bits)


# --- feature maps ----------------------------------------------------------------------------------------------------


def relu_step(settings):
  """Returns the bits and the step of quantized_relu."""
  bits, integer = whole(settings, "bits", 8, 1, 31), whole(settings, "integer", 0, -30, 30)
  for key, accepted in (("use_sigmoid", 0), ("negative_slope", 0), ("enable_fast_inference", False)):
    settings.expect(key, accepted)
  settings.expect("is_quantized_clip", True)
  settings.take("relu_upper_bound", None)  # QKeras clips to the quantizer's range instead
  return bits, 2.0**(integer - bits)


def is_quantizer(name):
  """True if a name in a configuration is a quantizer that the importer knows."""
  return name in QKERAS or name in LARQ


def quantize_map(reader, value, node, entry):
  """Adds the nodes of a quantizer of a feature map. Returns its result."""
  where = reader.where
  name, config = named(where, entry)
  if name is None or name in NONE:
    return value
  require(is_quantizer(name), f"{where}: expected a quantizer {', '.join([*QKERAS, *sorted(LARQ)])}, found {name}")
  require(name not in MAGNITUDE and "po2" not in name,
          f"{where}: expected a quantizer of feature maps whose levels are equally spaced and fixed, found {name}")
  settings = settings_of(where, name, config)
  rank = reader.ranks[value]
  constant = lambda key, number: reader.constant(f"{node}.{key}", number)
  alpha = settings.take("alpha", None)
  alpha = 1.0 if alpha is None else positive(settings, "alpha", 1.0)

  def integers(bits, step, signed, narrow):
    inputs = [value, constant("scale", step), constant("zero", 0.0), constant("bits", float(bits))]
    out = reader.add("qonnx.Quant", node, inputs, rank, signed=signed, narrow=narrow)
    return out if alpha == 1 else reader.add("Mul", f"{node}.alpha", [out, constant("alpha", alpha)], rank)

  def thresholds(numbers, low):
    return reader.add("qonnx.MultiThreshold",
                      node, [value, constant("thresholds", np.array([numbers], np.float64))],
                      rank,
                      out_scale=alpha,
                      out_bias=low * alpha)

  def ternary_thresholds(threshold):
    # -1 up to -threshold, +1 from threshold on: the first threshold is the next 32-bit float after -threshold.
    threshold = np.float32(threshold)
    require(threshold > 0, f"{settings.where}: expected a threshold above 0, found {threshold}")
    return thresholds([np.nextafter(-threshold, np.float32(0)), threshold], -1)

  if name == "quantized_bits":
    bits, integer = whole(settings, "bits", 8, 1, 31), whole(settings, "integer", 0, -30, 30)
    narrow, signed = whole(settings, "symmetric", 0, 0, 1), whole(settings, "keep_negative", 1, 0, 1)
    out = reader.add("qonnx.BipolarQuant", node, [value, constant("scale", alpha)], rank) if bits == signed else \
        integers(bits, 2.0**(integer - bits + signed), signed, narrow if signed else 0)
  elif name == "quantized_relu":
    out = integers(*relu_step(settings), 0, 0)
  elif name == "binary" and settings.take("use_01", False):
    out = thresholds([0.0], 0)
  elif name == "binary" or name in SIGNS:
    out = reader.add("qonnx.BipolarQuant", node, [value, constant("scale", alpha)], rank)
  elif name == "ternary":
    settings.take("number_of_unrolls", 5)
    threshold = settings.take("threshold", None)
    out = ternary_thresholds(0.33 if threshold is None else positive(settings, "threshold", 0.33))
  else:
    settings.expect("ternary_weight_networks", False)
    out = ternary_thresholds(positive(settings, "threshold_value", 0.05))
  settings.check()
  return out
