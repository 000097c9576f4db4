"""What can happen to a study. Every event is a record that ``StudyState.handle`` has a handler for.

An event carries no time: its sender's clock does not count. The session that takes it in notes when (LogEntry). Values
the user chose (attributes, specs) travel as JSON text: data, never structure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ..distributions import Distribution
from .values import Failure, FailureKind, Outcome, ParamValue, Progress

GRACE = 30.0  # seconds; see the events of control


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a study."""


class LogEntry(NamedTuple):
    """One entry of a study's log: an event, and when it was taken in.

    ``at``: seconds since the study was created. ``text``: the event's JSON as its sender wrote it, which is stored
    unchanged; None when it is not encoded yet, and in entries that were read back.
    """

    at: float
    event: Event
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """A driver began a run of the study. Attempts of earlier runs are lost; the budget is the new one.

    ``n_trials``: configurations this run may start (None: no bound). ``max_trials``: bound on the study's total.
    ``pruner``, ``sampler``, ``retries``: JSON text of their specs. ``checkpoints_kept``: reported ones of a trial that
    may be resumed from, at least 1; more, to go back to when one is damaged. ``keeps_resumed``: also the one that a
    live attempt began from, which the attempt may read late; runs of older logs dropped it. ``frees_paused``: paused
    trials lose their checkpoints once this run cannot promote them; ``max_checkpoint_bytes``: see ``optimize``.
    ``awaits_reports``: a trial begins anew, also without a pruner, when no report came after its first checkpoint.
    ``machine``: the boot of the machine on which the driver is ("": not known), and ``zero``: what the machine's clock
    showed when the study was created, by which a driver of this run that begins again there knows the time; the core
    reads neither. ``held``: trials that ``ask`` has given to somebody in this process, who may still tell their
    results: this run leaves them alone. ``surroundings``: JSON text of what a person needs to run the study again: the
    command, versions, the resources of a trial; the core does not read it. ``price``: of one slot for an hour; 0: not
    known. ``prices``: JSON text of what it was computed from. ``max_cost``: no attempt begins once the study has cost
    so much. ``moves_at``: steps from which on trials ask for other resources, in rising order: who reports one goes on
    in another attempt, once it has saved. ``shares_gpus``: each attempt gets the share of a GPU that it is expected to
    need. ``before_until``: until when the run before was at work, in seconds since the study was created; None: as long
    as this one did not begin.
    """

    run: str
    n_trials: int | None = None
    max_trials: int | None = None
    pruner: str = "{}"
    sampler: str = "{}"
    retries: str = "{}"
    checkpoints_kept: int = 1
    keeps_resumed: bool = False
    frees_paused: bool = False
    awaits_reports: bool = False
    max_checkpoint_bytes: int | None = None
    machine: str = ""
    zero: float = 0.0
    held: tuple[int, ...] = ()
    surroundings: str = "{}"
    price: float = 0.0
    prices: str = "{}"
    max_cost: float | None = None
    moves_at: tuple[int, ...] = ()
    shares_gpus: bool = False
    before_until: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(Event):
    """The run's budget is spent and nothing is promotable: what is still paused becomes PRUNED."""

    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRequested(Event):
    """Nothing starts in this run any more, new, promoted or retried; what is paused stays paused."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialEnqueued(Event):
    """The user asked for a configuration: ``params`` are (name, JSON text of the external value).

    ``key``: a name of this request; a re-sent one is answered again and adds nothing. None: it is never sent again.
    """

    params: tuple[tuple[str, str], ...]
    user_attrs: tuple[tuple[str, str], ...] = ()
    key: str | None = None
    system_attrs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialAdded(Event):
    """A trial that ran elsewhere, or runs there. ``imported``: its rows are in Optuna's tables, under ``number``.

    An imported one with a ``key``: a user tells the end of a trial that ran elsewhere, which is not in the tables yet.
    ``reports``: as in Progress; an imported one has a single value also in a study of several objectives. ``key``: as
    for TrialEnqueued. ``started``, ``completed``: seconds since the study was created, below 0 before; None: now.
    """

    number: int | None
    state: int
    values: tuple[float, ...] | None = None
    params: tuple[ParamValue, ...] = ()
    reports: tuple[tuple[int, tuple[float, ...]], ...] = ()
    user_attrs: tuple[tuple[str, str], ...] = ()
    system_attrs: tuple[tuple[str, str], ...] = ()
    imported: bool = False
    key: str | None = None
    started: float | None = None
    completed: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialHeld(Event):
    """Somebody works at an attempt outside of any run, and may tell its result for so many seconds from now on.

    ``progress``: what the attempt has used so far.
    """

    number: int
    attempt: int
    seconds: float
    progress: Progress = Progress()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldEnded(Event):
    """The result of a held attempt, from any process; see AttemptEnded. ``key``: as for TrialEnqueued."""

    number: int
    attempt: int
    outcome: Outcome
    key: str
    progress: Progress = Progress()
    values: tuple[float, ...] | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodesLeaving(Event):
    """The nodes that will be gone soon: all of them, as they are known now.

    ``nodes``: (name, seconds until it is gone) pairs; None: when it will be gone is not known.
    """

    nodes: tuple[tuple[str, float | None], ...]


# --- control: what a user asks of a running study, from any process --------------------------------------------------
# ``key``: a name of the request; a re-sent one is answered again and changes nothing. ``grace``: seconds that a live
# attempt is given to finish its step and to save, before its task is killed; 0 kills it at once.


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialStopRequested(Event):
    """The user wants one trial to end for good."""

    number: int
    key: str
    grace: float = GRACE


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPaused(Event):
    """The user wants the run to hold no slot until StudyUnpaused."""

    key: str
    grace: float = GRACE


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyUnpaused(Event):
    """The user wants the run to go on."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunExtended(Event):
    """The user wants the run to start more configurations.

    ``n_trials``: how many more; or ``max_trials``: until the study has so many. A run without a bound stays without.
    """

    key: str
    n_trials: int | None = None
    max_trials: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotsResized(Event):
    """The user wants at most ``n_slots`` attempts at once, for the rest of this run."""

    n_slots: int
    key: str
    grace: float = GRACE


