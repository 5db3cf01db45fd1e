"""Tables of a team, measured and imported."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.latency.models import LatencyTable
from apps.latency.services.request import latency_request
from apps.latency.services.table import latency_import
from apps.spaces.selectors.made import space_made
from apps.workers.models import Worker
from nas.core.space import Space
from tests.apps.builders import make_worker

TINY = {"stages": ["r1_s1_o8_e1_k3", "r2_s2_o8"], "width_multipliers": [1.0], "kernels": [3], "head_width": 16}
CSV = b"# device: a phone\nkey,median_ms\nConv-input:8x8x1-output:8x8x16,0.5\nother block,0.25\n"


def tiny_space() -> Space:
    return space_made(name="mobile", config=TINY)


def ask(team: Team, by: User, device: Worker, **changes: Any) -> LatencyTable:
    given: dict[str, Any] = {
        "name": "Ours",
        "space": tiny_space(),
        "input_shape": (1, 8, 8),
        "num_classes": 10,
        "device": device,
        "settings": {"num_checks": 3},
        "now": timezone.now(),
    }
    return latency_request(team=team, by=by, **{**given, **changes})


def bring(team: Team, by: User, content: bytes = CSV, **changes: Any) -> LatencyTable:
    given: dict[str, Any] = {"name": "Theirs", "device": "", "column": "", "unit": "ms", "source": "a test"}
    file = SimpleUploadedFile("table.csv", content)
    return latency_import(team=team, by=by, file=file, now=timezone.now(), **{**given, **changes})


@pytest.fixture
def device(db: None) -> Worker:
    return make_worker(host="here", device_name="a CPU")
