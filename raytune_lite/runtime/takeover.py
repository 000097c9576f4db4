"""How a driver takes a study: at once if nobody owns it or its owner is provably dead, else after it has watched.

A living owner renews its ownership every few seconds, which changes its row in the database. An owner whose row does
not change for a whole lease, by the clock of the one who looks, is dead or cut off. So no clock of another machine
counts, and none that may be set.
"""

from __future__ import annotations

from collections.abc import Callable

from ..exceptions import StudyBusyError
from ..storages.records import Owner, StudyRecord
from ..storages.store import Store
from .config import OWNER_LEASE
from .host import Host

LOOK = 0.25  # seconds between looks at an owner
LIFE = 5.0  # seconds within which a living owner renews its ownership, unless it is very busy: it does each 2 s
PATIENCE = 4 * OWNER_LEASE  # seconds after which a study that can be neither taken nor refused is busy


class OwnerWatch:
    """What somebody sees of an owner who looks again and again.

    Args:
        host: its monotonic clock.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._seen: tuple[int, float] | None = None
        self._since = 0.0
        self.has_changed = False  # since the first look: the owner, or its lease

    def look(self, owner: Owner) -> float:
        """Take in an owner; answers for how many seconds it has not changed."""
        now, seen = self._host.monotonic(), (owner.epoch, owner.lease_until)
        if seen != self._seen:
            self.has_changed = self._seen is not None
            self._seen, self._since = seen, now
        return now - self._since


def take(
    store: Store,
    study: StudyRecord,
    host: Host,
    *,
    run: str,
    address: str | None = None,
    notice: Callable[[str], None] = lambda _: None,
) -> tuple[int, float | None]:
    """Make this process the owner of a study.

    Returns:
        The epoch; and until when the owner before was at work, in seconds since 1970 by that one's clock, which may be
        wrong. None: it had given the study back.

    Args:
        store: where the study is kept.
        study: the study.
        host: clocks.
        run: the run's name. The same run takes its study at once.
        address: how other processes reach this one.
        notice: prints a line for people.

    Raises:
        StudyBusyError: its owner lives: it renewed its ownership while this process watched.
    """
    watch, give_up, is_told = OwnerWatch(host), host.monotonic() + PATIENCE, False
    while True:
        owner = store.owner(study)
        is_silent = owner is not None and watch.look(owner) >= OWNER_LEASE
        is_last = host.monotonic() > give_up
        if owner is None or owner.run == run or owner.is_dead or is_silent or is_last:
            try:
                silent = owner if is_silent else None
                epoch = store.acquire(
                    study, run=run, lease=OWNER_LEASE, now=host.time(), address=address, silent=silent
                )
                return epoch, None if owner is None else owner.lease_until - OWNER_LEASE
            except StudyBusyError:  # somebody else was faster, or holds its row locked
                if is_last:
                    raise
        elif watch.has_changed:
            raise StudyBusyError(study.name, owner.holder, OWNER_LEASE)
        elif not is_told:
            is_told = True
            notice(f"study {study.name!r} was being run by {owner.holder}; looking whether it lives, for up to "
                   f"{OWNER_LEASE:.0f} s")  # fmt: skip
        host.sleep(LOOK)


def observe(store: Store, study: StudyRecord, host: Host) -> tuple[Owner, bool] | None:
    """A study's owner, and whether it renews its ownership while this process watches, for some seconds at most.

    Args:
        store: where the study is kept.
        study: the study.
        host: clocks.

    Returns:
        None: nobody owns it. False: the owner is dead, or has been silent for LIFE seconds.
    """
    watch = OwnerWatch(host)
    while True:
        owner = store.owner(study)
        if owner is None:
            return None
        seconds = watch.look(owner)
        if owner.is_dead or watch.has_changed or seconds > LIFE:
            return owner, watch.has_changed and not owner.is_dead
        host.sleep(LOOK)


__all__ = ["LIFE", "OwnerWatch", "observe", "take"]
