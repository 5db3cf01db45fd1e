"""Latency tables: measured on a device or imported; looked at, exported, shared, deleted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import Level, latency_table_get_for, teams_of
from apps.accounts.requests import SignedInRequest
from apps.accounts.services.share import share
from apps.accounts.share_form import ShareForm
from apps.datasets.errors import StillInUse, UploadRefused
from apps.datasets.selectors.usage import usage_of
from apps.datasets.views.upload_answer import refused, taken
from apps.latency.forms import GIVEN, ImportForm, MeasureForm
from apps.latency.models import LatencyTable
from apps.latency.selectors.devices import device_choices
from apps.latency.selectors.page import page_context, table_of
from apps.latency.selectors.tables import latency_table_list
from apps.latency.services.request import latency_go_on, latency_request
from apps.latency.services.table import latency_cancel, latency_delete, latency_import
from apps.runs.wizard.config_form import fieldset_for, values_from
from apps.spaces.inputs import input_choices, input_chosen
from nas.core.errors import FieldError, InvalidConfig, InvalidGenotype
from nas.hardware.latency_csv import MOST_BYTES, as_csv
from nas.hardware.measure_table import MeasureConfig

PREFIX = "measure"


@login_required
@never_cache
@require_safe
def table_list(request: SignedInRequest) -> HttpResponse:
    """For htmx the list alone, while something is measured."""
    tables = latency_table_list(request.user)[:200]
    context = {
        "tables": tables,
        "may_work": teams_of(request.user, Level.WORK).exists(),
        "is_under_way": any(table.is_open for table in tables),
    }
    is_part = "HX-Request" in request.headers
    return render(request, "latency/rows.html" if is_part else "latency/list.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def table_new(request: SignedInRequest) -> HttpResponse:
    """GET may name `space`, `given` (a space as JSON), `at`, `worker`."""
    now = timezone.now()
    devices, inputs = device_choices(now=now), input_choices(request.user)
    if request.method != "POST":
        asked = {name: request.GET[name] for name in ("space", "given", "at", "worker", "name") if name in request.GET}
        asked = {"at": input_chosen({}, inputs).choice.key, **({"space": GIVEN} if "given" in asked else {}), **asked}
        for device in devices:
            if asked.get("worker", "").isdigit() and int(asked["worker"]) in device.workers:
                asked["worker"] = str(device.worker.pk)
        form = MeasureForm(user=request.user, devices=devices, inputs=inputs, initial=asked)
        return _measure_page(request, form, {}, ())
    form = MeasureForm(request.POST, user=request.user, devices=devices, inputs=inputs)
    values = values_from(MeasureConfig, request.POST, prefix=PREFIX)
    at = input_chosen(request.POST, inputs)
    wrong: tuple[FieldError, ...] = ()
    if form.is_valid():
        try:
            table = latency_request(
                team=form.cleaned_data["team"],
                by=request.user,
                name=form.cleaned_data["name"],
                space=form.chosen_space(),
                input_shape=at.shape,
                num_classes=at.num_classes,
                device=form.chosen_device(),
                settings=values,
                now=now,
            )
        except (InvalidConfig, InvalidGenotype) as error:
            wrong = tuple(error.errors)
            _tell(form, wrong)
        except UploadRefused as error:
            form.add_error("name", str(error))
        else:
            return redirect("latency:detail", table.pk)
    return _measure_page(request, form, values, wrong)


def _tell(form: MeasureForm, errors: Iterable[FieldError]) -> None:
    """What is wrong with the settings stands at their fields; the rest at the space or above all."""
    for error in errors:
        place = error.field.partition(".")[0]
        if place == "space":
            setting = error.field.removeprefix("space").removeprefix(".config").lstrip(".")
            form.add_error("space", f"{setting}: {error.message}" if setting else error.message)
        elif place != PREFIX:
            form.add_error(None, error.message)


def _measure_page(
    request: SignedInRequest, form: MeasureForm, values: dict[str, Any], errors: tuple[FieldError, ...]
) -> HttpResponse:
    context = {
        "form": form,
        "fieldset": fieldset_for(MeasureConfig, values, prefix=PREFIX, errors=errors),
        "has_devices": bool(device_choices(now=timezone.now())),
    }
    return render(request, "latency/new.html", context, status=422 if form.is_bound else 200)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def table_import(request: SignedInRequest) -> HttpResponse:
    context: dict[str, object] = {"limit_bytes": min(MOST_BYTES, settings.NASWEB_UPLOAD_LIMIT_BYTES)}
    if request.method != "POST":
        return render(request, "latency/import.html", {**context, "form": ImportForm(user=request.user)})
    form = ImportForm(request.POST, request.FILES, user=request.user)
    file = form.upload() if form.is_valid() else None
    if file is not None:
        given = form.cleaned_data
        try:
            table = latency_import(
                team=given["team"],
                by=request.user,
                name=given["name"],
                file=file,
                device=given["device"],
                column=given["column"],
                unit=given["unit"] or "ms",
                source=given["source"],
                now=timezone.now(),
            )
        except UploadRefused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            return taken(request, reverse("latency:detail", args=[table.pk]))
    return refused(request, form, "latency/import.html", context)


@login_required
@never_cache
@require_safe
def table_detail(request: SignedInRequest, latency_id: int) -> HttpResponse:
    """For htmx the part that changes while it is measured, or the list of rows."""
    table = latency_table_get_for(request.user, latency_id, Level.VIEW)
    part = request.GET.get("part", "") if "HX-Request" in request.headers else ""
    template = {"state": "latency/state.html", "rows": "latency/entries.html"}.get(part, "latency/detail.html")
    return render(request, template, _context(request, table) | {"is_part": bool(part)})


def _context(request: SignedInRequest, table: LatencyTable) -> dict[str, Any]:
    return page_context(
        table, request.user, search=request.GET.get("q", "")[:200], page=request.GET.get("page", "")[:10]
    )


@login_required
@never_cache
@require_safe
def table_csv(request: SignedInRequest, latency_id: int) -> HttpResponse:
    row = latency_table_get_for(request.user, latency_id, Level.VIEW)
    table = table_of(row)
    if table is None:
        raise Http404
    response = HttpResponse(as_csv(table), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="latency_{row.pk}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@login_required
@require_POST
def table_cancel(request: SignedInRequest, latency_id: int) -> HttpResponse:
    table = latency_table_get_for(request.user, latency_id, Level.WORK)
    latency_cancel(table=table, now=timezone.now())
    return redirect("latency:detail", table.pk)


@login_required
@require_POST
def table_go_on(request: SignedInRequest, latency_id: int) -> HttpResponse:
    table = latency_table_get_for(request.user, latency_id, Level.WORK)
    try:
        latency_go_on(table=table, by=request.user, now=timezone.now())
    except InvalidConfig as error:
        messages.error(request, str(error))
    return redirect("latency:detail", table.pk)


@login_required
@require_POST
def table_share(request: SignedInRequest, latency_id: int) -> HttpResponse:
    table = latency_table_get_for(request.user, latency_id, Level.WORK)
    form = ShareForm(request.POST, owned=table, user=request.user)
    if not form.is_valid():
        return render(request, "latency/detail.html", _context(request, table) | {"share_form": form}, status=422)
    share(owned=table, visibility=form.cleaned_data["visibility"], teams=form.chosen_teams())
    messages.success(request, _("Who may see it was changed."))
    return redirect("latency:detail", table.pk)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def table_remove(request: SignedInRequest, latency_id: int) -> HttpResponse:
    """GET asks and says which runs use it; POST deletes."""
    table = latency_table_get_for(request.user, latency_id, Level.WORK)
    context = {"owned": table, "usage": usage_of(table, request.user), "back": "latency:detail"}
    if request.method != "POST":
        return render(request, "datasets/delete.html", context)
    try:
        latency_delete(table=table, by=request.user)
    except StillInUse as error:
        return render(request, "datasets/delete.html", context | {"error": str(error)}, status=409)
    messages.success(request, _("“%(name)s” was deleted.") % {"name": table.name})
    return redirect("latency:list")
