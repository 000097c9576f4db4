"""What an objective learns of other trials: pages of finished ones, each asked for once; who may ask, and for what."""

from __future__ import annotations

import dataclasses

import pytest

import raytune_lite as rl
from raytune_lite import samplers
from raytune_lite.core import messages as m
from raytune_lite.core.encoding import from_json, to_json
from raytune_lite.exceptions import MessageError, StaleAttemptError
from raytune_lite.runtime import finished
from raytune_lite.runtime.answers import read
from raytune_lite.runtime.channel import DriverChannel, FastLine
from raytune_lite.runtime.config import RunConfig
from raytune_lite.runtime.failures import AttemptInterrupted
from raytune_lite.runtime.handover import Handover
from raytune_lite.runtime.host import RealHost
from raytune_lite.runtime.tokens import with_token
from raytune_lite.runtime.trial import Trial
from raytune_lite.samplers import RandomSampler
from raytune_lite.testing import FakeTrial
from raytune_lite.trial import TrialState

from .core_tools import Clock, open_driver


class Talk:
    """A driver with three attempts, as workers reach it: by messages. ``n_asked``: of their questions."""

    def __init__(self, storage, n_finished=0, **settings):
        study = rl.create_study(study_name="s", storage=storage)
        space = {"x": rl.distributions.IntDistribution(0, 1000)}
        study.add_trials([
            rl.create_trial(value=float(n), params={"x": n}, distributions=space, user_attrs={"n": [n]})
            for n in range(n_finished)
        ])  # fmt: skip
        study.close()  # else the driver has to wait until it is given back
        self.study, self.n_asked = rl.load_study(study_name="s", storage=storage), 0
        config = RunConfig(storage=storage, study_name="s", run="run", n_trials=5, sampler=RandomSampler(0), **settings)
        self.driver = open_driver(config)
        self.settings = self.driver.settings()
        self.driver.plan(Handover())
        self.known = finished.KnownTrials(self.settings.study.created)

    def call(self, message, timeout):
        self.n_asked += b"TrialsAsked" in message
        return self.driver.receive(message)

    def channel(self, slot):
        """An attempt's channel, and its assignment."""
        fast = FastLine(self.settings, lambda settings: None, RealHost())
        channel = DriverChannel(self.settings, fast, self, RealHost(), known=self.known)
        assignment = channel.claim(slot, "n", 7)
        channel.begin(assignment)
        return channel, assignment

    def end(self, channel, assignment, value):
        outcome = m.Outcome.COMPLETE
        channel.end(m.AttemptEnded(number=assignment.number, attempt=1, outcome=outcome, values=(value,)))


@pytest.fixture
def talk(storage):
    made = Talk(storage, 7)
    yield made
    made.driver.close()


def trial_of(channel, assignment, settings):
    return Trial(assignment, channel, lambda: None, host=Clock(), study=settings.study)


def numbers(trials):
    return [trial.number for trial in trials]


@pytest.mark.parametrize(("bound", "value", "pages"), [("MOST_TRIALS", 3, 3), ("MOST_TEXT", 1, 7)])
def test_finished_trials_come_page_by_page_and_each_once(talk, monkeypatch, bound, value, pages):
    monkeypatch.setattr(finished, bound, value)
    channel, assignment = talk.channel("a")
    found = channel.finished(assignment.number, 1)
    assert numbers(found) == [*range(7)]
    assert talk.n_asked == pages
    assert [trial.user_attrs for trial in found] == [{"n": [n]} for n in range(7)]
    assert channel.finished(assignment.number, 1) == found
    assert talk.n_asked == pages + 1  # an empty one
    other, taken = talk.channel("b")
    assert other.finished(taken.number, 1) == found  # the process knows them, whichever trial asks
    assert talk.n_asked == pages + 2
    talk.end(channel, assignment, 0.25)
    (new,) = [trial for trial in other.finished(taken.number, 1) if trial not in found]
    assert (new.number, new.values, new.state) == (7, [0.25], TrialState.COMPLETE)
    assert talk.n_asked == pages + 3


