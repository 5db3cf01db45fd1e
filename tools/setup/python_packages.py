"""The virtual environment `.venv` and the Python packages in it."""

import configparser
import os
import platform
import subprocess
import venv
from pathlib import Path

from steps import ROOT, VENV, SetupError, Steps, fingerprint

PYTHON = VENV / "bin" / "python"
UV = "uv==0.13.9"
RUNTIME, EVERYTHING = ROOT / "requirements.txt", ROOT / "requirements-dev.txt"
CONSTRAINTS = ROOT / "constraints.txt"


def prepare_python(steps: Steps, *, dev: bool) -> None:
    """Makes `.venv` and installs the pinned packages. `dev` includes what checks and tests need."""
    full = _made_from(dev=True)
    wanted = full if dev else _made_from(dev=False)
    if PYTHON.exists() and any(steps.is_current("python", made_from) for made_from in (wanted, full)):
        return
    if not PYTHON.exists():
        steps.say("Making the virtual environment .venv …")
        try:
            venv.create(VENV, with_pip=True, symlinks=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise SetupError(f"cannot make .venv ({error}). On Debian: apt install python3-venv") from error
    _install(steps, EVERYTHING if dev else RUNTIME)
    steps.remember("python", wanted)


def _made_from(*, dev: bool) -> str:
    files = [RUNTIME, CONSTRAINTS, *([EVERYTHING] if dev else [])]
    return fingerprint(files, platform.python_version(), os.environ.get("PIP_FIND_LINKS", ""))


def _install(steps: Steps, requirements: Path) -> None:
    """Installs with uv, which takes a quarter of pip's time; with pip where uv is not to be had or fails."""
    what = ["-r", str(requirements), "-c", str(CONSTRAINTS)]
    try:
        uv = _uv(steps)
        steps.run(
            f"Installing the packages of {requirements.name} (torch is large; the first time takes a minute or more)",
            [*uv, "pip", "install", "--python", PYTHON, *_uv_sources(), *what],
            environment=_uv_environment(),
        )
    except SetupError as error:
        steps.say(f"uv did not work here ({str(error).splitlines()[-1][:160]}); pip does the same more slowly.")
        steps.run(f"Installing the packages of {requirements.name} with pip", [PYTHON, "-m", "pip", "install", *what])


def _uv(steps: Steps) -> list[str]:
    """Returns the command of the uv in `.venv`, installed there first when it is missing."""
    program = VENV / "bin" / "uv"
    if not program.exists():
        steps.run("Installing uv, the fast installer", [PYTHON, "-m", "pip", "install", "-q", UV])
    return [str(program)]


def _pip_settings() -> dict[str, str]:
    """Returns pip's settings from its environment variables and files, which uv does not read by itself."""
    listing = subprocess.run(
        [PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    parser.read_string("[all]\n" + listing)
    settings: dict[str, str] = {}
    # Names look like global.find-links or :env:.find-links; the environment comes last in pip's order and wins.
    for name, value in sorted(parser["all"].items(), key=lambda item: item[0].startswith(":env:")):
        settings[name.rsplit(".", 1)[-1]] = value.strip("'\"")
    return settings


def _uv_sources() -> list[str]:
    settings = _pip_settings()
    sources: list[str] = []
    for option, name in (("--find-links", "find-links"), ("--extra-index-url", "extra-index-url")):
        for source in settings.get(name, "").replace("\\n", " ").split():
            if not source.startswith("file://") or Path(source.removeprefix("file://")).is_dir():
                sources += [option, source]
    if "index-url" in settings:
        sources += ["--index-url", settings["index-url"]]
    return sources


def _uv_environment() -> dict[str, str]:
    settings = _pip_settings()
    environment = {"UV_HTTP_TIMEOUT": settings.get("default-timeout", "180"), "UV_INDEX_STRATEGY": "unsafe-best-match"}
    if "cert" in settings:
        environment["SSL_CERT_FILE"] = settings["cert"]
    return environment
