"""A study: a closer look at one architecture that a search found, longer than an evaluation and asked for by a person.

What happens to a topology under five ways of tuning its weights; how much accuracy goes with each node that is removed; which
lines of a program matter. A study works on a worker, shows what it has so far, can be stopped, and goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, runtime_checkable

from nas.core.config import Config as BaseConfig
from nas.core.proposal import Genotype
from nas.core.setup import SearchSetup
from nas.core.view import View


@dataclass(frozen=True, slots=True)
class StudyRequest:
    """What is to be studied.

    Attributes:
      setup: of the run that found the architecture.
      seed: of everything that the study draws.
      device: "cpu", "cuda:0" …
      weights: the last checkpoint of the trial, where it has one.
      known: what an earlier attempt had found (`StudyProgress.known`), {} at the first start.
    """

    setup: SearchSetup
    genotype: Genotype
    seed: int
    device: str = "cpu"
    weights: bytes | None = None
    known: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StudyProgress:
    """How far a study is.

    Attributes:
      done, total: parts of the work.
      stage: what is worked on, in a few words ("CMA-ES, seed 3").
      known: all that was found so far (JSON, finite numbers): what a later attempt goes on from, and what `Study.views` draws.
    """

    done: int
    total: int
    stage: str
    known: Mapping[str, Any]


@runtime_checkable
class Study(Protocol):
    """The contract. A class; its instance holds one `Config`."""

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    source: ClassVar[str]
    version: ClassVar[int]
    Config: ClassVar[type[BaseConfig]]

    def __init__(self, config: Any) -> None: ...

    @classmethod
    def refusal(cls, setup: SearchSetup, *, has_weights: bool) -> str | None:
        """Why architectures of that search cannot be studied so, in plain words; "" where that is no question (another
        kind of space); None where they can. No torch.
        """
        ...

    def run(
        self,
        request: StudyRequest,
        *,
        should_stop: Callable[[], bool],
        on_progress: Callable[[StudyProgress], None],
    ) -> Mapping[str, Any]:
        """All that was found: `known`, complete. Raises Interrupted when asked to stop (asked often: every second), TrialFailed
        or any NasError with words for people.

        `on_progress` may be called often; not every call is stored.
        """
        ...

    @classmethod
    def views(cls, known: Mapping[str, Any]) -> list[View]:
        """Pictures and tables of what is known so far. No torch."""
        ...


@runtime_checkable
class SeenTogether(Protocol):
    """A study of which several say more than each: of as many architectures, on one problem."""

    @classmethod
    def views_together(cls, known: Sequence[Mapping[str, Any]]) -> list[View]:
        """Pictures of several that have ended, one for each architecture; [] while they are too few. No torch."""
        ...
