"""Tools for several objectives: non-dominated ranks, hypervolume, contributions, greedy subsets, boxes.

Everything minimises. Plain functions of numpy arrays, the same to the last bit in any floating-point mode of the
caller. A NaN counts as inf, the worst there is; equal points do not dominate each other.
"""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_BLOCK = 1 << 18  # elements of a temporary matrix: 2 MiB
_SMALL = 300  # up to here all pairs are compared at once


def _matrix(losses: ArrayLike) -> Array:
    found = np.asarray(losses, dtype=np.float64)
    if found.ndim != 2 or (found.size == 0 and found.shape[0] > 0):
        raise ValueError(f"losses must have the shape (n, n_objectives), got {found.shape}; one row a point.")
    return np.where(np.isnan(found), np.inf, found)


def _unique_sorted(losses: Array) -> tuple[Array, NDArray[np.intp]]:
    """The different rows in lexicographic order, and for each row of ``losses`` its index among them."""
    order = np.lexsort(losses.T[::-1])
    rows = losses[order]
    is_new = np.ones(len(rows), dtype=bool)
    is_new[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    inverse = np.empty(len(rows), dtype=np.intp)
    inverse[order] = np.cumsum(is_new) - 1
    return rows[is_new], inverse


def _mask_of_sorted(rows: Array) -> NDArray[np.bool_]:
    """Which of different rows in lexicographic order are dominated by none; a later row dominates no earlier one."""
    found = np.zeros(len(rows), dtype=bool)
    if rows.shape[1] <= 2:
        last = rows[:, -1]
        found[0] = True
        if rows.shape[1] == 2:
            found[1:] = last[1:] < np.minimum.accumulate(last)[:-1]
        return found
    left = np.arange(len(rows))
    while len(left):
        found[left[0]] = True
        left = left[(rows[left] < rows[left[0]]).any(axis=1)]
    return found


def pareto_mask(losses: ArrayLike) -> NDArray[np.bool_]:
    """Which points no other point dominates, shape (n,).

    Args:
        losses: shape (n, n_objectives), smaller is better.

    Raises:
        ValueError: losses has not two dimensions.
    """
    matrix = _matrix(losses)
    if not len(matrix):
        return np.zeros(0, dtype=bool)
    rows, inverse = _unique_sorted(matrix)
    return _mask_of_sorted(rows)[inverse]


def nondominated_ranks(losses: ArrayLike, enough: int | None = None) -> Ints:
    """The front of each point, shape (n,): 0 is dominated by none, 1 by points of front 0 alone, and so on.

    Args:
        losses: shape (n, n_objectives), smaller is better.
        enough: stop when this many points have their front; the others share the next rank. None ranks all.

    Raises:
        ValueError: losses has not two dimensions.

    Source: Deb et al. 2002, section III-A; for two objectives Jensen 2003.
    """
    matrix = _matrix(losses)
    if not len(matrix):
        return np.zeros(0, dtype=np.int64)
    rows, inverse = _unique_sorted(matrix)
    if rows.shape[1] == 1:
        return inverse.astype(np.int64)
    if rows.shape[1] == 2:
        return _ranks_of_two(rows[:, 1])[inverse]
    ranks, left, n_ranked, rank = np.full(len(rows), -1), np.arange(len(rows)), 0, 0
    weights = np.bincount(inverse)
    while len(left) > _SMALL and (enough is None or n_ranked < enough):
        mask = _mask_of_sorted(rows[left])
        ranks[left[mask]] = rank
        n_ranked, left, rank = n_ranked + int(weights[left[mask]].sum()), left[~mask], rank + 1
    if enough is not None and n_ranked >= enough:
        ranks[left] = rank
    elif len(left):
        ranks[left] = rank + _ranks_by_pairs(rows[left])
    return ranks[inverse].astype(np.int64)


def _ranks_of_two(second: Array) -> Ints:
    """Fronts of different rows in lexicographic order, by their second objective.

    Of each front only the least second objective counts; these grow with the front, so a bisection finds it.
    """
    least: list[float] = []
    ranks = np.empty(len(second), dtype=np.int64)
    for i, value in enumerate(second.tolist()):
        # its first objective is no better than that of any row before, so it is dominated by a front with
        # least <= value, and belongs to the first one with least > value
        rank = bisect_right(least, value)
        if rank == len(least):
            least.append(value)
        else:
            least[rank] = value
        ranks[i] = rank
    return ranks


def _ranks_by_pairs(rows: Array) -> Ints:
    """Fronts of different rows by comparing all pairs at once; for few rows."""
    dominates: NDArray[np.bool_] = np.all(rows[:, None, :] <= rows[None, :, :], axis=2)
    np.fill_diagonal(dominates, val=False)
    counts, ranks, rank = dominates.sum(axis=0), np.full(len(rows), -1), 0
    while (ranks < 0).any():
        front = (counts == 0) & (ranks < 0)
        ranks[front] = rank
        counts = counts - dominates[front].sum(axis=0)
        rank += 1
    return ranks


# --- hypervolume ------------------------------------------------------------------------------------------------------


def _reference(points: ArrayLike, reference: ArrayLike) -> tuple[Array, Array]:
    matrix, corner = _matrix(points), np.asarray(reference, dtype=np.float64)
    if corner.shape != matrix.shape[1:] or not np.isfinite(corner).all():
        raise ValueError(
            f"reference must hold {matrix.shape[1]} finite number(s), one an objective, got {reference!r:.200}; "
            "choose a point that is worse than all that matter."
        )
    return matrix, corner


def _extents(points: Array, corner: Array) -> tuple[Array, Array]:
    """How far each point reaches from the reference, in units of the farthest, and these units (halved).

    Shape (n, m), in [0, 1]; 0 in all coordinates for a point that does not lie below the reference. A value of -inf
    reaches 2. In these units nothing overflows, whatever the scales of the objectives.
    """
    with np.errstate(all="ignore"):
        reach = 0.5 * corner - 0.5 * points  # halves: the difference of two huge numbers stays finite
        reach[~(reach > 0).all(axis=1)] = 0.0
        units = np.where(np.isfinite(reach), reach, 0.0).max(axis=0, initial=0.0)
        units[units == 0] = 1.0
        return np.where(np.isinf(reach), 2.0, reach / units), units


def _volume(reach: Array) -> float:
    """Volume of the union of the boxes [0, reach[i]]; rows may be dominated or equal.

    Source: m >= 4: While, Bradstreet and Barone 2012, "A Fast Way of Calculating Exact Hypervolumes", eq. 6 and 7, with
    the points in the order of the last objective, so that each exclusive volume is one of m - 1 dimensions.
    """
    n, m = reach.shape
    if n <= 1 or m == 1:
        return float(reach.max(axis=0, initial=0.0).prod()) if n else 0.0
    if m == 2:
        by_first = reach[np.argsort(-reach[:, 0], kind="stable")]
        return float((-np.diff(by_first[:, 0], append=0.0) * np.maximum.accumulate(by_first[:, 1])).sum())
    if m == 3:
        return _volume_of_three(reach)
    front = reach[pareto_mask(-reach)]
    front = front[np.lexsort(front.T)]
    inner, last = front[:, :-1], front[:, -1]
    total = 0.0
    for i in range(len(front)):
        total += float(last[i]) * _exclusive(inner[i], inner[i + 1 :])
    return total


def _exclusive(one: Array, others: Array) -> float:
    """Volume that box [0, one] has and no box of ``others`` has; eq. 7 of While et al."""
    return max(0.0, float(one.prod()) - _volume(np.minimum(one, others)))


def _volume_of_three(reach: Array) -> float:
    """Slabs along the third objective; in each the area below the staircase of the points that reach it."""
    n = len(reach)
    if n > _SMALL:
        reach = reach[pareto_mask(-reach)]
        n = len(reach)
    reach = reach[np.argsort(-reach[:, 0], kind="stable")]
    order = np.argsort(-reach[:, 2], kind="stable")
    place = np.empty(n, dtype=np.intp)
    place[order] = np.arange(n)
    widths, depths = -np.diff(reach[:, 0], append=0.0), -np.diff(reach[order, 2], append=0.0)
    total, step = 0.0, max(1, _BLOCK // n)
    for start in range(0, n, step):
        slabs = np.arange(start, min(n, start + step))
        heights = np.where(place <= slabs[:, None], reach[:, 1], 0.0)
        np.maximum.accumulate(heights, axis=1, out=heights)
        heights *= widths  # sums, not matrix products: BLAS would round as the memory happens to lie
        total += float((heights.sum(axis=1) * depths[slabs]).sum())
    return total


def hypervolume(points: ArrayLike, reference: ArrayLike) -> float:
    """Volume of what the points dominate below the reference; inf where a point that counts has a value of -inf.

    Args:
        points: shape (n, m), smaller is better; those not below the reference in all objectives add nothing.
        reference: shape (m,), finite.

    Raises:
        ValueError: the shapes do not fit, or the reference is not finite.
    """
    matrix, corner = _reference(points, reference)
    reach, units = _extents(matrix, corner)
    if (reach == 2.0).any():
        return float("inf")
    with np.errstate(all="ignore"):
        volume = _volume(reach[reach[:, 0] > 0])
        return volume * float((2.0 * units).prod()) if volume else 0.0  # the units' product may be inf


def hypervolume_contributions(points: ArrayLike, reference: ArrayLike) -> Array:
    """What the hypervolume would lose without each point, shape (n,): 0 for dominated and repeated points.

    A value of -inf counts as twice as far from the reference as the best finite one. Arguments as in ``hypervolume``.

    Raises:
        ValueError: the shapes do not fit, or the reference is not finite.
    """
    matrix, corner = _reference(points, reference)
    reach, units = _extents(matrix, corner)
    found = np.zeros(len(reach))
    with np.errstate(all="ignore"):
        for i in np.flatnonzero(pareto_mask(-reach) & (reach[:, 0] > 0)):
            found[i] = _exclusive(reach[i], np.delete(reach, i, axis=0))
        return np.where(found > 0, found * float((2.0 * units).prod()), 0.0)


def select_hypervolume(points: ArrayLike, k: int, reference: ArrayLike) -> NDArray[np.intp]:
    """Indices of ``k`` points, each the one that adds most hypervolume to those before it, shape (min(k, n),).

    Of equals the lowest index; when nothing adds any more, the others in the order of their indices. A value of -inf
    counts as twice as far from the reference as the best finite one. At least 1 - 1/e of the best subset's volume.
    Arguments as in ``hypervolume``.

    Raises:
        ValueError: the shapes do not fit, or the reference is not finite.

    Source: Guerreiro, Fonseca and Paquete 2016, "Greedy Hypervolume Subset Selection in Low Dimensions"; here the gains
    are kept by the boxes of ``box_decomposition``.
    """
    matrix, corner = _reference(points, reference)
    with np.errstate(all="ignore"):
        chosen = _greedy(-_extents(matrix, corner)[0], min(k, len(matrix)))
    taken = np.zeros(len(matrix), dtype=bool)
    taken[chosen] = True
    rest = np.flatnonzero(~taken)[: max(0, k - len(chosen))]
    return np.concatenate([np.array(chosen, dtype=np.intp), rest])


def _greedy(losses: Array, k: int) -> list[int]:
    """Up to ``k`` rows in the order of their gains, while these are above 0; the reference is 0."""
    candidates = np.flatnonzero(pareto_mask(losses) & (losses[:, 0] < 0))
    rows = losses[candidates]
    ranks, table = _ranked(rows, np.zeros(losses.shape[1]))
    boxes = _no_bounds(*rows.shape)
    gains = np.abs(rows).prod(axis=1)
    chosen: list[int] = []
    while len(chosen) < min(k, len(rows)):
        best = int(np.argmax(gains))
        if gains[best] <= 0:
            break
        chosen.append(int(candidates[best]))
        hit = (ranks[best] < boxes[0]).all(axis=1)
        lower, upper = _sides(table, boxes[0][hit], boxes[1][hit])
        boxes = _insert(*boxes, ranks[best])
        # what a row shares with the new one, and with none before, it cannot add any more
        shared, step = np.maximum(rows, rows[best]), max(1, _BLOCK // rows.size)
        for i in range(0, len(lower), step):
            overlap = upper[i : i + step, None] - np.maximum(lower[i : i + step, None], shared)
            gains -= np.maximum(overlap, 0.0).prod(axis=2).sum(axis=0)
        gains[best] = 0.0
    return chosen


def box_decomposition(points: ArrayLike, reference: ArrayLike) -> tuple[Array, Array]:
    """Disjoint boxes that fill what lies below the reference and is dominated by no point.

    Args:
        points: shape (n, m), smaller is better; those not below the reference in all objectives cut nothing off.
        reference: shape (m,), finite.

    Returns:
        (lower, upper): each of shape (n_boxes, m); lower may be -inf, upper never exceeds the reference.

    Raises:
        ValueError: the shapes do not fit, or the reference is not finite.

    Source: Lacour, Klamroth and Fonseca 2017, "A box decomposition algorithm to compute the hypervolume indicator",
    eq. 2 and algorithm 1.
    """
    matrix, corner = _reference(points, reference)
    below = matrix[(matrix < corner).all(axis=1)]
    m = matrix.shape[1]
    rows = _unique_sorted(below)[0] if len(below) else below
    front = rows[_mask_of_sorted(rows)] if len(rows) else rows
    if m == 2:
        # rows from left to right, so from top to bottom: one slab between the second values of neighbours
        lower = np.column_stack([np.full(len(front) + 1, -np.inf), [*front[:, 1], -np.inf]])
        upper = np.column_stack([[*front[:, 0], corner[0]], [corner[1], *front[:, 1]]])
        return _nonempty(lower, upper)
    ranks, table = _ranked(front, corner)
    bounds, defining = _no_bounds(*front.shape)
    for point in ranks:
        bounds, defining = _insert(bounds, defining, point)
    return _nonempty(*_sides(table, bounds, defining))


def _nonempty(lower: Array, upper: Array) -> tuple[Array, Array]:
    is_box = (lower < upper).all(axis=1)
    return lower[is_box], upper[is_box]


def _ranked(front: Array, corner: Array) -> tuple[Ints, Array]:
    """Ranks from 1 in each objective, and the table from ranks to values: 0 is -inf, n + 1 the reference.

    Of equals the earlier row counts as smaller, which is the general position that the paper asks for; the boxes
    between equals are empty.
    """
    order = np.argsort(front, axis=0, kind="stable")
    ranks = np.empty(front.shape, dtype=np.int64)
    np.put_along_axis(ranks, order, np.arange(1, len(front) + 1)[:, None], axis=0)
    return ranks, np.vstack([np.full_like(corner, -np.inf), np.take_along_axis(front, order, axis=0), corner])


def _no_bounds(n: int, m: int) -> tuple[Ints, Ints]:
    """The local upper bounds (n_bounds, m) of no points, and the points that define each (n_bounds, m, m), as ranks."""
    return np.full((1, m), n + 1), np.where(np.eye(m, dtype=bool), n + 1, 0)[None]


def _insert(bounds: Ints, defining: Ints, point: Ints) -> tuple[Ints, Ints]:
    """The local upper bounds with one point more; algorithm 1 of Lacour et al."""
    hit = (point < bounds).all(axis=1)
    old, owners = bounds[hit], defining[hit]
    more, more_owners = [bounds[~hit]], [defining[~hit]]
    for j in range(len(point)):
        keep = point[j] > np.delete(owners[:, :, j], j, axis=1).max(axis=1, initial=0)
        moved, moved_owners = old[keep], owners[keep]
        moved[:, j], moved_owners[:, j, :] = point[j], point
        more.append(moved)
        more_owners.append(moved_owners)
    return np.concatenate(more), np.concatenate(more_owners)


def _sides(table: Array, bounds: Ints, defining: Ints) -> tuple[Array, Array]:
    """Lower and upper corners of the boxes of local upper bounds; eq. 2 of Lacour et al."""
    low, axes = np.zeros_like(bounds), np.arange(bounds.shape[1])
    for j in axes[1:]:
        low[:, j] = defining[:, :j, j].max(axis=1, initial=0)
    return table[low, axes], table[bounds, axes]
