"""The sentences of a report: what is best, what to do next, what each picture shows. From its document alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...display.tables import duration, percent
from .goodput import money

Document = dict[str, Any]
TIME = {
    "useful": "useful", "promoted": "promoted later", "pruned": "pruned", "paused": "paused", "under_way": "under way",
    "discarded": "discarded", "lost": "lost", "checkpoint": "checkpoints", "start_up": "start-up", "idle": "idle",
}  # fmt: skip


def figure(value: float | None) -> str:
    """A number to six digits; "none" for one that is not finite."""
    return "none" if value is None else f"{value:.6g}"


def count(n: int, noun: str) -> str:
    """ "1 trial", "2 trials", "10,000 trials"."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def headline(found: Document) -> str:
    """What is best, in one sentence."""
    study, best, front = found["study"], found["best"], found["front"]
    states = study["states"]
    if front is not None:
        if not front["n"]:
            return "No trial is COMPLETE and meets its constraints yet."
        goals = ", ".join(f"{m} ({d})" for m, d in zip(study["metrics"], study["directions"], strict=True))
        return f"{count(front['n_front'], 'trial')} of {front['n']:,} are on the Pareto front of {goals}."
    if best is None:
        return "No trial has a result yet."
    if best["where"]:
        return (
            f"No trial is COMPLETE and meets its constraints yet. The best so far is trial {best['trial']}: "
            f"{study['metrics'][0]} {figure(best['values'][0])} at {best['where']}."
        )
    sense = "largest" if study["directions"][0] == "maximize" else "smallest"
    return (
        f"The best {study['metrics'][0]} is {figure(best['values'][0])}, of trial {best['trial']}: the {sense} of "
        f"{count(states.get('COMPLETE', 0), 'COMPLETE trial')}."
    )


def next_steps(found: Document) -> list[str]:
    """What to do next, the most pressing first."""
    steps = [
        f"{card['text']} {card['advice']}" for card in found["health"] if card["status"] == "FAIL" and card["advice"]
    ]
    states = found["study"]["states"]
    if states.get("RUNNING"):
        steps.append(
            f"{count(states['RUNNING'], 'trial')} had begun and not ended when this page was made. Make it again later."
        )
    if states.get("PAUSED"):
        steps.append(
            f"{count(states['PAUSED'], 'trial')} wait at a rung. Run the same command again: the run promotes or "
            "prunes them."
        )
    if states.get("WAITING"):
        steps.append(f"{count(states['WAITING'], 'trial')} wait for an attempt. Run the same command again to go on.")
    steps += [
        f"{card['text']} {card['advice']}" for card in found["health"] if card["status"] == "WARN" and card["advice"]
    ]
    waste = _largest_waste(found)
    if waste:
        steps.append(waste)
    best = found["best"]
    if not steps and best is not None and not best["where"] and found["front"] is None:
        steps.append(f"Use the parameters of trial {best['trial']}; no check speaks against them.")
    return steps


def _largest_waste(found: Document) -> str:
    """Advice for what takes most of the slot-time without a result, if it is more than a quarter."""
    capacity, advice = found["time"]["capacity"], {
        "idle": "Fewer slots would do, or more trials at once: see the timeline.",
        "lost": "Save checkpoints more often.",
        "checkpoint": "Save checkpoints less often, or to a faster disk.",
        "start_up": "Trials are short for the time that they take to start.",
        "discarded": "Find out why trials fail.",
    }  # fmt: skip
    parts = [part for part in found["time"]["parts"] if part["name"] in advice]
    most = max(parts, key=lambda part: part["seconds"], default=None)
    if most is not None and most["name"] == "idle" and all(span["slots"] < 2 for span in found["time"]["slots"]):
        return ""  # one slot cannot be fewer
    if most is None or capacity < 60 or most["seconds"] < 0.25 * capacity:
        return ""
    return f"{100 * most['seconds'] / capacity:.0f} % of the slot-time is {TIME[most['name']]}. {advice[most['name']]}"


def slot_time(found: Document) -> str:
    """The sentence below the bar of slot-time."""
    time = found["time"]
    if not time["capacity"]:
        return "No attempt has run yet."
    parts = sorted((part for part in time["parts"] if part["seconds"] > 0), key=lambda part: -part["seconds"])
    shares = ", ".join(f"{_percent(part['seconds'], time['capacity'])} {TIME[part['name']]}" for part in parts)
    slots = sorted({span["slots"] for span in time["slots"]})
    room = count(slots[0], "slot") if len(slots) == 1 else f"{slots[0]} to {slots[-1]} slots"
    text = f"Of {duration(time['capacity'])} of slot-time ({room}): {shares}."
    if time["goodput"] is not None:
        text += f" Goodput, the share of trained time that counts: {percent(time['goodput'])}."
    return text if time["cost"] is None else f"{text} Cost of the attempts: {money(time['cost'])}."


