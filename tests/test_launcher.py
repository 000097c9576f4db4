"""The launcher over ports that a test drives: what it submits, hands over, cancels and raises. No Ray, no database."""

from __future__ import annotations

import pytest

from raytune_lite.core import messages as m
from raytune_lite.core.encoding import event_to_json
from raytune_lite.core.messages import FailureKind
from raytune_lite.exceptions import DriverUnreachableError, StudyAbortedError, TrialFailedError
from raytune_lite.runtime import launcher as launchers
from raytune_lite.runtime import telling
from raytune_lite.runtime.handover import Lost, Plan, Prefetched, Returned
from raytune_lite.runtime.launcher import Launcher
from raytune_lite.runtime.pace import LOOK_AHEAD, TASK_MOST, TASK_SECONDS, Pace, share_out
from raytune_lite.runtime.submitted import SubmittedSlots

from .core_tools import Clock


class Tasks:
    """Tasks that end when the test says so: ``script`` holds what each wait gives, or raises."""

    binds_first = False

    def __init__(self, host, script=(), capacity=2, prefetches=False, shares=False):
        self.host, self.script, self.room, self.prefetches = host, list(script), capacity, prefetches
        self.shares = shares
        self.submitted, self.cancelled, self.running = [], [], []
        self.why_blocked, self.gathered, self.more = "", [], 0
        self.explaining, self.explained_at = [], 0.0
        self.nodes, self.looks = {}, 0

    def submit(self, prefetched=()):
        slots = [item.slot for item in prefetched] or [f"t{len(self.submitted)}"]
        self.submitted.append(slots if prefetched else slots[0])
        self.running += slots
        return slots[0]

    def wait(self, timeout, gather=0.0):
        self.gathered.append(gather)
        found = self.script.pop(0) if self.script else ()
        if isinstance(found, BaseException):
            raise found
        self.host.sleep(timeout)
        ended, lost = [x for x in found if isinstance(x, Returned)], [x for x in found if isinstance(x, Lost)]
        for item in (*ended, *lost):
            self.running.remove(item.slot)
        return ended, lost

    def cancel(self, slot):
        self.cancelled.append(slot)
        if slot in self.running:
            self.running.remove(slot)

    def capacity(self):
        return self.room

    def explain(self, lost, calls, *, at_once=False):
        self.explaining += lost
        if at_once or self.host.now >= self.explained_at:
            found, self.explaining = self.explaining, []
            return found
        return []

    def blocked(self):
        return self.why_blocked

    def growth(self):
        return self.more

    def leaving(self):
        self.looks += 1
        return self.nodes


class Driver:
    """A driver that answers each handover with the next plan of the script, the last one for ever."""

    def __init__(self, *plans):
        self.plans, self.heard = list(plans), []

    def plan(self, handover, timeout=None):
        self.heard.append(handover)
        plan = self.plans.pop(0) if len(self.plans) > 1 else self.plans[0]
        if isinstance(plan, BaseException):
            raise plan
        return plan

    def locate(self, slots):
        return [None for _ in slots]

    @property
    def ended(self):
        return [item.slot for handover in self.heard for item in handover.ended]

    @property
    def lost(self):
        return [(item.slot, item.kind) for handover in self.heard for item in handover.lost]


class Observer:
    wants_standing = False

    def __init__(self, wants_trials=False):
        self.wants_trials = wants_trials
        self.plans, self.notices, self.error, self.error_from = [], [], None, 1

    def update(self, plan):
        self.plans.append(plan)
        if self.error is not None and len(self.plans) >= self.error_from:
            raise self.error

    def notice(self, text):
        self.notices.append(text)


def plan(wanted=2, over=False, **fields):
    return Plan(**{"counts": {}, "best": None, "promotions": 0, "wanted": wanted, "over": over, **fields})


OVER = plan(0, over=True)


def ahead(slot, is_alone=False):
    return Prefetched(slot=slot, assignment=b"{}", is_alone=is_alone)


