"""Laws that every pruner keeps. A new pruner is one line in ``conformance.CASES``.

Laws of a kind of pruner that is not here yet belong to its own tests: the share of equal trials that a statistical one
prunes (Wilcoxon), and which checkpoints a reader of another trial's needs (PBT). That no checkpoint is deleted which an
attempt could still resume from is checked in the simulator after each event, under every pruner that it draws.
"""

from __future__ import annotations

import json
import math
import os
import pickle
import warnings
from collections import Counter

import optuna
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import raytune_lite as rtl
from raytune_lite.core import messages as m
from raytune_lite.core.encoding import event_from_json, from_json, to_json
from raytune_lite.core.messages import PromoteRung, PutRung
from raytune_lite.core.protocols import HasRungs, Promoter, Waits
from raytune_lite.core.schedules import Every, Levels, Never
from raytune_lite.core.state import StudyState
from raytune_lite.pruners import pruner_from_spec, pruner_names
from raytune_lite.trial import StudyDirection, TrialState

from ..core_tools import Shell, dump, plain
from .conformance import CASES, Case
from .world import (
    CONTINUE,
    LONG,
    MAXIMIZED,
    PAUSE,
    STOP,
    STUDY,
    DeafPromoter,
    Gate,
    LeakyPromoter,
    Play,
    replay,
    rows_of,
    scripts,
)  # fmt: skip

# long scripts take a moment to draw, on a busy machine more than hypothesis finds healthy
times = 10 if os.environ.get("RTL_TESTS") == "long" else 1  # for a night
relaxed = settings(max_examples=15 * times, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# of whole studies; each with some pruners, so that more do not take longer
few = settings(relaxed, max_examples=3 * times)
some = st.lists(st.sampled_from(CASES), min_size=6, max_size=6, unique_by=lambda case: case.name)
many = st.lists(st.sampled_from(CASES), min_size=12, max_size=12, unique_by=lambda case: case.name)  # without a study
PROMOTING = [case for case in CASES if isinstance(case.make().judge(STUDY), Promoter)]
PEERS = [case for case in CASES if case.peer is not None]
optuna.logging.set_verbosity(optuna.logging.WARNING)


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request):
    return request.param


def of(cases):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


def often(number, step):
    """A gate that is shut at a third of all reports."""
    return (number * 7 + step * 5) % 3 > 0


# --- a pruner is a value ---------------------------------------------------------------------------------------------


def test_every_built_in_pruner_has_a_case():
    assert {type(case.make()).__name__ for case in CASES} == set(pruner_names().values())


def test_a_spec_read_back_is_the_same_pruner(case):
    pruner = case.make()
    again = pruner_from_spec(json.loads(json.dumps(pruner.spec())))
    assert again == pruner == pickle.loads(pickle.dumps(pruner))
    assert (again.spec(), again.judges_several) == (pruner.spec(), pruner.judges_several)


@pytest.mark.parametrize(
    ("schedule", "due"),
    [
        (Levels(()), []),
        (Levels((1, 3, 9)), [1, 3, 9]),
        (Every(), list(range(30))),
        (Every(5, 3), list(range(5, 30, 3))),
        (Every(0, 10), [0, 10, 20]),
        (Never(), []),
    ],
    ids=repr,
)
def test_a_schedule_travels_and_names_the_next_due_step(schedule, due):
    assignment = m.Assignment(number=1, attempt=1, schedule=schedule)
    assert from_json(to_json(assignment)) == assignment
    assert [step for step in range(30) if schedule.next_after(step - 1) == step] == due
    for step in range(-1, 20):
        assert schedule.next_after(step) == next((other for other in due if other > step), None)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Levels((3, 1)), lambda: Levels((1, 1)), lambda: Levels((-1,)), lambda: Levels((True,)),
        lambda: Levels((1.0,)), lambda: Every(-1), lambda: Every(0, 0), lambda: Every(0, 1.5), lambda: Every(True),
    ],
)  # fmt: skip
def test_steps_that_are_no_schedule_are_refused(wrong):
    with pytest.raises(ValueError, match=r"must be .*got"):
        wrong()


