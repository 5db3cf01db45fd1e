"""What Optuna knows of a search: an in-memory study that is a function of our own record, warm while the process lives.

Optuna's samplers and pruners read a study and draw from a generator of their own. Here the record of trials is ours, the
study is made from it, and every proposal gets a new sampler, seeded by the proposal's own generator: so a study that was
rebuilt from the record proposes what the warm one would have proposed. Akiba et al. 2019, arXiv 1907.10902.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from numpy.random import Generator

from nas.core.metric import Direction
from nas.core.parameter import Parameter, Value
from nas.core.proposal import Genotype
from nas.core.randomness import STRATEGY_STREAM, generator_for
from nas.core.setup import SearchSetup
from nas.strategies.hpo_config import HpoConfig
from nas.strategies.named_choices import NamedChoices
from nas.strategies.optuna_distribution import distribution_of, from_optuna, to_optuna
from nas.strategies.rung_entries import Entry, best_first

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution

_NAME = "study"
_SHARED_DRAW = "tpe:relative_params"
"""What TPE notes on a running trial for its constant liar; of no use once the trial is over."""

_CONSTRAINTS = "constraints:"

MODEL_DRAWS = 20
"""Draws of the sampler that may break a constraint before the space itself is drawn from; TPE makes its densities for each."""

State = Literal["running", "complete", "pruned", "failed"]


@dataclass(slots=True)
class StudyTrial:
    """One trial as the record has it. `params`: name → Optuna's internal number, by name; `id`: its first proposal."""

    id: int
    params: dict[str, float]
    state: State = "running"
    metrics: dict[str, float] = field(default_factory=dict)  # all: a constraint on any of them may come later
    steps: list[tuple[int, float]] = field(default_factory=list)  # epochs → first objective
    attributes: dict[str, Any] = field(default_factory=dict)  # what samplers and pruners noted on it

    def as_json(self, names: Sequence[str]) -> dict[str, Any]:
        """Its fields, the parameters in the order of `names`. Called for every trial after every advance of a run."""
        return {
            "id": self.id,
            "params": [self.params.get(name) for name in names],
            "state": self.state,
            "metrics": dict(self.metrics),
            "steps": list(self.steps),
            "attributes": dict(self.attributes),
        }


