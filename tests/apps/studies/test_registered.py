"""What the platform asks of every registered study before it runs one: a form, an answer for every search, no torch for either."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import pytest

from apps.runs.presets import starting_point
from apps.runs.specification import RunSpecification
from apps.runs.wizard.config_form import fieldset_for
from nas import registry
from nas.core.setup import SearchSetup
from nas.core.study import Study
from nas.estimators.tables import FolderTableLibrary
from nas.problems.datasets.libraries import BundledLibrary
from tests.support.toy_registry import TOYS

STUDIES = sorted(set(registry.studies) - {name for of, name, _path in TOYS if of is registry.studies})


@cache
def searches() -> dict[str, SearchSetup]:
    """What each strategy begins with in the form."""
    found = {}
    for name in registry.strategies:
        specification = RunSpecification.parse({**starting_point(name)})
        found[name] = specification.setup(data=BundledLibrary(), tables=FolderTableLibrary())
    return found


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_has_its_words_and_its_form(name: str) -> None:
    kind = registry.studies.get(name)
    assert isinstance(kind(kind.Config.parse(None)), Study)
    assert all(text and text == text.strip() for text in (kind.title, kind.summary, kind.source))
    assert fieldset_for(kind.Config, {}, prefix="study").prefix == "study"


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_answers_every_search_and_is_possible_for_one(name: str) -> None:
    kind = registry.studies.get(name)
    answers = {search: kind.refusal(setup, has_weights=True) for search, setup in searches().items()}
    assert None in answers.values(), "no search of the form leads to it"
    assert answers["random"] == "", "cells for images are another kind of space"


def test_what_studies_say_before_they_run_needs_no_torch() -> None:
    code = "import sys; from nas import registry; registry.studies.check(); sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
