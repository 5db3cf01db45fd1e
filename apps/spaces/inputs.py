"""The inputs at which spaces are shown: those of well-known data, and of the reader's own data sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from django.utils.translation import gettext as _

from apps.accounts.access import AnyUser, visible
from apps.datasets.models import DataSet, UploadState
from nas.core.errors import FieldError
from nas.core.graph import Shape
from nas.core.space import FixedInput, Space

MOST_CLASSES = 100_000
MOST_DATASETS = 50
FIRST = "cifar10"
"""Most papers state costs at this shape."""


@dataclass(frozen=True, slots=True)
class InputChoice:
    """`key` is what an address says; `dataset` the reference a problem takes, "" where the product has no such data."""

    key: str
    title: str
    shape: Shape
    num_classes: int
    dataset: str = ""

    @property
    def label(self) -> str:
        return f"{' × '.join(map(str, self.shape))} · {self.title}"


@dataclass(frozen=True, slots=True)
class ChosenInput:
    """What was chosen. `classes_text` is what was typed, "" for the data's own number."""

    choice: InputChoice
    classes_text: str
    num_classes: int
    errors: tuple[FieldError, ...] = ()

    @property
    def shape(self) -> Shape:
        return self.choice.shape


def input_choices(user: AnyUser, space: Space | None = None) -> list[InputChoice]:
    """Well-known ones first, then the newest data sets that `user` may see and that are ready; of these, those that fit `space`."""
    known = [
        InputChoice("digits", _("Digits"), (1, 8, 8), 10, dataset="digits"),
        InputChoice("mnist", "MNIST", (1, 28, 28), 10),
        InputChoice("cifar10", "CIFAR-10", (3, 32, 32), 10),
        InputChoice("cifar100", "CIFAR-100", (3, 32, 32), 100),
        InputChoice("tinyimagenet", "Tiny ImageNet", (3, 64, 64), 200),
        InputChoice("imagenet", "ImageNet", (3, 224, 224), 1000),
    ]
    rows = visible(DataSet.objects.filter(state=UploadState.READY), user).order_by("-created_at", "-pk")
    for row in rows.only("pk", "name", "channels", "height", "width", "num_classes")[:MOST_DATASETS]:
        if row.channels and row.height and row.width and row.num_classes:
            shape = (row.channels, row.height, row.width)
            known.append(InputChoice(str(row.pk), row.name[:80], shape, row.num_classes, dataset=str(row.pk)))
    if space is None or not isinstance(space, FixedInput):
        return known
    own, num_classes = space.fits()
    fit = [each for each in known if prod(each.shape) == prod(own) and each.num_classes == num_classes]
    return fit or [InputChoice("own", _("as its settings say"), own, num_classes)]


def input_chosen(data: Mapping[str, str], choices: Sequence[InputChoice]) -> ChosenInput:
    """From `at` and `classes` of an address. What is not there is the usual choice; a wrong number is told at its field."""
    by_key = {choice.key: choice for choice in choices}
    choice = by_key.get(data.get("at", ""), by_key.get(FIRST, choices[0]))
    text = data.get("classes", "").strip()
    if not text:
        return ChosenInput(choice, "", choice.num_classes)
    if text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MOST_CLASSES:
        return ChosenInput(choice, text, int(text))
    message = _("must be a whole number from 1 to %(most)s") % {"most": f"{MOST_CLASSES:,}"}
    return ChosenInput(choice, text[:20], choice.num_classes, (FieldError("classes", message),))
