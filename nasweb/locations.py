"""Where a bare machine keeps the state, the secret key and the socket of the private Redis-protocol server."""

import contextlib
import hashlib
import os
import secrets
import tempfile
from pathlib import Path

# AF_UNIX paths end at 107 bytes on Linux and at 103 on macOS; the rest is kept for the file name.
LONGEST_RUNTIME_DIR_BYTES = 80


def runtime_dir_for(state_dir: Path) -> Path:
    """Returns the folder for sockets that belongs to a state folder: inside it, or a short private one when its path is too long."""
    inside = state_dir / "run"
    if len(os.fsencode(inside)) <= LONGEST_RUNTIME_DIR_BYTES:
        return inside
    digest = hashlib.sha256(os.fsencode(state_dir)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"nasweb-{os.getuid()}-{digest}"


def secret_key_from(path: Path) -> str:
    """Returns the secret key kept in `path`; makes one on first use, readable by this user only.

    Several processes may start at once: the first to link its complete file into place wins and all read the winner's key.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".secret_key-")  # mkstemp creates with mode 600
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(64))
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
        finally:
            Path(draft).unlink()
    return path.read_text(encoding="ascii").strip()
