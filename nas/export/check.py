"""The proof of an export: the file is imported in a clean process and has to be the network it was made from."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from nas.blueprint.blueprint import Blueprint
from nas.core.cost import Cost
from nas.core.graph import Shape
from nas.export.alone import run_alone
from nas.export.errors import ExportFailed
from nas.export.weights import disturb, exported_weights, weights_file
from nas.training.environment import reproducible

NUM_EXAMPLES = 4
_SEED = 20_260
_SCRIPT = Path(__file__).with_name("clean_check.py")


@dataclass(frozen=True, slots=True)
class Subject:
    """An exported file with what it must be. `network` is the original, on the CPU; the check leaves it as it was."""

    source: str
    blueprint: Blueprint
    network: nn.Module
    cost: Cost


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What the clean process saw; `max_difference` is over all outputs, on `num_examples` with two sets of weights each."""

    params: int
    macs: int
    max_difference: float
    num_examples: int
    torch_version: str

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def check_files(
    subjects: Sequence[Subject], *, should_stop: Callable[[], bool] = lambda: False
) -> list[CheckReport | ExportFailed]:
    """Import, build and run all files in one process that cannot import us; what each of them showed.

    Each file is run with the weights of its original, and with weights that were all changed, so that two layers of one
    kind that changed places are noticed. Outputs have to be equal bit for bit. Raises ExportFailed when the process itself
    fails, Interrupted when asked to stop.
    """
    with tempfile.TemporaryDirectory(prefix="nas-export-") as name:
        folder = Path(name)
        entries = [_prepared(subject, folder, number) for number, subject in enumerate(subjects)]
        manifest = folder / "manifest.json"
        manifest.write_text(json.dumps(entries))
        answer = run_alone(_SCRIPT, [str(manifest), str(Path(torch.__file__).parent.parent)], folder, should_stop)
    if answer["can_import_nas"]:
        raise ExportFailed("the process that checks exported files could import this program, so it proves nothing")
    return [_judged(subject, seen, answer["torch"]) for subject, seen in zip(subjects, answer["files"], strict=True)]


def example_inputs(input_shape: Shape) -> Tensor:
    """(NUM_EXAMPLES, *input_shape), the same ones every time."""
    return torch.randn(NUM_EXAMPLES, *input_shape, generator=torch.Generator().manual_seed(_SEED))


def _prepared(subject: Subject, folder: Path, number: int) -> dict[str, Any]:
    source = folder / f"file{number}.py"
    source.write_text(subject.source, encoding="utf-8")
    shape = subject.blueprint.inputs[0]
    pairs = []
    kept = {name: tensor.clone() for name, tensor in subject.network.state_dict().items()}
    was_training = subject.network.training
    subject.network.eval()
    try:
        for kind in ("own", "disturbed"):
            if kind == "disturbed":
                disturb(subject.network, _SEED)
            weights = folder / f"weights{number}-{kind}.safetensors"
            weights.write_bytes(weights_file(exported_weights(subject.blueprint, subject.network)))
            examples = folder / f"examples{number}-{kind}.safetensors"
            inputs = example_inputs(shape)
            with torch.no_grad(), reproducible(torch.device("cpu"), 0):
                save_file({"examples": inputs, "expected": subject.network(inputs).contiguous()}, examples)
            pairs.append({"weights": str(weights), "examples": str(examples)})
    finally:
        subject.network.load_state_dict(kept)
        subject.network.train(was_training)
    return {"source": str(source), "input_shape": list(shape), "pairs": pairs}


def _judged(subject: Subject, seen: Mapping[str, Any], torch_version: str) -> CheckReport | ExportFailed:
    if seen["error"]:
        return ExportFailed(f"the exported file does not run by itself: {seen['error']:.500}")
    shapes = {name: list(tensor.shape) for name, tensor in exported_weights(subject.blueprint, subject.network).items()}
    if seen["shapes"] != shapes:
        strange = _unequal(seen["shapes"], shapes)
        return ExportFailed(f"the exported network has other weights than the original: {', '.join(strange)[:300]}")
    for name in ("params", "macs", "bias_adds"):
        expected = getattr(subject.cost, name)
        if seen[name] != expected:
            return ExportFailed(f"the exported network has {name} {seen[name]:,}; the original has {expected:,}")
    if None in seen["differences"]:
        return ExportFailed("the outputs are infinite or not numbers, so they cannot be compared")
    difference = max(seen["differences"])
    if difference != 0.0:
        return ExportFailed(f"the outputs differ from those of the original, by up to {difference:.3g}")
    return CheckReport(seen["params"], seen["macs"], difference, NUM_EXAMPLES, torch_version)


def _unequal(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))
