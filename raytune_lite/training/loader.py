"""A seeded data loader that goes on with the next batch after its process was killed.

Owns the order of the samples, the random numbers that they are made with, and the position of the training loop. The
order of an epoch is a function of (seed, epoch), the random numbers of a batch are a function of (seed, epoch,
position). So no generator's state has to be kept, and the number of workers changes nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from torch.utils.data import DataLoader, Sampler, default_collate

from ..arguments import flag, function, integer, shown
from ..core.bounds import MAX_STEP
from .rng import seeded

_Address = tuple[int, int, list[int]]  # (epoch, position, the samples' indices)
_OURS = ("sampler", "batch_sampler", "generator", "in_order")


class ResumableLoader:
    """Batches of a map-style dataset; ``state_dict()`` counts the batches that the training loop has received.

    For your own loops (Lightning keeps its own position). One ``for`` over it is an epoch, or the rest of one after a
    resume. Take the state at the end of the loop's body, when the batch has been used. Batches that workers have
    prefetched do not count::

        while loader.epoch < epochs:
            for batch in loader:
                ...  # train, and save a state at any step
            ...  # validate

    A dataset may draw augmentations from Python's, numpy's and torch's global CPU generators: they are seeded for each
    batch, and the training loop's own draws are not disturbed. For data in memory, ``ResumableLoader(range(n), 64,
    seed=0, draws=False)`` gives batches of indices.

    Args:
        dataset: anything with ``len()`` and ``[index]``.
        batch_size: samples a batch.
        seed: integer >= 0.
        shuffle: a new order each epoch, or the dataset's own.
        drop_last: leave out a last batch that is smaller.
        collate_fn: samples -> batch; None: torch's.
        draws: whether making a batch may draw random numbers. False saves the seeding, 0.2 ms a batch.
        options: of ``torch.utils.data.DataLoader``, such as ``num_workers`` and ``pin_memory``.

    Attributes:
        epoch: epochs completed.
        position: batches of the present epoch that the loop has received.

    Raises:
        TypeError: a dataset without ``len()``, an option that would change the order, a flag that is no bool, a
            ``collate_fn`` that is no function.
        ValueError: a batch size or seed out of range, or a dataset that gives no batch.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        *,
        seed: int,
        shuffle: bool = True,
        drop_last: bool = False,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        draws: bool = True,
        **options: Any,
    ) -> None:
        if not hasattr(dataset, "__len__") or not hasattr(dataset, "__getitem__") or getattr(dataset, "ndim", 1) == 0:
            raise TypeError(
                f"dataset must have len() and [index], got {type(dataset).__name__}: a stream cannot be continued in "
                "its middle. Give a map-style dataset."
            )
        refused = [name for name in _OURS if name in options]
        if refused:
            raise TypeError(f"{refused} cannot be given: the order is drawn from seed. Use shuffle and drop_last.")
        batch_size = integer("batch_size", batch_size, 1, "it is the number of samples of a batch")
        seed = integer("seed", seed, 0, "the order of the samples is drawn from it")
        shuffle, drop_last, draws = flag("shuffle", shuffle), flag("drop_last", drop_last), flag("draws", draws)
        if collate_fn is not None:
            function("collate_fn", collate_fn, ("samples",), "it makes one batch of a list of samples")
        size = len(dataset)
        self._length = size // batch_size if drop_last else -(-size // batch_size)
        if self._length == 0:
            raise ValueError(
                f"{size} samples in batches of {batch_size} with drop_last={drop_last} make no batch; use a smaller "
                "batch_size."
            )
        self._order = {
            "seed": seed, "size": size, "batch_size": batch_size, "shuffle": shuffle, "drop_last": drop_last
        }  # fmt: skip
        self.epoch = 0
        self.position = 0
        self._gave_last = False  # the loop has received the last batch, and has not asked for another one yet
        self._turn = 0  # counts iterators; an older one must not move the position
        self._loader: DataLoader[Any] = DataLoader(
            _Batches(dataset, seed if draws else None, collate_fn or default_collate),  # type: ignore[arg-type]
            batch_size=None,
            sampler=_Addresses(self),
            collate_fn=_as_is,
            **options,
        )

    def __len__(self) -> int:
        """Batches in a whole epoch."""
        return self._length

    def __iter__(self) -> Iterator[Any]:
        """The rest of the epoch. A second iterator takes over from a first one, which then raises RuntimeError."""
        if self._gave_last:  # a loop that counts its batches does not ask for one more
            self.epoch, self.position, self._gave_last = self.epoch + 1, 0, False
        self._turn += 1
        turn = self._turn
        # else torch draws a seed from the training loop's generator at each start of an epoch
        with seeded(self._order["seed"], self.epoch):
            batches = iter(self._loader)
        for batch in batches:
            self.position += 1
            self._gave_last = self.position == self._length
            yield batch
            if turn != self._turn:
                raise RuntimeError(
                    "the loader was iterated again, or a state was loaded, inside a loop over it; end that loop first."
                )
        self.epoch, self.position, self._gave_last = self.epoch + 1, 0, False

    def addresses(self) -> Iterator[_Address]:
        """(epoch, position, the samples' indices) of every remaining batch of the epoch."""
        epoch, first, order = self.epoch, self.position, self._order
        indices = np.arange(order["size"])
        if order["shuffle"]:
            sequence = np.random.SeedSequence(order["seed"], spawn_key=(epoch,))
            indices = np.random.Generator(np.random.Philox(sequence)).permutation(indices)
        size = order["batch_size"]
        for position in range(first, self._length):
            yield epoch, position, indices[position * size : (position + 1) * size].tolist()

    def state_dict(self) -> dict[str, Any]:
        """The position of the loop, and the arguments that the order depends on: plain numbers."""
        return {**self._order, "epoch": self.epoch, "position": self.position}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from ``state_dict()``: the next batch is the one after the last batch received then.

        Raises:
            ValueError: the state of a loader with another order (another size, batch size, seed, ...), or not a state
                of this class. Nothing is changed then.
        """
        for name, value in self._order.items():
            if state.get(name) != value:
                raise ValueError(f"{name}: {value!r} expected, got {shown(state.get(name))}; the order depends on it.")
        epoch, position = state.get("epoch"), state.get("position")
        for name, number, most in (("epoch", epoch, MAX_STEP), ("position", position, self._length)):
            if type(number) is not int or not 0 <= number <= most:
                raise ValueError(f"{name}: an integer in [0, {most}] expected, got {shown(number)}.")
        # after the last batch the rest of the epoch is empty; the loop's work after the epoch is still to be done
        self.epoch, self.position, self._gave_last = epoch, position, False  # type: ignore[assignment]
        self._turn += 1


class _Addresses(Sampler[_Address]):
    def __init__(self, loader: ResumableLoader) -> None:
        self._loader = loader

    def __iter__(self) -> Iterator[_Address]:
        return self._loader.addresses()


class _Batches:
    """A dataset of whole batches, indexed by address. With a seed each batch has its own random numbers."""

    def __init__(self, dataset: Any, seed: int | None, collate: Callable[[list[Any]], Any]) -> None:
        self.dataset, self.seed, self.collate = dataset, seed, collate

    def __getitem__(self, address: _Address) -> Any:
        epoch, position, indices = address
        own = contextlib.nullcontext() if self.seed is None else seeded(self.seed, epoch, position)
        with own:
            together = getattr(self.dataset, "__getitems__", None)
            return self.collate(together(indices) if together else [self.dataset[index] for index in indices])


def _as_is(batch: Any) -> Any:
    return batch
