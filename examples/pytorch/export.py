#!/usr/bin/env python3
"""Trains a small PyTorch network briefly and writes the files that examples/import_weights.cpp reads: its state_dict as
weights.safetensors, images.npy (N,C,H,W), and the network's logits for these images, logits.npy (N,10).

usage: export.py FOLDER             writes the three files
       export.py --check FOLDER     loads exported.safetensors, which import_weights wrote, into a new network and
                                    compares its logits with logits.npy
needs: torch and numpy (Debian: apt-get install python3-torch python3-numpy). If the package safetensors is missing,
       the few lines below write and read its format.
"""

import collections
import json
import pathlib
import sys

import numpy as np
import torch
from torch import nn

try:
  from safetensors.torch import load_file, save_file
except ImportError:

  def save_file(tensors, path):
    """Writes an 8-byte length, a JSON header with the offsets of each tensor's bytes, and the bytes."""
    kinds = {torch.float32: "F32", torch.int64: "I64"}
    header, numbers = {}, b""
    for name, tensor in tensors.items():
      begin, numbers = len(numbers), numbers + tensor.contiguous().numpy().tobytes()
      header[name] = {"dtype": kinds[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, len(numbers)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(len(text).to_bytes(8, "little") + text + numbers)

  def load_file(path):
    content = pathlib.Path(path).read_bytes()
    length = int.from_bytes(content[:8], "little")
    numbers, tensors = content[8 + length:], {}
    for name, entry in json.loads(content[8:8 + length]).items():
      if name == "__metadata__":
        continue
      assert entry["dtype"] == "F32", entry
      begin, end = entry["data_offsets"]
      tensors[name] = torch.tensor(np.frombuffer(numbers[begin:end], np.float32)).reshape(entry["shape"])
    return tensors


def network():
  """The network that examples/import_weights.cpp describes as a minnow model."""
  features = nn.Sequential(
      nn.Conv2d(3, 16, 5, padding=2, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),  #
      nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2))
  head = nn.Linear(32 * 6 * 8, 10)
  return nn.Sequential(collections.OrderedDict(features=features, flatten=nn.Flatten(), head=head))


def train_a_little(net):
  """Moves every weight and statistic away from its initial value."""
  optimizer = torch.optim.Adam(net.parameters(), 1e-3)
  for _ in range(10):
    images, labels = torch.randn(16, 3, 24, 32), torch.randint(10, (16,))
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(images), labels).backward()
    optimizer.step()


def main():
  torch.manual_seed(1)
  folder = pathlib.Path(sys.argv[-1])
  net = network()
  if sys.argv[1] == "--check":
    net.load_state_dict(load_file(folder / "exported.safetensors"))
  else:
    train_a_little(net)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(net.state_dict(), folder / "weights.safetensors")
    np.save(folder / "images.npy", torch.randn(8, 3, 24, 32).numpy())
  net.eval()
  with torch.no_grad():
    logits = net(torch.from_numpy(np.load(folder / "images.npy"))).numpy()
  if sys.argv[1] != "--check":
    np.save(folder / "logits.npy", logits)
    return
  difference = np.abs(logits - np.load(folder / "logits.npy")).max()
  print(f"PyTorch with minnow's file: the largest difference is {difference:.3g}")
  if not difference <= 1e-4:
    sys.exit(f"{folder}: expected a difference of at most 1e-4")


if __name__ == "__main__":
  if len(sys.argv) < 2 or len(sys.argv) > 3 or (len(sys.argv) == 3) != (sys.argv[1] == "--check"):
    sys.exit(__doc__)
  main()
