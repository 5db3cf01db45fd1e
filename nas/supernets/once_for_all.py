"""Progressive shrinking: one network is trained so that all its parts work. Cai et al. 2020, arXiv 1908.09791, section 3.

First the full network; then smaller kernels, fewer layers, fewer channels are opened one after the other, and each step trains
some networks of what is open, drawn evenly. The full network as it was at the end of the first phase teaches them.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache
from typing import Any, ClassVar
from zlib import crc32

import torch
from torch import Tensor, nn
from torch.nn import functional

from nas.core.proposal import Genotype
from nas.supernets.architectures import calibration_batches, shared_score
from nas.supernets.elastic_network import ElasticNetwork, Part
from nas.supernets.elastic_parts import Open, Parts, Setting
from nas.supernets.elastic_sorting import sort_channels
from nas.supernets.once_for_all_recipe import OnceForAllRecipe, Phase
from nas.supernets.recipe import SupernetRecipe
from nas.supernets.training import EpochFacts, Forward, SupernetTraining
from nas.training.checkpoint import load_network, prefixed, with_prefix
from nas.training.environment import stream
from nas.training.schedule import rate_factor

_KEPT_PARTS = 64

MEASURED = {"smallest": 0.0, "middle": 0.5, "largest": 1.0}
"""The networks that are scored after each epoch, by how far all their dials are turned up."""


class OnceForAllTraining(SupernetTraining):
    """Facts of an epoch: metrics "smallest_accuracy", "middle_accuracy", "largest_accuracy" on validation examples, statistics
    of batch norm taken anew; "phase", its name; "counts", how often each option of each dial was trained so far; "sampled", the
    settings that the last step trained.
    """

    name: ClassVar[str] = "once_for_all"
    Config: ClassVar[type[SupernetRecipe]] = OnceForAllRecipe
    config: OnceForAllRecipe
    network: ElasticNetwork

    def build(self) -> nn.Module:
        space: Any = self.setup.space  # the strategy requires Elastic
        problem = self.setup.problem
        self._parts = Parts(space, problem.input_shape, problem.num_classes)
        self._dials = self._parts.dials
        self._resolutions = [at for at, dial in enumerate(self._dials) if dial.aspect == "resolution"]
        self._part = lru_cache(_KEPT_PARTS)(self._part_of)
        self._counts = torch.zeros(len(self._dials), max(len(dial.options) for dial in self._dials), dtype=torch.int64)
        self._begun = 0  # number of the latest phase that was prepared
        self._sampled: list[Setting] = []
        self._teacher_state: dict[str, Tensor] = {}
        self._teacher: ElasticNetwork | None = None
        return ElasticNetwork(self._parts.blueprint(self._parts.extreme(1.0)), self._parts.kernels())

    def undecayed_weights(self) -> list[nn.Parameter]:
        """Biases, scales and shifts."""
        return [parameter for parameter in self.network.parameters() if parameter.ndim == 1]

    def forward_of(self, genotype: Genotype) -> Forward:
        space: Any = self.setup.space
        return self._part(space.setting_of(genotype))

    # Steps --------------------------------------------------------------------------------------------------------------

    def begin_epoch(self) -> None:
        self._phase = self.config.phases[self._phase_number]
        self._open = self._phase.open(self._dials)

    def step(self, inputs: Tensor, targets: Tensor, rate: float) -> Tensor:
        generator = self.stream("networks")
        sizes = {at: _draw(self._open, at, generator) for at in self._resolutions}  # one for the whole batch
        answers = self._taught(inputs, sizes)
        total = torch.zeros((), device=self.device)
        self._sampled = []
        self.clear_gradients()
        for _ in range(self._phase.num_subnets):
            setting = tuple(
                sizes[at] if at in sizes else _draw(self._open, at, generator) for at in range(len(self._dials))
            )
            with self.autocast():
                logits = self.network(inputs, self._part(setting))
                loss = self.loss_of(logits, targets)
                if answers is not None:
                    loss = loss + self.config.distillation * functional.cross_entropy(logits, answers)
            self.backward(loss)  # added up, not averaged, as in the released code
            total += loss.detach()
            self._note(setting)
        self.update_weights(rate)
        return total / self._phase.num_subnets

    def _taught(self, inputs: Tensor, sizes: Mapping[int, int]) -> Tensor | None:
        """What the full network says at this resolution, (N, num_classes) probabilities; None where nothing is to be taught."""
        if self._begun == 0 or not self.config.distillation:
            return None
        if self._teacher is None:
            self._teacher = deepcopy(self.network).eval().requires_grad_(requires_grad=False)
            load_network(self._teacher, self._teacher_state)
        largest = tuple(sizes.get(at, option) for at, option in enumerate(self._parts.extreme(1.0)))
        with torch.no_grad(), self.autocast():
            logits: Tensor = self._teacher(inputs, self._teacher.part(self._parts.blueprint(largest)))
            return logits.float().softmax(dim=1)

    def _note(self, setting: Setting) -> None:
        self._sampled.append(setting)
        live = self._parts.space.live_dials(setting)
        self._counts[range(len(setting)), setting] += torch.tensor(live, dtype=torch.int64)

    def _part_of(self, setting: Setting) -> Part:
        return self.network.part(self._parts.blueprint(setting))

    def _rate(self) -> float:
        """From the first learning rate of the present phase to the last one."""
        phase, (start, end) = self._phase, self._bounds
        total = (end - start) * self.steps_per_epoch
        step = self.steps_done - start * self.steps_per_epoch
        warmup = min(self.config.warmup_epochs * self.steps_per_epoch, total // 2)
        if self.config.schedule == "linear" and step >= warmup:
            factor = 1 - (step - warmup) / (total - warmup)
        else:
            factor = rate_factor("cosine", step, total, warmup)
        return self.config.last_learning_rate + (phase.rate - self.config.last_learning_rate) * factor

    # Phases -------------------------------------------------------------------------------------------------------------

    @property
    def _phase_number(self) -> int:
        """Of the present epoch; after the last one of the last phase that."""
        ends = self.config.phase_ends
        return min(sum(self.epoch >= end for end in ends), len(ends) - 1)

    @property
    def _bounds(self) -> tuple[int, int]:
        """The epochs before and at the end of the present phase."""
        ends = (0, *self.config.phase_ends)
        return ends[self._phase_number], ends[self._phase_number + 1]

    def end_epoch(self) -> EpochFacts:
        phases = self.config.phases
        ended = sum(self.epoch > end for end in self.config.phase_ends)
        facts = EpochFacts(self.epoch, self._measured(), self._told(phases[ended]))
        if self._begun < self._phase_number:
            self._prepare(phases[ended], phases[self._phase_number])
        return facts

    def _measured(self) -> dict[str, float]:
        """The largest comes last, so the statistics of batch norm that stay are the full network's."""
        generator = stream(self.at.seed, crc32(b"calibration"))
        batches = calibration_batches(self.at.train, self.config.batch_size, self.config.calibration_batches, generator)
        return {
            f"{name}_accuracy": shared_score(self, self._part(self._parts.extreme(share)), batches).accuracy
            for name, share in MEASURED.items()
        }

    def _told(self, phase: Phase) -> dict[str, Any]:
        counts = [row[: len(dial.options)] for row, dial in zip(self._counts.tolist(), self._dials, strict=True)]
        return {"phase": phase.name, "counts": counts, "sampled": [list(setting) for setting in self._sampled]}

    def _prepare(self, before: Phase, phase: Phase) -> None:
        """What stands between two phases: the teacher is kept, channels are sorted, the optimiser begins anew."""
        if self._begun == 0:
            self._teacher_state = {name: tensor.detach().clone() for name, tensor in self.network.state_dict().items()}
        if phase.sorts:
            sort_channels(self.network, self._parts.inner_widths(before.open(self._dials)))
        self.forget_momentum()
        self._begun = self._phase_number

    # Checkpoints --------------------------------------------------------------------------------------------------------

    def own_tensors(self) -> dict[str, Tensor]:
        own = {"counts": self._counts, "begun": torch.tensor(self._begun)}
        return own | prefixed("teacher", self._teacher_state)

    def load_own_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        self._counts, self._begun = tensors["counts"].clone(), int(tensors["begun"])
        self._teacher_state, self._teacher = with_prefix("teacher", tensors), None

    def _identity(self) -> dict[str, Any]:
        phases = self.config.model_dump(mode="json", include=set(OnceForAllRecipe.model_fields))
        return super()._identity() | phases


def _draw(options: Open, at: int, generator: torch.Generator) -> int:
    allowed = options[at]
    return allowed[int(torch.randint(len(allowed), (), generator=generator))]
