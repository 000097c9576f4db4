"""A worker that lies: every message it sends is refused with a typed error, nothing changes, and the study lives on.

The driver runs in this process: its class needs no Ray.
"""

from __future__ import annotations

import json
import math

import pytest

import raytune_lite as rl
from raytune_lite import exceptions
from raytune_lite.core import bounds
from raytune_lite.core import messages as m
from raytune_lite.core.encoding import event_to_json, from_json
from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from raytune_lite.exceptions import MessageError
from raytune_lite.pruners import ASHAPruner
from raytune_lite.runtime import tokens
from raytune_lite.runtime.answers import BUSY
from raytune_lite.runtime.config import RunConfig
from raytune_lite.runtime.handover import Handover, Prefetched, Returned
from raytune_lite.runtime.ranks.running import Group
from raytune_lite.runtime.socket_server import SocketServer
from raytune_lite.runtime.sockets import SocketClient
from raytune_lite.runtime.tokens import Ticket
from raytune_lite.runtime.worker_settings import WorkerSettings
from raytune_lite.samplers import GridSampler, RandomSampler
from raytune_lite.trial import TrialState

from .core_tools import inside, open_driver, reports

UNIT = FloatDistribution(0.0, 1.0)
X = m.ParamValue(name="x", value=0.5, distribution=UNIT)


class Talk:
    """A driver, and the messages that workers and a launcher send it."""

    def __init__(self, storage, **settings):
        rl.create_study(study_name="s", storage=storage, load_if_exists=True).close()
        settings = {"sampler": RandomSampler(0), "n_trials": 3, **settings}
        self.storage = storage
        self.config = RunConfig(storage=storage, study_name="s", run="run", **settings)
        self.driver = open_driver(self.config)
        self.plan()
        self.session = inside(self.driver)

    def send(self, message):
        """The answer, or the error that the attempt would raise."""
        text = message if isinstance(message, bytes) else event_to_json(message).encode()
        reply = from_json(self.driver.receive(text))
        if isinstance(reply, dict):
            raise getattr(exceptions, reply["error"], ValueError)(*reply["args"])
        return reply[0]

    def claim(self, slot):
        return self.send(behind(Ticket.of(self.config.secret, slot).seal, m.Claimed(slot=slot, node="n")))

    def report(self, number, *pairs, attempt=1, **progress):
        progress = m.Progress(reports=reports(*pairs), **progress)
        return self.send(m.Reported(number=number, attempt=attempt, progress=progress))

    def plan(self, *ended):
        returned = tuple(Returned(slot=slot, message=message) for slot, message in ended)
        return self.driver.plan(Handover(ended=returned))

    def end(self, slot, number, *values, attempt=1, outcome="complete", **fields):
        event = m.AttemptEnded(
            number=number, attempt=attempt, outcome=m.Outcome(outcome), values=values or None, **fields
        )
        return self.plan((slot, event_to_json(event).encode()))

    def stored(self):
        state = self.session.state
        return (
            len(self.session.repository.events(self.session.study)),
            {n: (t.state, t.attempt, t.slot, dict(t.params), dict(t.reports), dict(t.user_attrs), list(t.checkpoints),
                 t.pending) for n, t in state.trials.items()},
            dict(state.space), dict(state.slots), state.run.budget,
        )  # fmt: skip

    def finish(self):
        """Everything that is left runs honestly; the study as it is read afterwards."""
        for slot, number in list(self.session.state.slots.items()):
            self.end(slot, number, 1.0, attempt=self.session.state.trials[number].attempt)
        n = 0
        while (assignment := self.claim(f"honest-{n}")) is not None:
            self.end(f"honest-{n}", assignment.number, float(n), attempt=assignment.attempt)
            n += 1
        assert self.plan().over
        self.driver.close()
        return {trial.number: trial for trial in rl.load_study(study_name="s", storage=self.storage).trials}


@pytest.fixture
def talk(storage):
    made = Talk(storage)
    made.claim("a")
    made.claim("b")
    made.report(0, (1, 0.5), params=(X,), user_attrs=(("k", "1"),), checkpoint=ref())
    yield made
    if made.driver.fatal is None:
        made.driver.close()


