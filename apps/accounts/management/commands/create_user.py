"""`manage.py create_user NAME --team TEAM --role ROLE`: a new person, and the link that lets them in."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone

from apps.accounts.errors import AccountRefused
from apps.accounts.models import Role, Team
from apps.accounts.services.person import person_create
from apps.accounts.services.sign_in_link import sign_in_link_create


class Command(BaseCommand):
    help = "Add a person and print a link that signs them in once, within 24 hours. There they can set a password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="NAME")
        parser.add_argument("--team", help="the name of a team they join")
        parser.add_argument("--role", choices=Role.values, default=Role.MEMBER.value)
        parser.add_argument("--site", default="", help="address before the link, such as https://search.example.org")

    def handle(self, *args: Any, **options: Any) -> None:
        team = None
        if options["team"] is not None:
            team = Team.objects.filter(name=options["team"]).first()
            if team is None:
                names = ", ".join(Team.objects.order_by("name").values_list("name", flat=True))
                raise CommandError(f"there is no team {options['team']!r}; there are: {names or 'none'}")
        try:
            user = person_create(username=options["username"], team=team, role=Role(options["role"]))
        except AccountRefused as refused:
            raise CommandError(str(refused)) from None
        token = sign_in_link_create(user=user, now=timezone.now())
        self.stdout.write(options["site"].rstrip("/") + reverse("accounts:sign_in_link", args=[token]))