@pytest.mark.parametrize(("kept", "made_again"), [(1 << 26, [6]), (0, [0, 3, 6])])
def test_a_full_page_is_made_once_for_all_processes(talk, monkeypatch, kept, made_again):
    made, make = [], finished.Pages._made
    monkeypatch.setattr(finished, "MOST_TRIALS", 3)
    monkeypatch.setattr(finished, "MOST_KEPT", kept)
    monkeypatch.setattr(finished.Pages, "_made", lambda *given: made.append(given[2]) or make(*given))
    for slot in ("a", "b", "c"):
        talk.known = finished.KnownTrials(talk.settings.study.created)  # of another process
        channel, assignment = talk.channel(slot)
        assert numbers(channel.finished(assignment.number, 1)) == [*range(7)]
    assert made == [0, 3, 6] + 2 * made_again
    asked = m.TrialsAsked(number=assignment.number, attempt=1, seen=1)
    assert talk.driver.ask(asked)[0] == 3  # from there on with the pages of all


def without_dates(trials):
    return [dataclasses.replace(trial, datetime_start=None, datetime_complete=None) for trial in trials]


def test_what_an_objective_reads_is_what_the_script_reads(talk):
    channel, assignment = talk.channel("a")
    attrs = (("k", '{"a": [1]}'),)
    channel.report(7, 1, m.Progress(reports=((1, (0.5,)),), user_attrs=attrs, constraints=(("c", 1.0),)))
    talk.end(channel, assignment, 0.25)
    channel, assignment = talk.channel("b")
    study, stored = trial_of(channel, assignment, talk.settings).study, talk.study.trials
    found = study.trials
    assert (found[8].number, found[8].state) == (8, TrialState.RUNNING)
    assert found[7] == stored[7]
    assert found[7].datetime_start is not None
    assert found[:7] == without_dates(stored[:7])  # they were added: only the database has their dates
    best = found[0]  # 7 misses its constraint
    assert (study.best_trial, study.best_value, study.best_values, study.best_params, study.best_trials) == (
        best, 0.0, [0.0], {"x": 0}, [best],
    )  # fmt: skip
    assert talk.study.best_trial.number == 0
    assert numbers(study.get_trials(states=(TrialState.RUNNING,))) == [8]
    study.best_trial.params["x"] = study.trials[1].params["x"] = -1  # copies
    assert [trial.params["x"] for trial in study.get_trials(states=[TrialState.COMPLETE])[:7]] == [*range(7)]
    assert study.get_trials(deepcopy=False)[0] is study.get_trials(deepcopy=False)[0]


def test_another_trial_does_not_see_where_a_trial_ran_and_what_it_saved(talk):
    channel, assignment = talk.channel("a")
    ref = m.CheckpointRef(step=1, attempt=1, uri="trial-00007/attempt-1/step-1", digest="d" * 64, size=1)
    channel.report(7, 1, m.Progress(reports=((1, (0.5,)),), checkpoint=ref))
    talk.end(channel, assignment, 0.25)
    _, taken = talk.channel("b")
    page = talk.driver.ask(m.TrialsAsked(number=taken.number, attempt=1, seen=7))
    assert '"completed_at"' in to_json(page)
    assert not any(word in to_json(page) for word in ("attempt-1", '"node"', '"pid"', '"slot"', '"checkpoints"'))


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"seen": 8}, MessageError), ({"seen": 2**31 - 1}, MessageError), ({"number": 0}, StaleAttemptError),
        ({"number": 99}, StaleAttemptError), ({"attempt": 2}, StaleAttemptError), ({"attempt": 0}, StaleAttemptError),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_true_is_refused_and_the_driver_goes_on(talk, fields, error):
    channel, _ = talk.channel("a")
    asked = m.TrialsAsked(**{"number": 7, "attempt": 1, **fields})
    with pytest.raises(error):
        read(talk.driver.receive(to_json(asked).encode()))
    with pytest.raises(error):
        talk.driver.ask(asked)
    assert talk.driver.fatal is None
    assert len(channel.finished(7, 1)) == 7


