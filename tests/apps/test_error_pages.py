"""What a browser shows when there is nothing to show: pages of the product, whatever failed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path, reverse

from apps.accounts.models import User

pytestmark = pytest.mark.django_db


def _raise(error: Exception) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return view


urlpatterns = [
    path("broken/", _raise(RuntimeError("a secret of the server"))),
    path("forbidden/", _raise(PermissionDenied())),
    path("suspicious/", _raise(SuspiciousOperation())),
    path("", include("nasweb.urls")),
]


@pytest.mark.parametrize(
    ("address", "status", "title"),
    [
        ("/nowhere/", 404, "There is nothing here"),
        ("/forbidden/", 403, "This is not open to you"),
        ("/suspicious/", 400, "The server could not read this request"),
        ("/broken/", 500, "Something went wrong"),
    ],
)
@override_settings(ROOT_URLCONF=__name__)
def test_an_error_has_a_page_with_a_way_out(member: User, address: str, status: int, title: str) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(member)
    response = client.get(address)
    text = response.content.decode()
    assert response.status_code == status
    assert f"<h1>{title}</h1>" in text
    assert f'href="{reverse("runs:home")}"' in text
    assert "a secret of the server" not in text


def test_who_is_not_signed_in_is_shown_the_way_in(client: Client) -> None:
    assert f'href="{reverse("accounts:sign_in")}"' in client.get("/nowhere/").content.decode()


def test_a_form_of_another_session_changes_nothing_and_says_so(member: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(member)
    response = client.post(reverse("accounts:account_name"), {"first_name": "Eve"})
    assert response.status_code == 403
    assert "This page was open too long" in response.content.decode()
    member.refresh_from_db()
    assert member.first_name == ""
