"""DARTS as the paper writes it, in plain modules: what the product's step is timed against. Nothing of the product is used.

Liu et al. 2019, arXiv 1806.09055: equation 2 as a Python sum, algorithm 1 with ξ = 0, the search network of appendix A, the
optimisers of section 3.1. As in the published code both steps differentiate by everything.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Zero(nn.Module):
    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, :: self.stride, :: self.stride] * 0.0


class FactorizedReduce(nn.Module):
    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(c_in, c_out // 2, 1, 2, bias=False)
        self.second = nn.Conv2d(c_in, c_out - c_out // 2, 1, 2, bias=False)
        self.norm = nn.BatchNorm2d(c_out, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(x)
        return self.norm(torch.cat([self.first(x), self.second(x[:, :, 1:, 1:])], dim=1))


def relu_conv_bn(c_in: int, c_out: int) -> nn.Module:
    return nn.Sequential(nn.ReLU(), nn.Conv2d(c_in, c_out, 1, bias=False), nn.BatchNorm2d(c_out, affine=False))


def separable(c: int, k: int, stride: int, dilation: int = 1) -> list[nn.Module]:
    padding = dilation * (k // 2)
    return [
        nn.ReLU(),
        nn.Conv2d(c, c, k, stride, padding, dilation, groups=c, bias=False),
        nn.Conv2d(c, c, 1, bias=False),
        nn.BatchNorm2d(c, affine=False),
    ]


def operations(c: int, stride: int) -> list[nn.Module]:
    return [
        Zero(stride),
        nn.Sequential(nn.MaxPool2d(3, stride, 1), nn.BatchNorm2d(c, affine=False)),
        nn.Sequential(nn.AvgPool2d(3, stride, 1, count_include_pad=False), nn.BatchNorm2d(c, affine=False)),
        nn.Identity() if stride == 1 else FactorizedReduce(c, c),
        nn.Sequential(*separable(c, 3, stride), *separable(c, 3, 1)),
        nn.Sequential(*separable(c, 5, stride), *separable(c, 5, 1)),
        nn.Sequential(*separable(c, 3, stride, 2)),
        nn.Sequential(*separable(c, 5, stride, 2)),
    ]


class MixedOp(nn.Module):
    def __init__(self, c: int, stride: int) -> None:
        super().__init__()
        self.operations = nn.ModuleList(operations(c, stride))

    def forward(self, x: Tensor, weights: Tensor) -> Tensor:
        total = 0
        for weight, operation in zip(weights, self.operations, strict=True):
            total = total + weight * operation(x)
        return total  # type: ignore[return-value]


class Cell(nn.Module):
    def __init__(self, c_older: int, c_newer: int, c: int, *, halves: bool, after_halving: bool) -> None:
        super().__init__()
        self.halves = halves
        self.older = FactorizedReduce(c_older, c) if after_halving else relu_conv_bn(c_older, c)
        self.newer = relu_conv_bn(c_newer, c)
        strides = [2 if halves and source < 2 else 1 for node in range(4) for source in range(node + 2)]
        self.edges = nn.ModuleList(MixedOp(c, stride) for stride in strides)

    def forward(self, older: Tensor, newer: Tensor, weights: Tensor) -> Tensor:
        states = [self.older(older), self.newer(newer)]
        edge = 0
        for _ in range(4):
            total = 0
            for state in states:
                total = total + self.edges[edge](state, weights[edge])
                edge += 1
            states.append(total)  # type: ignore[arg-type]
        return torch.cat(states[2:], dim=1)


class SearchNetwork(nn.Module):
    def __init__(self, channels: int, c: int, num_cells: int, num_classes: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(channels, 3 * c, 3, padding=1, bias=False), nn.BatchNorm2d(3 * c))
        c_older = c_newer = 3 * c
        cells, after_halving = [], False
        for number in range(num_cells):
            halves = number in {num_cells // 3, 2 * num_cells // 3}
            c *= 2 if halves else 1  # the width from here on
            cells.append(Cell(c_older, c_newer, c, halves=halves, after_halving=after_halving))
            c_older, c_newer, after_halving = c_newer, 4 * c, halves
        self.cells = nn.ModuleList(cells)
        self.classifier = nn.Linear(c_newer, num_classes)
        self.alphas = [(1e-3 * torch.randn(14, 8)).requires_grad_() for _ in range(2)]  # normal, reduction

    def forward(self, x: Tensor) -> Tensor:
        older = newer = self.stem(x)
        for cell in self.cells:
            older, newer = newer, cell(older, newer, self.alphas[cell.halves].softmax(dim=1))
        return self.classifier(functional.adaptive_avg_pool2d(newer, 1).flatten(1))


class Textbook:
    """The network with its two optimisers."""

    def __init__(self, channels: int, c: int, num_cells: int, num_classes: int) -> None:
        self.network = SearchNetwork(channels, c, num_cells, num_classes)
        self.weight_optimizer = torch.optim.SGD(self.network.parameters(), lr=0.025, momentum=0.9, weight_decay=3e-4)
        self.alpha_optimizer = torch.optim.Adam(self.network.alphas, lr=3e-4, betas=(0.5, 0.999), weight_decay=1e-3)

    def step(self, train: tuple[Tensor, Tensor], validation: tuple[Tensor, Tensor]) -> float:
        """First order; returns the training loss."""
        self.alpha_optimizer.zero_grad()
        functional.cross_entropy(self.network(validation[0]), validation[1]).backward()
        self.alpha_optimizer.step()
        self.weight_optimizer.zero_grad()
        loss = functional.cross_entropy(self.network(train[0]), train[1])
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 5)
        self.weight_optimizer.step()
        return float(loss.detach())
