"""`manage.py create_token USER`: an API token for a person, printed once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.errors import AccountRefused
from apps.accounts.models import User
from apps.accounts.services.token import token_create


class Command(BaseCommand):
    help = "Make an API token for a person and print it. It is shown this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", metavar="USER", help="the user name")
        parser.add_argument("--name", default="command line", help="what the token is for")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"there is no person with the user name {options['user']!r}")
        try:
            _token, text = token_create(user=user, name=options["name"])
        except AccountRefused as refused:
            raise CommandError(f"--name: {refused}") from None
        self.stdout.write(text)
