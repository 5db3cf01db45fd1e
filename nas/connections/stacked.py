"""The networks of a whole population as one: every layer of all candidates is one operation of torch.

Xie et al. 2019, arXiv 1904.01569, section 3.1 says what a node computes. Nothing passes from one candidate to another, forwards
or backwards; a candidate trained here is the one that is trained alone (tests hold it to that).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from nas.connections.form import STAGE, Form, Weights, is_statistic, operations_of
from nas.connections.variation import Wires

_MOMENTUM, _EPSILON = 0.1, 1e-5  # as torch's batch norms have them


@dataclass(frozen=True, slots=True)
class Group:
    """Candidates whose node does the same. `rows` None for all of them."""

    operation: str
    is_entry: bool
    rows: Tensor | None


@dataclass(frozen=True, slots=True)
class Part:
    """A trained tensor and the axis that counts candidates."""

    tensor: Tensor
    axis: int


class StackedNetworks:
    """(B, *input_shape) → (num_candidates, B, num_outputs)."""

    def __init__(self, form: Form, population: Sequence[Wires], weights: Weights, device: torch.device) -> None:
        self.form = form
        self.num = len(population)
        # Tensors of nodes are kept node by node: what a layer reads and writes, statistics too, is then contiguous.
        self._weights = {
            name: (tensor.transpose(0, 1) if _is_of_nodes(name) else tensor).to(device).contiguous().clone()
            for name, tensor in weights.items()
        }
        num = form.num_nodes
        reads = torch.zeros(self.num, num, num)
        for place, wires in enumerate(population):
            for source, target in wires.edges:
                reads[place, target, source] = 1
        num_read, num_readers = reads.sum(dim=2), reads.sum(dim=1)
        is_entry = (num_read == 0) & (num_readers > 0)
        is_end = (num_readers == 0) & (num_read > 0)
        self._reads = reads.to(device)  # (P, target, source)
        self._is_single = (num_read == 1).unsqueeze(2).to(device)
        self._is_entry = is_entry.float().to(device)  # (P, node)
        self._shares = (is_end / is_end.sum(dim=1, keepdim=True)).to(device)  # of the mean, (P, node)
        self._sources = [reads[:, node].any(dim=0).nonzero().flatten().tolist() for node in range(num)]
        self._ends = is_end.any(dim=0).nonzero().flatten().tolist()
        self._groups: list[list[Group]] = []
        self._orders: list[Tensor] = []  # brings the candidates of a node's groups back into their order
        for node in range(num):
            groups = _groups(form, population, is_entry[:, node].tolist(), node, device)
            self._groups.append(groups)
            rows = torch.cat([group.rows for group in groups if group.rows is not None] or [torch.arange(0)])
            self._orders.append(torch.argsort(rows).to(device))

    def trained(self) -> list[Part]:
        return [
            Part(tensor, int(_is_of_nodes(name))) for name, tensor in self._weights.items() if not is_statistic(name)
        ]

    def export(self) -> Weights:
        """All weights and statistics as they are now, (num_candidates, …), on the CPU."""
        return {
            name: (tensor.transpose(0, 1) if _is_of_nodes(name) else tensor).detach().cpu().contiguous()
            for name, tensor in self._weights.items()
        }

    def __call__(self, inputs: Tensor, *, training: bool = False) -> Tensor:
        if self.form.substrate == "vector":
            return self._on_vectors(inputs.flatten(1), training)
        return self._on_images(inputs, training)

    def _on_vectors(self, inputs: Tensor, training: bool) -> Tensor:
        """Tensors are (candidate, unit, example), so that a layer is a batched matrix product."""
        w, num, batch = self._weights, self.num, len(inputs)
        x = (w["stem.linear"].flatten(0, 1) @ inputs.T).view(num, -1, batch)
        x = self._norm_vectors(x, _norm(w, "stem"), training)
        stage = f"{STAGE}1"
        sums, norms, maps = self._sum_weights(stage), _norms(w, stage), _maps(w, stage)
        written: list[Tensor] = []
        for node in range(self.form.num_nodes):
            value = self._is_entry[:, node, None, None] * x
            if sources := self._sources[node]:
                read = torch.stack([written[s] for s in sources], dim=1).flatten(2)
                value = value + torch.bmm(sums[:, node, sources].unsqueeze(1), read).view(value.shape)
            value = functional.relu(value)
            found = []
            for group in self._groups[node]:
                y = value if group.rows is None else value[group.rows]
                for name in ("first", "second"):
                    key = f"{group.operation}.{name}"
                    if key in maps:
                        matrix = maps[key][node]
                        y = torch.bmm(matrix if group.rows is None else matrix[group.rows], y)
                found.append(y)
            written.append(self._norm_vectors(self._in_order(node, found, 0), norms[node], training))
        read = torch.stack([written[end] for end in self._ends], dim=1).flatten(2)
        mean = torch.bmm(self._shares[:, self._ends].unsqueeze(1), read).view(x.shape)
        return torch.baddbmm(w["head.bias"].unsqueeze(2), w["head.weight"], functional.relu(mean)).transpose(1, 2)

    def _on_images(self, inputs: Tensor, training: bool) -> Tensor:
        """Tensors are (example, candidate, channel, row, column), so that a layer is a grouped convolution."""
        w, num, batch = self._weights, self.num, len(inputs)
        x = functional.conv2d(inputs, w["stem.conv"].flatten(0, 1), padding=1)
        x = _batch_norm(x, _norm(w, "stem"), training).view(batch, num, -1, *x.shape[2:])
        for number, width in enumerate(self.form.widths, start=1):
            x = self._stage(functional.relu(x), f"{STAGE}{number}", width, training)
        pooled = functional.relu(x).mean(dim=(3, 4)).view(batch, num, -1)
        return torch.baddbmm(w["head.bias"].unsqueeze(1), pooled.transpose(0, 1), w["head.weight"].transpose(1, 2))

    def _stage(self, x: Tensor, stage: str, width: int, training: bool) -> Tensor:
        """`x` behind its ReLU."""
        w = self._weights
        sums, norms, maps = self._sum_weights(stage), _norms(w, stage), _maps(w, stage)
        shape = (len(x), self.num, width, *(-(-side // 2) for side in x.shape[3:]))
        written: list[Tensor] = []
        for node in range(self.form.num_nodes):
            mixed = x.new_zeros(shape)
            for source in self._sources[node]:
                mixed = torch.addcmul(mixed, written[source], sums[:, node, source, None, None, None])
            mixed = functional.relu(mixed)
            found = []
            for group in self._groups[node]:
                read = x if group.is_entry else mixed
                found.append(_convolved(maps, node, group, read if group.rows is None else read[:, group.rows]))
            value = self._in_order(node, found, 1)
            written.append(_batch_norm(value.flatten(1, 2), norms[node], training).view(shape))
        mean = x.new_zeros(shape)
        for end in self._ends:
            mean = torch.addcmul(mean, written[end], self._shares[:, end, None, None, None])
        return mean

    def _sum_weights(self, stage: str) -> Tensor:
        """(P, target, source): sigmoids where a node has several sources, one where it has a single one."""
        free = torch.sigmoid(self._weights[f"{stage}.logits"])
        return torch.where(self._is_single, torch.ones_like(free), free) * self._reads

    def _in_order(self, node: int, found: list[Tensor], axis: int) -> Tensor:
        if len(found) == 1:
            return found[0]
        return torch.cat(found, dim=axis).index_select(axis, self._orders[node])

    def _norm_vectors(self, x: Tensor, norm: Sequence[Tensor], training: bool) -> Tensor:
        return _batch_norm(x.reshape(1, -1, x.shape[2]), norm, training).view(x.shape)


def _is_of_nodes(name: str) -> bool:
    return name.startswith(STAGE) and not name.endswith(".logits")


def _groups(
    form: Form, population: Sequence[Wires], is_entry: Sequence[bool], node: int, device: torch.device
) -> list[Group]:
    members: dict[tuple[str, bool], list[int]] = {}
    for row, wires in enumerate(population):
        does = (operations_of(form, wires)[node], form.substrate == "image" and is_entry[row])
        members.setdefault(does, []).append(row)
    if len(members) == 1:
        return [Group(*does, rows=None) for does in members]
    return [Group(*does, rows=torch.tensor(rows, device=device)) for does, rows in members.items()]


def _norm(weights: Weights, prefix: str) -> list[Tensor]:
    return [weights[f"{prefix}.bn.{name}"] for name in ("weight", "bias", "running_mean", "running_var")]


def _norms(weights: Weights, stage: str) -> list[Sequence[Tensor]]:
    """Of each node."""
    return list(zip(*(tensor.unbind(0) for tensor in _norm(weights, stage)), strict=True))


def _maps(weights: Weights, stage: str) -> dict[str, Sequence[Tensor]]:
    """Of each operation's maps, the tensors by node. Taken apart at once: taking one by one would sum whole gradients."""
    begins = f"{stage}."
    inside = {name.removeprefix(begins): tensor for name, tensor in weights.items() if name.startswith(begins)}
    return {name: t.unbind(0) for name, t in inside.items() if not name.startswith(("bn.", "logits"))}