def ref(number=0, attempt=1, step=1, **changes):
    fields = {"uri": f"trial-{number:05d}/attempt-{attempt}/step-{step}", "digest": "d" * 64, "size": 1, **changes}
    return m.CheckpointRef(**{"step": step, "attempt": attempt, **fields})


# --- a token an attempt ----------------------------------------------------------------------------------------------

SECRET = b"s" * 32


@pytest.fixture
def sealed(storage):
    """A driver whose attempts have tokens, with two of them."""
    made = Talk(storage, secret=SECRET)
    made.tokens = [made.claim(slot).token for slot in "ab"]
    yield made
    if made.driver.fatal is None:
        made.driver.close()


def behind(token, event):
    return tokens.with_token(token, event_to_json(event).encode())


def test_an_attempt_reports_for_its_own_trial_only(sealed):
    own, others = sealed.tokens
    assert len({own, others}) == 2
    report = m.Reported(number=0, attempt=1, progress=m.Progress(reports=reports((1, 0.5))))
    asked = m.ParamAsked(number=0, attempt=1, name="x", distribution=UNIT)
    before = sealed.stored()
    for event in (report, asked):
        for token in (None, others, own[:-1] + ("0" if own[-1] != "0" else "1"), "\ufffd" * 4):
            with pytest.raises(MessageError):
                sealed.send(behind(token, event))
    assert sealed.stored() == before
    assert sealed.send(behind(own, report)) == "continue"
    assert sealed.send(behind(own, asked)).name == "x"
    assert own not in json.dumps([str(entry) for entry in sealed.session.repository.events(sealed.session.study)])


def test_a_token_outlives_its_driver_and_no_later_attempt(sealed):
    own = sealed.tokens[0]
    sealed.driver.close()
    sealed.driver = open_driver(sealed.config)
    report = m.Reported(number=0, attempt=1, progress=m.Progress(reports=reports((1, 0.5))))
    assert sealed.send(behind(own, report)) == "continue"
    sealed.driver.ask(m.AttemptLost(number=0, attempt=1, kind=m.FailureKind.NODE_LOST))
    again = sealed.claim("c")
    assert (again.number, again.attempt) == (0, 2)
    with pytest.raises(MessageError, match="without the token of that attempt"):
        sealed.send(behind(own, m.Reported(number=0, attempt=2, progress=m.Progress())))
    assert sealed.send(behind(again.token, m.Reported(number=0, attempt=2, progress=m.Progress()))) == "continue"


def test_a_trial_that_was_claimed_ahead_is_given_to_its_task_only(sealed):
    plan = sealed.driver.plan(Handover(prefetch=("ahead-1",)))
    [item] = plan.prefetched
    given = from_json(item.assignment)
    for seal in (None, *sealed.tokens, given.token, tokens.seal_of(SECRET, "a")):
        with pytest.raises(MessageError, match="came without that slot's seal"):
            sealed.send(behind(seal, m.Claimed(slot=item.slot, node="n")))
    report = m.Reported(number=given.number, attempt=1, progress=m.Progress(reports=reports((1, 0.5))))
    assert sealed.send(behind(given.token, report)) == "continue"


def send_by(driver, transport, message):
    """The driver's reply to a message that comes on this transport."""
    if transport == "actor call":
        return driver.receive(message)
    server = SocketServer("127.0.0.1", b"k" * 32, driver.receive_many, busy=BUSY, patience=5.0)
    client = SocketClient(server.local_address, b"k" * 32)
    try:
        return client.call(message, 10)
    finally:
        client.close()
        server.close()


