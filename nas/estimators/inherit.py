"""The estimator that trains nothing: each architecture is a path of a supernet that an earlier search trained."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from zlib import crc32

from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.core.errors import Interrupted, InvalidConfig, InvalidData, StateMismatch, TrialFailed, UnknownName
from nas.core.estimator import Evaluation, EvaluationContext, EvaluationRequest, TableLibrary
from nas.core.objective import Objective
from nas.core.problem import Problem
from nas.core.result import ResultStatus
from nas.core.setup import SearchSetup
from nas.core.space import Shareable, Space, buildable, space_fingerprint
from nas.core.supernet import StoredSupernet

if TYPE_CHECKING:
    import torch

    from nas.supernets.training import SupernetTraining

MOST_BATCHES = 10_000


class InheritConfig(BaseConfig):
    supernet: str = setting(
        "",
        title="Supernet",
        description="Whose weights score the architectures: an earlier search with shared weights in the same space, on the same "
        "data.",
        refers_to="supernet",
        max_length=400,
    )
    calibration_batches: int = setting(
        10,
        title="Batches for batch norm",
        description="Of training examples, from which each architecture gets statistics of its own before it is scored.",
        unit="batches",
        ge=1,
        le=MOST_BATCHES,
    )
    batch_size: int = setting(
        64, title="Batch size", description="Examples in each of them.", unit="examples", ge=2, le=16_384, advanced=True
    )


class Inherit:
    """Guo et al. 2020, section 3.4. What it calls accuracy is that with shared weights: good for comparing architectures with
    each other, lower than what training alone would reach. An architecture has one score, whatever the seed.
    """

    name: ClassVar[str] = "inherit"
    title: ClassVar[str] = "Weights of a supernet"
    summary: ClassVar[str] = (
        "Scores each candidate with the shared weights of an earlier search; nothing is trained, so accuracies only rank."
    )
    source: ClassVar[str] = "Guo et al. 2020, arXiv 1904.00420, section 3.4; Bender et al. 2018 (ICML 2018)"
    version: ClassVar[int] = 1
    is_simulated: ClassVar[bool] = False
    Config: ClassVar[type[BaseConfig]] = InheritConfig

    def __init__(self, config: InheritConfig, library: TableLibrary | None = None) -> None:
        """Raises InvalidConfig when the supernet is not there."""
        self._config = config
        self._library = library
        if library is None or not config.supernet:
            raise InvalidConfig.at(
                "supernet", "choose a supernet; a search like single-path one-shot or DARTS trains one and keeps it"
            )
        try:
            self._supernet: StoredSupernet = library.load_supernet(config.supernet)
        except (UnknownName, InvalidData) as error:
            raise InvalidConfig.at("supernet", str(error)) from None

    @property
    def config(self) -> InheritConfig:
        return self._config

    @property
    def fingerprint(self) -> str:
        """Of the weights: another training of the same run gives other scores."""
        return self._supernet.fingerprint

    def metrics(self, problem: Problem) -> tuple[str, ...]:
        return ("accuracy", "error_percent", "loss", "latency_ms")

    def check(self, space: Space, problem: Problem) -> None:
        """Raises InvalidConfig when the supernet was trained for another space or problem."""
        named = f"the supernet {self._supernet.name}"
        if not isinstance(space, Shareable) or space_fingerprint(space) != self._supernet.space:
            raise InvalidConfig.at(
                "estimator.supernet",
                f"{named} was trained for another space, or for this one with other settings; choose its space and settings, "
                "or another supernet",
            )
        if problem.fingerprint() != self._supernet.problem:
            raise InvalidConfig.at(
                "estimator.supernet",
                f"{named} was trained on other data, or on another split of them; choose its problem and settings, or another "
                "supernet",
            )

    def check_fidelity(self, fidelity: Mapping[str, Any]) -> None:
        """As `LimitedFidelity` says."""
        self._batches(fidelity)

    def evaluate(self, request: EvaluationRequest, context: EvaluationContext) -> Evaluation:
        """Metrics: accuracy, error_percent, loss, all with shared weights; latency_ms when wanted; test_* when asked for."""
        if context.should_stop():
            raise Interrupted("stopped before the architecture was scored")
        import torch

        from nas.hardware.latency import measure_latency
        from nas.supernets.architectures import calibration_batches, shared_score
        from nas.training.environment import named_failures, reproducible, stream
        from nas.training.warm import warm_examples

        started = time.perf_counter()
        num_batches, size = self._batches(request.fidelity), self._config.batch_size
        device = torch.device(request.device)
        seed = crc32(self._supernet.fingerprint.encode())
        with named_failures(device, size), reproducible(device, seed):
            training = context.cached(
                f"supernet:{self._supernet.fingerprint}:{device}", lambda: self._training(request, device, context)
            )
            batches = context.cached(
                f"supernet batches:{self._supernet.fingerprint}:{device}:{num_batches}:{size}",
                lambda: calibration_batches(training.at.train, size, num_batches, stream(seed, 0)),
            )
            forward = training.forward_of(request.genotype)
            found = shared_score(training, forward, batches)
            metrics = {"accuracy": found.accuracy, "error_percent": 100 * (1 - found.accuracy), "loss": found.loss}
            if request.with_test:
                test = training.score(forward, warm_examples(request.problem, "test", device, context.cached))
                metrics |= {"test_accuracy": test.accuracy, "test_loss": test.loss}
            if "latency_ms" in request.wanted:
                shape = request.problem.input_shape
                network = buildable(request.space).build(request.genotype, shape, request.problem.num_classes)
                metrics["latency_ms"] = measure_latency(network, shape, request.device).median_ms
        seconds = time.perf_counter() - started
        context.report(num_batches, {"accuracy": found.accuracy, "loss": found.loss, "seconds": seconds})
        return Evaluation(metrics=metrics, cost_seconds=seconds, steps_done=num_batches)

    def _training(
        self, request: EvaluationRequest, device: torch.device, context: EvaluationContext
    ) -> SupernetTraining:
        """The supernet with its weights on the device. Raises TrialFailed when they are gone, or of another program."""
        from nas.registry import supernet_trainings
        from nas.supernets.training import Surroundings
        from nas.training.warm import warm_examples

        setup = SearchSetup(
            space=request.space,
            problem=request.problem,
            estimator=self,
            objectives=(Objective.from_text("accuracy"),),
            constraints=(),
            run_seed=0,
            latency=self._library,
        )
        at = Surroundings(
            train=warm_examples(request.problem, "train", device, context.cached),
            validation=warm_examples(request.problem, "validation", device, context.cached),
            device=device,
            seed=0,
        )
        try:
            kind = supernet_trainings.get(self._supernet.training)
            training: SupernetTraining = kind(kind.Config.parse(self._supernet.settings), setup, at)
            training.load_weights(self._supernet.checkpoint())
        except (InvalidConfig, InvalidData, StateMismatch, UnknownName) as error:
            reason = f"The supernet {self._supernet.name} cannot be used any more: {error}."
            raise TrialFailed(ResultStatus.CRASHED, reason) from None
        return training

    def _batches(self, fidelity: Mapping[str, Any]) -> int:
        """`{"batches": n}`: so many for batch norm. Raises InvalidConfig for anything else."""
        if unknown := set(fidelity) - {"batches"}:
            raise InvalidConfig.at(
                "fidelity", f"shared weights know the fidelity batches, not {', '.join(sorted(unknown))}"
            )
        batches = fidelity.get("batches", self._config.calibration_batches)
        if isinstance(batches, bool) or not isinstance(batches, int) or not 1 <= batches <= MOST_BATCHES:
            raise InvalidConfig.at(
                "fidelity.batches", f"expected a whole number from 1 to {MOST_BATCHES:,}, got {batches!r:.60}"
            )
        return batches
