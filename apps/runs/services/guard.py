"""Running pieces of the engine so that what they raise ends a run with a reason instead of a worker with a traceback."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from django.db import Error as DatabaseError

from nas.core.errors import NasError

logger = logging.getLogger(__name__)

T = TypeVar("T")


class StrategyFailed(Exception):
    """The strategy cannot go on; the message is the reason the run ends with."""


def guarded(call: Callable[[], T]) -> T:
    """Run a piece of the engine. What it raises ends the run with a reason; the database's own errors pass through."""
    try:
        return call()
    except NasError as error:
        raise StrategyFailed(str(error)) from error
    except (DatabaseError, OSError):
        raise
    except Exception as error:
        logger.exception("a strategy failed")
        raise StrategyFailed(f"the strategy failed with {type(error).__name__}: {error}") from error
