"""A person's own page: name and password."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.forms import PersonForm, styled
from apps.accounts.models import User
from apps.accounts.requests import SignedInRequest
from apps.accounts.services.person import password_set, person_rename


@never_cache
@login_required
@require_safe
def account(request: SignedInRequest) -> HttpResponse:
    return _page(request)


@login_required
@require_POST
def account_name(request: SignedInRequest) -> HttpResponse:
    form = PersonForm(request.POST)
    if not form.is_valid():
        return _page(request, person_form=form)
    person_rename(user=request.user, **form.cleaned_data)
    messages.success(request, _("Your name is saved."))
    return redirect("accounts:account")


@sensitive_post_parameters()
@login_required
@require_POST
def account_password(request: SignedInRequest) -> HttpResponse:
    form = _password_form(request.user, request.POST)
    if not form.is_valid():
        return _page(request, password_form=form)
    password_set(user=request.user, password=form.cleaned_data["new_password1"])
    update_session_auth_hash(request, request.user)
    messages.success(request, _("Your password is saved. You are signed out everywhere else."))
    return redirect("accounts:account")


def _password_form(user: User, values: object = None) -> SetPasswordForm[User]:
    """The old password is asked for only where there is one."""
    kind = PasswordChangeForm if user.has_usable_password() else SetPasswordForm
    return kind(user, values)


def _page(
    request: SignedInRequest,
    *,
    person_form: PersonForm | None = None,
    password_form: SetPasswordForm[User] | None = None,
) -> HttpResponse:
    user = request.user
    values = {
        "person_form": styled(
            person_form or PersonForm(initial={"first_name": user.first_name, "last_name": user.last_name})
        ),
        "password_form": styled(password_form or _password_form(user)),
        "has_password": user.has_usable_password(),
    }
    return render(request, "accounts/account.html", values, status=422 if person_form or password_form else 200)
