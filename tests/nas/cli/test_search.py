from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nas.analysis.pareto import dominates
from nas.cli.main import main
from tests.nas.cli.conftest import Said

Nas = Callable[..., Said]
ROOT = Path(__file__).parents[3]
TOY = ("search", "--space", "bit_strings", "--problem", "blobs", "--estimator", "ones")


def losses(trial: dict[str, Any]) -> tuple[float, float]:
    return -trial["metrics"]["accuracy"], trial["metrics"]["macs"]


def test_json_lines_are_every_trial_as_it_ends_and_then_the_front(nas: Nas) -> None:
    said = nas(*TOY, "--trials", "40", "--seed", "3", "--json")
    assert said.code == 0
    *trials, front = said.lines
    assert [trial["proposal_id"] for trial in trials] == list(range(40))
    assert {trial["type"] for trial in trials} == {"trial"}
    assert (front["type"], front["num_trials"], front["num_failed"], front["stopped"]) == ("front", 40, 0, False)
    assert [objective["metric"] for objective in front["objectives"]] == ["accuracy", "macs"]  # the defaults
    assert front["is_simulated"] is True
    expected = {
        trial["proposal_id"] for trial in trials if not any(dominates(losses(other), losses(trial)) for other in trials)
    }
    assert {trial["proposal_id"] for trial in front["trials"]} == expected
    assert len(expected) > 2


def test_the_same_seed_prints_the_same_and_another_does_not(nas: Nas) -> None:
    first, again, other = (nas(*TOY, "--trials", "30", "--json", "--seed", seed).out for seed in ("1", "1", "2"))
    assert first == again != other


def test_constraints_keep_what_is_known_too_large_from_being_evaluated(nas: Nas) -> None:
    *trials, front = nas(
        *TOY, "--trials", "30", "--constraint", "params<=1003", "--constraint", "latency_ms<=4.5", "--json"
    ).lines
    assert all(trial["metrics"]["params"] <= 1_003 for trial in trials)
    assert any(trial["metrics"]["latency_ms"] > 4.5 for trial in trials)  # measured: known only afterwards
    assert all(trial["metrics"]["latency_ms"] <= 4.5 for trial in front["trials"])


def test_settings_come_from_json_from_presets_and_one_by_one(nas: Nas) -> None:
    said = nas(
        *TOY,
        *("--space-config", '{"num_bits": 12}', "--set", "space.num_bits=8", "--set", "problem.num_classes=5"),
        *("--strategy-config", "paper", "--set", "strategy.selection=domination", "--objective", "accuracy:max"),
        *("--trials", "101", "--json"),
    )
    *trials, front = said.lines
    assert {len(trial["genotype"]["bits"]) for trial in trials} == {8}
    assert {trial["operator"] for trial in trials[:100]} == {"random"}  # the paper's population has 100
    assert trials[100]["operator"] == "mutate:flip"
    assert front["objectives"] == [{"metric": "accuracy", "direction": "maximise"}]


def test_people_get_a_table(nas: Nas) -> None:
    said = nas(*TOY, "--trials", "5", "--objective", "accuracy")
    counted, title, head, row = said.out.splitlines()
    assert counted == "5 trials, 0 without a value."
    assert title == "Front (1 architecture, simulated):"
    assert head.split() == ["trial", "accuracy", "architecture"]
    assert set(json.loads(row.split()[-1])) == {"bits"}


def test_what_was_evaluated_twice_to_the_same_end_stands_in_the_table_once(nas: Nas) -> None:
    said = nas(
        *TOY, "--set", "space.num_bits=2", "--set", "estimator.noise=0", "--trials", "40", "--objective", "accuracy"
    )
    *_, title, _, row = said.out.splitlines()
    assert title == "Front (1 architecture, simulated):"
    assert row.endswith('{"bits":"11"}')


def test_failures_are_counted_and_explained(nas: Nas, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*arguments: object) -> None:
        raise ValueError("no such layer")

    monkeypatch.setattr("tests.contracts.toys.Ones.evaluate", crash)
    said = nas(*TOY, "--trials", "3")
    assert said.code == 0
    assert "3 trials, 3 without a value." in said.out
    assert "crashed: 3, for example: the evaluation crashed: ValueError: no such layer" in said.out
    assert "there is no front" in said.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--trials", "0"), "trials: "),
        (("--wall-seconds", "-1"), "wall_seconds: "),
        (("--seed", "-1"), "seed: must be at least 0"),
        (("--space", "nowhere"), "there is no space 'nowhere'"),
        (("--strategy", "magic"), "there is no strategy 'magic'; there are random"),
        (("--objective", "beauty"), "there is no metric 'beauty'"),
        (("--objective", "test_accuracy"), "a search must not see it"),
        (("--objective", "inherited_share"), "neither an aim nor a limit"),
        (("--objective", "loss"), "the estimator ones does not deliver loss"),
        (("--constraint", "params"), "expected something like params<=200000"),
        (("--constraint", "params<=1"), "meets params <= 1; loosen the constraint"),
        (("--set", "space.widht=8"), "space.widht: there is no such setting; there are num_bits"),
        (("--set", "space.num_bits=many"), "space.num_bits: "),
        (("--set", "spacewidth"), "like space.width=8"),
        (("--set", "moon.size=1"), "like space.width=8"),
        (("--strategy-config", "papre"), "or one of the presets paper"),
        (("--set", "strategy.sample_size=50"), "at least the sample size (50), got 20"),
        (("--data", "/nowhere/at/all"), "data: there is no folder"),
        (("--estimator", "table"), "estimator.table: "),
        (
            ("--problem", "image_classification", "--set", "problem.dataset=cats"),
            "problem.dataset: there is no data set",
        ),
        (("--workers", "2"), "invalid choice"),
    ],
)
def test_wrong_input_is_answered_in_plain_words(nas: Nas, arguments: tuple[str, ...], message: str) -> None:
    said = nas(*TOY, *arguments)
    assert said.code == 2
    assert message in said.err


