"""Once-for-All: one training, then a network for each device without another one. Cai et al. 2020, arXiv 1908.09791."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.core.config import Config as BaseConfig
from nas.core.errors import ConstraintLeavesNothing, InvalidConfig
from nas.core.proposal import Genotype, Proposal
from nas.core.setup import SearchSetup
from nas.core.space import Blueprinted, Elastic, Row
from nas.core.specialising import Specialisation
from nas.core.view import View
from nas.hardware.latency_choice import check_latency, found_latency
from nas.hardware.latency_table import LatencyTable, predict
from nas.hardware.network_pieces import pieces_of
from nas.strategies.once_for_all_config import OnceForAllConfig, Target
from nas.strategies.once_for_all_model import AccuracyModel, Quality
from nas.strategies.once_for_all_views import once_for_all_views
from nas.strategies.path_pool import PathPool
from nas.strategies.shared_score_search import RANDOM, Batch, SharedScoreSearch
from nas.strategies.specialise import Dialling, specialise
from nas.strategies.specialised_for import SpecialisedFor
from nas.supernets.elastic_parts import Open, Parts
from nas.supernets.elastic_tables import DialTable, PriceTable, Settings, counted, timed
from nas.supernets.once_for_all_recipe import OnceForAllRecipe
from nas.supernets.recipe import SupernetRecipe
from nas.surrogates.mlp_ensemble import MlpEnsemble

SPECIALISED = "specialised"

FEWEST_SCORED = 10
"""Networks without which nothing can be learned about accuracy."""

_USUAL_SHARES = (0.25, 0.5, 0.75)


class OnceForAll(SharedScoreSearch):
    """Legs of progressive shrinking; random networks scored with shared weights; a model of accuracy; for each device an evolution
    on that model; the networks found scored with shared weights, and as many as wanted trained from scratch.

    Networks are drawn from what the training opened. `specialised` finds one for another device at any later time.
    """

    name: ClassVar[str] = "once_for_all"
    title: ClassVar[str] = "Once-for-All"
    summary: ClassVar[str] = (
        "Trains one elastic network by progressive shrinking, then specialises it for each device in seconds, without training."
    )
    source: ClassVar[str] = "Cai, Gan, Wang, Zhang, Han 2020, arXiv 1908.09791"
    requires: ClassVar[tuple[type, ...]] = (Elastic, Blueprinted)
    training: ClassVar[str] = "once_for_all"
    Recipe: ClassVar[type[SupernetRecipe]] = OnceForAllRecipe
    Config: ClassVar[type[BaseConfig]] = OnceForAllConfig
    config: OnceForAllConfig

    def __init__(self, config: Any, setup: SearchSetup) -> None:
        """Raises InvalidConfig at the target whose limit the smallest network breaks, or whose latency table lacks an entry."""
        super().__init__(config, setup)
        space: Any = setup.space  # `requires` has both
        self._parts = Parts(space, setup.problem.input_shape, setup.problem.num_classes)
        self._table = DialTable(self._parts)
        self._prices: dict[tuple[str, str | None, Open], PriceTable] = {}
        self._model: AccuracyModel | None = None
        self._quality: Quality | None = None  # of the model, while a state is read
        self.found: list[SpecialisedFor] | None = None  # one for each device, once that was asked
        self.pools = {**self.pools, SPECIALISED: PathPool()}
        for number, target in enumerate(self.config.targets):
            self.check(target, field=f"targets.{number}")

    def _choices(self) -> tuple[Row, ...]:
        space: Any = self.setup.space
        return tuple(
            Row(dial.name, dial.group or "network", tuple(f"{option:g}" for option in dial.options))
            for dial in space.dials()
        )

    def _path(self, genotype: Genotype) -> tuple[int, ...]:
        space: Any = self.setup.space
        setting: tuple[int, ...] = space.setting_of(genotype)
        return setting

    def _genotype(self, path: Any) -> Genotype:
        space: Any = self.setup.space
        genotype: Genotype = space.dialled(path)
        return genotype

    # What is open --------------------------------------------------------------------------------------------------------

    @property
    def _open(self) -> Open:
        """The options that were trained up to now."""
        ends = self.config.phase_ends
        phase = self.config.phases[min(sum(self._epoch > end for end in ends), len(ends) - 1)]
        return phase.open(self._parts.dials)

    @property
    def _dialling(self) -> Dialling:
        return Dialling(self._parts.dials, self._open, self.config.evolution)

    def _random(self, rng: Generator) -> Genotype:
        return self._genotype(self._dialling.drawn(1, rng)[0].tolist())

    def _num_random(self) -> int:
        return self.config.num_scored

    # Specialising --------------------------------------------------------------------------------------------------------

    @property
    def targets(self) -> tuple[Target, ...]:
        if self.config.targets:
            return self.config.targets
        low, high = (self.setup.cost(self._genotype(self._parts.extreme(share))).macs for share in (0.0, 1.0))
        limits = [low ** (1 - share) * high**share for share in _USUAL_SHARES]
        return tuple(Target(cost="macs", limit=float(np.ceil(limit))) for limit in limits)

    @property
    def is_ready(self) -> bool:
        """Whether `specialised` can be asked."""
        return self._model is not None

    def check(self, target: Target, *, field: str = "") -> None:
        """Raises InvalidConfig, below `field`, when the smallest network breaks the limit, or the table is not there or lacks an
        entry."""
        smallest = self._genotype(self._parts.extreme(0.0))
        if target.cost == "latency_ms":
            table = self._device_table(target, field)
            place, problem = _below(field, "latency_table"), self.setup.problem
            shape, num_classes = problem.input_shape, problem.num_classes
            check_latency(table, self.setup.space, shape, num_classes, field=place)
            least = predict(table, pieces_of(self.setup.space, smallest, shape, num_classes))
        else:
            least = self.setup.cost(smallest).as_metrics()[target.cost]
        if least > target.limit:
            has = target.model_copy(update={"limit": float(least)})
            raise InvalidConfig.at(
                _below(field, "limit"), f"the smallest network has {has} already, more than the limit of {target}"
            )

    def specialised(self, target: Target, rng: Generator) -> SpecialisedFor:
        """The best network for a device: in about a second, and without the network itself.

        Raises ConstraintLeavesNothing when nothing keeps to the limit and those of the search; `check` says more before.
        """
        if self._model is None:
            raise ValueError("nothing is known about accuracy yet")
        model, features = self._model, self._table.features
        found = specialise(
            self._dialling,
            self.config.evolution,
            predict=lambda settings: model.predict(features(settings)),
            price=self._price_table(target),
            limit=target.limit,
            allowed=self._allowed,
            rng=rng,
        )
        return SpecialisedFor(target, found)

    def specialise_for(self, target: Mapping[str, Any], rng: Generator) -> Specialisation:
        wanted = Target.parse(target)
        if not self.is_ready:
            raise InvalidConfig.at(
                "", "the search has not learned yet how accurate its networks are; wait for its scores"
            )
        self.check(wanted)
        found = self.specialised(wanted, rng).found
        assert found is not None  # it raises where there is none
        genotype = self._genotype(found.setting)
        return Specialisation(genotype, found.predicted, wanted.cost, found.price, wanted.limit)

    def _allowed(self, settings: Settings) -> npt.NDArray[np.bool_]:
        if not self.setup.constraints and not self.setup.forbidden and not self._failures:
            return np.ones(len(settings), dtype=bool)
        return np.array([self._may_be_proposed(setting) for setting in settings.tolist()], dtype=bool)

    def _price_table(self, target: Target) -> PriceTable:
        options = self._open
        key = (target.cost, target.latency_table or "", options)
        if key not in self._prices:
            if target.cost == "latency_ms":
                table = self._device_table(target, "")
                made = PriceTable(self._parts, self._table, options, timed(table), table.calibration)
            else:
                made = PriceTable(self._parts, self._table, options, counted(target.cost))
            self._prices[key] = made
        return self._prices[key]

    def _device_table(self, target: Target, field: str) -> LatencyTable:
        return found_latency(target.latency_table or "", self.setup.latency, field=_below(field, "latency_table"))

    # The course ----------------------------------------------------------------------------------------------------------

    def _next_paths(self, rng: Generator) -> tuple[str, Batch, int | None] | None:
        if (random := super()._next_paths(rng)) is not None or self._num_out(RANDOM):
            return random
        if self.found is None:
            self._specialise(rng)
        waiting = self._unscored()
        return (SPECIALISED, waiting, None) if waiting else None

    def _propose_search(self, proposal_id: int, rng: Generator) -> Proposal | None:
        proposal = super()._propose_search(proposal_id, rng)
        if proposal is None or proposal.operator != SPECIALISED:
            return proposal
        form = self.setup.space.canonical(proposal.payload["genotypes"][0])
        target = next(each.target for each in self.found or () if self._form_of(each) == form)
        return replace(proposal, operator=f"{SPECIALISED}:{target}", meta={**proposal.meta, "target": target.as_json()})

    def _search_is_over(self) -> bool:
        if not super()._search_is_over():
            return False
        return bool(self._broken_search) or (
            self.found is not None and not self._unscored() and not self._num_out(SPECIALISED)
        )

    def _specialise(self, rng: Generator) -> None:
        """Learn from what was scored, then find a network for each device; without enough scores there is none."""
        scored = list(self.pools[RANDOM].scored())
        self.found = []
        if len(scored) < FEWEST_SCORED:
            return
        features = self._table.features(np.array([one.path for one in scored]))
        accuracies = np.array([one.accuracy for one in scored])
        self._model = AccuracyModel.taught(features, accuracies, self.config.predictor, rng)
        for target in self.targets:
            try:
                self.found.append(self.specialised(target, rng))
            except ConstraintLeavesNothing as error:
                self.found.append(SpecialisedFor(target, None, str(error)))

    def _unscored(self) -> Batch:
        """The first of the networks found that was not asked to be scored yet: each is a job of its own."""
        for each in self.found or ():
            form = self._form_of(each)
            if form is not None and each.found is not None and form not in self.pools[SPECIALISED]:
                return {form: each.found.setting}
        return {}

    def _form_of(self, each: SpecialisedFor) -> str | None:
        return None if each.found is None else self._form(each.found.setting)

    def _finalists(self, rng: Generator) -> list[Genotype]:
        """One for each device, in their order; where none was found the best of all that were scored."""
        forms = {
            self._form(each.found.setting): each.found.setting
            for each in self.found or ()
            if each.found is not None and self._may_be_proposed(each.found.setting)
        }
        if not forms:
            return super()._finalists(rng)
        return [self._genotype(setting) for setting in list(forms.values())[: self.config.num_trained]]

    # What it shows and remembers -----------------------------------------------------------------------------------------

    def views(self) -> list[View]:
        return [
            *once_for_all_views(
                self.history,
                None if self._model is None else self._model.quality,
                self.found or (),
                lambda each: self.scores.of(self._form_of(each) or ""),
                self._text,
            ),
            # Its random networks teach the model; no search goes on among them.
            *(view for view in super().views() if view.name != "shared_search"),
        ]

    def _text(self, each: SpecialisedFor) -> str:
        """What the dials with a choice stand at, blocks that are left out aside."""
        if each.found is None:
            return ""
        setting, dials = each.found.setting, self._parts.dials
        live = self._table.live(np.array([setting]))[0]
        return ", ".join(
            f"{dial.name} {dial.options[option]:g}"
            for dial, option, is_live in zip(dials, setting, live, strict=True)
            if is_live and len(dial.options) > 1
        )

    def _save(self) -> Mapping[str, Any]:
        return {
            **super()._save(),
            "found": None if self.found is None else [each.as_json() for each in self.found],
            "quality": None if self._model is None else self._model.quality.as_json(),
        }

    def _load(self, data: Mapping[str, Any]) -> None:
        super()._load(data)
        self.found = None if data["found"] is None else [SpecialisedFor.from_json(each) for each in data["found"]]
        self._quality = None if data["quality"] is None else Quality.from_json(data["quality"])

    def _save_tensors(self) -> Mapping[str, npt.NDArray[Any]]:
        return {} if self._model is None else {"model": self._model.ensemble.flat}

    def _load_tensors(self, tensors: Mapping[str, npt.NDArray[Any]]) -> None:
        self._model = None
        if self._quality is not None:
            ensemble = MlpEnsemble.stored(tensors["model"], self._table.num_axes, self.config.predictor)
            self._model = AccuracyModel(ensemble, self._quality)


def _below(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name
