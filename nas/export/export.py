"""From an architecture to files that were proven to hold it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import torch
from torch import nn

from nas.blueprint.blueprint import Blueprint
from nas.core.cost import Cost
from nas.core.errors import Interrupted
from nas.core.space import Blueprinted, Notated, Programmed, architecture_key, buildable
from nas.export.check import NUM_EXAMPLES, Subject, check_files
from nas.export.errors import ExportFailed
from nas.export.onnx_file import onnx_file
from nas.export.program import check_program, labels_of, program_source
from nas.export.request import Exported, ExportedFile, ExportRequest
from nas.export.source import Header, pytorch_source
from nas.export.weights import exported_weights, weights_file
from nas.training.checkpoint import load_network, unpack, with_prefix
from nas.training.environment import reproducible

LONGEST_GENOTYPE = 4_000


def export(
    request: ExportRequest,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    on_stage: Callable[[str], None] = lambda stage: None,
) -> Exported:
    """Write the files and check each of them: "building", "checking", "onnx" are the stages.

    PyTorch: a source file, and its weights as safetensors. NumPy: a source file. Raises ExportFailed when a file is not the network,
    StateMismatch when the checkpoint belongs to another one, Interrupted when asked to stop.
    """
    if "numpy" in request.formats:
        return _exported_program(request, should_stop, on_stage)
    cpu = torch.device("cpu")
    on_stage("building")
    network, blueprint = built(request)
    files: list[ExportedFile] = []
    checks: dict[str, Mapping[str, Any]] = {}
    if "pytorch" in request.formats:
        source = pytorch_source(blueprint, header(request, request.cost()))
        on_stage("checking")
        (report,) = check_files([Subject(source, blueprint, network, request.cost())], should_stop=should_stop)
        if isinstance(report, ExportFailed):
            raise report
        checks["pytorch"] = report.as_json()
        weights = weights_file(exported_weights(blueprint, network))
        files.append(ExportedFile("source", f"{request.base_name}.py", source.encode()))
        files.append(ExportedFile("weights", f"{request.base_name}.safetensors", weights))
    if should_stop():
        raise Interrupted("stopped before the next file")
    if "onnx" in request.formats:
        on_stage("onnx")
        with reproducible(cpu, request.seed):
            content, found = onnx_file(network, request.input_shape)
        checks["onnx"] = found.as_json()
        files.append(ExportedFile("onnx", f"{request.base_name}.onnx", content))
    return Exported(tuple(files), checks)


def _exported_program(
    request: ExportRequest, should_stop: Callable[[], bool], on_stage: Callable[[str], None]
) -> Exported:
    """No space holds both programs and torch networks, so there is one file."""
    assert isinstance(request.space, Programmed)  # the request has looked
    chosen = (request.genotype, request.input_shape, request.num_classes)
    on_stage("building")
    source = program_source(request.space, *chosen)
    on_stage("checking")
    program, labels = request.space.program(request.genotype), labels_of(request.space, request.num_classes)
    report = check_program(source, program, labels, prod(request.input_shape), should_stop=should_stop)
    return Exported((ExportedFile("source", f"{request.base_name}.py", source.encode()),), {"numpy": report.as_json()})


def built(request: ExportRequest) -> tuple[nn.Module, Blueprint]:
    """The network on the CPU in evaluation mode, trained if the request has weights."""
    assert isinstance(request.space, Blueprinted)  # the request has looked
    chosen = (request.genotype, request.input_shape, request.num_classes)
    with reproducible(torch.device("cpu"), request.seed):
        network = buildable(request.space).build(*chosen)
    if request.checkpoint is not None:
        tensors, _ = unpack(request.checkpoint)
        load_network(network, with_prefix("network", tensors))
    return network.eval(), request.space.blueprint(*chosen)


def header(request: ExportRequest, cost: Cost) -> Header:
    """What the file claims; the check then holds it to that, so a file whose head is wrong is never handed out."""
    space = request.space
    genotype = json.dumps(request.genotype, ensure_ascii=False)
    if len(genotype) > LONGEST_GENOTYPE:
        genotype = f"{genotype[:LONGEST_GENOTYPE]} … (in full in the JSON export)"
    facts = [
        ("Space", f"{space.name}, version {space.version}; {space.source}"),
        ("Key", architecture_key(space, request.genotype)),
        ("Settings", json.dumps(space.config.as_json(), ensure_ascii=False)),
        ("Genotype", genotype),
    ]
    if isinstance(space, Notated):
        facts.append(("Notation", space.notation(request.genotype)))
    name = f"{request.base_name}.safetensors"
    if request.checkpoint is None:
        weights = f'not trained; {name} holds the initial weights of seed {request.seed}: build("{name}")'
    else:
        weights = f'trained{f" in {request.weights_from}" if request.weights_from else ""}: build("{name}")'
    return Header(
        title=f"An architecture of {space.title}, written out by NASWeb.",
        facts=(
            *facts,
            ("Input", f"{request.num_classes} classes of inputs (N, {', '.join(map(str, request.input_shape))})"),
            ("Costs", f"{cost.params:,} parameters, {cost.macs:,} MACs per example, bias additions included"),
            ("Weights", weights),
            (
                "Check",
                f"imported in a process with torch {torch.__version__} alone; parameters, MACs and shapes are those "
                f"above, and on {NUM_EXAMPLES} examples the largest difference to the original's output is 0",
            ),
        ),
    )
