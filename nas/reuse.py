"""Whether a result that is known already may stand for a new one."""

from __future__ import annotations

from collections.abc import Collection

from nas.core.estimator import Estimator
from nas.core.metric import METRICS, MetricSource
from nas.core.strategy import Strategy


def fresh_because(strategy: Strategy, estimator: Estimator, wanted: Collection[str]) -> str:
    """Why a search measures everything itself; "" where a known result may serve. `wanted`: metrics that it needs."""
    if strategy.fresh_because:
        return f"{strategy.title}: {strategy.fresh_because}"
    if getattr(estimator.config, "keep_network", False):
        return "trained networks are kept, and a known result comes without one"
    # What a table lists was timed once, for everybody.
    if estimator.is_simulated:
        return ""
    looked_up = {"latency_ms"} if getattr(estimator.config, "latency_table", None) else set()
    measured = [METRICS[name] for name in wanted if name not in looked_up]
    timed = sorted(metric.title for metric in measured if metric.source is MetricSource.DEVICE)
    return f"{', '.join(timed)} is timed on a device, and devices differ" if timed else ""
