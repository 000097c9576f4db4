"""Write docs/states.md from the table of transitions that the core obeys: ``python docs/make_states.py``.

How often runs took each row stands in docs/transitions.json, which ``make states`` counts anew.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from raytune_lite.core.trials import TRANSITIONS, written
from raytune_lite.trial import TrialState

PAGE = Path(__file__).with_name("states.md")
COUNTS = Path(__file__).with_name("transitions.json")

MEANING = {
    "WAITING": "It has no attempt now and will get one: it was enqueued, it takes another trial's place, or its last "
    "attempt was lost, failed with retries left, or was interrupted.",
    "RUNNING": "An attempt of it is live: a slot claimed it and has not ended.",
    "PAUSED": "It stopped at a rung with its checkpoint kept and its slot freed, and runs again if it is promoted.",
    "COMPLETE": "The objective returned a result; it is the trial's value for good.",
    "PRUNED": "It ended early for good: the pruner, the objective or the user stopped it, or nothing promoted it until "
    "the run was over. Its value is its last report.",
    "FAIL": "The objective raised or returned no result, or attempts were lost, and no retry was left.",
}
CAUSE = {
    "claimed": "a slot starts its first or next attempt",
    "enqueued": "the user asked for this configuration",
    "born": "it takes the place of a trial that the pruner stopped, and goes on from another one's checkpoint",
    "added": "it ran elsewhere, or is in Optuna's tables: finished, waiting, or run by another program",
    "paused": "the pruner answered PAUSE, and the attempt then raised TrialPruned, was interrupted or was lost",
    "retried": "the attempt was lost or failed with retries left, could not save, or was interrupted, or its run died",
    "completed": "the objective returned a result",
    "pruned": "stopped by the pruner or by the objective; a paused trial, when its run ends with nothing promotable",
    "found": "the attempt was given up, and its own end has come before another attempt began",
    "stopped": "the user stopped the trial; a running one ends its step first, or is killed",
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

How often trials took each row, in simulated clusters where everything fails (`make states`) and in tests that kill
processes (`RTL_TRANSITIONS=docs/transitions.json make chaos`, where it was run). A test fails when its seeds leave a
row out.

{counts}

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
        states=table("state", "meaning", rows=[(state.name, MEANING[state.name]) for state in states]),
        causes=table("arrow", "what happened", rows=[(how, CAUSE[how]) for how in words]),
        counts=counts(),
    )


def counts() -> str:
    """How often each row was taken, by source."""
    known = json.loads(COUNTS.read_text(encoding="utf-8"))
    rows = list(map(written, TRANSITIONS))
    found = [(f"`{row}`", *(f"{known[source]['rows'].get(row, 0):,}" for source in known)) for row in rows]
    return table("row", *(f"{source}, {known[source]['runs']}" for source in known), rows=found)


def table(*columns: str, rows: Sequence[tuple[str, ...]]) -> str:
    """A markdown table."""
    head = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
