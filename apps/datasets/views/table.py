"""Benchmark tables: upload, say what the columns are, look, share, delete."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import Level, may, table_get_for
from apps.accounts.requests import SignedInRequest
from apps.accounts.services.share import share
from apps.accounts.share_form import ShareForm
from apps.datasets.errors import StillInUse, UploadRefused
from apps.datasets.forms import TableForm
from apps.datasets.models import BenchmarkTable, UploadState
from apps.datasets.selectors.table_header import TableHeader, table_header
from apps.datasets.selectors.usage import usage_of
from apps.datasets.services import table_create, table_delete, table_describe
from apps.datasets.table_columns import DESCRIPTION_FIELDS, ColumnRow, column_rows, description_from
from apps.datasets.views.upload_answer import refused, taken
from apps.runs.wizard.config_form import Fieldset, fieldset_for
from nas.core.errors import InvalidConfig, InvalidData
from nas.estimators.table_import import TableDescription


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def table_new(request: SignedInRequest) -> HttpResponse:
    context: dict[str, object] = {"limit_bytes": settings.NASWEB_UPLOAD_LIMIT_BYTES}
    if request.method != "POST":
        return render(request, "datasets/table_new.html", {**context, "form": TableForm(user=request.user)})
    form = TableForm(request.POST, request.FILES, user=request.user)
    if form.is_valid():
        uploads = list(form.uploads().values())
        if form.is_valid() and len(uploads) != 1:
            form.add_error(None, _("Choose one CSV file, plain or gzipped."))
        if form.is_valid():
            given = form.cleaned_data
            try:
                table = table_create(
                    team=given["team"],
                    by=request.user,
                    name=given["name"],
                    file=uploads[0],
                    space_name=given["space_name"],
                    source=given["source"],
                    licence=given["licence"],
                    is_to_be_described=True,
                )
            except UploadRefused as error:
                form.add_error(error.field if error.field in form.fields else None, str(error))
            else:
                return taken(request, reverse("datasets:table_columns", args=[table.pk]))
    return refused(request, form, "datasets/table_new.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def table_columns(request: SignedInRequest, table_id: int) -> HttpResponse:
    """The guesses about the columns, for a person to correct and confirm."""
    table = table_get_for(request.user, table_id, Level.WORK)
    if table.state != UploadState.DESCRIBING:
        return redirect("datasets:table", table.pk)
    try:
        header = table_header(table)
    except InvalidData as error:
        return render(request, "datasets/table_columns.html", {"table": table, "error": _(str(error))}, status=422)
    if request.method != "POST":
        return _columns_page(request, table, header, {}, None)
    description = description_from(request.POST, header)
    try:
        table_describe(table=table, description=description)
    except InvalidConfig as error:
        return _columns_page(request, table, header, description, error)
    return redirect("datasets:table", table.pk)


@login_required
@never_cache
@require_safe
def table_detail(request: SignedInRequest, table_id: int) -> HttpResponse:
    table = table_get_for(request.user, table_id, Level.VIEW)
    is_part = "HX-Request" in request.headers
    template = "datasets/table_state.html" if is_part else "datasets/table.html"
    return render(request, template, _context(request, table) | {"is_part": is_part})


@login_required
@require_POST
def table_share(request: SignedInRequest, table_id: int) -> HttpResponse:
    table = table_get_for(request.user, table_id, Level.WORK)
    form = ShareForm(request.POST, owned=table, user=request.user)
    if not form.is_valid():
        return render(request, "datasets/table.html", _context(request, table) | {"share_form": form}, status=422)
    share(owned=table, visibility=form.cleaned_data["visibility"], teams=form.chosen_teams())
    messages.success(request, _("Who may see it was changed."))
    return redirect("datasets:table", table.pk)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def table_remove(request: SignedInRequest, table_id: int) -> HttpResponse:
    """GET asks and says which runs use it; POST deletes."""
    table = table_get_for(request.user, table_id, Level.WORK)
    context = {"owned": table, "usage": usage_of(table, request.user), "back": "datasets:table"}
    if request.method != "POST":
        return render(request, "datasets/delete.html", context)
    try:
        table_delete(table=table, by=request.user)
    except StillInUse as error:
        return render(request, "datasets/delete.html", context | {"error": str(error)}, status=409)
    messages.success(request, _("“%(name)s” was deleted.") % {"name": table.name})
    return redirect("datasets:list")


def _columns_page(
    request: SignedInRequest,
    table: BenchmarkTable,
    header: TableHeader,
    description: dict[str, Any],
    error: InvalidConfig | None,
) -> HttpResponse:
    errors = error.errors if error else ()
    values = description or {"architecture_column": header.architecture}
    general: Fieldset = fieldset_for(
        TableDescription,
        values,
        prefix="table",
        errors=[type(e)(f"table.{e.field}", e.message) for e in errors],
        only=DESCRIPTION_FIELDS,
    )
    rows: list[ColumnRow] = column_rows(header, description, errors)
    context = {"table": table, "general": general, "rows": rows, "header": header}
    return render(request, "datasets/table_columns.html", context, status=422 if error else 200)


def _context(request: SignedInRequest, table: BenchmarkTable) -> dict[str, object]:
    may_work = may(request.user, Level.WORK, table)
    return {
        "table": table,
        "may_work": may_work,
        "share_form": ShareForm(owned=table, user=request.user) if may_work else None,
        "usage": usage_of(table, request.user),
    }
