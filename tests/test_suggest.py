"""Samplers that take their time, beside the event loop; the guard around every sampler; and what each of them saw."""

from __future__ import annotations

import contextlib
import dataclasses
import random
import statistics
import threading
import time

import numpy as np
import pytest
import torch

import raytune_lite as rl
from raytune_lite.core import messages as m
from raytune_lite.core.encoding import event_to_json, from_json
from raytune_lite.distributions import FloatDistribution
from raytune_lite.exceptions import SamplerFailedError, StaleAttemptError
from raytune_lite.runtime.answers import BUSY
from raytune_lite.runtime.batch import Request
from raytune_lite.runtime.config import RunConfig
from raytune_lite.runtime.handover import Handover, Lost
from raytune_lite.runtime.suggest import isolated_globals
from raytune_lite.samplers.base import BaseSampler
from raytune_lite.trial import TrialState

from .core_tools import OpenSession, open_driver

UNIT = FloatDistribution(0.0, 1.0)
X = m.ParamValue(name="x", value=0.5, distribution=UNIT)


class Learner(BaseSampler):
    """Its values depend on all that a view holds: on the results, and on the parameters under way."""

    in_background = True

    def sample_relative(self, view, number, space):
        told = sum(t.values[0] for t in view.finished if t.state is TrialState.COMPLETE)
        going = sum(sum(t.params.values()) for t in view.pending(number))
        return dict.fromkeys(space, (0.1234 + told / 7 + going / 3 + number / 11) % 1.0)

    def sample_independent(self, view, number, name, distribution):
        return self.sample_relative(view, number, {name: distribution})[name]

    def explain(self, view, number, space):
        return f"the mean of {len(view.finished)}"


class Broken(BaseSampler):
    in_background = True

    def sample_relative(self, view, number, space):
        raise ZeroDivisionError("no model")


class Later:
    """Answers when the test says so, as a sampler thread does when it has time."""

    def __init__(self):
        self.questions = []
        self.waiting = []

    def __call__(self, question, requests):
        self.questions.append(question)
        self.waiting += requests

    def think(self, session):
        question = self.questions.pop(0)
        event = question.answer()
        session.apply([event])
        waiting, self.waiting = self.waiting, []
        session.process(waiting)


class Call:
    """A request and what became of it."""

    def __init__(self, session, kind, **fields):
        self.answers, self.errors = [], []
        session.process([Request(kind(**fields), self.answers.append, self.errors.append)])


def config(storage, sampler, **fields):
    rl.create_study(study_name="s", storage=storage, load_if_exists=True).close()
    return RunConfig(storage=storage, study_name="s", run="run", sampler=sampler, n_trials=60, **fields)


@pytest.fixture
def later():
    return Later()


@pytest.fixture
def session(storage, later):
    opened = OpenSession(config(storage, Learner(0)), later=later)
    # one trial, so that the study knows a parameter to foresee
    Call(opened, m.Claimed, slot="first", node="n")
    later.think(opened)
    opened.call(m.Reported(number=0, attempt=1, progress=m.Progress(params=(X,))))
    opened.call(m.AttemptEnded(number=0, attempt=1, outcome=m.Outcome.COMPLETE, values=(3.0,)))
    yield opened
    opened.close()


# --- beside the event loop -----------------------------------------------------------------------------------------


def test_a_claim_waits_for_the_sampler_and_nobody_else_does(session, later):
    before = session.state.n_events
    claim = Call(session, m.Claimed, slot="a", node="n")
    assert (claim.answers, claim.errors) == ([], [])
    assert session.state.n_events == before + 1  # the claim is stored: only its answer is to come
    other = Call(session, m.Claimed, slot="b", node="n")
    assert session.call(m.StopRequested(reason="")) is None  # the session goes on
    later.think(session)
    assert [a.number for a in claim.answers] == [1]
    assert [p.name for p in claim.answers[0].suggested] == ["x"]
    assert other.answers == []
    later.think(session)
    assert [a.number for a in other.answers] == [2]


def test_a_claim_sent_again_joins_the_one_that_waits(session, later):
    first, again = (Call(session, m.Claimed, slot="a", node="n") for _ in range(2))
    later.think(session)
    assert first.answers == again.answers != []
    if later.questions:  # a second answer to the same question changes nothing
        before = session.state.n_events
        later.think(session)
        assert session.state.n_events == before
    assert Call(session, m.Claimed, slot="a", node="n").answers == first.answers


def test_parameters_asked_for_in_the_middle_wait_too(session, later):
    Call(session, m.Claimed, slot="a", node="n")
    later.think(session)
    asked = Call(session, m.ParamAsked, number=1, attempt=1, name="y", distribution=UNIT)
    assert asked.answers == []
    later.think(session)
    assert [a.name for a in asked.answers] == ["y"]
    assert session.state.trials[1].params["y"] == asked.answers[0]


