"""A search space: what architectures exist, how to draw, change, count, draw on a page and build them.

`Space` is what every space offers. What only some offer are protocols of their own (`Buildable`, `FixedInput`, `Mutable`,
`Crossable`, `Neighbouring`, `Sequential`, `Growing`, `Encoded`, `PathEncoded`, `Notated`, `FiledAsPublished`, `Rejecting`,
`Tuning`, `Blueprinted`, `Programmed`); a strategy lists the ones it needs in `requires`, checked when a run is created. What an
`Operated` one is made of, a person can forbid while a search is under way.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.core.config import Config as BaseConfig
from nas.core.cost import Cost
from nas.core.errors import InvalidConfig
from nas.core.graph import Graph, Shape
from nas.core.proposal import Genotype

if TYPE_CHECKING:
    from torch import nn

    from nas.automl_zero.program import Program
    from nas.blueprint.blueprint import Blueprint


@dataclass(frozen=True, slots=True)
class Size:
    """How many architectures there are: exact when `lower == upper`; `distinct` counts canonical forms when known."""

    lower: int
    upper: int
    distinct: int | None = None

    @property
    def is_exact(self) -> bool:
        return self.lower == self.upper


@dataclass(frozen=True, slots=True)
class Mutation:
    """A changed copy and what changed: `kind` ("operation"), `changed` paths into the genotype ("edges.3")."""

    genotype: Genotype
    kind: str
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preset:
    """A published or well-known architecture of a space."""

    name: str
    title: str
    genotype: Genotype
    source: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One choice in the sequence that writes an architecture.

    Attributes:
      name: unique in the sequence: "layers.3.kernel_height".
      group: decisions of one group mean the same and may share weights; their options agree as far as both have them.
      options: what can be chosen, in words; an action is the number of an option.
      attends: places of earlier decisions in the sequence. The last `len(attends)` options are what those decided on
        (the layer to connect with, the block to read), in that order.
      uses: per option the operation that it chooses (`Operated.operations`), "" for none; () where no option chooses one.
        Whoever takes no option that uses an operation writes an architecture without it.
    """

    name: str
    group: str
    options: tuple[str, ...]
    attends: tuple[int, ...] = ()
    uses: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        return len(self.options)

    def closed(self, forbidden: frozenset[str]) -> tuple[int, ...]:
        """The options that use what is forbidden; none of them where there would be nothing else to take."""
        used = tuple(option for option, name in enumerate(self.uses) if name in forbidden)
        return used if len(used) < self.size else ()


