"""Doing something to a run: the verbs, one trial's retry, deletion. JSON for the page's own script, else a redirect."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import Level, run_get_for
from apps.accounts.models import User
from apps.runs import services
from apps.runs.errors import TransitionRefused
from apps.runs.selectors.trials import trial_get
from apps.runs.verbs import VERBS
from nas.core.errors import InvalidConfig, InvalidGenotype


@require_POST
@login_required
def verb(request: HttpRequest, run_id: int, verb: str) -> HttpResponseBase:
    run = run_get_for(request.user, run_id, Level.WORK)
    chosen = VERBS.get(verb)
    if chosen is None:
        raise Http404
    user = cast(User, request.user)
    return answer(
        request, run_id, lambda: chosen.carry_out(run=run, by=user, now=timezone.now()), done=str(chosen.done)
    )


@require_POST
@login_required
def trial_retry(request: HttpRequest, run_id: int, replica: int, number: int) -> HttpResponseBase:
    """Evaluate one failed trial again."""
    run = run_get_for(request.user, run_id, Level.WORK)
    trial = trial_get(run=run, replica=replica, number=number)
    user = cast(User, request.user)

    def retry() -> None:
        services.run_retry_failed(run=run, by=user, now=timezone.now(), numbers=[(replica, trial.number)])

    return answer(request, run_id, retry, done=_("The trial is tried again, as a new trial."))


@require_http_methods(["GET", "POST"])
@login_required
def delete(request: HttpRequest, run_id: int) -> HttpResponse:
    """Asks; on POST deletes."""
    run = run_get_for(request.user, run_id, Level.WORK)
    if request.method == "POST":
        services.run_delete(run=run, by=cast(User, request.user), now=timezone.now())
        messages.success(request, _("The run “%(name)s” is deleted.") % {"name": run.name})
        return redirect("runs:home")
    return render(request, "runs/delete.html", {"run": run, "num_trials": run.trials.count()})


def answer(request: HttpRequest, run_id: int, act: Callable[[], None], *, done: str) -> HttpResponseBase:
    """Carry `act` out; a refusal is a sentence, with 409 for scripts, and so is what was wrong in a form, with 400."""
    try:
        act()
    except TransitionRefused as error:
        sentence, status = str(error), 409
    except (InvalidConfig, InvalidGenotype) as error:
        sentence, status = in_words(error), 400
    else:
        sentence, status = done, 200
    if request.accepts("text/html"):
        (messages.success if status == 200 else messages.warning)(request, sentence)
        return redirect("runs:detail", run_id)
    return JsonResponse({"message": sentence}, status=status)


def in_words(error: InvalidConfig | InvalidGenotype) -> str:
    """What was wrong, one sentence after the other."""
    return " ".join(f"{each.message[:1].upper()}{each.message[1:].rstrip('.')}." for each in error.errors)
