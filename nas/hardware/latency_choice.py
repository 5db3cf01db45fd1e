"""A latency table that a person chose for a search: found by its reference, and looked at before anything runs."""

from __future__ import annotations

import numpy as np

from nas.core.errors import InvalidConfig, InvalidData, UnknownName
from nas.core.graph import Shape
from nas.core.latency import LatencyLibrary
from nas.core.space import Space
from nas.hardware.latency_table import LatencyTable, MissingLatency
from nas.hardware.network_pieces import pieces_of

_LOOKED_AT = 8
"""Random architectures; a table of another space or input lacks something of the first one."""


def found_latency(reference: str, library: LatencyLibrary | None, *, field: str = "latency_table") -> LatencyTable:
    """Raises InvalidConfig at `field` when there is no such table."""
    if library is None:
        raise InvalidConfig.at(field, "there are no latency tables here; measure or import one first")
    try:
        return library.load_latency(reference)
    except (UnknownName, InvalidData) as error:
        raise InvalidConfig.at(field, str(error)) from None


def check_latency(table: LatencyTable, space: Space, input_shape: Shape, num_classes: int, *, field: str) -> None:
    """Raises InvalidConfig at `field` when the table lacks what networks of the space are made of, as a few of them show."""
    rng = np.random.Generator(np.random.PCG64(0))
    drawn = [pieces_of(space, space.sample(rng), input_shape, num_classes) for _ in range(_LOOKED_AT)]
    if absent := table.missing(piece.key for pieces in drawn for piece in pieces):
        raise InvalidConfig.at(field, str(MissingLatency(table.name, absent)))
