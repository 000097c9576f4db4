"""One ask-and-tell interface for all samplers: ours (through StudyState, as an executor does), Optuna's and Rustuna's.

Nothing else is measured: no database, no network, no objective.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import subprocess
import time
import warnings
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from raytune_lite import samplers
from raytune_lite.core import messages as m
from raytune_lite.core.protocols import Sampler
from raytune_lite.core.state import StudyState
from raytune_lite.distributions import CategoricalDistribution, Distribution, FloatDistribution
from raytune_lite.pruners import NopPruner
from raytune_lite.trial import StudyDirection, TrialState

Space = Mapping[str, Distribution]
Params = dict[str, Any]
Value = float | Sequence[float] | None  # of one objective or several; None: the trial failed
Suggest = Callable[[str, Distribution], Any]
Define = Callable[[Suggest], Params]  # asks for the parameters of one trial
CONSTRAINTS = "constraints:"  # of system attributes


class Study(Protocol):
    """One study that minimises over a space of parameters, all of which a trial has, if it does not define others."""

    def add(self, params: Params, value: Value, constraints: Sequence[float] = ()) -> None:
        """Add a finished trial that was not asked for."""

    def ask(self, define: Define | None = None) -> tuple[int, Params]:
        """The next trial: its number, and its parameters: all of the space, or what ``define`` asks for."""

    def tell(self, number: int, value: Value, constraints: Sequence[float] = ()) -> None:
        """The trial has ended."""


def _values(value: Value) -> tuple[float, ...] | None:
    return tuple(value) if isinstance(value, Sequence) else None if value is None else (value,)


def _alone(value: Value, constraints: Sequence[float]) -> float:
    """The value, for a sampler that knows one objective, no constraints and no failure."""
    assert not constraints
    (alone,) = _values(value) or ()
    return alone


def _named(constraints: Sequence[float]) -> dict[str, float]:
    return {f"c{i}": value for i, value in enumerate(constraints)}


class OurStudy:
    """A sampler of this package behind StudyState: it gets the same views as from an executor."""

    clock = staticmethod(time.perf_counter)

    def __init__(self, sampler: Sampler, space: Space, n_objectives: int = 1) -> None:
        self.sampler, self.space = sampler, space
        self.in_sampler = 0.0  # seconds of the last ask that were the sampler's; the rest is the executor's
        directions = (StudyDirection.MINIMIZE,) * n_objectives
        self.state = StudyState(directions, lambda _: NopPruner(), lambda _: sampler.grid)
        self._slots = itertools.count()
        self._used: dict[int, tuple[m.ParamValue, ...]] = {}
        spec = json.dumps(sampler.spec())
        self._handle(m.RunStarted, run="benchmark", pruner=json.dumps(NopPruner().spec()), sampler=spec)

    def _handle(self, kind: Callable[..., m.Event], **fields: Any) -> m.Command | None:
        commands = self.state.handle(kind(**fields), 0.0).commands
        return commands[-1] if commands else None

    def _params(self, values: Mapping[str, float], space: Space) -> tuple[m.ParamValue, ...]:
        return tuple(m.ParamValue(name=name, value=v, distribution=space[name]) for name, v in values.items())

    def add(self, params: Params, value: Value, constraints: Sequence[float] = ()) -> None:
        """See Study."""
        internal = {name: dist.to_internal_repr(params[name]) for name, dist in self.space.items() if name in params}
        state = TrialState.FAIL if value is None else TrialState.COMPLETE
        attrs = tuple((CONSTRAINTS + key, json.dumps(c)) for key, c in _named(constraints).items())
        fields = {"values": _values(value), "params": self._params(internal, self.space), "system_attrs": attrs}
        self._handle(m.TrialAdded, number=None, state=int(state), **fields)

    def ask(self, define: Define | None = None) -> tuple[int, Params]:
        """See Study."""
        told = self._handle(m.Claimed, slot=f"slot {next(self._slots)}")
        self.in_sampler = 0.0
        if isinstance(told, m.Suggest):
            view = self.state.view()
            start = self.clock()
            space = self.sampler.search_space(view, self.state.space)
            values = self.sampler.sample_relative(view, told.number, space) if space else {}
            self.in_sampler = self.clock() - start
            told = self._handle(m.Suggested, number=told.number, params=self._params(values, space))
        assert isinstance(told, m.Answer)
        assignment = told.value
        ahead = {param.name: param for param in assignment.suggested}
        fixed = {name: json.loads(text) for name, text in assignment.fixed}
        used: dict[str, m.ParamValue] = {}

        def suggest(name: str, dist: Distribution) -> Any:
            if name in fixed:
                used[name] = m.ParamValue(name=name, value=dist.to_internal_repr(fixed[name]), distribution=dist)
            elif name in ahead and dist.contains(ahead[name].value):
                used[name] = m.ParamValue(name=name, value=ahead[name].value, distribution=dist)
            else:
                used[name] = self._one(assignment.number, name, dist)
            return dist.to_external_repr(used[name].value)

        params = define(suggest) if define else {name: suggest(name, dist) for name, dist in self.space.items()}
        self._used[assignment.number] = tuple(used.values())
        return assignment.number, params

    def _one(self, number: int, name: str, dist: Distribution) -> m.ParamValue:
        start = self.clock()
        value = self.sampler.sample_independent(self.state.view(), number, name, dist)
        self.in_sampler += self.clock() - start
        param = m.ParamValue(name=name, value=value, distribution=dist)
        self._handle(m.ParamSet, number=number, attempt=1, param=param)
        return param

    def tell(self, number: int, value: Value, constraints: Sequence[float] = ()) -> None:
        """See Study."""
        progress = m.Progress(params=self._used.pop(number), constraints=tuple(_named(constraints).items()))
        if value is None:
            failure = m.Failure(error="RuntimeError: it fails here")
            fields = {"outcome": m.Outcome.FAIL, "progress": progress, "failure": failure}
        else:
            fields = {"outcome": m.Outcome.COMPLETE, "progress": progress, "values": _values(value)}
        self._handle(m.AttemptEnded, number=number, attempt=1, **fields)


class OptunaStudy:
    """An Optuna sampler on Optuna's storage in memory, its fastest."""

    def __init__(self, sampler: Any, space: Space, n_objectives: int = 1) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._space = {name: optuna_distribution(dist) for name, dist in space.items()}
        self._study = optuna.create_study(sampler=sampler, directions=["minimize"] * n_objectives)
        self._create_trial, self._states = optuna.trial.create_trial, optuna.trial.TrialState
        self._asked: dict[int, Any] = {}

    def add(self, params: Params, value: Value, constraints: Sequence[float] = ()) -> None:
        """See Study."""
        dists = {name: self._space[name] for name in params}
        state = self._states.FAIL if value is None else self._states.COMPLETE
        more = {"values": _values(value), "constraints": _named(constraints)}
        self._study.add_trial(self._create_trial(state=state, params=params, distributions=dists, **more))

    def ask(self, define: Define | None = None) -> tuple[int, Params]:
        """See Study."""
        trial = self._study.ask(None if define else self._space)
        self._asked[trial.number] = trial
        if not define:
            return trial.number, trial.params
        return trial.number, define(lambda name, dist: suggested(trial, name, dist))

    def tell(self, number: int, value: Value, constraints: Sequence[float] = ()) -> None:
        """See Study."""
        trial = self._asked.pop(number)
        for key, constraint in _named(constraints).items():
            trial.set_constraint(key, constraint)
        if value is None:
            self._study.tell(trial, state=self._states.FAIL)
        else:
            self._study.tell(trial, list(_values(value) or ()))


