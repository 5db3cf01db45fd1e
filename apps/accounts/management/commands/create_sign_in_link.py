"""`manage.py create_sign_in_link USER`: a link that lets a person in once, for instance after a forgotten password."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services.sign_in_link import sign_in_link_create


class Command(BaseCommand):
    help = "Print a link that signs a person in once, within 24 hours."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", metavar="USER", help="the user name")
        parser.add_argument("--site", default="", help="address before the link, such as https://search.example.org")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"there is no person with the user name {options['user']!r}")
        token = sign_in_link_create(user=user, now=timezone.now())
        self.stdout.write(options["site"].rstrip("/") + reverse("accounts:sign_in_link", args=[token]))
