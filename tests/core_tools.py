"""A shell for the bare core: plays events by hand, keeps the log, checks every invariant after each event."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
from collections import Counter, deque
from collections.abc import Mapping

from raytune_lite.core import encoding, snapshot
from raytune_lite.core import messages as m
from raytune_lite.core.kept import FinishedTrials
from raytune_lite.core.ledger import Ledger
from raytune_lite.core.pending import PendingTrials
from raytune_lite.core.retries import RetryPolicy
from raytune_lite.core.state import StudyState
from raytune_lite.distributions import FloatDistribution
from raytune_lite.pruners import ASHAPruner, NopPruner, pruner_from_spec
from raytune_lite.runtime.config import RunConfig
from raytune_lite.runtime.driver import Driver
from raytune_lite.runtime.host import RealHost
from raytune_lite.runtime.session import Session
from raytune_lite.samplers import RandomSampler, sampler_from_spec
from raytune_lite.storages.repository import Repository
from raytune_lite.trial import StudyDirection, TrialState

INVALID = m.FailureKind.INVALID
MINIMIZE, MAXIMIZE = StudyDirection.MINIMIZE, StudyDirection.MAXIMIZE
UNIT = FloatDistribution(0.0, 1.0)
T0 = 1_700_000_000.0  # seconds since 1970 at which the tests' studies were made


class Clock(RealHost):
    """A host whose clocks a test sets: ``now`` moves all of them, ``ahead`` the wall clock alone.

    ``asleep``: seconds for which the machine was suspended, besides. ``on_sleep``: called whenever somebody sleeps.
    """

    def __init__(self, now=T0):
        self.now, self.ahead, self.asleep = now, 0.0, 0.0
        self.on_sleep = lambda: None

    def time(self):
        return self.now + self.asleep + self.ahead

    def monotonic(self):
        return self.now

    def elapsed(self):
        return self.now + self.asleep

    def machine(self):
        return "here"

    def sleep(self, seconds):
        self.now += seconds
        self.on_sleep()


def study_config(storage, **settings):
    """The configuration of a run of a new study "s"."""
    repository = Repository.open(storage)
    repository.create_study("s", [StudyDirection.MINIMIZE], now=T0)
    repository.close()
    usual = {"run": "run-1", "sampler": RandomSampler(0), "durable": False}
    return RunConfig(storage=storage, study_name="s", **{**usual, **settings})


def open_driver(config):
    """A driver in this process whose session a test may look into: ``inside(driver)``."""
    return Driver(config, RealHost(), print, open_session=lambda later: OpenSession(config, later=later))


def inside(driver):
    """The session of a driver in this process."""
    return driver._session


class OpenSession(Session):
    """A session into which a test may look."""

    @property
    def state(self):
        return self._state

    @property
    def slots(self):
        return self._slots


def plain(value):
    """Anything as nested lists that compare equal exactly when the contents do (NaN equals NaN)."""
    if isinstance(value, enum.Enum):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [f.name for f in dataclasses.fields(value) if f.compare]
        return [type(value).__name__, *([name, plain(getattr(value, name))] for name in names)]
    if isinstance(value, FinishedTrials):
        return value.numbers()
    if isinstance(value, Mapping):
        return [[plain(k), plain(v)] for k, v in value.items()]
    if isinstance(value, (list, tuple, deque)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(item) for item in value)
    if hasattr(value, "__dict__"):
        return plain({name: item for name, item in vars(value).items() if not callable(item)})
    return repr(value)


def brief(error):
    """A refusal of something huge must not be huge."""
    assert len(str(error)) < 3000, str(error)[:300]


def dump(state):
    """All of a StudyState."""
    assert [trial.number for trial in state.finished] == [t.number for t in state.finished]  # frozen when first seen
    return plain(state)


def reopened(state):
    """A state that was stored as a snapshot, and read again."""
    found = StudyState(state.directions, state.pruner_for, state.grid_for, state.name)
    snapshot.load(found, iter(list(snapshot.dump(state))))
    return found


def new_state(*directions, name=""):
    return StudyState(
        directions or (MINIMIZE,),
        lambda spec: NopPruner() if spec == "{}" else pruner_from_spec(json.loads(spec)),
        lambda spec: None if spec == "{}" else sampler_from_spec(json.loads(spec)).grid,
        name,
    )


def check(state):
    """What must hold after every event."""
    trials = state.trials
    assert Counter(t.state for t in trials.values()) == {s: n for s, n in state.counts.items() if n}
    assert all(number == t.number < state.next_number for number, t in trials.items())
    assert len(set(state.slots.values())) == len(state.slots), "two live attempts of one trial"
    for slot, number in state.slots.items():
        assert trials[number].slot == slot
    assert state.n_started() == sum((t.attempt > 0 or t.state.is_finished()) and t.failed is not INVALID
                                    and t.parent is None for t in trials.values())  # fmt: skip
    check_lineage(state)
    if trials.is_settled:
        assert all(trials.is_packed(number) == (state.breeder is None) for number in state.paused)
    for t in trials.values():
        assert trials.has_checkpoints(t.number) == bool(t.checkpoints)
        assert not trials.is_closed(t.number) or (t.state.is_finished() and not t.checkpoints)
    assert trials.checkpoint_bytes() == sum(ref.size for t in trials.values() for ref in t.checkpoints)
    packer = trials.packer
    for t in trials.values():
        assert plain(packer.unpack(packer.pack(t))) == plain(t)
        assert (t.slot is not None) == (t.state is TrialState.RUNNING and not t.external)
        assert (t.number in state.retry) == (t.state is TrialState.WAITING and t.attempt > 0)
        assert t.stop is None or t.slot is not None
        assert not t.goes_first or t.number in state.retry
        waits = (t.number in state.queue) + (t.number in state.lineage.waiting)
        assert waits == (t.state is TrialState.WAITING and t.attempt == 0)
        assert t.parent is not None or t.number not in state.lineage.waiting
        if t.state is TrialState.COMPLETE:
            assert t.values
            assert not any(math.isnan(v) for v in t.values)
    if state.n_events % 3:  # asked after one event, and after several
        under_way = sorted({*state.slots.values(), *state.paused, *state.retry})
        shown = state.view().load_pending()
        assert [trial.number for trial in shown] == under_way
        assert plain(list(shown)) == plain(list(PendingTrials().show(state))), "a change was not seen"
    first = [trials[number].goes_first for number in state.retry]
    assert first == sorted(first, reverse=True), "interrupted trials go on before others"
    assert len(set(state.queue)) == len(state.queue)
    assert state.run.budget is None or state.run.budget >= 0
    if len(state.directions) == 1:
        sign = -1 if state.directions[0] is MAXIMIZE else 1
        complete = [t for t in trials.values() if t.state is TrialState.COMPLETE]
        done = [(any(v > 0 for _, v in t.constraints()), sign * t.values[0], t.number) for t in complete]
        assert state.best == (min(done)[2] if done else None)
    if isinstance(state.ledger, Ledger):
        check_ledger(state.ledger)
        for number in state.ledger.held:
            assert not trials[number].state.is_finished()


def check_lineage(state):
    """Readers are counted, and what they read is kept."""
    readers = Counter()
    for t in state.trials.values():
        borrowed = t.parent if t.borrows else t.heir
        if borrowed is not None:
            assert not t.state.is_finished()
            readers[borrowed.checkpoint.uri] += 1
            owner = state.trials.peek(borrowed.number)
            assert borrowed.checkpoint in (*owner.checkpoints, *owner.lent), "a reader's checkpoint is gone"
    assert readers == Counter(state.lineage.readers)
    for t in state.trials.values():
        assert all(ref.uri in readers for ref in t.lent), "kept for nobody"


def check_ledger(ledger):
    counts = ledger.counts()
    assert sum(counts.values()) == ledger.grid.size, "free + leased + done + dead == cells"
    assert counts["free"] == ledger.free()
    assert ledger.free() == ledger.grid.size - sum(c.state.value != "free" for c in ledger.cells.values())
    held = {cell: number for number, cell in ledger.held.items()}
    assert len(held) == len(ledger.held), "a cell leased to two trials"
    assert held == {c: entry.number for c, entry in ledger.cells.items() if entry.state.value == "leased"}


class Shell:
    """The bare machine with a log. Time is the number of the event."""

    def __init__(self, *directions):
        self.directions = directions or (MINIMIZE,)
        self.state = new_state(*self.directions)
        self.log = []
        self.at = 0.0

    def handle(self, event):
        """All commands of an event; a Suggest is answered by the sampler that foresees nothing."""
        effects = self.state.handle(event, self.at)
        if effects.changed:
            line = encoding.event_to_json(event)
            assert plain(encoding.event_from_json(line)) == plain(event)
            self.log.append((self.at, line))
        check(self.state)
        commands = list(effects.commands)
        if commands and isinstance(commands[-1], m.Suggest):
            commands += self.handle(m.Suggested(number=commands[-1].number, params=()))
        return commands

    def do(self, kind, /, **fields):
        self.at += 1
        return self.handle(kind(**fields))

    def ask(self, kind, /, **fields):
        """The value of the one answer."""
        answers = [c.value for c in self.do(kind, **fields) if isinstance(c, m.Answer)]
        assert len(answers) == 1
        return answers[0]

    def fold(self):
        state = new_state(*self.directions)
        for at, line in self.log:
            state.handle(encoding.event_from_json(line), at)
        return state

    # --- short words ---------------------------------------------------------------------------------------------

    def run(
        self, n_trials=None, *, max_trials=None, pruner=None, sampler=None, retries=None, name="run", held=(), **fields
    ):
        return self.do(
            m.RunStarted,
            run=name,
            n_trials=n_trials,
            max_trials=max_trials,
            pruner=json.dumps((pruner or NopPruner()).spec()),
            sampler=json.dumps((sampler or RandomSampler(0)).spec()),
            retries=json.dumps((retries or RetryPolicy()).spec()),
            held=held,
            **fields,
        )

    def claim(self, slot="s"):
        return self.ask(m.Claimed, slot=slot)

    def report(self, number, *pairs, attempt=None, **progress):
        attempt = self.state.trials[number].attempt if attempt is None else attempt
        progress = m.Progress(reports=reports(*pairs), **progress)
        return self.ask(m.Reported, number=number, attempt=attempt, progress=progress)

    def end(self, number, outcome="complete", *values, attempt=None, **fields):
        attempt = self.state.trials[number].attempt if attempt is None else attempt
        fields |= {"outcome": m.Outcome(outcome), "values": values or None}
        return self.ask(m.AttemptEnded, number=number, attempt=attempt, **fields)

    def lose(self, number, kind="worker_crash", attempt=None):
        attempt = self.state.trials[number].attempt if attempt is None else attempt
        return self.ask(m.AttemptLost, number=number, attempt=attempt, kind=m.FailureKind(kind), message="gone")


def reports(*pairs):
    """(step, value) pairs as a message has them: one value an objective."""
    return tuple((step, value if isinstance(value, tuple) else (value,)) for step, value in pairs)


def asha(low=1, high=9, eta=3, mode="promote"):
    return ASHAPruner(low, high, eta, mode=mode)


def ref(step, attempt=1, number=0):
    uri = f"trial-{number:05d}/attempt-{attempt}/step-{step}"
    return m.CheckpointRef(step=step, attempt=attempt, uri=uri, digest="d", size=1)
