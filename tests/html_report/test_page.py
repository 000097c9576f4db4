"""The page in a real browser: no error, no request, the database's numbers, desktop and phone, light and dark."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from html import unescape

import pytest
from click.testing import CliRunner

import raytune_lite as rl
from raytune_lite.cli import cli
from raytune_lite.report.html.document import document
from raytune_lite.report.html.page import embedded, page, write_report

from . import studies
from .browser import chromium

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def made(folder, asha_study):
    """name -> (study, file)."""
    found = {}
    for study in (asha_study, *(make(folder) for make in (studies.hostile, studies.two, studies.grid))):
        found[study.study_name] = study, write_report(study, folder / f"{study.study_name}.html")
    yield found
    for name in ("hostile", "two", "grid"):
        found[name][0].close()


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


class Opened:
    """A page, and all that it asked for or complained of."""

    def __init__(self, browser, path, size="desktop", scheme="light"):
        width, height = SIZES[size]
        self.context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        self.page = self.context.new_page()
        self.complaints, self.requests = [], []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()

    def js(self, code):
        return self.page.evaluate(code)


@pytest.mark.parametrize(("name", "size", "scheme"), [
    ("asha", "desktop", "light"), ("asha", "phone", "dark"), ("hostile", "phone", "light"),
    ("hostile", "desktop", "dark"),
    ("two", "desktop", "light"), ("two", "phone", "light"), ("grid", "desktop", "light"), ("grid", "phone", "dark"),
])  # fmt: skip
def test_a_page_opens_without_an_error_or_a_request_and_fits_its_window(made, browser, name, size, scheme):
    path = made[name][1]
    with Opened(browser, path, size, scheme) as opened:
        assert opened.js("document.documentElement.dataset.drawn") == "yes"
        assert opened.complaints == []
        assert opened.requests == [path.as_uri()]
        assert opened.js("document.documentElement.scrollWidth <= window.innerWidth")
        empty = opened.js(
            "[...document.querySelectorAll('.picture')].filter(p => !p.querySelector('svg > *')).map(p => p.id)"
        )
        assert empty == []
        outside = opened.js("""[...document.querySelectorAll('svg text')].filter(t => {
            const box = t.getBoundingClientRect(); return box.right > window.innerWidth + 1 || box.left < -1;
        }).map(t => t.textContent)""")
        assert outside == []


def luminance(color):
    parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_their_ground(made, browser, scheme):
    """Contrast of at least 4.5, which WCAG 2.1 asks for (AA)."""
    with Opened(browser, made["asha"][1], "desktop", scheme) as opened:
        page_color = opened.js("getComputedStyle(document.body).backgroundColor")
        assert (luminance(page_color) > 0.5) == (scheme == "light")
        colors = opened.js("""[...document.querySelectorAll('p, th, td, li, h1, h2, .badge, svg text:not(.on)')]
            .map(e => [
            getComputedStyle(e)[e instanceof SVGElement ? 'fill' : 'color'],
            getComputedStyle(e.closest('.card, section.top') || document.body).backgroundColor])""")
        for text, ground in {tuple(pair) for pair in colors}:
            light, dark = sorted((luminance(text), luminance(ground)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


def test_numbers_on_the_page_are_the_databases(made, browser):
    study, path = made["asha"]
    with Opened(browser, path) as opened:
        text = opened.js("document.querySelector('#best').innerText")
        assert f"{study.best_value:.6g}" in text
        assert f"trial {study.best_trial.number}:" in text
        shown = opened.js(
            "[...document.querySelectorAll('#best-params tr')].slice(1)"
            ".map(r => [r.cells[0].innerText, r.cells[1].innerText])"
        )
        expected = {k: f"{v:.6g}" if isinstance(v, float) else repr(v) for k, v in study.best_params.items()}
        assert dict(shown) == expected
        rows = opened.js(
            "[...document.querySelectorAll('#promotions tr')].slice(1).map(r => [...r.cells].map(c => c.textContent))"
        )
        promoted = {(r.number, r.level): r.value for r in study.rungs if r.promoted}
        assert {(int(row[0]), int(row[1])): row[2] for row in rows} == {k: f"{v:.6g}" for k, v in promoted.items()}
        ladder = opened.js("document.querySelector('#ladder').textContent")
        assert all(f"{n} trials, {p} promoted" in ladder for n, p in levels(study))
        assert opened.js("document.querySelectorAll('#timeline rect:not(.lane)').length") == len(study.attempts)


def levels(study):
    for level in sorted({rung.level for rung in study.rungs}):
        here = [rung.promoted for rung in study.rungs if rung.level == level]
        yield len(here), sum(here)


def test_pointing_at_a_bar_says_what_was_decided(made, browser):
    study, path = made["asha"]
    paused = next(a for a in study.attempts if a.outcome == "paused")
    with Opened(browser, path) as opened:
        n = json.loads(opened.js("document.querySelector('#data').textContent"))["timeline"]["bars"]
        k = next(i for i, bar in enumerate(n) if bar[4:6] == [paused.number, paused.attempt])
        opened.page.locator("#timeline rect:not(.lane)").nth(k).dispatch_event(
            "pointermove", {"clientX": 50, "clientY": 50}
        )
        said = opened.js("document.querySelector('.tip').textContent")
        assert f"trial {paused.number}, attempt {paused.attempt}" in said
        assert "it paused at a rung" in said


def test_a_page_is_drawn_again_when_its_width_changes(made, browser):
    with Opened(browser, made["asha"][1]) as opened:
        wide = opened.js("document.querySelector('#history-0 svg').getBoundingClientRect().width")
        opened.page.set_viewport_size({"width": 400, "height": 800})
        opened.page.wait_for_function("document.querySelector('#history-0 svg').getBoundingClientRect().width < 400")
        assert wide > 900


def test_a_users_text_is_text_and_nothing_else(made, browser):
    _, path = made["hostile"]
    with Opened(browser, path) as opened:
        assert opened.js("document.images.length") == 0
        assert opened.js("document.querySelectorAll('main b').length") == opened.js(
            "document.querySelectorAll('.card p b').length"
        )
        assert studies.HOSTILE in opened.js("document.querySelector('#best-params').innerText")
        assert studies.HOSTILE in opened.js("document.querySelector('#best .big').innerText")
        assert opened.complaints == []
    assert "\u202e" not in path.read_text(encoding="utf-8")


def test_the_policy_refuses_scripts_and_requests_that_are_not_the_pages_own(made, browser):
    with Opened(browser, made["two"][1]) as opened:
        opened.js("""{ const s = document.createElement('script'); s.textContent = 'window.bad = 1';
            document.body.append(s);
            const i = document.createElement('img'); i.src = 'http://127.0.0.1:9/x.png'; document.body.append(i); }""")
        assert opened.js("window.bad") is None
        assert len(opened.complaints) >= 2


# --- without a browser ---------------------------------------------------------------------------------------------


def test_embedded_data_cannot_end_its_element():
    text = embedded({"a": "</script><!--&\u2028"})
    assert not set("<>&") & set(text)
    assert json.loads(text) == {"a": "</script><!--&\u2028"}


def test_a_study_without_trials_and_one_without_results_have_a_page(folder):
    empty = studies.new(folder, "empty")
    assert "No trial has a result yet." in page(document(empty))
    failed = studies.new(folder, "failed")

    def objective(trial):
        raise ValueError("no")

    failed.optimize(objective, n_trials=30, executor="inline", catch=ValueError)
    text = page(document(failed))
    assert "No trial has a result yet." in text
    assert "attempts ended without a result (100 %)" in unescape(text)
    for study in (empty, failed):
        study.close()


def test_the_command_writes_the_file_and_compares_two_studies(folder):
    url = f"sqlite:///{folder}/both.db"
    for name in ("one", "other"):
        study = rl.create_study(
            study_name=name, storage=url, sampler=rl.samplers.GridSampler({"x": [1, 2, 3, 4, 5, 6]}, 0)
        )
        study.optimize(lambda t: t.suggest_int("x", 1, 6) + 0.5 * (t.number % 2), executor="inline")
        study.close()
    out = folder / "out.html"
    done = CliRunner().invoke(cli, ["report", "one", "--storage", url, "--compare", "other", "--out", str(out)])
    assert done.exit_code == 0, done.output
    text = out.read_text(encoding="utf-8")
    assert "6 configurations ran in both" in text
    assert str(out) in done.output.replace("\n", "")
    wrong = CliRunner().invoke(cli, ["report", "one", "--study", "other", "--storage", url])
    assert wrong.exit_code == 2
    assert "give the study once" in wrong.output


def test_optuna_dashboard_shows_the_study_on_this_machine_only(asha_study, asha_folder):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "raytune_lite", "dashboard", "asha", "--port", str(port)]
    command += ["--storage", f"sqlite:///{asha_folder}/asha.db"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        address = server.stdout.readline().split()[0]
        assert address == f"http://127.0.0.1:{port}/dashboard/studies/{asha_study.study_id}"
        found = _once_it_answers(address.replace("/dashboard/", "/api/"), server)
        with pytest.raises(OSError, match="refused"):  # it listens at this address alone, not at every one
            socket.create_connection(("127.0.0.2", port), timeout=5.0)
    finally:
        server.kill()
        server.wait()
    shown = {trial["number"]: (trial["state"].upper(), trial.get("values")) for trial in found["trials"]}
    complete = {trial.number: list(trial.values) for trial in asha_study.trials if trial.state.name == "COMPLETE"}
    assert shown.keys() == {trial.number for trial in asha_study.trials}
    assert {number: values for number, (state, values) in shown.items() if state == "COMPLETE"} == complete


def _once_it_answers(url, server):
    for _ in range(300):
        assert server.poll() is None, "it ended"
        try:
            with urllib.request.urlopen(f"{url}?after=0", timeout=5.0) as answer:
                return json.load(answer)
        except OSError:
            time.sleep(0.2)
    raise AssertionError("no answer in a minute")


def test_without_optuna_dashboard_the_command_says_how_to_install_it(asha_study, asha_folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna_dashboard", None)
    done = CliRunner().invoke(cli, ["dashboard", "--storage", f"sqlite:///{asha_folder}/asha.db"])
    assert done.exit_code == 2
    assert "pip install 'raytune-lite[dashboard]'" in done.output


def test_code_to_run_it_again_runs(made):
    study, _ = made["asha"]
    code = document(study)["again"]["code"]
    found = {"objective": studies.train}
    exec(code.rpartition("\n")[0], found)  # all but the call of optimize
    assert found["study"].study_name == "asha"
    assert found["study"].pruner.spec() == study.pruner.spec()
    found["study"].close()
