"""What a person asks for when an architecture is to be exported, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nas.core.cost import Cost
from nas.core.errors import FieldError, InvalidConfig
from nas.core.graph import Shape
from nas.core.proposal import Genotype
from nas.core.space import Blueprinted, Programmed, Space, architecture_key

FORMATS: Mapping[str, str] = {"pytorch": "PyTorch", "onnx": "ONNX", "numpy": "Python (NumPy)"}
"""What has to be built and checked before it can be handed out. JSON needs neither (`nas.export.description`)."""

_MADE_OF = {"pytorch": "networks of torch layers", "onnx": "networks of torch layers", "numpy": "programs"}

MOST_WEIGHT_BYTES = 1 << 30


def formats_of(space: Space) -> tuple[str, ...]:
    """The formats in which architectures of a space can be had."""
    return (
        *(("pytorch", "onnx") if isinstance(space, Blueprinted) else ()),
        *(("numpy",) if isinstance(space, Programmed) else ()),
    )


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """One architecture for one kind of input.

    Attributes:
      formats: some of FORMATS.
      seed: what the initial weights are drawn from, as a training with this seed would.
      checkpoint: of a finished training (`nas.training.checkpoint`); None for a network that is not trained.
      weights_from: where the weights come from, in words for the head of the file. May be any text.
    """

    space: Space
    genotype: Genotype
    input_shape: Shape
    num_classes: int
    formats: tuple[str, ...]
    seed: int = 0
    checkpoint: bytes | None = None
    weights_from: str = ""

    def __post_init__(self) -> None:
        """Raises InvalidConfig for what can be seen without building anything, InvalidGenotype as the space does."""
        errors = [
            FieldError("formats", f"{name!r:.60} is no format; there are {', '.join(FORMATS)}")
            for name in self.formats
            if name not in FORMATS
        ]
        if not self.formats:
            errors.append(FieldError("formats", f"choose at least one of {', '.join(FORMATS)}"))
        missing = {_MADE_OF[name] for name in self.formats if name in FORMATS and name not in formats_of(self.space)}
        errors += [
            FieldError("formats", f"architectures of {self.space.title} are no {things}") for things in sorted(missing)
        ]
        if errors:
            raise InvalidConfig(errors)
        needed = self.cost().weight_bytes
        if needed > MOST_WEIGHT_BYTES:
            limit = MOST_WEIGHT_BYTES >> 20
            raise InvalidConfig.at(
                "", f"the weights would take {needed >> 20:,} MiB; at most {limit:,} MiB are exported"
            )

    def cost(self) -> Cost:
        return self.space.cost(self.genotype, self.input_shape, self.num_classes)

    @property
    def base_name(self) -> str:
        """Of the files, without their endings."""
        return f"{self.space.name}_{architecture_key(self.space, self.genotype)[:10]}"


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """`kind`: "source", "weights", "onnx"."""

    kind: str
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Exported:
    """The files, and what was found when they were checked: by format, as JSON."""

    files: tuple[ExportedFile, ...]
    checks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