def returned(slot, number=0, error=None, caught=True, exception=None, seconds=0.0):
    """A task's end: COMPLETE, or FAIL with ``error``."""
    failure = None if error is None else m.Failure(error=error, traceback=f"Traceback\n{error}")
    outcome = m.Outcome.COMPLETE if error is None else m.Outcome.FAIL
    values = (1.0,) if error is None else None
    event = m.AttemptEnded(number=number, attempt=1, outcome=outcome, values=values, failure=failure)
    message = event_to_json(event).encode()
    failed = error is not None
    return Returned(
        slot=slot, message=message, failed=failed, caught=caught, exception=exception, seconds=seconds
    )


class Run:
    """One launcher and its ports."""

    def __init__(self, plans, script=(), **options):
        self.host = Clock(0.0)
        tasks = {name: options.pop(name) for name in ("capacity", "prefetches", "shares") if name in options}
        self.tasks, self.driver = Tasks(self.host, script, **tasks), Driver(*plans)
        if "short_trials" in options:
            options["pace"] = Pace(self.host, options.pop("short_trials"))
        self.observer = Observer(options.pop("wants_trials", False))
        self.launcher = Launcher(self.driver, self.tasks, self.host, self.observer, study_name="s", **options)

    def __call__(self):
        self.launcher.run()
        return self


# --- nodes that leave ------------------------------------------------------------------------------------------------


def test_the_driver_hears_which_nodes_leave_and_the_cluster_is_asked_every_two_seconds_at_most():
    run = Run([plan()] * 40 + [OVER], poll=0.25)  # ten seconds
    run.tasks.nodes = {"n1": 60.0, "n2": None}
    run()
    assert {handover.leaving for handover in run.driver.heard} == {(("n1", 60.0), ("n2", None))}
    assert run.tasks.looks == 6


def test_how_much_room_there_is_is_looked_at_again_when_a_node_leaves():
    run = Run([plan(None)] * 12 + [OVER], poll=0.25, capacity=4)
    sleep = run.host.sleep

    def later(seconds):
        sleep(seconds)
        if run.host.now >= 1.0 and not run.tasks.nodes:
            run.tasks.nodes, run.tasks.room = {"n1": 60.0}, 2

    run.host.sleep = later
    run()
    room = [handover.room for handover in run.driver.heard]
    assert (room[8], room[11]) == (4, 2), "two seconds, not the usual five"


# --- tasks -----------------------------------------------------------------------------------------------------------


def test_a_run_that_is_over_starts_nothing():
    run = Run([OVER])()
    assert run.tasks.submitted == []
    assert len(run.driver.heard) == 1


def test_as_many_tasks_are_queued_as_the_driver_wants():
    run = Run([plan(3), plan(3), OVER], [[returned("t0")]], capacity=8)()
    assert run.tasks.submitted == ["t0", "t1", "t2", "t3"]


def test_without_a_wish_the_room_and_a_look_ahead_bound_the_tasks():
    run = Run([plan(None), OVER], capacity=2)()
    assert len(run.tasks.submitted) == 2 + LOOK_AHEAD


@pytest.mark.parametrize(("limit", "of_the_plan", "n"), [(3, None, 3), (None, 2, 2), (3, 1, 1), (1, 5, 1)])
def test_the_smaller_of_the_callers_limit_and_the_plans_holds(limit, of_the_plan, n):
    run = Run([plan(9, max_tasks=of_the_plan), OVER], capacity=8, max_concurrent=limit)()
    assert len(run.tasks.submitted) == n


def test_a_task_that_was_given_up_is_cancelled_and_reported_lost_once():
    run = Run([plan(2), plan(2, cancel=("t0", "of an earlier driver")), plan(2), OVER])()
    assert run.tasks.cancelled[0] == "t0"
    assert run.driver.lost == [("t0", FailureKind.LEASE_EXPIRED)]
    assert run.tasks.submitted == ["t0", "t1", "t2"]  # its place is free again


