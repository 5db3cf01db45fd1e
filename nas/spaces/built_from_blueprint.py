"""What a space gets for nothing once it can write its architectures out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from nas.blueprint.blueprint import Blueprint
from nas.core.graph import Shape
from nas.core.proposal import Genotype

if TYPE_CHECKING:
    from torch import nn


class BuiltFromBlueprint(ABC):
    """Base of spaces whose networks are their blueprints."""

    @abstractmethod
    def blueprint(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> Blueprint: ...

    def build(self, genotype: Genotype, input_shape: Shape, num_classes: int) -> nn.Module:
        """(N, *input_shape) → (N, num_classes) logits."""
        from nas.modules.blueprint_network import BlueprintNetwork

        return BlueprintNetwork(self.blueprint(genotype, tuple(input_shape), num_classes))
