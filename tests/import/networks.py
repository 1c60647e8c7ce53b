"""Small networks for the tests of scripts/minnow_import."""

import os
import sys

import numpy as np
from onnx import TensorProto, helper, numpy_helper

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "scripts", "minnow_import"))
sys.dont_write_bytecode = True

# A folder with published networks (qonnx/, finn/, bnn-pynq/, mlperf-tiny/); tests that need it are skipped without it.
MODELS = os.environ.get("MINNOW_MODELS", "")


class Onnx:
  """Builds an ONNX model node by node."""

  def __init__(self, shape, opset=13, seed=1):
    self.random = np.random.default_rng(seed)
    self.shape, self.opset = shape, opset
    self.nodes, self.initializers = [], []
    self.last = "input"

  def constant(self, name, values, dtype=np.float32):
    self.initializers.append(numpy_helper.from_array(np.asarray(values, dtype), name))
    return name

  def add(self, op, *inputs, name=None, domain="", result=None, outputs=None, **attributes):
    name = name or f"{op}_{len(self.nodes)}"
    result = result or f"{name}_result"
    outputs = outputs or [result]
    self.nodes.append(helper.make_node(op, list(inputs), outputs, name=name, domain=domain, **attributes))
    self.last = outputs[0]
    return outputs[0]

  def weights(self, name, *shape):
    return self.constant(name, self.random.uniform(-1, 1, shape))

  def batch_norm(self, value, channels, name):
    random = self.random
    parts = [
        self.constant(f"{name}.weight",
                      random.uniform(0.5, 1.5, channels) * random.choice([-1, 1], channels)),
        self.constant(f"{name}.bias", random.uniform(-1, 1, channels)),
        self.constant(f"{name}.running_mean", random.uniform(-2, 2, channels)),
        self.constant(f"{name}.running_var", random.uniform(0.5, 4, channels))
    ]
    return self.add("BatchNormalization", value, *parts, name=name)

  def quant(self, value, name, scale, bits, signed=1, narrow=1, zero=0.0, rounding_mode="ROUND"):
    return self.add("Quant",
                    value,
                    self.constant(f"{name}.scale", scale),
                    self.constant(f"{name}.zero", zero),
                    self.constant(f"{name}.bits", float(bits)),
                    name=name,
                    domain="qonnx.custom_op.general",
                    signed=signed,
                    narrow=narrow,
                    rounding_mode=rounding_mode)

  def bipolar(self, value, name, scale=1.0):
    return self.add("BipolarQuant", value, self.constant(f"{name}.scale", scale), name=name, domain="onnx.brevitas")

  def model(self, output=None, shape=None):
    """Returns the model, with the last node's result as its output unless another one is named."""
    output = output or self.last
    graph = helper.make_graph(self.nodes, "test",
                              [helper.make_tensor_value_info("input", TensorProto.FLOAT, self.shape)],
                              [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)], self.initializers)
    opsets = [
        helper.make_opsetid("", self.opset),
        helper.make_opsetid("onnx.brevitas", 1),
        helper.make_opsetid("qonnx.custom_op.general", 1)
    ]
    return helper.make_model(graph, opset_imports=opsets, ir_version=7)

  def save(self, folder, name, **settings):
    path = os.path.join(folder, name + ".onnx")
    with open(path, "wb") as file:
      file.write(self.model(**settings).SerializeToString())
    return path


def small_float():
  """A residual network with a stride, a pool, a depthwise convolution and a dense layer after a flatten."""
  net = Onnx(["N", 3, 12, 10])
  x = net.add("Conv", "input", net.weights("stem.weight", 8, 3, 3, 3), net.weights("stem.bias", 8), pads=[1, 1, 1, 1])
  x = net.batch_norm(x, 8, "norm")
  x = fork = net.add("Relu", x)
  x = net.add("Conv", x, net.weights("a.weight", 8, 1, 3, 3), pads=[1, 1, 1, 1], group=8)
  x = net.batch_norm(x, 8, "norm_a")
  x = net.add("Add", x, fork)
  x = net.add("Clip", x, net.constant("low", 0), net.constant("high", 6))
  x = net.add("Conv",
              x,
              net.weights("b.weight", 6, 8, 3, 3),
              net.weights("b.bias", 6),
              pads=[0, 0, 1, 1],
              strides=[2, 2])
  x = net.add("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
  shape = net.add("Shape", x)
  batch = net.add("Gather", shape, net.constant("zero", 0, np.int64), axis=0)
  batch = net.add("Unsqueeze", batch, net.constant("axes", [0], np.int64))
  target = net.add("Concat", batch, net.constant("rest", [-1], np.int64), axis=0)
  x = net.add("Reshape", x, target)
  net.add("Gemm", x, net.weights("fc.weight", 5, 6 * 3 * 2), net.weights("fc.bias", 5), transB=1)
  return net


def small_qonnx():
  """A binary convolution, a ternary one, and a dense layer with 4-bit weights of a scale for each unit."""
  net = Onnx(["N", 2, 9, 9])
  x = net.add("Mul", "input", net.constant("two", 2.0))
  x = net.add("Sub", x, net.constant("one", 1.0))
  x = net.bipolar(x, "sign_in")
  w = net.bipolar(net.weights("w0", 16, 2, 3, 3), "sign_w0")
  x = net.batch_norm(net.add("Conv", x, w, name="conv0"), 16, "norm0")
  x = net.quant(x, "ternary", 1.0, 2)
  x = net.add("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
  w = net.quant(net.weights("w1", 12, 16, 3, 3), "ternary_w1", 0.25, 2)
  x = net.batch_norm(net.add("Conv", x, w, name="conv1"), 12, "norm1")
  x = net.add("Relu", x)
  x = net.quant(x, "unsigned", 0.125, 4, signed=0, narrow=0)
  x = net.add("Flatten", x, axis=1)
  w = net.quant(net.weights("w2", 12, 7), "four_w2", np.full((1, 7), 0.125) * 2.0**np.arange(-3, 4), 4)
  x = net.add("MatMul", x, w, name="fc")
  net.add("Add", x, net.weights("fc_bias", 7))
  return net
