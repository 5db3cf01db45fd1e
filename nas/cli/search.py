"""`search`: a whole search in this process, with a progress bar; the front as a table or as JSON lines."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nas.analysis.pareto import non_dominated
from nas.analysis.significance import verdict
from nas.cli.config_file import PLACES
from nas.cli.setup import Parts, parts_from_arguments, settings_of_chosen
from nas.cli.text import columns, compact, counted, number
from nas.core.errors import InvalidConfig, NasError
from nas.core.metric import Direction
from nas.core.objective import Objective, unmet
from nas.core.proposal import Genotype
from nas.core.setup import SearchSetup
from nas.core.space import architecture_key
from nas.jobs.local import Finished, search
from nas.strategies.supernet_search import SupernetSearch

EXIT_INTERRUPTED = 130


def add_to(commands: Any, arguments: Sequence[str]) -> None:
    """`arguments`: all that was typed; the help lists the settings of the parts chosen there."""
    wants_help = "search" in arguments and ("-h" in arguments or "--help" in arguments)
    parser: argparse.ArgumentParser = commands.add_parser(
        "search",
        help="run a search in this process",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=settings_of_chosen(arguments) if wants_help else None,
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="a run's configuration as YAML or JSON; what other options name wins. There is one worker and one replica here, "
        "so parallelism, num_replicas, batch_size and num_reported change nothing",
    )
    for place, default in PLACES.items():
        parser.add_argument(f"--{place}", metavar="NAME", help=f"which {place} ({default})")
        parser.add_argument(f"--{place}-config", metavar="JSON", help="its settings, as JSON or the name of a preset")
    parser.add_argument(
        "--set",
        metavar="PART.SETTING=VALUE",
        action="append",
        default=[],
        help="one setting, like space.width=8; wins over --…-config; may be repeated",
    )
    parser.add_argument(
        "--objective",
        metavar="METRIC[:min|max]",
        action="append",
        help="what to optimise; up to three (accuracy and macs)",
    )
    parser.add_argument(
        "--constraint",
        metavar="METRIC<=NUMBER",
        action="append",
        default=[],
        help="what an architecture must keep, like params<=200000; may be repeated",
    )
    parser.add_argument(
        "--reward",
        metavar="FORMULA",
        help="what the metric reward is made of, like accuracy*(latency_ms/75)^soft; ^hard, ^-0.1 and ^0,-1 as well",
    )
    parser.add_argument("--trials", metavar="N", type=int, help="how many architectures to evaluate (60)")
    parser.add_argument("--wall-seconds", metavar="S", type=float, help="start no new trial after this time")
    parser.add_argument("--seed", metavar="S", type=int, help="seed of the whole search (0)")
    parser.add_argument(
        "--baseline",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="afterwards random search with the same budget, to compare with (no)",
    )
    parser.add_argument(
        "--keep-supernet",
        metavar="FILE",
        help="where a search with shared weights leaves them, for the estimator inherit (nowhere)",
    )
    parser.add_argument("--data", metavar="FOLDER", help="folder of stored data sets and benchmark tables")
    parser.add_argument("--device", metavar="NAME", help="cpu, gpu, cuda:0 … (auto)")
    parser.add_argument("--workers", type=int, choices=[1], default=1, help="this command has one worker")
    parser.add_argument("--json", action="store_true", help="JSON lines: each trial as it ends, then the front")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Returns 0, or 130 when Ctrl-C ended it. An error on the way is raised after what was found is printed."""
    parts = parts_from_arguments(given)
    keep = _keeping(given.keep_supernet, parts) if given.keep_supernet else _forget
    with _stopping_at_interrupt() as is_stopped:
        front = _carry_out(parts, is_stopped, as_json=given.json, on_supernet=keep)
        if parts.baseline is not None and not is_stopped():
            if not given.json:
                print("\nRandom search with the same budget:")
            random_front = _carry_out(parts.baseline, is_stopped, as_json=given.json, more={"baseline": True})
            if not given.json:
                print(_against_random(parts.setup.objectives[0], front, random_front))
    return EXIT_INTERRUPTED if is_stopped() else 0


