"""The page of one study."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.access import AnyUser, Level, may
from apps.charts.choices_map import genotype_name
from apps.charts.drawn_view import NAME_IN_ADDRESS, DrawnView, drawn_view
from apps.runs.selectors.derived import KINDS, genotype_svg
from apps.runs.selectors.detail import flattened
from apps.studies.models import Study
from nas import registry
from nas.core.study import Study as EngineStudy
from nas.core.view import View

logger = logging.getLogger(__name__)


def study_kind(study: Study) -> type[EngineStudy] | None:
    """None for one that is registered no more."""
    return registry.studies.get(study.kind) if study.kind in registry.studies else None


def study_title(study: Study) -> str:
    kind = study_kind(study)
    return study.kind.replace("_", " ") if kind is None else _(kind.title)


def study_views(study: Study) -> Sequence[View]:
    """What it shows of what was found; nothing of what another version of it found, whose form is not known any more."""
    kind = study_kind(study)
    if kind is None or study.version != kind.version or not study.known:
        return ()
    return kind.views(study.known)


def study_stamp(study: Study) -> str:
    """Changes with what the pictures show."""
    text = json.dumps([study.version, study.known], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def study_context(study: Study, user: AnyUser, *, now: datetime) -> dict[str, Any]:
    """Everything the page shows but the pictures."""
    kind = study_kind(study)
    begun, ended = study.started_at, study.finished_at
    return {
        "study": study,
        "run": study.run,
        "trial": study.trial,
        "title": study_title(study),
        "summary": "" if kind is None else _(kind.summary),
        "source": "" if kind is None else kind.source,
        "settings": _settings(study, kind),
        "is_of_another_version": bool(study.known) and (kind is None or kind.version != study.version),
        "elapsed": ((ended or now) - begun).total_seconds() if begun is not None else None,
        "may_work": may(user, Level.WORK, study.run),
    }


def study_pictures(study: Study) -> list[DrawnView]:
    drawings = reverse("studies:drawing", args=[study.pk, NAME_IN_ADDRESS])
    return [drawn_view(v.name, v.title, v.kind, v.data, drawings=drawings) for v in study_views(study)]


def study_drawing(study: Study, name: str) -> str:
    """The architecture of that `genotype_name` in the study's pictures. Raises Http404 where there is none."""
    shown = (view.data.get("genotypes", ()) for view in study_views(study) if view.kind in KINDS)
    genotype = next((each for genotypes in shown for each in genotypes if genotype_name(each) == name), None)
    if genotype is None:
        raise Http404
    return genotype_svg(study.run, study.trial.replica.number, genotype)


def _settings(study: Study, kind: type[EngineStudy] | None) -> list[tuple[str, str]]:
    """Title and value of each setting, in the order of the form."""
    fields = {} if kind is None else kind.Config.model_fields
    titles = {name: _(info.title) for name, info in fields.items() if info.title}
    flat = flattened(study.config) if study.config else ()
    return [(" › ".join(titles.get(part, part) for part in path.split(" › ")), value) for path, value in flat]