@runtime_checkable
class Space(Protocol):
    """The contract of a search space. A class; its instance holds one `Config`."""

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    source: ClassVar[str]
    version: ClassVar[int]
    Config: ClassVar[type[BaseConfig]]

    @property
    def config(self) -> BaseConfig: ...

    def __init__(self, config: Any) -> None: ...

    def sample(self, rng: Generator) -> Genotype:
        """One architecture, drawn as the space's rule says."""
        ...

    def validate(self, genotype: object) -> Genotype:
        """The genotype checked and in its plain form. Raises InvalidGenotype with one error per wrong field."""
        ...

    def canonical(self, genotype: Genotype) -> str:
        """Equal for two genotypes exactly when they describe the same network."""
        ...

    def size(self) -> Size: ...

    def graph(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Graph: ...

    def cost(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Cost:
        """Closed form: no torch, thousands per second. Raises InvalidGenotype where the input cannot carry the network."""
        ...

    def presets(self) -> tuple[Preset, ...]: ...


@dataclass(frozen=True, slots=True)
class Row:
    """One choice that a supernet keeps open: an edge of a cell, a block of a stage.

    Attributes:
      name: unique in the space: "normal.0-2".
      group: rows that a picture puts together: "normal".
      options: names of what can be chosen, in the order of tables.
    """

    name: str
    group: str
    options: tuple[str, ...]


@runtime_checkable
class Buildable(Protocol):
    """A space of networks that gradients can train; programs are none."""

    def build(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> nn.Module:
        """The torch network: (N, *input_shape) → (N, num_classes) logits. Imports torch inside."""
        ...


def buildable(space: Space) -> Buildable:
    """`space`, known to build networks. Raises InvalidConfig at "space" where it does not."""
    if not isinstance(space, Buildable):
        raise InvalidConfig.at(
            "space", f"{space.title} does not hold networks that can be trained; choose another space"
        )
    return space


@runtime_checkable
class FixedInput(Protocol):
    """A space whose architectures fit one size of input and output, which its settings say."""

    def fits(self) -> tuple[Shape, int]:
        """Shape of the input and number of classes; an image of as many values as the shape has, in all, fits as well."""
        ...


def fitting(space: Space, input_shape: Shape, num_classes: int) -> tuple[Shape, int]:
    """What to show the space with where no problem says it: these, unless the space fits others only."""
    return space.fits() if isinstance(space, FixedInput) else (input_shape, num_classes)


@runtime_checkable
class Mutable(Protocol):
    def mutate(self, genotype: Genotype, rng: Generator) -> Mutation:
        """One local change; the result lies in the space and differs from `genotype`."""
        ...


@runtime_checkable
class Crossable(Protocol):
    def crossover(self, first: Genotype, second: Genotype, rng: Generator) -> Genotype: ...


@runtime_checkable
class Neighbouring(Protocol):
    def neighbours(self, genotype: Genotype) -> Iterator[Genotype]:
        """Every architecture one change away, each once, in a fixed order."""
        ...


@runtime_checkable
class Sequential(Protocol):
    """Architectures as sequences of decisions: what a controller that decides one after the other needs."""

    def next_decision(self, actions: Sequence[int]) -> Decision | None:
        """What is decided after `actions`; None when the architecture is complete."""
        ...

    def decision_groups(self) -> Mapping[str, int]:
        """Every group that can occur, with the largest number of options that one of its decisions has."""
        ...

    def decode(self, actions: Sequence[int]) -> Genotype:
        """The architecture of a complete sequence. Raises ValueError when it is not complete or an option is not there, and
        InvalidGenotype where a rule of the space ties choices together (widths never fall) and this one breaks it.
        """
        ...

    def encode(self, genotype: Genotype) -> list[int]:
        """The inverse of `decode`; leaves out what no decision can express."""
        ...


@runtime_checkable
class Growing(Protocol):
    """Architectures made by steps, where what is there after each step is an architecture of the space as well.

    A step is one of numbered ways, which do not depend on the steps before it.
    """

    def num_ways(self) -> tuple[int, ...]:
        """Per step the number of distinct ways. Raises InvalidConfig when the settings leave no smaller architectures."""
        ...

    def grown(self, ways: Sequence[int]) -> Genotype:
        """The architecture after the first steps, made in these ways. Different ways may make the same network."""
        ...

    def ways_of(self, genotype: Genotype) -> tuple[int, ...]:
        """As few steps as can make it: `grown` of them is the same network."""
        ...

    def way_features(self, step: int) -> npt.NDArray[np.float64]:
        """(num_ways()[step], num_axes): what each way brings, the same axes for every step. A model reads their mean over
        the steps of an architecture.
        """
        ...


@runtime_checkable
class Encoded(Protocol):
    def encoding(self, genotype: Genotype) -> npt.NDArray[np.float64]:
        """(num_axes,): the same length for all of the space, finite, axes of comparable range. What surrogates read."""
        ...


@runtime_checkable
class PathEncoded(Protocol):
    def path_encoding(self, genotype: Genotype, *, drop_dead_paths: bool = True) -> npt.NDArray[np.float64]:
        """(num_paths,): 1 for each way from input to output, named by its operations, that the architecture has
        (White et al. 2021, arXiv 1910.11858). Without `drop_dead_paths` ways through `none` count as well.
        """
        ...


@runtime_checkable
class Notated(Protocol):
    def notation(self, genotype: Genotype) -> str:
        """The architecture as its publication writes it; `validate` reads it back."""
        ...


@runtime_checkable
class FiledAsPublished(Protocol):
    def champion_file(self, genotype: Genotype) -> str:
        """The architecture as a text file of the code that came with its publication; `validate` reads it back. May be long."""
        ...


@runtime_checkable
class Operated(Protocol):
    """Architectures made of operations that have names: what a person can forbid while a search is under way."""

    def operations(self) -> tuple[str, ...]:
        """The names of all of them, in the order of tables."""
        ...

    def operations_of(self, genotype: Genotype) -> frozenset[str]:
        """Those that its network has; a choice without an effect does not count."""
        ...

    def sample_without(self, forbidden: frozenset[str], rng: Generator) -> Genotype:
        """One architecture drawn as `sample` draws, given that none of `forbidden` is chosen.

        Raises ConstraintLeavesNothing where a place has no other choice.
        """
        ...


@runtime_checkable
class Shareable(Protocol):
    """A space of which one network, a supernet, can hold all architectures; they share its weights.

    An architecture is a path through it: the number of an option for each row.
    """

    def rows(self) -> tuple[Row, ...]:
        """The choices. Raises InvalidConfig at "space" where the settings do not allow a supernet."""
        ...

    def path_of(self, genotype: Genotype) -> tuple[int, ...]: ...

    def genotype_of(self, path: Sequence[int]) -> Genotype:
        """The inverse of `path_of`. Raises InvalidGenotype for a path that is no architecture of the space."""
        ...

    def derived(self, probabilities: Sequence[Sequence[float]]) -> Genotype:
        """The architecture that these probabilities, one per row and option, speak for."""
        ...

    def supernet(self, input_shape: Shape, num_classes: int) -> Blueprint:
        """The network of all architectures; its open places are layers `Choice` (nas/blueprint/choice.py)."""
        ...


@dataclass(frozen=True, slots=True)
class Dial:
    """One way in which an elastic network can be made smaller.

    Attributes:
      name: unique in the space: "stage2.block1.kernel".
      aspect: what it changes: sides of kernels, channels, layers, or the size of the images.
      group: the part of the network that it changes, as layers are grouped: "stage2.block1"; "" for all of it.
      options: from the smallest to the largest.
    """

    name: str
    aspect: Literal["kernel", "width", "depth", "resolution"]
    group: str
    options: tuple[float, ...]


@runtime_checkable
class Elastic(Protocol):
    """A space whose architectures are parts of its largest one: the middle of its kernels, its first channels, its first layers.

    An architecture is a setting of the dials: the number of an option for each. Layers of one path in two blueprints are the
    same layer, smaller or larger.
    """

    def dials(self) -> tuple[Dial, ...]:
        """All of them, also those with one option. Raises InvalidConfig at "space" where the settings allow no such network."""
        ...

    def dialled(self, setting: Sequence[int]) -> Genotype: ...

    def setting_of(self, genotype: Genotype) -> tuple[int, ...]:
        """The inverse of `dialled`."""
        ...

    def live_dials(self, setting: Sequence[int]) -> tuple[bool, ...]:
        """Whether each has an effect: those of blocks that a smaller depth leaves out have none."""
        ...


@runtime_checkable
class Rejecting(Protocol):
    def draw(self, rng: Generator) -> Genotype | None:
        """One raw draw; None where the space's own rule refuses it. `sample` draws until one is admitted."""
        ...


@runtime_checkable
class Tuning(Protocol):
    """A space that also says how its architectures are trained: two recipes of one network are two architectures."""

    def recipe(self, genotype: Genotype) -> Mapping[str, Any]:
        """Settings of the training recipe that take the place of the estimator's."""
        ...

    def extreme_recipes(self) -> Iterator[Mapping[str, Any]]:
        """Every smallest and largest value, alone and in pairs: where all of these can train, all can."""
        ...


@runtime_checkable
class Blueprinted(Protocol):
    def blueprint(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Blueprint:
        """The network layer by layer: what is built, drawn unrolled and exported. Raises as `cost` does."""
        ...


@runtime_checkable
class Programmed(Protocol):
    """A space whose architectures are programs that learn (nas/automl_zero)."""

    @property
    def vector_labels(self) -> bool:
        """Whether a label is a vector, one entry for each class."""
        ...

    def program(self, genotype: Genotype) -> Program: ...


def space_fingerprint(space: Space) -> str:
    """16 hex digits of the space's name, version and configuration: two spaces with equal ones hold the same networks."""
    text = json.dumps([space.name, space.version, space.config.as_json()], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def architecture_key(space: Space, genotype: Genotype) -> str:
    """32 hex digits that name an architecture everywhere: space, its configuration, canonical form."""
    text = f"{space_fingerprint(space)}:{space.canonical(genotype)}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def describe_space(space: Space) -> Mapping[str, Any]:
    """Name, version, configuration: what a record stores to make the same space again."""
    return {"name": space.name, "version": space.version, "config": space.config.as_json()}