def _forget(checkpoint: bytes) -> None:
    """Shared weights that nobody wants."""


def _keeping(name: str, parts: Parts) -> Callable[[bytes], None]:
    """Writes shared weights to that file, whole or not at all. Raises InvalidConfig where that cannot be."""
    path = Path(name)
    if not isinstance(parts.strategy, SupernetSearch):
        raise InvalidConfig.at("keep-supernet", "only searches with shared weights train a supernet; leave this out")
    if path.is_dir() or not path.parent.is_dir():
        raise InvalidConfig.at("keep-supernet", f"{name!r:.200} must name a file in a folder that is there")

    def keep(checkpoint: bytes) -> None:
        draft = path.with_name(f".{path.name}.draft")
        draft.write_bytes(checkpoint)
        draft.replace(path)

    return keep


def _carry_out(
    parts: Parts,
    is_stopped: Callable[[], bool],
    *,
    as_json: bool,
    on_supernet: Callable[[bytes], None] = _forget,
    more: Mapping[str, Any] | None = None,
) -> list[Point]:
    """Search, print, and return the front. `more` goes into every JSON line. Raises what went wrong once all is printed."""
    finished: list[Finished] = []
    trouble: NasError | None = None
    more = more or {}
    with _progress(parts) as advance:
        try:
            for trial in _trials(parts, is_stopped, advance, on_supernet):
                finished.append(trial)
                if as_json:
                    line = {**trial_as_json(parts.setup, trial), **more}
                    print(json.dumps(line, ensure_ascii=False), flush=True)
        except NasError as error:
            trouble = error
        except KeyboardInterrupt:  # pressed a second time, in the middle of something
            pass
    front = front_of(parts.setup, finished)
    if as_json:
        line = {**_front_as_json(parts.setup, finished, front, stopped=is_stopped()), **more}
        print(json.dumps(line, ensure_ascii=False))
    else:
        _print_front(parts.setup, finished, front, stopped=is_stopped())
    if trouble is not None:
        raise trouble
    return front


def _against_random(objective: Objective, front: Sequence[Point], random_front: Sequence[Point]) -> str:
    """The best of each side, and how little one seed proves."""
    bests = [[found[0][2][objective.metric]] if found else [] for found in (front, random_front)]
    said = verdict(*bests, is_larger_better=objective.direction is Direction.MAXIMISE)
    shown = [number(best[0]) if best else "nothing" for best in bests]
    return f"\nBest {objective.metric}: {shown[0]}, random search {shown[1]}. {said.sentence()}"


def _trials(
    parts: Parts,
    is_stopped: Callable[[], bool],
    advance: Callable[[str, int], None],
    on_supernet: Callable[[bytes], None],
) -> Iterator[Finished]:
    def on_curve(proposal_id: int, step: int, metrics: Mapping[str, float]) -> None:
        shown = ", ".join(f"{name} {value:.4g}" for name, value in list(metrics.items())[:2])
        advance(f"trial {proposal_id}, step {step}: {shown}", 0)

    for trial in search(
        parts.strategy,
        parts.setup,
        parts.budget,
        device=parts.device,
        should_stop=is_stopped,
        on_curve=on_curve,
        on_supernet=on_supernet,
    ):
        advance(f"trial {trial.proposal.id}: {trial.result.status}", 1)
        yield trial


