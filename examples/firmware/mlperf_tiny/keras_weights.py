#!/usr/bin/env python3
"""Converts the weights of a Keras model (.h5) to a safetensors file with PyTorch's names and layouts, which load_weights
of minnow reads. Supports Conv2D, DepthwiseConv2D, Dense and BatchNormalization.

usage: keras_weights.py MODEL.h5 WEIGHTS.safetensors [--input-scale 255]
needs: numpy and h5py (Debian 12: apt-get install python3-numpy python3-h5py)

A layer's tensors have the layer's name: conv2d.weight, conv2d.bias, batch_normalization.running_mean, and so on. minnow
has no bias before a batch norm, so such a bias is subtracted from the batch norm's mean. minnow's batch norm has the
epsilon 1e-5; the difference to Keras's epsilon is added to the variance. --input-scale multiplies the weights of the
first layer: minnow's images have values from 0 to 1, and a Keras model may take bytes from 0 to 255.
"""

import argparse
import json

import h5py
import numpy as np

MINNOW_EPSILON = 1e-5


def arrays_of(group):
  """Returns the arrays of a layer's group by their names without a suffix: kernel, bias, gamma, and so on."""
  found = {}
  group.visititems(lambda name, item: found.__setitem__(name.split("/")[-1].split(":")[0], np.array(item))
                   if isinstance(item, h5py.Dataset) else None)
  return found


def sources_of(layer):
  """Returns the names of the layers that a layer reads."""
  return [source[0] for node in layer.get("inbound_nodes", []) for source in node]


def convert(path, input_scale):
  with h5py.File(path, "r") as file:
    layers = json.loads(file.attrs["model_config"])["config"]["layers"]
    weights = file["model_weights"] if "model_weights" in file else file
    arrays = {layer["config"]["name"]: arrays_of(weights[layer["config"]["name"]]) for layer in layers
              if layer["config"]["name"] in weights}

  # The batch norm that reads a layer takes the layer's bias.
  norm_of = {source: layer["config"]["name"] for layer in layers if layer["class_name"] == "BatchNormalization"
             for source in sources_of(layer)}
  tensors = {}
  first = True
  for layer in layers:
    kind, name = layer["class_name"], layer["config"]["name"]
    found = arrays.get(name, {})
    if kind in ("Conv2D", "DepthwiseConv2D", "Dense"):
      if kind == "Conv2D":  # (height, width, channels, filters) -> (filters, channels, height, width)
        weight = found["kernel"].transpose(3, 2, 0, 1)
      elif kind == "DepthwiseConv2D":  # (height, width, channels, 1) -> (channels, 1, height, width)
        weight = found["depthwise_kernel"].transpose(2, 3, 0, 1)
      else:  # (inputs, units) -> (units, inputs)
        weight = found["kernel"].transpose(1, 0)
      tensors[name + ".weight"] = weight * input_scale if first else weight
      first = False
      if "bias" in found and name not in norm_of:
        tensors[name + ".bias"] = found["bias"]
    elif kind == "BatchNormalization":
      source = sources_of(layer)[0]
      bias = arrays[source].get("bias", 0)
      tensors[name + ".weight"] = found["gamma"]
      tensors[name + ".bias"] = found["beta"]
      tensors[name + ".running_mean"] = found["moving_mean"] - bias
      tensors[name + ".running_var"] = found["moving_variance"] + (layer["config"]["epsilon"] - MINNOW_EPSILON)
    elif found:
      raise SystemExit(f"{path}: expected layers Conv2D, DepthwiseConv2D, Dense, BatchNormalization, found {kind} '{name}'")
  return tensors


def write_safetensors(path, tensors):
  """Writes the format of https://github.com/huggingface/safetensors: the length of the header, the header, the data."""
  header, data = {}, b""
  for name, tensor in tensors.items():
    numbers = np.ascontiguousarray(tensor, dtype="<f4").tobytes()
    header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(numbers)]}
    data += numbers
  text = json.dumps(header).encode()
  text += b" " * (-len(text) % 8)
  with open(path, "wb") as file:
    file.write(len(text).to_bytes(8, "little") + text + data)


def main():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("model")
  parser.add_argument("weights")
  parser.add_argument("--input-scale", type=float, default=1.0)
  options = parser.parse_args()
  tensors = convert(options.model, options.input_scale)
  write_safetensors(options.weights, tensors)
  print(f"{options.weights}: {len(tensors)} tensors")


if __name__ == "__main__":
  main()
