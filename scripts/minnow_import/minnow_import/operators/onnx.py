"""ONNX's operators in double precision, with the attributes that each one understands.

An operator is a function of arrays. Its parameters without a default are required inputs, parameters with the default
None are optional inputs, and parameters after `*` are attributes; a node with other inputs or attributes is refused.
source  the operators' documentation at onnx.ai/onnx/operators
"""

import inspect
import math
from dataclasses import dataclass

import numpy as np

from ..failure import check_extents, require

OPERATORS = {}


@dataclass
class Operator:
  """An operator's function, its attributes with their defaults, and the numbers of inputs that it takes."""
  run: object
  attributes: dict
  fewest: int
  most: float


def operator(name):
  """Registers a function as an operator."""
  def register(function):
    parameters = inspect.signature(function).parameters.values()
    inputs = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    OPERATORS[name] = Operator(function, {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY},
                               sum(1 for p in inputs if p.default is p.empty),
                               math.inf if variadic else len(inputs))
    return function
  return register


# --- windows ---------------------------------------------------------------------------------------------------------


def padding_of(auto_pad, pads, extents, kernel, strides, dilations):
  """Returns the rows that are added before and after each axis: ([before], [after])."""
  axes = len(extents)
  auto_pad = auto_pad or "NOTSET"
  if auto_pad == "NOTSET":
    pads = pads or [0] * (2 * axes)
    require(len(pads) == 2 * axes and all(p >= 0 for p in pads),
            f"expected {2 * axes} extents of 0 or more in 'pads', found {list(pads)}")
    return list(pads[:axes]), list(pads[axes:])
  if auto_pad == "VALID":
    return [0] * axes, [0] * axes
  require(auto_pad in ("SAME_UPPER", "SAME_LOWER"),
          f"expected 'auto_pad' NOTSET, VALID, SAME_UPPER or SAME_LOWER, found {auto_pad}")
  total = [max(0, (-(-extent // s) - 1) * s + (k - 1) * d + 1 - extent)
           for extent, k, s, d in zip(extents, kernel, strides, dilations)]
  small, large = [t // 2 for t in total], [t - t // 2 for t in total]
  return (small, large) if auto_pad == "SAME_UPPER" else (large, small)


def check_window(extents, kernel, strides, dilations):
  """Refuses windows without elements and steps below 1."""
  for what, numbers in (("kernel_shape", kernel), ("strides", strides), ("dilations", dilations)):
    require(len(numbers) == len(extents) and all(0 < n <= 32767 for n in numbers),
            f"expected {len(extents)} extents from 1 to 32767 in '{what}', found {list(numbers)}")


def windows(x, kernel, strides, dilations, before, after, fill):
  """Returns the windows of x (N, C, spatial...) as a view (N, C, positions..., kernel...)."""
  axes = len(kernel)
  check_extents([*x.shape[:2], *(e + b + a for e, b, a in zip(x.shape[2:], before, after))], "a padded input")
  if any(before) or any(after):
    x = np.pad(x, [(0, 0), (0, 0), *zip(before, after)], constant_values=fill)
  reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations)]
  require(all(r <= e for r, e in zip(reach, x.shape[2:])),
          f"expected an input that holds a window of {reach}, found {list(x.shape[2:])} with padding")
  view = np.lib.stride_tricks.sliding_window_view(x, reach, axis=tuple(range(2, 2 + axes)))
  steps = tuple(slice(None, None, s) for s in strides)
  taps = tuple(slice(None, None, d) for d in dilations)
  return view[(slice(None), slice(None), *steps, *taps)]


def narrowed(a, b, terms):
  """Returns a and b as 32-bit floats if they hold integers whose sums of `terms` products have at most 24 bits.

  Products of such matrices are exact and several times as fast as in doubles.
  """
  if a.size and b.size and terms * float(np.abs(a).max()) * float(np.abs(b).max()) < 1 << 24 \
      and np.array_equal(a, np.rint(a)) and np.array_equal(b, np.rint(b)):
    return a.astype(np.float32), b.astype(np.float32)
  return a.astype(np.float64), b.astype(np.float64)


def exact_product(a, b):
  """Returns a @ b in doubles, exactly if a and b hold integers."""
  a, b = narrowed(a, b, a.shape[-1])
  return (a @ b).astype(np.float64)


@operator("Conv")
def conv(x, w, b=None, *, auto_pad="NOTSET", dilations=None, group=1, kernel_shape=None, pads=None, strides=None):
  axes = x.ndim - 2
  require(axes in (1, 2), f"expected an input of 3 or 4 extents, found {list(x.shape)}")
  require(w.ndim == x.ndim, f"expected weights of {x.ndim} extents, found {list(w.shape)}")
  kernel = list(w.shape[2:])
  require(kernel_shape is None or list(kernel_shape) == kernel,
          f"expected the weights' window {kernel} in 'kernel_shape', found {kernel_shape}")
  strides, dilations = strides or [1] * axes, dilations or [1] * axes
  check_window(x.shape[2:], kernel, strides, dilations)
  filters, channels = w.shape[:2]
  require(group > 0 and x.shape[1] == channels * group and filters % group == 0,
          f"expected {group} groups of {channels} channels in the input and filters that they divide, found "
          f"{x.shape[1]} channels and {filters} filters")
  require(b is None or b.shape == (filters,), f"expected a bias of {filters} numbers")
  before, after = padding_of(auto_pad, pads, x.shape[2:], kernel, strides, dilations)
  x, w = narrowed(x, w, channels * math.prod(kernel))
  view = windows(x, kernel, strides, dilations, before, after, 0)
  positions = view.shape[2:2 + axes]
  check_extents([x.shape[0], filters, *positions], "the result")
  if channels == 1 and filters == group:
    out = np.zeros((x.shape[0], filters, *positions))
    for tap in np.ndindex(*kernel):
      out += view[(..., *tap)] * w[(slice(None), 0, *tap)].reshape(-1, *([1] * axes))
  else:
    parts = []
    for g in range(group):
      part = np.moveaxis(view[:, g * channels:(g + 1) * channels], 1, 1 + axes)  # (N, positions, channels, kernel)
      part = part.reshape(x.shape[0] * math.prod(positions), channels * math.prod(kernel))
      filters_here = w[g * (filters // group):(g + 1) * (filters // group)].reshape(filters // group, -1)
      parts.append(part @ filters_here.T)
    out = np.concatenate(parts, axis=1).reshape(x.shape[0], *positions, filters)
    out = np.moveaxis(out, -1, 1).astype(np.float64)
  return out if b is None else out + b.reshape(-1, *([1] * axes))


def pool_windows(x, kernel_shape, auto_pad, dilations, pads, strides, ceil_mode, fill):
  axes = x.ndim - 2
  require(axes in (1, 2), f"expected an input of 3 or 4 extents, found {list(x.shape)}")
  require(kernel_shape is not None, "expected the attribute 'kernel_shape', found none")
  kernel, strides, dilations = list(kernel_shape), strides or [1] * axes, dilations or [1] * axes
  check_window(x.shape[2:], kernel, strides, dilations)
  before, after = padding_of(auto_pad, pads, x.shape[2:], kernel, strides, dilations)
  if ceil_mode:
    rest = [(e + b + a - (k - 1) * d - 1) % s
            for e, b, a, k, d, s in zip(x.shape[2:], before, after, kernel, dilations, strides)]
    require(not any(rest), "expected 'ceil_mode' 0, found 1 with windows that do not fit")
  require(all(b < k and a < k for b, a, k in zip(before, after, kernel)),
          f"expected padding below the window {kernel}, found {before} and {after}")
  return windows(x, kernel, strides, dilations, before, after, fill), before, after, kernel, strides, dilations


@operator("MaxPool")
def max_pool(x, *, auto_pad="NOTSET", ceil_mode=0, dilations=None, kernel_shape=None, pads=None, storage_order=0,
             strides=None):
  view, *_ = pool_windows(x, kernel_shape, auto_pad, dilations, pads, strides, ceil_mode, -np.inf)
  return view.max(axis=tuple(range(x.ndim, view.ndim)))


@operator("AveragePool")
def average_pool(x,
                 *,
                 auto_pad="NOTSET",
                 ceil_mode=0,
                 count_include_pad=0,
                 dilations=None,
                 kernel_shape=None,
                 pads=None,
                 strides=None):
  view, before, after, *window = pool_windows(x, kernel_shape, auto_pad, dilations, pads, strides, ceil_mode, 0)
  taps = tuple(range(x.ndim, view.ndim))
  if count_include_pad or not (any(before) or any(after)):
    return view.mean(axis=taps)
  counts = windows(np.ones((1, 1, *x.shape[2:])), *window, before, after, 0)
  return view.sum(axis=taps) / counts.sum(axis=taps)


@operator("GlobalAveragePool")
def global_average_pool(x):
  require(x.ndim >= 3, f"expected an input of 3 or more extents, found {list(x.shape)}")
  return x.mean(axis=tuple(range(2, x.ndim)), keepdims=True)


@operator("GlobalMaxPool")
def global_max_pool(x):
  require(x.ndim >= 3, f"expected an input of 3 or more extents, found {list(x.shape)}")
  return x.max(axis=tuple(range(2, x.ndim)), keepdims=True)


@operator("Pad")
def pad(x, pads=None, constant_value=None, axes=None, *, mode="constant"):
  require(mode == "constant", f"expected 'mode' constant, found {mode}")
  require(axes is None and pads is not None, "expected 'pads' for all axes")
  require(pads.shape == (2 * x.ndim,) and (pads >= 0).all(),
          f"expected {2 * x.ndim} extents of 0 or more in 'pads', found {pads.tolist()}")
  before, after = pads[:x.ndim].tolist(), pads[x.ndim:].tolist()
  check_extents([e + b + a for e, b, a in zip(x.shape, before, after)], "the result")
  return np.pad(x, list(zip(before, after)), constant_values=0 if constant_value is None else constant_value.item())


# --- products and norms ----------------------------------------------------------------------------------------------


@operator("MatMul")
def matmul(a, b):
  require(a.ndim >= 1 and b.ndim >= 1, "expected arrays of 1 or more extents")
  require(a.shape[-1] == b.shape[-2 if b.ndim > 1 else 0],
          f"expected as many columns as the other input has rows, found {list(a.shape)} and {list(b.shape)}")
  if b.ndim == 2 and a.ndim >= 2:
    check_extents([*a.shape[:-1], b.shape[1]], "the result")
    return exact_product(a.reshape(-1, a.shape[-1]), b).reshape(*a.shape[:-1], b.shape[1])
  require(a.ndim <= 2 and b.ndim <= 2, f"expected two matrices, found the shapes {list(a.shape)} and {list(b.shape)}")
  return a @ b


@operator("Gemm")
def gemm(a, b, c=None, *, alpha=1.0, beta=1.0, transA=0, transB=0):
  require(a.ndim == 2 and b.ndim == 2, f"expected two matrices, found the shapes {list(a.shape)} and {list(b.shape)}")
  a, b = a.T if transA else a, b.T if transB else b
  require(a.shape[1] == b.shape[0], f"expected as many columns as rows, found {list(a.shape)} and {list(b.shape)}")
  check_extents([a.shape[0], b.shape[1]], "the result")
  out = alpha * exact_product(a, b)
  return out if c is None else out + beta * np.broadcast_to(c, out.shape)


@operator("BatchNormalization")
def batch_normalization(x, scale, bias, mean, variance, *, epsilon=1e-5, momentum=0.9, training_mode=0, spatial=1):
  require(not training_mode and spatial == 1, "expected 'training_mode' 0 and 'spatial' 1")
  require(x.ndim >= 2, f"expected an input of 2 or more extents, found {list(x.shape)}")
  for what, array in (("scale", scale), ("bias", bias), ("mean", mean), ("variance", variance)):
    require(array.shape == (x.shape[1],), f"expected a {what} of {x.shape[1]} numbers, found {list(array.shape)}")
  require((variance + epsilon > 0).all(), "expected variances above 0")
  axes = [-1] + [1] * (x.ndim - 2)
  factor = scale / np.sqrt(variance + epsilon)
  return x * factor.reshape(axes) + (bias - mean * factor).reshape(axes)


# --- element-wise ----------------------------------------------------------------------------------------------------


def element_wise(name, function):
  def run(a, b):
    try:
      shape = np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
      require(False, f"expected shapes that broadcast, found {list(a.shape)} and {list(b.shape)}")
    check_extents(shape, "the result")
    return function(a, b)
  operator(name)(run)


def divide(a, b):
  if a.dtype.kind == "i" and b.dtype.kind == "i":
    require((b != 0).all(), "expected divisors other than 0")
    return np.trunc(a / b).astype(np.int64)
  require((b != 0).all(), "expected divisors other than 0")
  return a / b


element_wise("Add", np.add)
element_wise("Sub", np.subtract)
element_wise("Mul", np.multiply)
element_wise("Div", divide)
element_wise("Pow", lambda a, b: np.power(a.astype(np.float64), b))
element_wise("Max", np.maximum)
element_wise("Min", np.minimum)


def unary(name, function):
  operator(name)(lambda x: function(x))


def sigmoid(x):
  return 0.5 * (1 + np.tanh(0.5 * x))


unary("Identity", lambda x: x)
unary("Relu", lambda x: np.maximum(x, 0))
unary("Neg", np.negative)
unary("Abs", np.abs)
unary("Sqrt", np.sqrt)
unary("Floor", np.floor)
unary("Ceil", np.ceil)
unary("Round", np.rint)
unary("Sign", np.sign)
unary("Sigmoid", sigmoid)
unary("Tanh", np.tanh)


@operator("Clip")
def clip(x, low=None, high=None):
  return np.clip(x, -np.inf if low is None else low, np.inf if high is None else high)


@operator("LeakyRelu")
def leaky_relu(x, *, alpha=0.01):
  return np.where(x < 0, alpha * x, x)


@operator("HardSigmoid")
def hard_sigmoid(x, *, alpha=0.2, beta=0.5):
  return np.clip(alpha * x + beta, 0, 1)


@operator("Dropout")
def dropout(x, ratio=None, training_mode=None, *, seed=0):
  require(training_mode is None or not training_mode.any(), "expected 'training_mode' false")
  return x


@operator("Softmax")
def softmax(x, *, axis=-1, coerced=0):
  # Before operator set 13, the sum ran over all axes from `axis` on.
  require(not coerced or axis in (-1, x.ndim - 1), f"expected the last axis in 'axis', found {axis}")
  e = np.exp(x - x.max(axis=axis, keepdims=True))
  return e / e.sum(axis=axis, keepdims=True)


@operator("ArgMax")
def arg_max(x, *, axis=0, keepdims=1, select_last_index=0):
  require(not select_last_index, "expected 'select_last_index' 0")
  out = x.argmax(axis=axis)
  return np.expand_dims(out, axis) if keepdims else out


@operator("TopK")
def top_k(x, k, *, axis=-1, largest=1, sorted=1):
  count = int(k.reshape(-1)[0])
  require(largest == 1 and 0 < count <= x.shape[axis],
          f"expected 'largest' 1 and k from 1 to {x.shape[axis]}, found {count}")
  order = np.take(np.argsort(-x, axis=axis, kind="stable"), range(count), axis=axis)
  return np.take_along_axis(x, order, axis=axis), order


# --- shapes ----------------------------------------------------------------------------------------------------------


@operator("Reshape")
def reshape(x, shape, *, allowzero=0):
  require(shape.ndim == 1 and shape.size <= 8, "expected a shape of at most 8 extents")
  to = [x.shape[i] if e == 0 and not allowzero and i < x.ndim else int(e) for i, e in enumerate(shape.tolist())]
  if to.count(-1) == 1:
    rest = math.prod(e for e in to if e != -1)
    require(rest > 0 and x.size % rest == 0, f"expected the {x.size} elements of {list(x.shape)}, found {to}")
    to[to.index(-1)] = x.size // rest
  require(all(e >= 0 for e in to) and math.prod(to) == x.size,
          f"expected the {x.size} elements of {list(x.shape)}, found {to}")
  return x.reshape(to)


@operator("Flatten")
def flatten(x, *, axis=1):
  axis += x.ndim if axis < 0 else 0
  require(0 <= axis <= x.ndim, f"expected 'axis' up to {x.ndim}, found {axis}")
  return x.reshape(math.prod(x.shape[:axis]), math.prod(x.shape[axis:]))


@operator("Transpose")
def transpose(x, *, perm=None):
  perm = list(range(x.ndim))[::-1] if perm is None else list(perm)
  require(sorted(perm) == list(range(x.ndim)), f"expected the axes 0 to {x.ndim - 1} in 'perm', found {perm}")
  return x.transpose(perm)


@operator("Squeeze")
def squeeze(x, axes=None):
  which = tuple(i for i, e in enumerate(x.shape) if e == 1) if axes is None else tuple(int(a) for a in axes.reshape(-1))
  require(all(-x.ndim <= a < x.ndim and x.shape[a] == 1 for a in which),
          f"expected axes of extent 1, found {list(which)} of {list(x.shape)}")
  return np.squeeze(x, which)


@operator("Unsqueeze")
def unsqueeze(x, axes):
  which = tuple(int(a) for a in axes.reshape(-1))
  require(x.ndim + len(which) <= 8, "expected at most 8 extents")
  return np.expand_dims(x, which)


@operator("Shape")
def shape_of(x, *, start=0, end=None):
  return np.array(x.shape[start:end], np.int64)


@operator("Gather")
def gather(x, indices, *, axis=0):
  require(-x.ndim <= axis < x.ndim, f"expected 'axis' below {x.ndim}, found {axis}")
  extent = x.shape[axis]
  require(indices.size == 0 or (-extent <= indices.min() and indices.max() < extent),
          f"expected indices below {extent}")
  axis %= x.ndim
  check_extents([*x.shape[:axis], *indices.shape, *x.shape[axis + 1:]], "the result")
  return np.take(x, indices.astype(np.int64), axis=axis)


@operator("Slice")
def slice_of(x, starts, ends, axes=None, steps=None):
  axes = range(starts.size) if axes is None else axes.tolist()
  steps = [1] * starts.size if steps is None else steps.tolist()
  cut = [slice(None)] * x.ndim
  for start, end, axis, step in zip(starts.tolist(), ends.tolist(), axes, steps):
    require(-x.ndim <= axis < x.ndim and step > 0, "expected axes of the input and steps of 1 or more")
    cut[axis] = slice(start, end, step)
  return x[tuple(cut)]


@operator("Concat")
def concat(*parts, axis=None):
  require(axis is not None, "expected the attribute 'axis', found none")
  ranks = {part.ndim for part in parts}
  require(len(ranks) == 1 and -parts[0].ndim <= axis < parts[0].ndim, "expected inputs with the same number of extents")
  check_extents([*(e for i, e in enumerate(parts[0].shape) if i != axis % parts[0].ndim),
                 sum(part.shape[axis] for part in parts)], "the result")
  return np.concatenate(parts, axis=axis)


@operator("ConstantOfShape")
def constant_of_shape(shape, *, value=None):
  extents = check_extents(shape.reshape(-1).tolist(), "the result")
  return np.zeros(extents) if value is None else np.full(extents, value.reshape(-1)[0])


@operator("Cast")
def cast(x, *, to=None, saturate=1):
  if to in (1, 10, 11):  # float, float16, double
    return x.astype(np.float64)
  require(to in (2, 3, 4, 5, 6, 7, 12), f"expected a number type in 'to', found {to}")
  return np.trunc(x).astype(np.int64)


@operator("ReduceMean")
def reduce_mean(x, axes=None, *, keepdims=1, noop_with_empty_axes=0):
  which = tuple(range(x.ndim)) if axes is None else tuple(int(a) for a in axes.reshape(-1))
  require(all(-x.ndim <= a < x.ndim for a in which), f"expected axes below {x.ndim}, found {list(which)}")
  return x.mean(axis=which, keepdims=bool(keepdims))
