"""Who descends from whom: columns by a cursor, the walk to the first ancestor, descendants; on a real aging evolution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext

from apps.runs.models import Proposal, Run, Trial
from apps.runs.selectors.ancestry import MOST_STEPS, ancestry
from apps.runs.selectors.lineage import lineage_since, replica_get, run_has_lineage
from apps.runs.selectors.trials import trial_get
from apps.workers.models import Worker
from tests.apps.runs.driver import advance, finish, toy_values

pytestmark = pytest.mark.django_db

MakeRun = Callable[..., Run]


@pytest.fixture
def evolved(make_run: MakeRun, worker: Worker) -> Run:
    """Eighteen trials of aging evolution: six at random, then children."""
    return finish(make_run(budget={"trials": 18}), worker, jobs_between_advances=3)


def bodies(run: Run) -> dict[int, dict[str, Any]]:
    """Proposals by number. In these runs every proposal is the trial of the same number."""
    return dict(Proposal.objects.filter(replica__run=run).values_list("number", "body"))


def trial(run: Run, number: int) -> Trial:
    return trial_get(run=run, replica=0, number=number)


def rewrite(run: Run, number: int, **parts: Any) -> None:
    """As if the strategy had proposed otherwise."""
    proposal = Proposal.objects.get(replica__run=run, number=number)
    proposal.body = {**proposal.body, **parts}
    proposal.save(update_fields=["body"])
    if "operator" in parts:
        Trial.objects.filter(proposal=proposal).update(operator=parts["operator"])


def test_columns_say_what_was_proposed(evolved: Run) -> None:
    said = bodies(evolved)
    columns = lineage_since(replica_get(run=evolved, number=0))
    assert columns.number == list(range(18))
    assert columns.parents == [said[number]["parents"] for number in columns.number]
    assert columns.operator == [said[number]["operator"] for number in columns.number]
    assert columns.changed[:6] == [[]] * 6
    for number in range(6, 18):
        (position,) = said[number]["meta"]["changed"]
        assert columns.changed[number] == [position.replace("bits.", "bit ")]
    assert not any(columns.goes_on)
    assert columns.next_after is None


def test_pieces_by_the_cursor_are_the_whole(evolved: Run) -> None:
    replica = replica_get(run=evolved, number=0)
    whole = lineage_since(replica)
    after, pieces = -1, []
    while True:
        piece = lineage_since(replica, after=after, limit=7)
        pieces.append(piece)
        if piece.next_after is None:
            break
        after = piece.next_after
    assert [len(piece.number) for piece in pieces] == [7, 7, 4]
    assert [number for piece in pieces for number in piece.number] == whole.number
    assert [parents for piece in pieces for parents in piece.parents] == whole.parents
    assert lineage_since(replica, after=17).number == []


def test_a_step_costs_the_same_however_many_trials_there_are(evolved: Run) -> None:
    replica = replica_get(run=evolved, number=0)
    counts = []
    for after in (-1, 15):
        with CaptureQueriesContext(connection) as queries:
            lineage_since(replica, after=after)
        counts.append(len(queries))
    assert counts == [2, 2]
    for number in (17, 7):
        with CaptureQueriesContext(connection) as queries:
            ancestry(trial(evolved, number))
        assert len(queries) <= 6


def test_positions_are_found_where_the_strategy_does_not_say_them(evolved: Run) -> None:
    before = lineage_since(replica_get(run=evolved, number=0)).changed
    rewrite(evolved, 12, meta={})
    after = lineage_since(replica_get(run=evolved, number=0)).changed
    assert after[12] == ["bits"]  # where the two genotypes differ
    assert [*after[:12], *after[13:]] == [*before[:12], *before[13:]]


def test_a_training_that_goes_on_is_no_child(evolved: Run) -> None:
    said = bodies(evolved)
    child = next(number for number in range(6, 18) if said[number]["parents"])
    (parent,) = said[child]["parents"]
    counted = ancestry(trial(evolved, parent))
    rewrite(evolved, child, operator="promote", genotype=said[parent]["genotype"])
    columns = lineage_since(replica_get(run=evolved, number=0))
    assert columns.goes_on[child]
    assert columns.changed[child] == []
    (*_, step) = ancestry(trial(evolved, child)).steps
    assert step.goes_on
    # its own children are now those of the architecture that goes on
    grandchildren = [number for number in range(18) if said[number]["parents"] == [child]]
    after = ancestry(trial(evolved, parent))
    assert after.num_descendants == counted.num_descendants - 1
    assert after.num_children == counted.num_children - 1 + len(grandchildren)


def test_the_walk_leads_over_first_parents_to_the_first_ancestor(evolved: Run) -> None:
    said = bodies(evolved)
    expected = [17]
    while said[expected[0]]["parents"]:
        expected.insert(0, said[expected[0]]["parents"][0])
    found = ancestry(trial(evolved, 17))
    assert [step.trial.number for step in found.steps] == expected
    assert found.num_ancestors == len(expected) - 1 > 0
    assert found.steps[0].trial.operator == "random"
    assert found.steps[0].changes == ()
    for step in found.steps[1:]:
        (change,) = step.changes
        flipped = [place for place, (a, b) in enumerate(zip(change.before, change.after, strict=True)) if a != b]
        assert [f"{change.path}.{place}" for place in flipped] == said[step.trial.number]["meta"]["changed"]


def test_descendants_are_all_that_lead_back(evolved: Run) -> None:
    said = bodies(evolved)

    def leads_back(number: int, to: int) -> bool:
        return any(parent == to or leads_back(parent, to) for parent in said[number]["parents"])

    for root in range(6):
        reached = [number for number in range(18) if leads_back(number, root)]
        found = ancestry(trial(evolved, root))
        assert found.num_descendants == len(reached)
        assert found.num_children == sum(said[number]["parents"] == [root] for number in range(18))
        values = dict(Trial.objects.filter(run=evolved, number__in=reached).values_list("number", "value_0"))
        best = found.best_descendant
        assert (best.value_0 if best else None) == max(values.values(), default=None)


def test_what_failed_or_breaks_a_constraint_is_no_best_descendant(evolved: Run) -> None:
    root = max(range(6), key=lambda number: ancestry(trial(evolved, number)).num_descendants)
    first = ancestry(trial(evolved, root)).best_descendant
    assert first is not None
    Trial.objects.filter(pk=first.pk).update(is_feasible=False)
    second = ancestry(trial(evolved, root)).best_descendant
    assert second is not None
    assert second.pk != first.pk


def test_second_parents_are_kept_beside_the_line(evolved: Run) -> None:
    parents = bodies(evolved)[17]["parents"]
    rewrite(evolved, 17, operator="crossover+mutate:flip", parents=[*parents, 0])
    (*_, step) = ancestry(trial(evolved, 17)).steps
    assert [parent.number for parent in step.parents] == [*parents, 0]
    assert ancestry(trial(evolved, 0)).num_children >= 1


def test_a_circle_in_what_was_stored_ends(evolved: Run) -> None:
    rewrite(evolved, 0, parents=[17])
    assert ancestry(trial(evolved, 17)).num_ancestors < 18


def test_a_long_walk_shows_its_end(make_run: MakeRun, worker: Worker) -> None:
    run = finish(make_run(budget={"trials": 12}), worker)
    last = trial(run, 11)
    numbers = range(12, 12 + MOST_STEPS + 5)
    bodies = ({**last.proposal.body, "id": number, "parents": [number - 1]} for number in numbers)
    proposals = Proposal.objects.bulk_create(
        Proposal(replica=last.replica, number=body["id"], body=body) for body in bodies
    )
    trials = (
        Trial(
            run=run,
            replica=last.replica,
            number=proposal.number,
            proposal=proposal,
            architecture=last.architecture,
            operator="mutate:flip",
            created_at=last.created_at,
        )
        for proposal in proposals
    )
    Trial.objects.bulk_create(trials)
    found = ancestry(trial(run, 11 + MOST_STEPS + 5))
    assert len(found.steps) == MOST_STEPS
    assert found.steps[-1].trial.number == 11 + MOST_STEPS + 5
    assert found.num_earlier == ancestry(trial(run, 11)).num_ancestors + 6


def test_only_a_run_with_parents_has_a_lineage(make_run: MakeRun, worker: Worker, evolved: Run) -> None:
    assert run_has_lineage(evolved)
    young = advance(make_run())
    assert not run_has_lineage(young)
    random = finish(make_run(strategy={"name": "random"}, budget={"trials": 8}), worker)
    assert not run_has_lineage(random)


def test_an_unknown_replica_is_not_found(evolved: Run) -> None:
    with pytest.raises(Http404):
        replica_get(run=evolved, number=1)


def test_lineage_of_a_genetic_search_names_both_parents(make_run: MakeRun, worker: Worker) -> None:
    strategy = {"name": "genetic", "config": {"population_size": 6, "crossover_probability": 1.0}}
    run = finish(make_run(**toy_values(strategy=strategy, budget={"trials": 18})), worker)
    columns = lineage_since(replica_get(run=run, number=0))
    crossed = [
        number for number, operator in zip(columns.number, columns.operator, strict=True) if "crossover" in operator
    ]
    assert crossed
    said = bodies(run)
    assert all(columns.parents[number] == said[number]["parents"] for number in crossed)
    assert any(len(columns.parents[number]) == 2 for number in crossed)
