"""Building a latency table: every piece of a space measured on this device, then whole random networks to check the sums."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from nas.blueprint.blueprint import Blueprint
from nas.core.config import Config, setting
from nas.core.errors import Interrupted
from nas.core.graph import Shape
from nas.core.space import Space
from nas.hardware.devices import device_fingerprint
from nas.hardware.latency_table import LatencyRow, LatencyTable, TableFingerprint
from nas.hardware.network_pieces import blueprint_of, pieces_of_blueprint, pieces_of_space

DTYPE = "float32"

Stage = Literal["pieces", "networks"]


class MeasureConfig(Config):
    """How the rows of a table are measured."""

    batch: int = setting(1, title="Batch", description="Examples at a time.", unit="examples", ge=1, le=1024)
    threads: int = setting(
        1, title="Threads", description="Of a CPU; a GPU takes no notice.", unit="threads", ge=1, le=64, advanced=True
    )
    memory_format: Literal["contiguous", "channels_last"] = setting(
        "contiguous",
        title="Memory format",
        description="How maps lie in memory; channels last is quicker on many devices.",
        advanced=True,
    )
    num_checks: int = setting(
        30,
        title="Networks to check",
        description="Random networks measured as a whole, against the sum of their pieces.",
        unit="networks",
        ge=0,
        le=200,
    )
    seed: int = setting(0, title="Seed", description="Which networks are drawn.", ge=0, le=2**53, advanced=True)


@dataclass(frozen=True, slots=True)
class MeasureProgress:
    """`stage`: "pieces" while rows are measured, "networks" while their sums are checked; `table`: what there is so far."""

    stage: Stage
    done: int
    total: int
    table: LatencyTable


def measure_table(
    space: Space,
    input_shape: Shape,
    num_classes: int,
    device: str,
    *,
    name: str,
    config: MeasureConfig | None = None,
    known: LatencyTable | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    on_progress: Callable[[MeasureProgress], None] = lambda progress: None,
) -> LatencyTable:
    """Measure what `known` lacks, a row at a time.

    Args:
      known: what was measured before; begun anew when its fingerprint is another one.
      should_stop: asked between rows; what was measured so far was handed to `on_progress`.

    Raises InvalidConfig when the space cannot be taken apart, TrialFailed out of memory, Interrupted.
    """
    import torch

    from nas.hardware.latency import ROW, timed_passes
    from nas.modules.blueprint_network import BlueprintNetwork
    from nas.training.environment import named_failures, reproducible

    config = config or MeasureConfig()
    threads = config.threads if device == "cpu" else 0
    fingerprint = TableFingerprint.of(
        device_fingerprint(device, threads), dtype=DTYPE, memory_format=config.memory_format, batch=config.batch
    )
    table = known if known is not None and known.fingerprint == fingerprint else LatencyTable(name, fingerprint, {})

    def row(blueprint: Blueprint) -> LatencyRow:
        times = timed_passes(
            BlueprintNetwork(blueprint),
            blueprint.inputs,
            device,
            profile=ROW,
            batch=config.batch,
            threads=config.threads,
            channels_last=config.memory_format == "channels_last",
        )
        median, p95 = (float(value) for value in np.percentile(times, [50, 95]))
        return LatencyRow(len(times), float(times.mean()), float(times.var()), median, p95)

    def go_on(stage: Stage, done: int, total: int) -> None:
        on_progress(MeasureProgress(stage, done, total, table))
        if should_stop():
            raise Interrupted("measuring was asked to stop")

    wanted = pieces_of_space(space, input_shape, num_classes, seed=config.seed)
    place = torch.device(device)
    with named_failures(place, config.batch), reproducible(place, config.seed):
        for key in table.missing(wanted):
            go_on("pieces", len(wanted) - len(table.missing(wanted)), len(wanted))
            table = table.with_row(key, row(wanted[key].blueprint))
        for number in range(len(table.checks), config.num_checks):
            go_on("networks", number, config.num_checks)
            network = _random_network(space, input_shape, num_classes, (config.seed, number))
            pieces = pieces_of_blueprint(network)
            for piece in pieces:
                if table.missing([piece.key]):  # so rare that no draw had shown it
                    table = table.with_row(piece.key, row(piece.blueprint))
            pair = (table.sum_ms(piece.key for piece in pieces), row(network).median_ms)
            table = replace(table, checks=(*table.checks, pair))
    on_progress(MeasureProgress("networks", len(table.checks), config.num_checks, table))
    return table


def _random_network(space: Space, input_shape: Shape, num_classes: int, seed: tuple[int, int]) -> Blueprint:
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    return blueprint_of(space, space.sample(rng), input_shape, num_classes)
