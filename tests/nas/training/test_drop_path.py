"""Drop path: what it does to a batch, how its probability grows, and that a cut leaves no trace in it."""

from __future__ import annotations

import pytest
import torch

from nas.core.errors import Interrupted
from nas.modules.drop_path import DropPath
from nas.training.loop import Hooks
from tests.nas.training.extras import SCHEDULES, tiny_network_with_extras
from tests.nas.training.tiny import same_bits, train_tiny


def test_whole_examples_vanish_and_the_others_make_up_for_them() -> None:
    module = DropPath(0.25).train()
    torch.manual_seed(0)
    out = module(torch.ones(4000, 2, 3, 3))
    assert out.unique().tolist() == pytest.approx([0.0, 1 / 0.75])
    assert (out == out[:, :1, :1, :1]).all()
    assert float(out.mean()) == pytest.approx(1, abs=0.05)


def test_evaluation_changes_nothing() -> None:
    x = torch.ones(4, 2, 3, 3)
    assert DropPath(0.9).eval()(x) is x


def test_without_a_trainer_the_probability_is_the_final_one() -> None:
    assert [DropPath(0.3, schedule).probability for schedule in SCHEDULES] == [0.3, 0.3, 0.3]


def test_another_schedule_is_refused() -> None:
    with pytest.raises(ValueError, match="not 'sometimes'"):
        DropPath(0.3, "sometimes")


def test_the_probability_grows_with_epochs_or_steps() -> None:
    """Three epochs of five batches; 0.2 · epoch / epochs, as DARTS has it, and 0.2 · step / steps, as NASNet has it."""
    found: list[list[float]] = []
    network = tiny_network_with_extras(probability=0.2)
    modules = [network.get_submodule(f"{schedule}.drop_path") for schedule in SCHEDULES]
    modules[0].register_forward_pre_hook(
        lambda module, _: found.append([m.probability for m in modules]) if module.training else None
    )
    train_tiny(make=lambda: network)
    constant, epochs, steps = zip(*found, strict=True)
    assert constant == (0.2,) * 15
    assert epochs == pytest.approx([0.2 * (step // 5) / 3 for step in range(15)])
    assert steps == pytest.approx([0.2 * step / 15 for step in range(15)])


def test_the_worked_example_of_nasnet() -> None:
    """Cell 9 of 20 (from 0), final keep probability 0.6, half of the steps done: 0.9 are kept."""
    module = DropPath((9 + 1) / 20 * (1 - 0.6), "steps")
    module.advance(epochs_done=0.0, steps_done=0.5)
    assert 1 - module.probability == pytest.approx(0.9)


@pytest.mark.parametrize("cut", [0, 1, 5, 8, 14])
def test_cut_at_any_batch_and_continued_gives_the_same_bits(cut: int) -> None:
    _, weights = train_tiny(make=tiny_network_with_extras)
    asked, saved = iter([False] * cut), []
    with pytest.raises(Interrupted):
        train_tiny(make=tiny_network_with_extras, hooks=Hooks(should_stop=lambda: next(asked, True), save=saved.append))
    torch.rand(11)  # whatever else the process drew in between
    _, continued = train_tiny(make=tiny_network_with_extras, checkpoint=saved[-1])
    assert same_bits(weights, continued)


def test_it_matters_for_the_weights() -> None:
    _, dropped = train_tiny(make=tiny_network_with_extras)
    _, kept = train_tiny(make=lambda: tiny_network_with_extras(probability=0.0))
    assert not same_bits(dropped, kept)
