"""How a population of connections is searched: the settings of its island. No torch here: forms read it."""

from __future__ import annotations

from typing import Literal

from nas.core.config import Config, setting


class ConnectionSettings(Config):
    """Defaults: a generation of 32 small networks on the bundled digits takes about half a second on one CPU core."""

    population_size: int = setting(
        32,
        title="Population",
        description="Parents, and as many children in each generation.",
        unit="architectures",
        ge=4,
        le=1024,
    )
    crossover_probability: float = setting(
        0.7,
        title="Crossover",
        description="Share of children that cross two parents; all are mutated.",
        ge=0,
        le=1,
    )
    epochs: int = setting(
        4,
        title="Epochs from scratch",
        description="How long candidates train that begin with new weights.",
        unit="epochs",
        ge=1,
        le=1000,
    )
    inherit: Literal["parent", "none"] = setting(
        "parent",
        title="Weights of children",
        description="Go on from the parent's, node by node, and let parents go on training as well; or begin anew.",
    )
    inherited_epochs: int = setting(
        1,
        title="Epochs with inherited weights",
        description="How long parents and children train in each generation, where weights are inherited.",
        unit="epochs",
        ge=1,
        le=1000,
    )
    parents_train_again: bool = setting(
        True,
        title="Parents train again",
        description="Where nothing is inherited: parents begin anew in each generation too, and all their trainings count, so that "
        "luck with initial weights does not last.",
    )
    minimises_edges: bool = setting(
        True,
        title="Few edges",
        description="Survival looks at the number of edges as well; off: at the score alone.",
    )
    batch_size: int = setting(
        64, title="Batch size", description="Examples per step.", unit="examples", advanced=True, ge=2, le=16_384
    )
    learning_rate: float = setting(
        0.1,
        title="Learning rate",
        description="At the beginning of each training; half a cosine leads down to zero.",
        advanced=True,
        gt=0,
        le=100,
    )
    weight_decay: float = setting(
        5e-4, title="Weight decay", description="Pull of all weights towards zero.", advanced=True, ge=0, le=1
    )
    gradient_clip: float | None = setting(
        5.0,
        title="Gradient clipping",
        description="Largest norm of a candidate's gradient; empty means no limit.",
        advanced=True,
        gt=0,
        le=1e6,
    )
