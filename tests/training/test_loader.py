"""The resumable loader: every batch once, in an order that depends on (seed, epoch) alone, and nothing else moved."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from scipy import stats

torch = pytest.importorskip("torch")

from raytune_lite.training.loader import ResumableLoader  # noqa: E402
from raytune_lite.training.rng import seeded  # noqa: E402

SEED, EPOCHS = 3, 3


class Noisy(torch.utils.data.Dataset):
    """Samples (index, three draws), one from each global generator."""

    def __init__(self, n=10):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        return index, random.random(), float(np.random.random()), torch.rand(()).item()


class Together(Noisy):
    def __getitems__(self, indices):
        return [self[index] for index in indices]


def tuples(batch):
    return batch


def make(dataset=None, **options):
    options = {"batch_size": 4, "seed": SEED, "collate_fn": tuples, **options}
    return ResumableLoader(Noisy() if dataset is None else dataset, **options)


def everything(loader, epochs=EPOCHS):
    """(epoch, position, batch) of all batches until so many epochs are over."""
    found = []
    while loader.epoch < epochs:
        found += [(loader.epoch, loader.position, batch) for batch in loader]
    return found


def states():
    return random.getstate(), np.random.get_state(legacy=False)["state"]["key"].tolist(), torch.get_rng_state().tolist()


def test_each_epoch_has_every_sample_once_in_an_order_of_its_own():
    batches = everything(make())
    assert [(epoch, position) for epoch, position, _ in batches] == [(e, p) for e in range(EPOCHS) for p in (1, 2, 3)]
    orders = [[sample[0] for e, _, batch in batches if e == epoch for sample in batch] for epoch in range(EPOCHS)]
    assert all(sorted(order) == list(range(10)) for order in orders)
    assert len({tuple(order) for order in orders}) == EPOCHS
    other = [sample[0] for _, _, batch in everything(make(seed=SEED + 1), 1) for sample in batch]
    assert other not in orders


def test_the_order_is_uniform():
    # scipy chisquare: which of 6 orders 3 samples come in, over 3,000 epochs; false alarm 1e-6, the seed is fixed
    loader = make(range(3), batch_size=3)
    orders = [tuple(batch) for _, _, batch in everything(loader, 3000)]
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(counts) == 6
    assert stats.chisquare(counts).pvalue > 1e-6


@pytest.mark.parametrize("options", [{}, {"num_workers": 2}, {"num_workers": 1, "persistent_workers": True}])
@pytest.mark.parametrize("kind", [Noisy, Together])
def test_batches_and_their_noise_are_the_same_for_any_number_of_workers(options, kind):
    assert everything(make(kind(), **options)) == everything(make())


def test_without_draws_the_order_is_the_same_and_nothing_is_seeded():
    plain = [[sample[0] for sample in batch] for _, _, batch in everything(make(draws=False))]
    assert plain == [[sample[0] for sample in batch] for _, _, batch in everything(make())]
    torch.manual_seed(5)
    first = next(iter(make(draws=False)))
    torch.manual_seed(5)
    assert [sample[3] for sample in first] == [torch.rand(()).item() for _ in first]


@pytest.mark.parametrize("workers", [0, 2])
def test_the_training_loops_generators_are_not_moved(workers):
    before = states()
    drawn = [(random.random(), np.random.random(), torch.rand(()).item()) for _ in make(num_workers=workers)]
    after = states()
    random.setstate(before[0])
    torch.set_rng_state(torch.tensor(before[2], dtype=torch.uint8))
    assert [(random.random(), torch.rand(()).item()) for _ in range(3)] == [(draw[0], draw[2]) for draw in drawn]
    assert states()[0] == after[0]
    assert states()[2] == after[2]


def test_a_loader_goes_on_with_the_very_next_batch_from_anywhere():
    whole = everything(make())
    for cut in range(len(whole) + 1):
        first = make(num_workers=2 if cut == 4 else 0, **({"prefetch_factor": 4} if cut == 4 else {}))
        got = []
        while len(got) < cut:
            for batch in first:
                got.append((first.epoch, first.position, batch))
                if len(got) == cut:
                    break
        second = make()
        second.load_state_dict(first.state_dict())
        assert got + everything(second) == whole, cut


def test_a_loop_that_was_left_is_gone_on_with():
    loader = make()
    for _ in loader:
        break
    assert (loader.epoch, loader.position) == (0, 1)
    assert [loader.position for _ in loader] == [2, 3]
    assert (loader.epoch, loader.position) == (1, 0)


def test_a_loop_cannot_go_on_after_another_one_or_a_load():
    loader = make()
    state = loader.state_dict()
    old = iter(loader)
    next(old)
    loader.load_state_dict(state)
    with pytest.raises(RuntimeError, match="a state was loaded, inside a loop"):
        next(old)
    assert loader.state_dict() == state
    old, new = iter(loader), iter(loader)
    next(old)
    next(new)
    with pytest.raises(RuntimeError, match="iterated again"):
        next(old)
    assert loader.position == 2


def test_a_sample_that_cannot_be_read_is_tried_again():
    class Failing(Noisy):
        broken = True

        def __getitem__(self, index):
            if self.broken:
                raise OSError("the disk")
            return super().__getitem__(index)

    dataset = Failing()
    loader = make(dataset)
    with pytest.raises(OSError, match="the disk"):
        next(iter(loader))
    dataset.broken = False
    assert everything(loader) == everything(make())


def test_indices_in_order_and_the_last_batch_left_out():
    loader = ResumableLoader(range(10), 4, seed=0, shuffle=False, drop_last=True)
    assert len(loader) == 2
    assert [batch.tolist() for batch in loader] == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert len(ResumableLoader(range(10), 4, seed=0)) == 3


def test_bad_arguments_are_refused():
    def stream():
        yield 1

    for wrong, error, said in (
        ({"dataset": stream()}, TypeError, "map-style dataset"),
        ({"sampler": [1]}, TypeError, r"\['sampler'\] cannot be given"),
        ({"batch_size": 0}, ValueError, "batch_size must be an integer >= 1, got 0"),
        ({"seed": -1}, ValueError, "seed must be an integer >= 0, got -1"),
        ({"seed": 1.0}, ValueError, "seed must be"),
        ({"dataset": range(0)}, ValueError, "0 samples in batches of 4"),
        ({"batch_size": 11, "drop_last": True}, ValueError, "make no batch; use a smaller"),
    ):
        with pytest.raises(error, match=said):
            make(**wrong)


def test_the_state_of_another_loader_is_refused():
    loader = make()
    next(iter(loader))
    before, good = loader.state_dict(), make().state_dict()
    for wrong, said in (
        (make(range(11)).state_dict(), "size: 10 expected, got 11"),
        (make(seed=4).state_dict(), "seed: 3 expected, got 4"),
        (make(shuffle=False).state_dict(), "shuffle: True expected, got False"),
        ({**good, "position": 4}, r"position: an integer in \[0, 3\] expected, got 4"),
        ({**good, "epoch": None}, "epoch: an integer"),
        ({}, "seed: 3 expected, got None"),
    ):
        with pytest.raises(ValueError, match=said):
            loader.load_state_dict(wrong)
        assert loader.state_dict() == before


def test_seeded_draws_depend_on_the_address_and_leave_no_trace():
    def draw(*address):
        with seeded(*address):
            return random.random(), np.random.random(), torch.rand(()).item()

    before = states()
    first = draw(0, 1, 2)
    random.random(), np.random.random(), torch.rand(5)
    assert draw(0, 1, 2) == first
    draws = [draw(*address) for address in ((0,), (0, 1), (0, 1, 2), (0, 2, 1), (1, 1, 2))]
    assert len({value for values in draws for value in values}) == 15
    random.setstate(before[0])
    with pytest.raises(ZeroDivisionError), seeded(0):
        raise ZeroDivisionError
    assert random.getstate() == before[0]


def test_an_epoch_ends_with_its_last_batch_for_who_counts_batches():
    counted, asked = (ResumableLoader(list(range(10)), 3, seed=1) for _ in range(2))
    for _ in range(3):
        assert [b.tolist() for b in itertools.islice(counted, len(counted))] == [b.tolist() for b in asked]


def test_another_global_bit_generator_of_numpys_is_left_alone():
    kept = np.random.get_bit_generator()
    np.random.set_bit_generator(np.random.PCG64(1))
    try:
        before = np.random.get_state(legacy=False)
        with seeded(0, 1):
            np.random.random()
        assert np.random.get_state(legacy=False) == before
    finally:
        np.random.set_bit_generator(kept)