@pytest.mark.parametrize("seen", [-1, 1.0, True, "0", None, 2**31])
def test_seen_is_a_number_of_trials(seen):
    asked = to_json(m.TrialsAsked(number=0, attempt=1, seen=3))
    assert from_json(asked) == m.TrialsAsked(number=0, attempt=1, seen=3)
    with pytest.raises(MessageError, match=r"TrialsAsked.seen must be an integer in \[0, "):
        from_json(to_json(m.TrialsAsked(number=0, attempt=1, seen=seen)))


def test_an_attempt_asks_by_its_own_token_only(storage):
    talk = Talk(storage, 2, secret=b"s" * 32)
    try:
        # the launcher gives the seals; here the claims are the driver's own
        own, other = (talk.driver.plan(Handover(prefetch=(slot,))).prefetched[0] for slot in ("ahead-1", "ahead-2"))
        mine, others = from_json(own.assignment), from_json(other.assignment)
        asked = to_json(m.TrialsAsked(number=mine.number, attempt=1)).encode()
        for token in (None, others.token):
            with pytest.raises(MessageError, match="without the token of that attempt"):
                read(talk.driver.receive(with_token(token, asked)))
        assert read(talk.driver.receive(with_token(mine.token, asked)))[0][:2] == [2, 2]
    finally:
        talk.driver.close()


def test_a_question_changes_nothing_and_is_not_in_the_log(talk):
    channel, assignment = talk.channel("a")
    before = talk.driver.query(lambda session: len(session.repository.events(session.study)))
    channel.finished(assignment.number, 1)
    assert talk.driver.query(lambda session: len(session.repository.events(session.study))) == before


def test_an_attempt_that_was_given_up_ends_when_it_asks(talk):
    channel, assignment = talk.channel("a")
    trial = trial_of(channel, assignment, talk.settings)
    talk.driver.query(
        lambda session: session.call(m.AttemptLost(number=7, attempt=1, kind=m.FailureKind.LEASE_EXPIRED))
    )
    with pytest.raises(AttemptInterrupted):
        _ = trial.study.trials
    assert trial.delivery.is_interrupted


def test_a_fake_trial_is_alone_in_its_study():
    trial = FakeTrial({"x": 1})
    trial.suggest_int("x", 0, 2)
    (only,) = trial.study.trials
    assert (only.number, only.params) == (0, {"x": 1})
    with pytest.raises(ValueError, match="no trial is COMPLETE yet"):
        _ = trial.study.best_trial


def skip_duplicates(library, how):
    """The pattern of Optuna's FAQ: parameters that were tried before give the value that they gave then."""
    computed, found = [], []

    def objective(trial):
        x, y = trial.suggest_int("x", -5, 5), trial.suggest_categorical("y", ["a", "b"])
        for t in reversed(trial.study.get_trials(deepcopy=False, states=(library.trial.TrialState.COMPLETE,))):
            if trial.params == t.params:
                found.append((trial.number, t.number))
                return t.value
        computed.append(trial.number)
        return x**2 + len(y)

    study = library.create_study(**({} if library is not rl else {"sampler": samplers.RandomSampler(0)}))
    for x, y in [(1, "a"), (2, "a"), (1, "a"), (1, "b"), (2, "a"), (1, "a")]:
        study.enqueue_trial({"x": x, "y": y})
    study.optimize(objective, n_trials=6, **how)
    return computed, found, [trial.value for trial in study.trials]


def test_the_faqs_way_to_skip_duplicates_does_what_it_does_in_optuna():
    optuna = pytest.importorskip("optuna")
    ours = skip_duplicates(rl, {"executor": "inline", "show_progress_bar": False})
    assert ours == skip_duplicates(optuna, {})
    assert ours[:2] == ([0, 1, 3], [(2, 0), (4, 1), (5, 2)])