class OptunaStudy:
    def __init__(self, config: HpoConfig, setup: SearchSetup, choices: NamedChoices) -> None:
        self._config = config
        self._setup = setup
        self._choices = choices
        self.trials: list[StudyTrial] = []  # a trial's place is its number in the study
        self._attributes: dict[str, Any] = {}  # what samplers noted on the study
        self._distributions: dict[str, BaseDistribution] = {}  # by name, each made once
        self._warm: tuple[optuna.storages.InMemoryStorage, optuna.Study] | None = None

    # --- the search ------------------------------------------------------------------------------------------------

    def propose(self, number: int, rng: Generator, feasible: Callable[[Callable[[], Genotype]], Genotype]) -> Genotype:
        """The sampler's next wish, a running trial from now on. `feasible` draws until it may be proposed."""
        import optuna

        storage, _ = self._study()
        sampler = self._sampler(rng)
        study = optuna.load_study(study_name=_NAME, storage=storage, sampler=sampler)
        place = storage.create_new_trial(storage.get_study_id_from_name(_NAME))
        trial = storage.get_trial(place)
        sampler.before_trial(study, trial)
        params: dict[str, float] = {}  # what the latest draw consists of
        tried = 0

        def draw() -> Genotype:
            nonlocal params, tried
            while tried < MODEL_DRAWS:
                tried += 1
                genotype, values = self._drawn(study, sampler, trial)
                if genotype is not None:
                    params = self._internal(values)
                    return genotype
            genotype = self._setup.sample(rng)
            params = self._internal(self._choices.values_of(genotype))
            return genotype

        try:
            genotype = feasible(draw)
        except BaseException:
            self._warm = None  # the trial that was begun is no part of the record
            raise
        for name, value in params.items():
            storage.set_trial_param(place, name, value, self._distribution(name))
        self.trials.append(StudyTrial(number, params))
        self._read_back(place)
        return genotype

    def _drawn(
        self, study: optuna.Study, sampler: optuna.samplers.BaseSampler, trial: optuna.trial.FrozenTrial
    ) -> tuple[Genotype | None, dict[str, Value]]:
        """One draw of the sampler: parameters it draws together, the others one by one as they come up."""
        together = sampler.sample_relative(study, trial, self._drawn_together(study, sampler, trial))
        chosen: dict[str, Value] = {}

        def choose(parameter: Parameter) -> Value:
            name = parameter.name
            if name not in together:
                together[name] = sampler.sample_independent(study, trial, name, self._distribution(name))
            chosen[name] = from_optuna(parameter, together[name])
            return chosen[name]

        return self._choices.decide(choose), chosen

    def _drawn_together(
        self, study: optuna.Study, sampler: optuna.samplers.BaseSampler, trial: optuna.trial.FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """What `sampler.infer_relative_search_space` answers, without comparing every distribution of every trial.

        A parameter's name stands for one distribution here, so names are enough where it is the intersection over trials.
        """
        counted = {"tpe": {"complete", "pruned"}, "nsga2": {"complete"}}.get(self._config.sampler)
        if counted is None or (self._config.sampler == "tpe" and self._is_grouped):
            return sampler.infer_relative_search_space(study, trial)
        if self._config.sampler == "tpe" and len(self._setup.objectives) > 1:
            return {}  # each parameter on its own
        found = [one.params.keys() for one in self.trials if one.state in counted]
        names = set(found[0]).intersection(*found[1:]) if found else set()
        space = {name: self._distribution(name) for name in sorted(names)}
        return {name: distribution for name, distribution in space.items() if not distribution.single()}

    @property
    def _is_grouped(self) -> bool:
        """TPE models parameters together that exist together."""
        return self._choices.has_conditions

    def _distribution(self, name: str) -> BaseDistribution:
        if name not in self._distributions:
            self._distributions[name] = distribution_of(self._choices.parameter(name))
        return self._distributions[name]

    def _internal(self, values: Mapping[str, Value]) -> dict[str, float]:
        """Optuna's numbers, always in the order of names: samplers number their axes in the order they find."""
        params: dict[str, float] = {}
        for name in sorted(values):
            parameter = self._choices.parameter(name)
            params[name] = float(self._distribution(name).to_internal_repr(to_optuna(parameter, values[name])))
        return params

    def report(self, number: int, step: int, value: float) -> bool:
        """The first objective after so many epochs; True when the pruner stops the trial there."""
        import optuna

        place = self._place(number)
        _, study = self._study()
        self.trials[place].steps.append((step, value))
        trial = optuna.trial.Trial(study, place)
        trial.report(value, step)
        stops = bool(trial.should_prune())
        self._read_back(place)
        return stops

    def finish(self, number: int, state: State, metrics: Mapping[str, float]) -> None:
        """The end of a running trial. `metrics` are what was measured last, {} for one that failed."""
        import optuna

        place = self._place(number)
        _, study = self._study()
        ended = self.trials[place]
        ended.state, ended.metrics = state, dict(sorted(metrics.items()))
        trial = optuna.trial.Trial(study, place)
        for name, excess in self._excesses(ended).items():
            trial.set_constraint(name, excess)
        values = self._values(ended) if state == "complete" else None
        study.tell(trial, values, state=_state(state))
        self._read_back(place)
        self._forget()

    def add(self, number: int, genotype: Genotype, metrics: Mapping[str, float]) -> None:
        """A whole trial that no sampler proposed."""
        params = self._internal(self._choices.values_of(genotype))
        self.trials.append(StudyTrial(number, params, "complete", dict(sorted(metrics.items()))))
        if self._warm is not None:
            self._warm[1].add_trial(self._frozen(self.trials[-1]))
        self._forget()

    def change(self, setup: SearchSetup) -> None:
        """Other constraints hold from now on."""
        self._setup = setup
        self._warm = None

    def values(self, trial: StudyTrial) -> dict[str, Value]:
        """Its parameters for people."""
        values: dict[str, Value] = {}
        for name, value in trial.params.items():
            parameter = self._choices.parameter(name)
            values[name] = from_optuna(parameter, self._distribution(name).to_external_repr(value))
        return self._choices.in_words(values)

    def scales(self) -> dict[str, str]:
        """By name for people: "logarithmic", "linear" or "options"."""
        found: dict[str, str] = {}
        for trial in self.trials:
            for name in trial.params:
                parameter = self._choices.parameter(name)
                scale = "logarithmic" if parameter.log else "linear"
                found[self._choices.title(name)] = "options" if parameter.kind == "categorical" else scale
        return dict(sorted(found.items()))

    # --- the record ------------------------------------------------------------------------------------------------

    def as_json(self) -> dict[str, Any]:
        names = sorted({name for trial in self.trials for name in trial.params})
        return {
            "names": names,
            "trials": [trial.as_json(names) for trial in self.trials],
            "attributes": dict(self._attributes),
        }

    def load(self, data: Mapping[str, Any], setup: SearchSetup) -> None:
        names = [str(name) for name in data["names"]]
        self._setup = setup
        self._warm = None
        self._attributes = dict(data["attributes"])
        self.trials = [
            StudyTrial(
                **{
                    **trial,
                    "params": {n: float(v) for n, v in zip(names, trial["params"], strict=True) if v is not None},
                    "steps": [(int(step), float(value)) for step, value in trial["steps"]],
                }
            )
            for trial in data["trials"]
        ]

    def _place(self, number: int) -> int:
        return next(place for place, trial in enumerate(self.trials) if trial.id == number)

    def _values(self, trial: StudyTrial) -> list[float]:
        return [trial.metrics[objective.metric] for objective in self._setup.objectives]

    def _excesses(self, trial: StudyTrial) -> dict[str, float]:
        """By constraint how far the trial is beyond it; up to 0 where it is met. Optuna adds up those that are broken."""
        return {str(c): c.excess(trial.metrics[c.metric]) for c in self._setup.constraints if c.metric in trial.metrics}

    def _read_back(self, place: int) -> None:
        """What samplers and pruners noted since, into the record."""
        storage, _ = self._study()
        trial = self.trials[place]
        is_over = trial.state != "running"
        trial.attributes = {
            name: value
            for name, value in sorted(storage.get_trial(place).system_attrs.items())
            if not name.startswith(_CONSTRAINTS) and not (is_over and name.startswith(_SHARED_DRAW))
        }
        noted = storage.get_study_system_attrs(storage.get_study_id_from_name(_NAME))
        self._attributes = _latest(noted)

    def _forget(self) -> None:
        """Keep `remembered` trials when a quarter more than that are there: those that run, the best quarter, the latest."""
        limit = self._config.remembered
        if len(self.trials) <= limit + limit // 4:
            return
        whole = [
            Entry(place, 0, 0, None, trial.metrics)
            for place, trial in enumerate(self.trials)
            if trial.state == "complete"
        ]
        kept = {place for place, trial in enumerate(self.trials) if trial.state == "running"}
        kept |= {entry.id for entry in best_first(whole, self._setup)[: limit // 4]}
        for place in reversed(range(len(self.trials))):
            if len(kept) >= limit:
                break
            kept.add(place)
        numbers = {old: new for new, old in enumerate(sorted(kept))}
        self.trials = [self.trials[place] for place in numbers]
        for name, value in self._attributes.items():
            if isinstance(value, list):  # numbers of NSGA-II's parents
                self._attributes[name] = [numbers[old] for old in value if old in numbers]
        self._warm = None

    # --- Optuna's side ---------------------------------------------------------------------------------------------

    def _study(self) -> tuple[optuna.storages.InMemoryStorage, optuna.Study]:
        """The warm study, made from the record when there is none."""
        if self._warm is None:
            import optuna

            optuna.logging.set_verbosity(optuna.logging.ERROR)  # what it has to say is for people at a console
            storage = optuna.storages.InMemoryStorage()
            study = optuna.create_study(
                storage=storage,
                study_name=_NAME,
                sampler=optuna.samplers.RandomSampler(seed=0),  # never asked: it keeps trials that end from drawing
                pruner=self._pruner(),
                directions=[
                    "maximize" if objective.direction is Direction.MAXIMISE else "minimize"
                    for objective in self._setup.objectives
                ],
            )
            for trial in self.trials:
                study.add_trial(self._frozen(trial))
            for name, value in self._attributes.items():
                storage.set_study_system_attr(storage.get_study_id_from_name(_NAME), name, value)
            self._warm = storage, study
        return self._warm

    def _frozen(self, trial: StudyTrial) -> optuna.trial.FrozenTrial:
        import optuna

        distributions = {name: self._distribution(name) for name in trial.params}
        values = None
        if trial.state == "complete":
            values = self._values(trial)
        elif trial.state == "pruned" and trial.steps:
            values = [trial.steps[-1][1]]
        return optuna.trial.create_trial(
            state=_state(trial.state),
            params={name: distributions[name].to_external_repr(value) for name, value in trial.params.items()},
            distributions=distributions,
            values=values,
            intermediate_values=dict(trial.steps),
            system_attrs=dict(trial.attributes),
            constraints=self._excesses(trial),
        )

    def _sampler(self, rng: Generator) -> optuna.samplers.BaseSampler:
        import optuna

        config, samplers = self._config, optuna.samplers
        seed = int(rng.integers(2**32))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            match config.sampler:
                case "tpe":
                    return samplers.TPESampler(
                        seed=seed,
                        n_startup_trials=config.num_startup,
                        n_ei_candidates=config.num_candidates,
                        group=self._is_grouped,
                        multivariate=True if self._is_grouped else None,
                    )
                case "nsga2":
                    return samplers.NSGAIISampler(seed=seed, population_size=config.population_size)
                case "qmc":  # one sequence for the whole replica
                    whole = generator_for(self._setup.run_seed, self._setup.replica, STRATEGY_STREAM)
                    return samplers.QMCSampler(
                        seed=int(whole.integers(2**31)), scramble=True, warn_independent_sampling=False
                    )
                case "random":
                    return samplers.RandomSampler(seed=seed)

    def _pruner(self) -> optuna.pruners.BasePruner:
        import optuna

        config, pruners = self._config, optuna.pruners
        match config.pruner:
            case "none":
                return pruners.NopPruner()
            case "median":
                return pruners.MedianPruner(config.num_unpruned, config.warmup_epochs)
            case "percentile":
                return pruners.PercentilePruner(config.percentile, config.num_unpruned, config.warmup_epochs)
            case "successive_halving":
                return pruners.SuccessiveHalvingPruner(
                    min_resource=max(config.check_every, config.warmup_epochs), reduction_factor=config.reduction_factor
                )


def _latest(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Without the parents of all but NSGA-II's latest two generations, the only ones that are looked at."""
    generations = [name for name, value in attributes.items() if isinstance(value, list)]
    generations.sort(key=lambda name: int(name.rpartition(":")[2]))
    return {name: attributes[name] for name in sorted(attributes) if name not in generations[:-2]}


def _state(state: State) -> optuna.trial.TrialState:
    from optuna.trial import TrialState as states  # noqa: N813

    return {"running": states.RUNNING, "complete": states.COMPLETE, "pruned": states.PRUNED, "failed": states.FAIL}[
        state
    ]
