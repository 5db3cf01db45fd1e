"""A space's costs and settings as its page tells them."""

from __future__ import annotations

import numpy as np

from apps.spaces.histogram import NUM_BINS, WIDTH, histogram
from apps.spaces.selectors.facts import config_facts
from nas.spaces.darts import Darts


def test_values_that_are_all_equal_are_one_narrow_bar_in_the_middle() -> None:
    found = histogram(np.full(7, 393_216.0), metric="peak_memory_bytes", title="Peak memory", is_log=True)

    (bar,) = found.bars
    assert found.is_constant
    assert bar.count == 7
    assert bar.width <= WIDTH / NUM_BINS
    assert abs(bar.x + bar.width / 2 - WIDTH / 2) <= 1


def test_a_setting_has_its_unit_once_and_no_words_of_a_program() -> None:
    facts = dict(config_facts(Darts.Config()))

    assert facts["Cells"] == "5"
    assert facts["Filters"] == "8 channels"
    assert facts["Auxiliary head"] == "no"
    assert facts["Dropout"] == "0"
