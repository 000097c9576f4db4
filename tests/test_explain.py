"""What explain says is what the judges decide: their reasons against their verdicts, and against naive rules."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import raytune_lite as rl
from raytune_lite.core.messages import Decision, PutRung
from raytune_lite.core.protocols import Cost, Promoter, Timed
from raytune_lite.core.reasons import Explains, ordinal
from raytune_lite.core.view import StudyIdentity
from raytune_lite.pruners import (
    ASHAPruner,
    HyperbandPruner,
    MedianPruner,
    MOASHAPruner,
    OnObjective,
    PASHAPruner,
    PatientPruner,
    PBTPruner,
    PercentilePruner,
    SuccessiveHalvingPruner,
    ThresholdPruner,
    WilcoxonPruner,
)
from raytune_lite.report.explain import explain, lines
from raytune_lite.report.following import Following
from raytune_lite.report.narrative import Note
from raytune_lite.samplers import RandomSampler

MIN, MAX = rl.StudyDirection.MINIMIZE, rl.StudyDirection.MAXIMIZE
PRUNERS = {
    "asha": ASHAPruner(1, 9, 3),
    "asha eta 2": ASHAPruner(2, 16, 2),
    "asha stop": ASHAPruner(1, 9, 3, mode="stop"),
    "asha cost": ASHAPruner(1, 9, 2, cost="seconds"),
    "asha seconds": ASHAPruner(1, 9, 2, resource="seconds"),
    "pasha": PASHAPruner(1, 9, 2),
    "moasha": MOASHAPruner(1, 9, 2),
    "moasha stop": MOASHAPruner(1, 9, 2, mode="stop", tie="epsnet"),
    "halving": SuccessiveHalvingPruner(1, 2),
    "halving auto": SuccessiveHalvingPruner(),
    "halving promote": SuccessiveHalvingPruner(1, 2, max_resource=9, mode="promote", bootstrap_count=2),
    "hyperband": HyperbandPruner(1, 9, 2),
    "hyperband bootstrap": HyperbandPruner(1, 9, 2, bootstrap_count=2),
    "hyperband promote": HyperbandPruner(1, 9, 2, mode="promote"),
    "median": MedianPruner(1),
    "median reached": MedianPruner(1, 1, 2, among="reached"),
    "percentile": PercentilePruner(25.0, 0, n_min_trials=2),
    "percentile reached": PercentilePruner(25.0, 2, among="reached"),
    "threshold": ThresholdPruner(-0.5, 1.0, n_warmup_steps=2),
    "patient": PatientPruner(None, 1),
    "patient median": PatientPruner(MedianPruner(0, among="reached"), 1),
    "patient asha": PatientPruner(ASHAPruner(1, 9, 3), 1, 0.1),
    "wilcoxon": WilcoxonPruner(n_startup_steps=2, p_threshold=0.3),
    "wilcoxon anytime": WilcoxonPruner(n_startup_steps=2, p_threshold=0.6, sequential="anytime"),
    "pbt": PBTPruner(2, 9, 4),
    "second objective": OnObjective(1, ASHAPruner(1, 9, 2)),
}
N_OBJECTIVES = {"moasha": 2, "moasha stop": 2, "second objective": 2}


def show(loss, objective=0):
    return f"{loss:.6g}"


class Course:
    """A judge that is told a random course of reports, promotions and ends, and is asked why after each decision."""

    def __init__(self, name, maximizes=False):
        self.n = N_OBJECTIVES.get(name, 1)
        directions = (MAX if maximizes else MIN,) * self.n
        self.judge = PRUNERS[name].judge(StudyIdentity("course", directions))
        self.steps, self.over, self.waits, self.last = {}, set(), set(), {}
        self.n_asked = 0
        self.replaces, self.by_seconds = name == "pbt", name == "asha seconds"

    def report(self, number, losses):
        if number in self.over or number in self.waits:
            return
        self.steps[number] = step = self.steps.get(number, 0) + 1
        due = self.judge.schedule(number).next_after(step - 1)
        if isinstance(self.judge, Timed):
            self.judge.note_cost(number, Cost(step * (1.0 + number % 3), {}))
        verdict = self.judge.report(number, step, losses[: self.n])
        decision = verdict.decision
        self.last[number] = losses[: self.n]
        if decision is Decision.STOP:
            self.over.add(number)
        elif decision is Decision.PAUSE:
            self.waits.add(number)
        # where levels are seconds each step is due, and most cross no rung
        is_due = bool(verdict.rows) if self.by_seconds else due is not None and due <= step
        if is_due or decision is not Decision.CONTINUE:
            self.check(number, decision)

    def check(self, number, decision):
        reason = self.judge.reason(number, self.steps[number], self.last[number], show)
        self.n_asked += 1
        if reason is None:
            assert decision is Decision.CONTINUE, f"trial {number}: {decision} without a reason"
        elif self.replaces:
            assert reason.holds == (decision is not Decision.STOP), (decision, reason)
        else:
            assert reason.holds == (decision is Decision.CONTINUE), (decision, reason)
        if decision is Decision.PAUSE:
            assert reason.missing

    def promote(self):
        if not isinstance(self.judge, Promoter):
            return
        number = next(iter(self.judge.promotable(lambda number: number in self.waits)), None)
        if number is not None:
            self.judge.promote(number)
            self.waits.discard(number)
            self.check(number, Decision.CONTINUE)

    def end(self, number, loss):
        if number in self.over or number in self.waits or number not in self.steps:
            return
        self.over.add(number)
        self.judge.end(number, None if loss is None else (loss,) * self.n)


LOSS = st.sampled_from([0.0, 0.25, 0.5, 0.5, 0.75, 1.0, 1.5, -1.0, math.nan, math.inf, -math.inf])
ACT = st.tuples(st.sampled_from(["report"] * 8 + ["promote", "end"]), st.integers(0, 7), LOSS, LOSS)


@pytest.mark.parametrize("name", PRUNERS)
@settings(max_examples=8, deadline=None)
@given(acts=st.lists(ACT, min_size=20, max_size=120), maximizes=st.booleans())
def test_a_reason_holds_exactly_where_the_judge_lets_the_trial_go_on(name, acts, maximizes):
    course = Course(name, maximizes)
    for act, number, loss, other in acts:
        if act == "report":
            course.report(number, (loss, other))
        elif act == "promote":
            course.promote()
        else:
            course.end(number, None if math.isnan(loss) else loss)


def test_the_courses_come_to_every_decision():
    """The property above is not empty: with enough trials each pruner decides against some."""
    rng = np.random.default_rng(0)
    for name in PRUNERS:
        course = Course(name)
        for i in range(600):
            number = int(rng.integers(0, 60))
            if i % 25 == 24:
                course.end(number, float(rng.normal()))
            course.report(number, tuple(rng.normal(size=2) * 2 + number % 2))
            if i % 10 == 9:
                course.promote()
        assert course.waits or course.over, name
        assert course.n_asked > 10, name
        assert isinstance(course.judge, Explains)


# --- against naive rules, on stored studies ------------------------------------------------------------------------


def noisy(seed):
    def objective(trial):
        rng = np.random.default_rng((seed, trial.number))
        x = trial.suggest_float("x", 0, 1)
        if trial.number % 11 == 10:
            raise ValueError("unlucky")
        saved = trial.load_checkpoint()
        first = 1 if saved is None else saved["step"] + 1
        for step in range(1, 10):
            value = round(x + float(rng.normal()) / step, 1)
            if step < first:
                continue
            trial.save_checkpoint({"step": step}, step=step)
            trial.report(math.nan if value < -1.5 else value, step)
            if trial.should_prune():
                raise rl.TrialPruned
        return x

    return objective


def run(tmp_path, pruner, n=40, direction="minimize", seed=0):
    url = None if tmp_path is None else f"sqlite:///{tmp_path}/s.db"  # a temporary one is not flushed: faster
    study = rl.create_study(
        study_name="s", storage=url, sampler=RandomSampler(seed), pruner=pruner, direction=direction
    )
    study.optimize(noisy(seed), n, executor="inline", catch=ValueError)
    return study


class Ladder:
    """ASHA's rule written out: who stood at each rung when a decision was made."""

    def __init__(self, eta):
        self.eta, self.at = eta, {}

    def record(self, row):
        self.at.setdefault(row.level, []).append((row.losses[0], row.number))

    def standing(self, number, level):
        keys = [(loss if math.isfinite(loss) else math.inf, i) for i, (loss, _) in enumerate(self.at[level])]
        own = next(key for key, (_, n) in zip(keys, self.at[level], strict=True) if n == number)
        quota = len(keys) // self.eta
        return {"n": len(keys), "rank": 1 + sum(key < own for key in keys), "quota": quota, "own": own[0],
                "bar": sorted(keys)[quota - 1][0] if quota else math.nan}  # fmt: skip


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_ranks_and_bars_of_a_stored_study_are_those_of_a_naive_ladder(direction, monkeypatch):
    study = run(None, ASHAPruner(1, 9, 3), direction=direction)
    ladder, decisions, sign = Ladder(3), [], 1 if direction == "minimize" else -1

    def check(state, event, at, commands, decided):
        for one in decided:
            for row in one.rows:
                if isinstance(row, PutRung):
                    ladder.record(row)
            if one.reason is not None and "rank" in one.reason.numbers:
                numbers = dict(one.reason.numbers)
                expected = ladder.standing(one.number, int(numbers.pop("level")))
                assert {name: numbers[name] for name in expected} == pytest.approx(expected, nan_ok=True)
                assert f"{ordinal(expected['rank'])} of {expected['n']} at step" in one.reason.text
                if expected["quota"]:
                    own, bar = sign * expected["own"], sign * expected["bar"]
                    assert f"it has {own:.6g}, the bar is {bar:.6g}, and" in one.reason.text
                decisions.append(one.decision)
        seen = {id(row) for one in decided for row in one.rows}
        for row in commands:  # of ends: "final" and "failed"
            if isinstance(row, PutRung) and id(row) not in seen:
                ladder.record(row)
        return ()

    monkeypatch.setattr("raytune_lite.report.following.notes_of", check)
    Following(study, whole=True)
    assert set(decisions) == {Decision.PAUSE, Decision.CONTINUE}
    assert len(decisions) > 40


