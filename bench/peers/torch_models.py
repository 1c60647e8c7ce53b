"""Times PyTorch's float forward passes of the networks below, with one image and one thread.

Reads the name of a network per line, and answers with the median seconds of a few forward passes. Each network runs in
its faster memory format, channels last or channels first.
"""

import statistics
import sys
import time

import torch
from torch import nn


def conv_net(filters, narrow, wide):
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


def cnv():
    layers = []
    channels = 3
    for width in (64, 128, 256):
        for _ in range(2):
            layers += [nn.Conv2d(channels, width, 3, bias=False), nn.BatchNorm2d(width), nn.Hardtanh()]
            channels = width
        if width < 256:
            layers.append(nn.MaxPool2d(2))
    layers.append(nn.Flatten())
    for units in (512, 512):
        layers += [nn.Linear(channels, units, bias=False), nn.BatchNorm1d(units), nn.Hardtanh()]
        channels = units
    return nn.Sequential(*layers, nn.Linear(channels, 10, bias=False)).eval()


def conv(inputs, outputs, kernel, stride=1, groups=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)


def normed(inputs, outputs, kernel, stride=1, groups=1):
    return [conv(inputs, outputs, kernel, stride, groups), nn.BatchNorm2d(outputs)]


class Residual(nn.Module):
    """Computes relu(body(x) + shortcut(x)), or the sum without relu."""

    def __init__(self, body, shortcut, rectified):
        super().__init__()
        self.body = nn.Sequential(*body)
        self.shortcut = nn.Sequential(*shortcut)
        self.rectified = rectified

    def forward(self, x):
        y = self.body(x) + self.shortcut(x)
        return torch.relu_(y) if self.rectified else y


def basic_block(inputs, outputs, stride):
    body = normed(inputs, outputs, 3, stride) + [nn.ReLU(True)] + normed(outputs, outputs, 3)
    return [Residual(body, [] if stride == 1 else normed(inputs, outputs, 1, stride), True)]


def bottleneck(inputs, inner, stride):
    body = normed(inputs, inner, 1, stride) + [nn.ReLU(True)] + normed(inner, inner, 3) + [nn.ReLU(True)]
    return [Residual(body + normed(inner, 4 * inner, 1), [] if inputs == 4 * inner else normed(inputs, 4 * inner, 1, stride), True)]


def bottleneck_v2(inputs, inner, stride):
    front = [nn.BatchNorm2d(inputs), nn.ReLU(True)]
    body = normed(inputs, inner, 1) + [nn.ReLU(True)] + normed(inner, inner, 3, stride) + [nn.ReLU(True), conv(inner, 4 * inner, 1)]
    if inputs == 4 * inner:
        return [Residual([nn.BatchNorm2d(inputs), nn.ReLU()] + body, [], False)]
    return front + [Residual(body, [conv(inputs, 4 * inner, 1, stride)], False)]


def residual_net(block, counts, widening, stem_normed):
    layers = normed(3, 64, 7, 2) + [nn.ReLU(True)] if stem_normed else [conv(3, 64, 7, 2)]
    layers.append(nn.MaxPool2d(3, 2, 1))
    channels = 64
    for stage, count in enumerate(counts):
        width = 64 << stage
        for place in range(count):
            layers += block(channels, width, 2 if place == 0 and stage > 0 else 1)
            channels = width * widening
    if not stem_normed:
        layers += [nn.BatchNorm2d(channels), nn.ReLU(True)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1000)).eval()


def mobilenet_v1():
    layers = normed(3, 32, 3, 2) + [nn.ReLU(True)]
    channels = 32
    for width, stride in [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + 5 * [(512, 1)] + [(1024, 2), (1024, 1)]:
        layers += normed(channels, channels, 3, stride, channels) + [nn.ReLU(True)] + normed(channels, width, 1) + [nn.ReLU(True)]
        channels = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1000)).eval()


# For each network: its constructor, and the side of its images.
NETWORKS = {
    "model_a": (lambda: conv_net(128, 512, 2048), 32),
    "model_d": (lambda: conv_net(64, 128, 512), 32),
    "cnv": (cnv, 32),
    "resnet_18": (lambda: residual_net(basic_block, (2, 2, 2, 2), 1, True), 224),
    "resnet_50": (lambda: residual_net(bottleneck, (3, 4, 6, 3), 4, True), 224),
    "resnet_50_v2": (lambda: residual_net(bottleneck_v2, (3, 4, 6, 3), 4, False), 224),
    "mobilenet_v1": (mobilenet_v1, 224),
}


def forward_passes(net, image, passes):
    times = []
    for _ in range(passes):
        start = time.perf_counter()
        net(image)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def in_format(name, memory_format):
    make, side = NETWORKS[name]
    return make().to(memory_format=memory_format), torch.rand(1, 3, side, side).contiguous(memory_format=memory_format)


def prepare(name):
    formats = (torch.channels_last, torch.contiguous_format)
    ready = [in_format(name, f) for f in formats]
    for candidate in ready:
        forward_passes(*candidate, 5)
    return min(ready, key=lambda candidate: forward_passes(*candidate, 15))


def main():
    torch.set_num_threads(1)
    torch.manual_seed(1)
    with torch.inference_mode():
        ready = {}
        print(torch.__version__, "CPU capability", cpu_capability(), flush=True)
        for line in sys.stdin:
            name = line.strip()
            if name not in ready:
                ready[name] = prepare(name)
            print(f"{forward_passes(*ready[name], 9):.9f}", flush=True)


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
