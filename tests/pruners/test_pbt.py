"""Population based training: the paper's toy, the forest, shared checkpoints, and what other libraries got wrong."""

from __future__ import annotations

import json
import math
import random
import warnings
from dataclasses import dataclass, field

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import raytune_lite as rtl
from raytune_lite.core import messages as m
from raytune_lite.core.encoding import event_from_json
from raytune_lite.core.messages import Decision
from raytune_lite.core.view import StudyIdentity
from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from raytune_lite.pruners import PBTPruner
from raytune_lite.pruners.explore import drawn, explored, moved
from raytune_lite.samplers import PartialFixedSampler, RandomSampler, TPESampler
from raytune_lite.trial import StudyDirection, TrialState

from ..core_tools import UNIT, Shell, dump, new_state, reopened

CONTINUE, PAUSE, STOP = Decision.CONTINUE, Decision.PAUSE, Decision.STOP
COMPLETE, PRUNED, FAIL, PAUSED, WAITING = (
    TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.PAUSED, TrialState.WAITING,
)  # fmt: skip
MAXIMIZE = StudyDirection.MAXIMIZE
ALL_H = ((1.0, 0.0), (0.0, 1.0), (0.5, 0.0), (0.0, 0.5))


class Quick(Shell):
    """Without the checks after each event."""

    def handle(self, event):
        effects = self.state.handle(event, self.at)
        commands = list(effects.commands)
        if commands and isinstance(commands[-1], m.Suggest):
            commands += self.handle(m.Suggested(number=commands[-1].number, params=()))
        return commands


@dataclass
class Task:
    """An attempt under way."""

    assignment: m.Assignment
    step: int
    theta: tuple[float, float]
    params: tuple[m.ParamValue, ...]
    told: bool = False


@dataclass
class Farm:
    """The paper's toy on the bare core: Q = 1.2 - (theta0^2 + theta1^2), trained by a surrogate's gradient with h.

    ``files``: the checkpoints on the disk. Source: Jaderberg et al. 2017, section 4.1 and figure 2.
    """

    pruner: object
    slots: int
    last: int = 30
    starts: tuple[tuple[float, float], ...] = ALL_H
    files: dict = field(default_factory=dict)
    read: list = field(default_factory=list)  # (trial, its parent, its parent's state then)
    parents: dict = field(default_factory=dict)  # child -> (trial, step, digest)
    nan_after: dict = field(default_factory=dict)  # trial -> step
    spread: int = 0
    kind: type[Shell] = Shell

    def __post_init__(self):
        self.shell = self.kind(MAXIMIZE)
        self.tasks = {}
        self.n = 0
        self.shell.run(len(self.starts), pruner=self.pruner)
        for h in self.starts:
            pairs = tuple((f"h{i}", json.dumps(value)) for i, value in enumerate(h))
            self.shell.do(m.TrialEnqueued, params=pairs)

    @property
    def state(self):
        return self.shell.state

    def run(self, most=10_000):
        while not self.state.is_over() and most:
            most -= 1
            self.turn()
        assert self.state.is_over(), "the study does not end"
        self.do(m.RunFinished, run="run")
        return self

    def turn(self):
        """Every slot makes a step."""
        for slot in range(self.slots):
            if slot not in self.tasks:
                self.claim(slot)
            if slot in self.tasks:
                self.step(slot)
        steps = [self.state.trials.peek(n).last_step for n in (*self.state.slots.values(), *self.state.paused,
                                                               *self.state.lineage.waiting)]  # fmt: skip
        if len(steps) == len(self.starts) and min(steps) >= 0:
            self.spread = max(self.spread, max(steps) - min(steps))

    def do(self, kind, /, **fields):
        commands = self.shell.do(kind, **fields)
        for command in commands:
            if isinstance(command, m.Discard):
                del self.files[command.uri]
        return commands

    def claim(self, slot):
        self.n += 1
        found = [c.value for c in self.do(m.Claimed, slot=f"{slot}/{self.n}") if isinstance(c, m.Answer)][-1]
        if found is None:
            return
        ref, theta = found.checkpoint, (0.9, 0.9)
        if ref is not None:
            digest, theta = self.files[ref.uri]  # it must be there
            assert digest == ref.digest
        if found.parent is not None and found.attempt == 1:
            parent = found.parent
            assert ref == parent.checkpoint
            self.parents[found.number] = (parent.number, ref.step, ref.digest)
            self.read.append((found.number, parent.number, self.state.trials.peek(parent.number).state))
        fixed = tuple(m.ParamValue(name=k, value=json.loads(v), distribution=UNIT) for k, v in found.fixed)
        self.tasks[slot] = Task(found, -1 if ref is None else ref.step, theta, found.params or found.suggested or fixed)
        self.tasks[slot].step = 0 if ref is None else ref.step

    def step(self, slot):
        task = self.tasks[slot]
        number, attempt = task.assignment.number, task.assignment.attempt
        task.step += 1
        h = [param.value for param in sorted(task.params, key=lambda param: param.name)]
        task.theta = tuple(theta - 0.1 * rate * theta for theta, rate in zip(task.theta, h, strict=True))
        q = 1.2 - sum(theta**2 for theta in task.theta)
        uri = f"trial-{number:05d}/attempt-{attempt}/step-{task.step}"
        digest = f"digest of {number} at {task.step}"
        self.files[uri] = digest, task.theta
        saved = m.CheckpointRef(step=task.step, attempt=attempt, uri=uri, digest=digest, size=1)
        value = math.nan if task.step > self.nan_after.get(number, math.inf) else q
        progress = m.Progress(reports=((task.step, (value,)),), checkpoint=saved,
                              params=() if task.told else task.params)  # fmt: skip
        task.told = True
        who = {"number": number, "attempt": attempt}
        answer = [c.value for c in self.do(m.Reported, **who, progress=progress) if isinstance(c, m.Answer)][-1]
        if answer is not CONTINUE:
            self.do(m.AttemptEnded, **who, outcome=m.Outcome.PRUNED)
        elif task.step >= self.last:
            self.do(m.AttemptEnded, **who, outcome=m.Outcome.COMPLETE, values=(q,))
        else:
            return
        del self.tasks[slot]

    def best(self):
        return max(t.values[0] for t in self.state.trials.values() if t.state is COMPLETE)