def test_the_median_that_is_named_is_numpys():
    study = run(None, MedianPruner(3, among="completed"), n=30)
    stopped = [n for n in Following(study, whole=True).notes if n.kind == "stopped"]
    trials = study.trials
    assert stopped
    for note in stopped:
        if "median" not in note.text:
            continue
        done = [t for t in trials[: note.number] if t.state is rl.TrialState.COMPLETE]  # inline: one after another
        values = [v for t in done if not math.isnan(v := t.intermediate_values[note.step])]
        assert note.reason.numbers["bar"] == pytest.approx(np.percentile(values, 50))
        curve = [v for s, v in trials[note.number].intermediate_values.items() if s <= note.step and v == v]
        assert note.reason.numbers["own"] == min(curve) > note.reason.numbers["bar"]


@pytest.mark.parametrize("name", [name for name in PRUNERS if name not in N_OBJECTIVES and name != "asha seconds"])
def test_every_verdict_that_is_stored_has_its_note(name):
    study = run(None, PRUNERS[name], n=12, seed=3)
    following = Following(study, whole=True)
    noted = {(note.number, note.step): note for note in following.notes if note.kind in ("paused", "stopped")}
    for number in following.state.trials:
        for step, (_, decision) in following.state.trials.peek(number).verdicts.items():
            note = noted[number, step]
            assert note.kind == {Decision.PAUSE: "paused", Decision.STOP: "stopped"}[decision]
            assert note.reason is not None


