"""How what one trial costs grows with the study: ask and tell with its trials, a question with its paused trials.

    python benchmarks/_growth.py [--trials 100,1000,5000] [--paused 5,500,5000]

All times are milliseconds of this process's CPU, of one trial or one question; other processes do not lengthen them
(much). ``exponent`` says how a cost grows: 0 is flat, 1 is in proportion. The functions are for ``scale.py``, too.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import raytune_lite as rl
from raytune_lite import samplers
from raytune_lite.core import messages as m
from raytune_lite.core.state import StudyState
from raytune_lite.distributions import CategoricalDistribution, Distribution, FloatDistribution, IntDistribution
from raytune_lite.pruners import ASHAPruner
from raytune_lite.runtime.suggest import SuggestRequest
from raytune_lite.trial import FrozenTrial, StudyDirection

FLOATS: dict[str, Distribution] = {f"x{i}": FloatDistribution(0.0, 1.0) for i in range(4)}
WHOLE: dict[str, Distribution] = {
    **{f"n{i}": IntDistribution(1, 1000) for i in range(3)},
    "choice": CategoricalDistribution(["a", "b", "c"]),
}
SAMPLERS: dict[str, Callable[[], samplers.BaseSampler]] = {
    "random": lambda: samplers.RandomSampler(seed=1),
    "qmc": lambda: samplers.QMCSampler(seed=1),
    "nsgaii": lambda: samplers.NSGAIISampler(seed=1, population_size=20),
    "tpe": lambda: samplers.TPESampler(seed=1),
    "gp": lambda: samplers.GPSampler(seed=1),
}
N_FINISHED = 60  # trials with a result beside the paused ones: enough for each sampler to learn from
_TRIALS = 100  # over which ask_tell_ms counts


def exponent(costs: Sequence[tuple[float, float]]) -> float:
    """The slope of log cost over log size, from the smallest size to the largest: cost ~ size ** exponent."""
    (small, first), (large, last) = min(costs), max(costs)
    return math.log(last / first) / math.log(large / small)


# --- ask and tell ----------------------------------------------------------------------------------------------------


def objective(trial: rl.Trial) -> float:
    """A trial of two parameters that costs nothing itself."""
    x = trial.suggest_float("x", 0.0, 1.0)
    return x + trial.suggest_int("n", 1, 100)


def ask_tell_ms(trials: int, *, is_stored: bool = True) -> float:
    """CPU milliseconds of ask, two parameters and tell, in a study with ``trials`` trials.

    Args:
        trials: finished ones.
        is_stored: in a SQLite file; False: with ``storage=None``.
    """
    with _study(trials, is_stored) as study:
        began = time.process_time()
        _ask_and_tell(study, _TRIALS)
        return 1e3 * (time.process_time() - began) / _TRIALS


def optimize_ms(trials: int, callback: Callable[[rl.Study, FrozenTrial], Any], *, is_stored: bool = True) -> float:
    """As ask_tell_ms, for ``optimize(executor="inline")`` with a callback; without what it takes to open the study."""
    times: list[float] = []

    def timed(study: rl.Study, trial: FrozenTrial) -> None:
        callback(study, trial)
        times.append(time.process_time())

    with _study(trials, is_stored) as study:
        study.optimize(objective, n_trials=_TRIALS + 1, executor="inline", callbacks=[timed])
    return 1e3 * (times[-1] - times[0]) / _TRIALS


def _ask_and_tell(study: rl.Study, n: int) -> None:
    for _ in range(n):
        trial = study.ask()
        study.tell(trial, objective(trial))


@contextmanager
def _study(trials: int, is_stored: bool) -> Iterator[rl.Study]:
    with tempfile.TemporaryDirectory() as directory:
        storage = f"sqlite:///{Path(directory) / 'study.db'}" if is_stored else None
        study = rl.create_study(study_name="growth", storage=storage, sampler=samplers.RandomSampler(seed=1))
        _ask_and_tell(study, trials)
        yield study
        study.close()


# --- a question with many paused trials ------------------------------------------------------------------------------


class PausedStudy:
    """A study of which many trials wait at a rung. It is asked as the session asks, without a database.

    Args:
        paused: how many wait.
        sampler: a key of SAMPLERS.
        space: of all trials.
        attr_bytes: of a user attribute that each paused trial has.
    """

    def __init__(self, paused: int, sampler: str, space: dict[str, Distribution], attr_bytes: int = 0) -> None:
        self.sampler, self.space = SAMPLERS[sampler](), space
        pruner = ASHAPruner(min_resource=1, max_resource=10**8, reduction_factor=10**6)  # nobody is promoted
        self._state = StudyState((StudyDirection.MINIMIZE,), lambda _: pruner, lambda _: None)
        self._draw = samplers.RandomSampler(seed=2)
        specs = json.dumps(pruner.spec()), json.dumps(self.sampler.spec())
        self._state.handle(m.RunStarted(run="run", pruner=specs[0], sampler=specs[1]), 0.0)
        attrs = (("note", json.dumps("." * attr_bytes)),) if attr_bytes else ()
        for _ in range(N_FINISHED):
            number = self._begin()
            self._end(number, m.Progress(params=self._params(number)), (number % 17 / 17,))
        for _ in range(paused):
            number = self._begin()
            loss = (number * 7 % 1009) / 1009
            self._end(number, m.Progress(params=self._params(number), reports=((1, (loss,)),), user_attrs=attrs))

    def _begin(self) -> int:
        number = self._state.next_number
        self._state.handle(m.Claimed(slot=f"slot {number}"), 0.0)
        self._state.handle(m.Suggested(number=number, params=()), 0.0)
        return number

    def _end(self, number: int, progress: m.Progress, values: tuple[float, ...] | None = None) -> None:
        outcome = m.Outcome.PRUNED if values is None else m.Outcome.COMPLETE
        ended = m.AttemptEnded(number=number, attempt=1, outcome=outcome, progress=progress, values=values)
        self._state.handle(ended, 0.0)

    def _params(self, number: int) -> tuple[m.ParamValue, ...]:
        draw, view = self._draw.sample_independent, self._state.view()
        return tuple(
            m.ParamValue(name=name, value=draw(view, number, name, dist), distribution=dist)
            for name, dist in self.space.items()
        )

    def ask(self) -> tuple[float, float]:
        """One new trial: CPU milliseconds of its claim with all parameters, and of one that nobody foresaw."""
        number, began = self._state.next_number, time.process_time()
        self._state.handle(m.Claimed(slot=f"slot {number}"), 0.0)
        suggested = self._answer(m.Suggest(number=number))
        self._state.handle(suggested, 0.0)
        middle = time.process_time()
        dist = next(iter(self.space.values()))
        one = self._answer(m.SuggestOne(number=number, attempt=1, name="unforeseen", distribution=dist))
        self._state.handle(one, 0.0)
        spent = 1e3 * (middle - began), 1e3 * (time.process_time() - middle)
        params = suggested.params if isinstance(suggested, m.Suggested) else ()
        used = {param.name for param in params}
        rest = tuple(param for param in self._params(number) if param.name not in used)
        self._end(number, m.Progress(params=params + rest), (0.5,))
        return spent

    def _answer(self, command: m.Suggest | m.SuggestOne) -> m.Suggested | m.ParamSet:
        fixed = frozenset(name for name, _ in self._state.trials[command.number].fixed)
        request = SuggestRequest(
            sampler=self.sampler, command=command, view=self._state.view(), known=self._state.space, fixed=fixed
        )
        return (request.still() if self.sampler.in_background else request).answer()


def ask_ms(
    paused: int, sampler: str = "random", *, unforeseen: bool = False, asks: int = 15, is_whole: bool = False
) -> float:
    """CPU milliseconds of one question while ``paused`` trials wait: a claim with its suggestion.

    Args:
        paused: trials at a rung.
        sampler: a key of SAMPLERS.
        unforeseen: of a parameter that was not suggested, instead.
        asks: the result is the median of so many; the first, in which the sampler reads the study, is left out.
        is_whole: a space of integers and choices; else of floats.
    """
    return _both_ms(paused, sampler, asks, is_whole)[unforeseen]


def _both_ms(paused: int, sampler: str, asks: int, is_whole: bool) -> tuple[float, float]:
    study = PausedStudy(paused, sampler, WHOLE if is_whole else FLOATS)
    found = [study.ask() for _ in range(asks + 1)][1:]
    return statistics.median(claim for claim, _ in found), statistics.median(one for _, one in found)


def _print_row(what: str, costs: Sequence[tuple[int, float]]) -> None:
    each = " ".join(f"{size:6d}: {cost:9.3f}" for size, cost in costs)
    print(f"  {what:44s} {each}   exponent {exponent(costs):5.2f}", flush=True)


def sizes(text: str) -> list[int]:
    """An argument that is a list of numbers, separated by commas."""
    return [int(size) for size in text.split(",") if size]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=sizes, default=[100, 1000, 5000])
    parser.add_argument("--paused", type=sizes, default=[5, 500, 5000])
    parser.add_argument("--samplers", type=lambda text: text.split(","), default=list(SAMPLERS))
    args = parser.parse_args()
    print(f"CPU milliseconds by size; load {os.getloadavg()[0]:.1f}")
    if args.trials:
        for is_stored in (True, False):
            where = "SQLite" if is_stored else "storage=None"
            costs = [(n, ask_tell_ms(n, is_stored=is_stored)) for n in args.trials]
            _print_row(f"ask and tell, {where}", costs)
        rows: dict[str, Callable[[rl.Study, FrozenTrial], Any]] = {
            "trial only": lambda _, trial: trial.value,
            "best_trial": lambda study, _: study.best_trial,
            "trials": lambda study, _: study.trials,
        }
        for what, callback in rows.items():
            _print_row(f"optimize, callback: {what}", [(n, optimize_ms(n, callback)) for n in args.trials])
    for sampler in args.samplers if args.paused else ():
        for is_whole in (False, True):
            found = [(n, _both_ms(n, sampler, 5 if sampler == "gp" else 15, is_whole)) for n in args.paused]
            space = "integers, choices" if is_whole else "floats"
            _print_row(f"paused, {sampler}, {space}: claim", [(n, claim) for n, (claim, _) in found])
            _print_row(f"paused, {sampler}, {space}: unforeseen", [(n, one) for n, (_, one) in found])
    print(f"load {os.getloadavg()[0]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
