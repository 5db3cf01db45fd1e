"""The home page: the runs of a person's teams."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.accounts.access import Level, team_get_for, teams_of
from apps.compare.chosen import MOST_RUNS
from apps.runs.selectors.lists import run_list, run_rows
from apps.runs.states import RunState

PAGE_SIZE = 20
FILTERS = ("team", "state", "search", "order")


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The whole page, or only the list when htmx asks for it."""
    given = {name: request.GET.get(name, "").strip() for name in FILTERS}
    team_id = given["team"]
    team = team_get_for(request.user, int(team_id), Level.VIEW) if _is_id(team_id) else None
    runs = run_list(
        user=request.user,
        team=team,
        state=given["state"],
        search=given["search"],
        order=given["order"] or "-created_at",
    )
    page = Paginator(runs, PAGE_SIZE).get_page(request.GET.get("page", 1))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "page": page,
        "rows": run_rows(page.object_list),
        "given": given,
        "team": team,
        "states": RunState.choices,
        "query": f"{query.urlencode()}&" if query else "",
        "is_filtered": any(given[name] for name in ("state", "search")),
        "most_compared": MOST_RUNS,
        "may_start": teams_of(request.user, Level.WORK).exists(),
    }
    is_part = request.headers.get("HX-Request") == "true"
    return render(request, "runs/home_list.html" if is_part else "runs/home.html", context)


@require_GET
@login_required
def home_rows(request: HttpRequest) -> HttpResponse:
    """Rows of some runs (`ids=1,2`), for the page that heard that they changed. Those one may not see are left out."""
    ids = [int(part) for part in request.GET.get("ids", "").split(",") if _is_id(part)][:PAGE_SIZE]
    rows = run_rows(run_list(user=request.user).filter(pk__in=ids))
    return render(request, "runs/home_rows.html", {"rows": rows})


def _is_id(text: str) -> bool:
    """Digits that fit into a primary key of the database."""
    return text.isascii() and text.isdigit() and len(text) < 19
