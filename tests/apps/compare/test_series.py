"""What a comparison computes: shared objectives, the common reference point, fronts, curves, bands, tests."""

from __future__ import annotations

from datetime import datetime

import pytest

from apps.accounts.models import Team, User
from apps.compare.schema import Arm
from apps.compare.selectors.comparison import comparison_of
from apps.runs.models import Replica, Run, Trial
from apps.runs.states import RunState
from nas.analysis.hypervolume import hypervolume
from tests.apps.builders import make_run, make_trials

ACCURACY, MACS = "accuracy:maximise", "macs:minimise"


def losses(run: Run) -> list[tuple[float, float]]:
    found = Trial.objects.filter(run=run, value_0__isnull=False).values_list("value_0", "value_1")
    return [(-float(accuracy), float(macs)) for accuracy, macs in found]


def arm_of(arms: list[Arm], run: Run) -> Arm:
    return next(arm for arm in arms if arm.run == run.pk and not arm.is_baseline)


def test_hypervolumes_are_measured_against_the_worst_of_the_reference_points(
    two_runs: tuple[Run, Run], now: datetime
) -> None:
    first, second = two_runs
    first.reference_point = [0.3, 2e6]
    second.reference_point = [0.1, 1e6]
    for run in two_runs:
        run.save()
    comparison = comparison_of(two_runs, now=now)
    assert comparison.reference_point == [0.1, 2e6]
    for run in two_runs:
        (volume,) = arm_of(comparison.arms, run).hypervolumes
        assert volume == pytest.approx(hypervolume(losses(run), (-0.1, 2e6)))
        own = Replica.objects.get(run=run).hypervolume
        assert own is not None
        assert volume != pytest.approx(own)


def test_a_reference_that_one_run_does_not_know_yet_is_that_of_the_others(
    two_runs: tuple[Run, Run], now: datetime
) -> None:
    first, _second = two_runs
    first.reference_point = [None, 2e6]
    first.save()
    assert comparison_of(two_runs, now=now).reference_point == [0.0, 5e6]
    for run in two_runs:
        run.reference_point = [None, 2e6]
        run.save()
    comparison = comparison_of(two_runs, now=now)
    assert comparison.reference_point == [None, 2e6]
    assert all(not arm.hypervolumes and not arm.hypervolume_by_trials.positions for arm in comparison.arms)
    assert all(arm.finals for arm in comparison.arms)


def test_a_curve_is_that_of_the_trials_over_their_order_and_over_their_cost(
    two_runs: tuple[Run, Run], now: datetime
) -> None:
    first, _second = two_runs
    trials = list(Trial.objects.filter(run=first).order_by("told_order"))
    band = arm_of(comparison_of(two_runs, now=now).arms, first)
    expected: dict[float, float] = {}
    best = 0.0
    for count, trial in enumerate(trials, start=1):
        assert trial.value_0 is not None
        if trial.value_0 > best or count == len(trials):
            best = max(best, trial.value_0)
            expected[count] = best
    assert dict(zip(band.best_by_trials.positions, band.best_by_trials.median, strict=True)) == expected
    assert band.best_by_cost.median == band.best_by_trials.median
    per_trial = trials[0].cost_seconds
    assert band.best_by_cost.positions == pytest.approx([per_trial * count for count in expected])
    assert band.best_by_trials.lower == []  # one seed has no band


def test_trials_that_break_a_constraint_or_failed_count_for_nothing_but_their_cost(
    two_runs: tuple[Run, Run], now: datetime
) -> None:
    first, _second = two_runs
    best = Trial.objects.filter(run=first).order_by("-value_0")[0]
    Trial.objects.filter(pk=best.pk).update(is_feasible=False, on_front=False)
    arm = arm_of(comparison_of(two_runs, now=now).arms, first)
    rest = Trial.objects.filter(run=first, is_feasible=True).order_by("-value_0")[0]
    assert arm.finals == [rest.value_0]
    assert best.number not in arm.front.number
    assert arm.cost_seconds == pytest.approx(12 * best.cost_seconds)


def test_the_front_of_several_seeds_is_one_front(team: Team, member: User, now: datetime) -> None:
    run = make_run(team, member, name="Seeds", num_replicas=3)
    for replica in range(3):
        make_trials(run, 8, replica=replica)
    other = make_run(team, member, name="Other")
    arm = arm_of(comparison_of([run, other], now=now).arms, run)
    everything = losses(run)
    for accuracy, macs in zip(*arm.front.values, strict=True):
        assert not any(a <= -accuracy and m <= macs and (a, m) != (-accuracy, macs) for a, m in everything)
    assert len(arm.finals) == len(arm.hypervolumes) == 3
    band = arm.best_by_trials
    for lowest, middle, highest in zip(band.minimum, band.median, band.maximum, strict=True):
        assert lowest is None or middle is None or highest is None or lowest <= middle <= highest
    assert (band.minimum[-1], band.maximum[-1]) == (min(arm.finals), max(arm.finals))


def test_objectives_in_another_order_are_the_same_objectives(
    team: Team, member: User, two_runs: tuple[Run, Run], now: datetime
) -> None:
    turned = make_run(
        team, member, name="Turned", specification={"objectives": [MACS, ACCURACY]}, reference_point=[5e6, 0.0]
    )
    make_trials(turned, 10)
    comparison = comparison_of([two_runs[0], turned], now=now)
    assert [o.metric for o in comparison.objectives] == ["accuracy", "macs"]
    assert [run.columns for run in comparison.runs] == [[0, 1], [1, 0]]
    arm = arm_of(comparison.arms, turned)
    best = max(value for value in Trial.objects.filter(run=turned).values_list("value_1", flat=True) if value)
    assert arm.finals == [best]
    assert max(arm.front.values[0]) == best


