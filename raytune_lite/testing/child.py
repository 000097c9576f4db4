"""The process in which ``assert_resumable`` runs an objective: it is killed there, and begins anew.

``main`` reads from standard input a JSON line with ``sys.path``, one with the length of a pickle, the pickle itself (a
Subject), then a JSON line for each run (a Job). For each run it forks, so that modules are imported once and yet each
run begins with nothing in its memory. It answers in JSON lines: first null, or the traceback if the objective cannot be
loaded; then the exit code of each run, negative for a signal.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ..arguments import as_float
from ..core.messages import CheckpointRef
from ..pruners import NopPruner
from ..runtime.trial import Trial
from ..samplers import RandomSampler
from ..study import create_study
from ..trial import StudyDirection

DATABASE, NOTES, ERROR = "study.db", "notes.jsonl", "error.txt"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is tested. ``objective``: pickled. ``params``: of its one trial, or None."""

    objective: bytes
    params: Mapping[str, Any] | None
    directions: tuple[StudyDirection, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """One run of the study in ``folder``; the process kills itself at the report of number ``kill_at``, 0: at none."""

    folder: str
    kill_at: int


def perform(objective: Callable[[Any], Any], subject: Subject, job: Job) -> None:
    """Run the study's one trial, or what is left of it."""
    folder = Path(job.folder)
    study = create_study(
        storage=f"sqlite:///{folder / DATABASE}",
        study_name="resumable",
        directions=subject.directions,
        sampler=RandomSampler(seed=0),
        pruner=NopPruner(),
        checkpoint_dir=folder / "checkpoints",
        load_if_exists=True,
    )
    if subject.params is not None and not study.trials:
        study.enqueue_trial(subject.params)
    study.optimize(_Watched(objective, folder / NOTES, job.kill_at), max_trials=1, executor="inline")
    study.close()


class _Watched:
    """The objective; writes down what it reports and saves, and kills its process."""

    def __init__(self, objective: Callable[[Any], Any], notes: Path, kill_at: int) -> None:
        self._objective, self._notes, self._kill_at = objective, notes, kill_at
        self._n_reports = 0

    def __call__(self, trial: Trial) -> Any:
        self._note(what="begins", step=trial.resumed_from_step)
        report, add_checkpoint = trial.report, trial.delivery.add_checkpoint

        def watched_report(value: Any, step: int) -> None:
            report(value, step)
            self._note(what="reports", step=step, values=as_values(value))
            self._n_reports += 1
            if self._n_reports == self._kill_at:
                trial.delivery.flush()
                os.kill(os.getpid(), signal.SIGKILL)

        def watched_checkpoint(checkpoint: CheckpointRef) -> None:
            add_checkpoint(checkpoint)
            self._note(what="saves", step=checkpoint.step)

        trial.report = watched_report  # type: ignore[method-assign]
        trial.delivery.add_checkpoint = watched_checkpoint  # type: ignore[method-assign]
        result = self._objective(trial)
        self._note(what="returns", values=as_values(result))
        return result

    def _note(self, **note: Any) -> None:
        with self._notes.open("a") as file:
            file.write(json.dumps(note) + "\n")


def as_values(value: Any) -> list[float]:
    """What was reported or returned, one number an objective; [] for what is refused anyway."""
    parts = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    found = [as_float(part) for part in parts]
    return [] if None in found else cast("list[float]", found)


def main() -> None:
    """See the module."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what an objective prints is no answer
    source = sys.stdin.buffer
    sys.path[:] = json.loads(source.readline())
    subject: Subject = pickle.loads(source.read(int(source.readline())))
    try:
        objective = pickle.loads(subject.objective)
    except Exception:  # noqa: BLE001  (unpickling runs code of any module)
        print(json.dumps(traceback.format_exc()), file=answers, flush=True)
        return
    print("null", file=answers, flush=True)
    for line in source:
        job = Job(**json.loads(line))
        child = os.fork()
        if not child:
            _run_and_exit(objective, subject, job)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=answers, flush=True)


def _run_and_exit(objective: Callable[[Any], Any], subject: Subject, job: Job) -> None:
    code = 1
    try:
        perform(objective, subject, job)
        code = 0
    except BaseException:  # noqa: BLE001  (whatever it is, the caller shows it)
        (Path(job.folder) / ERROR).write_text(traceback.format_exc())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
