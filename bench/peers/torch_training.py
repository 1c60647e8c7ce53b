"""Times PyTorch's training steps: forward, backward, Adam.

Reads a line, MODEL KIND BATCH, and answers with the median seconds of a few steps. MODEL: a, d (the ConvNets of
MINW-Net for 32x32 color images) or mlp (784-1024-1024-1024-10). KIND: f32, or ste (signs of weights and inputs;
gradients pass where the input is in [-1, 1]). ConvNets run in their faster memory format, channels last or channels
first. The answer to "memory" is the growth in bytes of the process's peak memory since PyTorch was imported.
"""

import resource
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional


class Sign(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.where(x >= 0, 1.0, -1.0)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient * (x.abs() <= 1)


class Conv(nn.Conv2d):
    def forward(self, x):
        return functional.conv2d(x, Sign.apply(self.weight), padding=self.padding)


class Linear(nn.Linear):
    def forward(self, x):
        return functional.linear(x, Sign.apply(self.weight))


class Activation(nn.Module):
    def forward(self, x):
        return Sign.apply(x)


def conv_net(filters, narrow, wide, ste):
    conv = Conv if ste else nn.Conv2d
    linear = Linear if ste else nn.Linear
    between = Activation if ste else nn.Hardtanh
    layers = []
    channels = 3
    for width in (filters, 2 * filters, 4 * filters):
        layers += [conv(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), between()]
        layers += [conv(width, width, 3, padding=1, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(width), between()]
        channels = width
    layers.append(nn.Flatten())
    units = 16 * channels
    for width in (narrow, wide):
        layers += [linear(units, width, bias=False), nn.BatchNorm1d(width), between()]
        units = width
    return nn.Sequential(*layers, linear(units, 10, bias=False), nn.BatchNorm1d(10))


def perceptron(ste):
    linear = Linear if ste else nn.Linear
    between = Activation if ste else nn.Hardtanh
    layers = []
    for inputs in (784, 1024, 1024):
        layers += [linear(inputs, 1024, bias=False), nn.BatchNorm1d(1024), between()]
    return nn.Sequential(*layers, linear(1024, 10, bias=False), nn.BatchNorm1d(10))


class Training:
    def __init__(self, name, ste, batch, memory_format):
        if name == "mlp":
            self.net = perceptron(ste)
            self.images = torch.rand(batch, 784)
        else:
            sizes = {"a": (128, 512, 2048), "d": (64, 128, 512)}[name]
            self.net = conv_net(*sizes, ste).to(memory_format=memory_format)
            self.images = torch.rand(batch, 3, 32, 32).contiguous(memory_format=memory_format)
        self.labels = torch.randint(10, (batch,))
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=1e-3)

    def step(self):
        start = time.perf_counter()
        self.optimizer.zero_grad()
        functional.cross_entropy(self.net(self.images), self.labels).backward()
        self.optimizer.step()
        return time.perf_counter() - start

    def seconds(self, steps):
        return statistics.median(self.step() for _ in range(steps))


def fastest(name, kind, batch):
    formats = [torch.contiguous_format] if name == "mlp" else [torch.channels_last, torch.contiguous_format]
    ready = [Training(name, kind == "ste", batch, f) for f in formats]
    for candidate in ready:
        candidate.step()
    return min(ready, key=lambda candidate: candidate.seconds(3)) if len(ready) > 1 else ready[0]


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main():
    torch.set_num_threads(1)
    torch.manual_seed(1)
    before = peak()
    known = {}
    print(torch.__version__, flush=True)
    for line in sys.stdin:
        question = line.strip()
        if question == "memory":
            print(peak() - before, flush=True)
            continue
        if question not in known:
            name, kind, batch = question.split()
            known[question] = fastest(name, kind, int(batch))
        print(f"{known[question].seconds(3):.9f}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
