"""What a person asked for: the one class that forms, API and record share, and the search it describes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import field_validator

from nas import registry
from nas.core.budget import Budget
from nas.core.config import Config, setting
from nas.core.errors import FieldError, InvalidConfig, NasError, UnknownName
from nas.core.estimator import TableLibrary
from nas.core.objective import Constraint, Objective
from nas.core.problem import DataLibrary
from nas.core.registry import Registry
from nas.core.reward import Reward
from nas.core.setup import SearchSetup
from nas.core.space import Shareable
from nas.core.strategy import Strategy
from nas.reuse import fresh_because


class Choice(Config):
    """A registered thing and its configuration."""

    name: str = setting(title="Name", description="The registered name.")
    config: dict[str, Any] = setting(
        {}, title="Configuration", description="Its settings; what is left out has its default."
    )


class RunSpecification(Config):
    """Everything that decides what a run does. `problem.config.dataset` is "digits" or a data set's id as text."""

    schema_version: Literal[1] = 1
    problem: Choice = setting(title="Problem", description="Data and metrics.")
    space: Choice = setting(title="Space", description="Which architectures exist.")
    strategy: Choice = setting(title="Strategy", description="How the search proposes architectures.")
    estimator: Choice = setting(title="Estimator", description="How an architecture is scored.")
    objectives: tuple[Objective, ...] = setting(
        title="Objectives", description="One to three metrics.", min_length=1, max_length=3
    )
    constraints: tuple[Constraint, ...] = setting(
        (), title="Constraints", description="Limits a trial must keep.", max_length=10
    )
    reward: Reward | None = setting(
        None,
        title="Reward",
        description="What the metric reward is made of, where an objective or a constraint names it.",
    )
    budget: Budget = setting(title="Budget", description="When the run ends.")
    seed: int = setting(0, title="Seed", description="The same seed gives the same search.", ge=0, le=2**53)
    num_replicas: int = setting(
        1,
        title="Seeds",
        description="How many seeds search side by side. From four on a difference can be significant.",
        ge=1,
        le=20,
    )
    baseline: bool = setting(
        False,
        title="Random search beside it",
        description="For every seed a random search with the same budget, to compare with. Doubles the work.",
    )
    parallelism: int = setting(
        4,
        title="Trials at a time",
        description="How many trials may be waiting or running at once.",
        unit="trials",
        ge=1,
        le=10_000,
    )
    batch_size: int = setting(
        1,
        title="Trials per job",
        description="How many trials a worker takes at once; more pays off when one takes milliseconds.",
        unit="trials",
        ge=1,
        le=1_000,
        advanced=True,
    )
    reuse: bool = setting(
        False,
        title="Reuse results",
        description="Take results that the team already has for the same architecture, data, estimator and seed; a random "
        "baseline measures its own.",
        advanced=True,
    )
    device: Literal["any", "cpu", "gpu"] = setting("any", title="Device", description="Which workers may carry it out.")
    num_reported: int = setting(
        5,
        title="Reported architectures",
        unit="architectures",
        ge=0,
        le=50,
        advanced=True,
        description="How many of the front get their test metric measured once the search is over.",
    )

    @field_validator("objectives", "constraints", mode="before")
    @classmethod
    def _texts(cls, value: object, info: Any) -> object:
        """Accept the text forms "accuracy:maximise" and "params<=200000" beside objects."""
        if not isinstance(value, (list, tuple)):
            return value
        kind: type[Objective] | type[Constraint] = Objective if info.field_name == "objectives" else Constraint
        try:
            return tuple(kind.from_text(item) if isinstance(item, str) else item for item in value)
        except InvalidConfig as error:
            raise ValueError(str(error)) from None

    @field_validator("reward", mode="before")
    @classmethod
    def _reward_text(cls, value: object) -> object:
        """Accept the text form "accuracy*(latency_ms/75)^soft" beside an object."""
        try:
            return Reward.from_text(value) if isinstance(value, str) else value
        except InvalidConfig as error:
            raise ValueError(str(error)) from None

    @classmethod
    def checked(cls, values: object, *, data: DataLibrary, tables: TableLibrary) -> RunSpecification:
        """The specification, all defaults written out, after everything that can be known to be wrong was looked for.

        Raises InvalidConfig whose fields are paths into the specification ("space.config.width").
        """
        specification = cls.parse(values)
        errors: list[Any] = []
        resolved: dict[str, Choice] = {}
        for place, of in _REGISTRIES.items():
            choice: Choice = getattr(specification, place)
            if choice.name not in of:
                errors += InvalidConfig.at(
                    f"{place}.name", f"there is no {of.noun} {choice.name!r:.60}; there are {', '.join(of)}"
                ).errors
                continue
            try:
                config = of.get(choice.name).Config.parse(choice.config, prefix=f"{place}.config.")
                resolved[place] = Choice(name=choice.name, config=config.as_json())
            except InvalidConfig as error:
                errors += error.errors
        if errors:
            raise InvalidConfig(errors)
        specification = specification.model_copy(update=resolved)
        setup = specification.setup(data=data, tables=tables)
        strategy = specification.strategy_for(setup)
        if specification.reuse and (reason := fresh_because(strategy, setup.estimator, setup.wanted)):
            raise InvalidConfig.at("reuse", f"every result must be measured anew here: {reason}. Leave this off")
        if specification.baseline:
            specification.of_baseline().strategy_for(setup)
        return specification

    @property
    def total_replicas(self) -> int:
        """Replicas of the search, numbered from 0, and behind them those of its baseline, one for each."""
        return self.num_replicas * (2 if self.baseline else 1)

    @property
    def most_evaluations(self) -> int | None:
        """How many evaluations one replica of the search asks for at most; None where only the budget ends it, and for an old
        specification whose strategy is gone or has other settings now."""
        try:
            config = _config(registry.strategies, self.strategy)
            found: int | None = registry.strategies.get(self.strategy.name).most_evaluations(config)
        except (UnknownName, InvalidConfig):
            return None
        return found

    @property
    def own_trials(self) -> int | None:
        """The most trials of one replica of the search; None where a time is the only limit."""
        return min((limit for limit in (self.budget.trials, self.most_evaluations) if limit is not None), default=None)

    @property
    def total_trials(self) -> int | None:
        """The same of all replicas together, those of the baseline included."""
        of_each = [self.own_trials, *([self.budget.trials] if self.baseline else [])]
        known = [trials for trials in of_each if trials is not None]
        return self.num_replicas * sum(known) if len(known) == len(of_each) else None

    def is_baseline(self, replica: int) -> bool:
        return replica >= self.num_replicas

    def of_baseline(self) -> RunSpecification:
        """The same search by plain random search: space, problem, estimator, objectives, constraints, budget stay."""
        kind = registry.strategies.get(BASELINE)
        return self.model_copy(update={"strategy": Choice(name=kind.name, config=kind.Config().as_json())})

    def of_replica(self, replica: int) -> RunSpecification:
        """What that replica carries out: the search, or its baseline."""
        return self.of_baseline() if self.is_baseline(replica) else self

    def setup(self, *, data: DataLibrary, tables: TableLibrary, replica: int = 0) -> SearchSetup:
        """The search this describes. Raises InvalidConfig at the part that is wrong."""
        problem = _made(
            "problem", lambda: registry.problems.get(self.problem.name)(_config(registry.problems, self.problem), data)
        )
        space = _made("space", lambda: registry.spaces.get(self.space.name)(_config(registry.spaces, self.space)))
        estimator = _made(
            "estimator",
            lambda: registry.estimators.get(self.estimator.name)(_config(registry.estimators, self.estimator), tables),
        )
        try:
            return SearchSetup(
                space=space,
                problem=problem,
                estimator=estimator,
                objectives=self.objectives,
                constraints=self.constraints,
                run_seed=self.seed,
                replica=replica,
                reward=self.reward,
                latency=tables,
            )
        except InvalidConfig as error:
            raise InvalidConfig(map(_in_specification, error.errors)) from None

    def strategy_for(self, setup: SearchSetup) -> Strategy:
        """A fresh strategy. Raises InvalidConfig when the space lacks what the strategy needs."""
        kind = registry.strategies.get(self.strategy.name)
        missing = [_in_words(need) for need in kind.requires if not isinstance(setup.space, need)]
        if missing:
            able = [
                space.title for space in map(registry.spaces.get, registry.spaces) if _has_all(space, kind.requires)
            ]
            raise InvalidConfig.at(
                "strategy.name",
                f"{kind.title} needs a space that is {' and '.join(missing)}; {setup.space.title} is not. "
                f"It can search {', '.join(able) or 'none of those there are'}",
            )
        strategy: Strategy = _made("strategy", lambda: kind(_config(registry.strategies, self.strategy), setup))
        return strategy


