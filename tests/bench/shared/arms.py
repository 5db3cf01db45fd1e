"""Which searches with shared weights are measured, each on the space it is made for; settings beside the form's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Arm:
    strategy: str
    space: str
    config: Mapping[str, Any] = field(default_factory=dict)


ARMS: Mapping[str, Arm] = {
    "darts": Arm("darts", "darts"),
    "darts:second": Arm("darts", "darts", {"order": "second"}),
    "darts:nasbench201": Arm("darts", "nasbench201"),
    "proxyless": Arm("proxyless", "mobile"),
    "one_shot": Arm("one_shot", "nasbench201"),
    "spos": Arm("spos", "nasbench201"),
    "enas": Arm("enas", "enas_macro"),
    "enas:micro": Arm("enas", "enas_micro"),
    "once_for_all": Arm("once_for_all", "mobile_elastic"),
}