def test_tasks_that_are_left_when_the_run_is_over_are_let_go():
    run = Run([plan(2), OVER])()
    assert run.tasks.cancelled == ["t0", "t1"]
    assert run.driver.lost == []  # they held no trial


def test_short_trials_are_claimed_ahead_of_their_tasks():
    script = [[returned("t0"), returned("t1")]]
    given = plan(2, prefetched=(ahead("ahead-1"), ahead("ahead-2")))
    run = Run([plan(2), given, OVER], script, prefetches=True, short_trials=0.1, max_concurrent=2)()
    assert sorted(run.driver.heard[1].prefetch) == ["ahead-1", "ahead-2"]
    assert run.tasks.submitted[2:] == [["ahead-1"], ["ahead-2"]]


def test_long_trials_and_tasks_that_cannot_are_never_claimed_ahead():
    for options in ({"prefetches": True, "short_trials": 1e9}, {"prefetches": False, "short_trials": 0.0}):
        run = Run([plan(2), plan(2), OVER], [[returned("t0")]], max_concurrent=2, **options)()
        assert all(handover.prefetch == () for handover in run.driver.heard)


def test_tasks_share_trials_that_are_short_and_all_of_a_task_are_cancelled_with_it():
    script = [[returned(f"t{i}", i, seconds=TASK_SECONDS / 3.5) for i in range(4)]]
    given = plan(9, prefetched=tuple(ahead(f"ahead-{i}") for i in range(1, 8)))
    plans = [plan(4), given, plan(2, cancel=("ahead-3",)), plan(0), OVER]
    run = Run(plans, script, prefetches=True, shares=True, short_trials=0.1, capacity=2)()
    assert len(run.driver.heard[1].prefetch) % 3 == 0  # as many for each task as take TASK_SECONDS
    assert run.tasks.submitted[4:] == [[f"ahead-{i}" for i in range(a, b)] for a, b in ((1, 4), (4, 7), (7, 8))]
    assert run.tasks.cancelled[0] == "ahead-1"
    gone, expired = FailureKind.DRIVER_LOST, FailureKind.LEASE_EXPIRED
    assert run.driver.lost == [("ahead-1", gone), ("ahead-2", gone), ("ahead-3", expired)]


@pytest.mark.parametrize("bound", [{"max_concurrent": 3}, {"shares": False}, {"of_the_plan": 3}])
def test_where_somebody_bounds_what_runs_or_tasks_cannot_each_trial_has_a_task_of_its_own(bound):
    script = [[returned(f"t{i}", i, seconds=0.001) for i in range(3)]]
    options = {"shares": True, **bound}
    limit = options.pop("of_the_plan", None)
    plans = [plan(3, max_tasks=limit), plan(3, max_tasks=limit, prefetched=(ahead("ahead-1"), ahead("ahead-2"))), OVER]
    run = Run(plans, script, prefetches=True, short_trials=0.1, capacity=1, **options)()
    assert run.tasks.submitted[3:] == [["ahead-1"], ["ahead-2"]]


def test_a_pace_says_how_many_trials_fit_into_a_task():
    host = Clock(0.0)
    pace = Pace(host, short_trials=10)
    assert pace.trials_a_task() == 1  # nothing is known
    for seconds, most in ((TASK_SECONDS / 4.5, 4), (1e-9, TASK_MOST), (10.0, 1)):
        for _ in range(5):
            host.sleep(0.5)
            pace.note([returned(f"t{i}", i, seconds=seconds) for i in range(TASK_MOST)])
        assert pace.is_short
        assert pace.trials_a_task() == most
    assert pace.tasks_beyond(TASK_MOST) < pace.tasks_beyond(1)