@pytest.mark.parametrize("transport", ["socket", "actor call"])
def test_a_forging_worker_changes_nothing_by_either_transport(sealed, transport):
    """It knows what a worker can know: the socket and its key, another's slot, trial and attempt, its own token."""
    forger, victim = tokens.seal_of(SECRET, "forger"), tokens.seal_of(SECRET, "victim")
    claim = m.Claimed(slot="victim", node="n", pid=1)
    given = from_json(send_by(sealed.driver, transport, behind(victim, claim)))[0]
    mine = sealed.tokens[0]
    number, attempt = given.number, given.attempt
    ended = m.AttemptEnded(number=number, attempt=attempt, outcome=m.Outcome.COMPLETE, values=(0.0,))
    forged = [
        (forger, claim),  # would bring the victim's token
        (tokens.seal_of(b"another run", "victim"), claim),
        (mine, claim),
        (None, claim),
        (mine, m.Reported(number=number, attempt=attempt, progress=m.Progress(reports=reports((1, 0.0))))),
        (mine, m.ParamAsked(number=number, attempt=attempt, name="x", distribution=UNIT)),
        (mine, ended),
        (None, ended),
    ]
    before = sealed.stored()
    for token, event in forged:
        reply = from_json(send_by(sealed.driver, transport, behind(token, event)))
        assert isinstance(reply, dict), event
        assert reply["error"] == "MessageError"
        assert given.token not in str(reply)
    assert sealed.stored() == before
    # sent again, as after a lost reply, it is answered as it was; and the victim goes on
    assert from_json(send_by(sealed.driver, transport, behind(victim, claim)))[0] == given
    report = m.Reported(number=number, attempt=attempt, progress=m.Progress(reports=reports((1, 0.5))))
    assert from_json(send_by(sealed.driver, transport, behind(given.token, report)))[0] == "continue"


def test_no_repr_shows_what_opens_the_socket_or_speaks_for_an_attempt():
    """A traceback with the values of variables ends in a log, which others may read."""
    secret = "0123abcd" * 4
    key = secret.encode()
    records = [
        m.Assignment(number=7, attempt=1, token=secret),
        Ticket("slot-7", secret),
        Prefetched(slot="slot-7", assignment=key),
        Group(name="slot-7", size=1, key=key, seal=secret),
        WorkerSettings(n_objectives=7, checkpoint_root="/", lease=1.0, key=key),
        RunConfig(storage=f"postgresql://u:{secret}@h/d", study_name="7", run="r", sampler=None, secret=key),
    ]
    for record in records:
        assert secret not in repr(record)
        assert "7" in repr(record)


@pytest.mark.parametrize("has_claimed", [False, True])
@pytest.mark.parametrize("restarts", [False, True])
def test_nobody_claims_for_the_slot_of_another(sealed, has_claimed, restarts):
    """Not even before its task has claimed, nor of a driver that was restarted and remembers no claims."""
    victim = m.Claimed(slot="victim", node="n", pid=1)
    given = sealed.claim("victim") if has_claimed else None
    if restarts:
        sealed.driver.close()
        sealed.driver = open_driver(sealed.config)
        sealed.driver.settings()
        sealed.session = inside(sealed.driver)
    before = sealed.stored()
    for seal in (None, *sealed.tokens, *(tokens.seal_of(SECRET, slot) for slot in ("a", "victim2", "/victim", ""))):
        with pytest.raises(MessageError, match="came without that slot's seal"):
            sealed.send(behind(seal, victim))
    assert sealed.stored() == before
    found = sealed.claim("victim")
    assert found.token is not None
    assert (found.number, found.token) == (given.number, given.token) if given else found.number == 2
    with pytest.raises(MessageError, match="without the token of that attempt"):  # a seal is no token
        sealed.send(behind(
            tokens.seal_of(SECRET, "victim"), m.Reported(number=found.number, attempt=1, progress=m.Progress())
        ))  # fmt: skip


def test_an_attempt_whose_run_has_no_secret_needs_no_token(talk):
    assert talk.claim("a").token is None
    assert talk.report(0, (2, 0.5)) == "continue"


NOT_FOR_ATTEMPTS = [
    m.RunStarted(run="mine"), m.RunFinished(run="run"), m.StopRequested(reason="no"),
    m.TrialEnqueued(params=(("x", "1"),)), m.TrialAdded(number=None, state=1, values=(0.0,)),
    m.Suggested(number=0, params=(X,)), m.ParamSet(number=0, attempt=1, param=X),
    m.AttemptLost(number=1, attempt=1, kind=m.FailureKind.NODE_LOST),
    m.RunExtended(n_trials=1, key="k"),
]  # fmt: skip


