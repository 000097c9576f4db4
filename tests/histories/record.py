"""How histories are recorded: ``python -m tests.histories.record DIRECTORY``, with the code of the version to record.

Real runs: whole studies run inline, a session driven by hand, and seeds of the simulator, whose clusters lose workers,
nodes and drivers. Each gives ``<name>.jsonl``, one line an event exactly as it stands in ``rtl_events.json`` (only
the directory in tracebacks is another), and ``<name>.json``, what that version folded it to and how it went on from
there. The files of a released version are never written again; the next release records its own beside them.
"""

from __future__ import annotations

import contextlib
import json
import math
import sqlite3
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna

import raytune_lite
from raytune_lite.core import messages as m
from raytune_lite.core.encoding import event_to_json
from raytune_lite.core.retries import RetryPolicy
from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from raytune_lite.exceptions import StudyAbortedError, TrialInvalid, TrialPruned
from raytune_lite.pruners import ASHAPruner
from raytune_lite.runtime.config import RunConfig
from raytune_lite.runtime.handover import Lost
from raytune_lite.runtime.simulator.simulation import Simulation
from raytune_lite.runtime.virtual.world import Process
from raytune_lite.samplers import BruteForceSampler, GridSampler, NSGAIISampler, RandomSampler, TPESampler
from raytune_lite.trial import FrozenTrial, TrialState

from ..core_tools import Clock, OpenSession
from .folding import fold, go_on, summary

SEEDS = {  # of the simulator, chosen by what happens in them
    "simulated_stop_ahead": 0,
    "simulated_grid_lost_nodes": 8,
    "simulated_grid_ahead_lost_drivers": 12,
    "simulated_promote_ahead": 23,
    "simulated_promote_everything": 38,
    "simulated_grid_promote": 52,
}


def asha_promote(study_of: Callable[..., Any]) -> None:
    """Promotion, checkpoints, suggestions made before a trial starts, attributes; two runs."""
    study = study_of(sampler=TPESampler(seed=1, n_startup_trials=4), pruner=ASHAPruner(1, 9, 3))

    def objective(trial: Any) -> float:
        x = trial.suggest_float("x", 0.0, 1.0)
        kind = trial.suggest_categorical("kind", ["a", "b"])
        state = trial.load_checkpoint() or {"step": 0}
        trial.set_user_attr("attempt", trial.attempt)
        for step in range(state["step"] + 1, 10):
            trial.report((x - 0.3) ** 2 + 1 / step + (kind == "b"), step)
            trial.save_checkpoint({"step": step}, step)
            if trial.should_prune():
                raise TrialPruned
        return (x - 0.3) ** 2

    study.optimize(objective, n_trials=7, executor="inline")
    study.optimize(objective, max_trials=10, executor="inline")


def asha_stop(study_of: Callable[..., Any]) -> None:
    """Stopping, NaN among the reports, an objective to maximise."""
    study = study_of(sampler=RandomSampler(2), pruner=ASHAPruner(2, 8, 2, mode="stop"), direction="maximize")

    def objective(trial: Any) -> float:
        x = trial.suggest_int("x", 0, 100)
        for step in range(1, 9):
            trial.report(math.nan if x % 7 == 0 and step > 3 else x * step / 100, step)
            if trial.should_prune():
                raise TrialPruned
        return float(x)

    study.optimize(objective, n_trials=14, executor="inline")


def grid_failures(study_of: Callable[..., Any]) -> None:
    """A grid with failures, retries, cells given back, dead cells, an invalid cell, an enqueued and an added cell."""
    sampler = GridSampler({"x": [1, 2, 3], "y": ["a", "b"]}, seed=3, max_failures=2)
    study = study_of(sampler=sampler)
    study.enqueue_trial({"x": 2, "y": "b"})
    dists = {"x": IntDistribution(1, 3), "y": CategoricalDistribution(["a", "b"])}
    params = {"x": 3, "y": "a"}
    study.add_trial(
        FrozenTrial(number=0, state=TrialState.COMPLETE, values=(0.1,), params=params, distributions=dists)
    )
    tries: dict[Any, int] = {}

    def objective(trial: Any) -> float:
        cell = trial.suggest_int("x", 1, 3), trial.suggest_categorical("y", ["a", "b"])
        tries[cell] = tries.get(cell, 0) + 1
        if cell == (1, "a"):
            raise ValueError("never works")
        if cell == (1, "b"):
            raise TrialInvalid("cannot be")
        if cell == (2, "b") and tries[cell] < 4:
            raise RuntimeError("works at the fourth try")
        return math.nan if cell == (3, "b") and tries[cell] == 1 else float(cell[0])

    retries = RetryPolicy(exception=1, abort_after=None)
    study.optimize(objective, executor="inline", retries=retries, catch=(Exception,))


