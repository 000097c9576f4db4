"""Write docs/states.md from the table of transitions that the core obeys: ``python docs/make_states.py``."""

from __future__ import annotations

from pathlib import Path

from raytune_lite.core.trials import TRANSITIONS
from raytune_lite.trial import TrialState

PAGE = Path(__file__).with_name("states.md")

MEANING = {
    "WAITING": "It has no attempt now and will get one: it was enqueued, or its last attempt was lost, failed with "
    "retries left, or was interrupted.",
    "RUNNING": "An attempt of it is live: a slot claimed it and has not ended.",
    "PAUSED": "It stopped at a rung with its checkpoint kept and its slot freed, and runs again if it is promoted.",
    "COMPLETE": "The objective returned a result; it is the trial's value for good.",
    "PRUNED": "It ended early for good: the pruner or the objective stopped it, or nothing promoted it before the run "
    "was over. Its value is its last report.",
    "FAIL": "The objective raised or returned no result, or attempts were lost, and no retry was left.",
}
CAUSE = {
    "claimed": "a slot starts its first or next attempt",
    "enqueued": "the user asked for this configuration",
    "added": "it ran elsewhere, or is in Optuna's tables: finished, waiting, or run by another program",
    "paused": "the pruner answered PAUSE, and the attempt then raised TrialPruned, was interrupted or was lost",
    "retried": "the attempt was lost or failed with retries left, or was interrupted, or its run died",
    "completed": "the objective returned a result",
    "pruned": "stopped by the pruner or by the objective; a paused trial, when its run ends with nothing promotable",
    "failed": "the attempt failed or was lost, and no retry is left",
}
PAGE_TEXT = """\
# The states of a trial

<!-- Written by docs/make_states.py from TRANSITIONS in raytune_lite/core/trials.py. Change those, not this. -->

```mermaid
{diagram}
```

{states}

{causes}

The three finished states have no way out. Any other step than these arrows is a bug, and the core raises.

PAUSED is not in Optuna's list of states. Optuna's table shows such a trial as RUNNING, `rtl_trials` as what it is.
"""


def page() -> str:
    """The whole page."""
    states = sorted(TrialState, key=lambda state: list(MEANING).index(state.name))
    order = [None, *states]
    rows = sorted(TRANSITIONS, key=lambda row: (order.index(row[0]), order.index(row[2]), row[1]))
    named = [("[*]" if before is None else before.name, how, after.name) for before, how, after in rows]
    diagram = ["stateDiagram-v2", *(f"    {before} --> {after}: {how}" for before, how, after in named)]
    diagram += [f"    {state.name} --> [*]" for state in states if state.is_finished()]
    words = list(dict.fromkeys(how for _, how, _ in rows))
    return PAGE_TEXT.format(
        diagram="\n".join(diagram),
        states=table("state", "meaning", [(state.name, MEANING[state.name]) for state in states]),
        causes=table("arrow", "what happened", [(how, CAUSE[how]) for how in words]),
    )


def table(left: str, right: str, rows: list[tuple[str, str]]) -> str:
    """A markdown table of two columns."""
    return "\n".join([f"| {left} | {right} |", "|---|---|", *(f"| {one} | {two} |" for one, two in rows)])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
