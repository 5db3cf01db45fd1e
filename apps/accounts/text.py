"""Names that people type."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.accounts.errors import AccountRefused


def text_checked(text: str, *, field: str, max_length: int) -> str:
    """`text` without surrounding space. Raises AccountRefused when it is empty, too long, or holds NUL characters."""
    text = text.strip()
    if not text:
        raise AccountRefused(_("This may not be empty."), field=field)
    if len(text) > max_length:
        raise AccountRefused(
            _("At most %(limit)d characters are possible, these are %(given)d.")
            % {"limit": max_length, "given": len(text)},
            field=field,
        )
    if "\x00" in text:
        raise AccountRefused(_("NUL characters are not possible here."), field=field)
    return text
