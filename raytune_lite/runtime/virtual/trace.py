"""The trace of a history: one line an event, in fixed columns, with a legend."""

from __future__ import annotations

from typing import Any

from ...core import messages as m

_KINDS = {
    "scenario": "what the seed drew: study, cluster, objective",
    "start": "a process begins",
    "end": "a process ends by itself",
    "die": "a process is killed, or kills itself",
    "own": "a driver takes the study",
    "log": "an event is stored: trial/attempt, and what it says",
    "FAULT": "a fault strikes: its name and which of its occasions; --only takes it so",
    "notice": "what a user would read",
    "VIOLATION": "an invariant does not hold: the history ends",
}
_WIDTHS = (9, 9, 16)

LEGEND = (
    f"{'seconds':>{_WIDTHS[0]}}  {'kind':<{_WIDTHS[1]}}  {'process':<{_WIDTHS[2]}}  what",
    *(f"{'':>{_WIDTHS[0]}}  {kind:<{_WIDTHS[1]}}  {'':<{_WIDTHS[2]}}  {what}" for kind, what in _KINDS.items()),
)


def line(now: float, kind: str, who: str, what: str) -> str:
    """One line: virtual seconds, kind, process, what happened there."""
    return f"{now:{_WIDTHS[0]}.3f}  {kind:<{_WIDTHS[1]}}  {who:<{_WIDTHS[2]}}  {what}"


def brief(event: m.Event) -> str:
    """An event of the log in a few words."""
    number, attempt = getattr(event, "number", None), getattr(event, "attempt", None)
    who = "" if number is None else f" {number}" if attempt is None else f" {number}/{attempt}"
    return f"{type(event).__name__}{who} {_says(event)}".rstrip()


def _says(event: Any) -> str:
    if isinstance(event, m.Claimed):
        return f"by {event.slot}" + (" ahead" if event.prefetched else "")
    if isinstance(event, (m.Reported, m.AttemptEnded)):
        progress = event.progress
        steps = f"steps {','.join(str(step) for step, _ in progress.reports)}" if progress.reports else ""
        saved = f"checkpoint {progress.checkpoint.step}" if progress.checkpoint else ""
        end = event.outcome.value if isinstance(event, m.AttemptEnded) else ""
        failed = event.failure.kind.value if isinstance(event, m.AttemptEnded) and event.failure else ""
        return " ".join(word for word in (end, failed, steps, saved) if word)
    if isinstance(event, m.AttemptLost):
        return f"{event.kind.value}: {event.message}"
    if isinstance(event, m.RunStarted):
        return event.run
    return ""


__all__ = ["LEGEND", "brief", "line"]
