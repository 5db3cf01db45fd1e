"""Weight agnostic networks: graphs of single nodes whose connections all share one weight. Gaier and Ha 2019, arXiv 1906.04358."""

from __future__ import annotations

import hashlib
from math import ceil, log2, prod
from typing import TYPE_CHECKING, ClassVar

from numpy.random import Generator

from nas.core.config import Config
from nas.core.cost import Cost
from nas.core.errors import ConstraintLeavesNothing, InvalidConfig, InvalidGenotype
from nas.core.graph import Graph, Shape
from nas.core.problem import Problem
from nas.core.proposal import Genotype
from nas.core.space import Mutation, Preset, Size, Space
from nas.spaces.images import require_image
from nas.spaces.wann_config import WannSpaceConfig
from nas.spaces.wann_graph import topology_graph
from nas.wann.champion_file import read_champion, write_champion
from nas.wann.genome import Genome
from nas.wann.topology import Topology

if TYPE_CHECKING:
    from torch import nn

_TRIES = 200
_BYTES = 4  # of a number


class Wann:
    """Genotype: {"activations": [id of each hidden node, …], "connections": [[source, destination, enabled 0 or 1], …]}.

    Nodes: 0 bias, then inputs, outputs, hidden nodes in order of creation. Connections are sorted. Disabled ones are kept: a
    change may enable them again.
    """

    name: ClassVar[str] = "wann"
    title: ClassVar[str] = "Weight agnostic networks"
    summary: ClassVar[str] = "Topologies of single nodes that solve a task with any one weight for all connections."
    source: ClassVar[str] = "Gaier and Ha 2019, arXiv 1906.04358"
    version: ClassVar[int] = 1
    Config: ClassVar[type[Config]] = WannSpaceConfig

    def __init__(self, config: WannSpaceConfig) -> None:
        self._config = config

    @property
    def config(self) -> WannSpaceConfig:
        return self._config

    def fits(self) -> tuple[Shape, int]:
        return (self._config.num_inputs, 1, 1), self._config.num_outputs

    def sample(self, rng: Generator) -> Genotype:
        """A network without hidden nodes, as searches begin: each connection from bias or input to output enabled by chance."""
        config = self._config
        genome = config.variation.initial(config.num_inputs, config.num_outputs, config.initial_enabled, rng)
        return genome.as_genotype()

    def genome(self, genotype: object) -> Genome:
        """`genotype` checked, in the form that evolution changes. Raises InvalidGenotype."""
        config = self._config
        genome = Genome.of(genotype, config.num_inputs, config.num_outputs, allowed=config.allowed)
        if genome.num_hidden > config.max_hidden:
            raise InvalidGenotype.at(
                "activations", f"at most {config.max_hidden} hidden nodes are allowed, got {genome.num_hidden}"
            )
        if not Topology.of_genome(genome).num_connections:
            raise InvalidGenotype.at("connections", "no enabled connection leads to an output; enable one")
        return genome

    def validate(self, genotype: object) -> Genotype:
        """Reads the text of a champion file as well."""
        if isinstance(genotype, str):
            genotype = read_champion(genotype, self._config.num_inputs, self._config.num_outputs)
        return self.genome(genotype).as_genotype()

    def champion_file(self, genotype: Genotype) -> str:
        return write_champion(genotype, self._config.num_inputs, self._config.num_outputs)

    def mutate(self, genotype: Genotype, rng: Generator) -> Mutation:
        """One change: another activation (1/2), a node inserted into a connection (1/4), a new connection (1/5), a disabled
        connection enabled (1/20). What cannot be done is drawn again. Raises ConstraintLeavesNothing after 200 draws."""
        genome = self.genome(genotype)
        for _ in range(_TRIES):
            child, operator = self._config.variation.changed(genome, rng)
            if operator is not None:
                changed = child.as_genotype()
                return Mutation(changed, operator, _changed_paths(genotype, changed))
        raise ConstraintLeavesNothing(
            f"none of {_TRIES} changes is possible: the network has all nodes and connections"
        )

    def canonical(self, genotype: Genotype) -> str:
        """32 hex digits of what is computed: per node its activation and, in any order, what it reads.

        Disabled connections, nodes that no output depends on, and the order of creation say nothing.
        """
        topology = self._topology(genotype)
        first_row = 1 + topology.num_inputs
        names = [str(column) for column in range(first_row)]
        for row in range(topology.num_rows):
            read = sorted(names[column] for column in topology.columns[topology.starts[row] : topology.starts[row + 1]])
            kind = str(topology.activations[row]) if row < topology.num_hidden else "output"
            names.append(_digest([kind, *read]))
        hidden = sorted(names[first_row : first_row + topology.num_hidden])
        return _digest([*hidden, *names[first_row + topology.num_hidden :]])

    def size(self) -> Size:
        """Bounds: networks without hidden nodes; and, rounded up to a power of two, all ways to give up to the most hidden nodes
        activations and to have each connection enabled, disabled or not at all (between hidden nodes in one of two directions).
        """
        config = self._config
        given, outputs, hidden = 1 + config.num_inputs, config.num_outputs, config.max_hidden
        pairs = given * (hidden + outputs) + hidden * outputs
        bits = hidden * log2(len(config.activations)) + pairs * log2(3) + hidden * (hidden - 1) / 2 * log2(5)
        # Each further hidden node multiplies the number by far more than 2: one bit more than the last term bounds their sum.
        return Size(2 ** (given * outputs) - 1, 1 << ceil(bits + 1))

    def cost(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Cost:
        """Parameters and multiply-accumulates are the connections there are, those of the bias among them; the values of all
        nodes are kept, since any later node may read them."""
        self._check_shape(input_shape, num_classes)
        topology = self._topology(genotype)
        num = topology.num_connections
        nodes = 1 + topology.num_inputs + topology.num_rows
        return Cost(
            params=num,
            macs=num,
            bias_adds=int((topology.columns == 0).sum()),
            activations=topology.num_rows,
            peak_memory_bytes=_BYTES * nodes,
            weight_bytes=_BYTES * num,
        )

    def graph(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Graph:
        """A column per level; the activation is the operation. Many inputs are one box."""
        self._check_shape(input_shape, num_classes)
        return topology_graph(self._topology(genotype), self.title)

    def build(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> nn.Module:
        """One parameter per connection, all 1 at first: what fine-tuning starts from. Inputs are flattened."""
        from nas.wann.module import WANNFCN

        self._check_shape(input_shape, num_classes)
        return WANNFCN(self._topology(genotype), mode="individual")

    def presets(self) -> tuple[Preset, ...]:
        """Every input connected with every output: the linear classifier that searches have to beat."""
        config = self._config
        outputs = range(1 + config.num_inputs, 1 + config.num_inputs + config.num_outputs)
        connections = [[source, output, 1] for source in range(1 + config.num_inputs) for output in outputs]
        genotype: Genotype = {"activations": [], "connections": connections}
        return (Preset("linear", "All inputs to all outputs", genotype, self.source),)

    def _topology(self, genotype: Genotype) -> Topology:
        return Topology.of(genotype, self._config.num_inputs, self._config.num_outputs)

    def _check_shape(self, input_shape: Shape, num_classes: int) -> None:
        """Raises InvalidGenotype for an input or a number of classes of another size."""
        values = prod(require_image(input_shape))
        config = self._config
        if (values, num_classes) != (config.num_inputs, config.num_outputs):
            raise InvalidGenotype.at(
                "",
                f"these networks have {config.num_inputs} inputs and {config.num_outputs} outputs; "
                f"the problem has {values} values and {num_classes} classes",
            )


def wann_space(space: Space, problem: Problem) -> Wann:
    """`space`, known to hold weight agnostic networks that fit `problem`.

    Raises InvalidConfig at "space", or at "space.num_inputs" or "space.num_outputs" with the number that would be right.
    """
    if not isinstance(space, Wann):
        raise InvalidConfig.at("space", f"{space.title} has no networks that share one weight; choose {Wann.title}")
    values = prod(problem.input_shape)
    if values != space.config.num_inputs:
        raise InvalidConfig.at(
            "space.num_inputs", f"must be {values}, as many as {problem.title} has, got {space.config.num_inputs}"
        )
    if problem.num_classes != space.config.num_outputs:
        raise InvalidConfig.at(
            "space.num_outputs",
            f"must be {problem.num_classes}, as many as {problem.title} has, got {space.config.num_outputs}",
        )
    return space


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def _changed_paths(before: Genotype, after: Genotype) -> tuple[str, ...]:
    """Paths into the genotype: a whole list where its length changed, else the entries that did."""
    paths: list[str] = []
    for name, depth in (("activations", 0), ("connections", 1)):
        old, new = before[name], after[name]
        if len(old) != len(new):
            paths.append(name)
            continue
        for place, (one, other) in enumerate(zip(old, new, strict=True)):
            if one != other:
                paths += [f"{name}.{place}"] if not depth else _changed_numbers(f"{name}.{place}", one, other)
    return tuple(paths)


def _changed_numbers(path: str, before: list[int], after: list[int]) -> list[str]:
    return [f"{path}.{place}" for place, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
