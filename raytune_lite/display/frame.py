"""What a run shows while it goes on, as text: one line for a log, or a frame of some lines for a terminal.

Everything here is a function of a Scene and a width. Reads no clock and no database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..best import BestSoFar
from ..runtime.handover import RungStanding, Standing
from ..trial import TrialState
from .tables import align, duration, params_text, shorten
from .text import study_label

MOST_RUNGS = 8  # lines
_BAR = 24  # columns of a rung's bar on a wide terminal
_ORDER = ("COMPLETE", "PAUSED", "RUNNING", "WAITING", "PRUNED", "FAIL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What there is to show.

    Args:
        name: of the study.
        elapsed: seconds since the run began.
        phase: what goes on before there are trials; empty later.
        counts: trials by the name of their state.
        best: number and value of the best trial, of a study with one objective; where there is no ``standing``.
        promotions: how many.
        standing: what the driver knows beyond; None while it has not said.
        rate: trials begun a minute; None while it is not known.
        left: seconds until the run's ``timeout``; None: it has none.
    """

    name: str
    elapsed: float
    phase: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    best: tuple[int, float] | None = None
    promotions: int = 0
    standing: Standing | None = None
    rate: float | None = None
    left: float | None = None


def line(scene: Scene) -> str:
    """The scene in one line, for a log."""
    parts = [f"{study_label(scene.name)}  {duration(scene.elapsed)}"]
    if not scene.counts:
        return " | ".join([*parts, scene.phase or "starting"])
    parts += [counts_text(scene.counts)]
    parts += [_promotions(scene.promotions)] if scene.promotions else []
    return " | ".join([*parts, _best(scene), *_time_left(scene)])


def frame(scene: Scene, width: int) -> list[str]:
    """The scene as lines of at most ``width`` columns, for a terminal."""
    lines = [_title(scene, width)]
    if scene.counts:
        lines += [f"  {_best(scene)}", *_params(scene), f"  {trials_text(scene.counts, scene.promotions)}"]
        lines += _rungs(scene, width)
        lines += [f"  {text}" for text in _time_left(scene)]
    return [shorten(text, width) for text in lines]


def _title(scene: Scene, width: int) -> str:
    what = scene.phase if not scene.counts else _busy(scene)
    rate = "" if scene.rate is None else f" | {scene.rate:.3g} trials/min"
    right = f"{what}{rate} | {duration(scene.elapsed)}"
    left = shorten(study_label(scene.name), max(10, width - len(right) - 2))
    return f"{left}{' ' * max(2, width - len(left) - len(right))}{right}"


def _busy(scene: Scene) -> str:
    """``3 of 4 slots busy``; without the slots while it is not known how many there are."""
    running, room = scene.counts.get("RUNNING", 0), None if scene.standing is None else scene.standing.room
    return f"{running} running" if room is None else f"{running} of {max(room, running)} slots busy"


def counts_text(counts: Mapping[str, int]) -> str:
    """``3 complete, 23 paused, 2 running, 1 failed``."""
    found = [(counts[state], "failed" if state == "FAIL" else state.lower()) for state in _ORDER if counts.get(state)]
    return ", ".join(f"{n} {word}" for n, word in found) or "no trial yet"


def _promotions(n: int) -> str:
    return f"{n} promotion{'' if n == 1 else 's'}"


def trials_text(counts: Mapping[str, int], promotions: int) -> str:
    """``28 trials: 3 complete, 23 paused, 2 running; 9 promotions``."""
    n = sum(counts.values())
    promoted = f"; {_promotions(promotions)}" if promotions else ""
    return f"{n} trial{'' if n == 1 else 's'}: {counts_text(counts)}{promoted}"


def _best(scene: Scene) -> str:
    """The best trial; else what stands best, named as such."""
    known = scene.standing.best if scene.standing is not None else ()
    if not known:
        return "no report yet" if scene.best is None else f"best {scene.best[1]:.6g} (trial {scene.best[0]})"
    first, n = known[0], scene.standing.n_best if scene.standing is not None else 0
    where = f" at {first.where}" if first.where else ""
    if len(first.values) > 1:
        so_far = "best so far" if where else "best"
        return f"{so_far}{where}: {n} trial{'' if n == 1 else 's'} on the Pareto front"
    return f"best{' so far' if where else ''} {first.value:.6g}{where} (trial {first.number})"


def _params(scene: Scene) -> Iterator[str]:
    best: Sequence[BestSoFar] = scene.standing.best if scene.standing is not None else ()
    if len(best) == 1 and best[0].params:
        yield f"    {params_text(best[0].params)}"


def _rungs(scene: Scene, width: int) -> Iterator[str]:
    """The ladder, the highest rung first."""
    reached = [rung for rung in (scene.standing.rungs if scene.standing is not None else ()) if rung.n]
    if not reached:
        return
    brackets = len({rung.bracket for rung in reached}) > 1
    shown = sorted(reached, key=lambda rung: (-rung.level, rung.bracket))[:MOST_RUNGS]
    most, columns = max(rung.n for rung in reached), min(_BAR, max(0, width - 60))
    rows = [_rung(rung, brackets, _bar(rung.n, most, columns)) for rung in shown]
    for text in align(rows, right=(0, 2, 3)).splitlines():
        yield f"  rung {text}"
    if len(reached) > len(shown):
        yield f"  and {len(reached) - len(shown)} lower rungs"


def _rung(rung: RungStanding, brackets: bool, bar: str) -> list[str]:
    level = f"{rung.level}{f' (bracket {rung.bracket})' if brackets else ''}"
    best = "" if rung.best is None else f"best {rung.best:.6g}"
    return [level, bar, f"{rung.n} in", f"{rung.paused} paused" if rung.paused else "", best]


def _bar(n: int, most: int, columns: int) -> str:
    return "█" * max(1, round(columns * n / most)) if columns else ""


def _time_left(scene: Scene) -> list[str]:
    """How long it takes yet, where that can be known; else how many trials are to begin yet."""
    standing = scene.standing
    known: list[str] = []
    if standing is not None and standing.left is not None:
        running = scene.counts.get(TrialState.RUNNING.name, 0)
        if standing.left:
            known.append(f"{standing.left} new trial{'' if standing.left == 1 else 's'} to begin")
            if not standing.pauses and scene.rate:
                known.append(f"about {duration(60 * (standing.left + running / 2) / scene.rate)} left")
        elif running and not standing.pauses:
            known.append("the last trials run")
    if scene.left is not None:
        known.append(f"at most {duration(max(0.0, scene.left))} until the timeout")
    return [", ".join(known)] if known else []


__all__ = ["Scene", "counts_text", "frame", "line", "trials_text"]
