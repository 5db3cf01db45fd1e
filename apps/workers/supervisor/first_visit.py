"""What a person finds at the first visit: an account, a link that signs in once, and a search that has begun by itself."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse


@dataclass(frozen=True, slots=True)
class FirstVisit:
    sign_in_path: str
    demo_started: bool


def prepare_first_visit(*, now: datetime, with_demo: bool) -> FirstVisit:
    """Makes the first account and team when there are none, a fresh one-time link, and on the first start the demo run."""
    from apps.accounts.services.first_start import first_start
    from apps.accounts.services.sign_in_link import sign_in_link_create

    first = first_start(now=now)
    if first.created and with_demo:
        from apps.runs.services.demo import demo_start

        demo_start(team=first.team, user=first.user, now=now)
    token = sign_in_link_create(user=first.user, now=now)
    return FirstVisit(
        sign_in_path=reverse("accounts:sign_in_link", kwargs={"token": token}),
        demo_started=first.created and with_demo,
    )
