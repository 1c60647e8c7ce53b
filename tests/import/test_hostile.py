"""Damaged and hostile files end in one sentence that names the file, and where there is one the node."""

import contextlib
import io
import json
import os
import tarfile
import tempfile
import unittest

import networks
import numpy as np
from minnow_import.command import main
from networks import Onnx, TensorProto, helper

try:
  import h5py
except ImportError:
  h5py = None


class Corpus(unittest.TestCase):

  def setUp(self):
    self.folder = tempfile.TemporaryDirectory()
    self.addCleanup(self.folder.cleanup)

  def write(self, name, contents):
    path = os.path.join(self.folder.name, name)
    with open(path, "wb") as file:
      file.write(contents)
    return path

  def refused(self, path, *words):
    """The command fails with one sentence that contains the file and the words, and writes no header."""
    out = os.path.join(self.folder.name, "out")
    error = io.StringIO()
    with contextlib.redirect_stderr(error), contextlib.redirect_stdout(io.StringIO()):
      self.assertEqual(main([path, "--name", "net", "--out", out]), 1)
    text = error.getvalue()
    self.assertEqual(text.count("\n"), 1, text)
    self.assertIn(os.path.basename(path), text)
    for word in words:
      self.assertIn(word, text)
    self.assertFalse(os.path.exists(os.path.join(out, "net.hpp")))

  def onnx(self, model, name="net.onnx"):
    return self.write(name, model.SerializeToString())

  def small(self):
    net = Onnx([1, 4])
    net.add("MatMul", "input", net.weights("w", 4, 3), name="product")
    return net

  # --- ONNX ----------------------------------------------------------------------------------------------------------

  def test_truncated(self):
    contents = networks.small_qonnx().model().SerializeToString()
    for length in sorted({1, 2, 7, 100, len(contents) // 3, len(contents) // 2, len(contents) - 1}):
      self.refused(self.write("cut.onnx", contents[:length]))

  def damage(self, name, contents, count):
    """Damaged files are imported, or refused with one sentence."""
    random = np.random.default_rng(7)
    for number in range(count):
      damaged = bytearray(contents)
      for at in random.integers(0, len(damaged), 3):
        damaged[at] = random.integers(0, 256)
      if number % 4 == 0:
        del damaged[random.integers(0, len(damaged)):]
      path = self.write(name, bytes(damaged))
      out, error = os.path.join(self.folder.name, "damaged"), io.StringIO()
      with contextlib.redirect_stderr(error), contextlib.redirect_stdout(io.StringIO()):
        status = main([path, "--name", "net", "--out", out])
      self.assertEqual(error.getvalue().count("\n"), 0 if status == 0 else 1, error.getvalue())

  def test_damaged_bytes(self):
    self.damage("damaged.onnx", self.small().model().SerializeToString(), 200)
    self.damage("damaged.onnx", networks.small_qonnx().model().SerializeToString(), 60)
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures", "small.tflite"), "rb") as file:
      self.damage("damaged.tflite", file.read(), 200)

  def test_empty_missing_and_unknown_files(self):
    self.refused(self.write("empty.onnx", b""), "empty file")
    self.refused(os.path.join(self.folder.name, "none.onnx"), "found none")
    self.refused(self.write("model.pkl", b"cos\nsystem\n(S'touch pickled'\ntR."), "expected a file that ends in")
    self.refused(self.write("text.onnx", b"not a model at all"))

  def test_cycle(self):
    net = self.small()
    net.nodes[0] = helper.make_node("Add", ["input", "b"], ["a"], name="first")
    net.add("Relu", "a", name="second", result="b")
    self.refused(self.onnx(net.model(output="b")), "cycle", "'first'")

  def test_missing_and_double_values(self):
    net = Onnx([1, 4])
    net.add("MatMul", "input", "nowhere", name="product")
    self.refused(self.onnx(net.model()), "'nowhere'", "'product'")
    net = self.small()
    net.add("Relu", "input", name="twice", result="product_result")
    self.refused(self.onnx(net.model()), "second time", "'twice'")
    net = self.small()
    self.refused(self.onnx(net.model(output="other")), "'other'")

  def test_lying_shapes(self):
    for extents, word in (([4, 4], "bytes"), ([1 << 31], "elements"), ([1 << 40,
                                                                        1 << 40], "elements"), ([-4, 3], "extents")):
      net = self.small()
      del net.initializers[0].dims[:]
      net.initializers[0].dims.extend(extents)
      self.refused(self.onnx(net.model()), "'w'", word)

  def test_two_gigabyte_arrays(self):
    net = Onnx([1, 1 << 16, 1 << 16])
    net.add("Relu", "input")
    self.refused(self.onnx(net.model()), "'input'", "elements")
    net = Onnx([1, 1, 4, 4])
    net.add("Pad", "input", net.constant("pads", [0, 0, 1 << 20, 1 << 20, 0, 0, 0, 0], np.int64), name="pad")
    self.refused(self.onnx(net.model()), "'pad'", "elements")
    net = Onnx([1, 4])
    shape = net.add("ConstantOfShape", net.constant("shape", [1 << 20, 1 << 20], np.int64), name="fill")
    net.add("Add", "input", shape)
    self.refused(self.onnx(net.model()), "'fill'", "elements")
    net = Onnx([1, 1 << 20, 1])
    net.add("Add", "input", net.constant("row", np.zeros((1, 1, 1 << 12))), name="outer")
    self.refused(self.onnx(net.model()), "'outer'", "elements")

  def test_unknown_operators_domains_and_attributes(self):
    cases = [("Einsum", "", {
        "equation": "ij,jk->ik"
    }, "Einsum"), ("MatMul", "com.vendor", {}, "com.vendor"), ("Relu", "", {
        "slope": 1.0
    }, "'slope'"), ("Quant", "onnx.brevitas", {}, "inputs"), ("LSTM", "", {}, "LSTM"), ("Loop", "", {}, "Loop")]
    for op, domain, attributes, word in cases:
      net = Onnx([1, 4])
      net.add(op, "input", name="odd", domain=domain, **attributes)
      self.refused(self.onnx(net.model()), "'odd'", word)

  def test_attributes_of_wrong_types(self):
    for op, attributes in (("Conv", {
        "pads": "all"
    }), ("Conv", {
        "strides": [0, 0]
    }), ("Conv", {
        "group": 0
    }), ("Conv", {
        "strides": 5
    }), ("Conv", {
        "pads": [1 << 40] * 4
    }), ("Conv", {
        "dilations": [1 << 40] * 2
    }), ("Conv", {
        "group": "x"
    })):
      net = Onnx([1, 2, 5, 5])
      net.add(op, "input", net.weights("w", 2, 2, 3, 3), name="odd", **attributes)
      self.refused(self.onnx(net.model()), "'odd'")
    for perm in ([0, 0], [5, 1], "ab"):
      net = self.small()
      net.add("Transpose", "product_result", name="odd", perm=perm)
      self.refused(self.onnx(net.model()), "'odd'")

  def test_external_data_and_strange_tensors(self):
    net = self.small()
    net.initializers[0].data_location = TensorProto.EXTERNAL
    entry = net.initializers[0].external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"
    self.refused(self.onnx(net.model()), "'w'", "another file")
    net = self.small()
    net.initializers[0].data_type = TensorProto.STRING
    self.refused(self.onnx(net.model()), "'w'")
    net = self.small()
    net.initializers[0].raw_data = np.full(12, np.nan, np.float32).tobytes()
    self.refused(self.onnx(net.model()), "'w'", "finite")

  def test_several_inputs_and_outputs(self):
    model = self.small().model()
    model.graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, [1]))
    self.refused(self.onnx(model), "one input")
    model = self.small().model()
    model.graph.output.append(helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 4]))
    self.refused(self.onnx(model), "one output")
    model = self.small().model()
    model.opset_import[0].version = 99
    self.refused(self.onnx(model), "operator set")

  def test_a_moved_batch(self):
    net = Onnx(["N", 4])
    x = net.add("Transpose", "input", name="move", perm=[1, 0])
    net.add("MatMul", net.weights("w", 3, 4), x)
    self.refused(self.onnx(net.model()))
    net = Onnx([1, 4, 3])
    net.add("Reshape", "input", net.constant("shape", [4, 3], np.int64), name="move")
    self.refused(self.onnx(net.model()), "'move'", "batch")

  def test_names_do_not_become_code(self):
    net = Onnx(["N", 4])
    net.add("MatMul", "input", net.weights('w"});\n#include "/etc/passwd"\n//', 4, 3), name='x\n#error "no"\n\\')
    path = self.onnx(net.model())
    out = os.path.join(self.folder.name, "names")
    with contextlib.redirect_stdout(io.StringIO()):
      self.assertEqual(main([path, "--name", "net", "--out", out]), 0)
    with open(os.path.join(out, "net.hpp"), encoding="utf-8") as file:
      lines = [line for line in file if line.startswith("#")]
    self.assertEqual(lines,
                     ["#pragma once\n", "#include <minnow/exchange/imported.hpp>\n", "#include <minnow/minnow.hpp>\n"])

  def test_a_long_chain(self):
    net = Onnx(["N", 4])
    x = net.add("MatMul", "input", net.weights("w", 4, 4))
    for _ in range(3000):
      x = net.add("Relu", x)
    net.add("Exp", x, name="last")
    self.refused(self.onnx(net.model()), "'last'")

  # --- other formats -------------------------------------------------------------------------------------------------

  def test_tflite(self):
    self.refused(self.write("a.tflite", b"TFL3"), "version 3")
    self.refused(self.write("a.tflite", b"\0\0\0\0TFL3"))
    random = np.random.default_rng(8)
    for length in (8, 20, 64, 500):
      for _ in range(25):
        head = int(random.integers(0, length + 8)).to_bytes(4, "little") + b"TFL3"
        self.refused(self.write("a.tflite", head + random.integers(0, 256, length, np.uint8).tobytes()))

  @unittest.skipIf(h5py is None, "h5py is missing")
  def test_keras(self):
    self.refused(self.write("a.h5", b"\x89HDF\r\n\x1a\n" + bytes(100)))
    for config, word in ((None, "architecture"), ("{", "Keras"), ('{"class_name": "Lambda"}', "Functional"),
                         (json.dumps({
                             "class_name": "Sequential",
                             "config": {
                                 "layers": [{
                                     "class_name": "Lambda",
                                     "config": {
                                         "name": "odd",
                                         "batch_input_shape": [None, 4],
                                         "function": ["4wEAAAAAAAAAAAAAAAEAAAA=", None, None]
                                     }
                                 }]
                             }
                         }), "'odd'"), (json.dumps({
                             "class_name": "Sequential",
                             "config": {
                                 "layers": [{
                                     "class_name": "Dense",
                                     "config": {
                                         "name": "fc",
                                         "batch_input_shape": [None, 4],
                                         "units": 3
                                     }
                                 }]
                             }
                         }), "'fc'")):
      path = os.path.join(self.folder.name, "a.h5")
      with h5py.File(path, "w") as file:
        file.create_group("model_weights")
        if config is not None:
          file.attrs["model_config"] = config
      self.refused(path, word)

  def test_archives(self):
    self.refused(self.write("a.tar.xz", b"\xfd7zXZ\0" + bytes(50)))
    self.refused(self.write("a.tar.xz", bytes(1000)))
    for name, contents, word in (("other/0-0-weights.bin", bytes(8), "cnvW1A1"), ("cnvW1A1/0-0-weights.bin", bytes(7),
                                                                                  "64 bits"),
                                 ("cnvW1A1/0-0-weights.bin", bytes(8), "layer 0"), ("x.txt", b"x", "found none")):
      path = os.path.join(self.folder.name, "a.tar.xz")
      with tarfile.open(path, "w:xz") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(contents)
        archive.addfile(member, io.BytesIO(contents))
      self.refused(path, word)


if __name__ == "__main__":
  unittest.main()
