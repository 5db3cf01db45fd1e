"""The check finds what is wrong with a file, and proves that it runs without this program."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import torch

from nas.core.errors import Interrupted, InvalidConfig
from nas.export.check import CheckReport, Subject, check_files
from nas.export.description import architecture_description
from nas.export.errors import ExportFailed
from nas.export.export import built
from nas.export.onnx_file import onnx_file
from nas.export.request import ExportRequest
from nas.export.source import Header, pytorch_source
from nas.registry import spaces
from tests.contracts.toys import BitStrings

TAMPERED: dict[str, tuple[Callable[[str], str], str]] = {
    "another activation": (lambda s: s.replace("nn.ReLU()", "nn.Tanh()"), "the outputs differ"),
    "another stride": (lambda s: s.replace("stride=2, padding=1", "stride=1, padding=1"), "macs|does not run|differ"),
    "a wider layer": (lambda s: s.replace("nn.Linear(16, 10)", "nn.Linear(16, 20)"), "does not run"),
    "layers that changed places": (
        lambda s: s.replace("self.bn2(self.conv2(", "self.bn(self.conv2("),
        "the outputs differ",
    ),
    "a call left out": (lambda s: s.replace("self.bn(self.conv(self.relu(x)))", "self.conv(self.relu(x))"), "differ"),
    "a bias more": (lambda s: s.replace("1, bias=False)", "1)"), "does not run|other weights"),
    "no file of Python": (lambda s: s + "\n)", "SyntaxError"),
    "an import of ours": (lambda s: s + "\nimport nas.core\n", "it imports nas"),
    "an import at a later time": (
        lambda s: s.replace("    network = Network()", '    __import__("nas")\n    network = Network()'),
        "does not run by itself: ModuleNotFoundError",
    ),
}


def subject() -> Subject:
    kind = spaces.get("nasbench201")
    space = kind(kind.Config.parse({"width": 4, "cells_per_stage": 1}))
    operations = ["nor_conv_3x3", "none", "nor_conv_1x1", "skip_connect", "avg_pool_3x3", "nor_conv_3x3"]
    request = ExportRequest(space, {"edges": operations}, (1, 8, 8), 10, ("pytorch",))
    network, blueprint = built(request)
    return Subject(pytorch_source(blueprint, Header("A test")), blueprint, network, request.cost())


def test_tampered_files_are_found_out_and_the_untouched_one_passes() -> None:
    whole = subject()
    subjects = [whole]
    for change, _ in TAMPERED.values():
        changed = change(whole.source)
        assert changed != whole.source
        subjects.append(Subject(changed, whole.blueprint, whole.network, whole.cost))
    before = {name: tensor.clone() for name, tensor in whole.network.state_dict().items()}
    good, *bad = check_files(subjects)
    assert isinstance(good, CheckReport)
    assert (good.params, good.macs, good.max_difference) == (whole.cost.params, whole.cost.macs, 0.0)
    for (name, (_, reason)), found in zip(TAMPERED.items(), bad, strict=True):
        assert isinstance(found, ExportFailed), name
        with pytest.raises(ExportFailed, match=reason):
            raise found
    after = whole.network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before), "the check leaves the network as it was"


def test_a_check_stops_when_asked_to() -> None:
    with pytest.raises(Interrupted):
        check_files([subject()], should_stop=lambda: True)


def test_onnx_answers_like_the_network_for_any_number_of_examples() -> None:
    network = subject().network
    content, report = onnx_file(network, (1, 8, 8))
    import onnx
    import onnxruntime

    model = onnx.load_model_from_string(content)
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    assert report.opset == 20
    assert report.num_examples == 4
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    examples = torch.randn(7, 1, 8, 8)
    with torch.no_grad():
        expected = network(examples)
    (found,) = session.run(None, {"input": examples.numpy()})
    assert torch.allclose(torch.from_numpy(found), expected, atol=1e-4 * max(1.0, float(expected.abs().max())))


def test_json_holds_every_layer() -> None:
    kind = spaces.get("nasbench201")
    space = kind(kind.Config.parse({"width": 4, "cells_per_stage": 1}))
    genotype = {"edges": ["nor_conv_3x3"] * 6}
    found = json.loads(json.dumps(architecture_description(space, genotype, (1, 8, 8), 10)))
    assert space.validate(found["genotype"]) == genotype
    assert sum(layer["params"] for layer in found["layers"]) == found["cost"]["params"]
    names = {"input", *(layer["name"] for layer in found["layers"])}
    assert all(read in names for layer in found["layers"] for read in layer["reads"])


def test_what_cannot_be_exported_is_refused_at_its_field() -> None:
    toy = BitStrings(BitStrings.Config.parse({"num_bits": 4}))
    with pytest.raises(InvalidConfig, match="no networks of torch layers"):
        ExportRequest(toy, {"bits": "0101"}, (1, 8, 8), 10, ("pytorch",))
    kind = spaces.get("nasbench201")
    huge = kind(kind.Config.parse({"width": 256, "cells_per_stage": 32}))
    with pytest.raises(InvalidConfig, match="at most 1,024 MiB"):
        ExportRequest(huge, {"edges": ["nor_conv_3x3"] * 6}, (3, 32, 32), 10, ("pytorch",))