def test_a_front_of_fewer_objectives_is_found_anew(team: Team, member: User, now: datetime) -> None:
    three = make_run(
        team,
        member,
        name="Three",
        specification={"objectives": [ACCURACY, MACS, "params:minimise"]},
        reference_point=[0.0, 5e6, 1e6],
    )
    one = make_run(team, member, name="One", specification={"objectives": [ACCURACY]}, reference_point=[0.0])
    make_trials(three, 15)
    make_trials(one, 15)
    comparison = comparison_of([three, one], now=now)
    assert [o.metric for o in comparison.objectives] == ["accuracy"]
    arm = arm_of(comparison.arms, three)
    assert arm.front.values == [arm.finals]
    assert not arm.hypervolumes  # one objective has none
    assert "objectives" in {notice.code for notice in comparison.notices}


def test_without_a_shared_objective_the_comparison_is_refused(
    team: Team, member: User, two_runs: tuple[Run, Run], now: datetime
) -> None:
    other = make_run(team, member, name="Loss", specification={"objectives": ["loss:minimise"]}, reference_point=[None])
    make_trials(other, 5)
    comparison = comparison_of([two_runs[0], other], now=now)
    assert "no objective in common" in comparison.refusal
    assert comparison.objectives == []
    assert all(not arm.finals and not arm.front.number for arm in comparison.arms)
    assert [row.name for row in comparison.results][:2] == ["trials", "failed"]


def test_the_opposite_direction_is_another_objective(team: Team, member: User, now: datetime) -> None:
    runs = [
        make_run(team, member, name=text, specification={"objectives": [text]}, reference_point=[0.0])
        for text in (ACCURACY, "accuracy:minimise")
    ]
    assert comparison_of(runs, now=now).refusal


def test_a_run_without_trials_has_an_empty_arm(
    team: Team, member: User, two_runs: tuple[Run, Run], now: datetime
) -> None:
    fresh = make_run(team, member, name="Fresh", state=RunState.QUEUED)
    arm = arm_of(comparison_of([two_runs[0], fresh], now=now).arms, fresh)
    assert (arm.num_trials, arm.finals, arm.front.number, arm.best) == (0, [], [], None)


def test_a_baseline_is_an_arm_of_its_own(team: Team, member: User, two_runs: tuple[Run, Run], now: datetime) -> None:
    run = make_run(team, member, name="With baseline", specification={"baseline": True})
    make_trials(run, 10, replica=0)
    make_trials(run, 20, replica=1)
    comparison = comparison_of([run, two_runs[0]], now=now)
    own, baseline, _other = comparison.arms
    assert [arm.is_baseline for arm in comparison.arms] == [False, True, False]
    assert (own.num_trials, baseline.num_trials) == (10, 20)
    assert set(own.front.replica) == {0}
    assert set(baseline.front.replica) == {1}


def test_what_work_beside_trials_reported_is_no_trial_of_an_arm(
    team: Team, member: User, two_runs: tuple[Run, Run], now: datetime
) -> None:
    run = make_run(team, member, name="Shared weights")
    make_trials(run, 10)
    run.trials.filter(number__lt=4).update(operator="score_shared")
    assert arm_of(comparison_of([run, two_runs[0]], now=now).arms, run).num_trials == 6


def test_a_new_trial_is_seen_although_the_arms_are_kept(two_runs: tuple[Run, Run], now: datetime) -> None:
    first, _second = two_runs
    before = arm_of(comparison_of(two_runs, now=now).arms, first)
    Trial.objects.filter(run=first, number=0).update(value_0=0.999)
    assert arm_of(comparison_of(two_runs, now=now).arms, first) == before  # no event: as kept
    first.stream.seq += 1
    first.stream.save()
    assert arm_of(comparison_of(two_runs, now=now).arms, first).finals == [0.999]


def seeds(team: Team, member: User, name: str, values: list[float]) -> Run:
    """One replica per value, which is the accuracy of all its trials."""
    run = make_run(team, member, name=name, num_replicas=len(values))
    for replica, value in enumerate(values):
        make_trials(run, 3, replica=replica)
        Trial.objects.filter(run=run, replica__number=replica).update(value_0=value)
    return run


def test_a_clear_difference_of_several_seeds_is_called_one(team: Team, member: User, now: datetime) -> None:
    good = seeds(team, member, "Good", [0.91, 0.92, 0.93, 0.94, 0.95])
    bad = seeds(team, member, "Bad", [0.81, 0.82, 0.83, 0.84, 0.85])
    (difference,) = comparison_of([good, bad], now=now).differences
    assert difference.median_difference == pytest.approx(0.1)
    assert (difference.effect, difference.better) == (1.0, "first")
    assert difference.p == pytest.approx(2 / 252)  # one way of 252 to deal ten values, two-sided
    assert difference.sureness == "sure"


def test_more_pairs_make_the_same_difference_less_sure(team: Team, member: User, now: datetime) -> None:
    runs = [seeds(team, member, str(base), [base + i / 1000 for i in range(5)]) for base in (0.7, 0.8, 0.9)]
    found = comparison_of(runs, now=now).differences
    assert len(found) == 3
    assert all(one.p_adjusted == pytest.approx(6 / 252) for one in found)
    assert {one.sureness for one in found} == {"likely"}


def test_fewer_than_three_seeds_are_not_tested_and_said_to_be_single_runs(
    team: Team, member: User, two_runs: tuple[Run, Run], now: datetime
) -> None:
    many = seeds(team, member, "Many", [0.5, 0.6, 0.7])
    comparison = comparison_of([two_runs[0], many], now=now)
    assert comparison.differences == []
    (notice,) = [notice for notice in comparison.notices if notice.code == "single_run"]
    assert notice.differences == ["Evolution: 1 seed"]
