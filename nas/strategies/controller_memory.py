"""How much memory a controller's weights take: each replica that draws may hold a version of its own."""

from __future__ import annotations

from collections.abc import Mapping

from nas.core.errors import InvalidConfig
from nas.strategies.controller_config import ControllerConfig

MOST_BYTES = 512 * 2**20
"""Of all versions together; every part of it is written with the state of the search as well."""

_BESIDE = 3
"""Beside the versions that batches on the way were drawn by: the shared weights and both moments of Adam."""

_BYTES = 8


def check_memory(config: ControllerConfig, groups: Mapping[str, int]) -> None:
    """Raises InvalidConfig at "num_controllers", or at "units" where one controller is too large already.

    `groups`: of the decisions of the space, how many options each has.
    """
    each = _BYTES * config.shape.num_weights(groups)
    needed = (config.num_controllers + _BESIDE) * each
    if needed <= MOST_BYTES:
        return
    fitting = MOST_BYTES // each - _BESIDE
    many = f"the weights of {config.num_controllers} controllers may take {_mebibytes(needed)}"
    limit = f"at most {_mebibytes(MOST_BYTES)} are possible"
    if fitting >= 1:
        raise InvalidConfig.at("num_controllers", f"{many}; {limit}: {fitting} controllers, or fewer units or layers")
    raise InvalidConfig.at("units", f"{many}; {limit}, so take fewer units or layers")


def _mebibytes(num_bytes: int) -> str:
    return f"{num_bytes >> 20:,} MiB"
