"""Small networks are imported, compiled and compared: the C++ network and its packed form against the importer."""

import contextlib
import io
import os
import shutil
import tempfile
import unittest

import networks
import numpy as np
from minnow_import.command import main

COMPILER = os.environ.get("MINNOW_COMPILER", "g++")


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


if __name__ == "__main__":
  unittest.main()
