"""Whether a search has anything left to propose, looked at before it is started and before its rules are changed."""

from __future__ import annotations

import numpy as np

from nas.core.errors import ConstraintLeavesNothing, InvalidConfig
from nas.core.metric import MetricSource
from nas.core.setup import SearchSetup

SAMPLES = 500


def sampled_costs(setup: SearchSetup) -> list[dict[str, float]]:
    """Of presets and samples that do without the forbidden operations. Raises ConstraintLeavesNothing when none does."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([setup.run_seed, 2**32])))
    genotypes = [preset.genotype for preset in setup.space.presets() if not setup.forbidden_in(preset.genotype)]
    genotypes += [setup.sample(rng) for _ in range(SAMPLES)]
    return [setup.cost(genotype).as_metrics() for genotype in genotypes]


def something_left(setup: SearchSetup) -> None:
    """Refuse rules that not one of many architectures keeps. Raises InvalidConfig at "operations" or "constraints"."""
    limits = [c for c in setup.constraints if c.declaration.source is MetricSource.COST]
    if not limits and not setup.forbidden:
        return
    try:
        costs = sampled_costs(setup)
    except ConstraintLeavesNothing as error:
        raise InvalidConfig.at("operations", str(error)) from None
    if any(all(limit.is_met(cost[limit.metric]) for limit in limits) for cost in costs):
        return
    seen = ", ".join(
        f"{limit.metric} from {min(c[limit.metric] for c in costs):,.0f} to {max(c[limit.metric] for c in costs):,.0f}"
        for limit in limits
    )
    text = " and ".join(str(limit) for limit in limits)
    without = f" without {', '.join(sorted(setup.forbidden))}" if setup.forbidden else ""
    raise InvalidConfig.at(
        "constraints",
        f"none of {len(costs)} architectures of this space{without} meets {text}; they have {seen}. Loosen the limit",
    )
