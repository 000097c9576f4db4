"""A random shell against the core: whatever happens in whatever order, the invariants hold and the log folds back."""

from __future__ import annotations

import itertools
import math
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from raytune_lite.core import messages as m
from raytune_lite.core.messages import Decision
from raytune_lite.core.retries import RetryPolicy
from raytune_lite.distributions import IntDistribution
from raytune_lite.exceptions import StaleAttemptError
from raytune_lite.pruners import MedianPruner, NopPruner
from raytune_lite.samplers import GridSampler, RandomSampler
from raytune_lite.trial import TrialState

from .core_tools import MAXIMIZE, MINIMIZE, UNIT, Shell, asha, dump, ref, reopened

GRID = GridSampler({"x": [1, 2, 3], "y": [10, 20]}, seed=3, max_failures=2)
GRID_DISTS = {"x": IntDistribution(1, 3), "y": IntDistribution(10, 20, step=10)}
VALUES = (0.0, 1.0, 1.0, 2.0, -3.0, 0.5, math.inf, -math.inf)
REPORTS = (*VALUES, math.nan)
LOSSES = ("timeout", "worker_crash", "out_of_memory", "node_lost", "lease_expired", "driver_lost")
PRUNERS = (NopPruner(), asha(1, 9, 3), asha(2, 8, 2), asha(1, 4, 2, mode="stop"), MedianPruner(1, 1, 2))