def test_the_state_that_is_followed_is_the_states_of_the_trials():
    study = run(None, ASHAPruner(1, 9, 3), n=20)
    following = Following(study)
    assert {t.number: t.state for t in study.trials} == {n: t.state for n, t in following.state.trials.items()}
    seq = following.seq
    study.optimize(noisy(1), 5, executor="inline", catch=ValueError)
    assert following.update() > 0
    assert following.seq > seq
    assert {t.number: t.state for t in study.trials} == {n: t.state for n, t in following.state.trials.items()}
    assert following.update() == 0


# --- what is said --------------------------------------------------------------------------------------------------


def said(study, number=None):
    return "\n".join(lines(explain(study, number)))


def test_a_trial_that_waits_says_its_rank_the_bar_and_what_is_missing(tmp_path):
    study = rl.create_study(study_name="w", storage=f"sqlite:///{tmp_path}/w.db", pruner=ASHAPruner(1, 9, 3))

    def objective(trial):
        trial.report([0.1, 0.5, 0.3, 0.4][trial.number], 1)
        if trial.number == 3:
            study.stop()
        if trial.should_prune():
            raise rl.TrialPruned
        return 0.0

    study.optimize(objective, 40, executor="inline")
    text = said(study, 1)
    assert "trial 1: PAUSED" in text
    assert "paused: 2nd of 2 at step 1; nobody goes on before there are 3" in text
    assert "now it is 4th of 4 at step 1; it has 0.5, the bar is 0.1, and the best one goes on" in text
    assert "needs: 8 more trials at step 1 that are not better" in text
    assert "a new run: this one is stopping (study.stop())" in text
    assert "a run: none is under way" in text
    assert "study w: not running" in said(study)
    assert "the latest run was stopped: study.stop()" in said(study)


