"""The columns of path statistics: one for each part, told apart by their titles."""

from __future__ import annotations

import pytest

from apps.architectures.models import Architecture
from apps.architectures.selectors.paths import architecture_paths
from nas.automl_zero.program import Program
from nas.automl_zero.text import program_from_text

NO_FEATURES = program_from_text("def Setup():\n s2 = 0.5\ndef Predict():\n s1 = s2 + s3")
"""Nothing reads the features, so their node stands apart."""
WHOLE = program_from_text("def Predict():\n s1 = dot(v0, v0)")


@pytest.mark.parametrize(("program", "titles"), [(WHOLE, ["Overview"]), (NO_FEATURES, ["Part 1", "Part 2"])])
def test_parts_without_a_name_are_numbered_where_there_are_several(program: Program, titles: list[str]) -> None:
    space = {"setup_min": 0, "predict_min": 0, "learn_min": 0, "insert_weight": 1.0}
    architecture = Architecture(space_name="automl_zero", space_config=space, genotype=program.as_json())
    assert [table.title for table in architecture_paths(architecture, (4, 1, 1), 1)] == titles
