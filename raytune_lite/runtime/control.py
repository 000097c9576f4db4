"""Control commands: what any process may ask of the owner of a running study, and the way to that owner.

The owner listens for them on a separate socket. It stores the socket's address and key with its ownership of the
study. So whoever may read the database may control the study; the key opens nothing else. A command is an event with
a key of its own: it is sent again until it is answered, and carried out once.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..core import messages as m
from ..core.encoding import event_to_json, message_from_json
from ..exceptions import DriverUnreachableError, RaytuneLiteError, StudyNotRunningError
from ..storages.records import StudyRecord
from ..storages.store import Store
from .answers import BUSY, answer, is_superseded, read, refusal
from .config import OWNER_LEASE
from .failures import DriverGone
from .handover import Handover
from .host import Host
from .mailbox import Mail
from .ports import TransportError
from .socket_server import SocketServer
from .sockets import SocketClient
from .takeover import OwnerWatch

STATUS = b'"status"'  # asks for what only the owner knows; it is no event, and changes nothing
COMMANDS = (
    m.TrialEnqueued, m.TrialAdded, m.StopRequested, m.TrialStopRequested, m.StudyPaused, m.StudyUnpaused,
    m.RunExtended, m.SlotsResized, m.HeldEnded,
)  # fmt: skip
TIMEOUT = 5.0  # seconds until a command is sent again
PATIENCE = 30.0  # seconds an owner is looked for
REST = 0.3  # seconds until it is asked again
BUSY_AFTER = 3.0  # seconds a command waits for its answer before it is to be sent again

Carry = Callable[[str, bytes], bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What only the owner of a study knows: its launcher's tasks, queued or running, and why none of them begins."""

    n_tasks: int
    blocked: str


class ControlServer:
    """Listens for commands.

    Args:
        ip: address to listen on.
        decide: handles one event; answers the core's answer, or raises.
        handover: what the launcher has said last.
    """

    def __init__(
        self, ip: str, decide: Callable[[m.Event], Any], handover: Callable[[], Handover] = Handover
    ) -> None:
        self._decide, self._handover = decide, handover
        self._key = secrets.token_bytes(32)
        self._server = SocketServer(ip, self._key, self._handle, busy=BUSY, patience=BUSY_AFTER)

    @property
    def address(self) -> str:
        """JSON text, to be stored with the ownership of the study."""
        host, port = self._server.address or self._server.local_address
        found = {"host": host, "port": port, "key": self._key.hex(), "fingerprint": self._server.fingerprint}
        return json.dumps(found)

    def close(self) -> None:
        """Listen no longer."""
        self._server.close()

    def _handle(self, mails: Sequence[Mail]) -> None:
        for mail in mails:
            mail.reply(self._status() if mail.message == STATUS else handle(mail.message, self._decide))

    def _status(self) -> bytes:
        found = self._handover()
        return answer(json.dumps({"n_tasks": found.n_tasks, "blocked": found.blocked}), None)


def handle(message: bytes, decide: Callable[[m.Event], Any]) -> bytes:
    """The reply to one command, as ``answers`` has it."""
    try:
        return answer(decide(message_from_json(message, *COMMANDS)), None)
    except TimeoutError:
        return BUSY
    except Exception as error:  # noqa: BLE001  (a refusal is an answer: the sender raises it)
        return refusal(error)


def new_key() -> str:
    """A name for one command."""
    return uuid.uuid4().hex


def send(
    store: Store,
    study: StudyRecord,
    event: m.Event,
    host: Host,
    *,
    patience: float = PATIENCE,
    carry: Carry | None = None,
) -> Any:
    """Have the owner of a running study handle an event; what it asks for is stored when this returns.

    Args:
        store: where the study is kept.
        study: the study.
        event: one of COMMANDS.
        host: clocks.
        patience: seconds to look for the owner: its driver may be restarting.
        carry: the way of a message to the owner's address, which answers its reply, or None. None: a socket.

    Raises:
        StudyNotRunningError: the study has no owner, or the owner cannot be reached from other processes.
        DriverUnreachableError: the owner did not answer for ``patience`` seconds.
        RaytuneLiteError, ValueError: the owner refused the event, and says why.
    """
    message, give_up = event_to_json(event).encode(), host.monotonic() + patience
    watch = OwnerWatch(host)
    while True:
        owner = store.owner(study)
        if owner is None or owner.address is None:
            raise StudyNotRunningError(study.name)
        reply = (carry or _call)(owner.address, message)
        if reply is not None and reply != BUSY and not is_superseded(reply):
            return read(reply)[0]
        if reply is None and (owner.is_dead or watch.look(owner) > OWNER_LEASE):
            raise StudyNotRunningError(study.name)  # it is dead, provably or by its silence
        if host.monotonic() > give_up:
            raise DriverUnreachableError(
                f"study {study.name!r} is being run by {owner.holder}, which did not answer for {patience:.0f} s; "
                "is its machine reachable from here?"
            )
        host.sleep(REST)


def status(store: Store, study: StudyRecord) -> Status | None:
    """What the owner of a running study knows beside the database; None: there is none, or it does not answer."""
    owner = store.owner(study)
    reply = None if owner is None or owner.address is None else _call(owner.address, STATUS)
    try:
        found = json.loads(read(reply)[0]) if reply is not None and reply != BUSY else {}
        return Status(n_tasks=int(found["n_tasks"]), blocked=str(found["blocked"]))
    except (ValueError, KeyError, TypeError, RaytuneLiteError, DriverGone):  # also an owner of an earlier version
        return None


def _call(address: str, message: bytes) -> bytes | None:
    """The reply of whoever listens there, or None."""
    try:
        found = json.loads(address)
        where = found["host"], int(found["port"])
        client = SocketClient.open(where, bytes.fromhex(found["key"]), found.get("fingerprint"))
    except (TransportError, ValueError, KeyError, TypeError):
        return None
    try:
        return client.call(message, TIMEOUT)
    except TransportError:
        return None
    finally:
        client.close()


__all__ = ["COMMANDS", "ControlServer", "Status", "handle", "new_key", "send", "status"]