def compared(both: Document) -> str:
    """What the comparison of two studies says, and what it does not."""
    pairs, first, second = both["pairs"], both["names"][0], both["names"][1]
    text = "The lines are the best values so far. There is one run of each: another seed may turn it round."
    ran = f"{count(pairs['n'], 'configuration')} ran in both"
    if pairs["mean"] is None:
        return f"{text} {ran}, too few for a paired comparison."
    return (
        f"{text} {ran}: {second} minus {first} is {figure(pairs['mean'])} on average, with a 95 % interval from "
        f"{figure(pairs['low'])} to {figure(pairs['high'])} (paired bootstrap)."
    )


def _percent(part: float, whole: float) -> str:
    share = 100 * part / whole
    return f"{share:.0f} %" if share >= 1 else "below 1 %"


def captions(found: Document) -> dict[str, str]:
    """What each picture shows, by its id; how many of how many are drawn, where that is not all."""
    return dict(_captions(found))


def _captions(found: Document) -> Iterator[tuple[str, str]]:
    study = found["study"]
    for k, history in enumerate(found["histories"]):
        yield f"history-{k}", _history(history, study, k)
    metric = study["metrics"][0]
    yield "slices", f"One dot a trial: its {metric} over each parameter.{_thin(found['rows'])}"
    how = "coloured by its place among them, from the best fifth to the worst"
    yield "parallel", f"One line a trial through its parameters, {how}.{_thin(found['lines'])}"
    if found["curves"]:
        curves, n = len(found["curves"]["curves"]), found["curves"]["n"]
        some = "" if curves == n else f" {curves:,} of {n:,} are drawn: the best, and evenly spaced others."
        rungs = " Dashed lines are rungs." if found["ladder"] else ""
        yield "curves", f"What trials reported, by what became of them.{rungs}{some}"
    if found["ladder"]:
        yield "ladder", _ladder(found["ladder"])
    if found["timeline"]:
        yield "timeline", _timeline(found["timeline"])
    yield "time", slot_time(found)
    if found["front"]:
        front = found["front"]
        more = (
            f" The picture has the first two of {len(study['metrics'])} objectives."
            if len(study["metrics"]) > 2
            else ""
        )
        some = "" if len(front["points"]) == front["n"] else f" {len(front['points']):,} of {front['n']:,} are drawn."
        yield (
            "front",
            f"COMPLETE trials; none beats one of the {front['n_front']:,} on the front in all objectives.{more}{some}",
        )
    if found["grid"]:
        yield "grid-map", _grid(found["grid"])
    for k, importance in enumerate(found["importances"]):
        yield f"importances-{k}", _importance(importance)


def _thin(rows: Document) -> str:
    """How many trials are drawn, where that is not all."""
    drawn, n = len(rows["rows"]), rows["n"]
    return "" if drawn == n else f" {drawn:,} of {n:,} trials are drawn: the best, and evenly spaced others."


def _history(history: Document, study: Document, k: int) -> str:
    best, metric = history["best"], study["metrics"][k]
    line = f"The line is the best {metric} of COMPLETE trials so far"
    if best:
        place, value, trial = best[-1]
        line += f": from {figure(best[0][1])} to {figure(value)}, reached by trial {trial} as number {place:,}"
    some = (
        ""
        if len(history["points"]) == history["n"]
        else f" {len(history['points']):,} of {history['n']:,} dots are drawn."
    )
    failed = f" {count(history['failed'], 'trial')} failed." if history["failed"] else ""
    return f"{line}. Far outliers are drawn at the edge.{failed}{some}"


def _ladder(ladder: Document) -> str:
    highest = max(level["level"] for level in ladder["levels"])
    lowest = [level for level in ladder["levels"] if level["level"] == min(of["level"] for of in ladder["levels"])]
    at_top = sum(level["n"] for level in ladder["levels"] if level["level"] == highest)
    text = (
        f"{count(sum(level['n'] for level in lowest), 'trial')} stood at the lowest rung, "
        f"{at_top:,} at the highest (step {highest}); "
        f"there were {count(ladder['n_promotions'], 'promotion')}."
    )
    if not ladder["has_places"]:
        text += " At which place each trial was promoted cannot be told from what is recorded."
    return text


def _timeline(timeline: Document) -> str:
    lanes, n = len(timeline["lanes"]), timeline["n_lanes"]
    where = "GPU" if any(lane["gpus"] for lane in timeline["lanes"]) else "node"
    text = f"{count(timeline['n_bars'], 'attempt')} in {count(n, 'lane')}: a lane is one slot of a {where}."
    if lanes < n:
        text += f" The first {lanes} lanes are drawn."
    if "slices" in timeline:
        text += " There are too many for a bar each: lanes are cut into parts, coloured by what most of each is."
    return text


def _grid(grid: Document) -> str:
    counts = ", ".join(f"{n:,} {state}" for state, n in grid["counts"].items())
    text = f"{count(grid['size'], 'cell')}: {counts}."
    return text if grid["cells"] is not None else f"{text} A map of so many cells would not be readable."


def _importance(found: Document) -> str:
    if found["why_not"]:
        return f"Not shown: {found['why_not']}."
    return (
        f"Shares of the differences in {found['metric']}, by Optuna's {found['method']} on "
        f"{count(found['n'], 'trial')} ({found['of']})."
    )


__all__ = ["TIME", "captions", "compared", "count", "figure", "headline", "next_steps", "slot_time"]
