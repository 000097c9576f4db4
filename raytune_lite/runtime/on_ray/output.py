"""What worker processes print, on its way to the script's terminal; and Ray's own messages, of which few are for users.

Ray's log monitor tails the files of the workers and hands their lines to handlers in the script. Ours stands in the
place of Ray's: what a trial prints gets its number instead of a process id and is not deduplicated, what the driver
says becomes a notice, and all else goes on to Ray's. There is no public way to do so: where a version of Ray has other
names, all lines are printed as Ray prints them. ``tests/on_ray/test_output.py`` says when that happens.
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TextIO

from ray._private import worker as ray_worker

from ...core.messages import Assignment
from ..output import TrialLog, TrialOutput, captured
from ..ports import Notice
from ..worker_settings import WorkerSettings

TASK = "attempt"  # the name of the remote function; Ray prints it before the lines of a task
_HANDLER = "ray_print_logs"  # Ray removes it by this name when it is shut down
_NAME_OF_TASK = ":task_name:"  # Ray's: the lines that follow belong to this task
_NUMBERED = re.compile(r"trial (\d+)(?: rank \d+)?")
_DRIVER_SAYS = "raytune_lite: "
_DETACHED = ("RunActor", "Keeper")  # the classes of the actors of a run without a script
# Ray's notices of what the launcher finds out, counts, retries and says itself
_FOLDED = (
    "A worker died or was killed while executing a task",
    "Workers (tasks / actors) killed due to memory pressure",
    "has been marked dead because the detector",
    "Task DriverActor.host failed",
)

# --- in a worker -----------------------------------------------------------------------------------------------------


def of_attempt(
    mode: TrialOutput, settings: WorkerSettings, assignment: Assignment, *, is_short: bool, rank: int = 0
) -> contextlib.AbstractContextManager[None]:
    """Around an objective in a worker: the script learns whose lines these are, and a log keeps them.

    Args:
        mode: what the user wants.
        settings: of the run.
        assignment: the attempt.
        is_short: trials of milliseconds: nothing is written before the objective prints.
        rank: of the trial's processes this one's.
    """
    say = partial(_say_whose, f"trial {assignment.number}" + (f" rank {rank}" if rank else ""))
    if not is_short:
        for stream in (sys.stdout, sys.stderr):
            say(stream)
    if mode == "hide":
        return contextlib.nullcontext()
    root = settings.log_root or settings.checkpoint_root
    log = TrialLog(root, assignment.number, assignment.attempt, rank=rank)
    return captured(log, first=say if is_short else None)


def _say_whose(whose: str, stream: TextIO) -> None:
    with contextlib.suppress(OSError, ValueError):
        stream.write(f"{_NAME_OF_TASK}{whose}\n")


# --- in the script ---------------------------------------------------------------------------------------------------


class WorkerLines:
    """Takes the place of Ray's handler of workers' lines.

    Args:
        others: Ray's own handler, for lines that are not ours.
    """

    def __init__(self, others: Callable[[Mapping[str, Any]], None]) -> None:
        self.others = others
        self.shows = True
        self.notice: Notice = lambda _: None

    def __call__(self, data: Mapping[str, Any]) -> None:
        """Lines of one stream of one process. Called in a thread of Ray's, which an error would end."""
        with contextlib.suppress(OSError, ValueError):
            if data.get("actor_name") in _DETACHED:
                return  # they have a log of their own
            if data.get("actor_name") == "DriverActor":
                self._of_driver(data)
            elif (trial := _trial_of(data)) is None:
                self.others(data)
            elif self.shows:
                sink = sys.stderr if data.get("is_err") else sys.stdout
                for line in data.get("lines", ()):
                    print(f"[{trial}] {_last_state(line)}", file=sink, flush=True)

    def _of_driver(self, data: Mapping[str, Any]) -> None:
        rest: list[str] = []
        for line in data.get("lines", ()):
            if line.startswith(_DRIVER_SAYS):
                self.notice(line[len(_DRIVER_SAYS) :])
            else:
                rest.append(line)
        if rest:
            self.others({**data, "lines": rest})


def _trial_of(data: Mapping[str, Any]) -> str | None:
    """Whose lines these are, for people; None: not a trial's."""
    name = data.get("task_name")
    if name == TASK:
        return "worker"  # before its trial begins: an import, say
    return name if isinstance(name, str) and _NUMBERED.fullmatch(name) else None


def _last_state(line: str) -> str:
    """Of a line that was written over again and again (a progress bar) what one would see at its end."""
    return line.rstrip("\r").rpartition("\r")[2]


def follow(mode: TrialOutput, notice: Notice) -> None:
    """From now on workers' lines are shown as ``mode`` says, also those that come late, when a run is over.

    Args:
        mode: "show": lines of trials are printed. Else they are not.
        notice: prints what the driver says.
    """
    handler = _handler()
    if handler is not None:
        handler.shows, handler.notice = mode == "show", notice


def _handler() -> WorkerLines | None:
    """Ours, in the place of Ray's; None: workers' lines are not shown here, or Ray has other names for this."""
    dispatcher = getattr(ray_worker, "global_worker_stdstream_dispatcher", None)
    handlers = dict(getattr(dispatcher, "handlers", ()))
    found = handlers.get(_HANDLER)
    if dispatcher is None or found is None:
        return None
    if not isinstance(found, WorkerLines):  # none of ours yet, or Ray was started again
        found = WorkerLines(found)
        dispatcher.remove_handler(_HANDLER)
        dispatcher.add_handler(_HANDLER, found)
    return found


@contextlib.contextmanager
def folded_messages() -> Iterator[None]:
    """Meanwhile Ray does not print that a worker or a node has died: the launcher finds out why, and says it."""
    name = "print_to_stdstream"
    original = getattr(ray_worker, name, None)
    if original is None:
        yield
        return

    def without(data: Mapping[str, Any], *arguments: Any, **more: Any) -> None:
        if not (data.get("pid") == "raylet" and any(text in str(data.get("lines")) for text in _FOLDED)):
            original(data, *arguments, **more)

    setattr(ray_worker, name, without)
    try:
        yield
    finally:
        if getattr(ray_worker, name) is without:
            setattr(ray_worker, name, original)


__all__ = ["TASK", "WorkerLines", "folded_messages", "follow", "of_attempt"]
