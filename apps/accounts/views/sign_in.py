"""In and out: by password, by one-time link."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.errors import AccountRefused
from apps.accounts.forms import SignInForm, add_refusal, styled
from apps.accounts.models import User
from apps.accounts.services.sign_in import sign_in_check
from apps.accounts.services.sign_in_link import sign_in_link_use, sign_in_link_user

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    form = styled(SignInForm(request.POST if request.method == "POST" else None))
    if request.method == "POST" and form.is_valid():
        try:
            login(request, sign_in_check(request=request, **form.cleaned_data))
            return redirect(_next_url(request))
        except AccountRefused as refused:
            add_refusal(form, refused)
    values = {"form": form, "next": request.POST.get("next", request.GET.get("next", ""))}
    return render(request, "accounts/sign_in.html", values, status=422 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET only shows a button: programs that fetch links for a preview must not use the link up."""
    if request.method == "POST":
        user = sign_in_link_use(token=token, now=timezone.now())
        if user is not None:
            login(request, user, backend=MODEL_BACKEND)
            _ask_for_password(request, user)
            return redirect("/")
        return render(request, "accounts/sign_in_link.html", {"person": None}, status=410)
    person = sign_in_link_user(token=token, now=timezone.now())
    return render(request, "accounts/sign_in_link.html", {"person": person}, status=200 if person else 410)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("accounts:sign_in")


def _next_url(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours else "/"


def _ask_for_password(request: HttpRequest, user: User) -> None:
    if not user.has_usable_password():
        messages.info(
            request,
            _("You came in by a one-time link. Set a password in your account, so that you can come back without one."),
        )
