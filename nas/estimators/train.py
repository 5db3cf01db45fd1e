"""The plain estimator: build the network, train it, score it on the validation part."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.core.errors import InvalidConfig
from nas.core.estimator import Evaluation, EvaluationContext, EvaluationRequest, TableLibrary
from nas.core.problem import OutputScored, Problem, supervised
from nas.core.space import Space, Tuning, buildable
from nas.hardware.latency_choice import check_latency, found_latency
from nas.hardware.latency_table import predict
from nas.hardware.network_pieces import pieces_of
from nas.training.recipe import MAX_EPOCHS, Recipe

if TYPE_CHECKING:
    from torch import nn

    from nas.training.loop import EpochReport
    from nas.training.score import Scores


class TrainConfig(Recipe):
    checkpoint_seconds: float = setting(
        60.0,
        title="Time between checkpoints",
        description="How much training a lost worker can cost at most.",
        unit="s",
        ge=1,
        le=86_400,
        advanced=True,
    )
    timeout_seconds: float | None = setting(
        None,
        title="Longest training",
        description="A candidate that trains longer ends as timed out; empty means no limit.",
        unit="s",
        gt=0,
        le=30 * 86_400,
        advanced=True,
    )
    keep_network: bool = setting(
        False,
        title="Keep trained networks",
        description="Store the weights of each candidate at the end, so that reports and exports need no new training.",
        advanced=True,
    )
    latency_table: str | None = setting(
        None,
        title="Latency table",
        description="Where latency_ms comes from: the sum over a table's entries; none means each network is measured.",
        refers_to="latency_table",
        max_length=400,
        advanced=True,
    )


_SMALLER_THAN_IMAGES = ("crop_padding", "cutout")


class Train:
    """Trains each architecture from its own seed. An evaluation interrupted anywhere goes on from its checkpoint.

    Where the space says how its architectures are trained (`Tuning`), that takes the place of these settings; a fidelity
    decides about the epochs all the same.
    """

    name: ClassVar[str] = "train"
    title: ClassVar[str] = "Training"
    summary: ClassVar[str] = "Trains each candidate for some epochs and scores it on validation data."
    source: ClassVar[str] = (
        "The evaluation used since Zoph and Le 2017, arXiv 1611.01578; shortened training as in EcoNAS."
    )
    version: ClassVar[int] = 1
    is_simulated: ClassVar[bool] = False
    inherits_weights: ClassVar[bool] = True
    Config: ClassVar[type[BaseConfig]] = TrainConfig

    def __init__(self, config: TrainConfig, library: TableLibrary | None = None) -> None:
        """Raises InvalidConfig when the latency table is not there."""
        self._config = config
        self._latency = None if config.latency_table is None else found_latency(config.latency_table, library)

    @property
    def config(self) -> TrainConfig:
        return self._config

    def metrics(self, problem: Problem) -> tuple[str, ...]:
        return (*problem.metrics(), "train_seconds", "latency_ms")

    def check(self, space: Space, problem: Problem) -> None:
        buildable(space)
        supervised(problem)
        if "accuracy" not in problem.metrics() and not isinstance(problem, OutputScored):
            raise InvalidConfig.at("estimator", f"training here needs a classification problem, not {problem.name}")
        side = min(problem.input_shape[1:])
        for field in _SMALLER_THAN_IMAGES:
            if getattr(self._config, field) >= side:
                raise InvalidConfig.at(
                    f"estimator.{field}",
                    f"must be smaller than the images, which are {side} pixels, got {getattr(self._config, field)}",
                )
        if self._latency is not None:
            check_latency(
                self._latency, space, problem.input_shape, problem.num_classes, field="estimator.latency_table"
            )
        if isinstance(space, Tuning):
            for recipe in space.extreme_recipes():
                self._check_tuned(recipe, side)

    def _check_tuned(self, recipe: Mapping[str, Any], side: int) -> None:
        """Raises InvalidConfig when the settings that a space searches do not go with those that stay, or with the images."""
        try:
            tuned = self._tuned(recipe)
        except InvalidConfig as error:
            given = ", ".join(f"{name} {value}" for name, value in recipe.items())
            raise InvalidConfig.at("space", f"with {given}, {error}") from None
        for field in _SMALLER_THAN_IMAGES:
            if getattr(tuned, field) >= side:
                raise InvalidConfig.at(
                    "space",
                    f"{field} must be smaller than the images, which are {side} pixels, got {getattr(tuned, field)}",
                )

    def _tuned(self, recipe: Mapping[str, Any]) -> TrainConfig:
        """The settings with those of `recipe` in their place."""
        return TrainConfig.parse({**self._config.model_dump(), **recipe}) if recipe else self._config

    def evaluate(self, request: EvaluationRequest, context: EvaluationContext) -> Evaluation:
        """Metrics: those of the problem, train_seconds; latency_ms when wanted; test_* when asked for;
        inherited_share when weights were to be inherited, 0 where the parent's were gone."""
        import torch

        from nas.training.environment import named_failures, reproducible
        from nas.training.loop import Hooks, Trainer
        from nas.training.score import score
        from nas.training.warm import warm_examples

        problem, space = request.problem, request.space
        config = self._tuned(space.recipe(request.genotype)) if isinstance(space, Tuning) else self._config
        epochs, schedule_epochs = _epochs(config, request.fidelity)
        device = torch.device(request.device)
        hooks = Hooks(
            on_epoch=(partial(_report, context),),
            should_stop=context.should_stop,
            save=context.save,
            checkpoint_seconds=config.checkpoint_seconds,
            timeout_seconds=config.timeout_seconds,
        )
        with named_failures(device, config.batch_size), reproducible(device, request.seed):
            train, validation = (
                warm_examples(problem, part, device, context.cached) for part in ("train", "validation")
            )
            network = buildable(space).build(request.genotype, problem.input_shape, problem.num_classes)
            judge = problem if isinstance(problem, OutputScored) else None
            trainer = Trainer(
                network, train, validation, config, epochs, request.seed, device, hooks, schedule_epochs, judge=judge
            )
            checkpoint = context.load()
            if checkpoint is not None:
                trainer.restore(checkpoint)
            elif request.inherits:
                parent = context.inherited()
                trainer.inherited_share = 0.0 if parent is None else self._begin_with(network, parent, request)
            outcome = trainer.run()
            # What ran at a chosen fidelity may be asked to go on at a higher one; at the end of its schedule nothing is left.
            is_whole = epochs == request.fidelity.get("schedule_epochs")
            if config.keep_network or request.keeps_network or (request.fidelity and not is_whole):
                context.save(trainer.checkpoint())
            quality = _quality(outcome.validation)
            metrics = {name: quality[name] for name in problem.metrics()} | {"train_seconds": outcome.seconds}
            if trainer.inherited_share is not None:
                metrics["inherited_share"] = trainer.inherited_share
            if request.with_test:
                test = score(network, warm_examples(problem, "test", device, context.cached), judge)
                found = _quality(test)
                metrics |= {f"test_{name}": found[name] for name in problem.metrics() if name != "error_percent"}
            if "latency_ms" in request.wanted:
                metrics["latency_ms"] = self._latency_ms(request, network)
        return Evaluation(metrics=metrics, cost_seconds=outcome.own_seconds, steps_done=outcome.epochs)

    def _begin_with(self, network: nn.Module, parent: bytes, request: EvaluationRequest) -> float:
        """Give the new network what fits of the parent's checkpoint; returns the share of its weights that came from there."""
        from nas.training.inherit import inherit

        return inherit(network, parent)

    def _latency_ms(self, request: EvaluationRequest, network: nn.Module) -> float:
        from nas.hardware.latency import measure_latency

        problem = request.problem
        if self._latency is None:
            return measure_latency(network, problem.input_shape, request.device).median_ms
        pieces = pieces_of(request.space, request.genotype, problem.input_shape, problem.num_classes)
        return predict(self._latency, pieces)

    def check_fidelity(self, fidelity: Mapping[str, Any]) -> None:
        """As `LimitedFidelity` says."""
        _epochs(self._config, fidelity)