def pbt(interval=3, last=30, members=4, **options):
    return PBTPruner(interval, last, members, **{"seed": 1, **options})


# --- the paper's toy -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_exploit_and_explore_reach_the_optimum_of_the_papers_toy_and_neither_alone_does(seed):
    both = Farm(pbt(last=60, seed=seed, resample_probability=0.5), 4, last=60, kind=Quick).run()
    assert both.best() > 1.15
    assert len(both.parents) > 3
    if seed == 0:
        copies = pbt(last=60, resample_probability=0.0, perturbation_factors=(1.0,))
        exploit = Farm(copies, 4, last=60, kind=Quick).run()
        neither = Farm(rtl.pruners.NopPruner(), 4, last=60, kind=Quick).run()
        assert exploit.parents
        assert exploit.best() < 0.5
        assert neither.best() < 0.5


# --- the forest ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slots", [1, 2, 7])
def test_each_replaced_trial_has_one_child_that_goes_on_one_step_after_its_parents_checkpoint(slots):
    farm = Farm(pbt(quantile_fraction=0.34), slots).run()
    trials = farm.state.trials
    children = {n: t for n, t in trials.items() if t.parent is not None}
    assert len(children) > 3
    replaced = [t.freeze().replaced_by for t in trials.values() if t.state is PRUNED]
    assert sorted(replaced) == sorted(children)
    for number, child in children.items():
        parent = child.freeze().parent
        assert parent == farm.parents[number]
        assert parent.trial < number
        assert min(child.reports) == parent.step + 1
        assert parent.digest == f"digest of {parent.trial} at {parent.step}"
        assert all(0.0 <= p.value <= 1.0 for p in child.params.values())
    assert sum(t.state is COMPLETE for t in trials.values()) == 4
    # nobody reads any more: the best trial's last checkpoint is all that is left
    assert list(farm.files) == [trials[farm.state.best].checkpoints[0].uri]
    assert not farm.state.lineage.readers
    assert farm.state.n_started() == 4
    assert farm.state.transitions[None, "born", WAITING] == len(children)


def test_members_beyond_the_slots_take_turns_and_stay_within_an_interval():
    starts = (*ALL_H, (0.2, 0.1), (0.1, 0.2))
    farm = Farm(pbt(5, 40, 6, quantile_fraction=0.2), 2, last=40, starts=starts, kind=Quick).run()
    assert 0 < farm.spread <= 5
    assert any(state is PAUSED for _, _, state in farm.read), "a paused member was gone on from"
    assert len(farm.parents) > 2


