"""What a history folds to, as plain JSON that no renaming of the core's fields touches.

A change of the core changes this module with it, and never the recorded files.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from raytune_lite.core import messages as m
from raytune_lite.core.encoding import event_from_json
from raytune_lite.core.state import StudyState
from raytune_lite.trial import StudyDirection, TrialState

from ..core_tools import new_state

HERE = Path(__file__).parent
NEW_CLAIMS = 6  # of the run that goes on from a history's end
LAST_STEP = 10


def recorded() -> list[Path]:
    """The logs, each beside what it folds to."""
    return sorted(HERE.glob("*/*.jsonl"))


def lines_of(path: Path) -> list[str]:
    """The events of a log, each as it stood in ``rtl_events.json``."""
    return path.read_text(encoding="utf-8").splitlines()


class Folded:
    """A state, and the tables that follow from the rows of its events."""

    def __init__(self, directions: list[str]) -> None:
        self.state: StudyState = new_state(*(StudyDirection[name] for name in directions))
        self.tables: dict[str, dict[str, Any]] = {
            name: {} for name in ("trials", "attempts", "params", "reports", "values", "attrs", "rungs", "cells")
        }
        self.checkpoints: list[str] = []
        self.at = 0.0
        self.last_run = m.RunStarted(run="")

    def feed(self, at: float, line: str) -> None:
        """One event of a log."""
        event, self.at = event_from_json(line), at
        self.last_run = event if isinstance(event, m.RunStarted) else self.last_run
        self.handle(event)

    def do(self, kind: type[m.Event], **fields: Any) -> Any:
        """A new event; its answer."""
        answer = self.handle(kind(**fields))
        return answer.value if isinstance(answer, m.Answer) else answer

    def claim(self, slot: str) -> m.Assignment | None:
        """A slot's claim, with a sampler that suggests nothing."""
        answer = self.do(m.Claimed, slot=slot, node="n", pid=1)
        if isinstance(answer, m.Suggest):
            answer = self.do(m.Suggested, number=answer.number, params=())
        assert answer is None or isinstance(answer, m.Assignment)
        return answer

    def handle(self, event: m.Event) -> Any:
        """Handle an event and take in its rows; the last command that is no row."""
        last = None
        for command in self.state.handle(event, self.at).commands:
            if isinstance(command, m.Row):
                _TAKE[type(command)](self, command)
            elif not isinstance(command, m.Discard):
                last = command
        return last


def _put(table: str, key: Callable[[Any], str], value: Callable[[Any], Any]) -> Callable[[Folded, Any], None]:
    def take(folded: Folded, row: Any) -> None:
        folded.tables[table][key(row)] = value(row)

    return take


def _set_state(folded: Folded, row: m.SetState) -> None:
    entry = folded.tables["trials"].setdefault(str(row.number), ["", 0, None, None])
    entry[:2] = [row.state.name, row.attempt]
    entry[2] = entry[2] if row.started is None else row.started
    entry[3] = entry[3] if row.completed is None else row.completed


def _end_attempt(folded: Folded, row: m.EndAttempt) -> None:
    folded.tables["attempts"][f"{row.number}/{row.attempt}"] += [
        row.outcome, row.ended, row.exit_code, row.stderr_tail or "", row.message[:40],
    ]  # fmt: skip


def _promote(folded: Folded, row: m.PromoteRung) -> None:
    folded.tables["rungs"][f"{row.number}/{row.level}"][-1] = True


_TAKE: dict[type[m.Row], Callable[[Folded, Any], None]] = {
    m.NewTrial: _put(
        "trials", lambda r: str(r.number), lambda r: [r.state.name, r.attempt, r.started, r.completed, r.cell]
    ),
    m.SetState: _set_state,
    m.AdoptTrial: _put("trials", lambda r: str(r.number), lambda r: [r.state.name, 0, None, None, r.cell]),
    m.PutParam: _put("params", lambda r: f"{r.number}/{r.param.name}", lambda r: r.param.value),
    m.PutReport: _put("reports", lambda r: f"{r.number}/{r.step}", lambda r: repr(r.values[0])),
    m.PutValues: _put("values", lambda r: str(r.number), lambda r: [repr(value) for value in r.values]),
    m.PutAttr: _put("attrs", lambda r: f"{r.number}/{'system' * r.system}/{r.key}", lambda r: r.value_json[:60]),
    m.NewAttempt: _put(
        "attempts", lambda r: f"{r.number}/{r.attempt}", lambda r: [r.slot, r.node, r.started, r.resumed_step]
    ),
    m.EndAttempt: _end_attempt,
    m.PutCheckpoint: lambda folded, row: folded.checkpoints.append(row.checkpoint.uri),
    m.DropCheckpoint: lambda folded, row: folded.checkpoints.remove(row.uri),
    m.PutRung: _put("rungs", lambda r: f"{r.number}/{r.level}", lambda r: [repr(r.losses[0]), r.how, False]),
    m.PromoteRung: _promote,
    m.PutCell: _put("cells", lambda r: str(r.cell), lambda r: [r.state, r.number, r.failures]),
}


def fold(times: list[float] | None, lines: list[str], directions: list[str]) -> Folded:
    """A whole log. ``times``: of its events; None: they stand in the events, as in version 0.1.0."""
    times = times or [json.loads(line)["at"] for line in lines]
    folded = Folded(directions)
    for at, line in zip(times, lines, strict=True):
        folded.feed(at, line)
    return folded


