"""`sample`: architectures drawn from a space, with their costs."""

from __future__ import annotations

import argparse
import json
from typing import Any

from nas.cli.settings import add_setting_options, check_at_least, shape_from_text, space_from_text
from nas.cli.text import columns, compact, number
from nas.core.randomness import generator_for
from nas.core.space import architecture_key


def add_to(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser("sample", help="draw architectures from a space")
    parser.add_argument("space", metavar="SPACE", help="name of a space")
    parser.add_argument("--num", metavar="N", type=int, default=10, help="how many (10)")
    parser.add_argument("--seed", metavar="S", type=int, default=0, help="seed of the draws (0)")
    add_setting_options(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object per line instead of a table")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Draw i is what random search with the same seed proposes as number i, where no constraint is set."""
    space = space_from_text(given.space, given.config)
    shape = shape_from_text(given.input)
    for name, least in (("num", 1), ("seed", 0), ("classes", 1)):
        check_at_least(name, getattr(given, name), least)
    rows = []
    for i in range(given.num):
        genotype = space.sample(generator_for(given.seed, 0, i))
        key = architecture_key(space, genotype)
        costs = space.cost(genotype, shape, given.classes).as_metrics()
        if given.json:
            print(json.dumps({"genotype": genotype, "key": key, **costs}, ensure_ascii=False))
        else:
            rows.append([*(number(value) for value in costs.values()), key, compact(genotype)])
            heads = [*costs, "key", "architecture"]
    if rows:
        print(columns(heads, rows))
    return 0