def test_a_burn_in_with_one_slot_comes_to_its_end():
    """Ray's synchronous mode hangs there (ray#23424)."""
    farm = Farm(pbt(burn_in_period=10, quantile_fraction=0.5), 1).run()
    assert farm.parents
    assert min(step for _, step, _ in farm.parents.values()) >= 12


def test_a_restart_at_any_event_leads_to_the_same_lineage():
    farm = Farm(pbt(3, 12, quantile_fraction=0.34), 2, last=12)
    log, states = farm.shell.log, {}
    while not farm.state.is_over():
        farm.turn()
        states[len(log)] = dump(farm.state)
    assert len(farm.parents) > 1
    events = [(at, event_from_json(line)) for at, line in log]
    state = new_state(MAXIMIZE)
    for n, (at, event) in enumerate(events, start=1):
        state = reopened(state)  # through a snapshot, at each event
        state.handle(event, at)
        if n in states:
            assert dump(state) == states[n]
    assert dump(farm.shell.fold()) == dump(farm.state) == dump(state)


# --- who is replaced, and from whom ----------------------------------------------------------------------------------


def judge(**options):
    return PBTPruner(**{"perturbation_interval": 5, "max_resource": 30, **options}).judge(
        StudyIdentity("s", (StudyDirection.MINIMIZE,))
    )


def told(it, *losses, at=5):
    return [it.report(number, at, (loss,)).decision for number, loss in enumerate(losses)]


def test_only_the_worst_share_is_replaced_and_not_before_there_are_enough():
    assert told(judge(), 1.0, 2.0, 3.0) == [PAUSE] * 3
    assert told(judge(), 1.0, 2.0, 3.0, 4.0) == [PAUSE] * 3 + [STOP]
    assert told(judge(), 1.0, 2.0, 4.0, 3.0) == [PAUSE] * 4
    assert told(judge(), 1.0, 1.0, 1.0, 1.0) == [PAUSE] * 4  # as good as the best
    assert told(judge(quantile_fraction=0.5), 1.0, 2.0) == [PAUSE, STOP]
    assert told(judge(), 1.0, 2.0, 3.0, 4.0, at=4) == [CONTINUE] * 4
    assert told(judge(burn_in_period=6), 1.0, 2.0, 3.0, 4.0) == [CONTINUE] * 4
    assert told(judge(), 1.0, 2.0, 3.0, 4.0, at=30)[3] is STOP  # late, at 25
    assert told(judge(perturbation_interval=30), 1.0, 2.0, 3.0, 4.0, at=30) == [CONTINUE] * 4


def test_losses_are_compared_at_equal_steps():
    """Ray compares the last scores of all, whenever they were made; a laggard always loses there."""
    it = judge()
    for number in range(4):
        assert it.report(number, 5, (10.0 + number,)).decision is (STOP if number == 3 else PAUSE)
    for number in range(3):
        it.promote(number)
        it.report(number, 10, (1.0 + number,))
    assert it.report(4, 5, (9.0,)).decision is PAUSE  # the best at 5, and worse than all at 10


def test_the_parent_is_of_the_best_share_there_or_later_and_has_a_checkpoint_from_there_on():
    it = judge(quantile_fraction=0.5)
    assert told(it, 1.0, 2.0, 3.0, 9.0) == [PAUSE, STOP, STOP, STOP]
    for number in (1, 2):
        assert it.replace(number, lambda _: None) is None  # it goes on, as after PAUSE
        it.promote(number)
    it.promote(0)
    it.report(0, 10, (5.0,))
    it.report(2, 10, (4.0,))  # the best at 10
    drawn_from = set()
    for number in range(10, 60):
        assert it.report(number, 5, (20.0 + number,)).decision is STOP
        drawn_from.add(it.replace(number, {0: 4, 1: 5, 2: 12}.get))
    assert drawn_from == {1, 2}  # 0 has only a checkpoint from before
    assert it.replace(3, {0: 5}.get) == 0


def test_the_first_at_a_ready_point_are_compared_at_the_one_before():
    it = judge()
    assert told(it, 9.0, 2.0, 3.0, 4.0) == [PAUSE] * 4  # the worst of them came first
    for number in range(4):
        it.promote(number)
    assert it.report(1, 10, (9.0,)).decision is PAUSE
    assert it.report(0, 10, (0.0,)).decision is STOP
    assert it.replace(0, {1: 5, 2: 5}.get) == 1


