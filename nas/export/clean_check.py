"""Runs by itself in a process that has torch and nothing of ours: imports exported files and looks at what they are.

Started by `nas.export.check` as `python -I -S clean_check.py MANIFEST TORCH_FOLDER`; writes JSON to standard output.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any


def main(manifest_path: str, torch_folder: str) -> None:
    sys.path.append(torch_folder)
    can_import_nas = importlib.util.find_spec("nas") is not None
    sys.modules["nas"] = None  # type: ignore[assignment]  # whatever the answer was: from here on importing it fails
    import torch

    torch.set_num_threads(1)
    manifest = json.loads(Path(manifest_path).read_text())
    files = [looked_at(torch, place, entry) for place, entry in enumerate(manifest)]
    answer = {"can_import_nas": can_import_nas, "torch": torch.__version__, "files": files}
    sys.stdout.write(f"\n{json.dumps(answer)}\n")


def looked_at(torch: Any, place: int, entry: dict[str, Any]) -> dict[str, Any]:
    try:
        strangers = imported(entry["source"]) - set(sys.stdlib_module_names) - {"torch"}
        if strangers:
            return {"error": "it imports " + ", ".join(sorted(strangers))}
        spec = importlib.util.spec_from_file_location(f"exported{place}", entry["source"])
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return {"error": "", **measured(torch, module, entry)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def imported(path: str) -> set[str]:
    """The top-level names of all modules that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(Path(path).read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


def measured(torch: Any, module: Any, entry: dict[str, Any]) -> dict[str, Any]:
    network = module.build(entry["pairs"][0]["weights"]).eval()
    shapes = {name: list(tensor.shape) for name, tensor in network.state_dict().items()}
    params = sum(parameter.numel() for parameter in network.parameters())
    with torch.no_grad():
        macs, bias_adds = counted(torch, network, entry["input_shape"])
        differences = [difference(torch, module, network, pair) for pair in entry["pairs"]]
    return {"params": params, "macs": macs, "bias_adds": bias_adds, "shapes": shapes, "differences": differences}


def counted(torch: Any, network: Any, input_shape: list[int]) -> tuple[int, int]:
    """Multiply-accumulates by torch's formulas, which know no biases, and the additions of biases."""
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils.flop_counter import flop_registry

    class Counter(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch does not annotate it
        flops = 0

        @classmethod
        def _should_skip_dynamo(cls) -> bool:
            """Hiding this class from torch's compiler would import the compiler, three times as long as torch itself."""
            return False

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            given = kwargs or {}
            result = func(*args, **given)
            formula = flop_registry.get(func.overloadpacket)
            if formula is not None:
                self.flops += formula(*args, **given, out_val=result)
            return result

    additions: list[int] = []

    def hook(layer: Any, _inputs: Any, output: Any) -> None:
        if layer.bias is not None:
            additions.append(output[0].numel())

    with_biases = (torch.nn.modules.conv._ConvNd, torch.nn.Linear)
    handles = [m.register_forward_hook(hook) for m in network.modules() if isinstance(m, with_biases)]
    with Counter() as counter:  # type: ignore[no-untyped-call]
        network(torch.zeros(1, *input_shape))
    for handle in handles:
        handle.remove()
    return counter.flops // 2 + sum(additions), sum(additions)


def difference(torch: Any, module: Any, network: Any, pair: dict[str, str]) -> float | None:
    """Largest difference of the outputs; None where one of them is not a number, or infinite."""
    network.load_state_dict(module.read_weights(pair["weights"]))
    given = module.read_weights(pair["examples"])
    output, expected = network(given["examples"]), given["expected"]
    if output.shape != expected.shape:
        raise ValueError(f"the output has the shape {tuple(output.shape)}, not {tuple(expected.shape)}")
    found = (output - expected).abs().max()
    return float(found) if bool(torch.isfinite(found)) else None


if __name__ == "__main__":
    main(*sys.argv[1:])
