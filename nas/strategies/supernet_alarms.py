"""Alarms of searches with shared weights: what may go wrong in them, noticed while they train.

Collapse: skip connections win because shared weights favour what needs no training (Zela et al. 2020, arXiv 1909.09656;
Chu et al. 2020, arXiv 1911.12126). Entropy: all is decided, so further training decides nothing. Gap: the mixture is good,
but the architecture that it speaks for is not, so the mixture's decisions are not about it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from nas.core.config import Config, setting
from nas.core.finding import Finding
from nas.core.space import Row
from nas.strategies.supernet_measures import entropy, groups_of, mean, skip_share

Response = Literal["off", "note", "stop"]

MOST_FINDINGS = 60


class AlarmConfig(Config):
    """Settings of the alarms; each may note what it saw on the timeline, or also end the supernet's training."""

    collapse_alarm: Response = setting(
        "note",
        title="Alarm: collapse",
        description="When skip connections take over the architecture that is derived.",
        advanced=True,
    )
    collapse_share: float = setting(
        0.5,
        title="Collapse above",
        description="Share of skip connections among the choices in use, in the group that has most of them.",
        ge=0,
        lt=1,
        advanced=True,
    )
    entropy_alarm: Response = setting(
        "note", title="Alarm: all decided", description="When hardly any choice is open any more.", advanced=True
    )
    entropy_floor: float = setting(
        0.05,
        title="All decided below",
        description="Mean entropy of the choices; 1 is even, 0 is sure.",
        ge=0,
        lt=1,
        advanced=True,
    )
    gap_alarm: Response = setting(
        "note",
        title="Alarm: gap",
        description="When the derived architecture alone is much worse than the mixture of all.",
        advanced=True,
    )
    largest_gap: float = setting(
        0.3,
        title="Gap above",
        description="Validation accuracy of the mixture minus that of the derived architecture with shared weights.",
        gt=0,
        le=1,
        advanced=True,
    )
    alarms_from: int = setting(
        3,
        title="Alarms from epoch",
        description="Before it the choices are still too even to mean anything.",
        unit="epochs",
        ge=1,
        le=10_000,
        advanced=True,
    )


class Alarms:
    """Judges the facts of one epoch after the other. What was noticed is noticed again only after it was gone between."""

    def __init__(self, config: Any, rows: Sequence[Row]) -> None:
        """`config` has the settings of AlarmConfig."""
        self._config = config
        self._rows = tuple(rows)
        self._going_on: set[str] = set()
        self.findings: list[Finding] = []

    def judge(self, facts: Mapping[str, Any], path: Sequence[int] | None) -> list[Finding]:
        """What is newly found out of the facts of an epoch. `path`: the derived architecture, where there is one."""
        config = self._config
        if facts["epoch"] < config.alarms_from:
            return []
        checks: tuple[tuple[str, Response, Callable[[], str]], ...] = (
            ("collapse", config.collapse_alarm, lambda: self._collapse(path)),
            ("entropy", config.entropy_alarm, lambda: self._decided(facts["data"].get("probabilities"))),
            ("gap", config.gap_alarm, lambda: self._gap(facts["metrics"])),
        )
        found = []
        for kind, response, look in checks:
            text = look() if response != "off" else ""
            if not text:
                self._going_on.discard(kind)
            elif kind not in self._going_on:
                self._going_on.add(kind)
                stops = response == "stop"
                ending = " The supernet's training ends here." if stops else ""
                found += self.note(kind, f"Epoch {facts['epoch']}: {text}{ending}", stops=stops)
        return found

    def note(self, kind: str, text: str, *, stops: bool = False) -> list[Finding]:
        """Keep one finding; of those that stop nothing no more than MOST_FINDINGS in all."""
        if len(self.findings) >= MOST_FINDINGS and not stops:
            return []
        finding = Finding(len(self.findings), kind, text, stops)
        self.findings.append(finding)
        return [finding]

    def _collapse(self, path: Sequence[int] | None) -> str:
        if path is None:
            return ""
        shares = [(skip_share(self._rows, path, places), group) for group, places in groups_of(self._rows).items()]
        share, group = max(((share, group) for share, group in shares if share is not None), default=(0.0, ""))
        if share <= self._config.collapse_share:
            return ""
        limit = self._config.collapse_share
        return f"{share:.0%} of the choices derived for “{group}” are skip connections (limit {limit:.0%})."

    def _decided(self, probabilities: Sequence[Sequence[float]] | None) -> str:
        open_rows = [row for row in probabilities or () if len(row) > 1]
        if not open_rows or (value := mean(map(entropy, open_rows))) >= self._config.entropy_floor:
            return ""
        return f"all is decided: the mean entropy of the choices is {value:.3f} (floor {self._config.entropy_floor:g})."

    def _gap(self, metrics: Mapping[str, float]) -> str:
        mixture, derived = metrics.get("validation_accuracy"), metrics.get("shared_accuracy")
        if mixture is None or derived is None or mixture - derived <= self._config.largest_gap:
            return ""
        return (
            f"the mixture reaches an accuracy of {mixture:.3f}, the derived architecture with the same weights {derived:.3f} "
            f"(largest gap {self._config.largest_gap:g})."
        )

    def as_json(self) -> dict[str, Any]:
        return {"going_on": sorted(self._going_on), "findings": [finding.as_json() for finding in self.findings]}

    def load(self, value: Mapping[str, Any]) -> None:
        """Go on as the one that wrote `value`."""
        self._going_on = set(value["going_on"])
        self.findings = [Finding.from_json(finding) for finding in value["findings"]]
