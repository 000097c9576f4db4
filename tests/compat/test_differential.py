"""The same random program of calls, on Optuna and on this package: the same records, answers and kinds of errors."""

from __future__ import annotations

import json
import math
import random
import warnings
from collections.abc import Callable
from typing import Any

import pytest

import raytune_lite as ours

optuna = pytest.importorskip("optuna")

CALLS = 40
SEEDS = range(40)


def sampler_of(library: Any) -> Any:
    """Chooses by names alone, so that both libraries suggest the same."""

    class Sampler(library.samplers.BaseSampler):  # type: ignore[misc, name-defined]
        def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, Any]:
            return {}

        def sample_relative(self, study: Any, trial: Any, search_space: Any) -> dict[str, Any]:
            return {}

        def sample_independent(self, study: Any, trial: Any, param_name: str, param_distribution: Any) -> Any:
            if hasattr(param_distribution, "choices"):
                return param_distribution.choices[trial.number % len(param_distribution.choices)]
            return param_distribution.high if trial.number % 2 else param_distribution.low

    return Sampler()


class World:
    """One library, and what the program has made with it."""

    def __init__(self, library: Any, n_objectives: int) -> None:
        self.library = library
        self.study = library.create_study(sampler=sampler_of(library), directions=["minimize"] * n_objectives)
        self.trials: list[Any] = []

    def run(self, call: tuple[str, Any]) -> Any:
        """What a call answers: its value as plain data, or the kinds of its error."""
        name, arguments = call
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return "answer", plain(getattr(self, name)(*arguments))
            except Exception as error:  # noqa: BLE001  (which kind it is, is what is compared)
                return "error", error

    # --- the calls ---------------------------------------------------------------------------------------------------

    def ask(self) -> int:
        self.trials.append(self.study.ask())
        return self.trials[-1].number

    def ask_fixed(self, low: float, high: float) -> Any:
        space = {"x": self.library.distributions.FloatDistribution(low, high)}
        self.trials.append(self.study.ask(fixed_distributions=space))
        return self.trials[-1].params

    def suggest(self, which: int, kind: str, name: str, *bounds: Any) -> Any:
        return getattr(self._trial(which), f"suggest_{kind}")(name, *bounds)

    def report(self, which: int, value: Any, step: Any) -> None:
        self._trial(which).report(value, step)

    def prune(self, which: int) -> bool:
        return bool(self._trial(which).should_prune())

    def attribute(self, which: int, key: str, value: Any) -> None:
        self._trial(which).set_user_attr(key, value)

    def tell(self, which: int, values: Any, state: str | None, skip: bool) -> Any:
        found = None if state is None else self.library.trial.TrialState[state]
        return self.study.tell(self._trial(which), values, state=found, skip_if_finished=skip).state.name

    def tell_number(self, number: int, value: float) -> Any:
        return self.study.tell(number, value).number

    def enqueue(self, params: dict[str, Any], skip: bool) -> None:
        self.study.enqueue_trial(params, skip_if_exists=skip)

    def add(self, state: str, values: Any, x: float) -> None:
        self.study.add_trial(self.library.trial.create_trial(
            state=self.library.trial.TrialState[state], values=values, params={"x": x},
            distributions={"x": self.library.distributions.FloatDistribution(0, 10)},
            intermediate_values={1: 0.5, 3: 0.25} if len(self.study.directions) == 1 else {},
        ))  # fmt: skip

    def study_attribute(self, key: str, value: Any) -> None:
        self.study.set_user_attr(key, value)

    def best(self) -> Any:
        return [trial.number for trial in self.study.best_trials]

    def best_value(self) -> Any:
        return self.study.best_value

    def _trial(self, which: int) -> Any:
        if not self.trials:
            return self.study.ask()
        return self.trials[which % len(self.trials)]

    def _distributions(self, trial: Any) -> dict[str, Any]:
        as_json = self.library.distributions.distribution_to_json
        return {name: json.loads(as_json(value)) for name, value in sorted(trial.distributions.items())}

    # --- the record --------------------------------------------------------------------------------------------------

    def record(self) -> list[Any]:
        return [
            plain([
                trial.number, trial.state.name, trial.values, dict(sorted(trial.params.items())), trial.user_attrs,
                dict(sorted(trial.intermediate_values.items())), self._distributions(trial),
            ])
            for trial in self.study.trials
            if trial.state.is_finished()
        ]  # fmt: skip


def plain(value: Any) -> Any:
    """Numbers, texts, lists and dicts; a NaN is a text."""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else float(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "items"):
        return {key: plain(item) for key, item in value.items()}
    return value if isinstance(value, (int, str, bool, type(None))) else repr(value)


