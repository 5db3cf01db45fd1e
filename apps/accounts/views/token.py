"""A person's own API tokens."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.accounts.errors import AccountRefused
from apps.accounts.forms import TokenForm, add_refusal, styled
from apps.accounts.requests import SignedInRequest
from apps.accounts.selectors import token_list
from apps.accounts.services.token import token_create, token_revoke


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: SignedInRequest) -> HttpResponse:
    """The text of a new token is part of the answer to the POST and of nothing else."""
    form, text = styled(TokenForm(request.POST if request.method == "POST" else None)), ""
    if request.method == "POST" and form.is_valid():
        try:
            _token, text = token_create(user=request.user, name=form.cleaned_data["name"])
            form = styled(TokenForm())
        except AccountRefused as refused:
            add_refusal(form, refused)
    status = {True: 201, False: 422}[bool(text)] if request.method == "POST" else 200
    values = {"tokens": token_list(user=request.user), "form": form, "text": text}
    return render(request, "accounts/tokens.html", values, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def token_revocation(request: SignedInRequest, token_id: int) -> HttpResponse:
    """GET asks whether it is meant; POST does it."""
    token = get_object_or_404(request.user.api_tokens, pk=token_id)
    if request.method != "POST":
        return render(request, "accounts/token_revocation.html", {"token": token})
    token_revoke(token=token, now=timezone.now())
    messages.success(request, _("The token “%(name)s” is revoked.") % {"name": token.name})
    return redirect("accounts:tokens")
