"""An architecture as ONNX, with any number of examples at once, compared with torch before it is handed out."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from nas.core.graph import Shape
from nas.export.check import example_inputs
from nas.export.errors import ExportFailed

OPSET = 20
TOLERANCE = 1e-4
"""Of the largest output: another library sums in another order, in float32."""


@dataclass(frozen=True, slots=True)
class OnnxReport:
    """`max_difference` to torch over `num_examples`; `runtime` names what ran the file."""

    opset: int
    max_difference: float
    largest_output: float
    num_examples: int
    runtime: str

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def onnx_file(network: nn.Module, input_shape: Shape) -> tuple[bytes, OnnxReport]:
    """The file: input "input" (batch, *input_shape), output "logits". Raises ExportFailed when it computes something else."""
    network = network.eval()
    content = _exported(network, input_shape)
    return content, _compared(content, network, example_inputs(input_shape))


def _exported(network: nn.Module, input_shape: Shape) -> bytes:
    batch = torch.export.Dim("batch", min=1)
    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    exporter.setLevel(logging.ERROR)
    try:
        # The exporter prints its progress and warns of its own insides; its outcome is checked below.
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), torch.no_grad():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                _OneInput(network),
                (torch.zeros(2, *input_shape),),
                dynamo=True,
                verbose=False,
                opset_version=OPSET,
                input_names=["input"],
                output_names=["logits"],
                dynamic_shapes=({0: batch},),
                external_data=False,
            )
    except Exception as error:
        words = " ".join(str(error).split())
        raise ExportFailed(f"torch could not write it as ONNX: {type(error).__name__}: {words:.300}") from error
    finally:
        exporter.setLevel(level)
    assert program is not None
    content: bytes = program.model_proto.SerializeToString(deterministic=True)
    return content


class _OneInput(nn.Module):
    """The exporter wants to know each input by name."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.network(x)
        return logits


def _compared(content: bytes, network: nn.Module, inputs: Tensor) -> OnnxReport:
    """All examples at once, and the first alone: the number of examples is free."""
    import onnx
    import onnxruntime

    model = onnx.load_model_from_string(content)
    onnx.checker.check_model(model, full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    with torch.no_grad():
        expected = network(inputs)
    found = [session.run(["logits"], {"input": part.numpy()})[0] for part in (inputs, inputs[:1])]
    outputs = torch.cat([torch.from_numpy(part) for part in found])
    wanted = torch.cat([expected, expected[:1]])
    largest, difference = wanted.abs().max().item(), (outputs - wanted).abs().max().item()
    if not difference <= TOLERANCE * max(1.0, largest):
        raise ExportFailed(
            f"the ONNX file answers differently from the network: by up to {difference:.3g}, outputs reach {largest:.3g}"
        )
    opset = next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    return OnnxReport(opset, difference, largest, len(inputs), f"onnxruntime {onnxruntime.__version__}")