def program(seed: int, n_objectives: int) -> list[tuple[str, Any]]:
    draw = random.Random(seed)

    def values() -> Any:
        n = n_objectives if draw.random() < 0.8 else 3 - n_objectives
        found = [draw.choice([0.0, 1.5, -2.0, float("nan") if draw.random() < 0.2 else 3.0]) for _ in range(n)]
        return draw.choice([found, tuple(found), found[0] if n == 1 else found])

    def no_nan(given: Any) -> Any:
        return None if "nan" in repr(given) else given

    def which() -> int:
        return draw.randrange(4)

    makers: list[Callable[[], tuple[str, Any]]] = [
        lambda: ("ask", ()),
        lambda: ("ask_fixed", (0.0, draw.choice([1.0, 10.0]))),
        lambda: ("suggest", (which(), "float", draw.choice("xy"), 0.0, draw.choice([10.0, 10.0, 5.0]))),
        lambda: ("suggest", (which(), "int", "n", 1, draw.choice([8, 8, 4]))),
        lambda: ("suggest", (which(), "categorical", "c", draw.choice([["a", "b"], ["a", "b"], ["a", "b", None]]))),
        lambda: ("suggest", (which(), "categorical", "o", [(1,), [2, (3,)], {"k": draw.choice([[2], [2], 3])}])),
        lambda: ("report", (which(), draw.choice([0.5, 2, "text", None]), draw.choice([0, 1, 2, 2, 5, -1]))),
        lambda: ("prune", (which(),)),
        lambda: ("attribute", (which(), draw.choice("ab"), draw.choice([1, "text", [1, 2], {"k": None}]))),
        lambda: ("tell", (which(), values(), None, draw.random() < 0.3)),
        lambda: ("tell", (which(), draw.choice([None, values()]), draw.choice(["COMPLETE", "PRUNED", "FAIL"]), False)),
        lambda: ("tell_number", (draw.choice([0, 1, 99]), 1.0)),
        lambda: ("enqueue", ({"x": draw.choice([0.25, 0.5, 1.0])}, draw.random() < 0.5)),
        lambda: ("add", (draw.choice(["COMPLETE", "PRUNED", "FAIL"]), no_nan(values()), draw.choice([1.0, 5.0, 50.0]))),
        lambda: ("study_attribute", (draw.choice("ab"), draw.choice([1, "text"]))),
        lambda: ("best", ()),
        lambda: ("best_value", ()),
    ]
    found = [draw.choice(makers)() for _ in range(CALLS)]
    return [call for call in found if n_objectives == 1 or call[0] not in ("report", "prune")]


def kinds(error: Exception) -> list[str]:
    """Python's own classes of an error: what an ``except`` in a script names."""
    return [one.__name__ for one in type(error).__mro__ if one.__module__ == "builtins"]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_program_of_calls_gives_what_it_gives_with_optuna(seed: int) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    n_objectives = 1 + (seed % 5 == 0)
    here, there = World(ours, n_objectives), World(optuna, n_objectives)
    for i, call in enumerate(program(seed, n_objectives)):
        (kind, mine), (other_kind, theirs) = here.run(call), there.run(call)
        if call[0] == "report" and isinstance(mine, ours.exceptions.UpdateFinishedTrialError):
            continue  # Optuna looks first whether the step is known, and refuses only a new one
        assert kind == other_kind, f"call {i} {call}: {mine!r} here, {theirs!r} in Optuna"
        if kind == "answer":
            assert mine == theirs, f"call {i} {call}"
        else:
            missing = set(kinds(theirs)) - set(kinds(mine))
            assert not missing, f"call {i} {call}: {mine!r} here, {theirs!r} in Optuna"
        assert here.record() == there.record(), f"after call {i} {call}"


# --- where this package differs on purpose ---------------------------------------------------------------------------


def _report_text(world: World) -> Any:
    return world.study.ask().report("0.25", 1)


def _use_what_is_outside(world: World) -> Any:
    world.study.enqueue_trial({"x": 100.0})
    return world.study.ask().suggest_float("x", 0, 1)


def _report_again(world: World) -> Any:
    trial = world.study.ask()
    trial.report(0.5, 1)
    world.study.tell(trial, 0.5)
    return trial.report(0.25, 1)


def _add_nan(world: World) -> Any:
    return world.add("PRUNED", [math.nan], 1.0)


@pytest.mark.parametrize(
    ("program", "here", "there"),
    [
        (_report_text, TypeError, None),
        (_use_what_is_outside, ValueError, None),
        (_report_again, ours.exceptions.UpdateFinishedTrialError, None),
        (_add_nan, ValueError, None),
    ],
)
def test_what_differs_on_purpose_differs(
    program: Callable[[World], Any], here: type[Exception] | None, there: type[Exception] | None
) -> None:
    for library, error in ((ours, here), (optuna, there)):
        world = World(library, 1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if error is None:
                program(world)
            else:
                with pytest.raises(error):
                    program(world)