def test_a_device_that_is_not_here_is_refused(nas: Nas) -> None:
    said = nas("search", "--device", "cuda:99")
    assert said.code == 2
    assert "device: expected auto" in said.err


def test_a_fault_of_ours_is_one_line_and_the_traceback_is_there_for_those_who_ask(
    nas: Nas, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("our mistake")

    monkeypatch.setattr("tests.contracts.toys.Ones.check", broken)
    said = nas(*TOY)
    assert said.code == 1
    assert said.err.startswith("internal error: RuntimeError: our mistake")
    assert len(said.err.splitlines()) == 1
    assert main(["--traceback", *TOY]) == 1
    assert "in broken" in capsys.readouterr().err


def test_help_lists_the_settings_of_the_chosen_parts(nas: Nas) -> None:
    said = nas(*TOY, "--help")
    assert said.code == 0
    assert "space.num_bits=100 bits  Length of the string." in said.out
    assert "strategy.population_size=20 architectures" in said.out
    assert "space.cells_per_stage" not in said.out


def test_ctrl_c_stops_cleanly_and_prints_what_was_found() -> None:
    """A real training in a real process, interrupted after its first trial."""
    command = [sys.executable, "-m", "nas", "search", "--trials", "100000", "--json"]
    small = ["--set", "space.width=4", "--set", "space.cells_per_stage=1", "--set", "estimator.epochs=1"]
    with subprocess.Popen(
        [*command, *small], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    *trials, front = [json.loads(line) for line in (first + rest).splitlines()]
    assert front["type"] == "front"
    assert front["stopped"] is True
    assert front["num_trials"] == len(trials) >= 1
    assert trials[0]["metrics"]["accuracy"] > 0
    assert err == ""


def test_a_reader_that_has_enough_is_no_error() -> None:
    command = f"{sys.executable} -m nas sample nasbench201 --num 20000 --json | head -1"
    ended = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["params"] > 0


def test_torch_is_not_loaded_where_nothing_is_built() -> None:
    """One command after the other in one fresh process, which ends with the first that loads it or fails."""
    commands = [
        ["catalogue"],
        ["catalogue", "--json"],
        ["sample", "nasbench201"],
        ["describe", "nasbench201", "resnet"],
        ["search", "--help"],
    ]
    script = (
        "import json, sys\n"
        "from nas.cli.main import main\n"
        "for command in json.loads(sys.argv[1]):\n"
        "    try:\n"
        "        code = main(command)\n"
        "    except SystemExit as ended:\n"
        "        code = ended.code\n"
        "    if code or 'torch' in sys.modules:\n"
        "        sys.exit(f'{command}: code {code}, torch: {\"torch\" in sys.modules}')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, json.dumps(commands)], cwd=ROOT, capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_a_baseline_is_random_search_with_the_same_budget(nas: Nas) -> None:
    lines = nas(*TOY, "--trials", "12", "--seed", "3", "--json", "--baseline").lines
    search, beside = lines[:13], lines[13:]
    assert nas(*TOY, "--trials", "12", "--seed", "3", "--json").lines == search
    assert not any("baseline" in line for line in search)
    assert [line["type"] for line in beside] == ["trial"] * 12 + ["front"]
    assert all(line["baseline"] is True for line in beside)
    assert {line["operator"] for line in beside[:-1]} == {"random"}
    # Not the draws that a random search as such would make with this seed: the baseline has a stream of its own.
    alone = nas(*TOY, "--trials", "12", "--seed", "3", "--json", "--strategy", "random").lines
    assert [line["genotype"] for line in alone[:-1]] != [line["genotype"] for line in beside[:-1]]


def test_both_fronts_are_printed_and_how_little_one_seed_proves(nas: Nas) -> None:
    said = nas(*TOY, "--trials", "12", "--baseline")
    assert said.out.count("Front (") == 2
    assert "Random search with the same budget:" in said.out
    assert "one seed cannot tell" in said.out.splitlines()[-1]
    assert "Random search" not in nas(*TOY, "--trials", "12").out
