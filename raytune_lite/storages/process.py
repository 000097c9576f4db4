"""The identity of the process that owns a study, and whether it is provably dead. Knows no database."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessIdentity:
    """One process of one boot of one host.

    ``host`` names the process table (hostname, boot, pid namespace) that ``pid`` belongs to. ``pid_started`` tells a
    process from a later one with the same pid; "" where the system does not say when a process started.
    """

    host: str
    pid: int
    pid_started: str

    @classmethod
    def current(cls) -> ProcessIdentity:
        """This process."""
        pid = os.getpid()
        stat = _stat(pid)
        return cls(host=_host(), pid=pid, pid_started=stat[1] if stat else "")

    def is_dead(self) -> bool:
        """True only when this process can prove it: same host, and that process does not exist any more."""
        if self.host != _host() or sys.platform == "win32":  # there os.kill(pid, 0) would send Ctrl-C
            return False
        stat = _stat(self.pid)
        if stat is not None:
            return stat[0] in "ZX" or (self.pid_started != "" and stat[1] != self.pid_started)
        try:
            os.kill(self.pid, 0)  # no /proc here, or it hides the processes of other users
        except ProcessLookupError:
            return True
        except OSError:
            return False
        return False

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host.split(' ')[0]}"


def _host() -> str:
    """Hostname, boot id and pid namespace: containers of one machine share the first two and not their pids."""
    boot = namespace = ""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        namespace = os.readlink(_PROC / "self/ns/pid")
    except OSError:
        pass
    return f"{socket.gethostname()} {boot} {namespace}".strip()


def _stat(pid: int) -> tuple[str, str] | None:
    """(state letter, start time in ticks since boot) of a process, or None."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # the command name, in parentheses, may itself hold spaces and parentheses; fields 3 and 22 of proc(5)
    fields = text[text.rindex(")") + 1 :].split()
    return fields[0], fields[19]
