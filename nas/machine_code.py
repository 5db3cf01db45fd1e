"""Machine code that numba keeps on disk, for as long as all that it was made of stays the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def kept(dispatcher: Any, room: Path, sources: Sequence[str]) -> Any:
    """`dispatcher`, what it is compiled to stored in __pycache__ until one of the modules `sources` of the folder `room` changes.

    numba asks only whether the file of the function changed. A compiled function takes in others, from other files; what was
    compiled yesterday would then go on beside sources of today. So the stamp is a digest of all of them.
    """
    dispatcher.enable_caching()
    digest = hashlib.sha256()
    for name in sources:
        digest.update((room / f"{name}.py").read_bytes())
    dispatcher._cache._cache_file._source_stamp = digest.hexdigest()
    return dispatcher
