"""The documents: what is generated is current, what they link to is there, and what they list is what exists."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    path
    for pattern in (
        "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**/*.md", "cluster/*.md", "examples/*.md",
        "raytune_lite/**/*.md",
    )
    for path in ROOT.glob(pattern)
)
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
