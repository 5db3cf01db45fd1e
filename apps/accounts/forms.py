"""Forms of the account pages: they read what was typed; what is allowed is decided by the services."""

from __future__ import annotations

from typing import TypeVar

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.errors import AccountRefused
from apps.accounts.models import Role

Form = TypeVar("Form", bound=forms.BaseForm)


class SignInForm(forms.Form):
    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class TeamForm(forms.Form):
    name = forms.CharField(label=_("Name of the team"), max_length=200)


class MemberForm(forms.Form):
    username = forms.CharField(label=_("User name"), max_length=150)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.MEMBER)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("What the token is for, so that you know later which one to revoke."),
    )


class PersonForm(forms.Form):
    first_name = forms.CharField(label=_("First name"), max_length=150, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=150, required=False)


def styled(form: Form) -> Form:
    """The form with the classes of our style sheets on its inputs, Django's own forms included."""
    for field in form.fields.values():
        field.widget.attrs["class"] = "select" if isinstance(field.widget, forms.Select) else "input"
    return form


def add_refusal(form: forms.BaseForm, refused: AccountRefused) -> None:
    """Show what a service refused at the field it names."""
    form.add_error(refused.field if refused.field in form.fields else None, refused.message)
