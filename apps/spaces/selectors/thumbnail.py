"""Small drawings of architectures, kept for the next time they are shown."""

from __future__ import annotations

import json
from functools import lru_cache

from nas import registry
from nas.core.graph import Shape
from nas.core.proposal import Genotype
from nas.core.space import Space
from nas.drawing.svg import draw


def thumbnail(space: Space, genotype: Genotype, input_shape: Shape, num_classes: int) -> str:
    """SVG text. Raises NasError where no such network exists for that input."""
    config, text = json.dumps(space.config.as_json(), sort_keys=True), json.dumps(genotype)
    return _drawn(space.name, config, text, tuple(input_shape), num_classes)


@lru_cache(maxsize=1024)
def _drawn(space_name: str, config: str, genotype: str, input_shape: Shape, num_classes: int) -> str:
    kind = registry.spaces.get(space_name)
    space = kind(kind.Config.parse(json.loads(config)))
    return draw(space.graph(json.loads(genotype), input_shape, num_classes), compact=True)
