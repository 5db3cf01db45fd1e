"""A network of stacked cells written out, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Literal

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.draft import Draft, Value
from nas.core.graph import Shape
from nas.operations.catalogue import OPERATIONS
from nas.operations.heads import auxiliary_head
from nas.operations.primitives.dropping import DropPath
from nas.operations.primitives.merging import Add, Concat
from nas.operations.reductions import fitted
from nas.spaces.cells.family import NORMAL, NUM_INPUTS, CellFamily
from nas.spaces.cells.stacking import Place, Stacking
from nas.spaces.cells.wiring import Operands, Wiring


@dataclass(frozen=True, slots=True)
class TrainingExtras:
    """What acts in training only.

    Attributes:
      drop_path: how often an operation's result is dropped in the last cell, at the end of the training. What hands on its
        input unchanged is never dropped.
      grows_with: whether the probability grows with the "steps" or with the "epochs" of the training.
      grows_with_depth: earlier cells drop less, in proportion (Zoph et al. 2018, arXiv 1707.07012, appendix A.5).
      auxiliary_bias: whether the auxiliary head's linear layer has a bias.
    """

    drop_path: float = 0.0
    grows_with: Literal["steps", "epochs"] = "steps"
    grows_with_depth: bool = True
    auxiliary_bias: bool = True


NO_EXTRAS = TrainingExtras()


def write_network(
    family: CellFamily,
    stacking: Stacking,
    wirings: Sequence[Wiring],
    input_shape: Shape,
    num_classes: int,
    *,
    extras: TrainingExtras = NO_EXTRAS,
) -> Blueprint:
    """`wirings`: of the two kinds of cells. Cells that the output does not depend on are left out.

    Raises InvalidGenotype when the network cannot be laid over these images.
    """
    stacking.check(input_shape)
    return _Writer(family, stacking, wirings, Draft(input_shape), extras).network(num_classes)


@dataclass(frozen=True, slots=True)
class _Writer:
    family: CellFamily
    stacking: Stacking
    wirings: Sequence[Wiring]
    draft: Draft
    extras: TrainingExtras

    def network(self, num_classes: int) -> Blueprint:
        draft, stacking = self.draft, self.stacking
        alive = stacking.alive(self.wirings, self.family.newer)
        x = draft.inputs[0]
        values: list[Value | None] = []
        for number, stem in enumerate(stacking.stems):
            with draft.group(f"stem{number + 1}" if len(stacking.stems) > 1 else "stem", stem.label):
                x = stem.operation(draft, x, *stem.settings)
            values.append(x)
        sides = stacking.sides([value.shape for value in values if value is not None])
        seen_by_auxiliary, first = None, len(stacking.stems)
        for number, (place, groups) in enumerate(zip(stacking.places, stacking.names(), strict=True)):
            if alive[first + number]:
                drop = self.extras.drop_path
                if self.extras.grows_with_depth:
                    drop *= (number + 1) / len(stacking.places)
                with ExitStack() as stack:
                    for name, label in groups:
                        stack.enter_context(draft.group(name, label))
                    x = self._cell(place, values, sides, drop)
                values.append(x)
            else:
                values.append(None)
            if number == stacking.auxiliary_after:
                seen_by_auxiliary = x  # the nearest one that is written
        auxiliary = None
        if seen_by_auxiliary is not None:
            with draft.auxiliary():
                auxiliary = auxiliary_head(draft, seen_by_auxiliary, num_classes, bias=self.extras.auxiliary_bias)
        with draft.group("head", "Head"):
            logits = stacking.head(draft, x, num_classes, *stacking.head_settings)
        return draft.finish(logits, auxiliary=auxiliary)

    def _cell(self, place: Place, values: Sequence[Value | None], sides: Sequence[Shape], drop: float) -> Value:
        draft, family, wiring = self.draft, self.family, self.wirings[place.kind]
        newer = values[place.newer]
        older = newer if place.older is None else values[place.older]
        states: list[Value | None] = [None, None]
        if wiring.reads(family.older):
            assert older is not None
            if place.older is not None:
                stride = 1 if sides[place.older] == sides[place.newer] else 2
                with draft.group("older", "Older input"):
                    older = family.align_older(draft, older, place.filters, stride)
            states[family.older] = older
        if wiring.reads(family.newer):
            assert newer is not None
            with draft.group("newer", "Newer input"):
                states[family.newer] = family.align_newer(draft, newer, place.filters)
        for number, block in enumerate(wiring.blocks):
            with draft.group(f"block{number + 1}", f"Block {number + 1}: {block_text(block)}"):
                states.append(self._block(place, block, states, drop))
        return self._joined(place, wiring, states)

    def _block(self, place: Place, block: Operands, states: Sequence[Value | None], drop: float) -> Value:
        draft = self.draft
        first, one, second, two, is_wide = block
        results = []
        for side, state, operation in (("first", first, one), ("second", second, two)):
            x = states[state]
            assert x is not None
            stride = 1 if state >= NUM_INPUTS or place.kind == NORMAL else 2
            with draft.group(side, OPERATIONS[operation].symbol):
                y = self.family.write(operation)(draft, x, place.filters, stride)
                if drop and operation != "identity" and (operation != "skip_connect" or stride > 1):
                    y = draft.apply(DropPath(drop, self.extras.grows_with), y)
            results.append(y)
        return draft.apply(Concat() if is_wide else Add(), *results)

    def _joined(self, place: Place, wiring: Wiring, states: Sequence[Value | None]) -> Value:
        draft = self.draft
        ready = []
        with draft.group("output", "Output"):
            for state in wiring.joined:
                x = states[state]
                assert x is not None
                stride = 2 if state < NUM_INPUTS and place.kind != NORMAL else 1
                with draft.group(f"state{state}", f"State {state} brought to size"):
                    ready.append(fitted(draft, x, place.filters, stride))
            return draft.apply(Concat(), *ready) if len(ready) > 1 else ready[0]


def block_text(block: Operands) -> str:
    """ "sep 5×5 + identity"; operands that are concatenated have a comma between them."""
    _, one, _, two, is_wide = block
    return f"{OPERATIONS[one].symbol}{', ' if is_wide else ' + '}{OPERATIONS[two].symbol}"