def brute_force(study_of: Callable[..., Any]) -> None:
    """The paths of a conditional space, some failing, one enqueued."""
    study = study_of(sampler=BruteForceSampler(0))
    study.enqueue_trial({"model": "tree", "depth": 3})

    def objective(trial: Any) -> float:
        kind = trial.suggest_categorical("model", ["linear", "tree", "none"])
        if kind == "linear":
            return float(trial.suggest_categorical("fit", [False, True]))
        if kind == "none":
            return 3.0
        depth = trial.suggest_int("depth", 1, 5, step=2)
        if depth == 5 and trial.number % 2:
            raise ValueError("another trial may do better")
        return trial.suggest_float("leaf", 0.5, 1, step=0.25) if depth > 1 else 2.0

    study.optimize(objective, n_trials=7, executor="inline", catch=(ValueError,))
    study.optimize(objective, n_trials=2, executor="inline", catch=(ValueError,))


def trials_from_elsewhere(study_of: Callable[..., Any]) -> None:
    """A study begun by Optuna, with a trial of its own still running, another enqueued, and ours after them."""
    url = study_of.url  # type: ignore[attr-defined]
    theirs = optuna.create_study(study_name="s", storage=url, sampler=optuna.samplers.RandomSampler(0))

    def optunas(trial: Any) -> float:
        x = trial.suggest_float("x", 0.0, 1.0)
        trial.report(x, 1)
        if trial.number == 2:
            raise optuna.TrialPruned
        if trial.number == 3:
            raise ValueError
        return x

    theirs.optimize(optunas, n_trials=5, catch=(ValueError,))
    theirs.ask()
    theirs.enqueue_trial({"x": 0.125}, user_attrs={"by": "hand"})
    study = study_of(sampler=RandomSampler(5), pruner=ASHAPruner(1, 4, 2), load_if_exists=True)

    def objective(trial: Any) -> float:
        x = trial.suggest_float("x", 0.0, 1.0)
        for step in range(trial.attempt, 5):
            trial.report(x + 1 / step, step)
            if trial.should_prune():
                raise TrialPruned
        return x

    study.enqueue_trial({"x": 0.5}, user_attrs={"why": ["a", 1]})
    study.optimize(objective, n_trials=4, executor="inline")
    theirs.tell(5, 0.25)
    study.optimize(objective, n_trials=2, executor="inline")


def constraints(study_of: Callable[..., Any]) -> None:
    """Constraints, ask and tell, a trial that is asked for and left."""
    study = study_of(sampler=TPESampler(seed=0, n_startup_trials=3))

    def objective(trial: Any) -> float:
        x = trial.suggest_float("x", -1.0, 1.0)
        trial.set_constraint("positive", -x)
        trial.set_constraint("small", abs(x) - 0.5)
        return x * x

    study.optimize(objective, n_trials=6, executor="inline")
    for value in (0.5, None):
        trial = study.ask()
        trial.suggest_int("n", 1, 8, log=True)
        if value is not None:
            study.tell(trial, value)


def several_objectives(study_of: Callable[..., Any]) -> None:
    """Two objectives, checkpoints of every complete trial, a pruned and a failed one."""
    study = study_of(sampler=NSGAIISampler(seed=0, population_size=4), directions=["minimize", "maximize"])

    def objective(trial: Any) -> tuple[float, float]:
        x = trial.suggest_float("x", 0.0, 2.0)
        y = trial.suggest_float("y", 1e-3, 1.0, log=True)
        trial.save_checkpoint({"x": x}, 1)
        if trial.number == 2:
            raise TrialPruned
        return (math.nan if trial.number == 3 else x), y

    study.optimize(objective, n_trials=9, executor="inline")


