"""Writes the TypeScript types of events and snapshot, or says whether the stored file is stale."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.live.typescript import typescript

TARGET = Path("frontend/src/live/events.generated.ts")


class Command(BaseCommand):
    help = "Writes frontend/src/live/events.generated.ts from the event and snapshot classes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Write nothing; fail when the stored file is stale.")

    def handle(self, *args: Any, **options: Any) -> None:
        target = settings.BASE_DIR / TARGET
        fresh = typescript()
        if not options["check"]:
            target.write_text(fresh, encoding="utf-8")
            self.stdout.write(f"wrote {TARGET}")
        elif not target.exists() or target.read_text(encoding="utf-8") != fresh:
            raise CommandError(f"{TARGET} is stale: run python manage.py generate_types")