class Chaos(Shell):
    """Plays a random shell: legal moves, repeated messages, ghosts."""

    def __init__(self, n_slots, pruner, sampler, direction):
        super().__init__(direction)
        self.n_slots, self.settings = n_slots, {"pruner": pruner, "sampler": sampler}
        self.names, self.runs = itertools.count(), itertools.count()
        self.sent = []  # (kind, fields, answer) of the live attempts
        self.attempts = {}
        self.begin(None)

    def begin(self, n_trials, **budget):
        retries = RetryPolicy(exception=1, worker_crash=1, out_of_memory=0, lease_expired=1, node_lost=2)
        self.run(n_trials, name=f"run-{next(self.runs)}", retries=retries, **self.settings, **budget)
        self.sent.clear()

    def handle(self, event):
        done = {c for c, cell in self.cells() if cell.state.value == "done"}
        commands = super().handle(event)
        for number, trial in self.state.trials.items():
            assert trial.attempt >= self.attempts.get(number, 0), "attempts only rise"
            self.attempts[number] = trial.attempt
        assert done <= {c for c, cell in self.cells() if cell.state.value == "done"}, "a result was taken back"
        written = [c.cell for c in commands if isinstance(c, m.PutCell) and c.state == "done"]
        assert not done.intersection(written)
        assert len(written) == len(set(written)), "a cell was DONE twice"
        return commands

    def cells(self):
        return () if self.state.ledger is None else self.state.ledger.cells.items()

    def play(self, op, x):
        getattr(self, op)(x)

    # --- moves ---------------------------------------------------------------------------------------------------

    def pick(self, x):
        live = list(self.state.slots.items())
        return live[x % len(live)] if live else (None, None)

    def claims(self, x):
        if len(self.state.slots) < self.n_slots:
            self.claim(f"slot-{next(self.names)}")
        else:
            slot, number = self.pick(x)
            again = self.claim(slot)
            assert (again.number, again.attempt) == (number, self.state.trials[number].attempt)

    def tells(self, kind, **fields):
        answer = self.ask(kind, **fields)
        self.sent.append((kind, fields, answer))
        return answer

    def reports(self, x):
        _, number = self.pick(x)
        if number is None:
            return
        trial = self.state.trials[number]
        first = trial.last_step + 1 + x % 2
        steps = [(first + i, (REPORTS[(x // 7 + i) % len(REPORTS)],)) for i in range(1 + x % 3)]
        progress = m.Progress(
            reports=tuple(steps),
            params=() if x % 5 else (m.ParamValue(name=f"p{x % 3}", value=0.5, distribution=UNIT),),
            user_attrs=() if x % 4 else ((f"k{x % 2}", str(x)),),
            checkpoint=None if x % 3 else ref(first, trial.attempt, number),
            trained=x % 11 / 4,
            trained_at=tuple((step, x % 7 / 2) for step, _ in steps[: x % 4]),
        )
        self.tells(m.Reported, number=number, attempt=trial.attempt, progress=progress)

    def repeats(self, x):
        """A message that was answered arrives again: same answer, nothing changes."""
        if not self.sent:
            return
        kind, fields, answer = self.sent[-1]
        before = dump(self.state)
        try:
            assert self.ask(kind, **fields) == answer
        except StaleAttemptError:  # the attempt has ended since
            trial = self.state.trials[fields["number"]]
            assert trial.slot is None or trial.attempt != fields["attempt"]
        assert dump(self.state) == before

    def haunts(self, x):
        """A ghost speaks: an attempt that never was, or is over."""
        if not self.state.trials:
            return
        number = x % len(self.state.trials)
        trial = self.state.trials.get(number)
        if trial is None:
            return
        attempt = trial.attempt + 1 if trial.slot else trial.attempt
        before = dump(self.state)
        try:
            self.report(number, (99, 0.0), attempt=attempt, checkpoint=ref(99))
        except StaleAttemptError:
            pass
        else:
            raise AssertionError("a ghost was heard")
        assert dump(self.state) == before

    def ends(self, x):
        _, number = self.pick(x)
        if number is None:
            return
        trial = self.state.trials[number]
        outcome = tuple(m.Outcome)[x % 4]
        if trial.pending is not Decision.CONTINUE and x % 3:
            outcome = m.Outcome.PRUNED
        values = ((math.nan,), None, *((v,) for v in VALUES))[x % 10] if outcome is m.Outcome.COMPLETE else None
        fields = {"number": number, "attempt": trial.attempt, "outcome": outcome, "values": values}
        self.tells(m.AttemptEnded, **fields)

    def loses(self, x):
        _, number = self.pick(x)
        if number is not None:
            attempt = self.state.trials[number].attempt
            self.lose(number, LOSSES[x % len(LOSSES)])
            before = dump(self.state)
            assert self.lose(number, attempt=attempt) is None
            assert dump(self.state) == before

    def enqueues(self, x):
        params = {"x": 1 + x % 3, "y": 10 * (1 + x % 2)} if x % 5 else {"z": 0.5}
        self.do(m.TrialEnqueued, params=tuple((name, str(value)) for name, value in params.items()))

    def adds(self, x):
        state = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)[x % 3]
        external = {"x": 1 + x % 3, "y": 10 * (1 + x % 2)}
        params = tuple(m.ParamValue(name=n, value=float(v), distribution=GRID_DISTS[n]) for n, v in external.items())
        imported = x % 2 == 0
        number = self.state.next_number + x % 2 if imported else None
        values = (VALUES[x % len(VALUES)],) if state is TrialState.COMPLETE else None
        reports = tuple((i + 1, (VALUES[(x + i) % len(VALUES)],)) for i in range(x % 4))
        event = {"number": number, "state": int(state), "values": values, "params": params, "reports": reports}
        self.do(m.TrialAdded, **event, imported=imported)

    def imports_zombie(self, x):
        zombies = [t.number for t in self.state.trials.values() if t.external]
        if zombies and x % 2:
            self.do(m.TrialAdded, number=zombies[0], state=1, values=(VALUES[x % len(VALUES)],), imported=True)
        else:
            self.do(m.TrialAdded, number=self.state.next_number, state=0, imported=True)

    def stops(self, x):
        if x % 4 == 0:
            self.do(m.StopRequested, reason="enough")

    def stops_a_trial(self, x):
        if self.state.trials:
            number = x % len(self.state.trials)
            trial = self.state.trials.get(number)
            if trial is not None and not trial.external:
                self.tells(m.TrialStopRequested, number=number, key=f"key-{next(self.names)}", grace=float(x % 50))

    def pauses(self, x):
        if self.state.run.stopping:
            return
        if self.state.run.paused:
            self.tells(m.StudyUnpaused, key=f"key-{next(self.names)}")
        else:
            self.tells(m.StudyPaused, key=f"key-{next(self.names)}", grace=float(x % 50))
            assert self.state.work() == 0
            assert not self.state.is_over()
            assert self.claim(f"slot-{next(self.names)}") is None

    def resizes(self, x):
        if self.state.run.stopping:
            return
        n, before = 1 + x % 8, len(self.state.slots)
        self.tells(m.SlotsResized, n_slots=n, key=f"key-{next(self.names)}", grace=float(x % 50))
        stopped = [n for n in self.state.slots.values() if self.state.trials[n].stop is not None]
        assert before - len(stopped) <= n

    def leaves(self, x):
        nodes = [(f"node-{i}", float(x % 50) if x % 3 else None) for i in range(3) if x >> i & 1]
        self.do(m.NodesLeaving, nodes=tuple(nodes))
        assert self.ask(m.Claimed, slot=f"slot-{next(self.names)}", node=nodes[0][0]) is None if nodes else True

    def extends(self, x):
        if not self.state.run.stopping:
            bound = {"n_trials": x % 3} if x % 2 else {"max_trials": x % 40}
            answer = self.tells(m.RunExtended, key=f"key-{next(self.names)}", **bound)
            assert answer == self.state.run.budget

    def finishes(self, _):
        run, over = self.state.run.name, self.state.is_over() and not self.state.run.stopping
        self.do(m.RunFinished, run=run)
        if over:
            assert self.state.counts[TrialState.PAUSED] == 0

    def restarts(self, x):
        self.begin((None, 0, 3)[x % 3], max_trials=(None, 12)[x // 3 % 2])

    def asks_param(self, x):
        _, number = self.pick(x)
        if number is None:
            return
        attempt = self.state.trials[number].attempt
        fields = {"number": number, "attempt": attempt, "name": f"q{x % 3}", "distribution": UNIT}
        [command] = self.do(m.ParamAsked, **fields)
        if isinstance(command, m.SuggestOne):
            param = m.ParamValue(name=command.name, value=x / 1e6, distribution=UNIT)
            assert self.ask(m.ParamSet, number=number, attempt=attempt, param=param) == param
            assert self.ask(m.ParamAsked, **fields) == param

    # --- the end -------------------------------------------------------------------------------------------------

    def drive_to_the_end(self):
        """Run honestly until nothing is left; must come to an end."""
        self.begin(3)
        for i in range(10_000):
            assignment = self.claim(f"end-{i}")
            if assignment is None:
                break
            trial = self.state.trials[assignment.number]
            decision = Decision.CONTINUE
            for step in range(trial.last_step + 1, 10):
                decision = self.report(trial.number, (step, (trial.number * 7 % 5) + 1 / (step + 1)))
                if decision is not Decision.CONTINUE:
                    break
            outcome = "complete" if decision is Decision.CONTINUE else "pruned"
            self.end(trial.number, outcome, *((1.0,) if outcome == "complete" else ()))
        else:
            raise AssertionError("the study does not end")
        assert self.state.is_over()
        self.do(m.RunFinished, run=self.state.run.name)
        assert self.state.counts[TrialState.PAUSED] == 0
        assert not self.state.retry


MOVES = (
    *["claims"] * 6, *["reports"] * 6, *["ends"] * 4, *["loses"] * 2, *["repeats"] * 2, "haunts", "enqueues", "adds",
    "imports_zombie", "stops", "finishes", "restarts", "asks_param", "stops_a_trial", "pauses", "resizes", "extends",
    "leaves",
)  # fmt: skip

moves = st.lists(st.tuples(st.sampled_from(MOVES), st.integers(0, 10**6)), max_size=80)


@settings(max_examples=100, deadline=None)
@given(
    moves,
    st.integers(1, 8),
    st.sampled_from(PRUNERS),
    st.sampled_from([RandomSampler(0), GRID]),
    st.sampled_from([MINIMIZE, MAXIMIZE]),
)
def test_the_log_folds_to_the_live_state_and_every_study_ends(script, n_slots, pruner, sampler, direction):
    chaos = Chaos(n_slots, pruner, sampler, direction)
    for op, x in script:
        chaos.play(op, x)
        if op in ("restarts", "finishes"):
            assert dump(chaos.fold()) == dump(chaos.state)
            chaos.state = reopened(chaos.state)  # all that follows must be the same
    assert dump(chaos.fold()) == dump(chaos.state) == dump(reopened(chaos.state))
    chaos.state = reopened(chaos.state)
    chaos.drive_to_the_end()
    assert dump(chaos.fold()) == dump(chaos.state) == dump(reopened(chaos.state))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 8), st.integers(0, 2**32))
def test_every_grid_cell_is_done_exactly_once_however_often_attempts_are_lost(n_slots, seed):
    grid = GridSampler({"x": [1, 2, 3, 4], "y": [1, 2, 3]}, seed=1, max_failures=1000)
    chaos = Chaos(n_slots, NopPruner(), grid, MINIMIZE)
    choose = random.Random(seed)
    for turn in range(2000):
        x = choose.randrange(10**6)
        if chaos.state.is_over():
            break
        if x % 2 or not chaos.state.slots:
            chaos.claims(x)
        elif x % 5 == 0 and turn < 300:
            chaos.loses(x)
        elif x % 7 == 0 and turn < 300:
            chaos.end(chaos.pick(x)[1], "fail")
        else:
            chaos.end(chaos.pick(x // 2)[1], "complete", 1.0)
    assert chaos.state.ledger.counts() == {"free": 0, "leased": 0, "done": 12, "dead": 0}
    done = [t.cell for t in chaos.state.trials.values() if t.state is TrialState.COMPLETE]
    assert sorted(done) == list(range(12))
