"""The estimator `warm_start`: training that begins with the weights of a parent, brought to the child's shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from nas.core.estimator import EvaluationRequest
from nas.core.space import Blueprinted
from nas.estimators.train import Train

if TYPE_CHECKING:
    from torch import nn


class WarmStart(Train):
    """As training, but a child begins where its parent stopped: layers at the same place are copied, widened, given larger
    kernels, new residual branches begin silent (`nas.training.morph`). So a few epochs are enough for each.

    What has no parent (a random draw, a sample of a model) begins with the best network that is still stored; the first ones,
    and those whose parent is stored no more, begin from scratch. The metric inherited_share says how much came along.
    """

    name: ClassVar[str] = "warm_start"
    title: ClassVar[str] = "Training from the parent's weights"
    summary: ClassVar[str] = "Trains each candidate for a few epochs, beginning with the weights of its parent."
    source: ClassVar[str] = (
        "Network morphisms: Chen, Goodfellow and Shlens 2016, arXiv 1511.05641; in search: Elsken, Metzen and Hutter 2019, "
        "arXiv 1804.09081."
    )
    version: ClassVar[int] = 1
    starts_warm: ClassVar[bool] = True

    def _begin_with(self, network: nn.Module, parent: bytes, request: EvaluationRequest) -> float:
        from nas.training.morph import morph

        space, problem = request.space, request.problem
        blueprint = (
            space.blueprint(request.genotype, problem.input_shape, problem.num_classes)
            if isinstance(space, Blueprinted)
            else None
        )
        return morph(network, blueprint, parent)
