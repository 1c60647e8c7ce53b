"""TensorFlow Lite's 8-bit integer operators, exactly as its reference kernels compute them.

Arrays hold integers in 64-bit floats or integers; feature maps are (N, C, H, W). A multiplier is a pair (q, shift): the
factor q * 2^(shift - 31).
source  Jacob et al. 2018, section 2.2; TensorFlow Lite's 8-bit quantization specification; gemmlowp's fixed-point
        exponential and reciprocal, for Softmax
"""

import math

import numpy as np

from ..failure import require
from .onnx import average_pool, conv, exact_product, max_pool, operator

INT32 = (-(1 << 31), (1 << 31) - 1)


def multiplier_of(real):
  """Returns (q, shift) of a positive factor: q * 2^(shift - 31)."""
  if real == 0:
    return 0, 0
  fraction, shift = math.frexp(real)
  q = math.floor(fraction * 2**31 + 0.5)
  if q == 1 << 31:
    q, shift = q // 2, shift + 1
  return (0, 0) if shift < -31 else (q, shift)


def high_product(a, b):
  """The high half of 2 * a * b, rounded to nearest, ties away from zero; a and b are 32-bit integers."""
  product = a.astype(np.int64) * np.asarray(b, np.int64)
  # gemmlowp divides by 2^31 towards zero after it adds a nudge of the product's sign.
  nudged = product + np.where(product >= 0, 1 << 30, 1 - (1 << 30))
  quotient = np.where(nudged >= 0, nudged >> 31, -((-nudged) >> 31))
  return np.minimum(quotient, INT32[1])


def rounded_shift(x, exponent):
  """x / 2^exponent, rounded to nearest, ties away from zero."""
  exponent = np.asarray(exponent, np.int64)
  mask = (np.int64(1) << exponent) - 1
  remainder = x & mask
  return (x >> exponent) + (remainder > (mask >> 1) + (x < 0))


def scaled(x, q, shift):
  """x times a multiplier, with both roundings. q and shift broadcast against x."""
  shift = np.asarray(shift, np.int64)
  left = x << np.maximum(shift, 0)
  return rounded_shift(high_product(left, q), np.maximum(-shift, 0))


def integers(x):
  return np.rint(x).astype(np.int64)


def clamped(x, low, high):
  return np.clip(x, low, high).astype(np.float64)


def channels(values, rank):
  return np.asarray(values, np.int64).reshape(-1, *([1] * (rank - 2)))


@operator("tflite.Conv")
def tflite_conv(x, w, b=None, *, in_zero, out_zero, multipliers, shifts, low, high, auto_pad, strides, dilations, group,
                in_scale, out_scale, weight_scales, activation):
  sums = integers(conv(x - in_zero, w, b, auto_pad=auto_pad, strides=strides, dilations=dilations, group=group))
  return clamped(scaled(sums, channels(multipliers, x.ndim), channels(shifts, x.ndim)) + out_zero, low, high)


@operator("tflite.Dense")
def tflite_dense(x, w, b=None, *, in_zero, out_zero, multipliers, shifts, low, high, in_scale, out_scale, weight_scales,
                 activation):
  require(x.ndim == 2 and x.shape[1] == w.shape[1], f"expected {w.shape[1]} inputs, found {list(x.shape)}")
  sums = integers(exact_product(x - in_zero, w.T) + (0 if b is None else b))
  return clamped(scaled(sums, channels(multipliers, 2), channels(shifts, 2)) + out_zero, low, high)


@operator("tflite.Add")
def tflite_add(a, b, *, zeros, scales, out_zero, out_scale, low, high, activation):
  require(a.shape == b.shape, f"expected two inputs of one shape, found {list(a.shape)} and {list(b.shape)}")
  largest = 2 * max(scales)
  parts = [
      scaled(integers(x - zero) << 20, *multiplier_of(scale / largest)) for x, zero, scale in zip((a, b), zeros, scales)
  ]
  total = scaled(parts[0] + parts[1], *multiplier_of(largest / ((1 << 20) * out_scale)))
  return clamped(total + out_zero, low, high)


