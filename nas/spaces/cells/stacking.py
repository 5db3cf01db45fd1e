"""How cells are stacked to a network: which cell stands where, how wide it is, whose outputs it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nas.blueprint.piece import Operation, piece
from nas.core.errors import InvalidGenotype
from nas.core.graph import Shape
from nas.operations.heads import AUXILIARY_SIDE
from nas.spaces.cells.family import NORMAL
from nas.spaces.cells.wiring import Wiring
from nas.spaces.images import require_image


@dataclass(frozen=True, slots=True)
class Stem:
    """A step between the image and the first cell: `operation(draft, x, *settings)`."""

    operation: Operation
    settings: tuple[Any, ...]
    label: str = "Stem"


@dataclass(frozen=True, slots=True)
class Place:
    """One cell in the network. Values are numbered: first what each stem makes, then what each cell makes.

    Attributes:
      kind: NORMAL, or REDUCTION (halves the map).
      filters: width of each of its blocks.
      newer, older: the values it reads; `older` is None where there is no cell before the one before: then its
        operations read `newer` as it comes, not aligned (NASNet).
    """

    kind: int
    filters: int
    newer: int
    older: int | None


@dataclass(frozen=True, eq=False)
class Stacking:
    """The network around and between the cells. Compared by identity: make one per setting and keep it.

    Attributes:
      stems: each reads what the one before made, the first the image.
      places: the cells in their order; the last one feeds the head.
      head: (draft, x, num_classes, *head_settings) → logits.
      auxiliary_after: the number of the place whose output an auxiliary head looks at; None without one.
      smallest_side: of images that the stem can take.
    """

    stems: tuple[Stem, ...]
    places: tuple[Place, ...]
    head: Operation
    head_settings: tuple[Any, ...] = ()
    auxiliary_after: int | None = None
    smallest_side: int = 1

    def check(self, input_shape: Shape) -> None:
        """Raises InvalidGenotype when the network cannot be laid over these images."""
        _, *side = require_image(input_shape)
        if min(side) < self.smallest_side:
            least = self.smallest_side
            raise InvalidGenotype.at(
                "", f"this stem needs images of {least}×{least} or more, not {side[0]}×{side[1]}; choose a smaller stem"
            )
        if self.auxiliary_after is None:
            return
        shape = tuple(input_shape)
        of_stems = []
        for stem in self.stems:
            shape = piece(stem.operation, shape, *stem.settings).shape
            of_stems.append(shape)
        seen = self.sides(of_stems)[len(self.stems) + self.auxiliary_after]
        if min(seen) < AUXILIARY_SIDE:
            raise InvalidGenotype.at(
                "",
                f"the auxiliary head needs a map of {AUXILIARY_SIDE}×{AUXILIARY_SIDE} or more and finds "
                f"{seen[0]}×{seen[1]}; switch it off or take larger images",
            )

    def alive(self, wirings: Sequence[Wiring], newer: int) -> list[bool]:
        """Per value (stems, then cells): does the network's output depend on it?

        A cell that never reads one of its inputs can leave others without effect; those are not built.

        Args:
          wirings: of the two kinds of cells.
          newer: the index by which wirings call the newer input.
        """
        first = len(self.stems)
        needed = [False] * (first + len(self.places))
        needed[-1] = True
        for number in range(len(self.places) - 1, -1, -1):
            if needed[first + number]:
                for value in read_values(self.places[number], wirings[self.places[number].kind], newer):
                    needed[value] = True
        for number in range(first - 1, 0, -1):  # a stem reads the one before
            needed[number - 1] |= needed[number]
        return needed

    def sides(self, of_stems: Sequence[Shape]) -> list[Shape]:
        """(height, width) of all values, from the shapes the stems make: they depend on no architecture."""
        sides = [shape[1:] for shape in of_stems]
        for place in self.places:
            side = sides[place.newer]
            sides.append(side if place.kind == NORMAL else (-(-side[0] // 2), -(-side[1] // 2)))
        return sides

    def names(self) -> list[tuple[tuple[str, str], ...]]:
        """Per place the groups around it, its own last, as (name, label). Normal cells of one size form a stage."""
        names: list[tuple[tuple[str, str], ...]] = []
        stage = cell = reduction = 0
        for place in self.places:
            if place.kind == NORMAL:
                stage, cell = stage + (cell == 0), cell + 1
                names.append(((f"stage{stage}", f"Stage {stage}"), (f"cell{cell}", f"Normal cell {cell}")))
            else:
                reduction, cell = reduction + 1, 0
                names.append(((f"reduction{reduction}", f"Reduction cell {reduction}"),))
        return names


def read_values(place: Place, wiring: Wiring, newer: int) -> list[int]:
    """The values a cell reads, in the order in which it first does: the older one is aligned first."""
    values = []
    if wiring.reads(1 - newer):
        values.append(place.newer if place.older is None else place.older)
    if wiring.reads(newer) and place.newer not in values:
        values.append(place.newer)
    return values