def _in_words(need: type) -> str:
    name = need.__name__.lower()
    return f"{name} (one network can hold all its architectures)" if need is Shareable else name


def _has_all(space: type, needs: Sequence[type]) -> bool:
    return all(issubclass(space, need) for need in needs)


BASELINE = "random"
"""The strategy that every other must beat."""

_REGISTRIES: dict[str, Registry[Any]] = {
    "problem": registry.problems,
    "space": registry.spaces,
    "strategy": registry.strategies,
    "estimator": registry.estimators,
}


def _config(of: Registry[Any], choice: Choice) -> Any:
    return of.get(choice.name).Config.parse(choice.config)


def _in_specification(error: FieldError) -> FieldError:
    """An estimator names its settings "estimator.batch_size"; here they stand one level further down."""
    place, _, name = error.field.partition(".")
    return FieldError(f"{place}.config.{name}", error.message) if place == "estimator" and name else error


def _within(place: str, field: str) -> str:
    """A setting of that part; a strategy that cannot use the space's settings says "space"."""
    return field if place == "strategy" and field == "space" else f"{place}.config.{field}".rstrip(".")


def _made(place: str, make: Any) -> Any:
    try:
        return make()
    except InvalidConfig as error:
        raise InvalidConfig([type(e)(_within(place, e.field), e.message) for e in error.errors]) from None
    except NasError as error:
        raise InvalidConfig.at(place, str(error)) from None