def suggested(trial: Any, name: str, dist: Distribution) -> Any:
    """What a trial of Optuna's, or of a library with its names, suggests for one parameter."""
    if isinstance(dist, CategoricalDistribution):
        return trial.suggest_categorical(name, list(dist.choices))
    kind = trial.suggest_float if isinstance(dist, FloatDistribution) else trial.suggest_int
    return kind(name, dist.low, dist.high, step=dist.step, log=dist.log)


class RustunaStudy:
    """A Rustuna sampler on its own storage in memory."""

    def __init__(self, sampler: Any, space: Space) -> None:
        import rustuna

        self._space = space
        self._dists = {name: optuna_distribution(dist, rustuna.distributions) for name, dist in space.items()}
        self._study, self._create_trial = rustuna.create_study(sampler=sampler), rustuna.create_trial
        self._complete = rustuna.trial.TrialState.COMPLETE

    def add(self, params: Params, value: Value, constraints: Sequence[float] = ()) -> None:
        """See Study; nothing but a value."""
        alone = _alone(value, constraints)
        trial = self._create_trial(state=self._complete, params=params, distributions=self._dists, value=alone)
        self._study.add_trial(trial)

    def ask(self, define: Define | None = None) -> tuple[int, Params]:
        """See Study; all of the space."""
        assert define is None
        trial = self._study.ask()
        return trial.number, {name: suggested(trial, name, dist) for name, dist in self._space.items()}

    def tell(self, number: int, value: Value, constraints: Sequence[float] = ()) -> None:
        """See Study; nothing but a value."""
        self._study.tell(number, _alone(value, constraints))