def test_a_diverged_member_is_replaced_at_its_ready_point_and_does_not_train_to_the_end():
    """Ray leaves NaN out of both shares, and such a member trains on."""
    assert told(judge(), 1.0, math.nan) == [PAUSE, STOP]
    farm = Farm(pbt(), 2, nan_after={0: 7, 1: 7}).run()
    for number in (0, 1):
        trial = farm.state.trials.peek(number)
        assert trial.state is PRUNED
        assert trial.last_step in (9, 12)  # who comes there when nobody else was there yet goes on for an interval
        assert farm.parents[trial.freeze().replaced_by][0] not in (0, 1)


def test_a_replaced_trial_that_completes_or_is_stopped_by_the_user_has_no_child():
    for how in ("complete", "stop"):
        farm = Farm(pbt(quantile_fraction=0.5), 4)
        while not (losers := [t for t in farm.state.trials.values() if t.heir is not None]):
            slot = next((s for s in range(4) if s not in farm.tasks), None)
            if slot is not None:
                farm.claim(slot)
                continue
            slot = min(farm.tasks, key=lambda s: farm.tasks[s].step)
            task = farm.tasks[slot]
            task.step += 1
            number = task.assignment.number
            ref = m.CheckpointRef(step=task.step, attempt=1, uri=f"trial-{number:05d}/attempt-1/step-{task.step}",
                                  digest="d", size=1)  # fmt: skip
            farm.shell.report(number, (task.step, float(-number)), params=task.params, checkpoint=ref)
        (loser,) = losers
        assert farm.state.lineage.readers
        if how == "complete":
            assert farm.shell.end(loser.number, "complete", 1.0) is COMPLETE
        else:
            farm.shell.do(m.TrialStopRequested, number=loser.number, key="k")
            assert farm.shell.end(loser.number, "interrupted") is PRUNED
        assert not farm.state.lineage.readers
        assert farm.state.next_number == 4


# --- a child's attempts ----------------------------------------------------------------------------------------------


def first_child(farm):
    while not farm.state.lineage.waiting:
        farm.turn()
    return next(iter(farm.state.lineage.waiting))


def test_a_child_that_is_lost_goes_on_from_its_parents_checkpoint_until_it_has_its_own():
    farm = Farm(pbt(quantile_fraction=0.5), 4)
    number = first_child(farm)
    farm.slots = 0
    for slot in list(farm.tasks):
        farm.shell.do(m.AttemptLost, number=farm.tasks.pop(slot).assignment.number, attempt=1,
                      kind=m.FailureKind.DRIVER_LOST)  # fmt: skip
    trial, attempt = farm.state.trials[number], 0
    parent = trial.parent.checkpoint
    while attempt < 2:
        found = farm.shell.claim(f"x{farm.n}")
        farm.n += 1
        if found.number == number:
            attempt += 1
            assert (found.attempt, found.checkpoint, found.last_step) == (attempt, parent, parent.step)
            assert farm.shell.report(number, (parent.step, 7.0), (1, 7.0)) is CONTINUE
            assert trial.reports == {}  # these steps are its parent's
            farm.shell.lose(number, "driver_lost")
    while (found := farm.shell.claim(f"x{farm.n}")).number != number:
        farm.n += 1
    own = m.CheckpointRef(step=parent.step + 1, attempt=3, uri=f"trial-{number:05d}/attempt-3/step-{parent.step + 1}",
                          digest="own", size=1)  # fmt: skip
    farm.shell.report(number, (parent.step + 1, 0.5), checkpoint=own)
    farm.shell.lose(number, "driver_lost")
    assert trial.resume_from(True) == own
    assert not trial.borrows


def test_a_child_whose_parents_checkpoint_is_damaged_fails_and_nobody_else_gets_it():
    farm = Farm(pbt(quantile_fraction=0.5), 4)
    number = first_child(farm)
    parent = farm.state.trials[number].parent
    while number not in farm.state.slots.values():
        farm.n += 1
        farm.shell.claim(f"x{farm.n}")
    failure = m.Failure(error="CheckpointCorruptedError: x", kind=m.FailureKind.CHECKPOINT_CORRUPT)
    assert farm.shell.end(number, "fail", failure=failure) is FAIL
    from raytune_lite.core import lineage

    donor = farm.state.trials[parent.number]
    assert parent.checkpoint in donor.checkpoints  # the parent may need it, and finds out itself
    assert lineage.donation(farm.state, donor) != parent.checkpoint


