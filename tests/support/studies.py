"""Small real studies: what an architecture costs at growing inputs, and how large its stored weights are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from nas.core.config import Config, setting
from nas.core.errors import Interrupted
from nas.core.setup import SearchSetup
from nas.core.study import StudyProgress, StudyRequest
from nas.core.view import View


class CostBySizeConfig(Config):
    num_sizes: int = setting(4, title="Sizes", description="Inputs that are tried.", ge=1, le=100)
    step: int = setting(
        8, title="Step", description="How much larger each is than the one before.", unit="px", ge=1, le=64
    )


class CostBySize:
    """Costs again, at inputs that grow step by step. Goes on after the sizes it knows."""

    name: ClassVar[str] = "cost_by_size"
    title: ClassVar[str] = "Cost by size of input"
    summary: ClassVar[str] = "What the architecture costs at inputs that grow step by step."
    source: ClassVar[str] = "a test"
    version: ClassVar[int] = 1
    Config: ClassVar[type[Config]] = CostBySizeConfig

    def __init__(self, config: CostBySizeConfig) -> None:
        self.config = config

    @classmethod
    def refusal(cls, setup: SearchSetup, *, has_weights: bool) -> str | None:
        return None if len(setup.problem.input_shape) == 3 else ""

    def run(
        self,
        request: StudyRequest,
        *,
        should_stop: Callable[[], bool],
        on_progress: Callable[[StudyProgress], None],
    ) -> Mapping[str, Any]:
        problem, config = request.setup.problem, self.config
        sizes, macs = list(request.known.get("sizes", [])), list(request.known.get("macs", []))
        for number in range(len(sizes), config.num_sizes):
            if should_stop():
                raise Interrupted("asked to stop")
            size = config.step * (number + 1)
            shape = (problem.input_shape[0], size, size)
            sizes, macs = [*sizes, size], [*macs, self._macs(request, shape)]
            known = {"genotype": request.genotype, "sizes": sizes, "macs": macs}
            on_progress(StudyProgress(len(sizes), config.num_sizes, f"{size} px", known))
        return {"genotype": request.genotype, "sizes": sizes, "macs": macs}

    def _macs(self, request: StudyRequest, shape: tuple[int, ...]) -> int:
        return request.setup.space.cost(request.genotype, shape, request.setup.problem.num_classes).macs

    @classmethod
    def views(cls, known: Mapping[str, Any]) -> list[View]:
        sizes, macs = known["sizes"], known["macs"]
        grown = {
            "step_title": "Size",
            "step": sizes,
            "genotypes": [known["genotype"]],
            "genotype": [0] * len(sizes),
            "facts": [["MACs", macs]],
        }
        return [
            View("cost", "Cost at each size", "table", {"size": sizes, "macs": macs}),
            View("sizes", "Size by size", "growth", grown),
        ]


class WeightSizeConfig(Config):
    pass


class WeightSize:
    """How many bytes the stored weights have."""

    name: ClassVar[str] = "weight_size"
    title: ClassVar[str] = "Size of the weights"
    summary: ClassVar[str] = "How many bytes the stored weights have."
    source: ClassVar[str] = "a test"
    version: ClassVar[int] = 1
    Config: ClassVar[type[Config]] = WeightSizeConfig

    def __init__(self, config: WeightSizeConfig) -> None:
        self.config = config

    @classmethod
    def refusal(cls, setup: SearchSetup, *, has_weights: bool) -> str | None:
        return None if has_weights else "Its weights were not kept: let the estimator keep networks, then search again."

    def run(
        self,
        request: StudyRequest,
        *,
        should_stop: Callable[[], bool],
        on_progress: Callable[[StudyProgress], None],
    ) -> Mapping[str, Any]:
        assert request.weights is not None
        return {"bytes": len(request.weights)}

    @classmethod
    def views(cls, known: Mapping[str, Any]) -> list[View]:
        return [View("bytes", "Bytes", "table", {"bytes": [known["bytes"]]})]
