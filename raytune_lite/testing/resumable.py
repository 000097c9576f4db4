"""Whether an objective that is killed goes on from its checkpoint as if nothing had happened."""

from __future__ import annotations

import json
import math
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..arguments import as_float, function, integer, mapping, shown
from ..runtime.on_ray.objective import packed
from ..trial import StudyDirection, parse_direction
from .child import ERROR, NOTES, Subject, main

KILLED = -9
CAUSES = (
    "Something that training depends on is not in the checkpoint, or not taken from it: the model, the optimizer, the "
    "schedule, the random generators, the order of the data."
)


def assert_resumable(
    objective: Callable[[Any], Any],
    params: Mapping[str, Any] | None = None,
    *,
    directions: Sequence[str | StudyDirection] = ("minimize",),
    max_kills: int = 20,
    rtol: float = 1e-6,
    atol: float = 0.0,
) -> None:
    """Kill the objective at its reports, let it go on from its checkpoint, and compare its curves.

    It is run once to its end. Then, for each report, a new trial is killed with SIGKILL right after that report, and
    runs again in a new process, which must report what the first one did. Studies, checkpoints and the way back are
    those of a real run with ``executor="inline"``; each run has a process of its own, forked from one in which the
    objective's modules are imported (so it needs a system that forks: Linux, macOS).

    Args:
        objective: what ``study.optimize`` takes. It must be picklable, as for Ray.
        params: the trial's parameters, as for ``enqueue_trial``. None: drawn with a fixed seed.
        directions: of the study, one an objective.
        max_kills: of more reports, so many are chosen, evenly spread, the first and the last among them.
        rtol: how far a value may be from the one without a kill, relative to it.
        atol: the same, absolute.

    Raises:
        AssertionError: it does not resume; says at which report, and what was different.
        ObjectiveNotPicklableError, TypeError, ValueError: an argument that cannot be used.
        RuntimeError: the objective raised, or could not be loaded in another process; with its traceback.
    """
    limits = _tolerance("rtol", rtol), _tolerance("atol", atol)
    function("objective", objective, ("trial",), "it is what study.optimize takes")
    max_kills = integer("max_kills", max_kills, 1, "the objective is killed that often at most")
    given = None if params is None else mapping("params", params, "None draws them")
    parsed = tuple(parse_direction(direction) for direction in directions)
    if not hasattr(os, "fork"):
        raise RuntimeError("assert_resumable needs a system that forks processes: Linux or macOS.")
    subject = Subject(packed(objective), given, parsed)
    with (
        tempfile.TemporaryDirectory(prefix="raytune_lite-resumable-") as name,
        closing(_Child(subject, Path(name))) as child,
    ):
        expected = child.run("whole")
        if not expected.curve:
            raise AssertionError("the objective reports nothing, so it has no step to resume at; call trial.report.")
        if not expected.saved:
            raise AssertionError(
                f"the objective saves no checkpoint: killed at any of its {len(expected.curve)} reports, it begins at "
                "zero. Call trial.save_checkpoint(state, step) after a report, and trial.load_checkpoint() first."
            )
        for number in _spread(len(expected.curve), max_kills):
            try:
                _compare(number, expected, child.run(f"killed-{number}", number), limits)
            except AssertionError:
                _check_repeatable(expected, child.run("again"), limits)
                raise


@dataclass(slots=True)
class _Run:
    """What the last attempt of a trial did. ``curve``: values by step."""

    resumed_from: int | None = None
    curve: dict[int, list[float]] = field(default_factory=dict)
    saved: list[int] = field(default_factory=list)
    result: list[float] = field(default_factory=list)