@contextmanager
def _stopping_at_interrupt() -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C asks for a stop at the next safe point; the second interrupts at once."""
    stopped = False
    before = signal.getsignal(signal.SIGINT)

    def stop(number: int, frame: object) -> None:
        nonlocal stopped
        stopped = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, stop)
    try:
        yield lambda: stopped
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _progress(parts: Parts) -> Iterator[Callable[[str, int], None]]:
    """A bar on the error stream when a person watches it; yields (what is happening, trials that ended since) → None."""
    if not sys.stderr.isatty():
        yield lambda text, ended: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    bar = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*bar, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("starting", total=parts.budget.trials)
        yield lambda text, ended: progress.update(task, description=text, advance=ended)


def trial_as_json(setup: SearchSetup, trial: Finished) -> dict[str, Any]:
    proposal, result = trial.proposal, trial.result
    return {
        "type": "trial",
        **result.as_json(),
        "operator": proposal.operator,
        "parents": list(proposal.parents),
        "genotype": proposal.genotype,
        "key": architecture_key(setup.space, proposal.genotype) if proposal.genotype is not None else None,
        "reported": [{"genotype": found.genotype, "metrics": dict(found.metrics)} for found in trial.reported],
    }


Point = tuple[int, Genotype, Mapping[str, float]]
"""Proposal id, architecture, metrics."""


def front_of(setup: SearchSetup, finished: Sequence[Finished]) -> list[Point]:
    """The trials that keep the constraints and that no other such trial dominates, best first objective first.

    What was only scored with shared weights is on no front: its objectives are unknown.
    """
    points: list[Point] = []
    for trial in finished:
        if trial.proposal.genotype is not None and trial.result.status.is_ok:
            points.append((trial.proposal.id, trial.proposal.genotype, trial.result.metrics))
        points += [(found.proposal_id, found.genotype, found.metrics) for found in trial.reported]
    known = [point for point in points if all(o.metric in point[2] for o in setup.objectives)]
    kept = [point for point in known if not unmet(setup.constraints, point[2])]
    losses = [[o.loss(metrics[o.metric]) for o in setup.objectives] for _, _, metrics in kept]
    return [kept[i] for i in sorted(non_dominated(losses), key=lambda i: losses[i])]


def _front_as_json(
    setup: SearchSetup, finished: Sequence[Finished], front: Sequence[Point], *, stopped: bool
) -> dict[str, Any]:
    return {
        "type": "front",
        "objectives": [objective.as_json() for objective in setup.objectives],
        "constraints": [constraint.as_json() for constraint in setup.constraints],
        "num_trials": len(finished),
        "num_failed": sum(not trial.result.status.is_ok for trial in finished),
        "stopped": stopped,
        "is_simulated": setup.estimator.is_simulated,
        "trials": [
            {
                "proposal_id": proposal_id,
                "genotype": genotype,
                "key": architecture_key(setup.space, genotype),
                "metrics": dict(metrics),
            }
            for proposal_id, genotype, metrics in front
        ],
    }


def _print_front(setup: SearchSetup, finished: Sequence[Finished], front: Sequence[Point], *, stopped: bool) -> None:
    failed = [trial for trial in finished if not trial.result.status.is_ok]
    print(f"{counted(len(finished), 'trial')}{', stopped early' if stopped else ''}, {len(failed)} without a value.")
    for status in sorted({trial.result.status for trial in failed}):
        reasons = [trial.result.reason for trial in failed if trial.result.status is status]
        print(f"  {status}: {len(reasons)}, for example: {reasons[0]}")
    if not front:
        print("No trial keeps the constraints, so there is no front.")
        return
    metrics = [objective.metric for objective in setup.objectives]
    shown: dict[tuple[str, ...], str] = {}  # what was evaluated twice to the same end stands there once
    for proposal_id, genotype, values in front:
        shown.setdefault((*(number(values[name]) for name in metrics), compact(genotype)), str(proposal_id))
    simulated = ", simulated" if setup.estimator.is_simulated else ""
    print(f"Front ({counted(len(shown), 'architecture')}{simulated}):")
    print(columns(["trial", *metrics, "architecture"], [(trial, *row) for row, trial in shown.items()]))
