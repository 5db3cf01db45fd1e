"""`export`: one architecture as a PyTorch file, as ONNX or as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from nas.cli.settings import add_setting_options, check_at_least, shape_from_text, space_from_text
from nas.core.errors import InvalidConfig
from nas.core.genotype_text import genotype_from_text
from nas.core.graph import Shape
from nas.core.proposal import Genotype
from nas.core.space import FiledAsPublished, Space
from nas.export.description import architecture_description
from nas.export.request import ExportRequest


def add_to(commands: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser("export", help="write one architecture as a file")
    parser.add_argument("space", metavar="SPACE", help="name of a space")
    parser.add_argument("genotype", metavar="GENOTYPE_OR_PRESET", help="JSON, or the name of a preset of the space")
    add_setting_options(parser)
    parser.add_argument(
        "--format", choices=("pytorch", "onnx", "json", "champion"), default="pytorch", help="kind of file (pytorch)"
    )
    parser.add_argument("--output", metavar="FILE", required=True, help="where to write it; - for standard output")
    parser.add_argument(
        "--weights", metavar="FILE", help="with pytorch: also write the initial weights, as safetensors"
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="what the initial weights are drawn from (0)")
    parser.add_argument("--check", action="store_true", help="print what the check of the file found, as JSON")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """PyTorch and ONNX files are written only after their check has succeeded; `--check` says what it found."""
    space = space_from_text(given.space, given.config)
    genotype = genotype_from_text(space, given.genotype)
    shape = shape_from_text(given.input)
    check_at_least("classes", given.classes, 1)
    if not 0 <= given.seed < 2**63:
        raise InvalidConfig.at("seed", f"must be from 0 to 2^63 - 1, got {given.seed}")
    if given.format in ("json", "champion"):
        if given.check:
            raise InvalidConfig.at("check", "this file is a description; what can be checked are pytorch and onnx")
        _write(given.output, _described(given, space, genotype, shape).encode())
        return 0
    if given.weights and given.format != "pytorch":
        raise InvalidConfig.at("weights", "an ONNX file holds its weights; leave --weights out")
    _export(given, space, genotype, shape)
    return 0


def _described(given: argparse.Namespace, space: Space, genotype: Genotype, shape: Shape) -> str:
    if given.format == "json":
        described = architecture_description(space, genotype, shape, given.classes)
        return json.dumps(described, indent=2, ensure_ascii=False) + "\n"
    if not isinstance(space, FiledAsPublished):
        raise InvalidConfig.at("format", f"no published code has a file for architectures of {space.title}")
    return space.champion_file(genotype)


def _export(given: argparse.Namespace, space: Space, genotype: Genotype, shape: Shape) -> None:
    request = ExportRequest(space, genotype, shape, given.classes, (given.format,), seed=given.seed)
    from nas.export.export import export  # imports torch, which nothing else here needs

    exported = export(request)
    files = {file.kind: file.content for file in exported.files}
    _write(given.output, files["source" if given.format == "pytorch" else "onnx"])
    if given.weights:
        _write(given.weights, files["weights"])
    if given.check:
        print(json.dumps(exported.checks[given.format]), file=sys.stderr if given.output == "-" else sys.stdout)


def _write(place: str, content: bytes) -> None:
    if place == "-":
        sys.stdout.buffer.write(content)
    else:
        Path(place).write_bytes(content)