def test_trials_are_shared_out_so_that_all_are_busy_and_those_that_have_run_before_are_alone():
    items = [ahead(f"{i}", is_alone=i == 2) for i in range(7)]
    shared = [[item.slot for item in group] for group in share_out(items, 2, 16)]
    assert shared == [["2"], ["0", "1", "3"], ["4", "5", "6"]]
    assert [len(group) for group in share_out(items, 2, 2)] == [1, 2, 2, 2]
    assert [len(group) for group in share_out(items, 100, 16)] == [1] * 7
    assert share_out([], 2, 16) == []


def test_it_says_so_when_no_trial_begins_and_less_often_later():
    seconds = 10 * telling.STUCK_NOTICE
    run = Run([*[plan(2)] * int(seconds / launchers.POLL), OVER])
    run.tasks.why_blocked = "no node has a GPU."
    run()
    waiting = [text for text in run.observer.notices if "2 trial(s) wait: no node has a GPU." in text]
    assert len(waiting) == 3  # after 1, 3 and 7 times STUCK_NOTICE


def test_it_says_nothing_while_a_trial_runs_however_long():
    run = Run([*[plan(2, counts={"RUNNING": 1})] * 400, OVER])
    run.tasks.why_blocked = "no node has a GPU."
    run()
    assert run.observer.notices == []


def test_an_autoscaler_sees_all_the_demand_that_the_run_can_use():
    run = Run([plan(40), OVER], capacity=0)
    run.tasks.more = 256
    run()
    assert len(run.tasks.submitted) == 40
    bounded = Run([plan(40), OVER], capacity=0, max_concurrent=8)
    bounded.tasks.more = 256
    bounded()
    assert len(bounded.tasks.submitted) == 8


def test_where_the_driver_claims_nothing_ahead_tasks_are_queued_that_ask_themselves():
    """Its sampler takes long: nothing would ever run."""
    script = [[returned("t0", seconds=0.001), returned("t1", seconds=0.001)]]
    run = Run([plan(2), plan(2), plan(2), OVER], script, prefetches=True, shares=True, capacity=2)()
    assert len(run.driver.heard[1].prefetch) > 0
    assert run.tasks.submitted == ["t0", "t1", "t2", "t3"]


def test_tasks_that_hold_several_trials_are_not_taken_for_several_tasks():
    script = [[returned(f"t{i}", i, seconds=0.001) for i in range(4)]]
    given = plan(6, prefetched=tuple(ahead(f"ahead-{i}") for i in range(6)))
    run = Run([plan(4), given, plan(6), OVER], script, prefetches=True, shares=True, capacity=2)()
    assert len(run.tasks.submitted) == 4 + 2  # six trials in two tasks, and nothing else to do


def test_demand_for_an_autoscaler_is_never_claimed_ahead():
    script = [[returned("t0"), returned("t1")]]
    run = Run([plan(None), plan(None), OVER], script, capacity=1, prefetches=True, short_trials=0.1)
    run.tasks.more = 20
    run()
    assert len(run.tasks.submitted) == 20
    assert [handover.prefetch for handover in run.driver.heard] == [(), (), ()]


# --- what the driver hears -------------------------------------------------------------------------------------------


def test_ends_and_losses_are_handed_over_once():
    lost = Lost(slot="t1", kind=FailureKind.NODE_LOST, message="gone")
    run = Run([plan(2), plan(2), plan(2), OVER], [[returned("t0")], [lost]])()
    assert run.driver.ended == ["t0"]
    assert run.driver.lost == [("t1", FailureKind.NODE_LOST)]


def test_what_was_not_acknowledged_is_handed_over_again_when_the_run_is_drained():
    plans = [plan(1), DriverUnreachableError("no answer"), OVER]
    run = Run(plans, [[returned("t0")]], max_concurrent=1)
    with pytest.raises(DriverUnreachableError):
        run()
    assert run.driver.ended == ["t0", "t0"]
    assert run.driver.heard[-1].draining


