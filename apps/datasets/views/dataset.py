"""Data sets: list, upload, look, share, delete."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import Level, dataset_get_for, may, teams_of, visible
from apps.accounts.requests import SignedInRequest
from apps.accounts.services.share import share
from apps.accounts.share_form import ShareForm
from apps.datasets.errors import StillInUse, UploadRefused
from apps.datasets.forms import DataSetForm
from apps.datasets.models import BenchmarkTable, DataSet
from apps.datasets.selectors.bundled import bundled_dataset, bundled_datasets
from apps.datasets.selectors.classes import class_bars
from apps.datasets.selectors.usage import usage_of
from apps.datasets.services import dataset_create, dataset_delete
from apps.datasets.views.upload_answer import refused, taken
from nas.core.errors import UnknownName


@login_required
@never_cache
@require_safe
def dataset_list(request: SignedInRequest) -> HttpResponse:
    """Bundled and uploaded data sets, and benchmark tables, the newest first."""
    user = request.user
    context = {
        "bundled": bundled_datasets(),
        "datasets": visible(DataSet.objects.select_related("team"), user).order_by("-created_at", "-pk"),
        "tables": visible(BenchmarkTable.objects.select_related("team"), user).order_by("-created_at", "-pk"),
        "may_upload": teams_of(user, Level.WORK).exists(),
    }
    return render(request, "datasets/list.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def dataset_new(request: SignedInRequest) -> HttpResponse:
    context: dict[str, object] = {"limit_bytes": settings.NASWEB_UPLOAD_LIMIT_BYTES}
    if request.method != "POST":
        return render(request, "datasets/new.html", {**context, "form": DataSetForm(user=request.user)})
    form = DataSetForm(request.POST, request.FILES, user=request.user)
    if form.is_valid():
        uploads = form.uploads()
        if form.is_valid():
            given = form.cleaned_data
            try:
                dataset = dataset_create(
                    team=given["team"],
                    by=request.user,
                    name=given["name"],
                    description=given["description"],
                    files=uploads,
                )
            except UploadRefused as error:
                form.add_error(error.field if error.field in form.fields else None, str(error))
            else:
                return taken(request, reverse("datasets:detail", args=[dataset.pk]))
    return refused(request, form, "datasets/new.html", context)


@login_required
@never_cache
@require_safe
def dataset_detail(request: SignedInRequest, dataset_id: int) -> HttpResponse:
    """The whole page; to htmx, which asks while the check runs, only the part that changes."""
    dataset = dataset_get_for(request.user, dataset_id, Level.VIEW)
    is_part = "HX-Request" in request.headers
    template = "datasets/detail_state.html" if is_part else "datasets/detail.html"
    return render(request, template, _context(request, dataset) | {"is_part": is_part})


@login_required
@require_safe
def bundled_detail(request: SignedInRequest, reference: str) -> HttpResponse:
    try:
        dataset = bundled_dataset(reference)
    except UnknownName:
        raise Http404 from None
    context = {"dataset": dataset, "bars": class_bars(dataset.class_names, dataset.class_counts)}
    return render(request, "datasets/bundled.html", context)


@login_required
@require_POST
def dataset_share(request: SignedInRequest, dataset_id: int) -> HttpResponse:
    dataset = dataset_get_for(request.user, dataset_id, Level.WORK)
    form = ShareForm(request.POST, owned=dataset, user=request.user)
    if not form.is_valid():
        context = _context(request, dataset) | {"share_form": form}
        return render(request, "datasets/detail.html", context, status=422)
    share(owned=dataset, visibility=form.cleaned_data["visibility"], teams=form.chosen_teams())
    messages.success(request, _("Who may see it was changed."))
    return redirect("datasets:detail", dataset.pk)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def dataset_remove(request: SignedInRequest, dataset_id: int) -> HttpResponse:
    """GET asks and says which runs use it; POST deletes."""
    dataset = dataset_get_for(request.user, dataset_id, Level.WORK)
    context = {"owned": dataset, "usage": usage_of(dataset, request.user), "back": "datasets:detail"}
    if request.method != "POST":
        return render(request, "datasets/delete.html", context)
    try:
        dataset_delete(dataset=dataset, by=request.user)
    except StillInUse as error:
        return render(request, "datasets/delete.html", context | {"error": str(error)}, status=409)
    messages.success(request, _("“%(name)s” was deleted.") % {"name": dataset.name})
    return redirect("datasets:list")


def _context(request: SignedInRequest, dataset: DataSet) -> dict[str, object]:
    may_work = may(request.user, Level.WORK, dataset)
    return {
        "dataset": dataset,
        "bars": class_bars(dataset.class_names, dataset.class_counts),
        "may_work": may_work,
        "share_form": ShareForm(owned=dataset, user=request.user) if may_work else None,
        "usage": usage_of(dataset, request.user),
    }
