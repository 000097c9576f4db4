"""The frames that ``raytune-lite watch`` shows: a study that is followed, and what its owner says."""

from __future__ import annotations

import contextlib
import math
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..report.frame import Frame
    from ..runtime.control import Status
    from ..study import Study

_ASK = 5.0  # seconds between questions to the owner why slots are idle
_SUM = 30.0  # seconds between two readings of the goodput, at least
_NOTES = 200  # events of the past that are put in words when it begins


class Source:
    """Frames of a study."""

    def __init__(self, study: Study) -> None:
        from ..report.following import Following
        from ..report.frame import Framing
        from ..runtime.host import RealHost
        from ..runtime.takeover import LIFE, OwnerWatch

        self.study, self._host, self._life = study, RealHost(), LIFE
        self._watch = OwnerWatch(self._host)
        self._following = Following(study, n_notes=_NOTES)
        self._framing = Framing(self._following)
        self._asked: Status | None = None  # what the owner said last
        self._next_ask = self._host.monotonic()
        self._asking: threading.Thread | None = None
        self._next_sum = self._host.monotonic()

    def frame(self, n_notes: int = 20) -> Frame:
        """The study now, with its last decisions; takes in what has been stored since the last one."""
        self._following.update()
        now = self._host.time() - self.study._record.created
        if self._host.monotonic() >= self._next_sum:
            self._next_sum = math.inf
            threading.Thread(target=self.add_up, daemon=True).start()  # it reads the whole log
        found = self._framing.frame(now, self._owner(), n_notes, asked=self._asked)
        self._ask_owner(found)
        return found

    def add_up(self) -> None:
        """Read which share of the slot-hours counts."""
        from ..exceptions import RaytuneLiteError
        from ..report.html import goodput

        began = self._host.monotonic()
        with contextlib.suppress(RaytuneLiteError):
            found = goodput.read(self.study)
            self._framing.goodput = None if found is None else found.share
        now = self._host.monotonic()
        self._next_sum = now + max(_SUM, 50 * (now - began))

    def _ask_owner(self, found: Frame) -> None:
        """While slots are idle, now and then, and beside the frames: an owner may be slow to answer."""
        if found.state != "running" or (found.slots and not found.idle):
            self._asked = None
        elif self._host.monotonic() >= self._next_ask and (self._asking is None or not self._asking.is_alive()):
            self._next_ask = self._host.monotonic() + _ASK
            self._asking = threading.Thread(target=self._ask, daemon=True)
            self._asking.start()

    def _ask(self) -> None:
        from ..exceptions import RaytuneLiteError
        from ..runtime import control

        with contextlib.suppress(RaytuneLiteError):
            self._asked = control.status(self.study._repository, self.study._record)

    def _owner(self) -> tuple[str, bool] | None:
        """As ``Results.find_owner``, without waiting: an owner is taken to live until it has been silent."""
        owner = self.study._repository.owner(self.study._record)
        if owner is None:
            return None
        return owner.holder, not owner.is_dead and self._watch.look(owner) <= self._life


__all__ = ["Source"]