def test_a_trial_that_is_complete_can_be_gone_on_from_until_the_run_is_over():
    """Ray forgets who has finished."""
    farm = Farm(pbt(3, 31, quantile_fraction=0.5), 1, starts=((1.0, 1.0), (0.9, 0.9), (0.0, 0.0), (0.0, 0.1)))
    farm.pruner = None
    shell = farm.shell
    farm.claim(0)
    shell.do(m.StudyPaused, key="p")  # the others may not begin, so that the first goes on alone
    for _ in range(30):
        farm.step(0)
    assert farm.state.trials.peek(0).state is COMPLETE
    assert [ref.step for ref in farm.state.trials.peek(0).checkpoints] == [30]
    shell.do(m.StudyUnpaused, key="u")
    farm.run()
    assert any(state is COMPLETE for _, parent, state in farm.read if parent == 0)


# --- explore -------------------------------------------------------------------------------------------------------

dists = st.one_of(
    st.builds(lambda a, n: FloatDistribution(a, a + n), st.floats(-10, 10), st.floats(0, 10)),
    st.builds(lambda a, n: FloatDistribution(a, a * n, log=True), st.floats(1e-6, 10), st.floats(1, 1e4)),
    st.builds(lambda a, n: FloatDistribution(a, a + n * 0.25, step=0.25), st.integers(-5, 5), st.integers(0, 40)),
    st.builds(lambda a, n, s: IntDistribution(a, a + n * s, step=s), st.integers(-9, 9), st.integers(0, 9),
              st.integers(1, 4)),
    st.builds(lambda a, n: IntDistribution(a, a + n, log=True), st.integers(1, 9), st.integers(0, 99)),
    st.builds(lambda n: CategoricalDistribution([*range(n)]), st.integers(1, 6)),
    st.builds(lambda n: CategoricalDistribution([f"c{i}" for i in range(n)]), st.integers(1, 6)),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(dists, st.floats(0, 1, exclude_max=True), st.sampled_from((0.8, 1.2, 0.5, 2.0)), st.integers(0, 10**6))
def test_what_a_child_gets_lies_in_the_distribution(dist, u, factor, number):
    """Ray multiplies and does not clip (ray#11936)."""
    before = dist.from_unit(u)
    if not dist.single():
        value = moved(dist, before, factor, up=number % 2 == 0)
        assert dist.contains(value)
        if isinstance(dist, IntDistribution) and dist.low < before < dist.high:
            assert abs(value - before) >= dist.step
    param = m.ParamValue(name="x", value=before, distribution=dist)
    found = explored(param, number, seed=3)
    assert dist.contains(found.value)
    assert found == explored(param, number, seed=3)
    assert not dist.single() or found is param


def test_a_value_moves_by_a_factor_is_drawn_anew_with_its_share_or_is_a_neighbour():
    wide = FloatDistribution(0.0, 100.0)
    values = [explored(m.ParamValue(name="x", value=10.0, distribution=wide), n, seed=0).value for n in range(2000)]
    low, high = values.count(8.0), values.count(12.0)
    # shares .375, .375, .25 of 2,000: 5 standard deviations are 0.055
    assert abs(low / 2000 - 0.375) < 0.055
    assert abs(high / 2000 - 0.375) < 0.055
    assert moved(wide, 90.0, 1.2, up=True) == 100.0
    assert [moved(IntDistribution(1, 9), 1.0, factor, up=True) for factor in (0.8, 1.2)] == [1.0, 2.0]
    assert [moved(IntDistribution(-9, 9), 0.0, factor, up=True) for factor in (0.8, 1.2)] == [-1.0, 1.0]
    powers = CategoricalDistribution([16, 32, 64, 128])
    assert {explored(m.ParamValue(name="x", value=1.0, distribution=powers), n, seed=0, resample=0.0).value
            for n in range(50)} == {0.0, 2.0}  # fmt: skip
    words = CategoricalDistribution(["a", "b", "c", "d"])
    assert {explored(m.ParamValue(name="x", value=1.0, distribution=words), n, seed=0, resample=0.0).value
            for n in range(50)} == {0.0, 1.0, 2.0, 3.0}  # fmt: skip


def test_a_draw_is_a_function_of_its_address():
    assert drawn(0, 1, "x") == drawn(0, 1, "x") != drawn(0, 2, "x")
    assert [round(drawn(7, n, "x/how"), 6) for n in range(3)] == [0.570365, 0.973981, 0.942475]  # logs depend on it


# --- in studies ----------------------------------------------------------------------------------------------------


def toy(trial):
    state = trial.load_checkpoint() or {"step": 0, "theta": [0.9, 0.9]}
    h = [trial.suggest_float("h0", 0.0, 1.0), trial.suggest_float("h1", 0.0, 1.0)]
    trial.suggest_categorical("shape", ["wide", "deep"])
    theta, q = state["theta"], 0.0
    for step in range(state["step"] + 1, 13):
        theta = [x - 0.1 * rate * x for x, rate in zip(theta, h, strict=True)]
        q = 1.2 - sum(x * x for x in theta)
        if step % 3 == 0:
            trial.save_checkpoint({"step": step, "theta": theta, "by": trial.number, "parent": trial.parent}, step)
        trial.report(q, step)
        if trial.should_prune():
            raise rtl.TrialPruned
    return q


@pytest.mark.parametrize(
    "sampler",
    [RandomSampler(5), TPESampler(seed=5), PartialFixedSampler({"h1": 0.5}, RandomSampler(5))],
    ids=lambda sampler: type(sampler).__name__,
)
def test_a_study_shows_its_forest_to_optuna_too_and_any_sampler_chooses_the_first_members(storage, sampler):
    before = random.getstate()
    study = rtl.create_study(study_name="s", storage=storage, direction="maximize", sampler=sampler,
                             pruner=pbt(3, 12, quantile_fraction=0.5, perturbed_params=["h0", "h1"]))  # fmt: skip
    study.optimize(toy, n_trials=4, executor="inline")
    assert random.getstate() == before  # Ray draws from the process's generator
    trials = study.trials
    children = [t for t in trials if t.parent is not None]
    assert children
    assert len(trials) - len(children) == 4
    for child in children:
        parent = trials[child.parent.trial]
        assert min(child.intermediate_values) == child.parent.step + 1
        assert child.params["shape"] == parent.params["shape"]
        if isinstance(sampler, PartialFixedSampler):
            assert child.params["h1"] == 0.5
        (loser,) = [t for t in trials if t.replaced_by == child.number]
        assert loser.state is PRUNED
    assert {number for number, _ in study.checkpoints} == {study.best_trial.number}
    assert study.differences() == []
    theirs = optuna.load_study(study_name="s", storage=storage).trials
    assert [t.system_attrs.get("rtl:parent") for t in theirs] == [t.system_attrs.get("rtl:parent") for t in trials]
    assert theirs[children[0].number].params == children[0].params
    study.close()


def test_an_objective_that_reports_its_parents_steps_again_is_warned(storage):
    def forgetful(trial):
        x = trial.suggest_float("x", 0.0, 1.0)
        for step in range(1, 7):
            trial.save_checkpoint({"step": step}, step)
            trial.report(x, step)
            if trial.should_prune():
                raise rtl.TrialPruned
        return x

    study = rtl.create_study(storage=storage, sampler=RandomSampler(1), pruner=pbt(2, 6, 2, quantile_fraction=0.5))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        study.optimize(forgetful, n_trials=2, executor="inline")
    children = [t for t in study.trials if t.parent is not None]
    assert any(f"step 1 was reported already by trial {c.parent.trial}, " in str(w.message)
               for w in caught for c in children)  # fmt: skip
    assert all(min(c.intermediate_values, default=99) > c.parent.step for c in children)
    study.close()


@pytest.mark.parametrize(
    "arguments",
    [
        {"max_resource": None}, {"max_resource": 0}, {"perturbation_interval": 0}, {"population_size": 1},
        {"burn_in_period": -1}, {"quantile_fraction": 0.0}, {"quantile_fraction": 0.6}, {"quantile_fraction": "x"},
        {"resample_probability": 1.1}, {"perturbation_factors": ()}, {"perturbation_factors": (0.0,)},
        {"perturbed_params": [3]}, {"seed": -1}, {"seed": None},
    ],
    ids=str,
)  # fmt: skip
def test_arguments_out_of_range_are_refused_with_the_value_and_the_way_out(arguments):
    with pytest.raises(ValueError, match=rf"{next(iter(arguments))} must be .*got .*; "):
        PBTPruner(**{"max_resource": 9, **arguments})
