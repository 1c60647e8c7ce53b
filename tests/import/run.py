"""Runs the tests of scripts/minnow_import: run.py [TEST ...]. The exit code 77 means that Python's onnx is missing."""

import os
import sys
import unittest

try:
  import numpy  # noqa: F401
  import onnx  # noqa: F401
except ImportError as error:
  print(f"skipped: {error} (scripts/setup --import installs it)")
  sys.exit(77)
here = os.path.dirname(os.path.abspath(__file__))
loader = unittest.TestLoader()
tests = loader.loadTestsFromNames(sys.argv[1:]) if len(sys.argv) > 1 else loader.discover(here, "test_*.py")
sys.exit(0 if unittest.TextTestRunner(verbosity=1).run(tests).wasSuccessful() else 1)
