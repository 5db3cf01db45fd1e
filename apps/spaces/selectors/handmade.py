"""An architecture that a person made: what is wrong with it, or what it is, costs and looks like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apps.accounts.access import AnyUser, Level, teams_of, trial_visible
from apps.architectures.models import Architecture
from apps.architectures.selectors.drawing import Drawing, genotype_drawing, view_named
from apps.runs.engine import specification_of
from apps.runs.models import Run, Trial
from apps.runs.states import RunState
from apps.spaces.selectors.made import space_made
from nas.core.cost import Cost
from nas.core.errors import FieldError, InvalidConfig, InvalidGenotype, NasError
from nas.core.genotype_text import genotype_from_text, genotype_to_text
from nas.core.graph import Shape
from nas.core.proposal import Genotype
from nas.core.space import Notated, Space, architecture_key, space_fingerprint

LONGEST_MESSAGE = 500
MOST_ERRORS = 20
MOST_RUNS_LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class Look:
    """How the page looks at an architecture: what is drawn, which groups are open, and the address that leads to it again."""

    view: str
    opened: str | None
    address: Callable[[Genotype], Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Handmade:
    """Attributes:
    errors: what is wrong with the text; then there is nothing else.
    plain: the genotype in its plain form, as text.
    notation: "" where the space has none.
    trouble: why it cannot be built for this input; then it has neither `cost` nor `drawing`.
    num_trials: trials of the same network that the reader may see.
    """

    errors: tuple[FieldError, ...] = ()
    genotype: Genotype | None = None
    plain: str = ""
    notation: str = ""
    canonical: str = ""
    key: str = ""
    cost: Cost | None = None
    drawing: Drawing | None = None
    trouble: str = ""
    num_trials: int = 0


def handmade(space: Space, text: str, input_shape: Shape, num_classes: int, user: AnyUser, *, look: Look) -> Handmade:
    """Never raises for what a person typed."""
    try:
        genotype = genotype_from_text(space, text)
    except InvalidGenotype as error:
        return Handmade(
            errors=tuple(FieldError(e.field, e.message[:LONGEST_MESSAGE]) for e in error.errors[:MOST_ERRORS])
        )
    key = architecture_key(space, genotype)
    cost, drawing, trouble = None, None, ""
    try:
        cost = space.cost(genotype, input_shape, num_classes)
        view = view_named(look.view, space)
        query = look.address(genotype)
        drawing = genotype_drawing(
            space, genotype, input_shape, num_classes, view=view, opened=look.opened, query=query
        )
    except NasError as error:
        cost, trouble = None, str(error)[:LONGEST_MESSAGE]
    return Handmade(
        genotype=genotype,
        plain=genotype_to_text(genotype),
        notation=space.notation(genotype) if isinstance(space, Notated) else "",
        canonical=space.canonical(genotype),
        key=key,
        cost=cost,
        drawing=drawing,
        trouble=trouble,
        num_trials=_num_trials(key, user),
    )


def runs_to_send_to(space: Space, user: AnyUser) -> list[Run]:
    """Runs under way in this very space to which `user` may add an architecture, the newest first."""
    wanted = space_fingerprint(space)
    under_way = (RunState.QUEUED, RunState.RUNNING, RunState.PAUSED)
    rows = Run.objects.filter(
        space_name=space.name, state__in=under_way, team__in=teams_of(user, Level.WORK).values("pk")
    )
    newest = rows.order_by("-pk").defer("record")[:MOST_RUNS_LOOKED_AT]
    return [run for run in newest if run_fingerprint(run) == wanted]


def run_fingerprint(run: Run) -> str:
    """Names the space of a run; "" when it cannot be made any more."""
    try:
        chosen = specification_of(run).space
        return space_fingerprint(space_made(name=chosen.name, config=chosen.config))
    except InvalidConfig:
        return ""


def _num_trials(key: str, user: AnyUser) -> int:
    architecture = Architecture.objects.filter(key=key).values("pk")
    return trial_visible(Trial.objects.filter(architecture__in=architecture), user).count()