def test_the_scripts_meet_every_verdict_that_a_pruner_has(case):
    """Else the laws would hold of nothing."""
    losses = {"losses": (0.0, 0.5, 1.0, 1.5, 2.0, -0.5)} if case.is_finite else {}
    # the best trial of a script stays the best, with the reports that it has: several scripts
    parts = [LONG[i : i + 100] for i in range(0, 600, 100)] if case.is_finite else [LONG]
    calls = [call for part in parts for call in Play(case.make().judge(STUDY), part, **losses).calls]
    told = {call.result.decision for call in calls if call.name == "report"}
    promotes = sum(isinstance(row, PromoteRung) for row in rows_of(calls))
    assert told == {CONTINUE, *[PAUSE] * case.pauses, *[STOP] * case.stops}
    assert (promotes > 0) == case.pauses


# --- law 1: the same calls, the same answers -------------------------------------------------------------------------


@relaxed
@given(scripts, many)
def test_the_same_calls_give_the_same_answers_and_the_same_judge(script, cases):
    for case in cases:
        play = Play(case.make().judge(STUDY), script)
        other = pruner_from_spec(case.make().spec()).judge(STUDY)
        assert repr(replay(other, play.calls)) == repr([call.result for call in play.calls])
        assert plain(other) == plain(play.judge)


@relaxed
@given(scripts, many)
def test_asking_changes_nothing(script, cases):
    for case in cases:
        judge = Play(case.make().judge(STUDY), script).judge
        before = plain(judge)
        judge.schedule(0), judge.schedule(10**6)
        if isinstance(judge, Promoter):
            list(judge.promotable(lambda _: True))
            assert isinstance(judge, Waits)
            judge.waits(0), judge.waits(10**6)
        if isinstance(judge, HasRungs):
            judge.rungs(), judge.bracket(0)
        assert plain(judge) == before


class Log(list):
    """A log that keeps what the study was after each tenth event."""

    def __init__(self, study):
        super().__init__(study.log)
        self.study, self.dumps = study, {}

    def append(self, entry):
        super().append(entry)
        if len(self) % 10 == 0:
            self.dumps[len(self)] = dump(self.study.state)


