"""The type of a request behind `login_required`."""

from __future__ import annotations

from django.http import HttpRequest

from apps.accounts.models import User


class SignedInRequest(HttpRequest):
    """A request whose person is known. For annotations only; Django makes plain HttpRequests."""

    user: User
