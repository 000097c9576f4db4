"""HEBO, SMAC3 and Ax behind one ask-and-tell interface, in a separate Python: their dependencies conflict with ours.

That Python runs this file, which reads one JSON command a line and answers each with one line; it imports nothing of
this repository. The other side is PeerStudy in ``_studies``. A sampler learns of a running trial only by its own ask.
"""

from __future__ import annotations

import json
import logging
import math
import random
import sys
import tempfile
import warnings
from typing import Any

Space = dict[str, dict[str, Any]]  # name -> {"choices": [...]} or {"low", "high", "log", "whole"}


class Random:
    """Independent draws, from the standard library: shows that the way there and back works."""

    def __init__(self, space: Space, seed: int) -> None:
        self._space, self._draw = space, random.Random(seed)

    def tell(self, params: dict[str, Any], value: float) -> None:
        assert set(params) == set(self._space)
        assert isinstance(value, float)

    def ask(self) -> dict[str, Any]:
        return {name: self._one(**d) for name, d in self._space.items()}

    def _one(self, choices: Any = (), low: float = 0.0, high: float = 0.0, **kind: bool) -> Any:
        if choices:
            return self._draw.choice(choices)
        if kind["whole"]:
            return self._draw.randint(int(low), int(high))
        if kind["log"]:
            return min(max(math.exp(self._draw.uniform(math.log(low), math.log(high))), low), high)
        return self._draw.uniform(low, high)


class Hebo:
    """HEBO; categories and integers as its own types. Its suggestions ignore running trials."""

    def __init__(self, space: Space, seed: int) -> None:
        import numpy as np
        import pandas as pd
        from hebo.design_space.design_space import DesignSpace
        from hebo.optimizers.hebo import HEBO

        self._np, self._pd, self._names = np, pd, list(space)
        found = []
        for name, d in space.items():
            if "choices" in d:
                found.append({"name": name, "type": "cat", "categories": d["choices"]})
            else:
                kind = "int" if d["whole"] else "pow" if d["log"] else "num"
                found.append({"name": name, "type": kind, "lb": d["low"], "ub": d["high"]})
        # the initial points are told, so none of its own are wanted
        self._hebo = HEBO(DesignSpace().parse(found), rand_sample=2, scramble_seed=seed)
        np.random.seed(seed % 2**32)

    def tell(self, params: dict[str, Any], value: float) -> None:
        row = self._pd.DataFrame([{name: params[name] for name in self._names}])
        self._hebo.observe(row, self._np.array([[value]]))

    def ask(self) -> dict[str, Any]:
        row = self._hebo.suggest(n_suggestions=1).iloc[0]
        return {name: getattr(row[name], "item", lambda name=name: row[name])() for name in self._names}


class Smac:
    """SMAC3's facade for hyperparameters (random forests), without an initial design."""

    def __init__(self, space: Space, seed: int) -> None:
        import ConfigSpace
        from smac import HyperparameterOptimizationFacade, Scenario
        from smac.runhistory.dataclasses import TrialInfo, TrialValue

        self._info, self._value, self._configuration = TrialInfo, TrialValue, ConfigSpace.Configuration
        self._space = ConfigSpace.ConfigurationSpace(seed=seed)
        for name, d in space.items():
            if "choices" in d:
                self._space.add(ConfigSpace.Categorical(name, d["choices"]))
            else:
                kind = ConfigSpace.Integer if d["whole"] else ConfigSpace.Float
                self._space.add(kind(name, (d["low"], d["high"]), log=d["log"]))
        scenario = Scenario(
            self._space, deterministic=True, n_trials=100_000, seed=seed, output_directory=tempfile.mkdtemp()
        )
        facade = HyperparameterOptimizationFacade
        design = facade.get_initial_design(scenario, n_configs=0)
        self._smac = facade(scenario, _unused, initial_design=design, overwrite=True, logging_level=False)
        self._seed = seed
        self._asked: dict[str, Any] = {}

    def tell(self, params: dict[str, Any], value: float) -> None:
        info = self._asked.pop(json.dumps(params, sort_keys=True), None)
        if info is None:
            info = self._info(self._configuration(self._space, values=params), seed=0)
        self._smac.tell(info, self._value(cost=value))

    def ask(self) -> dict[str, Any]:
        info = self._smac.ask()
        params = {name: getattr(value, "item", lambda value=value: value)() for name, value in info.config.items()}
        self._asked[json.dumps(params, sort_keys=True)] = info
        return params


def _unused(config: Any, seed: int = 0) -> float:
    raise NotImplementedError


class Ax:
    """Ax's client with its default method; the initial points are attached to it."""

    def __init__(self, space: Space, seed: int) -> None:
        from ax.api.client import Client
        from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

        parameters = []
        for name, d in space.items():
            if "choices" in d:
                kind, values = "str" if isinstance(d["choices"][0], str) else "float", d["choices"]
                choice = ChoiceParameterConfig(name=name, values=values, parameter_type=kind, is_ordered=False)
                parameters.append(choice)
            else:
                kind, scaling = "int" if d["whole"] else "float", "log" if d["log"] else "linear"
                bounds = (d["low"], d["high"])
                parameters.append(RangeParameterConfig(name=name, bounds=bounds, parameter_type=kind, scaling=scaling))
        self._client = Client(random_seed=seed)
        self._client.configure_experiment(parameters=parameters)
        self._client.configure_optimization(objective="-loss")
        self._asked: dict[str, int] = {}

    def tell(self, params: dict[str, Any], value: float) -> None:
        index = self._asked.pop(json.dumps(params, sort_keys=True), None)
        if index is None:
            index = self._client.attach_trial(parameters=params)
        self._client.complete_trial(trial_index=index, raw_data={"loss": value})

    def ask(self) -> dict[str, Any]:
        [(index, params)] = self._client.get_next_trials(max_trials=1).items()
        self._asked[json.dumps(params, sort_keys=True)] = index
        return dict(params)


PEERS = {"random": Random, "hebo": Hebo, "smac3": Smac, "ax": Ax}


def main() -> None:
    """Answer commands: open, tell, ask."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    answers, sys.stdout = sys.stdout, sys.stderr  # the libraries print to stdout, which is for answers
    peer: Any = None
    for line in sys.stdin:
        command, answer = json.loads(line), {}
        try:
            if command["do"] == "open":
                peer = PEERS[command["kind"]](command["space"], command["seed"])
            elif command["do"] == "tell":
                peer.tell(command["params"], command["value"])
            else:
                answer = {"params": peer.ask()}
        except Exception as error:  # noqa: BLE001  (the other side raises it)
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
