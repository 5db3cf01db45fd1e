"""`manage.py up`: everything on one machine, in the foreground."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.workers.supervisor.terminal import Terminal
from apps.workers.supervisor.up import CannotStart, Up, options_from, restart_with_state_dir


class Command(BaseCommand):
    help = "Start the private Valkey server, the web server and the workers; stop them with Ctrl-C."
    requires_system_checks: list[str] = []  # noqa: RUF012 - the name and type are Django's

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", help="address to listen on (NASWEB_HOST, else 127.0.0.1)")
        parser.add_argument("--port", type=int, help="first port to try (NASWEB_PORT, else 8000)")
        parser.add_argument("--workers", type=int, metavar="N", help="number of CPU workers (default: by the machine)")
        parser.add_argument("--no-demo", action="store_true", help="do not begin the demonstration search")
        parser.add_argument("--state-dir", type=Path, help="folder of database, files and logs (default: var/)")

    def handle(self, *args: Any, **options: Any) -> None:
        state_dir: Path | None = options["state_dir"]
        if state_dir is not None and state_dir.resolve() != settings.STATE_DIR:
            restart_with_state_dir(state_dir.resolve())
        up = Up(
            options=options_from(
                host=options["host"],
                port=options["port"],
                workers=options["workers"],
                with_demo=not options["no_demo"],
            ),
            terminal=Terminal(),
        )
        try:
            up.run()
        except CannotStart as error:
            raise CommandError(str(error)) from error
