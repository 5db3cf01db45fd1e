from __future__ import annotations

from collections.abc import Callable

import pytest

from nas.registry import strategies
from tests.contracts.toys import toy_setup
from tests.nas.cli.conftest import Said

Nas = Callable[..., Said]


def test_it_draws_what_random_search_with_that_seed_proposes(nas: Nas) -> None:
    drawn = [line["genotype"] for line in nas("sample", "bit_strings", "--num", "5", "--seed", "9", "--json").lines]
    kind = strategies.get("random")
    proposed = kind(kind.Config.parse(None), toy_setup(seed=9)).ask(5)
    assert drawn == [proposal.genotype for proposal in proposed]


def test_another_seed_draws_others(nas: Nas) -> None:
    assert nas("sample", "bit_strings", "--seed", "1").out != nas("sample", "bit_strings", "--seed", "2").out


def test_the_table_has_costs_and_genotypes_that_describe_reads(nas: Nas) -> None:
    head, first, *_ = nas("sample", "nasbench201", "--num", "2").out.splitlines()
    assert head.split() == ["params", "macs", "activations", "peak_memory_bytes", "key", "architecture"]
    params, *_, key, genotype = first.split()
    described = nas("describe", "nasbench201", genotype, "--json").json
    assert (f"{described['params']:,}", described["key"]) == (params, key)


@pytest.mark.parametrize("arguments", [("--num", "0"), ("--num", "x"), ("--seed", "-1"), ("--classes", "0")])
def test_wrong_numbers_are_refused(nas: Nas, arguments: tuple[str, str]) -> None:
    said = nas("sample", "bit_strings", *arguments)
    assert (said.code, said.out) == (2, "")
    assert arguments[0].removeprefix("--") in said.err
