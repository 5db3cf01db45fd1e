"""The settings of DARTS' training. No torch here: forms read it."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from nas.core.config import setting
from nas.supernets.cost_penalty import CostPenalty
from nas.supernets.recipe import SupernetRecipe


class DartsRecipe(CostPenalty, SupernetRecipe):
    """Liu et al. 2019, arXiv 1806.09055, section 3 and appendix A.1; remedies by the papers that their settings name."""

    order: Literal["first", "second"] = setting(
        "first",
        title="Order",
        description="First: weights count as they are. Second: as they would be after their next step, at 2.5 times the cost.",
    )
    second_derivative: Literal["finite_difference", "exact"] = setting(
        "finite_difference",
        title="Second derivative",
        description="How second order is computed; exact takes several times the memory, for small networks.",
        advanced=True,
    )
    alpha_rate: float = setting(
        3e-4,
        title="Learning rate of the alphas",
        description="Of Adam; the paper has 0.0003 for 50 epochs of 390 steps. Short searches need a larger one.",
        gt=0,
        le=10,
    )
    alpha_beta1: float = setting(
        0.5, title="Adam's β₁", description="Decay of the mean, for the alphas.", ge=0, lt=1, advanced=True
    )
    alpha_beta2: float = setting(
        0.999, title="Adam's β₂", description="Decay of the mean square, for the alphas.", ge=0, lt=1, advanced=True
    )
    alpha_weight_decay: float = setting(
        1e-3,
        title="Weight decay of the alphas",
        description="Pull towards zero: even weights.",
        ge=0,
        le=1,
        advanced=True,
    )
    warmup_epochs: int = setting(
        0,
        title="Warm-up",
        description="Epochs at the beginning that train weights only; alphas stay as they are drawn.",
        unit="epochs",
        ge=0,
        le=10_000,
    )
    search_filters: int | None = setting(
        None,
        title="Width while searching",
        description="Filters of the network that is searched in; empty means those of the space.",
        unit="channels",
        ge=4,
        le=512,
    )
    search_cells: int | None = setting(
        None,
        title="Cells while searching",
        description="Of the network that is searched in (per stage, where there are stages); empty means those of the space.",
        unit="cells",
        ge=1,
        le=60,
    )
    relaxation: Literal["softmax", "sigmoid"] = setting(
        "softmax",
        title="Relaxation",
        description="Softmax: the options of an edge compete. Sigmoid: each stands by itself (FairDARTS, arXiv 1911.12126).",
        advanced=True,
    )
    zero_one_weight: float = setting(
        10.0,
        title="Zero-one weight",
        description="With sigmoids: how strongly they are driven to 0 or 1 (FairDARTS, equation 4).",
        ge=0,
        le=1000,
        advanced=True,
    )
    auxiliary_skip: bool = setting(
        False,
        title="Auxiliary skip",
        description="A skip connection beside the mixture on every edge that fades to nothing (DARTS-, arXiv 2009.01027).",
        advanced=True,
    )
    early_stop: Literal["none", "skips", "eigenvalue"] = setting(
        "none",
        title="Early stop",
        description="Skips: when the derived cell has too many skip connections (DARTS+, arXiv 1909.06035). Eigenvalue: when "
        "the validation loss becomes sharp in the alphas (arXiv 1909.09656).",
    )
    skip_limit: int = setting(
        2,
        title="Skip connections that stop",
        description="So many in the derived normal cell end the search.",
        ge=1,
        le=100,
        advanced=True,
    )
    watch_eigenvalue: bool = setting(
        False,
        title="Watch the eigenvalue",
        description="Compute the largest eigenvalue of the loss's second derivative by the alphas also where it stops nothing.",
        advanced=True,
    )
    eigenvalue_every: int = setting(
        2,
        title="Epochs between eigenvalues",
        description="The paper has 2.",
        unit="epochs",
        ge=1,
        le=1000,
        advanced=True,
    )
    calibration_batches: int = setting(
        5,
        title="Batches for batch norm",
        description="Of training examples, from which the derived network gets statistics of its own before it is scored.",
        unit="batches",
        ge=1,
        le=10_000,
        advanced=True,
    )

    @model_validator(mode="after")
    def _alphas_can_be_learned(self) -> Self:
        if self.warmup_epochs >= self.epochs:
            raise ValueError(
                f"the warm-up ({self.warmup_epochs} epochs) must be shorter than the training ({self.epochs} epochs)"
            )
        if self.early_stop == "eigenvalue" and self.epochs_per_leg != 1:
            raise ValueError("a stop by the eigenvalue looks at every epoch: epochs_per_leg must be 1")
        return self

    @property
    def needs_eigenvalue(self) -> bool:
        return self.watch_eigenvalue or self.early_stop == "eigenvalue"
