"""The architectures that a search spoke for, step by step: drawn before anybody has evaluated them."""

from __future__ import annotations

from django.http import Http404

from apps.architectures.drawing_cache import DRAWINGS
from apps.architectures.selectors.drawing import drawing_key
from apps.charts.choices_map import genotype_name
from apps.runs.engine import setup_of
from apps.runs.models import ReplicaView, Run
from nas.core.proposal import Genotype
from nas.core.space import architecture_key
from nas.drawing.default_collapsed import default_collapsed
from nas.drawing.motif import motif
from nas.drawing.svg import draw

KINDS = ("choices", "growth")
"""Pictures that name architectures to be drawn."""


def derived_svg(run: Run, replica: int, name: str) -> str:
    """The architecture of that `genotype_name` in the replica's picture. Raises Http404 where there is none.

    Whoever may see the run may see it; the genotype comes from the run's own view, never from the address.
    """
    views = ReplicaView.objects.filter(replica__run=run, replica__number=replica, kind__in=KINDS)
    named = ((view, each) for view in views for each in view.data.get("genotypes", ()) if genotype_name(each) == name)
    found = next(named, None)
    if found is None:
        raise Http404
    view, genotype = found
    return genotype_svg(run, replica, genotype, is_one_cell=len(set(view.data.get("group", ()))) == 1)


def genotype_svg(run: Run, replica: int, genotype: Genotype, *, is_one_cell: bool = False) -> str:
    """An architecture of the run's space that need not be one of its trials. `is_one_cell`: the cell that repeats says all."""
    setup = setup_of(run, replica=replica)
    shape, num_classes = setup.problem.input_shape, setup.problem.num_classes
    view = "derived cell" if is_one_cell else "derived"
    key = drawing_key(architecture_key(setup.space, genotype), shape, num_classes, view, genotype_name(genotype))

    def drawn() -> str:
        graph = setup.space.graph(genotype, shape, num_classes)
        return draw(motif(graph)) if is_one_cell else draw(graph, collapsed=default_collapsed(graph))

    return DRAWINGS.get(key, drawn)
