"""What the supervisor must know of a process it keeps alive."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class StopStage(IntEnum):
    """The order of a clean stop: who needs others stops before them."""

    WORK = 1  # web server and workers
    CONTROL = 2
    BROKER = 3


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """A process: `stop_seconds` is how long it may take after SIGTERM before it is killed."""

    name: str
    argv: tuple[str, ...]
    stage: StopStage
    stop_seconds: float
    environment: Mapping[str, str] = field(default_factory=dict)
    pass_fds: tuple[int, ...] = ()
    # What the kernel sends when the supervisor is killed. Only a program that saves something quickly gets SIGTERM.
    death_signal: signal.Signals = signal.SIGKILL

    def __post_init__(self) -> None:
        if not self.argv:
            raise ValueError(f"child {self.name!r} has no command")
        if self.stop_seconds <= 0:
            raise ValueError(f"stop_seconds of child {self.name!r} must be > 0, got {self.stop_seconds}")
