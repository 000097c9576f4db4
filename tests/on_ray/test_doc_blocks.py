"""The blocks of the documents that need a real Ray, after those before them on their page."""

from __future__ import annotations

from pathlib import Path

import pytest

from .. import pages

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster")]
BLOCKS = {path.relative_to(pages.ROOT).as_posix(): pages.blocks(path) for path in pages.PAGES}
ON_RAY = sorted(page for page, found in BLOCKS.items() if any("ray" in block.marks for block in found))


def test_there_is_a_page() -> None:
    assert ON_RAY


@pytest.mark.parametrize("page", ON_RAY)
def test_the_blocks_of_a_page_run_on_ray(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    session = pages.Session(page, executor="ray")
    for block in BLOCKS[page]:
        if "skip" not in block.marks:
            session.run(block)
