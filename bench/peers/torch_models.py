"""Times PyTorch's float forward of Models A and D, one image, one thread.

Reads a model's letter a line; answers with the median seconds of a few forward passes. Each model runs in the memory
format, channels last or first, in which it was faster.
"""

import statistics
import sys
import time

import torch
from torch import nn


def model(filters, narrow, wide):
    layers = []
    channels = 3
    for width in (filters, 2 * filters, 4 * filters):
        layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.Hardtanh()]
        layers += [nn.Conv2d(width, width, 3, padding=1, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(width), nn.Hardtanh()]
        channels = width
    layers.append(nn.Flatten())
    units = 16 * channels
    for width in (narrow, wide):
        layers += [nn.Linear(units, width, bias=False), nn.BatchNorm1d(width), nn.Hardtanh()]
        units = width
    layers += [nn.Linear(units, 10, bias=False), nn.BatchNorm1d(10)]
    return nn.Sequential(*layers).eval()


def forward_passes(net, image, passes):
    times = []
    for _ in range(passes):
        start = time.perf_counter()
        net(image)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def in_format(net, memory_format):
    return net.to(memory_format=memory_format), torch.rand(1, 3, 32, 32).contiguous(memory_format=memory_format)


def prepare(*sizes):
    formats = (torch.channels_last, torch.contiguous_format)
    ready = [in_format(model(*sizes), f) for f in formats]
    for candidate in ready:
        forward_passes(*candidate, 5)
    return min(ready, key=lambda candidate: forward_passes(*candidate, 15))


def main():
    torch.set_num_threads(1)
    torch.manual_seed(1)
    with torch.inference_mode():
        models = {"a": prepare(128, 512, 2048), "d": prepare(64, 128, 512)}
        print(torch.__version__, "CPU capability", cpu_capability(), flush=True)
        for line in sys.stdin:
            print(f"{forward_passes(*models[line.strip()], 9):.9f}", flush=True)


def cpu_capability():
    for line in torch.__config__.show().splitlines():
        if "CPU capability" in line:
            return line.split()[-1]
    return "unknown"


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