def _convolved(maps: Mapping[str, Sequence[Tensor]], node: int, group: Group, x: Tensor) -> Tensor:
    """(B, P, C, H, W) → (B, P, c, H', W'), each candidate by its own kernels."""
    num, place = x.shape[1], "entry" if group.is_entry else "inner"
    stride = 2 if group.is_entry else 1
    kernels = {
        name: maps[key][node]
        for name in ("full", "deep", "point")
        if (key := f"{group.operation}.{place}.{name}") in maps
    }
    if group.rows is not None:
        kernels = {name: kernel[group.rows] for name, kernel in kernels.items()}
    flat = {name: kernel.flatten(0, 1) for name, kernel in kernels.items()}
    y = x.flatten(1, 2)
    if "full" in flat:
        y = functional.conv2d(y, flat["full"], stride=stride, padding=1, groups=num)
    elif "deep" in flat:
        y = functional.conv2d(y, flat["deep"], stride=stride, padding=1, groups=y.shape[1])
    elif group.operation == "max_pool_3x3":
        y = functional.max_pool2d(y, 3, stride=stride, padding=1)
    else:
        y = functional.avg_pool2d(y, 3, stride=stride, padding=1, count_include_pad=False)
    if "point" in flat:
        y = functional.conv2d(y, flat["point"], groups=num)
    return y.view(len(y), num, -1, *y.shape[2:])


def _batch_norm(x: Tensor, norm: Sequence[Tensor], training: bool) -> Tensor:
    """`norm`: weight, bias, running mean and variance; all candidates' channels are channels here."""
    weight, bias, mean, var = (tensor.view(-1) for tensor in norm)
    return functional.batch_norm(x, mean, var, weight, bias, training, _MOMENTUM, _EPSILON)
