"""Which share of a GPU an attempt gets: measured alone, packed by what nearly all needed, doubled when it ran out."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import raytune_lite as rtl
from raytune_lite.core import messages as m
from raytune_lite.core.gpu_shares import FIRST, MOST, WHOLE, GpuUse, share_for
from raytune_lite.core.retries import RetryPolicy
from raytune_lite.display.tables import attempts_table
from raytune_lite.storages.records import AttemptRecord
from raytune_lite.trial import TrialState

from .core_tools import Shell, asha, dump, ref, reopened

GB = 10**9
FULL = m.Failure(error="OutOfMemoryError: CUDA out of memory", kind=m.FailureKind.GPU_OUT_OF_MEMORY)


def used(peak, *, total=24 * GB, base=GB // 2):
    return m.Progress(gpu_memory=m.GpuMemory(peak=peak, base=base, total=total))


def sharing(**settings):
    shell = Shell()
    shell.run(shares_gpus=True, **settings)
    return shell


def measured(*peaks, **settings):
    """A study whose first trials have taken so many bytes."""
    shell = sharing(**settings)
    for number, peak in enumerate(peaks):
        assert shell.claim(f"s{number}").gpu_share == WHOLE
        shell.end(number, "complete", 1.0, progress=used(peak))
    return shell


@given(st.integers(0, 200 * GB), st.integers(1, 200 * GB))
def test_a_share_has_room_for_the_peak_and_a_tenth_more_and_a_gpu_for_a_whole_number_of_them(peak, total):
    share = share_for(peak, total)
    n = WHOLE // share
    assert 1 <= n <= MOST
    assert n * share <= WHOLE < n * (share + 1)  # exact in Ray's units, and nothing smaller is lost
    if n > 1:
        assert Fraction(11, 10) * peak * n <= total
    if n < MOST:  # one more would not fit
        assert Fraction(11, 10) * max(peak, 1) * (n + 1) > total


@given(st.lists(st.integers(1, 100 * GB), min_size=FIRST, max_size=60))
def test_nineteen_of_twenty_attempts_find_room_in_their_share(peaks):
    use = GpuUse()
    for peak in peaks:
        use.note(m.GpuMemory(peak=peak, base=0, total=100 * GB))
    assert use.peaks == sorted(peaks)
    share = use.share()
    fits = sum(share_for(peak, 100 * GB) <= share for peak in peaks)
    assert fits >= math.ceil(0.95 * len(peaks))
    assert GpuUse.load(use.dump()) == use


def test_the_first_attempts_have_a_gpu_each_and_from_then_on_as_many_share_one_as_find_room():
    shell = measured(2 * GB, 2 * GB)
    assert shell.claim("early").gpu_share == WHOLE  # two are not enough to go by
    shell.end(2, "complete", 1.0, progress=used(3 * GB, base=GB))
    late = shell.claim("late")
    assert (late.gpu_share, late.gpu_base) == (WHOLE // 7, GB)  # 7 * 1.1 * 3 GB <= 24 GB
    assert shell.state.trials[2].gpu_peak == 3 * GB
    assert dump(reopened(shell.state)) == dump(shell.state) == dump(shell.fold())


def test_what_is_not_measured_keeps_a_whole_gpu_and_a_run_that_does_not_share_says_nothing():
    shell = sharing()
    for number in range(5):
        assert shell.claim(f"s{number}").gpu_share == WHOLE
        shell.end(number, "complete", 1.0)
    plain = Shell()
    plain.run()
    [begun] = [row for row in plain.do(m.Claimed, slot="s") if isinstance(row, m.NewAttempt)]
    assert begun.num_gpus is None
    plain.end(0, "complete", 1.0, progress=used(GB))  # nobody has asked
    assert plain.state.gpu_use == GpuUse()
    assert plain.claim("t").gpu_share == 0


def test_the_smallest_gpu_counts():
    shell = sharing()
    for number, total in enumerate((80 * GB, 16 * GB, 80 * GB)):
        shell.claim(f"s{number}")
        shell.end(number, "complete", 1.0, progress=used(4 * GB, total=total))
    assert shell.claim("s").gpu_share == WHOLE // 3


def test_an_attempt_that_runs_out_of_its_share_gets_twice_as_much_at_no_cost_and_a_whole_gpu_at_last():
    shell = measured(GB, GB, GB, retries=RetryPolicy(gpu_out_of_memory=1))
    shares = []
    for _ in range(5):
        assignment = shell.claim("s")
        assert assignment.number == 3
        shares.append(assignment.gpu_share)
        assert shell.end(3, "fail", failure=FULL) is TrialState.WAITING
        assert shell.state.trials[3].retried.get(FULL.kind, 0) == (shares[-1] == WHOLE)
    assert shares == [WHOLE // 10, 2 * (WHOLE // 10), 4 * (WHOLE // 10), 8 * (WHOLE // 10), WHOLE]
    assert shell.claim("s").gpu_share == WHOLE  # its one retry, which on a whole GPU is counted
    assert shell.end(3, "fail", failure=FULL) is TrialState.FAIL
    assert shell.claim("other").gpu_share == WHOLE // 10  # others are not made larger for it
    assert dump(reopened(shell.state)) == dump(shell.state) == dump(shell.fold())


def test_retries_are_not_needed_for_a_share_that_was_too_small():
    shell = measured(GB, GB, GB, retries=RetryPolicy(gpu_out_of_memory=0))
    shell.claim("s")
    assert shell.end(3, "fail", failure=FULL) is TrialState.WAITING


def test_a_stopped_trial_is_not_tried_again_with_a_larger_share():
    shell = measured(GB, GB, GB)
    shell.claim("s")
    shell.do(m.TrialStopRequested, number=3, key="k", grace=5.0)
    assert shell.end(3, "fail", failure=FULL).is_finished()


def test_a_promoted_trial_gets_what_it_was_seen_to_need():
    shell = sharing(pruner=asha(1, 9, 3), max_trials=40)
    for number in range(25):
        shell.claim(f"s{number}")
    for number in range(25):  # trial 0, the best, needs more than nearly all others
        shell.report(number, (1, float(number)), checkpoint=ref(1, 1, number))
        shell.end(number, "pruned", progress=used(10 * GB if number == 0 else GB))
    assert shell.state.gpu_use.share() == WHOLE // 10
    promoted = shell.claim("next")
    assert (promoted.number, promoted.attempt, promoted.gpu_share) == (0, 2, WHOLE // 2)


def test_the_rows_and_the_list_of_attempts_say_what_an_attempt_had_and_took():
    shell = measured(2 * GB, 2 * GB, 2 * GB)
    begun = next(row for row in shell.do(m.Claimed, slot="s") if isinstance(row, m.NewAttempt))
    event = {"number": 3, "attempt": 1, "outcome": m.Outcome.COMPLETE, "values": (1.0,), "progress": used(GB)}
    ended = next(row for row in shell.do(m.AttemptEnded, **event) if isinstance(row, m.EndAttempt))
    assert (begun.num_gpus, ended.gpu_peak) == (0.1, GB)
    record = AttemptRecord(
        number=3, attempt=1, slot="s", node="n", started=0.0, ended=1.0, outcome="complete", message="",
        resumed_step=None, num_gpus=begun.num_gpus, gpu_peak=ended.gpu_peak,
    )  # fmt: skip
    header, line = attempts_table([record]).splitlines()
    assert header.split()[-4:] == ["GPUs", "GPU", "memory", "message"]
    assert line.split()[-3:] == ["0.1", "1.0", "GB"]


@pytest.mark.parametrize("wrong", [{"peak": -1}, {"peak": 1.5}, {"total": 0}, {"base": "much"}])
def test_a_measurement_that_cannot_be_is_refused(wrong):
    from raytune_lite.core.encoding import event_from_json, event_to_json
    from raytune_lite.exceptions import MessageError

    memory = m.GpuMemory(**{"peak": 1, "base": 0, "total": 2, **wrong})
    event = m.AttemptEnded(number=0, attempt=1, outcome=m.Outcome.COMPLETE, progress=m.Progress(gpu_memory=memory))
    with pytest.raises(MessageError, match=f"GpuMemory.{next(iter(wrong))}"):
        event_from_json(event_to_json(event))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"resources": "auto", "workers": 2}, r'num_gpus="auto" is for trials of one process'),
        ({"resources": {"bundles": [{"num_gpus": "auto"}, {"num_gpus": 1}]}}, "leave out workers= and bundles"),
        ({"resources": {"num_gpus": "auto", "from_step": {9: {"num_cpus": 2}}}}, "from_step says it"),
        ({"resources": "auto", "prices": {"CPU": 1.0}}, r"asks for 1 GPU\(s\), and prices has none for 'GPU'"),
        ({"resources": "automatic"}, 'or "auto"'),
    ],
)
def test_what_does_not_go_with_auto_is_refused_with_the_way_out(given, says):
    study = rtl.create_study()
    with pytest.raises((ValueError, TypeError), match=says):
        study.optimize(lambda trial: 1.0, n_trials=1, **given)
    assert not study.trials
