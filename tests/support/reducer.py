"""What events do to a snapshot: the Python twin of frontend/src/live/reduce.ts, for comparing with a fresh snapshot."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

OPEN = {"queued", "running"}


def reduce(snapshot: dict[str, Any], frame: dict[str, Any]) -> dict[str, Any]:
    """Changes and returns `snapshot` (a RunSnapshot as JSON). Applying events it already contains changes nothing."""
    assert frame["from_seq"] <= snapshot["seq"] + 1, "a gap"
    for event in frame["events"]:
        apply(snapshot, event)
    snapshot["seq"] = max(snapshot["seq"], frame["to_seq"])
    return snapshot


def apply(snapshot: dict[str, Any], event: dict[str, Any]) -> None:
    match event["type"]:
        case "run_changed":
            snapshot["state"], snapshot["end_reason"] = event["state"], event["end_reason"]
        case "reference_point_fixed":
            snapshot["reference_point"] = event["reference_point"]
        case "trials_added":
            for number in event["numbers"]:
                _row(_trials(snapshot, event), number)
        case "trial_started":
            _set_state(_trials(snapshot, event), event["number"], "running")
        case "trials_requeued":
            for number in event["numbers"]:
                _set_state(_trials(snapshot, event), number, "queued")
        case "trials_finished":
            for ended in event["trials"]:
                _finish(_trials(snapshot, event), ended)
        case "front_changed":
            _change_front(snapshot["replicas"][event["replica"]], event)
        case "intervened":
            _intervene(snapshot, event)
        case "work_changed":
            _change_work(snapshot["replicas"][event["replica"]], event)
        case "noticed":
            known = snapshot["replicas"][event["replica"]]["findings"]
            if event["number"] >= len(known):
                known.append(_row_of(event))
        case "curve_grew" | "views_changed":
            pass
        case unknown:
            raise AssertionError(f"no rule for {unknown}")


def _change_work(replica: dict[str, Any], event: dict[str, Any]) -> None:
    """Of two the newer; one that has ended stays as it ended."""
    known = replica["work"]
    if known is not None:
        is_over = known["number"] == event["number"] and known["state"] not in OPEN
        if is_over or known["number"] > event["number"]:
            return
    replica["work"] = _row_of(event)


def _row_of(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in ("type", "replica")}


def _trials(snapshot: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    trials: dict[str, Any] = snapshot["replicas"][event["replica"]]["trials"]
    return trials


def _intervene(snapshot: dict[str, Any], event: dict[str, Any]) -> None:
    known = snapshot["replicas"][event["replica"]]["interventions"]
    if event["number"] >= len(known):
        known.append(_row_of(event))
        if event["kind"] == "change_budget" and event["replica"] == snapshot["replicas"][0]["number"]:
            for name in ("budget_trials", "budget_wall_seconds"):
                snapshot[name] = event[name]


def _row(trials: dict[str, Any], number: int) -> int:
    row = bisect_left(trials["number"], number)
    if row == len(trials["number"]) or trials["number"][row] != number:
        trials["number"].insert(row, number)
        trials["state"].insert(row, "queued")
        trials["is_feasible"].insert(row, True)
        trials["is_reused"].insert(row, False)
        trials["is_found"].insert(row, False)
        for column in trials["values"]:
            column.insert(row, None)
    return row


def _set_state(trials: dict[str, Any], number: int, state: str) -> None:
    row = _row(trials, number)
    if trials["state"][row] in OPEN:
        trials["state"][row] = state


def _finish(trials: dict[str, Any], ended: dict[str, Any]) -> None:
    row = _row(trials, ended["number"])
    for name in ("state", "is_feasible", "is_reused", "is_found"):
        trials[name][row] = ended[name]
    for column, value in zip(trials["values"], ended["values"], strict=True):
        column[row] = value


def _change_front(replica: dict[str, Any], event: dict[str, Any]) -> None:
    replica["front"] = sorted((set(replica["front"]) - set(event["removed"])) | set(event["added"]))
    columns = [replica["progress"][name] for name in ("told_order", "hypervolume", "best", "spent_seconds")]
    told, volume, best, _ = columns
    for step in event["progress"]:
        if told and step["told_order"] <= told[-1]:
            continue
        if len(told) >= 2 and (volume[-1], best[-1]) == (volume[-2], best[-2]):
            for column in columns:
                column.pop()
        for column, name in zip(columns, ("told_order", "hypervolume", "best", "spent_seconds"), strict=True):
            column.append(step[name])
