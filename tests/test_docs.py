"""The documents: what is generated is current, what they link to is there, and what they list is what exists."""

from __future__ import annotations

import importlib.util
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import raytune_lite as rtl
from raytune_lite import testing, training
from raytune_lite.core.messages import Decision
from raytune_lite.core.view import StudyIdentity

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    path
    for pattern in (
        "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**/*.md", "cluster/*.md", "examples/*.md",
        "raytune_lite/**/*.md",
    )
    for path in ROOT.glob(pattern)
)
# what the page says in words, and what readers of a study's records need, not users
NOT_SHOWN = {"__version__", "check_sampler", "grid_from_spec", "sampler_from_spec", "check_pruner", "pruner_from_spec",
             "pruner_names"}  # fmt: skip
LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.+?)\s*$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_page_of_states_is_what_the_script_writes() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "make_states.py"))
    written = (ROOT / "docs" / "states.md").read_text(encoding="utf-8")
    assert written == script["page"](), "run: python docs/make_states.py"


def test_the_drawings_are_what_the_script_draws() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "make_drawings.py"))
    for file, draw in script["DRAWINGS"].items():
        kept = (ROOT / "docs" / "assets" / file).read_text(encoding="utf-8")
        assert kept == draw(), "run: python docs/make_drawings.py"


def test_the_drawing_of_promotion_shows_what_the_pruner_decides() -> None:
    study = StudyIdentity("drawn", (rtl.StudyDirection.MINIMIZE,))
    judge = rtl.pruners.ASHAPruner(1, 9, 3, mode="promote").judge(study)
    script = runpy.run_path(str(ROOT / "docs" / "make_drawings.py"))
    for time, trial, step, loss, decision, continued in script["DECISIONS"]:
        said = judge.report(trial, step, (loss,)).decision
        assert said is (Decision.CONTINUE if decision == "goes on" else Decision.PAUSE), (time, trial)
        assert next(iter(judge.promotable(lambda number: True)), None) == continued, (time, trial)
        if continued is not None:
            judge.promote(continued)


def test_each_crash_names_a_test_that_exists() -> None:
    text = (ROOT / "docs" / "crashes.md").read_text(encoding="utf-8")
    named = re.findall(r"\]\((\S+\.py)\): `(test_\w+)`", text)
    assert len(named) > 10
    for file, test in named:
        assert f"def {test}(" in (ROOT / "docs" / file).read_text(encoding="utf-8"), (file, test)


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    broken = []
    for target in ("".join(groups) for groups in LINK.findall(FENCE.sub("", text))):
        if re.match(r"[a-z]+:", target):
            continue  # https:, mailto:
        file, _, anchor = target.partition("#")
        found = path if not file else path.parent / file
        if not found.exists() or (anchor and found.suffix == ".md" and anchor not in anchors(found.read_text())):
            broken.append(target)
    assert not broken, f"{name(path)}: {broken}"


def test_every_decision_is_numbered_once_and_says_context_choice_and_consequence() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [int(path.name[:4]) for path in decisions]
    assert numbers == list(range(1, len(decisions) + 1))
    for path in decisions:
        headings = re.findall(r"^## (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert headings == ["Context", "Choice", "Consequence"], name(path)


def test_every_example_has_its_line() -> None:
    text = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    missing = [path.name for path in sorted((ROOT / "examples").glob("*.py")) if f"({path.name})" not in text]
    assert not missing


def test_the_list_in_contributing_names_every_module_and_nothing_else() -> None:
    block = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("```text\n")[1].split("```")[0]
    listed, folder = set(), ""
    for line in block.splitlines():
        word = line.split()[0]
        if line.startswith(" "):
            listed.add(folder + word)
        else:
            folder = word
            assert (ROOT / folder).is_dir(), folder
    assert not [path for path in listed if not (ROOT / path).exists()]
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "raytune_lite").rglob("*.py")}
    assert {path for path in modules if not path.endswith("__init__.py")} <= listed


def test_every_page_has_its_place_on_the_site() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    named = set(re.findall(r": (\S+\.md)$", navigation, re.MULTILINE)) - {"decisions/index.md"}  # written by the site
    docs = ROOT / "docs"
    pages = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md") if path.parent.name != "decisions"}
    assert named == pages, "give the page a line in mkdocs.yml, under nav"


def test_the_reference_has_every_public_name() -> None:
    page = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"^::: (\S+)$", page, re.MULTILINE))
    homes = {"raytune_lite": rtl, "raytune_lite.samplers": rtl.samplers, "raytune_lite.pruners": rtl.pruners,
             "raytune_lite.training": training, "raytune_lite.testing": testing}  # fmt: skip
    missing = [
        f"{home}.{name}"
        for home, module in homes.items()
        for name in module.__all__
        if name not in NOT_SHOWN and not any(at == f"{home}.{name}" or at.startswith(f"{home}.{name}.") for at in shown)
    ]
    assert not missing, "add them to docs/reference.md"


@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="the site needs the extra [docs]")
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(tmp_path / "site")]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr[-3000:]
    site = tmp_path / "site"
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        found = re.findall(r'<(?:script|link|img)[^>]* (?:src|href)="(https?://[^"]*)', text)
        assert not found, f"{path.relative_to(site)} loads {found} from another host"
    reference = (site / "reference.html").read_text(encoding="utf-8")
    for name in set(rtl.__all__) - {"__version__"}:
        assert f'id="raytune_lite.{name}' in reference, name


def test_no_link_of_the_readme_is_relative_on_a_package_index() -> None:
    rewrite = runpy.run_path(str(ROOT / "setup.py"))["long_description"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for source in (None, "https://example.org/us/ours/blob/main"):
        links = ["".join(groups) for groups in LINK.findall(FENCE.sub("", rewrite(readme, source)))]
        assert links
        assert [link for link in links if not link.startswith("https://")] == []
    shown = rewrite("![p](docs/a.svg)\n\n[x](docs/x.md#y) [o](https://o.org)", "https://e.org/u/r/blob/main")
    assert "![p](https://e.org/u/r/raw/main/docs/a.svg)" in shown
    assert "[x](https://e.org/u/r/blob/main/docs/x.md#y) [o](https://o.org)" in shown
    assert rewrite("![p](docs/a.svg)\n\n[x](docs/x.md) [o](https://o.org)", None) == "x [o](https://o.org)"
