"""Debian packages that the tests need: a browser, fonts with Korean letters, PostgreSQL."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from steps import Steps


@dataclass(frozen=True)
class Need:
    package: str
    why: str
    is_there: Callable[[], bool]


NEEDS = (
    Need("chromium", "tests in a browser", lambda: shutil.which("chromium") is not None),
    Need("fonts-nanum", "Korean letters in the browser", lambda: Path("/usr/share/fonts/truetype/nanum").is_dir()),
    Need(
        "postgresql",
        "tests on PostgreSQL",
        lambda: any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which("initdb") is not None,
    ),
)


def prepare_system(steps: Steps) -> None:
    """Installs what is missing when it may (as root, or with sudo that asks nothing); else says what to install."""
    missing = [need for need in NEEDS if not need.is_there()]
    if not missing:
        return
    names = [need.package for need in missing]
    become_root = _become_root()
    if shutil.which("apt-get") is None or become_root is None:
        for need in missing:
            steps.say(f"Missing on this machine: {need.package} ({need.why}).")
        steps.say(f"Install by hand, then run this again: sudo apt-get install {' '.join(names)}")
        return
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    steps.run("Reading Debian's package lists", [*become_root, "apt-get", "-q", "update"], environment=quiet)
    steps.run(
        f"Installing {', '.join(names)} from Debian",
        [*become_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "install", "-y",
         "--no-install-recommends", *names],
    )  # fmt: skip


def _become_root() -> list[str] | None:
    """Returns the prefix of a command that runs as root; None when that needs a password."""
    if os.getuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None
