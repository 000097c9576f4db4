"""A study's state as lines of text, and back, without loss: the first line is the study, each further one a trial.

The fold of the log is the truth; a snapshot is what it led to. Knows no file and no database: who stores a snapshot
stores beside it to which log, and to which version of the code, it belongs.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from typing import Any

from ..distributions import distribution_to_json, json_to_distribution
from ..trial import TrialState
from .gpu_shares import GpuUse
from .protocols import Dumps
from .record import Lineage, Run
from .retries import RetryPolicy
from .state import StudyState
from .tree import ledger_for
from .trials import TRANSITIONS, written

FORMAT = 2  # 1: a line of a trial has the names of its fields
_ENCODE = json.JSONEncoder(separators=(",", ":")).encode
_ROWS = {written(row): row for row in TRANSITIONS}
_PLAIN = ("n_events", "next_number", "n_invalid", "best", "promotions", "pruner_spec", "sampler_spec")
_LATER = ("cost",)  # plain as well; older snapshots lack them
_RUN = ("name", "began_at", "budget", "paused", "slot_limit", "stopping", "aborted", "common_failure", "disk_failures",
        "has_saved", "checkpoints_kept", "keeps_resumed", "frees_paused", "awaits_reports",
        "max_checkpoint_bytes", "price", "max_cost", "begun_at", "leaving", "moves_at",
        "shares_gpus", "surcharge", "surcharge_begun")  # fmt: skip


def can_dump(state: StudyState) -> bool:
    """Whether ``dump`` can: a pruner may have a judge that does not follow ``Dumps``."""
    return isinstance(state.judge, Dumps)


def dump(state: StudyState) -> Iterator[str]:
    """The lines of a state. Nothing may change it before the last one is taken.

    Raises:
        TypeError: see ``can_dump``.
    """
    if not isinstance(state.judge, Dumps):
        raise TypeError(f"the judge of {state.pruner_spec} follows no Dumps, so there can be no snapshot.")
    trials = list(state.trials.lines())  # before the palette, to which they may add
    head = {name: getattr(state, name) for name in (*_PLAIN, *_LATER)}
    head |= {
        "format": FORMAT,
        "palette": state.trials.packer.palette.dump(),
        "shapes": state.trials.packer.palette.shapes,
        "numbers": list(state.trials),
        "unpacked": [number for number in state.trials if not state.trials.is_closed(number)],
        "finished": state.finished.numbers(),
        "counts": {kind.name: n for kind, n in state.counts.items()},
        "transitions": {written(row): n for row, n in state.transitions.items()},
        "space": {name: distribution_to_json(distribution) for name, distribution in state.space.items()},
        "slots": state.slots,
        "retry": list(state.retry.items()),
        "paused": list(state.paused),
        "queue": list(state.queue),
        "requests": list(state.requests.items()),
        "run": {name: getattr(state.run, name) for name in _RUN},
        "retries": state.run.retries.spec(),
        "lineage": state.lineage.dump(),
        "gpu_use": state.gpu_use.dump(),
        "judge": state.judge.dump(),
        "ledger": None if state.ledger is None else state.ledger.dump(),
    }
    yield _ENCODE(head)
    yield from trials


def load(state: StudyState, lines: Iterator[str]) -> None:
    """Make a new state the one that was dumped.

    Raises:
        ValueError: the lines are of another format, or not whole.
    """
    head = json.loads(next(lines))
    if head["format"] not in (1, FORMAT):
        raise ValueError(f"a snapshot must be of format 1 or {FORMAT}, got {head['format']!r}.")
    for name in _PLAIN:
        setattr(state, name, head[name])
    for name in _LATER:
        setattr(state, name, head.get(name, getattr(state, name)))
    state.counts = {TrialState[name]: n for name, n in head["counts"].items()}
    state.transitions = {_ROWS[text]: n for text, n in head["transitions"].items()}
    state.space = {name: json_to_distribution(text) for name, text in head["space"].items()}
    state.slots = head["slots"]
    state.retry = dict(map(tuple, head["retry"]))
    state.paused.update(dict.fromkeys(head["paused"]))
    state.queue = deque(head["queue"])
    state.requests = dict(map(tuple, head["requests"]))
    state.run = _run(head["run"], head["retries"])
    state.lineage = Lineage.load(head.get("lineage"))  # the first snapshots had none
    state.gpu_use = GpuUse.load(head.get("gpu_use"))
    if state.pruner_spec:
        state.seat(state.pruner_for(state.pruner_spec))
    if not isinstance(state.judge, Dumps):
        raise ValueError(f"the judge of {state.pruner_spec} follows no Dumps.")
    state.judge.load(head["judge"])
    if head["ledger"] is not None:
        grid = state.grid_for(state.sampler_spec)
        if grid is None:
            raise ValueError(f"the sampler {state.sampler_spec} has no grid, and the snapshot has one.")
        state.ledger = ledger_for(grid)
        state.ledger.load(head["ledger"])
    state.trials.packer.palette.load(head["palette"], head.get("shapes", ()))
    unpacked = set(head["unpacked"])  # membership only
    if state.breeder is None:
        unpacked.difference_update(state.paused)
    numbered = zip(head["numbers"], lines, strict=True)
    state.trials.load((number, number not in unpacked, line) for number, line in numbered)
    state.finished.load(head["finished"])


def _run(data: dict[str, Any], retries: dict[str, Any]) -> Run:
    if data["common_failure"] is not None:
        data["common_failure"] = tuple(data["common_failure"])
    data["moves_at"] = tuple(data.get("moves_at", ()))  # older snapshots lack it
    return Run(retries=RetryPolicy(**retries), **data)


__all__ = ["FORMAT", "can_dump", "dump", "load"]