def test_an_attempt_may_end_itself_and_no_other(sealed):
    own, other = sealed.claim("a"), sealed.claim("b")
    wrong = m.AttemptEnded(number=other.number, attempt=1, outcome=m.Outcome.COMPLETE, values=(0.0,))
    for message in (behind(own.token, wrong), event_to_json(wrong).encode()):
        with pytest.raises(MessageError, match="without the token of that attempt"):
            sealed.send(message)
    right = m.AttemptEnded(number=own.number, attempt=1, outcome=m.Outcome.COMPLETE, values=(0.0,))
    assert sealed.send(behind(own.token, right)) == TrialState.COMPLETE


@pytest.mark.parametrize("event", NOT_FOR_ATTEMPTS, ids=lambda event: type(event).__name__)
def test_an_attempt_may_claim_ask_report_and_end_and_nothing_else(talk, event):
    before = talk.stored()
    may = "Claimed, AttemptBegan, ParamAsked, Reported, AttemptEnded, TrialsAsked"
    with pytest.raises(MessageError, match=f"an attempt may send {may} here"):
        talk.send(event)
    assert talk.stored() == before


GARBAGE = [
    b"", b"\xff\xfe", b"{", b"[]", b"null", b"[" * 100_000, b"\x80\x04]\x94.", b'{"_":"Reported"}', b"x" * 5_000_000,
]  # fmt: skip


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda garbage: repr(garbage[:12]))
def test_garbage_is_refused_and_the_study_completes(talk, garbage):
    before = talk.stored()
    with pytest.raises(MessageError):
        talk.send(garbage)
    assert talk.stored() == before
    trials = talk.finish()
    assert [trial.state for trial in trials.values()] == [TrialState.COMPLETE] * 3
    assert trials[0].intermediate_values == {1: 0.5}


LIES = {
    "NaN step": {"raw": {"reports": [[math.nan, 0.5]]}},
    "negative step": {"raw": {"reports": [[-1, 0.5]]}},
    "step 1.5": {"raw": {"reports": [[1.5, 0.5]]}},
    "huge step": {"raw": {"reports": [[10**30, 0.5]]}},
    "value is a text": {"raw": {"reports": [[2, "0.1"]]}},
    "a batch of a million": {"raw": {"reports": [[1, 0.5]] * 200_000}},
    "attribute of 10 MB": {"raw": {"user_attrs": [["k", '"' + "x" * 10**7 + '"']]}},
    "attribute of ours": {"system_attrs": (("rtl:failure", "1"),)},
    "constraint as an attribute": {"system_attrs": (("constraints:c", '"no number"'),)},
    "parameters as an attribute": {"system_attrs": (("fixed_params", "1"),)},
    "attribute of a library is no JSON": {"system_attrs": (("lib:k", "{"),)},
    "attribute that does not fit": {"user_attrs": (("k", '"' + "x" * bounds.MAX_TEXT + '"'),)},
    "attribute is no JSON": {"user_attrs": (("k", "{"),)},
    "attribute's key has a NUL": {"user_attrs": (("k\0", "1"),)},
    "attribute's key is half a pair": {"user_attrs": (("\ud800", "1"),)},
    "attribute's key of 600": {"user_attrs": (("k" * 600, "1"),)},
    "parameter outside": {"params": (m.ParamValue(name="y", value=2.0, distribution=UNIT),)},
    "parameter of another kind": {"params": (m.ParamValue(name="x", value=1.0, distribution=IntDistribution(0, 1)),)},
    "no such choice": {"params": (m.ParamValue(name="c", value=7.0, distribution=CategoricalDistribution(["a"])),)},
    "parameter's name has a NUL": {"params": (m.ParamValue(name="\0", value=0.5, distribution=UNIT),)},
    "checkpoint outside": {"checkpoint": ref(uri="../../etc/passwd")},
    "checkpoint absolute": {"checkpoint": ref(uri="/etc/passwd")},
    "checkpoint of another trial": {"checkpoint": ref(uri="trial-00000/attempt-1/step-1")},
    "checkpoint of a later attempt": {"checkpoint": ref(1, attempt=2)},
    "checkpoint of attempt 0": {"checkpoint": ref(1, attempt=0)},
    "checkpoint at another step": {"checkpoint": ref(1, uri="trial-00001/attempt-1/step-9")},
    "checkpoint below itself": {"checkpoint": ref(1, uri="trial-00001/attempt-1/step-1/../../../trial-00000")},
    "checkpoint step-1x": {"checkpoint": ref(1, uri="trial-00001/attempt-1/step-1x")},
    "checkpoint step-1.": {"checkpoint": ref(1, uri="trial-00001/attempt-1/step-1.")},
    "digest of 10 kB": {"checkpoint": ref(1, digest="d" * 10_000)},
}


