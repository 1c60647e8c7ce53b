"""The files of Keras: .h5 (architecture and named weights) and .keras (a zip of config.json and numbered weights).

Nothing of a file is run: configurations are JSON, weights are arrays in HDF5. Links to other files are not followed.
source  keras.io/guides/serialization_and_saving; Keras, saving_lib (Keras 2.12, 2.13 and 3)
"""

import io
import json
import lzma
import re
import struct
import zipfile
import zlib

import numpy as np

from ..failure import MOST_BYTES, Refusal, check_extents, read_file, require

MOST_CONFIG_BYTES, MOST_MEMBERS = 1 << 26, 4096
# The group of the layers' weights in a .keras file: Keras 3 and Keras 2.13, then Keras 2.12.
ROOTS = ("layers", "_layer_checkpoint_dependencies")
# Exceptions that configurations and arrays of unexpected types raise.
ERRORS = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, IndexError, RecursionError,
          UnicodeDecodeError, MemoryError, OverflowError)


def import_h5py(path):
  try:
    import h5py
  except ImportError:
    raise Refusal(f"{path}: reading Keras models needs Python's h5py: run scripts/setup --import") from None
  return h5py


def child(h5py, path, group, name):
  """Returns a member of a group, or None. Links to other places and to other files are refused."""
  for part in name.split("/"):
    if not isinstance(group, h5py.Group) or not part:
      return None
    link = group.get(part, getlink=True)
    if link is None:
      return None
    require(isinstance(link, h5py.HardLink), f"{path}: group '{name}': expected weights inside the file, found a link")
    group = group[part]
  return group


class Weights:
  """The part that both forms share."""

  def __init__(self, h5py, path, root):
    self.h5py, self.path, self.root = h5py, path, root

  def child(self, group, name):
    return child(self.h5py, self.path, group, name)

  def read(self, item, name, key):
    """Returns the numbers of an array of the layer `name`."""
    what = f"{self.path}: layer '{name}'"
    require(item.external is None and not item.is_virtual, f"{what}: expected weights inside the file")
    check_extents(item.shape, what)
    require(item.dtype.kind == "f", f"{what}: expected floats, found {item.dtype}")
    numbers = np.array(item, np.float64)
    require(np.isfinite(numbers).all(), f"{what}: expected finite numbers in '{key}'")
    return numbers


class NamedWeights(Weights):
  """Weights of .h5: a group for each layer, whose arrays have names."""

  def arrays(self, name, keys):
    """Returns a layer's arrays by the last part of their names. All names are taken, not only `keys`."""
    found = {}

    def take(path, item):
      if isinstance(item, self.h5py.Dataset):
        key = path.split("/")[-1].split(":")[0]
        require(key not in found, f"{self.path}: layer '{name}': expected one array '{key}', found two")
        found[key] = self.read(item, name, key)

    group = self.child(self.root, name)
    if isinstance(group, self.h5py.Group):
      group.visititems(take)
    return found


class NumberedWeights(Weights):
  """Weights of .keras: a group for each layer, named by its class and a number, whose arrays are numbered.

  layers  (name, class) of all layers, in the order of the configuration
  """

  def __init__(self, h5py, path, root, layers):
    super().__init__(h5py, path, root)
    groups = next((group for group in (self.child(root, name) for name in ROOTS) if group is not None), None)
    require(isinstance(groups, h5py.Group), f"{path}: expected the group 'layers' in model.weights.h5, found none")
    self.groups = {}  # layer: the name of its group, or the sentence that refuses it
    # Keras 2.12 skips numbers, so the groups of a class count in their order.
    for kind in dict.fromkeys(kind for _, kind in layers):
      names = [name for name, other in layers if other == kind]
      prefix = snake_case(kind)
      found = [name for name in groups if re.fullmatch(re.escape(prefix) + r"(_\d{1,9})?", name)]
      found.sort(key=lambda name: int(name[len(prefix) + 1:] or 0))
      for at, name in enumerate(names):
        self.groups[name] = (found[at], None) if len(found) == len(names) else (
            None, f"expected {len(names)} groups '{prefix}' in model.weights.h5, found {len(found)}")
    self.layers = groups

  def arrays(self, name, keys):
    """Returns a layer's arrays. `keys` are their names in the order in which Keras creates them."""
    what = f"{self.path}: layer '{name}'"
    group, refusal = self.groups[name]
    require(refusal is None, f"{what}: {refusal}")
    found = self.child(self.layers, group + "/vars")
    numbers = list(found) if isinstance(found, self.h5py.Group) else []
    require(
        sorted(numbers) == sorted(str(at) for at in range(len(keys))),
        f"{what}: expected {len(keys)} arrays ({', '.join(keys)}), found {len(numbers)}")
    items = [(key, self.child(found, str(at))) for at, key in enumerate(keys)]
    require(all(isinstance(item, self.h5py.Dataset) for _, item in items), f"{what}: expected arrays, found groups")
    return {key: self.read(item, name, key) for key, item in items}


def snake_case(name):
  """Returns the name of a class as Keras writes it in the names of groups: "MaxPooling2D" is "max_pooling2d"."""
  name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
  return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def plain(value):
  """Returns a configuration with Keras's encoding of tuples as lists."""
  if isinstance(value, dict):
    if value.get("class_name") in ("__tuple__", "TupleType") and isinstance(value.get("items"), list):
      return [plain(item) for item in value["items"]]
    return {key: plain(item) for key, item in value.items()}
  return [plain(item) for item in value] if isinstance(value, list) else value


def member(archive, path, name, most):
  """Returns the bytes of a member of a zip."""
  require(name in archive.namelist(), f"{path}: expected {name} in the archive, found none")
  info = archive.getinfo(name)
  require(info.file_size <= most, f"{path}: {name}: expected at most {most} bytes, found {info.file_size}")
  with archive.open(info) as file:
    contents = file.read(most + 1)
  require(len(contents) <= most, f"{path}: {name}: expected at most {most} bytes")
  return contents


def read_members(path, contents):
  """Returns the bytes of config.json and of model.weights.h5."""
  try:
    with zipfile.ZipFile(io.BytesIO(contents)) as archive:
      require(len(archive.infolist()) <= MOST_MEMBERS, f"{path}: expected at most {MOST_MEMBERS} members")
      return (member(archive, path, "config.json", MOST_CONFIG_BYTES),
              member(archive, path, "model.weights.h5", MOST_BYTES))
  except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError,
          RuntimeError) as error:
    raise Refusal(f"{path}: expected a .keras archive, found {str(error).split(chr(10))[0]}") from None


def open_model(path, read):
  """Opens a model and returns read(config, weights); weights(layers) returns NamedWeights or NumberedWeights."""
  h5py = import_h5py(path)
  try:
    contents = read_file(path)
    if not contents.startswith(b"\x89HDF") and path.lower().endswith(".keras"):
      config, arrays = read_members(path, contents)
      with h5py.File(io.BytesIO(arrays), "r") as file:
        return read(plain(json.loads(config)), lambda layers: NumberedWeights(h5py, path, file, layers))
    with h5py.File(io.BytesIO(contents), "r") as file:
      require("model_config" in file.attrs, f"{path}: expected a model saved with its architecture, found only weights")
      text = file.attrs["model_config"]
      root = child(h5py, path, file, "model_weights")
      root = file if root is None else root
      return read(plain(json.loads(text)), lambda layers: NamedWeights(h5py, path, root))
  except Refusal:
    raise
  except ERRORS as error:
    text = str(error).split("\n")[0] or type(error).__name__
    raise Refusal(f"{path}: expected a Keras model, found {text}") from None
