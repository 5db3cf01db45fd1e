"""Data sets that come with the program, described like uploaded ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.datasets.samples import samples_of
from nas.problems.datasets.libraries import BundledLibrary


@dataclass(frozen=True, slots=True)
class BundledDataset:
    """`reference` is what a problem's configuration says; the rest is for people."""

    reference: str
    title: str | Promise
    source: str | Promise
    num_examples: int
    channels: int
    height: int
    width: int
    class_names: tuple[str, ...]
    class_counts: tuple[int, ...]
    fingerprint: str
    samples: tuple[dict[str, Any], ...]

    @property
    def num_classes(self) -> int:
        return len(self.class_names)


_WORDS: dict[str, tuple[str | Promise, str | Promise]] = {
    "digits": (
        _("Digits (bundled)"),
        _(
            "Optical Recognition of Handwritten Digits, Alpaydin and Kaynak, UCI Machine Learning Repository, CC BY 4.0."
        ),
    ),
}


@cache
def bundled_dataset(reference: str) -> BundledDataset:
    """Raises UnknownName."""
    read = BundledLibrary().load(reference)
    channels, height, width = read.input_shape
    title, source = _WORDS.get(reference, (reference, ""))
    return BundledDataset(
        reference=reference,
        title=title,
        source=source,
        num_examples=len(read.labels),
        channels=channels,
        height=height,
        width=width,
        class_names=read.class_names,
        class_counts=tuple(int(count) for count in np.bincount(read.labels, minlength=read.num_classes)),
        fingerprint=read.fingerprint,
        samples=tuple(samples_of(read)),
    )


def bundled_datasets() -> tuple[BundledDataset, ...]:
    return tuple(bundled_dataset(name) for name in BundledLibrary().names())
