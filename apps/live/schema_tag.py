"""A short name of what a kept model looks like, so that what an earlier version of the site kept is not taken for it."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256

from pydantic import BaseModel


@cache
def schema_tag(model: type[BaseModel]) -> str:
    """Eight hexadecimal digits that change with any field of the model or of one inside it."""
    return sha256(json.dumps(model.model_json_schema(), sort_keys=True).encode()).hexdigest()[:8]