# --- attempts --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed(Event):
    """A slot (one task, named once for all) asks for its trial.

    ``node``, ``pid``: where its process runs; None when that is not known. ``prefetched``: the claim was made before
    the slot's task runs.
    """

    slot: str
    node: str | None = None
    pid: int | None = None
    prefetched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptBegan(Event):
    """The task of an attempt has begun that was claimed before: ``node``, ``pid``: where its process runs.

    ``price``: of what it asked for, an hour; None: that of a slot of the run.
    """

    number: int
    attempt: int
    node: str | None = None
    pid: int | None = None
    price: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested(Event):
    """The sampler's values for the parameters that it expects this trial to use.

    ``seen``: the number of events whose outcome it knew, so that the same values can be derived again from the log
    (None: all before this one). ``note``: how it chose, for people.
    """

    number: int
    params: tuple[ParamValue, ...]
    seen: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamAsked(Event):
    """An attempt met a parameter that was not suggested. Not logged: ParamSet is, once the value is known."""

    number: int
    attempt: int
    name: str
    distribution: Distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamSet(Event):
    """The sampler's value for one parameter that was not suggested. ``seen``: as for Suggested."""

    number: int
    attempt: int
    param: ParamValue
    seen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported(Event):
    """An attempt delivered its progress; the answer is the decision at its last step."""

    number: int
    attempt: int
    progress: Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptEnded(Event):
    """An attempt returned. ``failure``: the exception's text when it raised.

    ``values`` are the objective's; of one that ended early (PRUNED) its estimate, or None. ``reason``: why it was
    interrupted, for people.
    """

    number: int
    attempt: int
    outcome: Outcome
    progress: Progress = Progress()
    values: tuple[float, ...] | None = None
    failure: Failure | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptLost(Event):
    """An attempt ended and did not say how. ``message`` is for people; ``stderr_tail``: the end of its stderr."""

    number: int
    attempt: int
    kind: FailureKind
    message: str = ""
    exit_code: int | None = None
    stderr_tail: str | None = None
