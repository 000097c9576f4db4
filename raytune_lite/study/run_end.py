"""How a detached run ended, noted in the study's row for whoever attaches to it later. Optuna sees one attribute more.

Nothing of the study follows from it. It is JSON: the name of an error of ours and its arguments, or a text.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from .. import exceptions
from ..exceptions import RaytuneLiteError, TrialFailedError
from .results import Results

KEY = "rtl:run_end"  # of the attribute
LONGEST = 20_000  # characters of one argument of an error


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """A run, and how it ended.

    Args:
        run: its name.
        is_over: False while it is under way, or where its processes have died.
        kind: the class of the error that ended it; None: there was none.
        arguments: of that error.
    """

    run: str
    is_over: bool = False
    kind: str | None = None
    arguments: tuple[Any, ...] = ()

    @classmethod
    def of(cls, run: str, error: BaseException) -> RunEnd:
        """The end of a run by an error."""
        kind, given = type(error).__name__, error.args
        if isinstance(error, TrialFailedError):  # it may be of its cause's class, too
            kind, given = TrialFailedError.__name__, (error.number, error.attempt, error.error, error.traceback)
        arguments: tuple[Any, ...] = tuple(value[:LONGEST] if isinstance(value, str) else value for value in given)
        try:
            json.dumps(arguments)
        except (TypeError, ValueError):
            arguments = (str(error)[:LONGEST],)
        return cls(run=run, is_over=True, kind=kind, arguments=arguments)

    def error(self) -> RaytuneLiteError | None:
        """The error that ended it, to be raised; one that is not of ours as a RaytuneLiteError that names it."""
        if self.kind is None:
            return None
        known = getattr(exceptions, self.kind, None)
        if isinstance(known, type) and issubclass(known, RaytuneLiteError):
            try:
                found: RaytuneLiteError = known(*self.arguments)
                str(found)
            except Exception:  # noqa: BLE001  (the row was changed by hand, or is of another version)
                return RaytuneLiteError(f"the run ended with {self.kind}{self.arguments}")
            return found
        return RaytuneLiteError(f"the run ended with {self.kind}: {' '.join(map(str, self.arguments))}")


def note_end(study: Results, end: RunEnd) -> None:
    """Store it."""
    study._repository.set_system_attr(study._record, KEY, asdict(end))


def how_it_ended(study: Results) -> RunEnd | None:
    """What was stored last; None: nothing, or what this version cannot read."""
    found: Any = study._repository.system_attrs(study._record).get(KEY)
    try:
        return RunEnd(
            run=str(found["run"]),
            is_over=bool(found["is_over"]),
            kind=None if found["kind"] is None else str(found["kind"]),
            arguments=tuple(found["arguments"]),
        )
    except (KeyError, TypeError):
        return None


__all__ = ["RunEnd", "how_it_ended", "note_end"]
