"""Every code block of the documents runs as it stands, or says why not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import raytune_lite as rl

from . import pages

BY_PAGE = {path.relative_to(pages.ROOT).as_posix(): found for path in pages.PAGES if (found := pages.blocks(path))}
ELSEWHERE = {  # pages whose blocks have a test of their own
    **{f"cluster/{name}.md": "tests/manifests/test_pages.py" for name in ("jobs", "kubernetes", "machines", "slurm")},
    "docs/cli.md": "tests/test_docs_cli.py compares what its commands print",
    "docs/testing.md": "tests/test_testing.py also runs what it says would fail",
    "docs/tutorial.md": "tests/on_ray/test_tutorial.py runs it in a shell, with real kills",
}
MARKS = {"skip", "ray", "first", "until", "studies"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RTL_STORAGE", "")
    monkeypatch.delenv("RTL_STORAGE")
    verbosity = rl.logging.get_verbosity()  # a page says how to change it
    yield tmp_path
    rl.logging.set_verbosity(verbosity)


@pytest.mark.parametrize("page", sorted(BY_PAGE.keys() - ELSEWHERE.keys()))
def test_the_blocks_of_a_page_run_in_their_order(page: str) -> None:
    session = pages.Session(page)
    for block in BY_PAGE[page]:
        if not block.marks.keys() & {"skip", "ray"}:
            session.run(block)


@pytest.mark.parametrize("page", BY_PAGE)
def test_marks_are_known_and_a_skip_has_its_reason(page: str) -> None:
    for block in BY_PAGE[page]:
        assert block.marks.keys() <= MARKS, f"{page}:{block.line}"
        assert len(block.marks.get("skip", "a good reason")) > 10, f"{page}:{block.line}: skip: why?"


def test_few_blocks_are_skipped() -> None:
    every = [block for found in BY_PAGE.values() for block in found]
    skipped = [block for block in every if "skip" in block.marks]
    assert len(skipped) < len(every) / 4, f"{len(skipped)} of {len(every)} blocks do not run"


def test_a_block_that_fails_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "<!-- skip: it needs a cluster -->\n```bash\nray up\n```\n\n```python\nx = 1\n```\n\n```python\nx / 0\n```\n"
        "\n```console\n$ raytune-lite statsu\n```\n\n```bash\nrm -r x\n```\n"
    )
    skipped, first, second, third, fourth = pages.blocks(page)
    assert skipped.marks == {"skip": "it needs a cluster"}
    session = pages.Session("page.md")
    session.run(first)
    with pytest.raises(ZeroDivisionError):
        session.run(second)
    with pytest.raises(AssertionError, match="statsu"):
        session.run(third)
    with pytest.raises(AssertionError, match="not run here"):
        session.run(fourth)
