"""`describe`: one architecture of a space: key, costs, graph and its paths, on request the costs counted on the network."""

from __future__ import annotations

import argparse
import json
from typing import Any

from nas.analysis.parts import connected_parts, part_title
from nas.analysis.paths import PathStatistics, path_statistics
from nas.cli.settings import add_setting_options, check_at_least, shape_from_text, space_from_text
from nas.core.cost import Cost
from nas.core.genotype_text import genotype_from_text
from nas.core.graph import Shape
from nas.core.proposal import Genotype
from nas.core.space import Space, architecture_key, buildable


def add_to(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        "describe", help="print key, costs, graph size and path statistics of one architecture"
    )
    parser.add_argument("space", metavar="SPACE", help="name of a space")
    parser.add_argument("genotype", metavar="GENOTYPE_OR_PRESET", help="JSON, or the name of a preset of the space")
    add_setting_options(parser)
    parser.add_argument(
        "--check",
        action="store_true",
        help="also build the network and count the same on it",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document instead of text")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Returns 1 when `--check` finds a cost that the network does not have."""
    space = space_from_text(given.space, given.config)
    genotype = genotype_from_text(space, given.genotype)
    shape = shape_from_text(given.input)
    check_at_least("classes", given.classes, 1)
    cost = space.cost(genotype, shape, given.classes)
    graph = space.graph(genotype, shape, given.classes)
    described: dict[str, Any] = {
        "space": space.name,
        "genotype": genotype,
        "canonical": space.canonical(genotype),
        "key": architecture_key(space, genotype),
        "input_shape": list(shape),
        "num_classes": given.classes,
        **cost.as_json(),
        "graph": {"nodes": len(graph.nodes), "edges": len(graph.edges), "groups": len(graph.groups)},
    }
    statistics = {part_title(part): path_statistics(part) for part in connected_parts(graph)}
    if given.check:
        described["check"] = _counted_on_the_network(space, genotype, shape, given.classes, cost)
    if given.json:
        described["paths"] = [{"part": part, **found.as_json()} for part, found in statistics.items()]
        print(json.dumps(described, ensure_ascii=False))
    else:
        described["paths"] = "; ".join(f"{part}: {_in_words(found)}" for part, found in statistics.items())
        for name, value in described.items():
            print(f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
    return 0 if described.get("check", {}).get("agrees", True) else 1


def _in_words(statistics: PathStatistics) -> str:
    text = f"{statistics.total_paths:,} from input to output"
    if statistics.mean_length is not None and statistics.std_length is not None:
        lengths = f"{statistics.shortest} to {statistics.longest}"
        text += f", of {lengths} edges (mean {statistics.mean_length:.2f}, deviation {statistics.std_length:.2f})"
    return f"{text}, width {statistics.width}, irregularity {statistics.irregularity.index:.4f}"


def _counted_on_the_network(
    space: Space, genotype: Genotype, shape: Shape, num_classes: int, cost: Cost
) -> dict[str, Any]:
    from nas.hardware.cost_check import counted  # imports torch, which nothing else here needs

    found = counted(lambda: buildable(space).build(genotype, shape, num_classes), shape)
    differences = found.differences(cost)
    return {
        **{name: getattr(found, name) for name in found.__slots__},
        "agrees": not differences,
    }
