"""Which run a driver process hosts, whatever calls of an earlier one come late or twice. Starts no Ray."""

from __future__ import annotations

import threading

import pytest

from raytune_lite.runtime.host import RealHost
from raytune_lite.runtime.hosting import Hosting, NotHostedError


class Guest:
    def __init__(self, name: str, *, is_clean: bool = True) -> None:
        self.name, self.is_clean, self.closed = name, is_clean, 0

    def close(self) -> bool:
        self.closed += 1
        return self.is_clean


@pytest.fixture
def hosting() -> Hosting[Guest]:
    return Hosting(RealHost())


def never() -> Guest:
    raise AssertionError("a run that is over, or is hosted, gets no second driver")


def test_one_run_after_another_and_each_by_its_name(hosting: Hosting[Guest]) -> None:
    first, second = Guest("a"), Guest("b")
    assert hosting.begin(1, "a", lambda: first) is hosting.begin(1, "a", never) is hosting.guest("a") is first
    assert hosting.end(1)
    assert hosting.begin(2, "b", lambda: second) is hosting.guest("b") is second
    with pytest.raises(NotHostedError, match="does not host run a"):
        hosting.guest("a")
    assert (first.closed, second.closed) == (1, 0)


def test_a_call_of_an_earlier_run_that_comes_late_changes_nothing(hosting: Hosting[Guest]) -> None:
    now = Guest("b")
    hosting.begin(1, "a", lambda: Guest("a"))
    hosting.end(1)
    hosting.begin(2, "b", lambda: now)
    with pytest.raises(NotHostedError):
        hosting.begin(1, "a", never)
    hosting.stay(1, "a", never)  # it does not stay
    assert hosting.end(1)
    assert hosting.guest("b") is now
    assert now.closed == 0


def test_a_run_that_has_ended_does_not_begin_again(hosting: Hosting[Guest]) -> None:
    hosting.begin(1, "a", lambda: Guest("a"))
    hosting.end(1)
    with pytest.raises(NotHostedError):
        hosting.begin(1, "a", never)
    hosting.stay(1, "a", never)


def test_after_a_restart_the_newest_run_wins_in_whatever_order_the_calls_are_repeated() -> None:
    old, new = Guest("a"), Guest("b")
    late_last: Hosting[Guest] = Hosting(RealHost())
    late_last.begin(2, "b", lambda: new)
    with pytest.raises(NotHostedError):
        late_last.begin(1, "a", never)
    assert late_last.guest("b") is new
    late_first: Hosting[Guest] = Hosting(RealHost())
    late_first.begin(1, "a", lambda: old)
    late_first.begin(2, "b", lambda: new)
    assert late_first.guest("b") is new
    assert old.closed == 1


def test_a_restarted_process_that_is_told_the_end_first_hosts_nothing(hosting: Hosting[Guest]) -> None:
    assert hosting.end(3)
    hosting.stay(3, "a", never)
    with pytest.raises(NotHostedError):
        hosting.guest("a")


def test_a_process_in_which_something_is_left_says_so_each_time(hosting: Hosting[Guest]) -> None:
    hosting.begin(1, "a", lambda: Guest("a", is_clean=False))
    assert [hosting.end(1), hosting.end(1)] == [False, False]  # the first answer may have been lost
    hosting.begin(2, "b", lambda: Guest("b"))
    assert not hosting.end(2)


def test_who_stays_returns_when_the_run_ends_whatever_its_end_raises(hosting: Hosting[Guest]) -> None:
    class Broken(Guest):
        def close(self) -> bool:
            raise OSError("the disk")

    for number, guest in ((1, Guest("a")), (2, Broken("b"))):
        staying = threading.Thread(target=hosting.stay, args=(number, guest.name, lambda guest=guest: guest))
        staying.start()
        while not _hosts(hosting, guest.name):
            staying.join(0.01)
        staying.join(0.05)
        assert staying.is_alive()
        if number == 2:
            with pytest.raises(OSError, match="the disk"):
                hosting.end(number)
            assert not hosting.end(number)
        else:
            assert hosting.end(number)
        staying.join(10)
        assert not staying.is_alive()


def _hosts(hosting: Hosting[Guest], run: str) -> bool:
    try:
        hosting.guest(run)
    except NotHostedError:
        return False
    return True