def retries_with_delays(study_of: Callable[..., Any]) -> None:
    """Delayed retries that resume from checkpoints, a kind of failure each."""
    study = study_of(sampler=RandomSampler(0))

    def objective(trial: Any) -> float:
        x = trial.suggest_float("x", 0.0, 1.0)
        state = trial.load_checkpoint() or {"step": 0}
        for step in range(state["step"] + 1, 5):
            trial.save_checkpoint({"step": step}, step)
            trial.report(x, step)
            if trial.number < 3 and trial.attempt * 2 == step + 1:
                raise (ValueError("again"), MemoryError("again"), SystemExit(3))[trial.number]
        return x

    retries = RetryPolicy(exception=(2, 0.05), out_of_memory=(None, 0.01), worker_crash=1, abort_after=None)
    study.optimize(objective, n_trials=5, executor="inline", retries=retries, catch=(Exception,))


def aborted(study_of: Callable[..., Any]) -> None:
    """Each trial fails in the same way, and the run is given up; a later run goes on."""
    study = study_of(sampler=RandomSampler(0))

    def objective(trial: Any) -> float:
        trial.suggest_float("x", 0.0, 1.0)
        if trial.number < 4:
            raise KeyError("data")
        return 1.0

    retries = RetryPolicy(abort_after=3)
    with contextlib.suppress(StudyAbortedError):
        study.optimize(objective, n_trials=9, executor="inline", retries=retries, catch=(KeyError,))
    study.optimize(objective, n_trials=3, executor="inline", retries=retries, catch=(KeyError,))


def lost_attempts(study_of: Callable[..., Any]) -> None:
    """Workers that die, with what they said last; trials claimed ahead; a lease that ends; a run that is stopped."""
    study_of()
    url, clock = study_of.url, Clock()  # type: ignore[attr-defined]
    clock.now = time.time()
    retries = RetryPolicy(worker_crash=1, out_of_memory=0, gpu_out_of_memory=(1, 5.0))

    def open_session(run: str) -> OpenSession:
        config = RunConfig(
            storage=url, study_name="s", run=run, sampler=RandomSampler(3), pruner=ASHAPruner(1, 4, 2),
            retries=retries, durable=False, n_trials=6, lease=30.0,
        )  # fmt: skip
        return OpenSession(config, host=clock)

    def lose(session: OpenSession, slot: str, kind: str, **details: Any) -> None:
        lost = Lost(slot=slot, kind=m.FailureKind(kind), message=f"its {kind}", **details)
        event = session.slots.lose(lost)
        session.apply([] if event is None else [event])

    session = open_session("one")
    for i, slot in enumerate("abcde"):
        clock.now += 1.5
        given = session.call(m.Claimed(slot=slot, node="" if slot == "c" else f"node-{i % 2}", pid=100 + i))
        if slot != "c":
            asked = {"number": given.number, "attempt": 1, "name": "x", "distribution": FloatDistribution(0.0, 1.0)}
            session.call(m.ParamAsked(**asked))
            progress = m.Progress(reports=((0, (0.5 + i,)),), user_attrs=(("slot", json.dumps(slot)),))
            session.call(m.Reported(number=given.number, attempt=1, progress=progress))
    lose(session, "a", "worker_crash", exit_code=139, stderr_tail="Fatal Python error:\n  Segmentation fault")
    lose(session, "b", "out_of_memory", exit_code=-9)
    clock.now += 31.0
    session.tick()  # c was never heard, d and e fell silent
    session.call(m.Claimed(slot="f", node="node-0", pid=7))
    failure = m.Failure(error="OutOfMemoryError: CUDA out of memory", kind=m.FailureKind.GPU_OUT_OF_MEMORY)
    number = session.state.slots["f"]
    attempt = session.state.trials[number].attempt
    session.call(m.AttemptEnded(number=number, attempt=attempt, outcome=m.Outcome.FAIL, failure=failure))
    session.call(m.Claimed(slot="g", node="node-1", pid=8))
    session.call(m.StopRequested(reason="enough"))
    session.close()
    session = open_session("two")
    session.call(m.Claimed(slot="h", node="node-1", pid=9))
    session.call(m.Claimed(slot="i"))
    session.close()


