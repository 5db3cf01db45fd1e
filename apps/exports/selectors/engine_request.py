"""From an architecture's row to the engine's request."""

from __future__ import annotations

from apps.architectures.models import Architecture
from apps.architectures.selectors.drawing import space_of
from apps.artifacts.selectors import artifact_bytes
from apps.exports.models import ArchitectureExport
from nas.core.graph import Shape
from nas.export.request import ExportRequest


def engine_request(
    architecture: Architecture, formats: tuple[str, ...], input_shape: Shape, num_classes: int, *, seed: int
) -> ExportRequest:
    """Raises InvalidConfig, InvalidGenotype for what cannot be exported."""
    return ExportRequest(
        space=space_of(architecture),
        genotype=architecture.genotype,
        input_shape=input_shape,
        num_classes=num_classes,
        formats=formats,
        seed=seed,
    )


def engine_request_of(export: ArchitectureExport) -> ExportRequest:
    """What a worker carries out, its weights read from storage."""
    trial = export.trial
    return ExportRequest(
        space=space_of(export.architecture),
        genotype=export.architecture.genotype,
        input_shape=tuple(export.input_shape),
        num_classes=export.num_classes,
        formats=tuple(export.formats),
        seed=export.seed,
        checkpoint=artifact_bytes(export.checkpoint) if export.checkpoint else None,
        weights_from=f"run {trial.run.name!r}, trial {trial.number}" if trial else "",
    )