def _epochs(config: TrainConfig, fidelity: Mapping[str, Any]) -> tuple[int, int]:
    """Epochs to train and epochs of the schedule. `{"epochs": r}` is a whole training of r epochs;
    `{"epochs": r, "schedule_epochs": R}` the first r of one of R. Raises InvalidConfig for anything else."""
    unknown = set(fidelity) - {"epochs", "schedule_epochs"}
    if unknown:
        raise InvalidConfig.at("fidelity", f"training knows the fidelity epochs, not {', '.join(sorted(unknown))}")
    epochs = fidelity.get("epochs", config.epochs)
    schedule_epochs = fidelity.get("schedule_epochs", epochs)
    for field, value in (("epochs", epochs), ("schedule_epochs", schedule_epochs)):
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_EPOCHS:
            raise InvalidConfig.at(
                f"fidelity.{field}", f"expected a whole number from 1 to {MAX_EPOCHS:,}, got {value!r:.60}"
            )
    if schedule_epochs < epochs:
        raise InvalidConfig.at(
            "fidelity.schedule_epochs", f"must be at least the epochs ({epochs}), got {schedule_epochs}"
        )
    return epochs, schedule_epochs


def _quality(scores: Scores) -> dict[str, float]:
    return {
        "accuracy": scores.accuracy,
        "error_percent": 100 * (1 - scores.accuracy),
        "loss": scores.loss,
        **scores.own,
    }


def _report(context: EvaluationContext, report: EpochReport) -> None:
    context.report(
        report.epoch,
        {
            "accuracy": report.validation.accuracy,
            "loss": report.validation.loss,
            "train_loss": report.train_loss,
            "learning_rate": report.learning_rate,
            "seconds": report.seconds,
            **report.validation.own,
        },
    )