class PeerStudy:
    """HEBO, SMAC3 or Ax in the Python that the environment variable PEERS_PYTHON names; see ``_peers``."""

    def __init__(self, kind: str, seed: int, space: Space) -> None:
        self._space = space
        self._asked: dict[int, Params] = {}
        self._number = 0
        python = os.environ.get("PEERS_PYTHON", "")
        if not python:
            raise ImportError("PEERS_PYTHON does not name a Python that has it")
        command = [python, str(Path(__file__).with_name("_peers.py"))]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
        weakref.finalize(self, self._process.kill)
        described = {name: _described(dist) for name, dist in space.items()}
        self._call(do="open", kind=kind, seed=seed, space=described)

    def _call(self, **command: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline() or '{"error": "its process died"}')
        if "error" in answer:
            kind = ImportError if answer["error"].startswith(("ImportError", "ModuleNotFoundError")) else RuntimeError
            raise kind(answer["error"])
        return answer

    def add(self, params: Params, value: Value, constraints: Sequence[float] = ()) -> None:
        """See Study; nothing but a value."""
        self._number += 1
        self._call(do="tell", params=params, value=_alone(value, constraints))

    def ask(self, define: Define | None = None) -> tuple[int, Params]:
        """See Study; all of the space."""
        assert define is None
        self._number += 1
        self._asked[self._number] = self._call(do="ask")["params"]
        return self._number, self._asked[self._number]

    def tell(self, number: int, value: Value, constraints: Sequence[float] = ()) -> None:
        """See Study; nothing but a value."""
        self._call(do="tell", params=self._asked.pop(number), value=_alone(value, constraints))


def _described(dist: Distribution) -> dict[str, Any]:
    """A distribution in the format of ``_peers``, which has no grids of floats."""
    if isinstance(dist, CategoricalDistribution):
        return {"choices": list(dist.choices)}
    whole = not isinstance(dist, FloatDistribution)
    return {"low": dist.low, "high": dist.high, "log": dist.log, "whole": whole}


def optuna_distribution(dist: Distribution, module: Any = None) -> Any:
    """The same distribution of Optuna's, or of another ``module`` with its names."""
    if module is None:
        import optuna.distributions as module
    if isinstance(dist, CategoricalDistribution):
        return module.CategoricalDistribution(list(dist.choices))
    kind = module.FloatDistribution if isinstance(dist, FloatDistribution) else module.IntDistribution
    return kind(dist.low, dist.high, log=dist.log, step=dist.step)


OURS = {
    "auto": "AutoSampler",
    "cmaes": "CmaEsSampler",
    "gp": "GPSampler",
    "grid": "GridSampler",
    "nsgaii": "NSGAIISampler",
    "qmc": "QMCSampler",
    "random": "RandomSampler",
    "tpe": "TPESampler",
}
OPTUNA = {
    "cmaes": "CmaEsSampler",
    "gp": "GPSampler",
    "nsgaii": "NSGAIISampler",
    "qmc": "QMCSampler",
    "random": "RandomSampler",
    "tpe": "TPESampler",
}
PEERS = ("ax", "hebo", "random", "smac3")
RUSTUNA = {"cmaes": "CmaEsSampler", "random": "RandomSampler", "tpe": "TPESampler"}


def open_study(name: str, seed: int, space: Space, n_objectives: int = 1) -> Study:
    """A new study of the sampler ``name``: ``ours/tpe``, ``optuna/gp``, ``ours/tpe:{"n_ei_candidates": 48}``.

    Raises:
        ValueError: no such sampler.
        ImportError: it is not installed.
    """
    path, _, text = name.partition(":")
    home, _, kind = path.partition("/")
    known = {"ours": OURS, "optuna": OPTUNA, "rustuna": RUSTUNA, "peer": dict.fromkeys(PEERS, "")}
    if home not in known or kind not in known[home]:
        names = [f"{home}/{kind}" for home, kinds in known.items() for kind in kinds]
        raise ValueError(f"sampler must be one of {names}, got {path!r}.")
    if home == "peer":
        return PeerStudy(kind, seed, space)
    arguments = {"seed": seed, **(json.loads(text) if text else {})}
    if home == "ours":
        try:
            return OurStudy(getattr(samplers, OURS[kind])(**arguments), space, n_objectives)
        except AttributeError as error:
            raise ImportError(str(error)) from error
    module = importlib.import_module(f"{home}.samplers")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # experimental arguments
        sampler = getattr(module, known[home][kind])(**arguments)
    return OptunaStudy(sampler, space, n_objectives) if home == "optuna" else RustunaStudy(sampler, space)


def missing(name: str) -> str:
    """Why a sampler cannot be used here, or "".

    Raises:
        ValueError: there is no such sampler, or it refuses its arguments.
    """
    try:
        space: Space = {"x": FloatDistribution(0.0, 1.0)}
        open_study(name + (':{"search_space": {"x": [0.0, 1.0]}}' if name == "ours/grid" else ""), 0, space)
    except ImportError as error:
        return str(error)
    return ""
