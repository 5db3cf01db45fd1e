"""Secrets that are shown once and stored as a digest."""

from __future__ import annotations

import hashlib
import secrets

SECRET_BYTES = 32


def secret_new() -> str:
    """43 characters safe in a URL, 256 bits: too many to guess, so a plain digest is enough."""
    return secrets.token_urlsafe(SECRET_BYTES)


def secret_digest(text: str) -> str:
    """The SHA-256 (hex) under which a secret is stored."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