def test_an_attempt_that_dies_while_the_sampler_thinks_leaves_its_parameters_to_the_next(session, later):
    claim = Call(session, m.Claimed, slot="a", node="n")
    asked = list(later.questions)
    session.apply([session.slots.lose(Lost(slot="a", kind=m.FailureKind.WORKER_CRASH, message="killed"))])
    second = Call(session, m.Claimed, slot="b", node="n")
    later.think(session)
    assert claim.answers == [None]  # whoever still listens there is told to go
    assert [(a.number, a.attempt) for a in second.answers] == [(1, 2)]
    (param,) = second.answers[0].suggested
    assert param.value == asked[0].answer().params[0].value


def test_a_parameter_for_a_dead_attempt_is_refused_and_changes_nothing(session, later):
    Call(session, m.Claimed, slot="a", node="n")
    later.think(session)
    asked = Call(session, m.ParamAsked, number=1, attempt=1, name="y", distribution=UNIT)
    session.apply([session.slots.lose(Lost(slot="a", kind=m.FailureKind.WORKER_CRASH, message="killed"))])
    with pytest.raises(StaleAttemptError):
        later.think(session)
    assert asked.answers == []
    assert "y" not in session.state.trials[1].params


@pytest.mark.parametrize("background", [True, False])
def test_every_suggestion_can_be_derived_again_from_the_log(storage, background):
    later = Later()
    session = OpenSession(config(storage, Learner(0)), later=later if background else None)
    live, told = {}, 0
    for turn in range(120):
        if turn % 3 != 2 and len(live) < 4:
            claim = Call(session, m.Claimed, slot=f"slot-{turn}", node="n")
            live[turn] = claim
        if later.questions and turn % 2:
            later.think(session)
        for key, claim in list(live.items()):
            if claim.answers and turn % 5 == 0 and claim.answers[0] is not None:
                number = claim.answers[0].number
                values = {p.name: p for p in claim.answers[0].suggested} or {"x": X}
                progress = m.Progress(params=tuple(values.values()))
                ended = m.AttemptEnded(
                    number=number, attempt=1, outcome=m.Outcome.COMPLETE, progress=progress,
                    values=(number * 0.37,),
                )  # fmt: skip
                session.apply([ended])
                del live[key]
                told += 1
    assert told > 5
    log = session.repository.events(session.study)
    suggested = [event for _, event, _ in log if isinstance(event, m.Suggested)]
    assert len({event.params[0].value for event in suggested if event.params}) > 5
    for event in suggested:
        state = session.fold(log[: event.seen])
        sampler, view = Learner(0), state.view()
        values = sampler.sample_relative(view, event.number, sampler.search_space(view, state.space))
        assert {p.name: p.value for p in event.params} == values  # bit for bit
        assert event.note == (f"the mean of {len(view.finished)}" if event.params else "")
    session.close()


def test_a_sampler_that_raises_refuses_the_claim_and_its_trial_may_ask_again(storage):
    driver = open_driver(config(storage, Broken(0)))
    driver.settings()
    assert tell(driver, m.Claimed(slot="first", node="n"))["number"] == 0  # no parameter is known yet
    tell(driver, m.Reported(number=0, attempt=1, progress=m.Progress(params=(X,))))
    for _ in range(2):
        with pytest.raises(AssertionError, match=r"ZeroDivisionError.*no model|no model"):
            tell(driver, m.Claimed(slot="a", node="n"))
    with pytest.raises(SamplerFailedError, match="the sampler Broken failed for trial 1: ZeroDivisionError"):
        driver.plan(Handover())  # the launcher hears of it, and the run ends
    driver.plan(Handover(draining=True))
    driver.close()


def tell(driver, event):
    """The answer to a worker's message, asked for again while the driver is busy; a record as a dict of its fields."""
    reply = BUSY
    while reply == BUSY:
        reply = driver.receive(event_to_json(event).encode())
    found = from_json(reply)
    assert not isinstance(found, dict), found
    return dataclasses.asdict(found[0]) if dataclasses.is_dataclass(found[0]) else found[0]


class Slow(Learner):
    """Works at a matrix for a second: numpy gives the interpreter's lock away and takes it back all the time."""

    def sample_relative(self, view, number, space):
        end = time.monotonic() + 1.0
        a = np.eye(200) + 1e-3
        while time.monotonic() < end:
            a = np.linalg.inv(a)
        return super().sample_relative(view, number, space)


def test_reports_are_answered_at_once_while_a_sampler_works(storage):
    driver = open_driver(config(storage, Slow(0)))
    driver.settings()
    tell(driver, m.Claimed(slot="first", node="n"))
    tell(driver, m.Reported(number=0, attempt=1, progress=m.Progress(params=(X,))))
    claims, waits = [], []
    workers = [
        threading.Thread(target=lambda s=slot: claims.append(tell(driver, m.Claimed(slot=s, node="n"))))
        for slot in ("a", "b")
    ]
    for worker in workers:
        worker.start()
    step = 0
    while any(worker.is_alive() for worker in workers):
        step += 1
        began = time.perf_counter()
        tell(driver, m.Reported(number=0, attempt=1, progress=m.Progress(reports=((step, (1.0,)),))))
        waits.append(time.perf_counter() - began)
        time.sleep(0.005)
    assert sorted(claim["number"] for claim in claims) == [1, 2]
    assert step > 50
    # a second is what a report would take behind one suggestion; the bound leaves room for a busy machine
    assert statistics.median(waits) < 0.02, statistics.median(waits)
    assert driver.plan(Handover(prefetch=("ahead",))).prefetched == ()  # nothing is claimed ahead of a slow sampler
    driver.close()