def summary(folded: Folded) -> dict[str, Any]:
    """All that the state decides by, and the tables."""
    state = folded.state
    return {
        "events": state.n_events,
        "next_number": state.next_number,
        "run": state.run.name or "",
        "budget": state.run.budget,
        "stopping": state.run.stopping or "",
        "aborted": state.run.aborted or "",
        "work": [state.work(folded.at), state.work()],
        "is_over": state.is_over(),
        "queue": list(state.queue),
        "retry": {str(number): due for number, due in state.retry.items()},
        "paused": list(state.paused),
        "live": {slot: [number, state.trials[number].attempt] for slot, number in state.slots.items()},
        "requests": dict(state.requests),
        "best": state.best,
        "promotions": state.promotions,
        "counts": {kind.name: n for kind, n in state.counts.items() if n},
        "space": {name: str(distribution) for name, distribution in state.space.items()},
        "ended": [trial.number for trial in state.finished],
        "cells": state.ledger.counts() if state.ledger is not None else None,
        "trials": {str(number): _trial(trial) for number, trial in state.trials.items()},
        "checkpoints": folded.checkpoints,
        "tables": folded.tables,
    }


def _trial(trial: Any) -> dict[str, Any]:
    found = {
        "state": trial.state.name,
        "attempt": trial.attempt,
        "fixed": dict(trial.fixed),
        "suggested": None if trial.suggested is None else {p.name: p.value for p in trial.suggested},
        "last_step": trial.last_step,
        "verdicts": {str(step): [attempt, d.value] for step, (attempt, d) in trial.verdicts.items()},
        "pending": trial.pending.value,
        "resumed": trial.resumed.uri if trial.resumed else None,
        "retried": {kind.value: n for kind, n in trial.retried.items()},
        "failed": trial.failed.value if trial.failed else None,
        "charged_to_run": trial.charged_to_run,
        "started": trial.started_at,
        "attempt_at": trial.attempt_at,
        "node": trial.node,
        "pid": trial.pid,
        "external": trial.external,
    }
    return {name: value for name, value in found.items() if value not in ({}, None, "", 0, False)}


def go_on(folded: Folded) -> dict[str, Any]:
    """What the rest of the run, and a later one, make of the state: claims, decisions, ends."""
    state, last = folded.state, folded.last_run
    folded.at += 3600.0  # every delayed retry is due
    found: dict[str, Any] = {"claim": _claims(folded, "c", 1)}
    folded.do(
        m.RunStarted, run="later", n_trials=NEW_CLAIMS - 2, pruner=last.pruner, sampler=last.sampler,
        retries=last.retries, checkpoints_kept=last.checkpoints_kept,
    )  # fmt: skip
    found["claims"] = _claims(folded, "d", NEW_CLAIMS)
    live = list(state.slots.values())
    found["decisions"] = {str(number): _report(folded, number) for number in live}
    found["work"] = [state.work(), state.is_over(), state.run.budget, state.promotions, state.best]
    found["ends"] = {str(number): _end(folded, number) for number in live}
    found["promotions"] = _claims(folded, "e", 3)
    found["rungs"], found["cells"] = folded.tables["rungs"], folded.tables["cells"]
    return found


def _claims(folded: Folded, slot: str, n: int) -> list[Any]:
    return [_assignment(folded.claim(f"{slot}{i}")) for i in range(n)]


def _assignment(given: m.Assignment | None) -> Any:
    if given is None:
        return None
    steps = range(LAST_STEP + 1)
    return {
        "trial": [given.number, given.attempt],
        "fixed": dict(given.fixed),
        "used": [name for name, _ in given.used],
        "params": {p.name: p.value for p in given.params},
        "suggested": {p.name: p.value for p in given.suggested},
        "attrs": [dict(given.user_attrs), dict(given.constraints)],
        "due": [step for step in steps if given.schedule.next_after(step - 1) == step],
        "checkpoint": given.checkpoint.uri if given.checkpoint else None,
        "last_step": -1 if given.last_step is None else given.last_step,
        "started": given.started,
    }


def _report(folded: Folded, number: int) -> list[str]:
    """The decisions at all further steps."""
    trial, objectives = folded.state.trials[number], len(folded.state.directions)
    if objectives > 1:
        return []
    found = []
    for step in range(trial.last_step + 1, LAST_STEP + 1):
        reports = ((step, ((number * 7 % 5) / 4 + 1 / (step + 1),)),)
        progress = m.Progress(reports=reports)
        found.append(folded.do(m.Reported, number=number, attempt=trial.attempt, progress=progress).value)
        if found[-1] != "continue":
            break
    return found


def _end(folded: Folded, number: int) -> str:
    trial, values = folded.state.trials[number], (0.75,) * len(folded.state.directions)
    outcome = m.Outcome.COMPLETE if trial.pending is m.Decision.CONTINUE else m.Outcome.PRUNED
    fields = {"values": values if outcome is m.Outcome.COMPLETE else None, "outcome": outcome}
    state: TrialState = folded.do(m.AttemptEnded, number=number, attempt=trial.attempt, **fields)
    return state.name
