"""A report on a study as one HTML file: no network, no library, readable by who has never seen the project.

The sentences and tables are HTML and need no JavaScript. The pictures are drawn from the document by the scripts in
``assets``. A policy in the page forbids every request and every other script.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...arguments import path as check_path
from .document import document
from .words import TIME, captions, compared, count, figure, headline, next_steps

if TYPE_CHECKING:
    from ...study.results import Results

_SCRIPTS = ("base.js", "trials.js", "slots.js")
_STATES = (("COMPLETE", 1), ("PRUNED", 2), ("FAIL", 3), ("PAUSED", 5), ("RUNNING", 0))
LISTED = 300  # promotions in the table


def write_report(study: Results, path: str | Path, *, compare: Results | None = None) -> Path:
    """Write a report on a study as one HTML file that needs no network.

    Args:
        study: the study to read; it may be running, and is not changed.
        path: the file to write; one that exists is replaced.
        compare: another study, to be put beside it; None: there is none.

    Returns:
        The path of the file.

    Raises:
        OSError: the file cannot be written.
        TypeError: ``path`` is no path.
        ValueError: the two studies have several objectives, or different directions.
    """
    target = Path(check_path("path", path, "for example 'report.html'"))
    text = page(document(study, compare=compare))
    target.write_text(text, encoding="utf-8")
    return target


def page(found: dict[str, Any]) -> str:
    """The page that shows this document (see ``document.document``)."""
    style = _asset("report.css")
    script = "\n".join(map(_asset, _SCRIPTS))
    allowed = f"style-src '{_digest(style)}'; script-src '{_digest(script)}'"
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    title = escape(f"Report: {found['study']['name']}")
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{style}</style></head>\n<body><main>\n"
        f"{_body(found)}\n</main>\n"
        f'<script type="application/json" id="data">{embedded(found)}</script>\n'
        f"<script>{script}</script>\n</body></html>\n"
    )


def embedded(found: Any) -> str:
    """Data as JSON that cannot end the element it stands in: no "<", ">" or "&"."""
    text = json.dumps(found, separators=(",", ":"), allow_nan=False, ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _asset(name: str) -> str:
    return (resources.files(__package__) / "assets" / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


# --- the parts of the page -----------------------------------------------------------------------------------------


def _body(found: dict[str, Any]) -> str:
    said = captions(found)
    parts = [_top(found), _compare(found), _front(found, said), _histories(found, said)]
    parts += [_ladder(found, said), _curves(found, said), _timeline(found, said), _time(found, said)]
    parts += [_params(found, said), _grid(found, said), _health(found), _again(found)]
    return "\n".join(part for part in parts if part)


def _top(found: dict[str, Any]) -> str:
    study, best = found["study"], found["best"]
    states = ", ".join(f"{n:,} {state}" for state, n in study["states"].items()) or "none yet"
    facts = [f"{count(study['n_trials'], 'trial')} ({states})", count(study["n_attempts"], "attempt")]
    facts += [f"sampler {study['sampler']}"] if study["sampler"] else []
    facts += [f"pruner {study['pruner']}"] if study["pruner"] else []
    when = f"As of {study['last_event'] or study['created']}, the study's last event." if study["last_event"] else ""
    steps = "".join(f"<li>{escape(step)}</li>" for step in next_steps(found))
    counts = {status: sum(card["status"] == status for card in found["health"]) for status in ("PASS", "WARN", "FAIL")}
    health = ", ".join(f"{n} {status}" for status, n in counts.items() if n) or "none can be told yet"
    table = _best_table(best) if best is not None and found["front"] is None else ""
    about = ""
    if best is not None and found["front"] is None and best["time"]:
        about = f'<p class="soft">It took {escape(best["time"])} in {count(best["n_attempts"], "attempt")}.</p>'
    return (
        f'<header><h1>{escape(study["name"])}</h1>'
        f'<p class="soft">{escape("; ".join(facts))}. {escape(when)}</p></header>'
        f'<section class="top" id="best"><p class="big">{escape(headline(found))}</p>{table}{about}'
        f"<h3>What to do next</h3><ol>{steps or '<li>Run trials.</li>'}</ol>"
        f'<p class="soft">Checks: {escape(health)} (<a href="#health">all of them</a>).</p></section>'
    )


def _best_table(best: dict[str, Any]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(param["name"])}</th><td>{escape(param["value"])}</td>'
        f"<td>{_meter(param)}</td></tr>"
        for param in best["params"]
    )
    head = '<tr><th scope="col">parameter</th><th scope="col">value</th><th scope="col">where in its range</th></tr>'
    return f'<div class="scroll"><table id="best-params">{head}{rows}</table></div>' if rows else ""


def _meter(param: dict[str, Any]) -> str:
    where = param["position"]
    if where is None:
        return ""
    label = escape(f"{param['name']}: {100 * where:.0f} % of its range")
    return f'<meter min="0" max="1" value="{where:.4g}" aria-label="{label}"></meter>'


def _compare(found: dict[str, Any]) -> str:
    both = found["compare"]
    if both is None:
        return ""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in ("", *both["names"]))
    rows = "".join(
        f'<tr><th scope="row">{escape(label)}</th>' + "".join(f"<td>{escape(text)}</td>" for text in texts) + "</tr>"
        for label, *texts in both["rows"]
    )
    table = f'<div class="scroll"><table id="compare-table"><tr>{head}</tr>{rows}</table></div>'
    key = _key(("k-s1", both["names"][0]), ("k-s3", both["names"][1]))
    return _section("compare", "Two studies", compared(both), table + _picture("compare", compared(both)) + key)


def _section(key: str, title: str, caption: str, inside: str) -> str:
    return (
        f'<section id="{key}-section"><h2>{escape(title)}</h2><p class="soft">{escape(caption)}</p>{inside}</section>'
    )


def _picture(key: str, label: str) -> str:
    return f'<div class="picture" id="{key}" data-label="{escape(label)}"></div>'


def _key(*entries: tuple[str, str]) -> str:
    return (
        '<ul class="key">'
        + "".join(f'<li><i class="{kind}"></i>{escape(text)}</li>' for kind, text in entries)
        + "</ul>"
    )


def _state_key(drawn: set[int]) -> str:
    """The colours of the states that a picture has: ``drawn``."""
    return _key(*((f"k-s{k}", state) for state, k in _STATES if k in drawn))


def _histories(found: dict[str, Any], said: dict[str, str]) -> str:
    parts = []
    for k, metric in enumerate(found["study"]["metrics"]):
        if found["histories"][k]["points"]:
            caption, title = (
                said[f"history-{k}"],
                "History" if k == 0 and len(found["histories"]) == 1 else f"History of {metric}",
            )
            key = _key(
                ("k-best", "best so far"),
                *((f"k-s{n}", state) for state, n in _STATES if state in found["study"]["states"]),
            )
            parts.append(_section(f"history-{k}", title, caption, _picture(f"history-{k}", caption) + key))
    return "".join(parts)


def _ladder(found: dict[str, Any], said: dict[str, str]) -> str:
    ladder = found["ladder"]
    if not ladder:
        return ""
    key = _key(("k-promoted-r", "promoted from here"), ("k-waiting-r", "waiting here"), ("k-rest-r", "not promoted"))
    listed = ladder["promotions"][-LISTED:]
    rows = "".join(
        f'<tr><td class="n">{p["trial"]}</td><td class="n">{p["level"]}</td><td class="n">{figure(p["value"])}</td>'
        f"<td>{_place(p)}</td><td>{_way(p)}</td></tr>"
        for p in listed
    )
    head = "".join(
        f'<th scope="col">{word}</th>' for word in ("trial", "from step", "value there", "place at that moment", "how")
    )
    which = (
        f"All {ladder['n_promotions']:,}"
        if len(listed) == ladder["n_promotions"]
        else f"The last {len(listed):,} of {ladder['n_promotions']:,}"
    )
    table = (
        f'<details><summary>{which} promotions</summary><div class="scroll"><table id="promotions">'
        f"<tr>{head}</tr>{rows}</table></div></details>"
        if listed else ""
    )  # fmt: skip
    return _section("ladder", "Rung ladder", said["ladder"], _picture("ladder", said["ladder"]) + key + table)


def _place(promotion: dict[str, Any]) -> str:
    return "not known" if promotion["place"] is None else f"{promotion['place']} of {promotion['of']}"


def _way(promotion: dict[str, Any]) -> str:
    return {None: "not known", True: "went on without a pause", False: "paused, went on in a new attempt"}[
        promotion["in_place"]
    ]


def _curves(found: dict[str, Any], said: dict[str, str]) -> str:
    if not found["curves"]:
        return ""
    key = _state_key({curve[1] for curve in found["curves"]["curves"]})
    return _section("curves", "Learning curves", said["curves"], _picture("curves", said["curves"]) + key)


def _time_key(found: dict[str, Any]) -> str:
    used = [part for part in found["time"]["parts"] if part["seconds"] > 0]
    return _key(*((f"n-{part['name']}", f"{TIME[part['name']]}: {part['meaning']}") for part in used))


def _timeline(found: dict[str, Any], said: dict[str, str]) -> str:
    if not found["timeline"]:
        return ""
    inside = _picture("timeline", said["timeline"]) + '<p class="note">Point at a bar to see the decision.</p>'
    return _section("timeline", "When each slot worked", said["timeline"], inside)


def _time(found: dict[str, Any], said: dict[str, str]) -> str:
    if not found["time"]["capacity"]:
        return ""
    replay = f'<p id="replay-words">{escape(found["replay"]["text"])}</p>' if found["replay"] else ""
    inside = f'{_picture("time", said["time"])}<p id="time-words">{escape(said["time"])}</p>{replay}{_time_key(found)}'
    return f'<section id="time-section"><h2>Where the slot-time went</h2>{inside}</section>'


def _params(found: dict[str, Any], said: dict[str, str]) -> str:
    if not found["params"]:
        return ""
    slices = "".join(
        f"<div><h3>{escape(param['name'])}</h3>{_picture(f'slice-{k}', said['slices'])}</div>"
        for k, param in enumerate(found["params"])
    )
    key = _state_key({row[1] for row in found["rows"]["rows"]})
    parts = [_section("slices", "Slices", said["slices"], f'<div class="slices">{slices}</div>{key}')]
    if len(found["params"]) > 1 and found["rows"]["rows"]:
        quintiles = _key(
            ("k-q0", "best fifth"), ("k-q1", "2nd"), ("k-q2", "3rd"), ("k-q3", "4th"), ("k-q4", "worst fifth")
        )
        parts.append(
            _section(
                "parallel", "Parallel coordinates", said["parallel"], _picture("parallel", said["parallel"]) + quintiles
            )
        )
    several = len(found["importances"]) > 1
    for k, importance in enumerate(found["importances"]):
        caption = said[f"importances-{k}"]
        title = (
            f"Importance of the parameters for {importance['metric']}" if several else "Importance of the parameters"
        )
        inside = _picture(f"importances-{k}", caption) if importance["shares"] else ""
        parts.append(_section(f"importances-{k}", title, caption, inside))
    return "".join(parts)


def _front(found: dict[str, Any], said: dict[str, str]) -> str:
    if not found["front"]:
        return ""
    key = _key(("k-front", "on the front"), ("k-behind", "beaten by another trial"))
    return _section("front", "Pareto front", said["front"], _picture("front", said["front"]) + key)


def _grid(found: dict[str, Any], said: dict[str, str]) -> str:
    if not found["grid"]:
        return ""
    key = _key(
        ("k-q0", "best fifth"),
        ("k-q4", "worst fifth"),
        ("k-free", "free"),
        ("k-leased", "leased"),
        ("k-dead", "given up"),
    )
    inside = _picture("grid-map", said["grid-map"]) + key if found["grid"]["cells"] is not None else ""
    return _section("grid", "Map of the grid", said["grid-map"], inside)


def _health(found: dict[str, Any]) -> str:
    cards = "".join(
        f'<div class="card {card["status"]}">'
        f'<h3><span class="badge">{_STATUS[card["status"]]}</span> {escape(card["name"])}</h3>'
        f"<p>{escape(card['text'])}</p>"
        + (f"<p><b>{escape(card['advice'])}</b></p>" if card["advice"] else "")
        + "</div>"
        for card in found["health"]
    )
    return f'<section id="health"><h2>Checks</h2><div class="cards">{cards}</div></section>'


_STATUS = {"PASS": "PASS", "WARN": "WARN", "FAIL": "FAIL", "NONE": "NOT KNOWN"}


def _again(found: dict[str, Any]) -> str:
    missing = "; ".join(found["again"]["not_recorded"])
    where = f" It is stored in {found['study']['storage']}." if found["study"]["storage"] else ""
    told = found["again"]["recorded"]
    rows = "".join(f"<tr><th>{escape(what)}</th><td>{escape(text)}</td></tr>" for what, text in told)
    recorded = f'<table class="recorded">{rows}</table>' if rows else ""
    return (
        '<section id="again"><h2>Run it again</h2><p class="soft">What is recorded of the latest run, as code. With '
        f"load_if_exists the same study goes on; give another name to begin anew.{escape(where)}</p>"
        f"<pre>{escape(found['again']['code'])}</pre>{recorded}"
        f'<p class="note">Not recorded: {escape(missing)}. This page was made by {escape(found["made_by"])} from the '
        "database alone.</p></section>"
    )


__all__ = ["embedded", "page", "write_report"]