def test_failures_and_retries_say_their_kind_and_what_is_left(tmp_path):
    study = rl.create_study(study_name="f", storage=f"sqlite:///{tmp_path}/f.db", sampler=RandomSampler(0))

    def objective(trial):
        raise KeyError("boom")

    study.optimize(objective, 1, executor="inline", catch=KeyError, retries=rl.RetryPolicy(exception=1))
    text = said(study, 0)
    assert "trial 0: FAIL" in text
    assert "failed (exception: KeyError: 'boom')" in text
    assert "1 of 1 retries were used for exception (RetryPolicy)" in text
    history = [note.text for note in explain(study, 0).history if note.kind == "retried"]
    assert history == ["attempt 1 ended (exception: KeyError: 'boom'); it is tried again: retry 1 of 1 for exception"]


def test_a_trial_that_there_is_not_is_refused():
    study = run(None, None, n=2)
    with pytest.raises(ValueError, match="no trial 2; it has 2, from 0 on"):
        explain(study, 2)


def test_the_owner_is_asked_why_its_tasks_wait(tmp_path):
    from raytune_lite.runtime import control
    from raytune_lite.runtime.handover import Handover

    study = rl.create_study(study_name="o", storage=f"sqlite:///{tmp_path}/o.db")
    trial = study.ask()  # this process owns the study now
    other = rl.load_study(study_name="o", storage=f"sqlite:///{tmp_path}/o.db")
    assert control.status(other._repository, other._record) == control.Status(n_tasks=0, blocked="")
    driver = study._route._local.driver
    driver.handover = Handover(n_tasks=3, blocked="no node has 2 GPUs")
    text = said(other)
    assert "study o: running" in text
    assert "3 task(s) are queued or running" in text
    assert "none of them begins: no node has 2 GPUs" in text
    study.tell(trial, 1.0)
    study.close()
    assert control.status(other._repository, other._record) is None


class Mine:
    """A pruner of the user's that says nothing."""

    judges_several = False

    def spec(self):
        return {"name": "Mine"}

    def judge(self, study):
        from raytune_lite.core.protocols import Verdict
        from raytune_lite.core.schedules import Every

        class Own:
            def schedule(self, number):
                return Every()

            def report(self, number, step, losses):
                return Verdict(Decision.STOP if step == 2 else Decision.CONTINUE)

            def end(self, number, losses):
                return ()

        return Own()


class Speaks(Mine):
    """And one that says why."""

    def judge(self, study):
        from raytune_lite.core.reasons import Reason

        judge = super().judge(study)
        type(judge).reason = lambda self, number, step, losses, show: Reason(
            text=f"it has {show(losses[0])} and I stop at 2", holds=False
        )
        return judge


def test_a_pruner_of_the_users_own_is_named_or_speaks_for_itself(tmp_path):
    for pruner, words in ((Mine(), "stopped at step 2: Mine decided so"), (Speaks(), "and I stop at 2")):
        study = rl.create_study(study_name=words, storage=f"sqlite:///{tmp_path}/m.db", pruner=pruner)
        study.optimize(noisy(0), 1, executor="inline")
        assert words in said(study, 0)
        alone = rl.load_study(study_name=words, storage=f"sqlite:///{tmp_path}/m.db")
        with pytest.raises(ValueError, match="a pruner of your own cannot be rebuilt"):
            explain(alone, 0)


def test_a_compacted_study_says_that_its_log_is_gone(tmp_path):
    from raytune_lite.study import compact_study

    study = run(tmp_path, ASHAPruner(1, 9, 3), n=6)
    study.close()
    compact_study(study_name="s", storage=f"sqlite:///{tmp_path}/s.db")
    assert "the log before its compaction is gone" in said(study, 0)


def test_ordinals():
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 111, 122)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "111th", "122nd",
    ]  # fmt: skip


def test_a_note_is_data():
    assert Note(at=1.0, number=None, kind="study", text="t") == Note(at=1.0, number=None, kind="study", text="t")