def test_trials_that_were_claimed_in_a_call_that_failed_are_given_back():
    plans = [plan(2), DriverUnreachableError("no answer"), OVER]
    script = [[returned("t0"), returned("t1")]]
    run = Run(plans, script, prefetches=True, short_trials=0.1, max_concurrent=2)
    with pytest.raises(DriverUnreachableError):
        run()
    assert sorted(run.driver.lost) == [("ahead-1", FailureKind.DRIVER_LOST), ("ahead-2", FailureKind.DRIVER_LOST)]


def test_finished_trials_are_asked_for_only_by_who_wants_them_and_from_where_they_are_known():
    plans = [plan(1, n_finished=3), plan(1, n_finished=5), OVER]
    assert [handover.seen for handover in Run(plans)().driver.heard] == [None, None, None]
    assert [handover.seen for handover in Run(plans, wants_trials=True)().driver.heard] == [None, 3, 5]


# --- failures --------------------------------------------------------------------------------------------------------


def test_a_failure_that_is_not_caught_ends_the_run_with_its_traceback():
    script = [[returned("t0", 7, "KeyError: 'x'", caught=False)]]
    run = Run([plan(1), plan(1, failed=(7,)), OVER], script, max_concurrent=1)
    with pytest.raises(TrialFailedError, match="KeyError: 'x'") as caught:
        run()
    assert (caught.value.number, caught.value.attempt) == (7, 1)
    assert run.driver.heard[-1].draining


def test_inline_it_is_the_objectives_own_exception():
    own = KeyError("x")
    script = [[returned("t0", 7, "KeyError: 'x'", caught=False, exception=own)]]
    with pytest.raises(KeyError) as caught:
        Run([plan(1), plan(1, failed=(7,)), OVER], script, max_concurrent=1)()
    assert caught.value is own


def test_a_failure_that_is_tried_again_is_neither_shown_nor_raised():
    script = [[returned("t0", 7, "KeyError: 'x'", caught=False)]]
    run = Run([plan(1), plan(1), OVER], script, max_concurrent=1)()
    assert run.observer.notices == []


def test_caught_failures_are_shown_the_first_with_their_tracebacks():
    n = telling.TRACEBACKS_SHOWN + 1
    script = [[returned(f"t{i}", i, f"ValueError: {i}")] for i in range(n)]
    plans = [plan(1), *(plan(1, failed=(i,)) for i in range(n)), OVER]
    notices = Run(plans, script, max_concurrent=1)().observer.notices
    assert len(notices) == n
    assert [("Traceback" in text) for text in notices] == [True] * (n - 1) + [False]


def test_a_run_that_was_given_up_says_why():
    with pytest.raises(StudyAbortedError, match="all failed alike"):
        Run([plan(1), plan(1, aborted="all failed alike"), OVER])()


# --- the end ---------------------------------------------------------------------------------------------------------


def test_ctrl_c_drains_hands_over_what_ends_and_kills_the_rest():
    script = [KeyboardInterrupt(), [returned("t0")]]
    run = Run([plan(2)], script, max_concurrent=2)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert [handover.draining for handover in run.driver.heard][-2:] == [True, True]
    assert run.driver.ended == ["t0"]
    assert run.tasks.cancelled == ["t1"]
    assert run.driver.lost == [("t1", FailureKind.DRIVER_LOST)]
    assert run.tasks.running == []
    assert "Interrupted" in run.observer.notices[0]
    assert "Stopped. Run the same command again" in run.observer.notices[1]
    assert len(run.observer.notices) == 2


def test_without_storage_ctrl_c_promises_no_second_run():
    run = Run([plan(2)], [KeyboardInterrupt()], max_concurrent=2, way_on=launchers.WAY_ON_WITHOUT_STORAGE)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert "same command" not in " ".join(run.observer.notices)
    assert "storage=None" in run.observer.notices[-1]