def _compare(number: int, expected: _Run, found: _Run, limits: tuple[float, float]) -> None:
    steps = list(expected.curve)
    start = found.resumed_from
    where = f"killed at report {number} (step {steps[number - 1]}), it "
    where += "began again at zero" if start is None else f"went on from the checkpoint of step {start}"
    if start is not None and found.curve and next(iter(found.curve)) <= start:
        raise AssertionError(
            f"{where}, but its first report is of step {next(iter(found.curve))}: it trained again what it had. Take "
            "the state and the step from trial.load_checkpoint()."
        )
    for step, values in expected.curve.items():
        if start is not None and step <= start:
            continue
        if step not in found.curve:
            raise AssertionError(f"{where}, and never reported step {step}. {CAUSES}")
        if not _are_close(values, found.curve[step], limits):
            raise AssertionError(
                f"{where}. Step {step} gave {_text(found.curve[step])} then, and {_text(values)} without the kill. "
                f"{CAUSES}"
            )
    extra = [step for step in found.curve if step not in expected.curve]
    if not _are_close(expected.result, found.result, limits):
        raise AssertionError(
            f"{where}, and returned {_text(found.result)} in the end; without the kill {_text(expected.result)}."
        )
    if extra:
        raise AssertionError(f"{where}, and reported step {extra[0]}, which it does not report without the kill.")


def _check_repeatable(expected: _Run, found: _Run, limits: tuple[float, float]) -> None:
    for step, values in expected.curve.items():
        if step not in found.curve or not _are_close(values, found.curve[step], limits):
            raise AssertionError(
                f"the objective gives other values each time it is run, killed or not: step {step} gave "
                f"{_text(values)} and {_text(found.curve.get(step, []))}. Seed all that is random (the parameters were "
                "the same), or allow for it with rtol and atol."
            ) from None


def _are_close(one: Sequence[float], other: Sequence[float], limits: tuple[float, float]) -> bool:
    rtol, atol = limits
    return len(one) == len(other) and all(
        math.isclose(a, b, rel_tol=rtol, abs_tol=atol) or (math.isnan(a) and math.isnan(b))
        for a, b in zip(one, other, strict=True)
    )


def _text(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.9g}" for value in values) if values else "nothing"


def _tolerance(name: str, value: Any) -> float:
    found = as_float(value)
    if found is None or not found >= 0:
        raise ValueError(f"{name} must be a number >= 0, got {shown(value)}; 0 asks for equal values.")
    return found


def _spread(n: int, most: int) -> list[int]:
    """At most ``most`` of the numbers from 1 to n, the first and the last among them."""
    if n <= most:
        return list(range(1, n + 1))
    return sorted({1 + round(i * (n - 1) / max(1, most - 1)) for i in range(most)})


class _Child:
    """The process in which the objective runs, see ``child``."""

    def __init__(self, subject: Subject, folder: Path) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"from {main.__module__} import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        pickled = pickle.dumps(subject)
        problem = self._ask(json.dumps(sys.path).encode() + f"\n{len(pickled)}\n".encode() + pickled)
        if problem is not None:
            self.close()
            raise RuntimeError(f"the objective could not be loaded in another process:\n{problem}")

    def run(self, name: str, kill_at: int = 0) -> _Run:
        """The trial, run to its end after a kill at that report; 0: without one.

        Raises:
            RuntimeError: the objective raised.
        """
        folder = self._folder / name
        folder.mkdir()
        notes = folder / NOTES
        if kill_at:
            self._attempt(folder, kill_at, KILLED)
            notes.unlink()
        self._attempt(folder, 0, 0)
        return _read(notes)

    def _attempt(self, folder: Path, kill_at: int, expected: int) -> None:
        code = self._ask(json.dumps({"folder": str(folder), "kill_at": kill_at}).encode() + b"\n")
        if code != expected:
            error = folder / ERROR
            reason = error.read_text() if error.exists() else f"its process ended with exit code {code}"
            raise RuntimeError(f"the objective failed in another process:\n{reason}")

    def _ask(self, question: bytes) -> Any:
        to, back = self._process.stdin, self._process.stdout
        assert to is not None
        assert back is not None
        to.write(question)
        to.flush()
        answer = back.readline()
        if not answer:
            raise RuntimeError(f"the process of the objective has ended, with exit code {self._process.wait()}.")
        return json.loads(answer)

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def _read(notes: Path) -> _Run:
    run = _Run()
    for line in notes.read_text().splitlines():
        note = json.loads(line)
        if note["what"] == "begins":
            run.resumed_from = note["step"]
        elif note["what"] == "reports":
            run.curve.setdefault(note["step"], note["values"])
        elif note["what"] == "saves":
            run.saved.append(note["step"])
        else:
            run.result = note["values"]
    return run


__all__ = ["assert_resumable"]