def controlled(study_of: Callable[..., Any]) -> None:
    """A user who stops trials, pauses, unpauses, extends and resizes, while attempts run and are lost."""
    study_of()
    url, clock = study_of.url, Clock()  # type: ignore[attr-defined]
    clock.now = time.time()
    config = RunConfig(
        storage=url, study_name="s", run="one", sampler=RandomSampler(3), pruner=ASHAPruner(1, 9, 3), durable=False,
        n_trials=6, lease=60.0,
    )  # fmt: skip
    session = OpenSession(config, host=clock)
    keys = (f"key-{i}" for i in range(99))

    def attempt_of(slot: str) -> dict[str, int]:
        number = session.state.slots[slot]
        return {"number": number, "attempt": session.state.trials[number].attempt}

    def end(slot: str, outcome: m.Outcome, *values: float) -> None:
        clock.now += 1.0
        session.call(m.AttemptEnded(**attempt_of(slot), outcome=outcome, values=values or None))

    for slot in "abcde":
        clock.now += 1.5
        session.call(m.Claimed(slot=slot, node="node-0", pid=7))
    for slot, last in zip("abcd", (3, 1, 1, 0), strict=True):
        reports = tuple((step, (1.0 / (step + 1),)) for step in range(last + 1))
        session.call(m.Reported(**attempt_of(slot), progress=m.Progress(reports=reports)))
    session.call(m.SlotsResized(n_slots=4, key=next(keys), grace=20.0))
    session.call(m.TrialStopRequested(number=0, key=next(keys), grace=0.0))
    session.call(m.TrialEnqueued(params=(("x", "0.5"),), key=next(keys)))
    session.call(m.TrialEnqueued(params=(("x", "0.25"),), key=next(keys)))
    session.call(m.TrialStopRequested(number=5, key=next(keys)))
    clock.now += 0.5
    session.tick()  # trial 0 has ended late
    session.call(m.StudyPaused(key=next(keys), grace=10.0))
    end("b", m.Outcome.INTERRUPTED)
    end("c", m.Outcome.PRUNED)
    clock.now += 11.0
    session.tick()  # so have those that were to pause
    session.call(m.Claimed(slot="f"))
    session.call(m.StudyUnpaused(key=next(keys)))
    session.call(m.RunExtended(n_trials=2, key=next(keys)))
    session.call(m.RunExtended(max_trials=20, key=next(keys)))
    for slot in "ghijk":
        session.call(m.Claimed(slot=slot, node="node-1", pid=8))
    end("g", m.Outcome.COMPLETE, 0.5)
    session.call(m.StudyPaused(key=next(keys), grace=10.0))
    session.close()


STUDIES = (
    asha_promote, asha_stop, grid_failures, brute_force, trials_from_elsewhere, constraints, several_objectives,
    retries_with_delays, aborted, lost_attempts, controlled,
)  # fmt: skip


def log_of(play: Callable[..., Any]) -> tuple[list[float], list[str], list[str]]:
    """The log of a whole study, times and events, and its directions."""
    with tempfile.TemporaryDirectory() as directory:
        path = f"{directory}/s.db"
        directions: list[str] = []

        def study_of(**settings: Any) -> Any:
            study = raytune_lite.create_study(study_name="s", storage=f"sqlite:///{path}", **settings)
            directions[:] = [direction.name for direction in study.directions]
            return study

        study_of.url = f"sqlite:///{path}"  # type: ignore[attr-defined]
        play(study_of)
        with sqlite3.connect(path) as connection:
            rows = connection.execute("SELECT at, json FROM rtl_events ORDER BY seq").fetchall()
        return [at for at, _ in rows], [_anonymous(line) for _, line in rows], directions


def _anonymous(line: str) -> str:
    """Tracebacks without the directory in which this ran."""
    return line.replace(str(Path.cwd()), "/home/user/raytune_lite")


def simulated(seed: int) -> tuple[list[float], list[str], list[str]]:
    """The log of a simulated cluster's study."""
    simulation = Simulation(seed)
    assert not simulation.run().failure
    log = simulation.open_database(Process(simulation.world, "reader")).events(simulation.study)
    lines = [_anonymous(event_to_json(entry.event)) for entry in log]
    return [entry.at for entry in log], lines, [direction.name for direction in simulation.scenario.directions]


def write(directory: Path, name: str, times: list[float], lines: list[str], directions: list[str]) -> None:
    """A log, and beside it what it folds to."""
    directory.mkdir(parents=True, exist_ok=True)
    folded = fold(times, lines, directions)
    found = {"directions": directions, "at": times, "state": summary(folded)}
    found = json.loads(json.dumps(found))  # before the tables go on
    found["later"] = go_on(folded)
    (directory / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    (directory / f"{name}.json").write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")


def main() -> None:
    """Record all of them into the directory that the command line names."""
    warnings.simplefilter("ignore")
    directory = Path(sys.argv[1])
    for play in STUDIES:
        write(directory, play.__name__, *log_of(play))
    for name, seed in SEEDS.items():
        write(directory, name, *simulated(seed))


if __name__ == "__main__":
    main()