def test_a_second_ctrl_c_leaves_no_task_either():
    run = Run([plan(2)], [KeyboardInterrupt(), KeyboardInterrupt()], max_concurrent=2)
    with pytest.raises(KeyboardInterrupt) as caught:
        run()
    assert caught.value.__context__ is None
    assert len(run.observer.notices) == 3
    assert sorted(run.tasks.cancelled) == ["t0", "t1"]


def test_a_drain_waits_no_longer_than_its_grace():
    run = Run([plan(2)], [KeyboardInterrupt()], max_concurrent=2)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert launchers.STOP_GRACE <= run.host.now <= launchers.STOP_GRACE + 2 * launchers.POLL


def test_a_script_that_is_held_up_while_it_stops_hands_over_what_has_ended():
    """Seed 40369: stopped for longer than the grace, it killed tasks whose results it had."""
    run = Run([plan(2)], [KeyboardInterrupt(), [returned("t0")]], max_concurrent=2)
    hand_over = run.driver.plan

    def slow(handover, timeout=None):
        run.host.sleep(launchers.STOP_GRACE + 1)
        return hand_over(handover, timeout)

    run.driver.plan = slow
    with pytest.raises(KeyboardInterrupt):
        run()
    assert run.driver.ended == ["t0"]
    assert run.driver.lost == [("t1", FailureKind.DRIVER_LOST)]


def test_a_driver_that_cannot_store_does_not_hide_what_ended_the_run():
    plans = [plan(2), DriverUnreachableError("no answer")]
    run = Run(plans, [[returned("t0"), KeyboardInterrupt()][:1], KeyboardInterrupt()], max_concurrent=2)
    with pytest.raises(DriverUnreachableError):
        run()
    assert any("1 end(s) could not be stored" in text for text in run.observer.notices)
    assert sorted(run.tasks.cancelled) == ["t1"]


def test_a_callback_that_raises_ends_the_run_and_one_that_raises_in_the_drain_is_reported():
    run = Run([plan(2)], max_concurrent=2)
    run.observer.error = RuntimeError("the callback's")
    with pytest.raises(RuntimeError, match="the callback's"):
        run()
    assert any("a callback raised RuntimeError: the callback's" in text for text in run.observer.notices)
    assert run.tasks.running == []


@pytest.mark.parametrize("error", [RuntimeError("the callback's"), SystemExit(3), ZeroDivisionError()])
def test_whatever_a_callback_raises_again_and_again_every_task_is_cancelled_and_handed_over(error):
    run = Run([plan(2)], [[returned("t0")]], max_concurrent=2)
    run.observer.error_from = 2
    run.observer.error = error
    with pytest.raises(type(error)):
        run()
    assert run.tasks.running == []
    assert run.tasks.cancelled != []
    assert run.driver.lost == [(slot, FailureKind.DRIVER_LOST) for slot in run.tasks.cancelled]


def test_trials_that_were_claimed_ahead_and_not_submitted_are_given_back_when_a_callback_raises():
    script = [[returned("t0"), returned("t1")]]
    given = plan(2, prefetched=(ahead("ahead-1"), ahead("ahead-2")))
    run = Run([plan(2), given, OVER], script, prefetches=True, short_trials=0.1, max_concurrent=2)
    run.observer.error_from = 2
    run.observer.error = RuntimeError("the callback's")
    with pytest.raises(RuntimeError, match="the callback's"):
        run()
    assert sorted(run.driver.lost) == [("ahead-1", FailureKind.DRIVER_LOST), ("ahead-2", FailureKind.DRIVER_LOST)]


def test_it_says_that_it_has_looked_at_the_tasks_a_plan_asks_about_once_it_has():
    plans = [plan(2), plan(2, silent=("t0", "t1")), plan(2), OVER]
    run = Run(plans, [[], [returned("t1")]], max_concurrent=2)()
    assert [handover.checked for handover in run.driver.heard] == [(), (), ("t0", "t1"), ()]
    assert run.driver.heard[2].ended[0].slot == "t1"