def lie(raw=None, number=1, **fields):
    event = m.Reported(number=number, attempt=1, progress=m.Progress(reports=((7, (0.1,)),), **fields))
    data = json.loads(event_to_json(event))
    data["progress"] |= raw or {}
    return json.dumps(data).encode()


@pytest.mark.parametrize("name", LIES)
def test_a_report_that_cannot_be_true_changes_nothing_and_the_others_are_stored(talk, name):
    before = talk.stored()
    with pytest.raises(ValueError, match=r"\w"):  # MessageError is one, IncompatibleDistributionError too
        talk.send(lie(**LIES[name]))
    assert talk.stored() == before
    # the same lie as an attempt's last word: that attempt fails, with the reason, and the run goes on
    ended = json.loads(event_to_json(NOT_FOR_ATTEMPTS[-1]))
    ended["progress"] = json.loads(lie(**LIES[name]))["progress"]
    talk.plan(("b", json.dumps(ended).encode()))
    trials = talk.finish()
    assert [trial.state.name for trial in trials.values()] == ["COMPLETE", "FAIL", "COMPLETE"]
    assert "end was refused" in trials[1].system_attrs["rtl:failure"]["error"]
    assert (trials[1].intermediate_values, trials[1].params, trials[1].user_attrs) == ({}, {}, {})
    assert (trials[0].intermediate_values, trials[0].user_attrs) == ({1: 0.5}, {"k": 1})


@pytest.mark.parametrize(("number", "attempt"), [(0, 2), (0, 0), (1, 7), (2, 1), (99, 1), (2**31 - 1, 1)])
def test_an_attempt_that_is_not_live_is_told_so(talk, number, attempt):
    before = talk.stored()
    with pytest.raises(exceptions.StaleAttemptError):
        talk.report(number, (1, 0.0), attempt=attempt)
    with pytest.raises(exceptions.StaleAttemptError):
        talk.send(m.ParamAsked(number=number, attempt=attempt, name="y", distribution=UNIT))
    assert talk.stored() == before


@pytest.mark.parametrize("slot", ["", "a\0b", "\ud800", "x" * 600])
def test_a_claim_needs_a_slot_that_can_be_stored(talk, slot):
    before = talk.stored()
    with pytest.raises(ValueError, match="slot"):
        talk.claim(slot)
    assert talk.stored() == before


def test_a_question_for_a_parameter_that_cannot_be_stored_is_refused(talk):
    before = talk.stored()
    large = CategoricalDistribution([str(i) * 10 for i in range(10_000)])
    for name, distribution in (("\0", UNIT), ("x" * 600, UNIT), ("y", large), ("x", IntDistribution(0, 1))):
        with pytest.raises(ValueError, match=r"name|choices|parameter"):
            talk.send(m.ParamAsked(number=1, attempt=1, name=name, distribution=distribution))
    assert talk.stored() == before
    assert talk.send(m.ParamAsked(number=1, attempt=1, name="y", distribution=UNIT)).name == "y"


def test_a_lie_does_not_disturb_the_honest_reports_of_its_batch(talk):
    from raytune_lite.runtime.batch import Request

    def request(number, step, **fields):
        event = m.Reported(number=number, attempt=1, progress=m.Progress(reports=((step, (0.25,)),), **fields))
        return Request(event, answers.append, refusals.append)

    answers, refusals = [], []
    batch = [request(0, 2), request(1, 2, checkpoint=LIES["checkpoint outside"]["checkpoint"]), request(0, 3)]
    talk.session.process(batch)
    assert (len(answers), len(refusals)) == (2, 1)
    trials = talk.finish()
    assert (trials[0].intermediate_values, trials[1].intermediate_values) == ({1: 0.5, 2: 0.25, 3: 0.25}, {})


