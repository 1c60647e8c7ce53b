"""QONNX's and FINN's quantizers, and QuantizeLinear and DequantizeLinear, in double precision.

source  the operators' documentation in the repository fastmachinelearning/qonnx, docs/qonnx-custom-ops, and
        onnx.ai/onnx/operators
"""

import numpy as np

from ..failure import require
from ..graph import Quantizer
from .onnx import operator

ROUNDINGS = {
    "ROUND": np.rint,
    "HALF_EVEN": np.rint,
    "CEIL": np.ceil,
    "FLOOR": np.floor,
    "UP": lambda x: np.sign(x) * np.ceil(np.abs(x)),
    "DOWN": np.trunc,
    "HALF_UP": lambda x: np.sign(x) * np.floor(np.abs(x) + 0.5),
    "HALF_DOWN": lambda x: np.sign(x) * np.ceil(np.abs(x) - 0.5),
}


def rounding_of(mode):
  """Returns the function of a rounding mode."""
  require(mode.upper() in ROUNDINGS, f"expected 'rounding_mode' {', '.join(ROUNDINGS)}, found {mode}")
  return ROUNDINGS[mode.upper()]


def whole_bits(bits):
  """Returns a bit width, which QONNX stores in an array of floats."""
  require(bits.size == 1, f"expected one bit width, found an array of {bits.size}")
  value = float(bits.reshape(-1)[0])
  require(value == int(value) and 1 <= value <= 32, f"expected a bit width from 1 to 32, found {value:g}")
  return int(value)


def code_range(bits, signed, narrow):
  """Returns the lowest and the highest code of an integer quantizer."""
  if signed:
    return -(1 << (bits - 1)) + (1 if narrow else 0), (1 << (bits - 1)) - 1
  return 0, (1 << bits) - (2 if narrow else 1)


def check_scale(scale):
  require(scale.size > 0 and np.isfinite(scale).all() and (scale > 0).all(), "expected scales above 0")


@operator("qonnx.BipolarQuant")
def bipolar_quant(x, scale, *, zero_negative=0):
  """zero_negative: 1 if 0 becomes -scale; only join_negated_signs sets it"""
  check_scale(scale)
  return np.where(x > 0 if zero_negative else x >= 0, 1.0, -1.0) * scale


@operator("qonnx.Quant")
def quant(x, scale, zero, bits, *, signed=1, narrow=0, rounding_mode="ROUND"):
  check_scale(scale)
  lowest, highest = code_range(whole_bits(bits), signed, narrow)
  codes = rounding_of(rounding_mode)(np.clip(x / scale + zero, lowest, highest))
  return (codes - zero) * scale


@operator("qonnx.Trunc")
def trunc(x, scale, zero, in_bits, out_bits, *, rounding_mode="FLOOR"):
  check_scale(scale)
  removed = whole_bits(in_bits) - whole_bits(out_bits)
  require(removed >= 0, "expected at most as many bits in the result as in the input")
  codes = np.rint(x / scale + zero)
  return (rounding_of(rounding_mode)(codes / 2.0**removed) - zero) * scale


@operator("qonnx.MultiThreshold")
def multi_threshold(x, thresholds, *, out_dtype="", out_scale=1.0, out_bias=0.0, data_layout="NCHW"):
  require(thresholds.ndim == 2, f"expected thresholds (channels, count), found {list(thresholds.shape)}")
  require(x.ndim >= 2, f"expected an input of 2 or more extents, found {list(x.shape)}")
  axis = x.ndim - 1 if data_layout.endswith("C") and x.ndim > 2 else 1
  require(thresholds.shape[0] in (1, x.shape[axis]),
          f"expected thresholds of 1 or {x.shape[axis]} channels, found {thresholds.shape[0]}")
  shape = [1] * x.ndim
  shape[axis] = thresholds.shape[0]
  count = np.zeros(x.shape)
  for level in range(thresholds.shape[1]):
    count += x >= thresholds[:, level].reshape(shape)
  return out_scale * count + out_bias


# The integers of ONNX's types, by the name of the type.
INTEGERS = {"int4": (-8, 7), "uint4": (0, 15), "int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767),
            "uint16": (0, 65535), "int32": (-(1 << 31), (1 << 31) - 1)}


def along(parameter, x, axis):
  """Returns a scale or a zero point of one axis so that it broadcasts against x."""
  if parameter.size == 1:
    return parameter.reshape(())
  require(parameter.ndim == 1 and -x.ndim <= axis < x.ndim and parameter.size == x.shape[axis],
          f"expected one number or one for each index of axis {axis}, found {list(parameter.shape)} for "
          f"{list(x.shape)}")
  shape = [1] * x.ndim
  shape[axis] = -1
  return parameter.reshape(shape)


@operator("QuantizeLinear")
def quantize_linear(x, scale, zero=None, *, axis=1, block_size=0, output_dtype=0, saturate=1, datatype="uint8"):
  require(not block_size, "expected 'block_size' 0")
  check_scale(scale)
  lowest, highest = INTEGERS[datatype]
  offset = 0 if zero is None else along(zero, x, axis)
  return np.clip(np.rint(x / along(scale, x, axis)) + offset, lowest, highest)


@operator("DequantizeLinear")
def dequantize_linear(x, scale, zero=None, *, axis=1, block_size=0, datatype="int8"):
  require(not block_size, "expected 'block_size' 0")
  check_scale(scale)
  return (x - (0 if zero is None else along(zero, x, axis))) * along(scale, x, axis)


@operator("QuantizeDequantize")
def quantize_dequantize(x, scale, zero, bits, *, signed):
  """QuantizeLinear followed by DequantizeLinear with the same parameters."""
  check_scale(scale)
  lowest, highest = code_range(whole_bits(bits), signed, 0)
  return (np.clip(np.rint(x / scale) + zero, lowest, highest) - zero) * scale


def quantizer_of(node, inputs):
  """Returns the Quantizer of a quantizing node with constant parameters, or None for other nodes."""
  attributes = node.attributes
  if node.op == "qonnx.BipolarQuant":
    return Quantizer("bipolar", inputs[1], np.zeros(()), -1, 1, 1)
  if node.op == "qonnx.Quant":
    bits = whole_bits(inputs[3])
    lowest, highest = code_range(bits, attributes.get("signed", 1), attributes.get("narrow", 0))
    rounding = attributes.get("rounding_mode", "ROUND").upper()
    return Quantizer("integer", inputs[1], inputs[2], lowest, highest, bits,
                     "ROUND" if rounding == "HALF_EVEN" else rounding)
  if node.op == "DequantizeLinear":
    kind = attributes["datatype"]
    lowest, highest = INTEGERS[kind]
    axis = attributes.get("axis", 1)
    scale, zero = along(inputs[1], inputs[0], axis), np.zeros(())
    if len(inputs) > 2 and inputs[2] is not None:
      zero = along(inputs[2], inputs[0], axis).astype(np.float64)
    return Quantizer("integer", scale, zero, lowest, highest, (highest - lowest).bit_length())
  return None
