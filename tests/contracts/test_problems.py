"""Every registered problem keeps the contract, as it comes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nas.core.problem import Problem
from nas.problems.datasets.libraries import BundledLibrary
from nas.registry import problems
from tests.contracts.problem_contract import ProblemContract


@pytest.mark.parametrize("name", problems.names())
class TestProblems(ProblemContract):
    @pytest.fixture
    def again(self, name: str) -> Callable[[], Problem]:
        cls = problems.get(name)
        return lambda: cls(cls.Config.parse({}), BundledLibrary())

    @pytest.fixture
    def problem(self, again: Callable[[], Problem]) -> Problem:
        return again()
