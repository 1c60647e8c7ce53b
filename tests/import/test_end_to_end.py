"""Small networks are imported, compiled and compared: the C++ network and its packed form against the importer."""

import contextlib
import io
import os
import shutil
import tempfile
import unittest

import networks
import numpy as np
from minnow_import.check import compile_command, include_folders, run_program
from minnow_import.command import main

COMPILER = os.environ.get("MINNOW_COMPILER", "g++") + " -O0"


@unittest.skipIf(shutil.which(COMPILER.split()[0]) is None, f"the compiler {COMPILER} is missing")
class EndToEnd(unittest.TestCase):

  def check(self, net, name, count=40):
    with tempfile.TemporaryDirectory() as folder:
      path = net.save(folder, name)
      images = np.random.default_rng(11).random((count, *net.shape[1:]), np.float32)
      text = self.compare(path, name, folder, images)
      for form in ("network", "packed"):
        self.assertIn(f"{form}: {count} inputs", text)
      self.assertNotRegex(text, r"[1-9]\d* with another class")
      self.assertIn("network and packed: the same bits", text)

  def compare(self, path, name, folder, inputs):
    """Imports a network, compiles it and compares it. Returns the command's output."""
    images, text, error = os.path.join(folder, "images.npy"), io.StringIO(), io.StringIO()
    np.save(images, inputs)
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(error):
      status = main([path, "--name", name, "--out", folder, "--check", images, "--compiler", COMPILER])
    self.assertEqual(error.getvalue(), "")
    self.assertEqual(status, 0, text.getvalue())
    return text.getvalue()

  def test_quantized(self):
    self.check(networks.small_qonnx(), "small_qonnx")

  def test_floats(self):
    self.check(networks.small_float(), "small_float")

  def test_scheme(self):
    """A float network in minnow's quantizers is trained and equals its packed form."""
    with tempfile.TemporaryDirectory() as folder:
      place = lambda name: os.path.join(folder, name)
      path = networks.small_float().save(folder, "small_float")
      with contextlib.redirect_stdout(io.StringIO()):
        self.assertEqual(main([path, "--name", "small_scheme", "--out", folder, "--scheme", "4-8"]), 0)
      images = np.random.default_rng(11).random((40, 12, 10, 3), np.float32)
      np.save(place("images.npy"), images)
      source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "train_scheme.cpp")
      run_program([*compile_command(COMPILER), f"-I{folder}", *include_folders([]), source, "-o", place("program")],
                  "the compilation")
      run_program([place("program"), place("small_scheme.safetensors"), place("images.npy")], "the program")


if __name__ == "__main__":
  unittest.main()
