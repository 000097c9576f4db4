"""Whether a study is intact: compares its tables with its log of events, and its checkpoints with their digests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..checkpoints.store import open_store
from ..display.text import printable
from ..exceptions import CheckpointError

if TYPE_CHECKING:
    from ..study import Study


def damages(study: Study, *, files: bool = False) -> Iterator[str]:
    """A line for each row that differs from what the log implies.

    Args:
        study: the study to check.
        files: also read every kept checkpoint; a line for each damaged one. During a run a checkpoint may be deleted
            between the two reads: then check again.
    """
    for difference in study.differences():
        yield printable(str(difference))
    if files:
        store = open_store(study.checkpoint_root)
        for number, ref in study.checkpoints:
            try:
                store.verify(ref)
            except CheckpointError as error:
                yield printable(f"checkpoint of trial {number}, step {ref.step}: {error}")
            finally:
                store.close()  # one copy at a time


def orphans(study: Study) -> list[str]:
    """Checkpoints without a row: their attempts died before reporting them."""
    kept = {ref.uri for _, ref in study.checkpoints}
    return [printable(uri) for uri in open_store(study.checkpoint_root).published() if uri not in kept]


def half_written(study: Study) -> list[str]:
    """A line for each checkpoint whose process was killed while it wrote it: its path, and how large it is."""
    live = {(attempt.number, attempt.attempt) for attempt in study.attempts if attempt.outcome is None}
    every = open_store(study.checkpoint_root).half_written()
    found = [item for item in every if (item.number, item.attempt) not in live]
    return [printable(f"{item.path} ({_bytes(item.size)})") for item in found]


def _bytes(n: int) -> str:
    return f"{n / 1e6:.1f} MB" if n >= 100_000 else f"{n} bytes"


__all__ = ["damages", "half_written", "orphans"]
