"""What every search space must keep, whatever it holds. A subclass supplies the fixture `space`."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from itertools import pairwise
from math import prod
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from nas.core.errors import InvalidGenotype
from nas.core.parameter import Parametrised
from nas.core.space import (
    Buildable,
    Crossable,
    Encoded,
    Mutable,
    Neighbouring,
    Rejecting,
    Sequential,
    Space,
    architecture_key,
    fitting,
    space_fingerprint,
)
from nas.drawing.layout import layered
from nas.drawing.svg import draw
from nas.hardware.cost_check import counted

SHAPES = ((1, 8, 8), (1, 28, 28), (3, 32, 32))
NUM_CLASSES = 7

_IN_ANOTHER_PROCESS = """
import json, sys
import numpy as np
from nas.core.space import architecture_key, fitting
from nas.drawing.svg import draw
from nas.registry import spaces
for request in sys.stdin:
    name, config, seed = json.loads(request)
    cls = spaces.get(name)
    space = cls(cls.Config.parse(config))
    rng = np.random.default_rng(seed)
    drawn = [space.sample(rng) for _ in range(20)]
    fit = fitting(space, (3, 32, 32), 10)
    for genotype in drawn:
        space.cost(genotype, *fit)
    pictures = [draw(space.graph(g, *fit)) for g in drawn[:3]]
    answer = [drawn, [architecture_key(space, g) for g in drawn], pictures, "torch" in sys.modules]
    print(json.dumps(answer), flush=True)
