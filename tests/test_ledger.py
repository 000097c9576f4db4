"""The two books: which trial holds which cell, and until when an attempt is trusted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raytune_lite.core.ledger import Leases, Ledger
from raytune_lite.core.messages import PutCell
from raytune_lite.samplers import GridSampler

from .core_tools import check_ledger


def ledger(max_failures=2, **axes):
    return Ledger(GridSampler(axes or {"x": [1, 2], "y": [1, 2, 3]}, seed=0, max_failures=max_failures).grid)


def test_each_cell_is_handed_out_once_in_the_grids_shuffled_order():
    book = ledger()
    cells = [book.claim(number)[0] for number in range(6)]
    assert cells == [book.grid.cell_at(i) for i in range(6)]
    assert sorted(cells) == list(range(6))
    assert book.claim(6) is None
    assert book.counts() == {"free": 0, "leased": 6, "done": 0, "dead": 0}


def test_the_rows_of_a_cells_life():
    book = ledger()
    cell, leased = book.claim(0)
    assert leased == PutCell(number=0, cell=cell, state="leased", failures=0)
    assert book.failed(0) == (PutCell(number=0, cell=cell, state="free", failures=1),)
    again, leased = book.claim(1)
    assert (again, leased) == (cell, PutCell(number=1, cell=cell, state="leased", failures=1))
    assert book.done(1) == (PutCell(number=1, cell=cell, state="done", failures=1),)
    assert book.done(1) == book.failed(1) == book.failed(77) == ()


def test_a_cell_is_dead_after_max_failures_trials():
    book = ledger(max_failures=2, x=[1])
    for number, state in enumerate(["free", "dead"]):
        book.claim(number)
        assert [row.state for row in book.failed(number)] == [state]
    assert book.claim(2) is None
    assert not book.free()


def test_a_failed_cell_comes_back_before_untouched_ones():
    book = ledger()
    first, _ = book.claim(0)
    book.claim(1)
    book.failed(0)
    assert book.claim(2)[0] == first


def test_a_trial_claims_the_cell_of_its_parameters_if_it_is_free():
    book = ledger()
    cell, row = book.claim_params(0, {"y": 3, "x": 2.0})
    assert book.grid.params(cell) == {"x": 2, "y": 3}
    assert row.state == "leased"
    assert book.claim_params(1, {"x": 2, "y": 3}) is None
    assert book.claim_params(1, {"x": 9, "y": 3}) is None
    assert cell not in [book.claim(number)[0] for number in range(1, 6)]


def test_a_returned_cell_that_an_enqueued_trial_took_is_not_handed_out_again():
    book = ledger()
    cell, _ = book.claim(0)
    book.failed(0)
    book.claim_params(1, book.grid.params(cell))
    assert book.claim(2)[0] != cell
    book.failed(1)
    check_ledger(book)


def test_a_grid_of_a_trillion_cells_costs_what_it_touches():
    axes = {f"x{i}": list(range(1000)) for i in range(4)}
    book = ledger(**axes)
    book.claim(0)
    assert book.free() == 10**12 - 1
    assert len(book.cells) == 1


@given(st.lists(st.tuples(st.sampled_from(["claim", "params", "done", "failed"]), st.integers(0, 50)), max_size=60))
def test_free_leased_done_and_dead_are_all_the_cells(script):
    book, decided = ledger(), {}
    for number, (move, x) in enumerate(script):
        held = list(book.held)
        if move == "claim":
            assert (book.claim(number) is not None) == (number in book.held)
        elif move == "params":
            book.claim_params(number, book.grid.params(x % book.grid.size))
        elif held:
            rows = getattr(book, move)(held[x % len(held)])
            decided.update({row.cell: row.state for row in rows if row.state in ("done", "dead")})
        check_ledger(book)
        for cell, state in decided.items():
            assert book.cells[cell].state.value == state, "a decided cell changed"


def test_a_lease_is_renewed_ends_and_expires_oldest_first():
    leases = Leases(10.0)
    leases.grant(0, 1, now=5.0)
    leases.grant(1, 1, now=1.0)
    leases.grant(2, 3, now=2.0)
    assert leases.expired(11.0) == []
    assert leases.expired(11.5) == [(1, 1)]
    leases.grant(1, 1, now=11.0)
    assert leases.expired(16.0) == [(2, 3), (0, 1)]
    leases.end(2, 3)
    leases.end(9, 9)
    assert leases.expired(16.0) == [(0, 1)]


@pytest.mark.parametrize("now", [15.0, 14.9])
def test_a_lease_holds_to_its_last_moment(now):
    leases = Leases(10.0)
    leases.grant(0, 1, now=5.0)
    assert leases.expired(now) == []
