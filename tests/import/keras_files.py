"""Writes small Keras models: .h5 as Keras 2 does, .keras as Keras 3 and Keras 2.12 do. Needs h5py."""

import io
import json
import re
import zipfile

import h5py

# The order in which Keras creates the arrays of a layer.
ORDER = ["depthwise_kernel", "kernel", "gamma", "beta", "bias", "moving_mean", "moving_variance"]


class Model:
  """A list of layers.

  layers  (class, settings with a name); of a functional model (class, settings, names of the layers that it reads)
  arrays  {layer: {array: numbers}}
  """

  def __init__(self, layers, arrays, package=None):
    self.layers, self.arrays, self.package = layers, arrays, package
    self.functional = any(len(layer) > 2 for layer in layers)

  def config(self, version):
    """The configuration, as Keras 2 or 3 writes it."""
    entries = []
    for kind, settings, *sources in self.layers:
      settings = dict(settings)
      entry = {"class_name": kind, "config": settings}
      if version == 3:
        entry.update(module="keras.layers", registered_name=None, name=settings["name"])
        settings["dtype"] = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}}
        if "batch_input_shape" in settings:
          settings["batch_shape"] = settings.pop("batch_input_shape")
      if self.functional:
        entry["name"] = settings["name"]
        if version == 3:
          tensors = [{
              "class_name": "__keras_tensor__",
              "config": {
                  "shape": [None],
                  "dtype": "float32",
                  "keras_history": [source, 0, 0]
              }
          } for source in (sources[0] if sources else [])]
          args = [tensors] if len(tensors) > 1 else tensors
          entry["inbound_nodes"] = [{"args": args, "kwargs": {"training": False}}] if tensors else []
        else:
          entry["inbound_nodes"] = [[[source, 0, 0, {}] for source in sources[0]]] if sources else []
      entries.append(entry)
    body = {"name": "model", "layers": entries}
    if self.functional:
      last = [self.layers[-1][1]["name"], 0, 0]
      body["output_layers"] = last if version == 3 else [last]
    return {"class_name": "Functional" if self.functional else "Sequential", "config": body}

  def h5(self, path):
    with h5py.File(path, "w") as file:
      file.attrs["model_config"] = json.dumps(self.config(2))
      weights = file.create_group("model_weights")
      for layer, arrays in self.arrays.items():
        for name, numbers in arrays.items():
          weights[f"{layer}/{layer}/{name}:0"] = numbers
    return path

  def weights(self, version):
    """The bytes of model.weights.h5. Keras 2.12 counts layers with weights twice."""
    contents = io.BytesIO()
    with h5py.File(contents, "w") as file:
      root, used = file.create_group("layers" if version == 3 else "_layer_checkpoint_dependencies"), {}
      for kind, settings, *_ in self.layers:
        stem = re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", kind)).lower()
        number = used.get(stem, 0)
        group = root.create_group(f"{stem}_{number}" if number else stem).create_group("vars")
        arrays = self.arrays.get(settings["name"], {})
        for at, name in enumerate(sorted(arrays, key=ORDER.index)):
          group[str(at)] = arrays[name]
        used[stem] = number + (2 if version == 2 and arrays else 1)
      file.create_group("optimizer/vars")
    return contents.getvalue()

  def keras(self, path, version=3):
    with zipfile.ZipFile(path, "w") as archive:
      archive.writestr("metadata.json", json.dumps({"keras_version": "3.4.1" if version == 3 else "2.12.0"}))
      archive.writestr("config.json", json.dumps(self.config(version)))
      archive.writestr("model.weights.h5", self.weights(version))
    return path