"""


class AnotherProcess:
    """One interpreter with another hash seed for all spaces: starting one takes longer than what it is asked."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _IN_ANOTHER_PROCESS],
            env={**os.environ, "PYTHONHASHSEED": "random"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def draws(self, space: Space, seed: int) -> list[Any]:
        """[samples, their keys, three pictures, whether torch was imported]."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([space.name, space.config.as_json(), seed]) + "\n")
        self._process.stdin.flush()
        answer: list[Any] = json.loads(self._process.stdout.readline() or "null")
        assert answer is not None, f"the process ended with {self._process.wait()}"
        return answer

    def end(self) -> None:
        self._process.communicate()


def _changed_paths(before: Any, after: Any, path: str = "") -> set[str]:
    if isinstance(before, dict) and isinstance(after, dict) and before.keys() == after.keys():
        return set().union(*(_changed_paths(before[k], after[k], f"{path}{k}.") for k in before))
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return set().union(
            *(_changed_paths(a, b, f"{path}{i}.") for i, (a, b) in enumerate(zip(before, after, strict=True)))
        )
    return set() if before == after else {path.removesuffix(".")}


class SpaceContract:
    @pytest.fixture(scope="session")
    @classmethod
    def another_process(cls) -> Iterator[AnotherProcess]:
        process = AnotherProcess()
        yield process
        process.end()

    @pytest.fixture
    def drawn(self, space: Space) -> list[dict[str, Any]]:
        rng = np.random.default_rng(11)
        return [space.sample(rng) for _ in range(25)]

    def test_it_has_the_shape_of_a_space(self, space: Space) -> None:
        assert isinstance(space, Space)
        assert space.title and space.summary and space.source
        assert space.version >= 1

    def test_a_configuration_survives_its_json(self, space: Space) -> None:
        stored = json.loads(json.dumps(space.config.as_json()))
        again = type(space)(type(space).Config.parse(stored))
        assert again.config == space.config
        assert space_fingerprint(again) == space_fingerprint(space)

    def test_a_sample_survives_json_and_validation(self, space: Space, drawn: list[dict[str, Any]]) -> None:
        for genotype in drawn:
            assert space.validate(json.loads(json.dumps(genotype))) == genotype

    def test_the_same_seed_draws_the_same_in_another_process_without_torch(
        self, space: Space, another_process: AnotherProcess
    ) -> None:
        rng = np.random.default_rng(3)
        here = [space.sample(rng) for _ in range(20)]
        there, keys, pictures, has_torch = another_process.draws(space, seed=3)
        assert there == here
        assert keys == [architecture_key(space, g) for g in here]
        assert pictures == [draw(space.graph(g, *fitting(space, (3, 32, 32), 10))) for g in here[:3]]
        assert not has_torch

    def test_a_sample_is_the_first_raw_draw_that_is_admitted(self, space: Space) -> None:
        if not isinstance(space, Rejecting):
            pytest.skip("every draw is admitted")
        for seed in range(10):
            rng = np.random.default_rng(seed)
            admitted = None
            while admitted is None:
                admitted = space.draw(rng)
            assert space.validate(admitted) == space.sample(np.random.default_rng(seed))

    def test_another_seed_draws_something_else(self, space: Space) -> None:
        if space.size().upper == 1:
            pytest.skip("a single architecture cannot be drawn in two ways")
        one, two = (np.random.default_rng(seed) for seed in (1, 2))
        assert [space.sample(one) for _ in range(20)] != [space.sample(two) for _ in range(20)]

    @pytest.mark.parametrize("rubbish", [None, 5, "", "rubbish", [], {}, {"nonsense": 1}, [[]], float("nan")])
    def test_rubbish_is_refused_in_words(self, space: Space, rubbish: object) -> None:
        with pytest.raises(InvalidGenotype) as refusal:
            space.validate(rubbish)
        assert refusal.value.errors
        assert all(len(error.message) > 10 for error in refusal.value.errors)

    def test_size_bounds_what_is_drawn(self, space: Space) -> None:
        size = space.size()
        assert 1 <= size.lower <= size.upper
        rng = np.random.default_rng(5)
        drawn = [space.sample(rng) for _ in range(400)]
        assert len({json.dumps(g, sort_keys=True) for g in drawn}) <= size.upper
        if size.distinct is not None:
            assert 1 <= size.distinct <= size.upper
            assert len({space.canonical(g) for g in drawn}) <= size.distinct

    def test_a_canonical_form_depends_on_the_genotype_alone(self, space: Space, drawn: list[dict[str, Any]]) -> None:
        for genotype in drawn:
            assert space.canonical(copy.deepcopy(genotype)) == space.canonical(genotype)
            assert len(architecture_key(space, genotype)) == 32
        if space.size().upper > 1:
            assert len({space.canonical(g) for g in drawn}) > 1

    def test_a_mutation_changes_what_it_says_and_nothing_else(self, space: Space, drawn: list[dict[str, Any]]) -> None:
        if not isinstance(space, Mutable):
            pytest.skip("the space offers no mutation")
        rng = np.random.default_rng(17)
        for genotype in drawn:
            before = copy.deepcopy(genotype)
            mutation = space.mutate(genotype, rng)
            assert genotype == before
            assert space.validate(mutation.genotype) == mutation.genotype
            assert _changed_paths(genotype, mutation.genotype) == set(mutation.changed) != set()
            assert mutation.kind

    def test_crossing_an_architecture_with_itself_gives_it_back(
        self, space: Space, drawn: list[dict[str, Any]]
    ) -> None:
        if not isinstance(space, Crossable):
            pytest.skip("the space offers no crossover")
        rng = np.random.default_rng(19)
        for first, second in pairwise(drawn):
            assert space.crossover(first, first, rng) == first
            child = space.crossover(first, second, rng)
            assert space.validate(child) == child

    def test_neighbours_are_each_other_s_neighbours(self, space: Space, drawn: list[dict[str, Any]]) -> None:
        if not isinstance(space, Neighbouring):
            pytest.skip("the space offers no neighbours")
        genotype = drawn[0]
        around = list(space.neighbours(genotype))
        assert genotype not in around
        assert len({json.dumps(g, sort_keys=True) for g in around}) == len(around) > 0
        assert list(space.neighbours(genotype)) == around
        for neighbour in around:
            assert space.validate(neighbour) == neighbour
            assert genotype in space.neighbours(neighbour)

    def test_an_encoding_has_one_length_and_tells_architectures_apart(
        self, space: Space, drawn: list[dict[str, Any]]
    ) -> None:
        if not isinstance(space, Encoded):
            pytest.skip("the space offers no encoding")
        encodings = [space.encoding(genotype) for genotype in drawn]
        assert {(encoded.ndim, encoded.dtype, len(encoded)) for encoded in encodings} == {
            (1, np.dtype(np.float64), len(encodings[0]))
        }
        assert np.isfinite(encodings).all()
        assert np.min(encodings) >= 0 and np.max(encodings) <= 2
        for genotype, encoded in zip(drawn, encodings, strict=True):
            assert space.encoding(copy.deepcopy(genotype)).tolist() == encoded.tolist()
        by_encoding: dict[bytes, str] = {}
        for genotype, encoded in zip(drawn, encodings, strict=True):
            assert by_encoding.setdefault(encoded.tobytes(), space.canonical(genotype)) == space.canonical(genotype)

    def test_named_values_write_every_architecture(self, space: Space, drawn: list[dict[str, Any]]) -> None:
        if not isinstance(space, Parametrised):
            pytest.skip("the architectures are no named values")
        parameters = space.parameters()
        names = [parameter.name for parameter in parameters]
        assert len(set(names)) == len(names)
        for place, parameter in enumerate(parameters):
            assert parameter.active_if is None or parameter.active_if.parameter in names[:place]
        for genotype in drawn:
            values = space.values_of(genotype)
            assert space.with_values(json.loads(json.dumps(values))) == genotype
            assert list(values) == [parameter.name for parameter in parameters if parameter.is_active(values)]
            assert not any(p.problem_with(values[p.name]) for p in parameters if p.name in values)
        values = space.values_of(drawn[0])
        for wrong in ({**values, "nonsense": 1}, {**values, names[0]: [1]}, {}, None):
            with pytest.raises(InvalidGenotype) as refusal:
                space.with_values(wrong)  # type: ignore[arg-type]
            assert all(len(error.message) > 10 for error in refusal.value.errors)

    def test_decisions_write_every_architecture_in_one_way(self, space: Space, drawn: list[dict[str, Any]]) -> None:
        if not isinstance(space, Sequential):
            pytest.skip("the space cannot be written as decisions")
        groups = dict(space.decision_groups())
        for genotype in drawn:
            actions = space.encode(genotype)
            assert space.decode(actions) == genotype
            decisions = []
            for place, action in enumerate(actions):
                decision = space.next_decision(actions[:place])
                assert decision is not None
                assert 0 <= action < decision.size == len(set(decision.options)) <= groups[decision.group]
                assert len(decision.attends) <= decision.size
                assert all(0 <= earlier < place for earlier in decision.attends)
                decisions.append(decision)
            assert space.next_decision(actions) is None
            assert len({decision.name for decision in decisions}) == len(actions)
            for wrong in (actions[:-1], [*actions, 0], [decisions[0].size, *actions[1:]], [-1, *actions[1:]]):
                with pytest.raises(ValueError):
                    space.decode(wrong)

    def test_decisions_count_the_space(self, space: Space, drawn: list[dict[str, Any]]) -> None:
        """An untrained policy draws each architecture with probability 1 / size: no choice is missing, none is idle.

        Where the space's own rule refuses some draws, there are more sequences than architectures.
        """
        size = space.size()
        if not isinstance(space, Sequential) or not size.is_exact:
            pytest.skip("the space cannot be written as decisions, or is not counted exactly")
        for genotype in drawn[:5]:
            actions = space.encode(genotype)
            decisions = [space.next_decision(actions[:place]) for place in range(len(actions))]
            num_sequences = prod(decision.size for decision in decisions if decision is not None)
            assert num_sequences == size.upper or (isinstance(space, Rejecting) and num_sequences > size.upper)

    @pytest.mark.parametrize("shape", SHAPES, ids=str)
    def test_cost_equals_the_count_on_the_network(
        self, space: Space, drawn: list[dict[str, Any]], shape: tuple[int, ...]
    ) -> None:
        if not isinstance(space, Buildable):
            pytest.skip("the space holds no torch networks")
        fit = fitting(space, shape, NUM_CLASSES)
        for genotype in drawn[:3]:
            count = counted(lambda genotype=genotype: space.build(genotype, *fit), fit[0])
            assert count.differences(space.cost(genotype, *fit)) == {}

    @pytest.mark.parametrize("shape", [(), (3, 8), (0, 8, 8), (3, 8, 0)], ids=str)
    def test_inputs_that_are_no_images_are_refused_in_words(
        self, space: Space, drawn: list[dict[str, Any]], shape: tuple[int, ...]
    ) -> None:
        for ask in (space.cost, space.graph, *([space.build] if isinstance(space, Buildable) else [])):
            with pytest.raises(InvalidGenotype, match="reads images"):
                ask(drawn[0], shape, NUM_CLASSES)

    def test_peak_memory_holds_at_least_the_input(self, space: Space, drawn: list[dict[str, Any]]) -> None:
        for genotype in drawn:
            shape, classes = fitting(space, (3, 32, 32), NUM_CLASSES)
            assert space.cost(genotype, shape, classes).peak_memory_bytes >= 4 * prod(shape)

    def test_the_network_answers_and_learns(self, space: Space, drawn: list[dict[str, Any]]) -> None:
        import torch

        if not isinstance(space, Buildable):
            pytest.skip("the space holds no torch networks")
        shape, classes = fitting(space, (1, 8, 8), NUM_CLASSES)
        generator = torch.Generator().manual_seed(0)
        images = torch.randn(4, *shape, generator=generator)
        for genotype in drawn[:3]:
            network = space.build(genotype, shape, classes)
            logits = network(images)
            assert logits.shape == (4, classes)
            assert torch.isfinite(logits).all()
            loss = torch.nn.functional.cross_entropy(logits, torch.arange(4) % classes)
            (loss if classes > 1 else logits.square().mean()).backward()  # a single class is never wrong
            assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())

    def test_a_graph_is_whole_and_can_be_drawn(self, space: Space, drawn: list[dict[str, Any]]) -> None:
        for genotype in drawn[:5]:
            graph = space.graph(genotype, *fitting(space, (3, 32, 32), NUM_CLASSES))
            ids = {node.id for node in graph.nodes}
            groups = {group.id for group in graph.groups}
            assert graph.inputs and graph.outputs and set(graph.inputs + graph.outputs) <= ids
            assert {n.group for n in graph.nodes if n.group} | {g.parent for g in graph.groups if g.parent} <= groups
            assert json.loads(json.dumps(asdict(graph)))["title"] == graph.title
            assert set(layered(graph).nodes) == ids
            for compact in (False, True):
                root = ElementTree.fromstring(draw(graph, compact=compact))
                assert root.tag.endswith("svg")

    def test_presets_lie_in_the_space_and_name_their_source(self, space: Space) -> None:
        presets = space.presets()
        assert len({p.name for p in presets}) == len(presets)
        for preset in presets:
            assert space.validate(preset.genotype) == preset.genotype
            assert preset.title and preset.source
