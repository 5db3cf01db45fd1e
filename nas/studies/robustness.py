"""What a wired network loses when one of its nodes or connections is removed. Xie et al. 2019, arXiv 1904.01569, section 4.2."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.core.errors import InvalidConfig
from nas.core.problem import OutputScored, Supervised
from nas.core.setup import SearchSetup
from nas.core.study import StudyProgress, StudyRequest
from nas.core.view import View
from nas.spaces.connections import Connections
from nas.spaces.random_wiring import RandomWiring
from nas.training.recipe import MAX_EPOCHS, Recipe

if TYPE_CHECKING:
    from nas.connections.robustness import Damage


class RobustnessConfig(BaseConfig):
    epochs: int = setting(
        10,
        title="Epochs",
        description="How long the network trains first, where the run did not store its weights.",
        unit="epochs",
        ge=1,
        le=MAX_EPOCHS,
    )


class Robustness:
    """Trains the network where its weights are not stored, then removes each node and each edge in turn, without further training.

    Losses are measured on the validation part. Its `known`: {"accuracy", "stored", "nodes": columns, "edges": columns}.
    """

    name: ClassVar[str] = "robustness"
    title: ClassVar[str] = "Removing nodes and connections"
    summary: ClassVar[str] = (
        "How much accuracy goes with each node and each connection that is removed from a trained network."
    )
    source: ClassVar[str] = "Xie et al. 2019, arXiv 1904.01569, section 4.2"
    version: ClassVar[int] = 1
    Config: ClassVar[type[BaseConfig]] = RobustnessConfig

    def __init__(self, config: RobustnessConfig) -> None:
        self._config = config

    @classmethod
    def refusal(cls, setup: SearchSetup, *, has_weights: bool) -> str | None:
        if not isinstance(setup.space, Connections | RandomWiring):
            return ""
        problem = setup.problem
        if not isinstance(problem, Supervised) or "accuracy" not in problem.metrics():
            return f"{problem.title} as it is set has no classes, so there is no accuracy to lose"
        return None

    def run(
        self,
        request: StudyRequest,
        *,
        should_stop: Callable[[], bool],
        on_progress: Callable[[StudyProgress], None],
    ) -> Mapping[str, Any]:
        """A stopped one begins again: it takes seconds, minutes where it has to train. Raises as `Study.run` says."""
        import torch

        from nas.blueprint.blueprint import Blueprint
        from nas.connections.robustness import robustness
        from nas.core.space import Blueprinted
        from nas.modules.blueprint_network import BlueprintNetwork
        from nas.training.checkpoint import load_network, unpack, with_prefix
        from nas.training.environment import named_failures, reproducible
        from nas.training.loop import Hooks, Trainer
        from nas.training.warm import warm_examples

        setup = request.setup
        space, problem = setup.space, setup.problem
        if (reason := self.refusal(setup, has_weights=request.weights is not None)) is not None:
            raise InvalidConfig.at("study", reason or f"{space.title} has no wired nodes that could be removed")
        assert isinstance(space, Blueprinted)  # as all wired spaces are
        device = torch.device(request.device)
        kept: dict[str, Any] = {}

        def cached(key: str, make: Callable[[], Any]) -> Any:
            if key not in kept:
                kept[key] = make()
            return kept[key]

        recipe = _recipe(setup, self._config.epochs)
        blueprint: Blueprint = space.blueprint(request.genotype, problem.input_shape, problem.num_classes)
        with named_failures(device, recipe.batch_size), reproducible(device, request.seed):
            network = BlueprintNetwork(blueprint)
            train, validation = (warm_examples(problem, part, device, cached) for part in ("train", "validation"))
            if request.weights is not None:
                tensors, _ = unpack(request.weights)
                load_network(network, with_prefix("network", tensors))
                network.to(device)
            else:
                hooks = Hooks(
                    on_epoch=(lambda report: on_progress(StudyProgress(report.epoch, report.epochs, "Training", {})),),
                    should_stop=should_stop,
                )
                judge = problem if isinstance(problem, OutputScored) else None
                Trainer(
                    network, train, validation, recipe, recipe.epochs, request.seed, device, hooks, judge=judge
                ).run()

            def report(done: int, total: int) -> None:
                on_progress(StudyProgress(done, total, "Removing nodes and connections", {}))

            accuracy, damages = robustness(network, blueprint, validation, on_progress=report, should_stop=should_stop)
        return {
            "accuracy": accuracy,
            "is_stored_network": request.weights is not None,
            "nodes": _columns(damages, "node"),
            "edges": _columns(damages, "edge"),
        }

    @classmethod
    def views(cls, known: Mapping[str, Any]) -> list[View]:
        if not known:
            return []
        return [
            View(
                "node_removal",
                "Loss of accuracy without a node",
                "removal",
                {**known["nodes"], "degree_of": "out", "whole_accuracy": known["accuracy"]},
            ),
            View(
                "edge_removal",
                "Loss of accuracy without a connection",
                "removal",
                {**known["edges"], "degree_of": "in", "whole_accuracy": known["accuracy"]},
            ),
        ]


def _recipe(setup: SearchSetup, epochs: int) -> Recipe:
    """That of the run, for so many epochs; the usual one where the run did not train."""
    config = setup.estimator.config
    values = config.model_dump(include=set(Recipe.model_fields)) if isinstance(config, Recipe) else {}
    return Recipe.parse({**values, "epochs": epochs, "warmup_epochs": 0.0})


def _columns(damages: Sequence[Damage], kind: str) -> dict[str, Any]:
    """One entry per removal, and mean and deviation by degree."""
    from nas.connections.robustness import by_degree

    chosen = [damage for damage in damages if damage.kind == kind]
    rows = by_degree(chosen)
    return {
        "stage": [damage.stage for damage in chosen],
        "source": [damage.source for damage in chosen],
        "target": [damage.target for damage in chosen],
        "degree": [damage.degree for damage in chosen],
        "loss": [damage.loss_of_accuracy for damage in chosen],
        "by_degree": {
            "degree": [row.degree for row in rows],
            "num": [row.num for row in rows],
            "mean": [row.mean for row in rows],
            "std": [row.std for row in rows],
        },
    }
