"""`manage.py first_start --site URL`: what `manage.py up` does on an empty database, for an installation that is composed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.urls import reverse
from django.utils import timezone

from apps.accounts.services.first_start import first_start
from apps.accounts.services.sign_in_link import sign_in_link_create


class Command(BaseCommand):
    help = "Make the first person and team when there are none, and print a link that signs that person in once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--site", default="", help="address before the link, such as https://search.example.org")

    def handle(self, *args: Any, **options: Any) -> None:
        first = first_start(now=timezone.now())
        token = sign_in_link_create(user=first.user, now=timezone.now())
        self.stdout.write(options["site"].rstrip("/") + reverse("accounts:sign_in_link", args=[token]))
