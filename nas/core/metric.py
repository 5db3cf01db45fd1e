"""The measured numbers: one declaration each, from which forms, axes, tables and checks take name, unit, direction."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from nas.core.errors import UnknownName


class Direction(StrEnum):
    MAXIMISE = "maximise"
    MINIMISE = "minimise"


class MetricSource(StrEnum):
    COST = "cost"  # closed form, known before any training
    QUALITY = "quality"  # delivered by the estimator, on validation data; the reward, made from it
    DEVICE = "device"  # measured on the worker's device
    TRAINING = "training"  # what happened in the training; nothing that a search asks for
    SHARED = "shared"  # of a path through a supernet; ranks architectures, no objective of trainings
    TEST = "test"  # for reported architectures only; a strategy never sees it


@dataclass(frozen=True, slots=True)
class Metric:
    """A number an evaluation can deliver. `worst` is the value a hypervolume counts from when no cost bound exists."""

    name: str
    title: str
    direction: Direction
    source: MetricSource
    unit: str = ""
    is_log: bool = False
    worst: float | None = None


REWARD = "reward"
"""The metric that a run makes from others, as its `Reward` says (nas/core/reward.py)."""

_ALL = (
    Metric("accuracy", "Accuracy", Direction.MAXIMISE, MetricSource.QUALITY, worst=0.0),
    Metric("error_percent", "Error", Direction.MINIMISE, MetricSource.QUALITY, unit="%", worst=100.0),
    Metric("loss", "Loss", Direction.MINIMISE, MetricSource.QUALITY),
    Metric("shared_accuracy", "Accuracy with shared weights", Direction.MAXIMISE, MetricSource.SHARED, worst=0.0),
    Metric("mean_accuracy", "Mean accuracy", Direction.MAXIMISE, MetricSource.QUALITY, worst=0.0),
    Metric("peak_accuracy", "Peak accuracy", Direction.MAXIMISE, MetricSource.QUALITY, worst=0.0),
    Metric("ensemble_accuracy", "Ensemble accuracy", Direction.MAXIMISE, MetricSource.QUALITY, worst=0.0),
    Metric(
        "random_weight_accuracy", "Accuracy with random weights", Direction.MAXIMISE, MetricSource.QUALITY, worst=0.0
    ),
    Metric("random_weight_spread", "Spread with random weights", Direction.MINIMISE, MetricSource.QUALITY),
    Metric("auprc", "Area under precision-recall", Direction.MAXIMISE, MetricSource.QUALITY, worst=0.0),
    Metric("mean_return", "Mean return", Direction.MAXIMISE, MetricSource.QUALITY),
    Metric("best_return", "Best return", Direction.MAXIMISE, MetricSource.QUALITY),
    Metric("fitness", "Fitness", Direction.MAXIMISE, MetricSource.QUALITY, worst=0.0),
    Metric("rms_error", "RMS error", Direction.MINIMISE, MetricSource.QUALITY, is_log=True, worst=100.0),
    Metric(REWARD, "Reward", Direction.MAXIMISE, MetricSource.QUALITY, worst=0.0),
    Metric("params", "Parameters", Direction.MINIMISE, MetricSource.COST, is_log=True),
    Metric("macs", "MACs", Direction.MINIMISE, MetricSource.COST, is_log=True),
    Metric("activations", "Activations", Direction.MINIMISE, MetricSource.COST, is_log=True),
    Metric("peak_memory_bytes", "Peak memory", Direction.MINIMISE, MetricSource.COST, unit="B", is_log=True),
    Metric("latency_ms", "Latency", Direction.MINIMISE, MetricSource.DEVICE, unit="ms", is_log=True),
    Metric("train_seconds", "Training time", Direction.MINIMISE, MetricSource.DEVICE, unit="s", is_log=True),
    Metric("inherited_share", "Inherited weights", Direction.MAXIMISE, MetricSource.TRAINING),
    Metric("test_accuracy", "Test accuracy", Direction.MAXIMISE, MetricSource.TEST, worst=0.0),
    Metric("test_loss", "Test loss", Direction.MINIMISE, MetricSource.TEST),
    Metric("test_mean_accuracy", "Test mean accuracy", Direction.MAXIMISE, MetricSource.TEST, worst=0.0),
    Metric("test_ensemble_accuracy", "Test ensemble accuracy", Direction.MAXIMISE, MetricSource.TEST, worst=0.0),
    Metric("test_auprc", "Test area under precision-recall", Direction.MAXIMISE, MetricSource.TEST, worst=0.0),
    Metric("test_fitness", "Test fitness", Direction.MAXIMISE, MetricSource.TEST, worst=0.0),
    Metric("test_rms_error", "Test RMS error", Direction.MINIMISE, MetricSource.TEST, is_log=True, worst=100.0),
    Metric("test_return", "Test return", Direction.MAXIMISE, MetricSource.TEST),
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}


def metric(name: str) -> Metric:
    """The declaration of the metric `name`. Raises UnknownName."""
    try:
        return METRICS[name]
    except KeyError:
        raise UnknownName(f"there is no metric {name!r:.60}; there are {', '.join(METRICS)}") from None
