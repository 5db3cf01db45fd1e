"""Everything the product can search with, by name. One line each; nothing else to edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.core.estimator import Estimator
from nas.core.job import JobKind
from nas.core.problem import Problem
from nas.core.registry import Registry
from nas.core.space import Space
from nas.core.strategy import Strategy
from nas.core.study import Study
from nas.islands.island import Island

if TYPE_CHECKING:
    from nas.supernets.training import SupernetTraining  # imports torch, which the web process does without

spaces: Registry[Space] = Registry(
    "space",
    [
        ("nasbench201", "nas.spaces.nasbench201:NasBench201"),
        ("layerwise", "nas.spaces.layerwise:Layerwise"),
        ("enas_macro", "nas.spaces.enas_macro:EnasMacro"),
        ("darts", "nas.spaces.darts:Darts"),
        ("anynet", "nas.spaces.anynet:AnyNet"),
        ("regnet", "nas.spaces.regnet:RegNet"),
        ("random_wiring", "nas.spaces.random_wiring:RandomWiring"),
        ("connections", "nas.spaces.connections:Connections"),
        ("mobile", "nas.spaces.mobile:Mobile"),
        ("mnasnet", "nas.spaces.mnasnet:MnasNet"),
        ("efficientnet", "nas.spaces.efficientnet:EfficientNet"),
        ("nasnet", "nas.spaces.nasnet:NasNet"),
        ("amoebanet", "nas.spaces.amoebanet:AmoebaNet"),
        ("pnas", "nas.spaces.pnas:Pnas"),
        ("enas_micro", "nas.spaces.enas_micro:EnasMicro"),
        ("hyperparameters", "nas.spaces.hyperparameters:Hyperparameters"),
        ("automl_zero", "nas.spaces.automl_zero:AutoMLZero"),
        ("wann", "nas.spaces.wann:Wann"),
    ],
)

problems: Registry[Problem] = Registry(
    "problem",
    [
        ("image_classification", "nas.problems.image_classification:ImageClassification"),
        ("novelty_detection", "nas.problems.novelty_detection:NoveltyDetection"),
        ("cartpole_swingup", "nas.problems.cartpole_swingup:CartPoleSwingUp"),
        ("gym_control", "nas.problems.gym_control:GymControl"),
        ("program_tasks", "nas.problems.program_tasks:ProgramTasks"),
    ],
)

strategies: Registry[Strategy] = Registry(
    "strategy",
    [
        ("random", "nas.strategies.random:RandomSearch"),
        ("grid", "nas.strategies.grid:Grid"),
        ("aging_evolution", "nas.strategies.aging_evolution:AgingEvolution"),
        ("bayesian", "nas.strategies.bayesian:Bayesian"),
        ("tournament", "nas.strategies.tournament:Tournament"),
        ("genetic", "nas.strategies.genetic:Genetic"),
        ("nsga2", "nas.strategies.nsga2:Nsga2"),
        ("local_search", "nas.strategies.local_search:LocalSearch"),
        ("hyperband", "nas.strategies.hyperband:Hyperband"),
        ("asha", "nas.strategies.asha:Asha"),
        ("bohb", "nas.strategies.bohb:Bohb"),
        ("median_stopping", "nas.strategies.median_stopping:MedianStopping"),
        ("hpo", "nas.strategies.hpo:Hpo"),
        ("hurdles", "nas.strategies.hurdles:Hurdles"),
        ("reinforce", "nas.strategies.reinforce:Reinforce"),
        ("ppo", "nas.strategies.ppo:Ppo"),
        ("progressive", "nas.strategies.progressive:Progressive"),
        ("darts", "nas.strategies.darts:DartsSearch"),
        ("one_shot", "nas.strategies.one_shot:OneShot"),
        ("spos", "nas.strategies.spos:Spos"),
        ("once_for_all", "nas.strategies.once_for_all:OnceForAll"),
        ("proxyless", "nas.strategies.proxyless:Proxyless"),
        ("enas", "nas.strategies.enas:Enas"),
        ("wann", "nas.strategies.wann:WannSearch"),
        ("connection_search", "nas.strategies.connection_search:ConnectionSearch"),
        ("automl_zero", "nas.strategies.automl_zero:AutoMLZeroSearch"),
    ],
)

estimators: Registry[Estimator] = Registry(
    "estimator",
    [
        ("train", "nas.estimators.train:Train"),
        ("table", "nas.estimators.table:Table"),
        ("warm_start", "nas.estimators.warm_start:WarmStart"),
        ("inherit", "nas.estimators.inherit:Inherit"),
        ("program_fitness", "nas.estimators.program_fitness:ProgramFitness"),
        ("shared_weight", "nas.estimators.shared_weight:SharedWeight"),
    ],
)

job_kinds: Registry[JobKind] = Registry(
    "job kind",
    [
        ("evaluate", "nas.jobs.evaluate:Evaluate"),
        ("report", "nas.jobs.report:Report"),
        ("train_supernet", "nas.jobs.train_supernet:TrainSupernet"),
        ("score_shared", "nas.jobs.score_shared:ScoreShared"),
        ("evolve", "nas.jobs.evolve:Evolve"),
    ],
)

supernet_trainings: Registry[SupernetTraining] = Registry(
    "training of a supernet",
    [
        ("single_path", "nas.supernets.single_path:SinglePathTraining"),
        ("one_shot", "nas.supernets.one_shot:OneShotTraining"),
        ("once_for_all", "nas.supernets.once_for_all:OnceForAllTraining"),
        ("enas", "nas.supernets.enas:EnasTraining"),
        ("proxyless", "nas.supernets.proxyless:ProxylessTraining"),
        ("darts", "nas.supernets.darts:DartsTraining"),
    ],
)

islands: Registry[Island] = Registry(
    "island",
    [
        ("wann", "nas.wann.island:WannIsland"),
        ("connections", "nas.connections.island:ConnectionIsland"),
        ("automl_zero", "nas.automl_zero.island:ProgramIsland"),
    ],
)

studies: Registry[Study] = Registry(
    "study",
    [
        ("wann_experiments", "nas.studies.wann_experiments:WannExperiments"),
        ("robustness", "nas.studies.robustness:Robustness"),
        ("program_analysis", "nas.studies.program_analysis:ProgramAnalysis"),
    ],
)
