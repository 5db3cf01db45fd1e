"""Sizes of spaces, written for people."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from nas.core.quantity import LONGEST_WRITTEN_OUT, exact_digits, power_of_ten
from nas.core.space import Size

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def count_text(count: int) -> str:
    """15625 → "15,625"; 1_171_875_000_000_000_000 → "1.2 × 10¹⁸"."""
    if count < LONGEST_WRITTEN_OUT:
        return number_format(count, use_l10n=True, force_grouping=True)
    tenths, exponent = power_of_ten(count)
    mantissa = number_format(tenths / 10, decimal_pos=1, use_l10n=True)
    return f"{mantissa} × 10{str(exponent).translate(_SUPERSCRIPTS)}"


def size_text(size: Size) -> str:
    """How many architectures a space has."""
    if size.is_exact:
        return count_text(size.lower)
    low, high = count_text(size.lower), count_text(size.upper)
    if low == high:
        return _("about %(number)s") % {"number": low}
    return _("%(low)s to %(high)s") % {"low": low, "high": high}


def exact_text(size: Size) -> str:
    """All digits, where `size_text` rounds; "" where it does not, or where there are too many."""
    if size.upper < LONGEST_WRITTEN_OUT:
        return ""
    low, high = exact_digits(size.lower), exact_digits(size.upper)
    return low if size.is_exact else f"{low} – {high}" if high else ""
