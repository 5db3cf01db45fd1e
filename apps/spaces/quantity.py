"""Sizes of spaces, written for people."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from nas.core.space import Size

_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
LONGEST_WRITTEN_OUT = 10**7


def count_text(count: int) -> str:
    """15625 → "15,625"; 1_171_875_000_000_000_000 → "1.2 × 10¹⁸"."""
    if count < LONGEST_WRITTEN_OUT:
        return number_format(count, use_l10n=True, force_grouping=True)
    digits = str(count)  # floats end at 1.8e308
    exponent, tenths = len(digits) - 1, (int(digits[:3]) + 5) // 10
    if tenths == 100:
        tenths, exponent = 10, exponent + 1
    mantissa = number_format(tenths / 10, decimal_pos=1, use_l10n=True)
    return f"{mantissa} × 10{str(exponent).translate(_SUPERSCRIPTS)}"


def size_text(size: Size) -> str:
    """How many architectures a space has."""
    if size.is_exact:
        return count_text(size.lower)
    return _("%(low)s to %(high)s") % {"low": count_text(size.lower), "high": count_text(size.upper)}