class Beside(Learner):
    """Keeps away from what the trials beside its own have; takes a while, so that questions come while it works."""

    def sample_relative(self, view, number, space):
        time.sleep(0.05)
        return dict.fromkeys(space, sum(bool(trial.params) for trial in view.pending(number)) / 16)


def test_of_slots_that_ask_at_once_each_is_told_apart_from_those_before_it(storage):
    driver = open_driver(config(storage, Beside(0)))
    driver.settings()
    tell(driver, m.Claimed(slot="first", node="n"))
    tell(driver, m.AttemptEnded(
        number=0, attempt=1, outcome=m.Outcome.COMPLETE, values=(1.0,), progress=m.Progress(params=(X,))
    ))  # fmt: skip
    claims = []
    workers = [
        threading.Thread(target=lambda s=f"slot-{n}": claims.append(tell(driver, m.Claimed(slot=s, node="n"))))
        for n in range(8)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    driver.close()
    assert sorted(claim["number"] for claim in claims) == list(range(1, 9))
    # each sees the parameters of all that were answered before it
    assert sorted(claim["suggested"][0]["value"] for claim in claims) == [n / 16 for n in range(8)]


def test_after_a_question_that_the_sampler_fails_the_next_is_asked(storage):
    class Fails(Learner):
        def sample_independent(self, view, number, name, distribution):
            if name == "bad":
                time.sleep(0.1)
                raise ZeroDivisionError("no model")
            return 0.25

    driver = open_driver(config(storage, Fails(0)))
    driver.settings()
    for slot in ("a", "b"):  # no parameter is known yet
        tell(driver, m.Claimed(slot=slot, node="n"))
    found = {}

    def ask(number, name):
        event = m.ParamAsked(number=number, attempt=1, name=name, distribution=UNIT)
        try:
            found[name] = driver.ask(event).value
        except SamplerFailedError as error:
            found[name] = str(error)

    threads = [threading.Thread(target=ask, args=args) for args in ((0, "bad"), (1, "good"))]
    for thread in threads:
        thread.start()
        time.sleep(0.03)
    for thread in threads:
        thread.join(20)
    driver.close()
    assert "no model" in found["bad"]
    assert found["good"] == 0.25


# --- the guard -----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def default_dtype():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextlib.contextmanager
def deterministic():
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


WORLDS = {
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "set_grad_enabled": lambda: torch.set_grad_enabled(False),
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "default_dtype": default_dtype,
    "default_device": lambda: torch.device("meta"),
    "deterministic": deterministic,
    "errstate": lambda: np.errstate(all="raise"),
}


def ambient():
    """All that a sampler could disturb, or be disturbed by."""
    return (
        torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.is_autocast_enabled("cpu"),
        torch.get_autocast_dtype("cpu"), torch.get_default_dtype(), str(torch.get_default_device()),
        torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled(),
        torch.get_num_threads(), torch.random.get_rng_state().tolist(), repr(np.geterr()),
        repr(np.random.get_state()), random.getstate(),
    )  # fmt: skip


def needs_torch():
    """A small fit that goes wrong, or differs, in any of the worlds; it disturbs the global generators, too."""
    torch.manual_seed(0)
    np.random.seed(0)
    random.seed(0)
    w = torch.ones(3, requires_grad=True)
    x = torch.rand(4, 3)
    loss = ((x @ w).sum() ** 2) + np.exp(-1000.0)
    loss.backward()
    return w.grad.tolist(), str(w.dtype), w.grad.is_inference()


@pytest.mark.parametrize("name", WORLDS)
def test_a_sampler_never_sees_the_objectives_world_and_leaves_it_as_it_was(name):
    with isolated_globals():
        outside = needs_torch()
    with WORLDS[name]():
        before = ambient()
        with isolated_globals():
            inside = needs_torch()
        assert ambient() == before
        with pytest.raises(ZeroDivisionError), isolated_globals():
            raise ZeroDivisionError
        assert ambient() == before
    assert inside == outside


def test_a_sampler_on_torch_works_inside_a_study_whatever_mode_the_script_is_in():
    class Torchy(BaseSampler):
        def sample_relative(self, view, number, space):
            needs_torch()
            return super().sample_relative(view, number, space)

    study = rl.create_study(sampler=Torchy(0))
    with torch.inference_mode():
        with pytest.raises(RuntimeError):
            needs_torch()
        study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=3, executor="inline")
        trial = study.ask()
        study.tell(trial, trial.suggest_float("x", 0, 1))
    assert [t.state for t in study.trials] == [TrialState.COMPLETE] * 4
    study.close()
