"""Write the drawings of the documents into docs/assets: ``python docs/make_drawings.py``. A test compares them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from raytune_lite.core.trials import TRANSITIONS

FOLDER = Path(__file__).with_name("assets")
# readable on white and on dark: the page behind may be either
STYLE = """<style>
  text { font: 14px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; fill: #1f2328 }
  .small { font-size: 12px; fill: #57606a } .on { fill: #fff } .head { font-weight: 600 }
  .box { fill: #ddf4ff; stroke: #0969da } .owner { fill: #dafbe1; stroke: #1a7f37 }
  .store { fill: #fff8c5; stroke: #9a6700 } .none { fill: none; stroke: #8c959f; stroke-dasharray: 5 4 }
  .line { stroke: #57606a; fill: none; marker-end: url(#end) }
  .train { stroke: #0969da; stroke-width: 6 } .wait { stroke: #d4a72c; stroke-width: 2; stroke-dasharray: 3 4 }
</style>"""


def drawing(width: int, height: int, title: str, parts: Iterator[str]) -> str:
    """One SVG on a white ground, with what it shows in words for those who cannot see it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(title)}">\n{STYLE}\n'
        '<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#57606a"/></marker></defs>\n'
        '<rect width="100%" height="100%" rx="6" fill="#ffffff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def box(x: int, y: int, width: int, height: int, lines: Sequence[str], kind: str = "box") -> Iterator[str]:
    """A box; its first line is its name, the others say what is in it."""
    yield f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="6"/>'
    for row, line in enumerate(lines):
        style = "head" if row == 0 else "small"
        yield f'<text class="{style}" x="{x + 12}" y="{y + 24 + 18 * row}">{escape(line)}</text>'


def arrow(path: str, text: str = "", at: tuple[int, int] = (0, 0)) -> Iterator[str]:
    """A line with a head, and a word beside it."""
    yield f'<path class="line" d="{path}"/>'
    if text:
        yield f'<text class="small" x="{at[0]}" y="{at[1]}">{escape(text)}</text>'


def processes() -> str:
    """The processes of a run, and what goes between them."""
    def parts() -> Iterator[str]:
        script = ["your script", "launcher: submits tasks, watches", "them, hands over how they end", "progress"]
        driver = ["driver (one a run)", "decides, commits, answers", "core, sampler, pruner, SQL", "the only writer"]
        tasks = ["tasks: one attempt each", "your objective, on any node", "reports, saves", "a heartbeat a second"]
        yield from box(20, 20, 250, 96, script)
        yield from box(470, 20, 270, 96, driver, "owner")
        yield from box(20, 230, 250, 96, tasks)
        yield from box(470, 230, 270, 60, ["database", "log of events, Optuna's tables, ours"], "store")
        yield from box(20, 372, 720, 44, ["checkpoints: a directory that all nodes see"], "store")
        yield from arrow("M270 50 H466", "plan: who has ended?", (300, 42))
        yield from arrow("M470 90 H274", "so many tasks, please", (300, 108))
        yield from arrow("M90 116 V226", "submits", (98, 176))
        yield from arrow("M200 230 V120", "how it ended", (208, 176))
        yield from arrow("M270 250 C400 250 420 180 500 120", "claim, report", (318, 206))
        yield from arrow("M520 116 C450 200 420 290 274 290", "answer, once stored", (300, 310))
        yield from arrow("M580 116 V226", "one transaction a batch", (588, 176))
        yield from arrow("M145 326 V368", "saves, loads", (153, 352))

    return drawing(760, 436, "The script submits tasks; tasks report to the driver; the driver alone writes", parts())


def crashes() -> str:
    """What dies together."""
    def parts() -> Iterator[str]:
        cluster = "cluster, or head: all dies, the same command continues on a new one"
        script = "script: what is in this box dies with it, the same command continues"
        driver = ["driver", "Ray starts it again;", "it folds the log anew.", "Lost: nothing that was", "acknowledged"]
        worker = ["worker", "its trial's next", "attempt resumes.", "Lost: work since", "the last save"]
        yield from box(20, 50, 720, 236, [cluster], "none")
        yield from box(40, 88, 680, 182, [script], "none")
        yield from box(60, 126, 300, 128, driver, "owner")
        yield from box(380, 126, 150, 128, worker)
        yield from box(550, 126, 150, 128, ["worker", "goes on"])
        yield from box(20, 306, 350, 62, ["database", "survives; down for 2 min: everybody waits"], "store")
        yield from box(390, 306, 350, 62, ["checkpoints", "survive; full: trials wait, none fails"], "store")
        yield '<text class="head" x="20" y="32">Who dies takes along what is inside of its box, and nothing else</text>'

    return drawing(760, 388, "Who dies with whom, and what is lost", parts())


# What ASHA decides in two slots: time, trial, step, loss, goes on or pauses, whom the free slot continues. A test asks
# the pruner. Rungs after 1, 3 and 9 epochs; an epoch takes one unit of time.
DECISIONS = [
    (1, 0, 1, 0.50, "pauses", None), (1, 1, 1, 0.90, "pauses", None), (2, 2, 1, 0.20, "goes on", None),
    (2, 3, 1, 0.70, "pauses", None), (3, 4, 1, 0.80, "pauses", None), (4, 5, 1, 0.60, "pauses", 0),
    (4, 2, 3, 0.18, "pauses", None), (5, 6, 1, 0.30, "goes on", None), (6, 0, 3, 0.12, "pauses", None),
    (7, 7, 1, 0.95, "pauses", None), (7, 6, 3, 0.25, "pauses", 0),
]  # fmt: skip
_TRAINED = {  # trial: when it trained, in units of time
    0: [(0, 1), (4, 6), (7, 13)], 1: [(0, 1)], 2: [(1, 4)], 3: [(1, 2)], 4: [(2, 3)], 5: [(3, 4)], 6: [(4, 7)],
    7: [(6, 7)],
}  # fmt: skip


def promotion() -> str:
    """Where each trial trains, waits and goes on."""
    scale, left, top = 48, 96, 66

    def parts() -> Iterator[str]:
        yield '<text class="head" x="20" y="28">Two slots, eight trials: trial 0 is promoted twice</text>'
        for number, spans in _TRAINED.items():
            y = top + 32 * number
            yield f'<text x="20" y="{y + 5}">trial {number}</text>'
            for row, (begin, end) in enumerate(spans):
                until = spans[row + 1][0] if row + 1 < len(spans) else 13
                if end < until:
                    yield f'<path class="wait" d="M{left + end * scale} {y} H{left + until * scale}"/>'
                yield f'<path class="train" d="M{left + begin * scale} {y} H{left + end * scale - 3}"/>'
            for time, trial, step, loss, *_ in DECISIONS:
                if trial == number:
                    at = left + time * scale - 3
                    yield f'<text class="small" x="{at}" y="{y - 7}" text-anchor="end">{loss:.2f} at {step}</text>'
        for time, text in ((4, "2nd of 6"), (7, "1st of 3")):
            yield f'<text class="small" x="{left + time * scale + 4}" y="{top + 17}">promoted: {text}</text>'
        y = top + 32 * len(_TRAINED) + 8
        yield f'<path class="train" d="M96 {y} H136"/>'
        yield f'<text class="small" x="146" y="{y + 4}">trains, in a slot</text>'
        yield f'<path class="wait" d="M290 {y} H330"/>'
        yield f'<text class="small" x="340" y="{y + 4}">paused: a checkpoint, no slot. Figures: loss at an epoch</text>'

    return drawing(760, 352, "A trial pauses at a rung, frees its slot, and goes on when it is among the best", parts())


# Where each state stands; the arrows are those of the core's table.
_PLACES = {"WAITING": (60, 130), "RUNNING": (330, 130), "PAUSED": (330, 268), "COMPLETE": (600, 40), "FAIL": (600, 130),
           "PRUNED": (600, 268)}  # fmt: skip
_WAYS = {  # from, to: the arrow, and where its words stand
    ("WAITING", "RUNNING"): ("M170 142 H326", (190, 134)), ("RUNNING", "WAITING"): ("M330 162 H174", (224, 178)),
    ("RUNNING", "PAUSED"): ("M370 174 V264", (322, 222)), ("PAUSED", "RUNNING"): ("M400 268 V178", (408, 222)),
    ("RUNNING", "COMPLETE"): ("M440 138 L596 70", (470, 92)), ("RUNNING", "FAIL"): ("M440 152 H596", (490, 146)),
    ("RUNNING", "PRUNED"): ("M440 168 L596 276", (500, 204)), ("PAUSED", "PRUNED"): ("M440 292 H596", (466, 308)),
    ("WAITING", "PRUNED"): ("M115 174 V340 H655 V316", (300, 334)),
}


def states() -> str:
    """The states of a trial, and what moves it."""
    causes: dict[tuple[str, str], list[str]] = {}
    begins: dict[str, list[str]] = {}
    for before, how, after in TRANSITIONS:
        if before is None:
            begins.setdefault(how, []).append(after.name)
        else:
            causes.setdefault((before.name, after.name), []).append(how)
    assert causes.keys() == _WAYS.keys(), "an arrow of the core's table has no place in the drawing"

    def parts() -> Iterator[str]:
        for name, (x, y) in _PLACES.items():
            kind = {"COMPLETE": "owner", "FAIL": "store", "PRUNED": "store"}.get(name, "box")
            yield f'<rect class="{kind}" x="{x}" y="{y}" width="110" height="44" rx="22"/>'
            yield f'<text class="head" x="{x + 55}" y="{y + 27}" text-anchor="middle">{name}</text>'
        for way, (path, at) in _WAYS.items():
            yield from arrow(path, ", ".join(causes[way]), at)
        lines = ["a trial begins when it is", *(f"{how}: {', '.join(after)}" for how, after in begins.items())]
        for row, line in enumerate(lines):
            yield f'<text class="small" x="{32 if row else 20}" y="{24 + 17 * row}">{line}</text>'

    return drawing(760, 356, "The states of a trial; COMPLETE, PRUNED and FAIL are final", parts())


DRAWINGS = {"processes.svg": processes, "crashes.svg": crashes, "promotion.svg": promotion, "states.svg": states}

if __name__ == "__main__":
    for name, draw in DRAWINGS.items():
        (FOLDER / name).write_text(draw(), encoding="utf-8")