@operator("tflite.AveragePool")
def tflite_average_pool(x, *, kernel_shape, strides, auto_pad, low, high, scale, zero, activation):
  ones = average_pool(np.ones((1, 1, *x.shape[2:])), kernel_shape=kernel_shape, strides=strides, auto_pad=auto_pad,
                      count_include_pad=1)
  count = integers(ones * math.prod(kernel_shape))
  sums = integers(average_pool(x, kernel_shape=kernel_shape, strides=strides, auto_pad=auto_pad, count_include_pad=1)
                  * math.prod(kernel_shape))
  means = np.where(sums > 0, (sums + count // 2) // count, -((-sums + count // 2) // count))
  return clamped(means, low, high)


@operator("tflite.MaxPool")
def tflite_max_pool(x, *, kernel_shape, strides, auto_pad, low, high, scale, zero, activation):
  return clamped(max_pool(x, kernel_shape=kernel_shape, strides=strides, auto_pad=auto_pad), low, high)


@operator("tflite.Quantize")
def tflite_quantize(x, *, scale, zero, low, high):
  quotient = x.astype(np.float32) / np.float32(scale)
  away = np.sign(quotient) * np.floor(np.abs(quotient.astype(np.float64)) + 0.5)
  return clamped(away + zero, low, high)


@operator("tflite.Requantize")
def tflite_requantize(x, *, in_scale, in_zero, scale, zero, low, high):
  return clamped(scaled(integers(x - in_zero), *multiplier_of(in_scale / scale)) + zero, low, high)


@operator("tflite.Dequantize")
def tflite_dequantize(x, *, scale, zero):
  return (np.float32(scale) * (x - zero).astype(np.float32)).astype(np.float64)


# --- Softmax ---------------------------------------------------------------------------------------------------------


def exp_of_negative(a):
  """exp(a / 2^26) * 2^31 of 32-bit integers a <= 0, in fixed point with 5 integer bits."""
  quarter = 1 << 24
  near = (a & (quarter - 1)) - quarter  # a modulo 1/4, from -1/4 on
  rest = near - a
  x = (near << 5) + (1 << 28)
  x2 = high_product(x, x)
  x3 = high_product(x2, x)
  x4 = high_product(x2, x2)
  inner = rounded_shift(high_product(rounded_shift(x4, 2) + x3, 715827883) + x2, 1)
  result = np.minimum(1895147668 + high_product(x + inner, 1895147668), INT32[1])
  for exponent, factor in zip(range(-2, 5), (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)):
    result = np.where(rest & (1 << (26 + exponent)), high_product(result, factor), result)
  return np.where(a == 0, INT32[1], result)


def reciprocal(x, integer_bits):
  """Returns 1 / x of sums with `integer_bits` integer bits as (31-bit fraction, number of bits over one)."""
  headroom = 32 - np.array([int(v).bit_length() for v in x.reshape(-1)], np.int64).reshape(x.shape)
  fraction = (x << headroom) - (1 << 31)
  total = fraction + INT32[1]
  half = (total + np.where(total >= 0, 1, -1))
  half = np.where(half >= 0, half >> 1, -((-half) >> 1))  # (1 + fraction) / 2, rounded
  y = 1515870810 + high_product(half, -1010580540)
  for _ in range(3):
    error = (1 << 29) - high_product(half, y)
    y = y + np.clip(high_product(y, error) << 2, *INT32)
  return np.clip(y << 1, *INT32), integer_bits - headroom


@operator("tflite.Softmax")
def tflite_softmax(x, *, in_scale, beta):
  require(x.ndim == 2, f"expected an input of 2 extents, found {list(x.shape)}")
  q, shift = multiplier_of(min(beta * in_scale * (1 << 26), 2**31 - 1.0))
  lowest = -math.floor(31 * (1 << 26) / 2.0**shift)
  difference = integers(x - x.max(axis=1, keepdims=True))
  known = difference >= lowest
  exponentials = exp_of_negative(np.where(known, scaled(np.where(known, difference, 0), q, shift), 0))
  sums = np.where(known, rounded_shift(exponentials, 12), 0).sum(axis=1, keepdims=True)
  inverse, over = reciprocal(sums, 12)
  out = rounded_shift(high_product(exponentials, inverse), over + 31 - 8)
  return clamped(np.where(known, out - 128, -128), -128, 127)
