"""What the fields of a form that refer to something may name: data sets, tables, supernets, inner strategies and spaces, settings."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.accounts.access import AnyUser, visible
from apps.datasets.models import BenchmarkTable, DataSet, UploadState
from apps.datasets.selectors.bundled import bundled_datasets
from apps.latency.models import LatencyState
from apps.latency.selectors.tables import latency_table_list
from apps.runs.supernets import supernet_choices
from nas.spaces.hyperparameters_config import inner_spaces
from nas.strategies.inner_strategy import inner_choices
from nas.training.recipe import Recipe


def references(user: AnyUser) -> dict[str, list[tuple[str, str]]]:
    """Kind of reference → (value, label), bundled ones first, then the newest that `user` may see and that are ready."""
    datasets = visible(DataSet.objects.filter(state=UploadState.READY), user).order_by("-created_at", "-pk")
    tables = visible(BenchmarkTable.objects.filter(state=UploadState.READY), user).order_by("-created_at", "-pk")
    latency = latency_table_list(user).filter(state=LatencyState.READY)
    return {
        "dataset": [
            *((one.reference, str(one.title)) for one in bundled_datasets()),
            *((str(pk), name) for pk, name in datasets.values_list("pk", "name")),
        ],
        "table": [
            (str(pk), _("%(name)s (simulated)") % {"name": name}) for pk, name in tables.values_list("pk", "name")
        ],
        "latency_table": [
            (str(pk), _("%(name)s: %(device)s") % {"name": name, "device": device})
            for pk, name, device in latency.values_list("pk", "name", "device_name")
        ],
        "supernet": supernet_choices(user),
        **registered_references(),
    }


def registered_references() -> dict[str, list[tuple[str, str]]]:
    """Those that are the same for everybody."""
    return {
        "inner_strategy": [(value, _(label)) for value, label in inner_choices()],
        "inner_space": [(value, _(label)) for value, label in inner_spaces()],
        "recipe_setting": [(name, _(info.title or name)) for name, info in Recipe.model_fields.items()],
    }
