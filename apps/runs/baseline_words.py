"""A comparison with random search in words: whole sentences, so that every language can build them its own way."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from nas.analysis.significance import FEWEST_SEEDS, Verdict

SMALLEST_P_SHOWN = 0.001

VERDICT_CHIPS: Mapping[str, tuple[str, Promise]] = {
    "single_run": ("warn", gettext_lazy("single run")),
    "too_few": ("warn", gettext_lazy("too few seeds")),
    "chance": ("calm", gettext_lazy("no difference shown")),
    "likely": ("good", gettext_lazy("significant")),
    "sure": ("good", gettext_lazy("significant")),
}
"""Sureness → (tone, word) of a chip."""

_EFFECTS: Mapping[str, Promise] = {
    "none": gettext_lazy("no effect"),
    "small": gettext_lazy("small effect"),
    "medium": gettext_lazy("medium effect"),
    "large": gettext_lazy("large effect"),
}


def p_text(p: float | None) -> str:
    """A p with two significant digits, "< 0.001" below that; "–" where nothing was tested."""
    if p is None:
        return "–"
    if p < SMALLEST_P_SHOWN:
        return f"< {number_format(SMALLEST_P_SHOWN, 3)}"
    return _rounded(p, 2 if p >= 0.1 else 3)


def effect_text(verdict: Verdict) -> str:
    """How often a seed of the search beats one of random, and whether that is much."""
    if verdict.effect is None or verdict.effect_size is None:
        return "–"
    return _("%(size)s: the search wins %(percent)s %% of pairs") % {
        "size": _EFFECTS[verdict.effect_size],
        "percent": _rounded(100 * verdict.effect, 0),
    }


def verdict_sentence(verdict: Verdict) -> str:
    """How sure one can be. `verdict.better` is "first" for the search."""
    if verdict.effect is None:
        return _("There is nothing to compare yet.")
    if verdict.sureness == "single_run":
        fewest = min(verdict.num_first, verdict.num_second)
        return ngettext(
            "Single run: one seed cannot tell skill from luck; at least %(least)d for each side are needed.",
            "Single run: %(count)d seeds cannot tell skill from luck; at least %(least)d for each side are needed.",
            fewest,
        ) % {"count": fewest, "least": FEWEST_SEEDS}
    if verdict.sureness == "too_few":
        return _(
            "Too few seeds: even if every seed of one side beat all of the other, p would be %(smallest)s. "
            "With %(needed)d seeds a clear difference could show."
        ) % {"smallest": p_text(verdict.smallest_p), "needed": verdict.seeds_needed}
    values = {"p": p_text(verdict.p), "percent": _percent(verdict.p)}
    if verdict.better is None or verdict.sureness == "chance":
        return (
            _("No difference is shown: luck alone brings one like this in %(percent)s of comparisons (p %(p)s).")
            % values
        )
    sentences = {
        ("first", "sure"): _(
            "The search is almost certainly better: luck alone brings a difference like this in %(percent)s of comparisons."
        ),
        ("first", "likely"): _(
            "The search is probably better: luck alone brings a difference like this in %(percent)s of comparisons."
        ),
        ("second", "sure"): _(
            "Random search is almost certainly better: luck alone brings a difference like this in %(percent)s of comparisons."
        ),
        ("second", "likely"): _(
            "Random search is probably better: luck alone brings a difference like this in %(percent)s of comparisons."
        ),
    }
    return sentences[verdict.better, verdict.sureness] % values


def _percent(p: float | None) -> str:
    if p is None:
        return "–"
    if p < SMALLEST_P_SHOWN:
        return _("fewer than 0.1 %")
    return f"{_rounded(100 * p, 0 if p >= 0.1 else 1)} %"


def _rounded(value: float, digits: int) -> str:
    """`number_format` alone cuts digits off."""
    return number_format(round(value, digits), digits)