def test_a_look_before_the_question_is_no_answer_to_it():
    run = Run([plan(2), plan(2, silent=("t0",)), OVER], max_concurrent=2)
    run.observer.error_from = 2
    run.observer.error = KeyboardInterrupt()  # before the next look
    with pytest.raises(KeyboardInterrupt):
        run()
    assert run.driver.heard[2].draining
    assert run.driver.heard[2].checked == ()


def test_a_terminal_that_is_gone_does_not_keep_tasks_alive():
    run = Run([plan(2)], [KeyboardInterrupt(), [returned("t0")]], max_concurrent=2)

    def gone(text):
        raise OSError("Input/output error")

    run.observer.notice = gone
    with pytest.raises(KeyboardInterrupt):
        run()
    assert run.tasks.running == []
    assert run.driver.lost == [("t1", FailureKind.DRIVER_LOST)]


# --- why a worker died -----------------------------------------------------------------------------------------------


def crashed(slot):
    return Lost(slot=slot, kind=FailureKind.WORKER_CRASH, message="gone")


def test_to_find_out_why_workers_died_holds_up_nobody():
    run = Run([plan(3)] * 40 + [OVER], [[crashed("t0")], [returned("t1")], [crashed("t2")]], capacity=8)
    run.tasks.explained_at = 5.0
    run()
    heard = [(handover.ended != (), [item.slot for item in handover.lost]) for handover in run.driver.heard]
    assert heard[2] == (True, []), "an end is handed over while a loss is looked into"
    assert run.driver.lost == [("t0", FailureKind.WORKER_CRASH), ("t2", FailureKind.WORKER_CRASH)]
    assert sum(lost != [] for _, lost in heard) == 1, "both in the time of one"
    assert run.tasks.submitted[:6] == ["t0", "t1", "t2", "t3", "t4", "t5"], "their places are free at once"


def test_a_loss_that_is_looked_into_is_not_taken_for_a_task_that_has_not_ended():
    run = Run([plan(2), plan(2, silent=("t0", "t1")), plan(2), plan(2), OVER], [[crashed("t0")]])
    run.tasks.explained_at = 60.0
    run()
    assert run.driver.heard[2].checked == ("t1",)


def test_a_run_that_ends_early_hands_over_losses_without_their_reasons():
    run = Run([plan(2)], [[crashed("t0")], KeyboardInterrupt()])
    run.tasks.explained_at = 1e9
    with pytest.raises(KeyboardInterrupt):
        run()
    assert ("t0", FailureKind.WORKER_CRASH) in run.driver.lost


def test_slots_are_counted_by_task_however_they_end():
    slots = SubmittedSlots()
    for slot, task in (("a", "x"), ("b", "y"), ("c", "x"), ("d", "z")):
        slots.add(slot, task)
    assert (slots.n_tasks, slots.tasks(), len(slots)) == (3, ["x", "y", "z"], 4)
    slots.end("a")
    slots.end("a")
    assert (slots.n_tasks, dict(slots)) == (3, {"b": "y", "c": "x", "d": "z"})
    assert slots.end_task("x") == ["c"]
    assert slots.end_task("x") == []
    slots.end("d")
    assert (slots.n_tasks, slots.tasks(), list(slots)) == (1, ["y"], ["b"])


def test_a_launcher_says_that_it_begins_until_it_is_heard_and_one_that_goes_on_with_a_run_has_slots_of_its_own():
    script = [[returned("t0"), returned("t1")], []]
    run, again = (
        Run([plan(2), plan(2), OVER], list(script), prefetches=True, short_trials=0.1, max_concurrent=2, **more)()
        for more in ({}, {"name": "b", "began_at": -50.0})
    )
    assert [handover.begins for handover in run.driver.heard] == [True, False, False]
    before, now = (set(one.driver.heard[1].prefetch) for one in (run, again))
    assert len(now) == len(before) > 0
    assert not before & now
    assert again.driver.heard[0].running - run.driver.heard[0].running == pytest.approx(50.0, abs=5.0)