# --- ends -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [b"", b"\xff", b"{}", b"x" * 5_000_000, event_to_json(NOT_FOR_ATTEMPTS[0]).encode()])
def test_an_end_that_is_none_fails_its_own_slots_attempt(talk, end):
    plan = talk.plan(("a", end))
    assert plan.failed == (0,)
    trials = talk.finish()
    assert [trial.state.name for trial in trials.values()] == ["FAIL", "COMPLETE", "COMPLETE"]


def test_a_slot_cannot_end_the_trial_of_another(talk):
    talk.end("a", 1, -1e9)
    assert talk.session.state.trials[1].state is TrialState.RUNNING
    assert talk.session.state.trials[0].state is TrialState.FAIL
    talk.end("b", 1, 2.0)
    assert talk.finish()[1].values == [2.0]


def test_an_end_of_a_trial_that_is_not_there_fails_its_own(talk):
    assert talk.end("a", 2**31 - 1, 0.0).failed == (0,)


@pytest.mark.parametrize("kind", ["node_lost", "driver_lost", "lease_expired"])
def test_an_attempt_cannot_give_itself_retries_without_end(talk, kind):
    failure = m.Failure(error="E", kind=m.FailureKind(kind))
    talk.end("a", 0, outcome="fail", failure=failure)
    assert talk.session.state.trials[0].state is TrialState.FAIL


def test_a_slot_whose_end_was_refused_claims_nothing_more(talk):
    talk.plan(("a", b""))
    assert talk.claim("a") is None


def test_values_that_are_no_result_are_a_fail(talk):
    talk.end("a", 0, math.nan)
    talk.end("b", 1, 1.0, 2.0)
    trials = talk.finish()
    assert [trials[n].state.name for n in (0, 1)] == ["FAIL", "FAIL"]


def test_a_failure_of_megabytes_is_cut_before_it_is_sent(talk):
    from raytune_lite.runtime.failures import failure_of

    class Huge(Exception):
        def __str__(self):
            return "\U0001f600" * 10**6

    class Broken(Exception):
        def __str__(self):
            raise RuntimeError("no")

    talk.end("a", 0, outcome="fail", failure=failure_of(Huge()))
    talk.end("b", 1, outcome="fail", failure=failure_of(Broken()))
    stored = [trial.system_attrs["rtl:failure"] for n, trial in talk.finish().items() if n < 2]
    assert all(len(json.dumps(text)) < bounds.MAX_TEXT for text in stored)
    assert "characters left out" in stored[0]["error"]
    assert stored[1]["error"].startswith("Broken:")


def test_a_report_between_and_past_the_rungs_gets_the_first_verdict(storage):
    talk = Talk(storage, pruner=ASHAPruner(1, 9, 3), n_trials=1)
    talk.claim("a")
    assert talk.report(0, (5, 0.5), (1, 0.1), (3, 0.2)) == "pause"
    assert talk.report(0, (9, -1.0)) == "pause"
    assert [row.level for row in talk.session.repository.rungs(talk.session.study)] == [1]
    talk.driver.close()


def test_a_grid_cell_is_not_decided_by_other_values_than_its_own(storage):
    talk = Talk(storage, sampler=GridSampler({"x": [0.25, 0.75]}, seed=0), n_trials=None)
    [(_, text)] = talk.claim("a").fixed
    wrong, right = 1.0 - json.loads(text), json.loads(text)
    before = talk.stored()
    with pytest.raises(MessageError, match="is fixed to"):
        talk.report(0, params=(m.ParamValue(name="x", value=wrong, distribution=UNIT),))
    with pytest.raises(MessageError, match="is fixed; it was not sampled"):
        talk.send(m.ParamAsked(number=0, attempt=1, name="x", distribution=UNIT))
    assert talk.stored() == before
    talk.report(0, params=(m.ParamValue(name="x", value=right, distribution=UNIT),))
    assert talk.finish()[0].params == {"x": right}
