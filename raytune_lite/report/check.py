"""Whether a study is whole: its tables against its log of events, and its checkpoints against their digests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..checkpoints.store import CheckpointStore
from ..display.text import printable
from ..exceptions import CheckpointError

if TYPE_CHECKING:
    from ..study import Study


def damages(study: Study, *, files: bool = False) -> Iterator[str]:
    """A line for each row that is not what the log implies, and, with ``files``, for each damaged checkpoint.

    While a run is going on its newest checkpoints may be deleted between the reading and the look; then look again.
    """
    for difference in study.differences():
        yield printable(str(difference))
    if files:
        store = CheckpointStore(study.checkpoint_root)
        for number, ref in study.checkpoints:
            try:
                store.verify(ref)
            except CheckpointError as error:
                yield printable(f"checkpoint of trial {number}, step {ref.step}: {error}")


def orphans(study: Study) -> list[str]:
    """Checkpoint directories that no row knows: what died between writing and telling. The next run deletes them."""
    kept = {ref.uri for _, ref in study.checkpoints}
    return [printable(uri) for uri in CheckpointStore(study.checkpoint_root).published() if uri not in kept]


__all__ = ["damages", "orphans"]