class Study(Shell):
    """The bare core with a pruner that need not be built in. ``judged``: the objective that the script is about."""

    judged = 0

    def __init__(self, pruner, *directions):
        super().__init__(*directions)
        self.pruner = pruner
        self.state = self.fresh()
        self.run(pruner=pruner)

    def fresh(self):
        return StudyState(self.directions, lambda spec: rtl.pruners.NopPruner() if spec == "{}" else self.pruner,
                          lambda _: None, "a study")  # fmt: skip

    def play(self, script, objectives=1):
        """The script as messages; answers the decisions."""
        decisions, seconds = [], Counter()
        for i, (op, x) in enumerate(script):
            live = list(self.state.slots.values())
            number = live[x % len(live)] if live else None
            if op == "claim" or number is None:
                self.claim(f"slot {i}") if len(live) < 6 else None
                continue
            trial = self.state.trials[number]
            sign = -1.0 if self.directions[self.judged] is StudyDirection.MAXIMIZE else 1.0
            if op == "report":
                step = trial.last_step + (1, 1, 2, 5)[x // 7 % 4]
                value = math.nan if x % 31 == 0 else sign * (x // 91 % 7) / 2.0
                values = (value, *[float(x % 5)] * (objectives - 1))[:: -1 if self.judged else 1]
                seconds[number, trial.attempt] += (0.5, 1.0, 2.5)[x // 5 % 3]
                trained = seconds[number, trial.attempt]
                stamps = ((step, trained),) if self.state.timed is not None else ()
                attrs = (("price", str(x % 4)),)
                progress = {"trained": trained, "trained_at": stamps, "user_attrs": attrs}
                decisions.append(self.report(number, (step, values), **progress))
                assert number in self.state.slots.values(), "a verdict alone took the slot"
            elif op == "leave":
                if trial.pending is not CONTINUE:
                    now = self.end(number, "pruned")
                    assert now is (TrialState.PAUSED if trial.pending is PAUSE else TrialState.PRUNED)
            elif op == "complete":
                values = (sign * (x % 9) / 2.0, *[float(x % 5)] * (objectives - 1))[:: -1 if self.judged else 1]
                self.end(number, "complete", *values)
            elif op == "fail":
                self.end(number, "fail")
            else:
                self.lose(number, ("driver_lost", "node_lost")[x % 2])
        return decisions


@few
@given(scripts, some)
def test_a_log_folded_to_any_event_is_the_study_as_it_was_then(script, cases):
    for case in cases:
        study = Study(case.make())
        study.log = Log(study)
        study.play(script)
        state = study.fresh()
        for n, (at, line) in enumerate(study.log, start=1):
            state.handle(event_from_json(line), at)
            if n in study.log.dumps:
                assert dump(state) == study.log.dumps[n]
        assert dump(state) == dump(study.state)


# --- law 2: wrappers -------------------------------------------------------------------------------------------------


def check_gate(pruner, script, opens, promoter=None):
    """The judge inside sees every report; a PAUSE that does not pass is a promotion, and leaves nothing promotable."""
    gate = Gate(pruner, opens) if promoter is None else Gate(pruner, opens, promoter)
    play = Play(gate.judge(STUDY), script)
    alone, inner = pruner.judge(STUDY), play.judge.inner
    paused, turned = set(), 0
    for call in play.calls:
        rows = rows_of([call])
        if call.name != "report":
            assert repr(getattr(alone, call.name)(*call.arguments)) == repr(call.result)
            if call.name == "promote":
                paused.discard(call.arguments[0])
            continue
        number, step, _ = call.arguments
        want = alone.report(*call.arguments)  # the judge alone, which sees every report
        if want.decision is CONTINUE or number in paused:
            assert repr(call.result) == repr(want)
        elif opens(number, step):
            assert repr(call.result) == repr(want)
            if want.decision is PAUSE:
                paused.add(number)
        else:
            turned += want.decision is PAUSE
            more = alone.promote(number) if want.decision is PAUSE else ()
            assert repr((call.result.decision, tuple(rows))) == repr((CONTINUE, (*want.rows, *more)))
            if isinstance(alone, Promoter):
                assert number not in list(alone.promotable(lambda _: True))
    assert plain(alone) == plain(inner)
    return turned


@relaxed
@given(scripts, many)
def test_a_gate_that_is_always_open_changes_nothing(script, cases):
    for case in cases:
        bare, gated = Play(case.make().judge(STUDY), script), Play(Gate(case.make()).judge(STUDY), script)
        assert repr(gated.calls) == repr(bare.calls)
        assert plain(gated.judge.inner) == plain(bare.judge)


@relaxed
@given(scripts, many)
def test_the_judge_behind_a_gate_sees_every_report_and_a_pause_that_does_not_pass_is_a_promotion(script, cases):
    for case in cases:
        check_gate(case.make(), script, often)


@of(PROMOTING[:2])
@pytest.mark.parametrize("wrong", [DeafPromoter, LeakyPromoter])
def test_the_law_finds_a_wrapper_that_breaks_it(case, wrong):
    assert check_gate(case.make(), LONG, often) > 0
    with pytest.raises((AssertionError, ValueError)):
        check_gate(case.make(), LONG, often, wrong)


@few
@given(scripts, some)
def test_one_objective_of_two_is_judged_as_if_it_were_alone(script, cases):
    for case in cases:
        alone = Study(case.make())
        of_two = Study(Gate(case.make()), StudyDirection.MINIMIZE, StudyDirection.MAXIMIZE)
        assert of_two.play(script, objectives=2) == alone.play(script)
        assert all(len(values) == 2 for t in of_two.state.trials.values() for values in t.reports.values())


# --- law 3: where nothing is due, nothing happens --------------------------------------------------------------------


@relaxed
@given(scripts, many)
def test_at_a_later_step_that_is_not_due_the_answer_is_continue_and_leaves_no_row(script, cases):
    for case in cases:
        told = {}
        for call in Play(case.make().judge(STUDY), script).calls:
            number = call.arguments[0]
            if call.name == "report":
                stands = told.get(number, CONTINUE)
                if stands is not CONTINUE:
                    assert call.result.rows == (), "a row after a verdict that stands"
                elif not call.due:
                    assert (call.result.decision, call.result.rows) == (CONTINUE, ())
                if stands is CONTINUE:
                    told[number] = call.result.decision
            elif call.name == "promote":
                told[number] = CONTINUE


def held_back(calls):
    """The same calls, where a report at which nothing is due waits for the next call for its trial."""
    waiting, order = {}, []
    for call in calls:
        number = call.arguments[0]
        if call.name == "report" and not call.due:
            waiting.setdefault(number, []).append(call)
        else:
            order += [*waiting.pop(number, []), call]
    return [*order, *(call for held in waiting.values() for call in held)]


@relaxed
@given(scripts, many)
def test_reports_held_back_until_one_is_due_get_the_same_verdicts(script, cases):
    for case in cases:
        calls = held_back(Play(case.make().judge(STUDY), script).calls)
        assert repr(replay(case.make().judge(STUDY), calls)) == repr([call.result for call in calls])
        if not case.heeds_all:
            due = [call for call in calls if call.due]
            assert repr(replay(case.make().judge(STUDY), due)) == repr([call.result for call in due])


# --- rungs and rows --------------------------------------------------------------------------------------------------


@relaxed
@given(scripts, many)
def test_rows_tell_what_the_rungs_hold_and_a_trial_stands_once_at_each(script, cases):
    for case in cases:
        play = Play(case.make().judge(STUDY), script)
        rows = rows_of(play.calls)
        puts = [row for row in rows if isinstance(row, PutRung)]
        left = [(row.number, row.level) for row in rows if isinstance(row, PromoteRung)]
        assert max(Counter((row.number, row.level) for row in puts).values(), default=1) == 1
        assert max(Counter(left).values(), default=1) == 1
        assert set(left) <= {(row.number, row.level) for row in puts}
        if not isinstance(play.judge, HasRungs):
            assert rows == []
            continue
        assert all(row.bracket == play.judge.bracket(row.number) for row in rows)
        for rung in play.judge.rungs():
            arrived = [row for row in puts if (row.bracket, row.level) == (rung.bracket, rung.level)]
            assert list(rung.numbers) == [row.number for row in arrived]
            assert repr(list(rung.losses)) == repr([row.losses for row in arrived])
        assert len({(rung.bracket, rung.level) for rung in play.judge.rungs()}) == len(play.judge.rungs())


def test_rungs_shown_once_do_not_change_while_the_study_goes_on():
    play = Play(rtl.pruners.ASHAPruner(1, 9, 3).judge(STUDY), LONG[:200])
    shown = play.judge.rungs()
    before = repr([(list(rung.numbers), list(rung.losses)) for rung in shown])
    for op, x in LONG[200:]:
        getattr(play, op)(x)
    assert repr([(list(rung.numbers), list(rung.losses)) for rung in shown]) == before
    assert len(play.judge.rungs()[0].numbers) > len(shown[0].numbers)


# --- law 4: slots ----------------------------------------------------------------------------------------------------


@few
@given(scripts, some, st.booleans())
def test_a_slot_is_freed_when_its_attempt_ends_and_a_paused_trial_alone_is_promotable(script, cases, gated):
    for case in cases:
        study = Study(Gate(case.make(), often) if gated else case.make())
        study.play(script)  # checks after each report that the attempt still has its slot
        if study.state.promoter is not None:
            everyone = set(study.state.promoter.promotable(lambda _: True))
            told = {n for n, t in study.state.trials.items() if t.state is TrialState.PAUSED or t.pending is PAUSE}
            assert everyone <= told


@few
@given(scripts, some)
def test_to_maximize_is_to_minimize_the_negative(script, cases):
    for case in filter(lambda case: case.is_directed, cases):
        up, down = Study(case.make(), StudyDirection.MAXIMIZE), Study(case.make())
        assert up.play(script) == down.play(script)


# --- law 7: Optuna's decisions ---------------------------------------------------------------------------------------

def curves_of(values):
    """(what happens, to which trial and at which step, value): "ignore" is a report whose verdict is not obeyed."""
    ops = st.sampled_from((*["report"] * 8, "new", "complete", "complete", "fail", "ignore"))
    return st.lists(st.tuples(ops, st.integers(0, 10**6), values), min_size=60, max_size=120)


curves = curves_of(
    st.sampled_from((0.0, 0.5, 1.0, 1.0, 2.0, -1.0, math.nan)) | st.floats(allow_infinity=False, width=32)
)


@of(PEERS)
@relaxed
@given(script=curves, maximize=st.booleans())
def test_the_decisions_are_those_of_optuna_5_0(case, script, maximize):
    differential(case, script, maximize)


def differential(case: Case, script, maximize, expected=lambda theirs, *_: theirs):
    """Play a script on Optuna and on our judge; at every due report the two must agree."""
    direction = "maximize" if maximize else "minimize"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some of Optuna's are called experimental
        study = optuna.create_study(pruner=case.peer(), direction=direction, study_name=STUDY.name)
    judge = case.make().judge(MAXIMIZED if maximize else STUDY)
    sign = -1.0 if maximize else 1.0
    live: dict[int, optuna.Trial] = {}
    decisions = Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy's, of a column of NaN
        for op, x, value in script:
            number = list(live)[x % len(live)] if live else None
            if op == "new" or number is None:
                trial = study.ask()
                live[trial.number] = trial
                continue
            trial = live[number]
            if op in ("complete", "fail"):
                state = "FAIL" if op == "fail" or math.isnan(value) else "COMPLETE"
                study.tell(live.pop(number), value if state == "COMPLETE" else None, optuna.trial.TrialState[state])
                judge.end(number, (sign * value,) if state == "COMPLETE" else None)
                continue
            seen = study.trials[number].intermediate_values
            last = max(seen, default=-1)
            step = last + (1, 1, 1, 2, 4, -1, -2)[x // 7 % 7]
            if step < 0 or step in seen:
                continue
            due = judge.schedule(number).next_after(last)
            trial.report(value, step)
            decision = judge.report(number, step, (sign * value,)).decision
            if step < last and due != 0:
                assert decision is CONTINUE  # no occasion to decide; Optuna judges the last step again
                continue
            theirs = expected(trial.should_prune(), study, number, step)
            assert (decision is STOP) == theirs, (number, step)
            assert decision is CONTINUE or (due is not None and step >= due)
            decisions[decision] += 1
            if decision is STOP and (op != "ignore" or case.obeys):
                study.tell(live.pop(number), state=optuna.trial.TrialState.PRUNED)
                judge.end(number, None)
    return decisions


# --- in a whole study ------------------------------------------------------------------------------------------------


def test_a_study_runs_under_it_is_whole_and_goes_on_without_being_told_its_pruner(case, tmp_path):
    url = f"sqlite:///{tmp_path}/study.db"

    def objective(trial):
        x = trial.suggest_float("x", 0.0, 1.0)
        start = (trial.load_checkpoint() or {"step": 0})["step"]
        for step in range(start + 1, 10):
            trial.report(math.nan if x > 0.9 else x + 1 / step, step)
            trial.save_checkpoint({"step": step}, step)
            if trial.should_prune():
                raise rtl.TrialPruned
        return x

    study = rtl.create_study(study_name="s", storage=url, pruner=case.make(), sampler=rtl.samplers.RandomSampler(3))
    study.optimize(objective, n_trials=12, executor="inline")
    study.close()
    again = rtl.load_study(study_name="s", storage=url)
    again.optimize(objective, n_trials=6, executor="inline")
    states = Counter(trial.state for trial in again.trials)
    assert sum(trial.parent is None for trial in again.trials) == 18
    assert (states[TrialState.COMPLETE] > 0) == case.completes
    assert json.loads(again.last_run.pruner) == case.make().spec()
    assert again.differences() == []
    again.close()
